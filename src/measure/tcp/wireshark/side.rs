//! What one side of a connection has sent so far.

use super::{Flag, FlagSet, Segment};
use crate::measure::tcp::ring::Ring;

/// How many unacknowledged segments are remembered in each direction.
pub(super) const MAX_UNACKED: usize = 10_000;

/// True where `a` lies after `b` in sequence space (RFC 1982). Half the space apart, each lies after the other.
#[inline(always)]
pub(super) fn after(a: u32, b: u32) -> bool {
    (b.wrapping_sub(a) as i32) < 0
}

/// True where `a` lies before `b` in sequence space; half the space apart, each lies before the other as well.
pub(super) fn before(a: u32, b: u32) -> bool {
    after(b, a)
}

/// True where `a` lies at or before `b`, or half the space from it.
pub(super) fn at_most(a: u32, b: u32) -> bool {
    a == b || before(a, b)
}

/// What is known of a side's window scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scaling {
    /// Its SYN was not captured.
    #[default]
    Unknown,
    /// Windows stand for themselves.
    Unused,
    /// Windows are shifted left by so many bits.
    Shift(u8),
}

/// What one side has sent so far. Sequence and acknowledgement numbers are 0 while unknown: Wireshark takes a true 0
/// for unknown as well, and so must this.
///
/// What a segment in order touches stands first.
#[derive(Debug, Clone)]
#[repr(C)]
pub(super) struct Side {
    /// Highest end of a segment.
    pub next_seq: u32,
    /// Where the bytes seen without a gap end: what the other side can acknowledge.
    pub contiguous_end: u32,
    /// When the segment that ends at `next_seq` was captured.
    pub next_seq_ns: i64,
    /// Acknowledgement number of the latest segment.
    pub last_ack: u32,
    /// Window of the latest segment, unscaled; `u32::MAX` before the first.
    pub window: u32,
    /// When the latest segment was captured.
    pub last_ack_ns: i64,
    /// How often `last_ack` was repeated without any change.
    pub duplicate_acks: DuplicateAcks,
    /// How windows are to be read.
    pub scaling: Scaling,
    /// The flags of the latest segment.
    pub last_flags: FlagSet,
    /// A SYN was sent and no ACK since: the window of the SYN is in force, which is never scaled.
    pub awaits_first_ack: bool,
    /// Nothing is to be learned any more from the acknowledgements that this side sends.
    pub settled: bool,
    /// Segments that the other side has not acknowledged.
    pub unacked: Unacked,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            next_seq: 0,
            next_seq_ns: 0,
            contiguous_end: 0,
            last_ack: 0,
            last_ack_ns: 0,
            duplicate_acks: DuplicateAcks::default(),
            window: u32::MAX,
            scaling: Scaling::Unknown,
            awaits_first_ack: false,
            settled: false,
            last_flags: FlagSet::EMPTY,
            unacked: Unacked::default(),
        }
    }
}

impl Side {
    /// The window in force, in bytes; `None` where its scaling is not known.
    #[inline(always)]
    pub fn window_bytes(&self) -> Option<u32> {
        match self.scaling {
            Scaling::Unknown => None,
            Scaling::Shift(shift) if !self.awaits_first_ack => Some(self.window.wrapping_shl(u32::from(shift))),
            Scaling::Shift(_) | Scaling::Unused => Some(self.window),
        }
    }

    /// True where payload up to `end` fills this side's window to the last byte.
    #[inline(always)]
    pub fn is_filled_by(&self, end: u32) -> bool {
        self.window_bytes()
            .is_some_and(|window| end == self.last_ack.wrapping_add(window))
    }

    /// Reads a word of each cache line that the next segment will touch; see `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self) -> u64 {
        u64::from(self.next_seq) ^ self.unacked.ends.len() as u64
    }

    /// The same for what it owns elsewhere: the place that the next segment takes, or the first that an acknowledgement
    /// looks at.
    #[inline]
    pub fn fetch_owned(&self, sends: bool) -> u64 {
        let ends = &self.unacked.ends;
        let end = if sends { ends.next_place() } else { ends.front() };
        u64::from(end.copied().unwrap_or(0))
    }

    /// Takes over what `segment`, judged with `flags`, has shown of its sender.
    pub fn sent(&mut self, segment: &Segment, flags: FlagSet) {
        // Where the list is full, Wireshark forgets that a SYN or FIN counts as one byte.
        let end = if segment.occupies() && self.unacked.push(segment.end()) {
            segment.end()
        } else {
            segment.payload_end()
        };
        // The byte of a probe into a closed window is expected to be thrown away and sent again.
        if !flags.contains(Flag::ZeroWindowProbe) {
            if self.next_seq == 0 || after(end, self.next_seq) {
                self.next_seq = end;
                self.next_seq_ns = segment.time_ns;
            }
            if self.contiguous_end == 0 || self.contiguous_end == segment.seq {
                self.contiguous_end = self.next_seq;
            }
        }
        self.window = segment.window;
        self.last_ack = segment.ack;
        self.last_ack_ns = segment.time_ns;
        self.last_flags = flags;
    }
}

/// How often a side repeated its latest acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DuplicateAcks {
    /// So many times, unchanged.
    Repeated(u32),
    /// The other side has acknowledged bytes of this side that were never seen; nothing was repeated since.
    AfterUnseen,
}

impl Default for DuplicateAcks {
    fn default() -> Self {
        Self::Repeated(0)
    }
}

impl DuplicateAcks {
    /// One more.
    pub fn count(&mut self) {
        *self = match *self {
            Self::Repeated(times) => Self::Repeated(times.saturating_add(1)),
            Self::AfterUnseen => Self::Repeated(1),
        };
    }

    /// Enough for the other side to retransmit at once: three by RFC 5681, but one may be missing in the capture.
    pub fn ask_for_retransmission(self) -> bool {
        match self {
            Self::Repeated(times) => times >= 2,
            Self::AfterUnseen => true,
        }
    }
}

/// The ends of the segments that were not acknowledged so far. Wireshark's rules ask only whether there is room for
/// one more, so acknowledged segments behind an unacknowledged one may stay until the list is full.
#[derive(Debug, Clone, Default)]
pub(super) struct Unacked {
    ends: Ring<u32>,
    last_ack: u32,
    acked_since_purge: bool,
    /// Segments that found no room.
    pub refused: u64,
}

impl Unacked {
    /// Remembers a segment that ends at `end`; false where there is no room.
    #[inline(always)]
    pub fn push(&mut self, end: u32) -> bool {
        if self.ends.len() >= MAX_UNACKED {
            if std::mem::take(&mut self.acked_since_purge) {
                let ack = self.last_ack;
                self.ends.retain(|&end| after(end, ack));
            }
            if self.ends.len() >= MAX_UNACKED {
                self.refused += 1;
                return false;
            }
        }
        self.ends.push_back(end);
        true
    }

    /// Ends held in memory.
    #[cfg(test)]
    pub fn remembered(&self) -> usize {
        self.ends.len()
    }

    /// Forgets what `ack` covers.
    #[inline(always)]
    pub fn acknowledge(&mut self, ack: u32) {
        if self.ends.is_empty() {
            return;
        }
        while self.ends.front().is_some_and(|&end| !after(end, ack)) {
            self.ends.pop_front();
        }
        self.last_ack = ack;
        self.acked_since_purge = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_across_the_wrap() {
        assert!(after(5, u32::MAX - 5));
        assert!(before(u32::MAX - 5, 5));
        assert!(at_most(7, 7) && !after(7, 7));
    }

    #[test]
    fn half_the_space_apart_each_number_is_before_and_after_the_other() {
        // tshark 4.0.17 flags such a segment as lost_segment and spurious_retransmission at once.
        assert!(after(0x8000_0000, 0) && before(0x8000_0000, 0) && at_most(0x8000_0000, 0));
    }

    #[test]
    fn the_list_of_unacknowledged_segments_ends_at_ten_thousand() {
        let mut unacked = Unacked::default();
        assert!((1..=10_000).all(|end| unacked.push(end * 10)));
        assert!(!unacked.push(100_010));
        unacked.acknowledge(20);
        assert!(unacked.push(100_010) && unacked.push(100_020));
        assert!(!unacked.push(100_030));
    }

    #[test]
    fn segments_acknowledged_behind_one_that_is_not_make_room_when_it_is_needed() {
        let mut unacked = Unacked::default();
        unacked.push(1_000_000);
        assert!((1..10_000).all(|end| unacked.push(end * 10)));
        unacked.acknowledge(99_990);
        assert!(unacked.push(100_000));
        let ends = [0, 1].map(|index| unacked.ends.get(index).copied());
        assert_eq!((unacked.ends.len(), ends), (2, [Some(1_000_000), Some(100_000)]));
    }

    #[test]
    fn a_connection_of_a_few_packets_is_small() {
        assert!(size_of::<super::super::WiresharkAnalyser>() < 300);
    }
}
