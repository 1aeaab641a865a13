//! What is kept of one conversation.

use crate::flow::Direction;
use crate::flow::table::Endpoint;
use crate::measure::tally::RttSum;
use crate::measure::tcp::standard::{RttSamples, TcpSample, TcpTracker};
use crate::measure::tcp::tcptrace::TcptraceTracker;
use crate::measure::tcp::wireshark::{FlagCounts, WiresharkAnalyser};
use crate::measure::time_span::TimeSpan;
use crate::migration::{Named, Role};

/// One conversation, from its first frame to its last.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// IP protocol number.
    pub protocol: u8,
    /// The protocol has ports.
    pub has_ports: bool,
    /// Sender of the first frame.
    pub a: Endpoint,
    /// The other end.
    pub b: Endpoint,
    /// Times of its frames.
    pub time: TimeSpan,
    /// Frames, by direction; copies included.
    pub packets: [u64; 2],
    /// Bytes on the wire, by direction; copies included.
    pub wire_bytes: [u64; 2],
    /// Bytes on the wire of frames that the capture held already.
    pub copied_bytes: u64,
    /// Index of the pair of hosts.
    pub pair: u32,
    /// The conversation's a is the pair's second host.
    pub flipped: bool,
    /// What it carries of a migration.
    pub role: Option<Role>,
    /// The TCP state.
    pub tcp: Option<Box<TcpState>>,
}

impl Conversation {
    /// Direction within the pair (0: from its first host) of a packet that goes in `direction` here.
    pub fn pair_direction(&self, direction: usize) -> usize {
        direction ^ usize::from(self.flipped)
    }
}

/// What is kept of a TCP conversation, what a segment in order touches first.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct TcpState {
    /// The standard estimators.
    pub tracker: TcpTracker,
    /// Their totals, by direction.
    pub totals: [TcpTotals; 2],
    /// Wireshark's flags, segment by segment; they also tell when the ports are reused.
    pub wireshark: WiresharkAnalyser,
    /// Counts of these flags.
    pub flags: FlagCounts,
    /// tcptrace's figures; kept only where the conversations are asked for.
    pub tcptrace: Option<Box<TcptraceTracker>>,
}

/// A conversation as far as the connections' half knows it; what each of them touches stands first.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Known {
    /// Frames, by direction; see [`Conversation`], as all that follows.
    pub packets: [u64; 2],
    /// Bytes on the wire, by direction.
    pub wire_bytes: [u64; 2],
    /// Times of its frames.
    pub time: TimeSpan,
    /// The TCP state.
    pub tcp: Option<Box<TcpState>>,
    /// Bytes on the wire of copies.
    pub copied_bytes: u64,
    /// IP protocol number.
    pub protocol: u8,
    /// The protocol has ports.
    pub has_ports: bool,
    /// Sender of the first frame.
    pub a: Endpoint,
    /// The other end.
    pub b: Endpoint,
}

impl Known {
    /// Counts a packet of it.
    #[inline(always)]
    pub fn count(&mut self, direction: Direction, time_ns: i64, wire_len: u32) {
        self.packets[direction.index()] += 1;
        self.wire_bytes[direction.index()] += u64::from(wire_len);
        self.time.record(time_ns);
    }

    /// Reads a word of each cache line that the next packet will touch; see [`super::engine`].
    #[inline]
    pub fn fetch(&self) -> u64 {
        self.packets[0]
    }
}

/// What the measuring half keeps of a conversation.
#[derive(Debug)]
pub struct Course {
    /// Index of the pair of hosts.
    pub pair: u32,
    /// The conversation's a is the pair's second host.
    pub flipped: bool,
    /// It is a TCP conversation.
    pub is_tcp: bool,
    /// What it carries of a migration.
    pub role: Option<Role>,
}

impl Course {
    /// Direction within the pair (0: from its first host) of a packet that goes in `direction` here.
    #[inline(always)]
    pub fn pair_direction(&self, direction: usize) -> usize {
        direction ^ usize::from(self.flipped)
    }
}

/// Totals of one direction of a TCP conversation, those first that nearly every segment adds to.
#[derive(Debug, Clone, Default)]
#[repr(C, align(64))]
pub struct TcpTotals {
    /// RTT from the capture point to this direction's receiver, by data and acknowledgement.
    pub data_ack: RttSum,
    /// Payload bytes, each time they were seen.
    pub payload_bytes: u64,
    /// Payload bytes, each once.
    pub unique_bytes: u64,
    /// RTT by timestamps.
    pub timestamps: RttSum,
    /// Bytes lost, on either side of the capture point.
    pub lost_bytes: u64,
    /// Of these, proven spurious.
    pub spurious_bytes: u64,
    /// Bytes lost before the capture point: sent, but never seen.
    pub lost_upstream_bytes: u64,
}

impl TcpState {
    /// Reads a word of each cache line that the next segment will touch, one of `direction` with payload or without; see
    /// [`super::engine`].
    #[inline]
    pub fn fetch(&self, direction: Direction, has_payload: bool) -> u64 {
        // Payload adds to the sender's totals, an acknowledgement to the receiver's.
        let whose = if has_payload { direction } else { direction.reversed() };
        self.totals[whose.index()].payload_bytes ^ self.tracker.fetch(direction, has_payload) ^ self.wireshark.fetch()
    }

    /// Adds a segment that went in `direction`.
    pub fn record(&mut self, direction: Direction, sample: &TcpSample) {
        self.record_bytes(direction, sample.payload, sample.unique, &sample.rtt);
        let (this, peer) = direction.sides(&mut self.totals);
        this.lost_bytes += sample.lost_upstream + sample.lost_downstream;
        this.lost_upstream_bytes += sample.lost_upstream;
        if let Some(spurious) = sample.spurious {
            let whose = if spurious.own { &mut *this } else { &mut *peer };
            whose.spurious_bytes += spurious.bytes;
        }
    }

    /// The same of a segment that lost and repeated nothing: its payload, what of it is new, and its RTT.
    #[inline(always)]
    pub fn record_bytes(&mut self, direction: Direction, payload: u64, unique: u64, rtt: &RttSamples) {
        let (this, peer) = direction.sides(&mut self.totals);
        // An acknowledgement alone leaves its sender's totals where they are.
        if payload > 0 {
            this.payload_bytes += payload;
            this.unique_bytes += unique;
        }
        if let Some(rtt) = &rtt.data_ack {
            peer.data_ack.record(rtt);
        }
        if let Some(rtt) = &rtt.timestamps {
            peer.timestamps.record(rtt);
        }
    }
}

impl Conversation {
    /// "tcp", "udp", "icmp", ... or the protocol's number. Frames whose ports cannot be read (fragments, headers cut by
    /// the snap length) are no conversation of their transport: "tcp-part", "udp-part".
    pub fn protocol_name(&self) -> String {
        let name = match self.protocol {
            1 => "icmp",
            2 => "igmp",
            4 => "ipip",
            6 => "tcp",
            17 => "udp",
            33 => "dccp",
            41 => "ipv6",
            47 => "gre",
            50 => "esp",
            51 => "ah",
            58 => "icmpv6",
            89 => "ospf",
            103 => "pim",
            112 => "vrrp",
            132 => "sctp",
            136 => "udplite",
            other => return other.to_string(),
        };
        let with_ports = matches!(self.protocol, 6 | 17 | 33 | 132 | 136);
        if with_ports && !self.has_ports {
            format!("{name}-part")
        } else {
            name.to_owned()
        }
    }

    /// An endpoint as text: "10.0.0.1:40000", "[fd00::1]:60000", without ports "10.0.0.1".
    pub fn endpoint(&self, endpoint: Endpoint) -> String {
        if self.has_ports {
            std::net::SocketAddr::new(endpoint.address, endpoint.port).to_string()
        } else {
            endpoint.address.to_string()
        }
    }

    /// What it is, and its bytes, for those that name it by number.
    pub fn named(&self) -> Named {
        Named {
            name: format!(
                "{} {} <-> {}",
                self.protocol_name(),
                self.endpoint(self.a),
                self.endpoint(self.b)
            ),
            wire_bytes: self.wire_bytes.iter().sum::<u64>().saturating_sub(self.copied_bytes),
        }
    }
}
