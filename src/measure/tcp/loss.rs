//! Bytes sent again, and which of them a DSACK proves to have been unnecessary.
//!
//! Loss at one capture point is split as Benko and Veres do (*A passive method for estimating end-to-end TCP packet
//! loss*, Globecom 2002): *upstream* of the point, a hole that a retransmission fills; *downstream*, a retransmission of
//! bytes that the point had seen. A retransmission that the receiver reports by DSACK (RFC 2883) as a duplicate was
//! spurious: nothing had been lost.

use std::collections::VecDeque;

use crate::packet::Tcp;

/// Retransmissions remembered per direction, for a DSACK to come.
const MAX_RESENDS: usize = 4096;

/// A DSACK is due one round trip after the retransmission that it names (RFC 2883 section 4): one that did not come in
/// this time does not come any more.
const DSACK_DUE_NS: i64 = 2_000_000_000;

/// On which side of the capture point the bytes were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Between the sender and the capture point.
    Upstream,
    /// Between the capture point and the receiver.
    Downstream,
}

#[derive(Debug, Clone, Copy)]
struct Resend {
    start: u64,
    end: u64,
    time_ns: i64,
    side: Side,
    bytes: u64,
    proven: u64,
}

/// Bytes resent earlier that now turn out to have been spurious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spurious {
    /// When they were resent: the second that the loss was booked in.
    pub resent_ns: i64,
    /// Bytes.
    pub bytes: u64,
    /// The side that they were booked on.
    pub side: Side,
    /// They are the segment's own: the DSACK stands before them in the capture. Else the DSACK is the segment's, and
    /// they went the other way.
    pub own: bool,
}

/// DSACKs remembered per direction, for a retransmission that the capture holds behind them.
const MAX_EARLY_DSACKS: usize = 64;

/// The retransmissions of one direction.
#[derive(Debug, Clone, Default)]
pub struct Resends {
    recent: VecDeque<Resend>,
    /// Ranges that were reported as duplicates before they were seen again.
    early: VecDeque<(u64, u64)>,
    /// Retransmissions forgotten before a DSACK could have come.
    pub forgotten: u64,
}

impl Resends {
    /// Books a retransmission of `start..end` that counts as `bytes` of loss. Gives what a DSACK has reported as
    /// duplicates already: bytes that the receiver had twice need not have been sent again, whoever made the second
    /// copy.
    pub fn push(&mut self, start: u64, end: u64, time_ns: i64, side: Side, bytes: u64) -> Option<Spurious> {
        let early = self.early.iter().position(|&(left, right)| start < right && left < end);
        let proven = early
            .and_then(|index| self.early.remove(index))
            .map_or(0, |(left, right)| end.min(right) - start.max(left))
            .min(bytes);
        if self.recent.len() >= MAX_RESENDS {
            let oldest = self.recent.pop_front();
            let due = oldest.is_some_and(|oldest| time_ns.saturating_sub(oldest.time_ns) < DSACK_DUE_NS);
            self.forgotten += u64::from(due);
        }
        self.recent.push_back(Resend {
            start,
            end,
            time_ns,
            side,
            bytes,
            proven,
        });
        (proven > 0).then_some(Spurious {
            resent_ns: time_ns,
            bytes: proven,
            side,
            own: true,
        })
    }

    /// Ranges held in memory.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.recent.len() + self.early.len()
    }

    /// A DSACK for `left..right`: takes the oldest retransmission of these bytes that is not yet proven spurious.
    pub fn duplicate_reported(&mut self, left: u64, right: u64) -> Option<Spurious> {
        let unproven = |resend: &&mut Resend| resend.start < right && left < resend.end && resend.proven < resend.bytes;
        let Some(resend) = self.recent.iter_mut().find(unproven) else {
            if self.early.len() >= MAX_EARLY_DSACKS {
                self.early.pop_front();
            }
            self.early.push_back((left, right));
            return None;
        };
        let overlap = resend.end.min(right) - resend.start.max(left);
        let bytes = overlap.min(resend.bytes - resend.proven);
        resend.proven += bytes;
        Some(Spurious {
            resent_ns: resend.time_ns,
            bytes,
            side: resend.side,
            own: false,
        })
    }
}

/// The range that `tcp` reports as received twice (RFC 2883 section 4): its first SACK block lies below the cumulative
/// acknowledgement, or within the second block.
pub fn dsack(tcp: &Tcp) -> Option<(u32, u32)> {
    if tcp.sack_blocks == 0 {
        return None;
    }
    let (left, right) = tcp.sack[0];
    let at_or_below = |low: u32, high: u32| (high.wrapping_sub(low) as i32) >= 0;
    if at_or_below(right, left) {
        return None;
    }
    let below_ack = at_or_below(right, tcp.ack);
    let within_second = tcp.sack_blocks > 1 && {
        let (outer_left, outer_right) = tcp.sack[1];
        at_or_below(outer_left, left) && at_or_below(right, outer_right)
    };
    (below_ack || within_second).then_some((left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long migration with loss was said to have reached a bound of the analysis.
    #[test]
    fn retransmissions_too_old_for_a_dsack_were_counted_as_forgotten() {
        let forgotten = |apart_ns: i64| {
            let mut resends = Resends::default();
            for number in 0..5_000_u64 {
                let start = number * 100;
                resends.push(start, start + 100, number as i64 * apart_ns, Side::Downstream, 100);
            }
            resends.forgotten
        };
        // 4,096 of them span 4.1 s, and 0.41 s: 904 go early.
        assert_eq!(forgotten(1_000_000), 0);
        assert_eq!(forgotten(100_000), 904);
    }
}
