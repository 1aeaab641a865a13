//! From a path or standard input to blocks of whole frames, in the file's order.
//!
//! One reader cuts any input, plain or compressed, into [`Block`]s of whole records. A block owns its bytes and
//! describes each frame in it, so that everything after this room is the same for pcap and pcapng, and blocks can be
//! decoded on any thread.
//!
//! ```no_run
//! use migqos::capture::{Block, Input, ReadOptions, Reader};
//! let mut reader = Reader::open(&Input::from_argument("run07.pcapng"), &ReadOptions::default())?;
//! let mut recycled = Block::default();
//! let mut wire_bytes = 0;
//! while let Some(block) = reader.next_block(recycled)? {
//!     wire_bytes += block.frames.iter().map(|frame| u64::from(frame.wire_len)).sum::<u64>();
//!     recycled = block;
//! }
//! for warning in reader.finish().warnings {
//!     eprintln!("{}", warning.message);
//! }
//! # Ok::<(), migqos::error::Error>(())
//! ```
//!
//! # Where the answers differ from Wireshark's
//!
//! Packets, lengths, times and interfaces are those of capinfos 4.0, which `tests/reading.rs` checks on a thousand
//! files. The exceptions:
//!
//! - tshark numbers custom blocks and journal entries of pcapng as if they were packets; capinfos does not count them,
//!   nor does this reader, so that frame numbers after such a block are lower here.
//! - Link types that Wireshark does not know, and reserved bits set in the link type field, are no reason to refuse a
//!   file: its frames are counted.
//! - A time before the epoch (a negative `if_tsoffset`) is printed by Wireshark with a fraction that counts the wrong
//!   way; a time beyond 2262 is absent here; resolutions finer than 10^-10 s overflow in Wireshark and are exact here.
//! - A fraction of a second or more is taken as Wireshark takes it, but carried into the seconds, where capinfos
//!   prints and compares it as it stands. capinfos also compares seconds in 32 bits, and prints no times at all where
//!   one packet has none.
//! - tshark shows an original length of 2^31 or more as 2^31 - 1; capinfos does not.
//! - pcap records of RedHat 6.1, SuSE 6.3, Nokia and AIX, which only guessing can tell from ordinary ones, are not
//!   told from them; pseudo-headers of ERF records within pcap files count to the frame.
//! - Options after a packet are not read: Wireshark refuses a file where they are damaged.

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
