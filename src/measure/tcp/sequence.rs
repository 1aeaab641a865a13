//! The sequence space of one direction of a connection: which bytes were seen, which are missing.
//!
//! Sequence numbers are unwrapped to 64 bits with serial arithmetic (RFC 1982), since a migration moves more than
//! 4 GiB. The high-water mark moves over gaps, so that an imperfect capture does not freeze the counters; the gaps are
//! kept as holes until they are filled, or until so many are open that the oldest must be given up.

/// Unwrapped numbers start here, so that a segment from before the first one seen still has a positive number.
const ORIGIN: u64 = 1 << 32;
/// Holes kept open in one direction. A sender's window holds fewer losses than this.
const MAX_HOLES: usize = 512;
/// A jump of the sequence number beyond the largest window (RFC 7323: 2^30) is another sequence space, not a hole.
const MAX_JUMP: u64 = 1 << 30;

/// What tells the order in which the sender sent segments, other than the capture's own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendStamp {
    /// Time at the capture point, nanoseconds.
    pub time_ns: i64,
    /// TSval (RFC 7323).
    pub timestamp: Option<u32>,
    /// IPv4 identification; `None` where it is absent or 0.
    pub identification: Option<u16>,
}

impl SendStamp {
    /// Whether this segment left the sender after `other`; later than `reordering_window_ns` decides where neither
    /// timestamps nor identifications do.
    pub fn sent_after(&self, other: &Self, reordering_window_ns: i64) -> bool {
        if let (Some(mine), Some(theirs)) = (self.timestamp, other.timestamp) {
            let newer = mine.wrapping_sub(theirs) as i32;
            if newer != 0 {
                return newer > 0;
            }
        }
        if let (Some(mine), Some(theirs)) = (self.identification, other.identification) {
            let newer = mine.wrapping_sub(theirs) as i16;
            // A sender that draws identifications at random gives distances of any size.
            if newer != 0 && newer.unsigned_abs() < 4096 {
                return newer > 0;
            }
        }
        self.time_ns.saturating_sub(other.time_ns) > reordering_window_ns
    }
}

/// Bytes that were skipped by the segments seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// First missing byte.
    pub start: u64,
    /// First byte after it.
    pub end: u64,
    /// The segment that revealed it.
    pub revealed_by: SendStamp,
    /// The receiver acknowledged it, so it has the bytes: the capture missed them, or holds them later.
    pub acknowledged: bool,
}

/// What a segment did to the sequence space, bytes. The four add up to the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Above everything seen.
    pub new: u64,
    /// In a hole that the receiver had not acknowledged; `late_is_resent` says how it came.
    pub late: u64,
    /// In a hole that the receiver had acknowledged already: the capture holds the ACK before the data.
    pub late_acknowledged: u64,
    /// Seen before.
    pub repeated: u64,
    /// The late bytes were sent after the segment that revealed the hole: a retransmission, not reordering.
    pub late_is_resent: bool,
    /// A hole opened before this segment.
    pub opened_hole: bool,
}

/// The bytes seen of one direction.
#[derive(Debug, Clone, Default)]
pub struct SequenceSpace {
    /// Highest byte seen plus one; `None` before the first segment.
    high: Option<u64>,
    /// Lowest byte seen.
    low: u64,
    holes: Vec<Hole>,
    given_up_holes: u64,
    given_up_missing_bytes: u64,
}

impl SequenceSpace {
    /// The 64-bit number of `seq`, nearest to the high-water mark.
    #[inline]
    pub fn unwrap(&self, seq: u32) -> u64 {
        match self.high {
            None => ORIGIN + u64::from(seq),
            Some(high) => high.wrapping_add_signed(i64::from(seq.wrapping_sub(high as u32) as i32)),
        }
    }

    /// Highest byte seen plus one, once anything was seen.
    #[inline]
    pub fn high(&self) -> Option<u64> {
        self.high
    }

    /// Sets where the bytes begin (after a SYN). Later calls have no effect.
    #[inline]
    pub fn begin(&mut self, seq: u32) {
        if self.high.is_none() {
            let start = self.unwrap(seq);
            self.high = Some(start);
            self.low = start;
        }
    }

    /// Takes the payload `start..end` in; `stamp` is its segment's.
    #[inline]
    pub fn cover(&mut self, start: u64, end: u64, stamp: SendStamp, reordering_window_ns: i64) -> Coverage {
        let mut coverage = Coverage::default();
        let Some(high) = self.high else {
            self.high = Some(end);
            self.low = start;
            coverage.new = end - start;
            return coverage;
        };
        if start == high {
            coverage.new = end - start;
            self.high = Some(end);
            return coverage;
        }
        if start > high {
            if start - high < MAX_JUMP {
                coverage.opened_hole = true;
                self.open_hole(Hole {
                    start: high,
                    end: start,
                    revealed_by: stamp,
                    acknowledged: false,
                });
            }
            coverage.new = end - start;
            self.high = Some(end);
            return coverage;
        }
        coverage.new = end.saturating_sub(high);
        let old_end = end.min(high);
        let mut old = old_end - start;
        if start < self.low {
            // Sent before the capture began: never seen, and not known to be missing either.
            let before = old_end.min(self.low) - start;
            coverage.new += before;
            old -= before;
            self.low = start;
        }
        self.fill(start, old_end, stamp, reordering_window_ns, &mut coverage);
        coverage.repeated = old - coverage.late - coverage.late_acknowledged;
        self.high = Some(end.max(high));
        coverage
    }

    /// Marks holes below `ack` as acknowledged.
    #[inline]
    pub fn acknowledge(&mut self, ack: u64) {
        for hole in &mut self.holes {
            if hole.end <= ack {
                hole.acknowledged = true;
            }
        }
    }

    /// Bytes that the receiver acknowledged and the capture never held, as it stands now.
    pub fn missing_bytes(&self) -> u64 {
        let open: u64 = self
            .holes
            .iter()
            .filter(|hole| hole.acknowledged)
            .map(|hole| hole.end - hole.start)
            .sum();
        open + self.given_up_missing_bytes
    }

    /// Holes dropped because too many were open.
    pub fn given_up_holes(&self) -> u64 {
        self.given_up_holes
    }

    fn open_hole(&mut self, hole: Hole) {
        if self.holes.len() >= MAX_HOLES {
            // An acknowledged hole is all but surely the capture's own loss; the oldest of them goes first.
            let index = self.holes.iter().position(|hole| hole.acknowledged).unwrap_or(0);
            let gone = self.holes.remove(index);
            if gone.acknowledged {
                self.given_up_missing_bytes += gone.end - gone.start;
            } else {
                self.given_up_holes += 1;
            }
        }
        self.holes.push(hole);
    }

    fn fill(&mut self, start: u64, end: u64, stamp: SendStamp, window_ns: i64, coverage: &mut Coverage) {
        let mut index = self.holes.partition_point(|hole| hole.end <= start);
        while let Some(hole) = self.holes.get(index).copied() {
            if hole.start >= end {
                break;
            }
            let (from, to) = (hole.start.max(start), hole.end.min(end));
            if hole.acknowledged {
                coverage.late_acknowledged += to - from;
            } else {
                coverage.late += to - from;
                coverage.late_is_resent |= stamp.sent_after(&hole.revealed_by, window_ns);
            }
            match (hole.start < from, to < hole.end) {
                (false, false) => {
                    self.holes.remove(index);
                }
                (true, false) => {
                    self.holes[index].end = from;
                    index += 1;
                }
                (false, true) => {
                    self.holes[index].start = to;
                    index += 1;
                }
                (true, true) => {
                    self.holes[index].end = from;
                    self.holes.insert(index + 1, Hole { start: to, ..hole });
                    index += 2;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_ns: i64) -> SendStamp {
        SendStamp {
            time_ns,
            timestamp: None,
            identification: None,
        }
    }

    #[test]
    fn numbers_go_on_across_the_wrap_at_2_to_the_32() {
        let mut space = SequenceSpace::default();
        let start = space.unwrap(0xffff_ff00);
        space.cover(start, start + 0x100, at(0), 0);
        let next = space.unwrap(0);
        assert_eq!(next, start + 0x100);
        assert_eq!(space.cover(next, next + 10, at(1), 0).new, 10);
        // A late copy from before the wrap is still old.
        let old = space.unwrap(0xffff_fff0);
        assert_eq!(space.cover(old, old + 16, at(2), 0).repeated, 16);
    }

    #[test]
    fn a_hole_filled_in_two_parts_is_late_twice_and_then_closed() {
        let mut space = SequenceSpace::default();
        space.begin(1000);
        let s = space.unwrap(1000);
        assert!(space.cover(s + 300, s + 400, at(0), 3).opened_hole);
        let middle = space.cover(s + 100, s + 200, at(10), 3);
        assert_eq!((middle.late, middle.repeated, middle.late_is_resent), (100, 0, true));
        let rest = space.cover(s, s + 300, at(20), 3);
        assert_eq!((rest.late, rest.repeated), (200, 100));
        assert_eq!(space.cover(s, s + 400, at(30), 3).repeated, 400);
    }

    #[test]
    fn a_fill_with_an_older_timestamp_was_reordered_not_resent() {
        let revealed = SendStamp {
            time_ns: 0,
            timestamp: Some(100),
            identification: Some(8),
        };
        let older = SendStamp {
            time_ns: 50_000_000,
            timestamp: Some(99),
            identification: Some(9),
        };
        assert!(!older.sent_after(&revealed, 3_000_000));
        let same_tick_older_id = SendStamp {
            timestamp: Some(100),
            identification: Some(7),
            ..older
        };
        assert!(!same_tick_older_id.sent_after(&revealed, 3_000_000));
        let same_tick_newer_id = SendStamp {
            time_ns: 1,
            timestamp: Some(100),
            identification: Some(9),
        };
        assert!(same_tick_newer_id.sent_after(&revealed, 3_000_000));
    }

    #[test]
    fn bytes_acknowledged_but_never_seen_are_the_captures_loss() {
        let mut space = SequenceSpace::default();
        space.begin(0);
        let s = space.unwrap(0);
        space.cover(s + 1448, s + 2896, at(0), 0);
        assert_eq!(space.missing_bytes(), 0);
        space.acknowledge(s + 2896);
        assert_eq!(space.missing_bytes(), 1448);
    }

    #[test]
    fn data_captured_after_its_ack_is_not_missing() {
        let mut space = SequenceSpace::default();
        space.begin(0);
        let s = space.unwrap(0);
        space.cover(s + 100, s + 200, at(0), 0);
        space.acknowledge(s + 200);
        let late = space.cover(s, s + 100, at(1), 0);
        assert_eq!((late.late, late.late_acknowledged, space.missing_bytes()), (0, 100, 0));
    }
}
