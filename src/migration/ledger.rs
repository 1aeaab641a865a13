//! Which payload bytes of one direction of a connection travelled, counted once each, and when.
//!
//! A migration's data is counted by its place in the sequence space, so that neither a snap length nor offload nor
//! retransmissions change it. Bytes that the capture missed but the receiver acknowledged did travel.

/// Offset of the first byte where the connection's beginning was not captured: room for segments from before it.
const UNKNOWN_ORIGIN: u64 = 1 << 32;
/// Holes kept open. A sender's window holds fewer losses than this; jumbled captures need some more.
const MAX_HOLES: usize = 512;
/// A jump beyond the largest window (RFC 7323 section 2.3: 2^30) belongs to another sequence space.
const MAX_JUMP: u64 = 1 << 30;
/// An acknowledgement this far above everything seen is not believed to be of this connection.
const MAX_UNSEEN: u64 = 1 << 26;

/// A segment's payload in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// Stream offset of its first byte.
    pub(super) offset: u64,
    /// The receiver had not yet acknowledged all of it: it may be what brought the bytes there.
    pub(super) unacknowledged: bool,
}

/// The sequence space of one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    /// Sequence number that belongs to `high`; `None` before the first segment.
    high_seq: Option<u32>,
    /// Highest payload byte seen plus one.
    high: u64,
    /// Lowest payload byte known.
    low: u64,
    /// The SYN was seen: offset 0 is the first byte of the stream.
    from_start: bool,
    /// Highest byte acknowledged plus one. A FIN counts as a byte.
    acked: u64,
    /// Where the FIN stands, once seen.
    fin: Option<u64>,
    /// Ranges below `high` that were not seen, in ascending order.
    holes: Vec<(u64, u64)>,
    /// Time of the first payload byte.
    first_ns: Option<i64>,
    /// Time of the last segment that may have delivered payload.
    last_ns: Option<i64>,
}

impl Ledger {
    /// A SYN of this direction, whose data begins at the next sequence number.
    pub(super) fn syn(&mut self, seq: u32) {
        if self.high_seq.is_none() {
            self.high_seq = Some(seq.wrapping_add(1));
            self.from_start = true;
        }
    }

    /// True where `seq` is the number of a SYN that cannot be a copy of this connection's own.
    pub(super) fn is_other_syn(&self, seq: u32) -> bool {
        match self.high_seq {
            Some(_) if self.from_start => self.offset(seq.wrapping_add(1)) != Some(0),
            _ => self.high_seq.is_some(),
        }
    }

    /// The stream's first byte is known, and where it is.
    pub(super) fn has_start(&self) -> bool {
        self.from_start
    }

    fn offset(&self, seq: u32) -> Option<u64> {
        let high_seq = self.high_seq?;
        self.high
            .checked_add_signed(i64::from(seq.wrapping_sub(high_seq) as i32))
    }

    /// Takes the payload of a segment in, `len` bytes on the wire; `None` where it lies outside the stream.
    pub(super) fn payload(&mut self, seq: u32, len: u32, time_ns: i64) -> Option<Placed> {
        if len == 0 {
            return None;
        }
        if self.high_seq.is_none() {
            self.high_seq = Some(seq);
            self.high = UNKNOWN_ORIGIN;
            self.low = UNKNOWN_ORIGIN;
        }
        let start = self.offset(seq)?;
        let end = start + u64::from(len);
        if start > self.high {
            if start - self.high >= MAX_JUMP {
                return None;
            }
            if self.holes.len() >= MAX_HOLES {
                self.holes.remove(0);
            }
            self.holes.push((self.high, start));
        } else if start < self.high {
            if self.high - start >= MAX_JUMP {
                return None;
            }
            self.fill(start, end);
            self.low = self.low.min(start);
        }
        if end > self.high {
            self.high = end;
            self.high_seq = Some(seq.wrapping_add(len));
        }
        let unacknowledged = end > self.acked;
        if unacknowledged {
            self.last_ns = Some(self.last_ns.map_or(time_ns, |last| last.max(time_ns)));
        }
        self.first_ns = Some(self.first_ns.map_or(time_ns, |first| first.min(time_ns)));
        Some(Placed {
            offset: start,
            unacknowledged,
        })
    }

    /// A FIN whose sequence number, after any payload, is `seq`.
    pub(super) fn fin(&mut self, seq: u32) {
        self.fin = self.offset(seq);
    }

    /// The other direction acknowledged everything before `ack`.
    pub(super) fn acknowledge(&mut self, ack: u32) {
        if let Some(offset) = self.offset(ack)
            && offset > self.acked
            && offset < self.high.saturating_add(MAX_UNSEEN)
        {
            self.acked = offset;
        }
    }

    /// Payload bytes that travelled, each once.
    pub(super) fn unique_bytes(&self) -> u64 {
        let lost: u64 = self
            .holes
            .iter()
            .map(|&(start, end)| end.saturating_sub(start.max(self.acked)))
            .sum();
        (self.end() - self.low).saturating_sub(lost)
    }

    /// Bytes that were acknowledged but are not in the capture.
    pub(super) fn missed_bytes(&self) -> u64 {
        let holes: u64 = self
            .holes
            .iter()
            .map(|&(start, end)| end.min(self.acked).saturating_sub(start))
            .sum();
        holes + (self.end() - self.high)
    }

    /// End of the stream as far as it is known: bytes seen or acknowledged.
    pub(super) fn end(&self) -> u64 {
        // Without a FIN seen, an acknowledgement one above the data is that of a FIN that the capture missed.
        let acked = match self.fin {
            Some(fin) => self.acked.min(fin),
            None if self.acked == self.high + 1 => self.high,
            None => self.acked,
        };
        self.high.max(acked)
    }

    /// Highest byte seen plus one.
    pub(super) fn high(&self) -> u64 {
        self.high
    }

    /// Bytes from the lowest to the highest seen.
    pub(super) fn extent(&self) -> u64 {
        self.high - self.low
    }

    /// Lowest byte seen, or 0 where the beginning was captured.
    pub(super) fn low(&self) -> u64 {
        self.low
    }

    /// A FIN was seen.
    pub(super) fn finished(&self) -> bool {
        self.fin.is_some()
    }

    /// Time of the first payload byte.
    pub(super) fn first_ns(&self) -> Option<i64> {
        self.first_ns
    }

    /// Time of the last payload byte.
    pub(super) fn last_ns(&self) -> Option<i64> {
        self.last_ns
    }

    fn fill(&mut self, start: u64, end: u64) {
        let mut index = self.holes.partition_point(|hole| hole.1 <= start);
        while let Some(hole) = self.holes.get_mut(index) {
            if hole.0 >= end {
                break;
            }
            let (from, to) = *hole;
            match (from < start, end < to) {
                (false, false) => {
                    self.holes.remove(index);
                }
                (true, false) => {
                    hole.1 = start;
                    index += 1;
                }
                (false, true) => {
                    hole.0 = end;
                    index += 1;
                }
                (true, true) => {
                    hole.1 = start;
                    self.holes.insert(index + 1, (end, to));
                    index += 2;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_count_once_whatever_was_sent_again() {
        let mut ledger = Ledger::default();
        ledger.syn(u32::MAX - 99);
        for (seq, len) in [(u32::MAX - 98, 1000), (901, 1000), (401, 700), (901, 1000)] {
            assert!(ledger.payload(seq, len, 0).is_some());
        }
        // 2^32 lies within the first segment: offsets 0..1000, 1000..2000, 500..1200, 1000..2000.
        assert_eq!(ledger.unique_bytes(), 2000);
        assert_eq!(ledger.end(), 2000);
    }

    #[test]
    fn a_hole_counts_only_once_the_receiver_acknowledged_it() {
        let mut ledger = Ledger::default();
        ledger.syn(0);
        ledger.payload(1, 100, 0);
        ledger.payload(201, 100, 0);
        ledger.payload(401, 100, 0);
        assert_eq!(ledger.unique_bytes(), 300);
        ledger.acknowledge(301);
        assert_eq!((ledger.unique_bytes(), ledger.missed_bytes()), (400, 100));
        ledger.payload(301, 100, 0);
        assert_eq!(ledger.unique_bytes(), 500);
    }

    #[test]
    fn bytes_that_only_an_acknowledgement_shows_travelled_too_but_a_fin_is_no_byte() {
        let mut ledger = Ledger::default();
        ledger.syn(0);
        ledger.payload(1, 100, 0);
        ledger.acknowledge(102);
        assert_eq!(ledger.unique_bytes(), 100);
        ledger.acknowledge(1501);
        assert_eq!(ledger.unique_bytes(), 1500);
        ledger.fin(1501);
        ledger.acknowledge(1502);
        assert_eq!(ledger.unique_bytes(), 1500);
    }

    #[test]
    fn a_keep_alive_after_everything_was_acknowledged_does_not_prolong_the_stream() {
        let mut ledger = Ledger::default();
        ledger.syn(0);
        ledger.payload(1, 100, 5);
        ledger.acknowledge(101);
        ledger.payload(100, 1, 9);
        assert_eq!((ledger.last_ns(), ledger.unique_bytes()), (Some(5), 100));
    }

    #[test]
    fn segments_of_another_sequence_space_are_left_out() {
        let mut ledger = Ledger::default();
        ledger.syn(0);
        ledger.payload(1, 100, 0);
        assert!(ledger.payload(0x7000_0000, 100, 0).is_none());
        assert_eq!(ledger.unique_bytes(), 100);
    }

    #[test]
    fn a_capture_that_starts_in_mid_stream_counts_what_it_holds() {
        let mut ledger = Ledger::default();
        ledger.payload(5000, 100, 0);
        ledger.payload(4900, 100, 1);
        assert_eq!((ledger.unique_bytes(), ledger.has_start()), (200, false));
    }
}
