//! One pass over the frames: which connections may carry a migration, and what they did.

use std::net::IpAddr;

use crate::packet::{Mac, Packet, Tcp};

use super::model::{Migration, Note, Role};

/// The virtual machine as the user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmName {
    /// By its hardware address.
    Mac(Mac),
    /// By its IP address.
    Ip(IpAddr),
}

/// What the user said about the migration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `--vm`; empty: found by the announcement.
    pub vm: Vec<VmName>,
}

/// What a connection looks like after the segment just seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackerHint {
    /// The migration that the segment belongs to, as far as can be said at this moment. It never changes from one
    /// role to another, except that it may become known or be withdrawn.
    pub role: Option<Role>,
    /// The direction that runs from source to target (0 = a to b); meaningless without a role.
    pub forward: usize,
}

/// What [`MigrationTracker::finish`] hands back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// In order of their beginning.
    pub migrations: Vec<Migration>,
    /// What concerns no single migration.
    pub notes: Vec<Note>,
}

/// Follows every connection that may carry a migration.
#[derive(Debug, Default)]
pub struct MigrationTracker {
    config: Config,
}

impl MigrationTracker {
    /// A tracker that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// Takes a TCP segment, with or without payload, in the capture's order, duplicates already dropped.
    ///
    /// `conversation` is a dense number (0, 1, 2, ...) that all protocols share; `direction` is 0 for frames sent by
    /// the endpoint that sent the conversation's first frame. `payload` holds the captured bytes of the payload;
    /// its length on the wire is the packet's.
    pub fn segment(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        packet: &Packet,
        tcp: &Tcp,
        payload: &[u8],
    ) -> TrackerHint {
        let _ = (conversation, direction, time_ns, packet, tcp, payload);
        TrackerHint::default()
    }

    /// Takes any other frame: ARP, RARP, UDP, ICMP, whatever is not TCP. `conversation` as in
    /// [`segment`](Self::segment), where the frame belongs to one.
    pub fn other(&mut self, conversation: Option<(u32, usize)>, time_ns: i64, packet: &Packet, payload: &[u8]) {
        let _ = (conversation, time_ns, packet, payload);
    }

    /// What was found.
    pub fn finish(self) -> Findings {
        let _ = self.config;
        Findings::default()
    }
}
