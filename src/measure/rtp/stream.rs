//! All that is followed of one RTP stream.

use std::net::SocketAddr;

use super::clock::{ClockInference, static_rate_hz};
use super::header::Header;
use super::jitter::Jitter;
use super::sequence::{Sequence, Step};
use super::wireshark::{Tap, WiresharkRtp};
use crate::measure::histogram::Histogram;

/// An RTP stream: packets of one SSRC from one endpoint to another.
#[derive(Debug, Clone, PartialEq)]
pub struct RtpStream {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload type that most packets carry.
    pub payload_type: u8,
    /// All payload types seen, ascending.
    pub payload_types: Vec<u8>,
    /// Ticks per second of `payload_type`; `None` where it is dynamic and could not be inferred.
    pub clock_hz: Option<u32>,
    /// The clock was inferred from the timestamps' own pace, since nothing states it.
    pub clock_inferred: bool,
    /// Time of the first packet in the file's order.
    pub first_ns: i64,
    /// Time of the last one.
    pub last_ns: i64,
    /// Packets, each copy counted.
    pub packets: u64,
    /// Packets that were sent, as far as their numbers tell (RFC 3550 appendix A.3).
    pub expected: u64,
    /// Of these, how many never came; duplicates hide none.
    pub lost: u64,
    /// Packets whose number had come before.
    pub duplicates: u64,
    /// Packets that came after one of a higher number.
    pub reordered: u64,
    /// How often the sender began a new sequence.
    pub restarts: u64,
    /// The interarrival jitter after each packet (RFC 3550 section 6.4.1), nanoseconds. Empty without a clock.
    pub jitter_ns: Histogram,
    /// The same stream as `tshark -z rtp,streams` sees it.
    pub wireshark: WiresharkRtp,
}

/// The state behind an [`RtpStream`].
#[derive(Debug, Clone)]
pub(super) struct Stream {
    first_ns: i64,
    last_ns: i64,
    sequence: Sequence,
    jitter: Jitter,
    clock: ClockInference,
    clock_inferred: bool,
    jitter_ns: Histogram,
    tap: Tap,
    types: u128,
    /// Boyer and Moore's majority vote: the type in the lead, and its lead.
    leader: (u8, u64),
    leader_hz: Option<u32>,
}

impl Stream {
    /// A stream that begins with this packet, `since_start_ns` after the capture's first frame.
    pub fn new(header: &Header, time_ns: i64, since_start_ns: i64) -> Self {
        let mut stream = Self {
            first_ns: time_ns,
            last_ns: time_ns,
            sequence: Sequence::new(header.sequence, time_ns),
            jitter: Jitter::default(),
            clock: ClockInference::default(),
            clock_inferred: false,
            jitter_ns: Histogram::new(),
            tap: Tap::new(header, since_start_ns),
            types: 0,
            leader: (header.payload_type, 0),
            leader_hz: None,
        };
        stream.advance_clock(header, time_ns);
        stream
    }

    /// The next packet: what its number changed, and the jitter after it.
    pub fn packet(&mut self, header: &Header, time_ns: i64, since_start_ns: i64) -> (Step, Option<u64>) {
        self.last_ns = time_ns;
        self.tap.packet(header, since_start_ns);
        let step = self.sequence.arrive(header.sequence, time_ns);
        if step.duplicate || step == Step::default() {
            // A copy says nothing about the time that the network took, and a number out of reason may not be ours.
            return (step, None);
        }
        if step.restarted {
            self.jitter.restart();
            self.clock.restart();
        }
        let jitter = self.advance_clock(header, time_ns);
        (step, jitter)
    }

    fn advance_clock(&mut self, header: &Header, time_ns: i64) -> Option<u64> {
        let payload_type = header.payload_type;
        let stated = static_rate_hz(payload_type);
        let rate_hz = stated.or_else(|| self.clock.rate_hz(payload_type, time_ns, header.timestamp));
        self.vote(payload_type, rate_hz, stated.is_none());
        let jitter = self.jitter.packet(time_ns, header.timestamp, rate_hz);
        if let Some(jitter) = jitter {
            self.jitter_ns.record(jitter);
        }
        jitter
    }

    fn vote(&mut self, payload_type: u8, rate_hz: Option<u32>, inferred: bool) {
        self.types |= 1_u128.checked_shl(u32::from(payload_type)).unwrap_or(0);
        let (leader, lead) = &mut self.leader;
        if *leader == payload_type {
            *lead += 1;
        } else if *lead == 0 {
            self.leader = (payload_type, 1);
            self.leader_hz = None;
        } else {
            *lead -= 1;
            return;
        }
        self.leader_hz = rate_hz.or(self.leader_hz);
        self.clock_inferred = inferred && self.leader_hz.is_some();
    }

    /// The stream as it stands.
    pub fn report(&self, src: SocketAddr, dst: SocketAddr, ssrc: u32) -> RtpStream {
        let wireshark = self.tap.figures();
        RtpStream {
            src,
            dst,
            ssrc,
            payload_type: self.leader.0,
            payload_types: (0..128).filter(|n| self.types >> n & 1 == 1).collect(),
            clock_hz: self.leader_hz,
            clock_inferred: self.clock_inferred,
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            packets: wireshark.packets,
            expected: self.sequence.expected(),
            lost: self.sequence.lost(),
            duplicates: self.sequence.duplicates(),
            reordered: self.sequence.reordered(),
            restarts: self.sequence.restarts(),
            jitter_ns: self.jitter_ns.clone(),
            wireshark,
        }
    }

    /// Sequence numbers known to have been sent.
    pub fn expected(&self) -> u64 {
        self.sequence.expected()
    }

    /// Sequence numbers that are missing.
    pub fn lost(&self) -> u64 {
        self.sequence.lost()
    }
}
