//! From a path or standard input to blocks of whole frames, in the file's order.
//!
//! One reader cuts any input, plain or compressed, into [`Block`]s of whole records. A block owns its bytes and
//! describes each frame in it, so that everything after this room is the same for pcap and pcapng, and blocks can be
//! decoded on any thread.

mod clock;
mod decompress;
mod frame;
mod gunzip;
mod pcap;
mod pcapng;
mod properties;
mod reader;
mod sniff;
mod source;
#[cfg(test)]
mod testing;
mod walk;
pub mod write;

pub use frame::{Block, Compression, FileFormat, Frame, Interface, LinkType};
pub use properties::{FileProperties, ReadOptions, ReadWarning};
pub use reader::Reader;
pub use source::Input;
