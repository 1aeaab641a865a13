//! What a migration did, from the wire: its kind, phases, downtime and the data that it moved.
//!
//! ```text
//! segments, other frames -> MigrationTracker -> Migration
//!   stream      payload of one direction, in order, or how much of it was not captured
//!   recognise   first bytes, then ports, then shape -> what a connection carries
//!   qemu ...    the wire formats, followed byte by byte
//!   announce    the frames with which a VM says where it now lives
//!   service     the VM as its clients saw it
//!   log         what the hypervisor's own log says about the same run
//! ```
//!
//! A connection is followed only as long as its bytes may belong to a migration; every other one costs a look into a
//! table. State per connection is bounded, however long the stream is.

mod activity;
mod announce;
mod assemble;
mod case;
mod connection;
mod content;
mod figures;
mod follow;
mod ledger;
pub mod log;
mod model;
mod moves;
mod multifd;
mod nbd;
mod notes;
mod phases;
mod ports;
mod progress;
mod qemu;
mod reader;
mod recognise;
mod service;
mod shape;
mod stream;
mod tracker;

pub use model::{
    Announcement, AnnouncementKind, Connection, GapRequests, Kind, Migration, Outcome, Pages, Phase, PhaseName, Role,
    Round, Service, ServiceFlow, Sighting, Vm,
};
pub use moves::{Moves, Named};
pub use tracker::{Config, Findings, MigrationTracker, TrackerHint, VmName};
