//! QEMU's migration stream, version 3: what the source sends on its main connection, and what the target answers.
//!
//! The stream is big-endian and has no lengths around its sections, so that it can only be followed from its
//! beginning, page header by page header. Where bytes were not captured the place is lost; it is found again at the
//! next boundary between two sections, whose pattern chance does not make. Device state has no length either: it is
//! passed over up to the footer that names its section.

mod main_stream;
mod ram;
mod return_path;
mod rounds;
mod section;
mod trail;

pub(super) use main_stream::{MainStream, is_description};
pub(super) use return_path::ReturnPath;
pub(super) use section::starts_at_section_boundary;
pub(super) use trail::PageTrail;

/// `QEVM`, then the version.
pub(super) const MAGIC: [u8; 8] = [0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 3];
