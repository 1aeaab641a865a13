//! Round-trip times of one half-path: from the capture point to the receiver of one direction's data, and back.
//!
//! Two methods. *Data and acknowledgement*: the time from a segment to the ACK that covers it, by Karn's rule (Karn and
//! Partridge 1987; RFC 6298 section 3): no sample from an ACK that covers bytes sent more than once. A SACK block (RFC
//! 2018) acknowledges too: while a loss is being repaired the cumulative ACK stands still, and what stood in the full
//! queue then would be missing from the mean. *Timestamps*: the time from the first segment with a TSval to the first
//! that echoes it (RFC 7323 section 4), which also measures the half-path that carries nothing but ACKs.

use super::ring::Ring;

/// Segments in flight remembered per direction: 64 Ki segments of 1448 bytes are 95 MB in flight.
const MAX_IN_FLIGHT: usize = 65_536;
/// Timestamp values remembered per direction: at 1 ms a tick, one second.
const MAX_TICKS: usize = 1024;
const _: () = assert!(MAX_TICKS <= u16::MAX as usize);

#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    end: u64,
    time_ns: i64,
    ambiguous: bool,
    /// A SACK block covered it: what acknowledges it later was prompted by another segment.
    sacked: bool,
}

/// Matches data with acknowledgements.
#[derive(Debug, Clone, Default)]
pub struct DataAckRtt {
    in_flight: Ring<Segment>,
    /// End of the highest segment.
    sent: u64,
    acknowledged: u64,
    /// Segments forgotten because too many were in flight.
    pub forgotten: u64,
}

impl DataAckRtt {
    /// A segment with bytes above all that were sent before, up to `end` (SYN and FIN count as one byte).
    #[inline]
    pub fn sent(&mut self, end: u64, time_ns: i64) {
        self.sent = end;
        if end <= self.acknowledged {
            // The capture holds the ACK before the data; the next ACK is of other bytes.
            return;
        }
        self.push(end, time_ns, false);
    }

    fn push(&mut self, end: u64, time_ns: i64, ambiguous: bool) {
        if self.in_flight.len() >= MAX_IN_FLIGHT {
            self.in_flight.pop_front();
            self.forgotten += 1;
        }
        self.in_flight.push_back(Segment {
            end,
            time_ns,
            ambiguous,
            sacked: false,
        });
    }

    /// The bytes `start..end` were sent again, or were seen late: an ACK that covers any of them is ambiguous.
    pub fn sent_again(&mut self, start: u64, end: u64) {
        let first = self.in_flight.partition_point(|segment| segment.end <= start);
        let mut covered = false;
        for index in first..self.in_flight.len() {
            let Some(segment) = self.in_flight.get_mut(index) else {
                break;
            };
            segment.ambiguous = true;
            covered = true;
            if segment.end >= end {
                break;
            }
        }
        if !covered && end > self.acknowledged {
            self.push(end, 0, true);
        }
    }

    /// Segments in flight.
    #[inline]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Reads a word of the cache line that the next segment will write, or the next acknowledgement read; see
    /// `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self, sends: bool) -> u64 {
        let end = |segment: Option<&Segment>| segment.map_or(0, |segment| segment.end);
        if sends {
            end(self.in_flight.next_place())
        } else {
            // An acknowledgement is due for every second segment.
            end(self.in_flight.front()) ^ end(self.in_flight.get(1))
        }
    }

    /// An acknowledgement; gives the sample of the latest segment that it covers and no SACK block did before.
    #[inline]
    pub fn acknowledged(&mut self, ack: u64, time_ns: i64) -> Option<u64> {
        if ack <= self.acknowledged {
            return None;
        }
        self.acknowledged = ack;
        let mut latest = None;
        let mut ambiguous = false;
        while let Some(segment) = self.in_flight.front() {
            if segment.end > ack {
                break;
            }
            ambiguous |= segment.ambiguous;
            if !segment.sacked {
                latest = Some(segment.time_ns);
            }
            self.in_flight.pop_front();
        }
        // An ACK of more than was seen answers a segment that is not here; one byte more may be a FIN.
        if ambiguous || ack > self.sent + 1 {
            return None;
        }
        u64::try_from(time_ns.checked_sub(latest?)?).ok()
    }

    /// A SACK block reports `left..right`; gives the sample of the latest segment in it, where this block is the first
    /// to cover that segment and it was sent but once.
    pub fn sacked(&mut self, left: u64, right: u64, time_ns: i64) -> Option<u64> {
        let above = self.in_flight.partition_point(|segment| segment.end <= right);
        let below = self.in_flight.partition_point(|segment| segment.end <= left);
        let latest = above.checked_sub(1).filter(|&latest| latest >= below)?;
        let segment = *self.in_flight.get(latest)?;
        // From the right, down to what earlier blocks have covered: each segment is marked once.
        for index in (below..above).rev() {
            let Some(segment) = self.in_flight.get_mut(index).filter(|segment| !segment.sacked) else {
                break;
            };
            segment.sacked = true;
        }
        if segment.sacked || segment.ambiguous {
            return None;
        }
        u64::try_from(time_ns.checked_sub(segment.time_ns)?).ok()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Tick {
    value: u32,
    time_ns: i64,
    /// Time of the last segment with this value.
    last_ns: i64,
    /// The segment carried data, SYN or FIN: its receiver answers it, now or after its delayed-ACK timer.
    demands_ack: bool,
    /// When the last ACK with this value passed, the other side still had data in flight: it sends on at once.
    peer_in_flight: bool,
}

/// Matches TSval with TSecr.
///
/// A pure ACK is echoed by the next data, and a sender that has nothing to send waits: that wait is no path delay
/// (RFC 7323 section 4.1 bars such samples from the sender's own estimate). A sample from a pure ACK therefore counts
/// only where the sender was kept going by acknowledgements: it had data in flight when the last ACK with that value passed, or
/// data that it sent before it saw that ACK passed after it.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct TimestampRtt {
    /// The latest value, until it is echoed. It and the one before it are apart from the others, in one cache line: a
    /// connection that sends seldom has no more, and nearly every segment looks at the latest alone.
    latest: Option<Tick>,
    /// The latest value, echoed or not; meaningless before the first.
    last: u32,
    /// There was a value.
    started: bool,
    /// How many there are in `others`: where there are none, as nearly always, that is known without a look there.
    older: u16,
    /// The one before the latest, until it is echoed.
    second: Option<Tick>,
    /// Those before it that were not echoed, the oldest first; made when there is one.
    others: Option<Box<Ring<Tick>>>,
}

impl TimestampRtt {
    /// A segment of this direction with `value` as its TSval.
    #[inline(always)]
    pub fn sent(&mut self, value: u32, time_ns: i64, demands_ack: bool, peer_in_flight: bool) {
        if self.last == value && self.started {
            if let Some(tick) = &mut self.latest {
                tick.last_ns = time_ns;
                tick.peer_in_flight = peer_in_flight;
            }
            return;
        }
        self.turn(value, time_ns, demands_ack, peer_in_flight);
    }

    /// The clock shows another value. What makes up the new tick comes in registers: written to memory by the caller, it
    /// could be read only after all that was written before, much of it to lines that have yet to come.
    fn turn(&mut self, value: u32, time_ns: i64, demands_ack: bool, peer_in_flight: bool) {
        if self.started && (value.wrapping_sub(self.last) as i32) < 0 {
            return;
        }
        self.last = value;
        self.started = true;
        let second = self.latest.replace(Tick {
            value,
            time_ns,
            last_ns: time_ns,
            demands_ack,
            peer_in_flight,
        });
        if second.is_none() {
            return;
        }
        if let Some(before) = std::mem::replace(&mut self.second, second) {
            let others = self.others.get_or_insert_default();
            if others.len() + 2 >= MAX_TICKS {
                others.pop_front();
            }
            others.push_back(before);
            self.older = others.len() as u16;
        }
    }

    /// The oldest of those before the second.
    #[inline(always)]
    fn first_of_others(&self) -> Option<&Tick> {
        self.others.as_ref().filter(|_| self.older > 0)?.front()
    }

    /// The oldest value that was not echoed.
    #[inline(always)]
    fn oldest(&self) -> Option<&Tick> {
        match &self.second {
            // Without it there are no others.
            None => self.latest.as_ref(),
            Some(second) => Some(self.first_of_others().unwrap_or(second)),
        }
    }

    fn take_oldest(&mut self) -> Option<Tick> {
        if let Some(others) = self.others.as_mut().filter(|_| self.older > 0) {
            self.older -= 1;
            return others.pop_front();
        }
        self.second.take().or_else(|| self.latest.take())
    }

    /// Values that were not echoed so far.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        let others = self.others.as_ref().map_or(0, |others| others.len());
        others + usize::from(self.second.is_some()) + usize::from(self.latest.is_some())
    }

    /// Reads a word of the cache line that the next segment will touch; see `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self) -> u32 {
        self.last
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub fn fetch_owned(&self) -> u32 {
        self.first_of_others().map_or(0, |tick| tick.value)
    }

    /// A segment of the other direction echoes `value`; `previous_data_ns` is when that direction's data before this
    /// segment passed.
    #[inline(always)]
    pub fn echoed(&mut self, value: u32, time_ns: i64, previous_data_ns: Option<i64>) -> Option<u64> {
        if (value.wrapping_sub(self.oldest()?.value) as i32) < 0 {
            return None;
        }
        self.take_echoed(value, time_ns, previous_data_ns)
    }

    /// At least the oldest value has been answered.
    fn take_echoed(&mut self, value: u32, time_ns: i64, previous_data_ns: Option<i64>) -> Option<u64> {
        loop {
            let newer = value.wrapping_sub(self.oldest()?.value) as i32;
            if newer < 0 {
                return None;
            }
            let tick = self.take_oldest()?;
            if newer == 0 {
                let kept_going = tick.demands_ack
                    || tick.peer_in_flight
                    || previous_data_ns.is_some_and(|previous| previous > tick.last_ns);
                if !kept_going {
                    return None;
                }
                return u64::try_from(time_ns.checked_sub(tick.time_ns)?).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_gives_the_sample_of_the_latest_segment_it_covers() {
        let mut rtt = DataAckRtt::default();
        rtt.sent(100, 1_000);
        rtt.sent(200, 1_500);
        assert_eq!(rtt.acknowledged(200, 6_500), Some(5_000));
        assert_eq!(rtt.acknowledged(200, 7_000), None);
    }

    #[test]
    fn karn_no_sample_from_an_ack_that_covers_resent_bytes() {
        let mut rtt = DataAckRtt::default();
        rtt.sent(100, 0);
        rtt.sent(200, 10);
        rtt.sent(300, 20);
        rtt.sent_again(0, 100);
        assert_eq!(rtt.acknowledged(300, 500), None);
        rtt.sent(400, 600);
        assert_eq!(rtt.acknowledged(400, 900), Some(300));
    }

    #[test]
    fn resends_that_overlap_the_segment_before_grew_the_list_without_bound() {
        let mut rtt = DataAckRtt::default();
        for n in 1..=4 * MAX_IN_FLIGHT as u64 {
            rtt.sent_again((n * 100).saturating_sub(150), n * 100);
        }
        assert!(rtt.in_flight() <= MAX_IN_FLIGHT);
        assert!(rtt.forgotten > 0);
    }

    #[test]
    fn a_sack_block_gives_the_sample_of_the_segment_that_prompted_it() {
        let mut rtt = DataAckRtt::default();
        for n in 1..=5 {
            rtt.sent(n * 100, n as i64 * 10);
        }
        // The first segment is lost: ACKs stand still, each with one segment more in its block.
        assert_eq!(rtt.sacked(100, 200, 1_020), Some(1_000));
        assert_eq!(rtt.sacked(100, 200, 1_025), None, "said before");
        assert_eq!(rtt.sacked(100, 300, 1_130), Some(1_100));
        assert_eq!(rtt.sacked(400, 500, 1_250), Some(1_200));
        rtt.sent_again(0, 100);
        assert_eq!(rtt.acknowledged(300, 2_000), None, "Karn");
        // The fourth came late, not lost: it prompts the ACK that covers the fifth too.
        assert_eq!(rtt.acknowledged(500, 2_040), Some(2_000));
    }

    #[test]
    fn a_sack_block_over_resent_bytes_or_over_none_that_were_seen_is_no_sample() {
        let mut rtt = DataAckRtt::default();
        rtt.sent(100, 10);
        rtt.sent(200, 20);
        rtt.sent_again(100, 200);
        assert_eq!(rtt.sacked(100, 200, 500), None);
        assert_eq!(rtt.sacked(300, 400, 500), None);
        assert_eq!(rtt.sacked(150, 170, 500), None);
        assert_eq!(rtt.sacked(200, 100, 500), None);
    }

    #[test]
    fn an_ack_that_the_capture_holds_before_its_data_measures_nothing() {
        let mut rtt = DataAckRtt::default();
        rtt.sent(100, 0);
        assert_eq!(rtt.acknowledged(200, 90), None);
        rtt.sent(200, 91);
        assert_eq!(rtt.acknowledged(300, 190), None);
        rtt.sent(300, 191);
        rtt.sent(400, 200);
        assert_eq!(rtt.acknowledged(400, 207), Some(7));
    }

    #[test]
    fn a_tick_is_sampled_once_by_its_first_echo() {
        let mut rtt = TimestampRtt::default();
        rtt.sent(7, 100, true, false);
        rtt.sent(7, 150, true, false);
        assert_eq!(rtt.echoed(7, 400, None), Some(300));
        assert_eq!(rtt.echoed(7, 450, None), None);
    }

    #[test]
    fn the_wait_of_an_idle_sender_is_no_sample() {
        let mut rtt = TimestampRtt::default();
        rtt.sent(7, 100, false, false);
        assert_eq!(rtt.echoed(7, 90_000_100, Some(50)), None);
        rtt.sent(8, 90_000_200, false, true);
        assert_eq!(rtt.echoed(8, 90_000_300, Some(50)), Some(100));
        // Data that was under way when the ACK passed shows that the sender was busy.
        rtt.sent(9, 90_000_400, false, false);
        assert_eq!(rtt.echoed(9, 90_010_400, Some(90_000_450)), Some(10_000));
    }

    #[test]
    fn timestamps_are_echoed_oldest_first_however_many_wait() {
        let mut rtt = TimestampRtt::default();
        for value in 1..=4 {
            rtt.sent(value, i64::from(value) * 10, true, false);
        }
        assert_eq!(rtt.echoed(2, 100, None), Some(80));
        assert_eq!(rtt.echoed(1, 101, None), None);
        assert_eq!(rtt.waiting(), 2);
        assert_eq!(rtt.echoed(4, 140, None), Some(100));
        assert_eq!(rtt.echoed(4, 141, None), None);
        assert_eq!(rtt.waiting(), 0);
        rtt.sent(5, 150, true, false);
        assert_eq!(rtt.echoed(5, 157, None), Some(7));
    }

    #[test]
    fn the_oldest_timestamps_are_forgotten_where_too_many_wait() {
        let mut rtt = TimestampRtt::default();
        for value in 1..=3000 {
            rtt.sent(value, i64::from(value), true, false);
        }
        assert_eq!(rtt.waiting(), 1024);
        // 3000 - 1024 = 1976 were forgotten.
        assert_eq!(rtt.echoed(1976, 4000, None), None);
        assert_eq!(rtt.echoed(1977, 4000, None), Some(4000 - 1977));
    }
}
