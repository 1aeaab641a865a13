//! What is kept of one conversation.

use crate::flow::table::{Endpoint, Place};
use crate::measure::histogram::Histogram;
use crate::measure::tally::{FrameSample, RttSum};
use crate::measure::tcp::standard::{TcpSample, TcpTracker};
use crate::measure::tcp::wireshark::{FlagCounts, WiresharkAnalyser};
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
    /// Time of the first and the last frame in the file, nanoseconds since the epoch.
    pub time: Option<(i64, i64)>,
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

/// A packet that was placed, with what every transport is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Nanoseconds since the epoch.
    pub time_ns: i64,
    /// The bin that it falls into.
    pub bin: i64,
    /// Its conversation and direction.
    pub place: Place,
    /// Index of the capture interface.
    pub interface: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes of the IP packet.
    pub total_len: u32,
    /// IP identification.
    pub identification: Option<u32>,
    /// Transport payload on the wire, bytes.
    pub payload_len: u32,
    /// What was captured of it.
    pub payload: &'a [u8],
    /// The capture held it already.
    pub duplicate: bool,
}

impl Arrival<'_> {
    /// What it adds to the pair, as far as that is the same for every transport.
    #[inline(always)]
    pub fn sample(&self, conversation: &Conversation) -> FrameSample {
        FrameSample {
            time_ns: self.time_ns,
            direction: conversation.pair_direction(self.place.direction.index()),
            wire_bytes: u64::from(self.wire_len),
            ip_bytes: u64::from(self.total_len),
            duplicate: self.duplicate,
            ..FrameSample::default()
        }
    }
}

impl Conversation {
    /// Counts a packet of it.
    #[inline(always)]
    pub fn count(&mut self, arrival: &Arrival<'_>) {
        let direction = arrival.place.direction.index();
        self.packets[direction] += 1;
        self.wire_bytes[direction] += u64::from(arrival.wire_len);
        if arrival.duplicate {
            self.copied_bytes += u64::from(arrival.wire_len);
        }
        let first = self.time.map_or(arrival.time_ns, |(first, _)| first);
        self.time = Some((first, arrival.time_ns));
    }

    /// Reads a word of each cache line that the next packet will touch; see [`super::engine`].
    #[inline]
    pub fn fetch(&self) -> u64 {
        let time = self.time.map_or(0, |(_, last)| last as u64);
        time ^ self.packets[0] ^ u64::from(self.pair) ^ u64::from(self.role.is_some())
    }

    /// Direction within the pair (0: from its first host) of a packet that goes in `direction` here.
    pub fn pair_direction(&self, direction: usize) -> usize {
        direction ^ usize::from(self.flipped)
    }
}

/// State and totals of a TCP conversation.
#[derive(Debug, Clone, Default)]
pub struct TcpState {
    /// Wireshark's flags, segment by segment; it also tells when the ports are reused.
    pub wireshark: WiresharkAnalyser,
    /// Their counts.
    pub flags: FlagCounts,
    /// The standard estimators, segment by segment.
    pub tracker: TcpTracker,
    /// Their totals, by direction.
    pub totals: [TcpTotals; 2],
}

/// Totals of one direction of a TCP conversation.
#[derive(Debug, Clone, Default)]
pub struct TcpTotals {
    /// Payload bytes, each time they were seen.
    pub payload_bytes: u64,
    /// Payload bytes, each once.
    pub unique_bytes: u64,
    /// Segments that repeat bytes.
    pub repeated_segments: u64,
    /// Bytes repeated.
    pub repeated_bytes: u64,
    /// Segments that filled a hole.
    pub late_segments: u64,
    /// Bytes lost, on either side of the capture point.
    pub lost_bytes: u64,
    /// Of these, proven spurious.
    pub spurious_bytes: u64,
    /// Bytes lost before the capture point: sent, but never seen.
    pub lost_upstream_bytes: u64,
    /// RTT from the capture point to this direction's receiver, by data and acknowledgement.
    pub data_ack: RttSum,
    /// Its distribution; kept only where the conversations are asked for.
    pub data_ack_histogram: Option<Box<Histogram>>,
    /// RTT by timestamps.
    pub timestamps: RttSum,
}

impl TcpState {
    /// Reads a word of each cache line that the next segment will touch; see [`super::engine`].
    #[inline]
    pub fn fetch(&self) -> u64 {
        let totals = |totals: &TcpTotals| totals.payload_bytes ^ totals.data_ack.rtt.count ^ totals.timestamps.changes;
        let own = totals(&self.totals[0]) ^ totals(&self.totals[1]);
        own ^ self.wireshark.fetch() ^ self.tracker.fetch()
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub fn fetch_owned(&self) -> u64 {
        self.wireshark.fetch_owned() ^ self.tracker.fetch_owned()
    }

    /// Adds a segment that went in `direction`.
    #[inline(always)]
    pub fn record(&mut self, direction: usize, sample: &TcpSample) {
        let [first, second] = &mut self.totals;
        let (this, peer) = if direction == 0 {
            (first, second)
        } else {
            (second, first)
        };
        this.payload_bytes += sample.payload;
        this.unique_bytes += sample.unique;
        if !sample.in_order() {
            this.repeated_segments += u64::from(sample.repeated > 0);
            this.repeated_bytes += sample.repeated;
            this.late_segments += u64::from(sample.late > 0);
            this.lost_bytes += sample.lost_upstream + sample.lost_downstream;
            this.lost_upstream_bytes += sample.lost_upstream;
        }
        if let Some(spurious) = sample.spurious {
            peer.spurious_bytes += spurious.bytes;
        }
        if let Some(rtt) = &sample.data_ack {
            peer.data_ack.record(rtt);
            if let Some(histogram) = &mut peer.data_ack_histogram {
                histogram.record(rtt.rtt_ns);
            }
        }
        if let Some(rtt) = &sample.timestamps {
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
