//! The TCP analysis flags with the meaning that tshark 4.0 gives them in a single pass, in file order.
//!
//! A segment is judged by what was seen before it on its connection, never by what follows. The rules are in
//! [`rules`](self), each a function of the segment and of what the two sides have shown so far; this file keeps what
//! they look at. docs/WIRESHARK.md says in a sentence what each flag means, and where Wireshark's answer is not what
//! happened.

mod flags;
mod rules;
mod side;

pub use flags::{Flag, FlagCounts, FlagSet};

use super::header::PlainHeader;
use crate::flow::Direction;
use crate::flow::stream::{Admission, StreamTracker};
use crate::packet::{Ip, Packet, Tcp};
use side::{DuplicateAcks, Scaling, Side, after, at_most};

/// How long after the highest sequence number a lower one counts as out of order, where the handshake's round-trip
/// time is not known.
const DEFAULT_REORDERING_NS: i64 = 3_000_000;

/// The largest shift count, which stands for all above it (RFC 7323 section 2.3).
const MAX_SHIFT: u8 = 14;

/// What the rules look at of one segment.
#[derive(Debug, Clone, Copy)]
struct Segment {
    time_ns: i64,
    seq: u32,
    ack: u32,
    /// Payload bytes.
    len: u32,
    /// As it stands in the header.
    window: u32,
    flags: u16,
}

impl Segment {
    fn has(&self, bits: u16) -> bool {
        self.flags & bits != 0
    }

    /// Neither opens nor ends the connection.
    fn is_plain(&self) -> bool {
        !self.has(Tcp::SYN | Tcp::FIN | Tcp::RST)
    }

    /// Takes up sequence space.
    fn occupies(&self) -> bool {
        self.len > 0 || self.has(Tcp::SYN | Tcp::FIN)
    }

    /// The sequence number after the payload; SYN and FIN are not counted.
    fn payload_end(&self) -> u32 {
        self.seq.wrapping_add(self.len)
    }

    /// The sequence number after the segment, a SYN or FIN counted as one (both together, too).
    fn end(&self) -> u32 {
        self.payload_end()
            .wrapping_add(u32::from(self.has(Tcp::SYN | Tcp::FIN)))
    }
}

/// The payload of a segment; `None` for a fragment, and where the TCP header has no room in the packet.
fn payload_len(packet: &Packet, ip: &Ip) -> Option<u32> {
    (ip.fragment.is_none() && ip.payload_offset <= packet.wire_len).then_some(ip.payload_len)
}

/// The analysis of one TCP connection, fed with its segments in file order.
///
/// Its memory is bounded: besides some 250 bytes, 4 bytes for each segment not acknowledged so far, at most
/// [`WiresharkAnalyser::MAX_UNACKED`] in each direction, the number at which Wireshark stops, too.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct WiresharkAnalyser {
    sides: [Side; 2],
    stream: StreamTracker,
    /// Time of the latest SYN without ACK; 0 stands for none, as in Wireshark.
    last_syn_ns: i64,
    /// From that SYN to the first ACK of the connection; 0 while not known.
    handshake_rtt_ns: i64,
    reused_ports: bool,
}

impl WiresharkAnalyser {
    /// How many unacknowledged segments are remembered in each direction.
    pub const MAX_UNACKED: usize = side::MAX_UNACKED;

    /// For the first connection seen between two endpoints.
    pub fn new() -> Self {
        Self::default()
    }

    /// For a connection that follows another one on the same ports: its first segment carries
    /// [`Flag::ReusedPorts`].
    pub fn on_reused_ports() -> Self {
        Self {
            reused_ports: true,
            ..Self::default()
        }
    }

    /// Reads a word of each cache line that the next segment will touch; see `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self) -> u64 {
        self.sides[0].fetch() ^ self.sides[1].fetch()
    }

    /// The same for what it owns elsewhere; the segment is one of `direction`, with payload or without.
    #[inline]
    pub fn fetch_owned(&self, direction: Direction, has_payload: bool) -> u64 {
        let whose = if has_payload { direction } else { direction.reversed() };
        self.sides[whose.index()].fetch_owned(has_payload)
    }

    /// True where `tcp` belongs to a new connection on the same ports, to be given to an analyser of its own. Asked
    /// before every segment but a conversation's first.
    pub fn opens_new_stream(&self, direction: Direction, tcp: &Tcp) -> bool {
        self.stream.opens_new_stream(direction, tcp)
    }

    /// Segments held in memory.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.sides.iter().map(|side| side.unacked.remembered()).sum()
    }

    /// How often a segment found no room in the list of those not acknowledged.
    pub fn bounds_hit(&self) -> u64 {
        self.sides.iter().map(|side| side.unacked.refused).sum()
    }

    /// The flags of the next packet, whose transport is `tcp`; none where its payload's length is not known.
    pub fn packet(&mut self, direction: Direction, time_ns: i64, packet: &Packet, ip: &Ip, tcp: &Tcp) -> FlagSet {
        match payload_len(packet, ip) {
            Some(payload_len) => {
                let flags = self.segment(direction, time_ns, tcp, payload_len);
                // Wireshark judges such a segment, and gives up at the options before it says so.
                if tcp.options_cut { FlagSet::EMPTY } else { flags }
            }
            None => {
                self.reused_ports = false;
                FlagSet::EMPTY
            }
        }
    }

    /// The flags of the next segment. `time_ns` is the frame's time since the epoch (0 where it has none),
    /// `payload_len` the segment's payload in bytes.
    pub fn segment(&mut self, direction: Direction, time_ns: i64, tcp: &Tcp, payload_len: u32) -> FlagSet {
        match PlainHeader::of(time_ns, tcp, payload_len) {
            Some(header) if self.take_in_order(direction, header) => FlagSet::EMPTY,
            _ => self.any_segment(direction, time_ns, tcp, payload_len),
        }
    }

    /// Takes the next segment where it goes on in order and so carries no flag. False where it is another one; nothing
    /// has changed then, and [`segment`](Self::segment) must have it.
    #[inline(always)]
    pub fn take_in_order(&mut self, direction: Direction, header: PlainHeader) -> bool {
        let (sender, receiver) = direction.sides(&mut self.sides);
        let PlainHeader { seq, ack, payload, .. } = header;
        if !sender.settled || seq != sender.next_seq || seq == 0 || header.window == 0 {
            return false;
        }
        if receiver.contiguous_end != 0 && after(ack, receiver.contiguous_end) {
            return false;
        }
        if payload > 1 {
            let end = seq.wrapping_add(payload);
            let again = receiver.last_ack != 0 && at_most(end, receiver.last_ack);
            if again || receiver.is_filled_by(end) {
                return false;
            }
            sender.unacked.push(end);
            sender.next_seq = end;
            sender.next_seq_ns = header.time_ns;
        } else if payload == 1 || ack == sender.last_ack {
            // A probe or a keep-alive; an acknowledgement said again.
            return false;
        }
        if sender.contiguous_end == 0 || sender.contiguous_end == seq {
            sender.contiguous_end = sender.next_seq;
        }
        if ack != sender.last_ack {
            sender.duplicate_acks = DuplicateAcks::default();
            sender.last_ack = ack;
        }
        sender.window = header.window.into();
        sender.last_ack_ns = header.time_ns;
        sender.last_flags = FlagSet::EMPTY;
        receiver.unacked.acknowledge(ack);
        true
    }

    /// The same as [`segment`](Self::segment), whatever the segment is, and in more steps where it is in order.
    pub fn any_segment(&mut self, direction: Direction, time_ns: i64, tcp: &Tcp, payload_len: u32) -> FlagSet {
        let segment = Segment {
            time_ns,
            seq: tcp.seq,
            ack: tcp.ack,
            len: payload_len,
            window: u32::from(tcp.window),
            flags: tcp.flags,
        };
        let (sender, receiver) = direction.sides(&mut self.sides);

        let mut flags = FlagSet::EMPTY;
        if std::mem::take(&mut self.reused_ports) {
            flags.insert(Flag::ReusedPorts);
        }
        if segment.has(Tcp::SYN) {
            match self.stream.admit(direction, tcp) {
                Admission::Continues => {}
                Admission::RepeatsSyn => {
                    // A RST in between may have stood anywhere; go back to what the SYN itself began.
                    sender.next_seq = sender.contiguous_end;
                }
                Admission::ChangesSynAck | Admission::Opens => flags.insert(Flag::ReusedPorts),
            }
        }
        self.stream.note(direction, tcp);

        let reordering_ns = match self.handshake_rtt_ns {
            0 => DEFAULT_REORDERING_NS,
            known => known,
        };
        rules::window_and_ack(&segment, sender, receiver, &mut flags);
        rules::unseen_acked(&segment, receiver, &mut flags);
        rules::order(&segment, sender, receiver, reordering_ns, &mut flags);
        sender.sent(&segment, flags);
        receiver.unacked.acknowledge(segment.ack);
        self.handshake(direction, &segment, tcp);
        let known = self.stream.is_known() && (self.handshake_rtt_ns != 0 || self.last_syn_ns == 0);
        for side in &mut self.sides {
            side.settled = known && !side.awaits_first_ack;
        }
        flags
    }

    /// Learns from the handshake, after the segment was judged.
    fn handshake(&mut self, direction: Direction, segment: &Segment, tcp: &Tcp) {
        let (own, other) = (direction.index(), direction.reversed().index());
        // RFC 7323 knows the option in a SYN alone; Wireshark takes it from anywhere.
        if let Some(shift) = tcp.window_scale {
            self.sides[own].scaling = Scaling::Shift(shift.min(MAX_SHIFT));
        }
        if segment.has(Tcp::SYN) {
            if !segment.has(Tcp::ACK) {
                self.last_syn_ns = segment.time_ns;
            }
            self.sides[own].awaits_first_ack = true;
            // Both sides must offer it (RFC 7323 section 2.2); a single side without it settles it for both. Options cut
            // off by the snap length settle nothing.
            if tcp.options_cut {
                // Not known, then.
            } else if self.sides[own].scaling == Scaling::Unknown {
                self.sides[own].scaling = Scaling::Unused;
                self.sides[other].scaling = Scaling::Unused;
            } else if segment.has(Tcp::ACK) && self.sides[other].scaling == Scaling::Unused {
                self.sides[own].scaling = Scaling::Unused;
            }
        } else if segment.has(Tcp::ACK) {
            if self.handshake_rtt_ns == 0 && self.last_syn_ns != 0 {
                self.handshake_rtt_ns = segment.time_ns.wrapping_sub(self.last_syn_ns);
            }
            self.sides[own].awaits_first_ack = false;
        }
    }
}
