//! Which flags there are, sets of them, and their counts.

/// One of Wireshark's `tcp.analysis.*` flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Flag {
    /// Bytes that were sent before.
    Retransmission,
    /// A retransmission that answers duplicate acknowledgements at once; always with [`Flag::Retransmission`].
    FastRetransmission,
    /// A retransmission of bytes that were already acknowledged; always with [`Flag::Retransmission`].
    SpuriousRetransmission,
    /// Below the highest sequence number sent, but so soon after it that the network may have swapped them.
    OutOfOrder,
    /// The segment begins above what was expected next: segments before it are missing in the capture.
    LostSegment,
    /// Acknowledges bytes that are missing in the capture.
    AckLostSegment,
    /// Repeats the last acknowledgement without any change.
    DuplicateAck,
    /// At most one byte, just below the next sequence number.
    KeepAlive,
    /// Answers a keep-alive.
    KeepAliveAck,
    /// The receiver's window is closed.
    ZeroWindow,
    /// The segment fills the receiver's window to the last byte.
    WindowFull,
    /// Repeats the last acknowledgement with another window.
    WindowUpdate,
    /// One byte sent into a closed window.
    ZeroWindowProbe,
    /// Answers such a probe, the window still closed.
    ZeroWindowProbeAck,
    /// First segment of a new connection on the ports of an earlier one.
    ReusedPorts,
}

impl Flag {
    /// Every flag, in the order of the JSON's keys.
    pub const ALL: [Self; 15] = [
        Self::Retransmission,
        Self::FastRetransmission,
        Self::SpuriousRetransmission,
        Self::OutOfOrder,
        Self::LostSegment,
        Self::AckLostSegment,
        Self::DuplicateAck,
        Self::KeepAlive,
        Self::KeepAliveAck,
        Self::ZeroWindow,
        Self::WindowFull,
        Self::WindowUpdate,
        Self::ZeroWindowProbe,
        Self::ZeroWindowProbeAck,
        Self::ReusedPorts,
    ];

    /// The flag's name in the JSON and, after `tcp.analysis.`, in Wireshark.
    pub fn name(self) -> &'static str {
        match self {
            Self::Retransmission => "retransmission",
            Self::FastRetransmission => "fast_retransmission",
            Self::SpuriousRetransmission => "spurious_retransmission",
            Self::OutOfOrder => "out_of_order",
            Self::LostSegment => "lost_segment",
            Self::AckLostSegment => "ack_lost_segment",
            Self::DuplicateAck => "duplicate_ack",
            Self::KeepAlive => "keep_alive",
            Self::KeepAliveAck => "keep_alive_ack",
            Self::ZeroWindow => "zero_window",
            Self::WindowFull => "window_full",
            Self::WindowUpdate => "window_update",
            Self::ZeroWindowProbe => "zero_window_probe",
            Self::ZeroWindowProbeAck => "zero_window_probe_ack",
            Self::ReusedPorts => "reused_ports",
        }
    }
}

/// The flags of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FlagSet(u16);

impl FlagSet {
    /// No flag.
    pub const EMPTY: Self = Self(0);

    /// True without any flag.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True where `flag` is set.
    pub fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u16) != 0
    }

    /// Sets `flag`.
    pub fn insert(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u16;
    }

    /// The flags that are set, in the order of [`Flag::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.contains(*flag))
    }
}

impl FromIterator<Flag> for FlagSet {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        let mut set = Self::EMPTY;
        for flag in flags {
            set.insert(flag);
        }
        set
    }
}

/// How many segments carried each flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlagCounts([u64; Flag::ALL.len()]);

impl FlagCounts {
    /// Counts the flags of one segment.
    pub fn add(&mut self, set: FlagSet) {
        if !set.is_empty() {
            for flag in set.iter() {
                self.0[flag as usize] += 1;
            }
        }
    }

    /// How many segments carried `flag`.
    pub fn get(&self, flag: Flag) -> u64 {
        self.0[flag as usize]
    }

    /// Adds the counts of another connection or part of one.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// Every flag with its count, in the order of the JSON's keys.
    pub fn iter(&self) -> impl Iterator<Item = (Flag, u64)> {
        Flag::ALL.into_iter().map(|flag| (flag, self.get(flag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let set: FlagSet = [Flag::ReusedPorts, Flag::Retransmission].into_iter().collect();
        assert!(set.contains(Flag::ReusedPorts) && !set.contains(Flag::OutOfOrder));
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [Flag::Retransmission, Flag::ReusedPorts]
        );
        assert!(FlagSet::EMPTY.is_empty() && !set.is_empty());
    }

    #[test]
    fn counts_add_up_flag_by_flag() {
        let mut counts = FlagCounts::default();
        let spurious = [Flag::Retransmission, Flag::SpuriousRetransmission];
        counts.add(spurious.into_iter().collect());
        counts.add([Flag::Retransmission].into_iter().collect());
        let mut twice = counts;
        twice.merge(&counts);
        let not_zero: Vec<_> = twice.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(not_zero, [(Flag::Retransmission, 4), (Flag::SpuriousRetransmission, 2)]);
    }

    #[test]
    fn every_flag_stands_at_its_own_place() {
        for (place, flag) in Flag::ALL.into_iter().enumerate() {
            assert_eq!(flag as usize, place);
        }
    }
}
