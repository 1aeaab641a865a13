//! The figures of a span, and of one bin of the series.

use super::Span;
use crate::figure::Figure;

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

/// The standard family (what the RFCs and ITU-T define), over one span, of the graded direction.
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
