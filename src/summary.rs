//! What was found: the plain data that every report, table and JSON file is printed from.
//!
//! [`Summary`] is the answer of `migqos analyze`, [`Inspection`] that of `migqos inspect`. Nothing here computes; a
//! figure that could not be measured is a [`Figure::Absent`] with its reason.

use crate::capture::{Compression, FileFormat, Interface};
use crate::figure::{Figure, Reason};
use crate::migration::log::Beside;

/// Properties of one capture file, as capinfos would list them.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureProperties {
    /// The path as the user gave it; `-` for standard input.
    pub path: String,
    /// What a report calls it, where others of the same file name were analysed beside it.
    pub title: Option<String>,
    /// pcap or pcapng.
    pub format: FileFormat,
    /// The compression around it.
    pub compression: Option<Compression>,
    /// Frames in the file.
    pub packets: u64,
    /// Sum of captured lengths, bytes.
    pub captured_bytes: u64,
    /// Sum of original lengths, bytes.
    pub wire_bytes: u64,
    /// Time of the first frame in the file's order: the zero of every `*_s`. Nanoseconds since the epoch.
    pub start_ns: Option<i64>,
    /// Earliest time, nanoseconds since the epoch; `None` where no frame has one.
    pub first_ns: Option<i64>,
    /// Latest time.
    pub last_ns: Option<i64>,
    /// Frames captured shorter than they were on the wire.
    pub truncated_packets: u64,
    /// Frames whose time is earlier than that of the frame before.
    pub out_of_order_packets: u64,
    /// Frames that the capture holds a second time.
    pub duplicate_packets: u64,
    /// Frames above the link's MTU that offload left whole (TSO, GSO, GRO, LRO).
    pub super_frames: u64,
    /// Frames of a link type that this program does not know.
    pub unknown_link_packets: u64,
    /// The capture's interfaces.
    pub interfaces: Vec<Interface>,
}

/// How the two nodes were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// `--source` and `--target`.
    Arguments,
    /// A migration stream recognised by its bytes.
    Content,
    /// A known migration port.
    Port,
    /// The conversation that carries the most bytes.
    Volume,
}

/// The two nodes and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Nodes {
    /// Addresses (or the MAC) of the source.
    pub source: Vec<String>,
    /// Addresses (or the MAC) of the target.
    pub target: Vec<String>,
    /// How they were found.
    pub chosen_by: ChosenBy,
    /// The pair of hosts that would have been next, with its bytes on the wire.
    pub runner_up: Option<(String, u64)>,
}

/// Which frames were measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Frames exchanged between the nodes, after `--port`, `--from`, `--to`; both directions.
    pub packets: u64,
    /// Their bytes on the wire.
    pub wire_bytes: u64,
    /// Their conversations.
    pub conversations: u64,
    /// All other frames.
    pub left_out_packets: u64,
    /// Their bytes on the wire.
    pub left_out_bytes: u64,
    /// The largest conversations left out: what they are ("udp 10.0.0.1:53 <-> ...") and their wire bytes.
    pub largest_left_out: Vec<(String, u64)>,
    /// A Wireshark display filter that shows the same frames.
    pub display_filter: String,
}

/// What the overall figures cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanOf {
    /// The chosen migration, first SYN to last payload byte.
    Migration,
    /// The whole selection.
    Capture,
}

/// The time that the overall figures cover, seconds from the capture's first frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// What it is.
    pub of: SpanOf,
    /// First selected frame in it.
    pub start_s: f64,
    /// Last selected frame in it.
    pub end_s: f64,
}

/// What delay, jitter or loss was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Half the round-trip time from data and their acknowledgements, Karn's rule; both half-paths added.
    TcpDataAck,
    /// Half the round-trip time from TCP timestamps (RFC 7323).
    TcpTimestamps,
    /// Half the mean absolute difference of consecutive TCP RTT samples.
    TcpRttVariation,
    /// TCP bytes that had to be sent again.
    TcpRetransmission,
    /// RTP sequence numbers, or RFC 3550 section 6.4.1 for jitter.
    Rtp,
    /// ICMP or UDP echo.
    Echo,
    /// Matched transmissions of two capture points.
    TwoPoints,
}

impl Method {
    /// Stable name, used in JSON and to look up translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::TcpDataAck => "tcp_data_ack",
            Self::TcpTimestamps => "tcp_timestamps",
            Self::TcpRttVariation => "tcp_rtt_variation",
            Self::TcpRetransmission => "tcp_retransmission",
            Self::Rtp => "rtp",
            Self::Echo => "echo",
            Self::TwoPoints => "two_points",
        }
    }
}

/// A distribution in the figure's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// Median.
    pub p50: Figure,
    /// 95th percentile.
    pub p95: Figure,
    /// 99th percentile.
    pub p99: Figure,
    /// 99.9th percentile.
    pub p999: Figure,
}

/// RTT samples of one method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RttFigures {
    /// Number of samples.
    pub samples: u64,
    /// Smallest, ms.
    pub min: Figure,
    /// Mean, ms.
    pub mean: Figure,
    /// Median, ms.
    pub median: Figure,
    /// 95th percentile, ms.
    pub p95: Figure,
    /// Largest, ms.
    pub max: Figure,
}

/// The standard family (METHODS: what the RFCs and ITU-T define), over one span, of the graded direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    /// IP bits per second over the active span.
    pub throughput_bps: Figure,
    /// The same with link-layer headers.
    pub wire_throughput_bps: Figure,
    /// Unique payload bits per second (RFC 3148).
    pub goodput_bps: Figure,
    /// 5th percentile, median, 95th percentile and maximum of the seconds' throughput, bit/s.
    pub throughput_spread_bps: [Figure; 4],
    /// Percent of payload bytes sent that had to be sent again, without spurious ones.
    pub loss_pct: Figure,
    /// The part lost before the capture point.
    pub loss_upstream_pct: Figure,
    /// The part lost behind it.
    pub loss_downstream_pct: Figure,
    /// Half the RTT, ms, or one-way delay where two points were given.
    pub delay_ms: Figure,
    /// ms.
    pub jitter_ms: Figure,
    /// Mean RTT, both half-paths added, ms.
    pub rtt_ms: Figure,
    /// The two half-paths: capture point to target, capture point to source, ms.
    pub rtt_halves_ms: [Figure; 2],
    /// RTT by data and acknowledgement (half-path towards the receiver of the graded direction).
    pub rtt_data_ack: RttFigures,
    /// RTT by timestamps (the same half-path).
    pub rtt_timestamps: RttFigures,
    /// Of the delay.
    pub delay_ms_percentiles: Percentiles,
    /// Packet delay variation (RFC 5481): p99.9 of the delay less its minimum, ms.
    pub pdv_ms: Figure,
    /// Payload bytes that were acknowledged but never captured: the capture's loss, not the network's.
    pub capture_missing_bytes: u64,
    /// Payload bytes resent that a DSACK proved unnecessary.
    pub spurious_bytes: u64,
    /// What delay was measured on.
    pub delay_method: Option<Method>,
    /// What jitter was measured on.
    pub jitter_method: Option<Method>,
    /// What loss was measured on.
    pub loss_method: Option<Method>,
    /// IP bytes of the graded direction.
    pub ip_bytes: u64,
    /// Frames of the graded direction.
    pub packets: u64,
    /// Seconds between the first and the last frame of the graded direction.
    pub active_s: f64,
}

/// The Wireshark family, as theses compute it from Wireshark's screens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wireshark {
    /// Frame bits, both directions, over the time between first and last frame.
    pub throughput_bps: Figure,
    /// Percent of frames flagged `tcp.analysis.lost_segment`.
    pub loss_pct: Figure,
    /// Mean inter-packet time, ms.
    pub delay_ms: Figure,
    /// Variation of the inter-packet time, ms.
    pub jitter_ms: Figure,
    /// Frames that these rest on.
    pub packets: u64,
    /// Frames flagged `tcp.analysis.lost_segment`.
    pub lost_segments: u64,
}

/// Both families over one span.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// What they cover.
    pub span: Span,
    /// The standard family.
    pub standard: Standard,
    /// The Wireshark family.
    pub wireshark: Wireshark,
}

/// One bin of the series. Figures of the graded direction, by the graded method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Second {
    /// Start, nanoseconds from the capture's first frame.
    pub start_ns: i64,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub wire_bytes: u64,
    /// IP bytes.
    pub ip_bytes: u64,
    /// bit/s over the part of the bin that the capture covers.
    pub throughput_bps: Figure,
    /// bit/s.
    pub goodput_bps: Figure,
    /// Percent.
    pub loss_pct: Figure,
    /// ms.
    pub jitter_ms: Figure,
    /// ms.
    pub delay_ms: Figure,
    /// Mean of the indices of the four figures.
    pub index: Option<f64>,
}

/// One conversation of the selection, as a row of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow {
    /// "tcp", "udp", ...
    pub protocol: String,
    /// Endpoint on the source's side, "address:port".
    pub source: String,
    /// Endpoint on the target's side.
    pub target: String,
    /// Seconds from the capture's first frame.
    pub start_s: f64,
    /// Seconds.
    pub duration_s: f64,
    /// Frames from source and from target.
    pub packets: [u64; 2],
    /// Wire bytes from source and from target.
    pub wire_bytes: [u64; 2],
    /// Unique payload bytes from source and from target (TCP).
    pub payload_bytes: [u64; 2],
    /// Resent bytes over payload bytes sent by the source, percent.
    pub loss_pct: Figure,
    /// Mean RTT, ms.
    pub rtt_ms: Figure,
    /// What the connection carries, where recognised ("qemu", "nbd", "ssh", ...).
    pub role: Option<String>,
}

/// A warning that a reader must know of.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// Stable code, such as `capture_cut`.
    pub code: &'static str,
    /// Values for the sentence's places, by name, already in print form.
    pub values: Vec<(&'static str, String)>,
    /// The sentence in English.
    pub message: String,
    /// The English sentence with `{name}` for each value; `None` where the message is made otherwise.
    pub template: Option<&'static str>,
}

impl Warning {
    /// A warning whose sentence is `template` with each `{name}` replaced.
    pub fn new(code: &'static str, template: &'static str, values: Vec<(&'static str, String)>) -> Self {
        let mut message = template.to_owned();
        for (name, value) in &values {
            message = message.replace(&format!("{{{name}}}"), value);
        }
        Self {
            code,
            values,
            message,
            template: Some(template),
        }
    }
}

/// The virtual machine's traffic with its busiest client, both directions together.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSummary {
    /// The machine's address.
    pub vm: std::net::IpAddr,
    /// Its client's.
    pub client: std::net::IpAddr,
    /// From the first to the last interval in which the machine itself was seen.
    pub metrics: Metrics,
    /// Before the migration, or why there is nothing: no migration, no traffic at the time. The parts are divided where
    /// the capture showed that a migration began, ended or announced the machine; of a migration that is known by its
    /// shape alone, an interval that straddles an end belongs to the part that holds more of it.
    pub before: Result<Metrics, Reason>,
    /// During it.
    pub during: Result<Metrics, Reason>,
    /// After it.
    pub after: Result<Metrics, Reason>,
    /// The series of the graded family, from the machine's first to its last frame with this client.
    pub seconds: Vec<Second>,
}

/// The answer of `migqos analyze` for one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The capture.
    pub capture: CaptureProperties,
    /// The capture at the target, where given.
    pub target_capture: Option<CaptureProperties>,
    /// The nodes.
    pub nodes: Nodes,
    /// What was measured.
    pub selection: Selection,
    /// The overall figures, over the span that is graded.
    pub metrics: Metrics,
    /// The same over the other span (whole selection), where a migration was found.
    pub metrics_capture: Option<Metrics>,
    /// The series of the graded family, from the first to the last selected frame.
    pub seconds: Vec<Second>,
    /// Width of a bin, nanoseconds.
    pub interval_ns: i64,
    /// The conversations of the selection, in order of their first frame.
    pub flows: Vec<FlowRow>,
    /// Distribution of delay over the span: low and high edge of a bucket in ns, and its samples.
    pub delay_buckets_ns: Vec<(u64, u64, u64)>,
    /// The migration's log beside the capture, or why there is none.
    pub log: Result<Beside, Reason>,
    /// Everything that a reader must know.
    pub warnings: Vec<Warning>,
}

/// TCP payload and RTT of one direction of a conversation, by tcptrace's rules (docs/TCPTRACE.md).
#[derive(Debug, Clone, PartialEq)]
pub struct TcpDirection {
    /// Payload bytes seen, each time they were seen.
    pub payload_bytes: u64,
    /// Payload bytes, each sequence number once, without those sent into a closed window.
    pub unique_bytes: u64,
    /// Segments of which some was seen before, repeated SYN and FIN included.
    pub retransmitted_segments: u64,
    /// Sequence numbers that were seen before: a SYN and a FIN have one.
    pub retransmitted_bytes: u64,
    /// Segments that fill a hole.
    pub out_of_order_segments: u64,
    /// Segments sent into a closed window.
    pub window_probes: u64,
    /// RTT of this direction's data and its acknowledgements, at the capture point.
    pub rtt: RttFigures,
    /// Acknowledgements of segments sent more than once, which give no RTT sample (Karn's rule).
    pub ambiguous_acks: u64,
    /// Acknowledgements of segments before which another was sent later, which give none either.
    pub post_loss_acks: u64,
}

/// The TCP part of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct TcpSummary {
    /// Wireshark's flags: name as in the JSON contract, and count, in the contract's order.
    pub flags: Vec<(&'static str, u64)>,
    /// From a to b.
    pub ab: TcpDirection,
    /// From b to a.
    pub ba: TcpDirection,
}

/// A conversation of `inspect`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRow {
    /// "tcp", "udp", "icmp", "icmpv6", ... or the protocol's number.
    pub protocol: String,
    /// The endpoint that sent the first captured frame: "10.0.0.1:40000", "[fd00::1]:60000", without ports "10.0.0.1".
    pub a: String,
    /// The other one.
    pub b: String,
    /// Seconds from the capture's first frame.
    pub start_s: f64,
    /// Seconds.
    pub duration_s: f64,
    /// Frames from a.
    pub packets_ab: u64,
    /// Wire bytes from a.
    pub bytes_ab: u64,
    /// Frames from b.
    pub packets_ba: u64,
    /// Wire bytes from b.
    pub bytes_ba: u64,
    /// The TCP analysis.
    pub tcp: Option<TcpSummary>,
}

/// An RTP stream of `inspect`.
#[derive(Debug, Clone, PartialEq)]
pub struct RtpRow {
    /// Sender, "address:port".
    pub src: String,
    /// Receiver, "address:port".
    pub dst: String,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload type.
    pub payload_type: u8,
    /// Packets received.
    pub packets: u64,
    /// Packets expected by the extended sequence numbers.
    pub expected: u64,
    /// Expected less received; negative where packets were captured twice.
    pub lost: i64,
    /// RFC 3550 section 6.4.1, ms.
    pub jitter_mean_ms: Figure,
    /// ms.
    pub jitter_max_ms: Figure,
    /// Longest time between two packets, ms.
    pub max_delta_ms: Figure,
}

/// An echo pair of `inspect`.
#[derive(Debug, Clone, PartialEq)]
pub struct EchoRow {
    /// "icmp" or "udp".
    pub kind: &'static str,
    /// Who asks.
    pub client: String,
    /// Who answers.
    pub server: String,
    /// Requests.
    pub sent: u64,
    /// Requests without a reply within the timeout.
    pub lost: u64,
    /// ms.
    pub rtt_mean_ms: Figure,
    /// ms.
    pub rtt_min_ms: Figure,
    /// ms.
    pub rtt_max_ms: Figure,
    /// Longest time without a reply while requests were sent, ms.
    pub longest_gap_ms: Figure,
}

/// The answer of `migqos inspect`.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The capture.
    pub capture: CaptureProperties,
    /// In order of their first frame.
    pub conversations: Vec<ConversationRow>,
    /// RTP streams.
    pub rtp_streams: Vec<RtpRow>,
    /// All frames per second: start in ns from the first frame, frames, wire bytes.
    pub seconds: Vec<(i64, u64, u64)>,
    /// Echo pairs.
    pub echo: Vec<EchoRow>,
    /// Everything that a reader must know.
    pub warnings: Vec<Warning>,
}
