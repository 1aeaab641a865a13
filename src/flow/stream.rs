//! When a pair of TCP endpoints starts a new connection on the same ports.
//!
//! Two endpoints can have any number of connections one after the other on one pair of ports. The flow table files a
//! segment under the latest of them, whichever side began it, and asks this module first whether the segment begins
//! another one. The rule is Wireshark's, so that conversations here and `tcp.stream` there are the same: a SYN without
//! ACK opens a new stream when its sequence number is not the one that the direction is known to have begun with.

use super::Direction;
use crate::packet::Tcp;

/// What a segment means for the connection that it was filed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A segment of the connection.
    Continues,
    /// A SYN with the sequence number that the direction began with: sent again, or the same ports and the same
    /// number once more.
    RepeatsSyn,
    /// A SYN/ACK whose sequence number is not what the direction began with; the connection stays the same one.
    ChangesSynAck,
    /// The first segment of a new connection on the same ports.
    Opens,
}

/// The initial sequence numbers of the current connection between two endpoints, as far as its segments tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct StreamTracker {
    initial_seq: [Option<u32>; 2],
}

impl StreamTracker {
    /// A connection without a segment so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Both directions are known to have begun: [`note`](Self::note) changes nothing but with a SYN.
    pub fn is_known(&self) -> bool {
        self.initial_seq.iter().all(Option::is_some)
    }

    /// True where `tcp` belongs to a new connection on the same ports. Ask before [`StreamTracker::note`]: the flow
    /// table then begins a new conversation with a fresh tracker.
    pub fn opens_new_stream(&self, direction: Direction, tcp: &Tcp) -> bool {
        self.admit(direction, tcp) == Admission::Opens
    }

    /// What `tcp` means for the connection, given the segments noted so far.
    pub fn admit(&self, direction: Direction, tcp: &Tcp) -> Admission {
        if !tcp.has(Tcp::SYN) {
            return Admission::Continues;
        }
        match (self.initial_seq[direction.index()], tcp.has(Tcp::ACK)) {
            (None, _) => Admission::Continues,
            (Some(initial), false) if initial == tcp.seq => Admission::RepeatsSyn,
            (Some(_), false) => Admission::Opens,
            (Some(initial), true) if initial == tcp.seq => Admission::Continues,
            (Some(_), true) => Admission::ChangesSynAck,
        }
    }

    /// Takes a segment of the connection into account.
    ///
    /// Where the SYN was not captured, a direction is taken to have begun one byte before the first sequence number
    /// seen of it, or one byte before the first acknowledgement of it.
    pub fn note(&mut self, direction: Direction, tcp: &Tcp) {
        let (own, other) = (direction.index(), direction.reversed().index());
        if tcp.has(Tcp::SYN) {
            if self.initial_seq[own].is_none() || tcp.has(Tcp::ACK) {
                self.initial_seq[own] = Some(tcp.seq);
            }
        } else {
            self.initial_seq[own].get_or_insert(tcp.seq.wrapping_sub(1));
        }
        if tcp.has(Tcp::ACK) {
            self.initial_seq[other].get_or_insert(tcp.ack.wrapping_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Direction::{Ab, Ba};

    fn segment(flags: u16, seq: u32, ack: u32) -> Tcp {
        Tcp {
            src_port: 0,
            dst_port: 0,
            seq,
            ack,
            flags,
            window: 0,
            header_len: 20,
            window_scale: None,
            mss: None,
            timestamps: None,
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        }
    }

    fn after(segments: &[(Direction, Tcp)]) -> StreamTracker {
        let mut tracker = StreamTracker::new();
        for (direction, tcp) in segments {
            tracker.note(*direction, tcp);
        }
        tracker
    }

    // Every answer below was held against tcp.stream and tcp.analysis.reused_ports of tshark 4.0.17.

    #[test]
    fn a_syn_of_another_number_opens_a_stream_from_either_side() {
        let tracker = after(&[
            (Ab, segment(Tcp::SYN, 1000, 0)),
            (Ba, segment(Tcp::SYN | Tcp::ACK, 9000, 1001)),
        ]);
        assert_eq!(tracker.admit(Ab, &segment(Tcp::SYN, 1001, 0)), Admission::Opens);
        assert_eq!(tracker.admit(Ba, &segment(Tcp::SYN, 5000, 0)), Admission::Opens);
    }

    #[test]
    fn a_syn_of_the_same_number_repeats_itself_even_after_the_end() {
        let tracker = after(&[(Ab, segment(Tcp::SYN, 1000, 0)), (Ab, segment(Tcp::RST, 1001, 0))]);
        assert_eq!(tracker.admit(Ab, &segment(Tcp::SYN, 1000, 0)), Admission::RepeatsSyn);
    }

    #[test]
    fn a_simultaneous_open_is_one_stream() {
        let tracker = after(&[(Ab, segment(Tcp::SYN, 1000, 0))]);
        assert_eq!(tracker.admit(Ba, &segment(Tcp::SYN, 9000, 0)), Admission::Continues);
    }

    #[test]
    fn without_its_syn_a_direction_began_before_its_first_byte_or_its_first_acknowledgement() {
        let tracker = after(&[(Ab, segment(Tcp::ACK, 1001, 9001))]);
        assert_eq!(tracker.admit(Ab, &segment(Tcp::SYN, 1000, 0)), Admission::RepeatsSyn);
        assert_eq!(tracker.admit(Ba, &segment(Tcp::SYN, 9000, 0)), Admission::RepeatsSyn);
        assert_eq!(tracker.admit(Ab, &segment(Tcp::SYN, 1001, 0)), Admission::Opens);
    }

    #[test]
    fn the_acknowledgement_field_without_its_flag_says_nothing() {
        let tracker = after(&[(Ab, segment(Tcp::SYN, 1000, 77))]);
        assert_eq!(tracker.admit(Ba, &segment(Tcp::SYN, 9000, 0)), Admission::Continues);
    }

    #[test]
    fn a_syn_ack_of_another_number_changes_what_its_side_began_with() {
        let mut tracker = after(&[(Ba, segment(Tcp::SYN | Tcp::ACK, 9000, 1001))]);
        let other = segment(Tcp::SYN | Tcp::ACK, 9500, 1001);
        assert_eq!(tracker.admit(Ba, &other), Admission::ChangesSynAck);
        tracker.note(Ba, &other);
        assert_eq!(tracker.admit(Ba, &other), Admission::Continues);
    }

    #[test]
    fn data_opens_nothing() {
        let tracker = after(&[(Ab, segment(Tcp::SYN, 1000, 0))]);
        assert!(!tracker.opens_new_stream(Ab, &segment(Tcp::ACK, 77_000, 1)));
    }
}
