//! What the user asked for, validated: units resolved, hosts parsed.

use std::net::IpAddr;

use jiff::tz::TimeZone;

use crate::migration::log::LogFile;
use crate::packet::Mac;

/// A node as the user names it: addresses of one machine, or its MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// One or more addresses of the node.
    Addresses(Vec<IpAddr>),
    /// The link-layer address, for captures taken beside the node.
    Mac(Mac),
}

/// Which direction is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GradedDirection {
    /// Source to target.
    #[default]
    Forward,
    /// Target to source.
    Reverse,
    /// Both together.
    Both,
}

/// Which family of estimators is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// What the RFCs and ITU-T define.
    #[default]
    Standard,
    /// What theses compute from Wireshark's screens.
    Wireshark,
}

/// The jitter forms in circulation for the Wireshark family; d is the inter-packet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WiresharkJitter {
    /// Sum of |d(i+1) - d(i)|.
    #[default]
    Abs,
    /// Sum of d(i+1) - d(i): telescopes to about 0.
    Signed,
    /// Sum of 2 d(i+1) - d(i), a slip copied between spreadsheets: equals the delay.
    Spreadsheet,
}

/// What the overall figures cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    /// The migration.
    Migration,
    /// Everything selected.
    Capture,
}

/// A point in time given by the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePoint {
    /// Nanoseconds after the capture's first frame.
    Relative(i64),
    /// Nanoseconds since the epoch.
    Absolute(i64),
}

/// Options of one analysis. `Default` is what `migqos analyze FILE` alone does.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisOptions {
    /// The source node; found in the capture where absent.
    pub source: Option<Host>,
    /// The target node; found in the capture where absent.
    pub target: Option<Host>,
    /// The virtual machine.
    pub vm: Option<Host>,
    /// Width of a bin, nanoseconds, above 0.
    pub interval_ns: i64,
    /// Which direction is graded.
    pub direction: GradedDirection,
    /// Which family is graded.
    pub family: Family,
    /// Only conversations with this port at either end.
    pub port: Option<u16>,
    /// Frames before are left out.
    pub from: Option<TimePoint>,
    /// Frames at or after are left out.
    pub to: Option<TimePoint>,
    /// What the overall figures cover; `None`: the migration where one was found, else the capture.
    pub during: Option<During>,
    /// Which migration of several, counted from 1.
    pub migration: Option<usize>,
    /// The migration's task log, read.
    pub log: Option<LogFile>,
    /// The zone of the log's times; found from the capture's where absent.
    pub log_zone: Option<TimeZone>,
    /// Look into GRE, VXLAN, Geneve and IP-in-IP.
    pub decapsulate: bool,
    /// A broken capture is an error.
    pub strict: bool,
    /// An echo request without a reply for this long is lost, nanoseconds.
    pub echo_timeout_ns: i64,
    /// Jitter of the Wireshark family.
    pub wireshark_jitter: WiresharkJitter,
    /// Bound on decompressed bytes.
    pub max_decompressed: Option<u64>,
    /// Threads of the analysis' own; `None`: those of the rayon pool that it is called in, one per core outside of one.
    pub threads: Option<usize>,
}

impl Default for AnalysisOptions {
    fn default() -> Self {
        Self {
            source: None,
            target: None,
            vm: None,
            interval_ns: 1_000_000_000,
            direction: GradedDirection::default(),
            family: Family::default(),
            port: None,
            from: None,
            to: None,
            during: None,
            migration: None,
            log: None,
            log_zone: None,
            decapsulate: false,
            strict: false,
            echo_timeout_ns: 2_000_000_000,
            wireshark_jitter: WiresharkJitter::default(),
            max_decompressed: None,
            threads: None,
        }
    }
}
