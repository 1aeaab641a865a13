//! What `migqos inspect` found.

use super::{CaptureProperties, RttFigures, Warning};
use crate::figure::Figure;

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
