//! The sequence space of one direction of a connection: which bytes were seen, which are missing.
//!
//! Sequence numbers are unwrapped to 64 bits with serial arithmetic (RFC 1982), since a migration moves more than
//! 4 GiB. The high-water mark moves over gaps, so that an imperfect capture does not freeze the counters; the gaps are
//! kept as holes until they are filled, or until so many are open that the oldest must be given up.

use std::num::NonZero;

/// Unwrapped numbers start here, so that a segment from before the first one seen still has a positive number.
const ORIGIN: u64 = 1 << 32;
/// Holes kept open in one direction. A sender's window holds fewer losses than this.
const MAX_HOLES: usize = 512;
/// A jump of the sequence number beyond the largest window (RFC 7323: 2^30) is another sequence space, not a hole.
const MAX_JUMP: u64 = 1 << 30;
/// A jump as far as this is believed when the next segment goes on from it: a single stray one (stale, or with a bit
/// error) would make everything after it look late.
const DOUBTFUL_JUMP: u64 = 4 << 20;

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
    /// It lies below the first byte seen: sent before the capture began, and missing from nothing.
    pub before_capture: bool,
}

/// What a segment did to the sequence space, bytes. The three add up to the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Above everything seen.
    pub new: u64,
    /// In a hole; `late_is_resent` says how it came. Whether the receiver had acknowledged it makes no difference: a
    /// mirror port may deliver the acknowledgement before the data.
    pub late: u64,
    /// Seen before.
    pub repeated: u64,
    /// The late bytes were sent after the segment that revealed the hole: a retransmission, not reordering.
    pub late_is_resent: bool,
    /// A hole opened before this segment.
    pub opened_hole: bool,
    /// It lies too far above everything else to be believed without a second one.
    pub doubtful: bool,
}

/// A segment that jumped.
#[derive(Debug, Clone, Copy)]
struct Doubtful {
    start: u64,
    end: u64,
    stamp: SendStamp,
}

/// The bytes seen of one direction. What most directions never need is apart: there are thousands of these.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct SequenceSpace {
    /// Highest byte seen plus one; `None` before the first segment.
    high: Option<NonZero<u64>>,
    gaps: Option<Box<Gaps>>,
    /// Lowest byte seen.
    low: u64,
}

/// What was skipped.
#[derive(Debug, Clone, Default)]
struct Gaps {
    /// In ascending order.
    holes: Vec<Hole>,
    /// A segment far above all others, not believed so far.
    doubtful: Option<Doubtful>,
    given_up_holes: u64,
    given_up_missing_bytes: u64,
}

impl SequenceSpace {
    /// The 64-bit number of `seq`, nearest to the high-water mark.
    #[inline]
    pub fn unwrap(&self, seq: u32) -> u64 {
        match self.high {
            None => ORIGIN + u64::from(seq),
            Some(high) => near(high.get(), seq),
        }
    }

    /// Highest byte seen plus one, once anything was seen.
    #[inline]
    pub fn high(&self) -> Option<u64> {
        self.high.map(NonZero::get)
    }

    /// Sets where the bytes begin (after a SYN). Later calls have no effect.
    #[inline]
    pub fn begin(&mut self, seq: u32) {
        if self.high.is_none() {
            let start = self.unwrap(seq);
            self.high = NonZero::new(start);
            self.low = start;
        }
    }

    /// Takes the payload `start..end` in where it begins right behind everything seen; else nothing happens, and
    /// [`cover`](Self::cover) must be asked.
    #[inline(always)]
    pub fn go_on(&mut self, start: u64, end: u64) -> bool {
        let goes_on = self.high() == Some(start);
        if goes_on {
            self.high = NonZero::new(end);
        }
        goes_on
    }

    /// Takes the payload `start..end` in; `stamp` is its segment's.
    #[inline]
    pub fn cover(&mut self, start: u64, end: u64, stamp: SendStamp, reordering_window_ns: i64) -> Coverage {
        let mut coverage = Coverage::default();
        let Some(high) = self.high() else {
            self.high = NonZero::new(end);
            self.low = start;
            coverage.new = end - start;
            return coverage;
        };
        if self.go_on(start, end) {
            coverage.new = end - start;
            return coverage;
        }
        if start > high {
            if start - high >= DOUBTFUL_JUMP {
                let gaps = self.gaps.get_or_insert_default();
                match gaps.doubtful.take() {
                    // It goes on: the segment in doubt comes first, and leaves a jump that is none any more.
                    Some(before) if before.end.abs_diff(start) < DOUBTFUL_JUMP => {
                        self.skip(before.start, before.end, before.stamp);
                        return self.cover(start, end, stamp, reordering_window_ns);
                    }
                    _ => {
                        gaps.doubtful = Some(Doubtful { start, end, stamp });
                        coverage.new = end - start;
                        coverage.doubtful = true;
                        return coverage;
                    }
                }
            }
            self.skip(start, end, stamp);
            coverage.opened_hole = true;
            coverage.new = end - start;
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
            if old_end < self.low {
                self.gaps.get_or_insert_default().insert(
                    0,
                    Hole {
                        start: old_end,
                        end: self.low,
                        revealed_by: stamp,
                        acknowledged: false,
                        before_capture: true,
                    },
                );
            }
            self.low = start;
        }
        let filled = match &mut self.gaps {
            Some(gaps) => gaps.fill(start, old_end, stamp, reordering_window_ns, &mut coverage),
            None => 0,
        };
        coverage.repeated = old - filled;
        self.high = NonZero::new(end.max(high));
        coverage
    }

    /// Moves the high-water mark over the gap before `start..end`.
    fn skip(&mut self, start: u64, end: u64, stamp: SendStamp) {
        if let Some(high) = self.high()
            && start > high
            && start - high < MAX_JUMP
        {
            self.gaps.get_or_insert_default().open(Hole {
                start: high,
                end: start,
                revealed_by: stamp,
                acknowledged: false,
                before_capture: false,
            });
        }
        self.high = NonZero::new(end);
    }

    /// Whether an acknowledgement of `ack` goes no further than a doubtful jump beyond `known`, what is known to have
    /// been sent or acknowledged.
    pub fn is_plausible(ack: u64, known: u64) -> bool {
        ack.saturating_sub(known) < DOUBTFUL_JUMP
    }

    /// Marks holes below `ack` as acknowledged.
    #[inline]
    pub fn acknowledge(&mut self, ack: u64) {
        if let Some(gaps) = &mut self.gaps {
            gaps.acknowledge(ack);
        }
    }

    /// Bytes below `acknowledged` that the capture never held, as it stands now. A hole may show only after its
    /// acknowledgement, and above the last segment seen there is none to show it.
    pub fn missing_bytes(&self, acknowledged: u64) -> u64 {
        let below = self.gaps.as_ref().map_or(0, |gaps| gaps.missing_bytes(acknowledged));
        below + self.high().map_or(0, |high| acknowledged.saturating_sub(high))
    }

    /// Holes held in memory.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.gaps.as_ref().map_or(0, |gaps| gaps.holes.len())
    }

    /// Holes dropped because too many were open.
    pub fn given_up_holes(&self) -> u64 {
        self.gaps.as_ref().map_or(0, |gaps| gaps.given_up_holes)
    }
}

/// The 64-bit number of `seq`, nearest to `high`.
#[inline(always)]
fn near(high: u64, seq: u32) -> u64 {
    high.wrapping_add_signed(i64::from(seq.wrapping_sub(high as u32) as i32))
}

impl Gaps {
    fn acknowledge(&mut self, ack: u64) {
        for hole in &mut self.holes {
            if hole.end <= ack {
                hole.acknowledged = true;
            }
        }
    }

    fn missing_bytes(&self, acknowledged: u64) -> u64 {
        let holes = self.holes.iter().filter(|hole| !hole.before_capture);
        let open: u64 = holes
            .map(|hole| hole.end.min(acknowledged).saturating_sub(hole.start))
            .sum();
        open + self.given_up_missing_bytes
    }

    fn open(&mut self, hole: Hole) {
        self.make_room();
        self.holes.push(hole);
    }

    /// Puts a hole before the one at `index`, and gives the place behind it.
    fn insert(&mut self, index: usize, hole: Hole) -> usize {
        let gone = self.make_room();
        let index = index - usize::from(gone.is_some_and(|gone| gone < index));
        self.holes.insert(index, hole);
        index + 1
    }

    /// Gives one hole up where there are too many, and says which place it had.
    fn make_room(&mut self) -> Option<usize> {
        if self.holes.len() < MAX_HOLES {
            return None;
        }
        // An acknowledged hole is all but surely the capture's own loss; the oldest of them goes first.
        let index = self.holes.iter().position(|hole| hole.acknowledged).unwrap_or(0);
        let gone = self.holes.remove(index);
        self.give_up(gone);
        Some(index)
    }

    fn give_up(&mut self, hole: Hole) {
        if hole.acknowledged && !hole.before_capture {
            self.given_up_missing_bytes += hole.end - hole.start;
        } else {
            self.given_up_holes += 1;
        }
    }

    /// Takes `start..end` out of the holes, and gives how many bytes of it lay in one.
    fn fill(&mut self, start: u64, end: u64, stamp: SendStamp, window_ns: i64, coverage: &mut Coverage) -> u64 {
        let mut filled = 0;
        let mut index = self.holes.partition_point(|hole| hole.end <= start);
        while let Some(hole) = self.holes.get(index).copied() {
            if hole.start >= end {
                break;
            }
            let (from, to) = (hole.start.max(start), hole.end.min(end));
            filled += to - from;
            if hole.before_capture {
                coverage.new += to - from;
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
                    self.holes[index].start = to;
                    index = self.insert(index, Hole { end: from, ..hole });
                }
            }
        }
        filled
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
    fn bytes_from_before_the_capture_were_taken_for_seen_once_a_segment_lay_below_them() {
        let mut space = SequenceSpace::default();
        let s = space.unwrap(0);
        space.cover(s + 50_000, s + 51_000, at(0), 0);
        for start in [10_000, 12_000, 11_000] {
            let coverage = space.cover(s + start, s + start + 1_000, at(1), 0);
            assert_eq!(
                (coverage.new, coverage.late, coverage.repeated),
                (1_000, 0, 0),
                "{start}"
            );
        }
        assert_eq!(space.cover(s + 10_000, s + 13_000, at(2), 0).repeated, 3_000);
        let rest = space.cover(s + 12_500, s + 50_500, at(3), 0);
        assert_eq!((rest.new, rest.repeated), (37_000, 1_000));
        assert_eq!(space.missing_bytes(s + 51_000), 0);
    }

    #[test]
    fn fills_within_a_hole_made_holes_without_bound() {
        let mut space = SequenceSpace::default();
        let s = space.unwrap(0);
        space.cover(s, s + 1, at(0), 0);
        space.cover(s + 10_000, s + 10_001, at(0), 0);
        for n in 1..2_000 {
            assert_eq!(space.cover(s + 4 * n, s + 4 * n + 1, at(1), 0).late, 1);
        }
        assert_eq!(space.remembered(), MAX_HOLES);
        // 1,999 fills leave 2,000 pieces, of which 512 are kept.
        assert_eq!(space.given_up_holes(), 2_000 - 512);
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
        assert_eq!(space.missing_bytes(s), 0);
        assert_eq!(space.missing_bytes(s + 1000), 1000);
        assert_eq!(space.missing_bytes(s + 2896), 1448);
        assert_eq!(space.missing_bytes(s + 3000), 1448 + 104);
    }

    #[test]
    fn a_single_segment_far_above_is_not_believed_and_two_are() {
        let mut space = SequenceSpace::default();
        space.begin(0);
        let s = space.unwrap(0);
        let far = s + 100_000_000;
        assert_eq!(space.cover(far, far + 100, at(0), 3).new, 100);
        assert_eq!(space.high(), Some(s));
        assert_eq!(space.cover(s, s + 100, at(9), 3).new, 100);
        let other = s + 50_000_000;
        assert_eq!(space.cover(other, other + 100, at(10), 3).new, 100);
        assert_eq!(space.cover(other + 300, other + 400, at(11), 3).new, 100);
        assert_eq!(space.high(), Some(other + 400));
        // From 100 on, but for the 100 bytes of the first of the two.
        assert_eq!(space.missing_bytes(other + 400), 50_000_000 - 100 + 200);
    }

    #[test]
    fn data_captured_after_its_ack_is_not_missing() {
        let mut space = SequenceSpace::default();
        space.begin(0);
        let s = space.unwrap(0);
        space.cover(s + 100, s + 200, at(0), 0);
        space.acknowledge(s + 200);
        let late = space.cover(s, s + 100, at(1), 0);
        assert_eq!((late.late, space.missing_bytes(s + 200)), (100, 0));
    }
}
