//! What is known about one migration when the capture has been read.

use std::net::{IpAddr, SocketAddr};

use crate::figure::{Figure, Reason};
use crate::packet::Mac;
use crate::summary::Warning;

/// What carries the state of the virtual machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// QEMU's stream on one TCP connection, plain or within TLS.
    Qemu,
    /// QEMU's stream with its pages on connections of their own.
    QemuMultifd,
    /// An SSH tunnel. Recognised by its shape and by the announcement that follows.
    Ssh,
    /// VMware vMotion.
    Vmotion,
    /// Something that moved a virtual machine, or may have done so.
    Unknown,
}

impl Kind {
    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::QemuMultifd => "qemu-multifd",
            Self::Ssh => "ssh",
            Self::Vmotion => "vmotion",
            Self::Unknown => "unknown",
        }
    }
}

/// How the migration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The virtual machine runs on the target.
    Completed,
    /// It went on running on the source.
    Cancelled,
    /// It was resumed on the target before all of its memory was there, and the rest followed.
    Postcopy,
    /// The capture does not say.
    Unknown,
}

impl Outcome {
    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Postcopy => "postcopy",
            Self::Unknown => "unknown",
        }
    }
}

/// What a connection is to a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// QEMU's main stream.
    QemuMain,
    /// A further connection of QEMU's: a multifd channel, or the one for urgent pages in post-copy.
    QemuChannel,
    /// A bulk SSH connection. Only [`MigrationTracker::finish`](super::MigrationTracker::finish) can say whether it
    /// was a migration.
    Ssh,
    /// TLS on a migration port.
    Tls,
    /// vMotion.
    Vmotion,
    /// Bulk on a migration port whose beginning was not captured, or whose format is not known to this program.
    PortOnly,
    /// A disk, by NBD.
    Storage,
}

impl Role {
    /// True where the connection carries the state of the virtual machine: the span of the migration is made of
    /// these. Storage is a phase of its own.
    pub fn is_state(self) -> bool {
        self != Self::Storage
    }

    /// True where the bytes themselves say so, not a port or a shape.
    pub fn is_certain(self) -> bool {
        matches!(self, Self::QemuMain | Self::QemuChannel | Self::Vmotion | Self::Storage)
    }

    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QemuMain => "qemu-main",
            Self::QemuChannel => "qemu-channel",
            Self::Ssh => "ssh",
            Self::Tls => "tls",
            Self::Vmotion => "vmotion",
            Self::PortOnly => "port",
            Self::Storage => "storage",
        }
    }
}

/// One of the connections of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// The dense id that the engine gave it.
    pub conversation: u32,
    /// What it carried.
    pub role: Role,
    /// Which of the conversation's two directions runs from the source to the target.
    pub forward: usize,
    /// First SYN, or the first frame where the beginning was not captured.
    pub start_ns: i64,
    /// Last payload byte of either direction.
    pub end_ns: i64,
    /// Unique payload bytes from source to target.
    pub forward_bytes: u64,
    /// Unique payload bytes from target to source.
    pub reverse_bytes: u64,
}

/// A stretch of the migration with a name. Phases do not overlap, but for storage, which may run beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// Its name.
    pub name: PhaseName,
    /// When it began.
    pub start_ns: i64,
    /// When it ended.
    pub end_ns: i64,
    /// Unique payload bytes from source to target in it.
    pub bytes: u64,
}

/// The phases that this program tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PhaseName {
    /// Disks.
    Storage,
    /// Connection set-up and the stream's head, before the first page.
    Setup,
    /// Pages, while the virtual machine runs on the source.
    Precopy,
    /// What is sent while the virtual machine stands still.
    StopAndCopy,
    /// Pages, while the virtual machine runs on the target.
    Postcopy,
    /// The whole transfer, where nothing within it can be told apart.
    Transfer,
}

impl PhaseName {
    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Setup => "setup",
            Self::Precopy => "precopy",
            Self::StopAndCopy => "stop-and-copy",
            Self::Postcopy => "postcopy",
            Self::Transfer => "transfer",
        }
    }
}

/// Pages of memory, counted by how they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pages {
    /// Sent whole.
    pub normal: u64,
    /// Sent as one byte: all of the page has that value, which is zero.
    pub zero: u64,
    /// Sent as a difference to the version sent before.
    pub xbzrle: u64,
}

/// One pass over the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// When its first page header was seen.
    pub start_ns: i64,
    /// When its last byte was seen.
    pub end_ns: i64,
    /// Bytes of the stream that it took.
    pub bytes: u64,
    /// What it sent.
    pub pages: Pages,
}

/// A frame with which a host, or the hypervisor for it, tells the network where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// When it was seen.
    pub at_ns: i64,
    /// The virtual machine's hardware address.
    pub mac: Mac,
    /// How it was said.
    pub kind: AnnouncementKind,
}

/// How an announcement is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnnouncementKind {
    /// RARP (RFC 903), as QEMU sends on behalf of the guest.
    Rarp,
    /// Gratuitous ARP (RFC 5227 section 3), by the guest itself.
    Garp,
}

impl AnnouncementKind {
    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rarp => "rarp",
            Self::Garp => "garp",
        }
    }
}

/// When frames sent by the virtual machine were seen on one capture interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The virtual machine's hardware address.
    pub mac: Mac,
    /// Index of the capture interface.
    pub interface: u32,
    /// Frames to a single receiver: only the path to that receiver sees these.
    pub frames: u64,
    /// The first of them.
    pub first_ns: i64,
    /// The last of them.
    pub last_ns: i64,
}

/// The virtual machine, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vm {
    /// Its hardware addresses.
    pub macs: Vec<Mac>,
    /// Its IP addresses.
    pub addresses: Vec<IpAddr>,
    /// Where and when it was seen.
    pub sightings: Vec<Sighting>,
}

/// The gap that the switchover left in one flow of the virtual machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceFlow {
    /// The conversation's dense id.
    pub conversation: u32,
    /// Which of its directions the virtual machine sent.
    pub direction: usize,
    /// The virtual machine's address in it.
    pub vm: Option<IpAddr>,
    /// Its client's.
    pub client: Option<IpAddr>,
    /// The last answer before the gap; `None` where the capture holds none.
    pub last_before_ns: Option<i64>,
    /// The first answer after it; `None` where the capture holds none.
    pub first_after_ns: Option<i64>,
    /// Length of the gap, ms; absent where one of its ends was not captured.
    pub gap_ms: Figure,
    /// Typical interval between answers before the gap, ms: the gap is known no better than this.
    pub resolution_ms: Figure,
    /// Answers counted in the whole capture.
    pub answers: u64,
    /// What became of the client's requests in the gap.
    pub requests: Result<GapRequests, Reason>,
}

/// Requests that a client sent while nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapRequests {
    /// Never answered.
    pub lost: u64,
    /// Answered when the gap was over.
    pub delayed: u64,
}

impl GapRequests {
    /// All that were sent in the gap.
    pub fn sent(self) -> u64 {
        self.lost.saturating_add(self.delayed)
    }
}

/// The virtual machine as its clients saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The gap in the busiest flow.
    pub downtime_ms: Figure,
    /// See [`ServiceFlow::resolution_ms`].
    pub resolution_ms: Figure,
    /// Every flow in which the virtual machine answered, the busiest first.
    pub flows: Vec<ServiceFlow>,
}

/// One migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// What carried it.
    pub kind: Kind,
    /// The state travelled encrypted.
    pub encrypted: bool,
    /// The port's usual owner, where only the port speaks for it: `xen`, `hyper-v`, ...
    pub system: Option<&'static str>,
    /// The node that sent the state. `None` where the capture holds only the announcement and the VM's traffic.
    pub source: Option<IpAddr>,
    /// The node that received it.
    pub target: Option<IpAddr>,
    /// Where the target listened.
    pub target_socket: Option<SocketAddr>,
    /// First SYN of the connections that carry the state.
    pub start_ns: i64,
    /// Last payload byte of either direction on them.
    pub end_ns: i64,
    /// `end_ns` less `start_ns`, ms.
    pub migration_time_ms: Figure,
    /// The same with the disks, ms.
    pub task_time_ms: Figure,
    /// First byte of the last stage to the last byte of the stream, ms.
    pub stream_downtime_ms: Figure,
    /// Last frame of the VM on the source's side to the first announcement, ms.
    pub pause_ms: Figure,
    /// How well the pause is known: the VM's typical interval between frames before it, ms.
    pub pause_resolution_ms: Figure,
    /// How it ended.
    pub outcome: Outcome,
    /// Unique TCP payload from source to target on the connections that carry the state.
    pub ram_bytes: Figure,
    /// The same on those that carry disks.
    pub storage_bytes: Figure,
    /// Bytes of disk within the NBD writes, where the payload was captured; the rest of `storage_bytes` is protocol.
    pub storage_written_bytes: Figure,
    /// Passes over the memory.
    pub rounds: Figure,
    /// Pages by how they were sent.
    pub pages: Result<Pages, Reason>,
    /// The passes one by one; empty where they are not known.
    pub round_details: Vec<Round>,
    /// Names of the figures (JSON keys) that rest on shape, not on content.
    pub inferred: Vec<&'static str>,
    /// In order of their beginning.
    pub phases: Vec<Phase>,
    /// In order of time.
    pub announcements: Vec<Announcement>,
    /// The virtual machine.
    pub vm: Vm,
    /// The virtual machine as its clients saw it.
    pub service: Service,
    /// The connections, the main one first.
    pub connections: Vec<Connection>,
    /// What a reader must know.
    pub notes: Vec<Warning>,
}
