//! What was found: the plain data that every report, table and JSON file is printed from.
//!
//! [`Summary`] is the answer of `migqos analyze`, [`Inspection`] that of `migqos inspect`. Nothing here computes; a
//! figure that could not be measured is a [`Figure::Absent`] with its reason.

use crate::capture::{Compression, FileFormat, Interface};
use crate::figure::{Figure, Reason};
use crate::migration::log::Beside;

mod inspection;
mod metrics;

pub use inspection::{ConversationRow, EchoRow, Inspection, RtpRow, TcpDirection, TcpSummary};
pub use metrics::{Method, Metrics, Percentiles, RttFigures, Second, Standard, Wireshark};

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
