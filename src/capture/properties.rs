//! How a capture is to be read, and what is known of it afterwards.

use super::frame::{Compression, FileFormat, Interface};

/// How a capture is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// A capture that breaks off or is damaged is an error, not a warning.
    pub strict: bool,
    /// Most bytes that a compressed capture may unpack to; `None` for no limit.
    pub max_decompressed: Option<u64>,
    /// Size of a block, bytes. A record that is larger makes a larger block. The default, 512 KiB, and what is
    /// made of it fit the second-level cache of many processors; smaller ones were measured slower.
    pub block_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            strict: false,
            max_decompressed: None,
            block_bytes: 512 * 1024,
        }
    }
}

/// Something about the file that a reader of the report must know, and that did not stop the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadWarning {
    /// Stable name of the warning: `capture_cut`, `compressed_cut`, `capture_damaged`,
    /// `trailing_garbage`, `time_out_of_range`.
    pub code: &'static str,
    /// A sentence that names the place.
    pub message: String,
    /// Offset into the file, after decompression, where the warning has a place.
    pub byte: Option<u64>,
    /// Number of the frame (from 1) that could not be read.
    pub frame: Option<u64>,
}

/// What is known of a file when all of it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProperties {
    /// pcap or pcapng.
    pub format: FileFormat,
    /// What was around it.
    pub compression: Option<Compression>,
    /// The interfaces, numbered across sections; [`Frame::interface`](super::Frame::interface) counts in it.
    pub interfaces: Vec<Interface>,
    /// Number of frames given.
    pub frames: u64,
    /// What is wrong with the file.
    pub warnings: Vec<ReadWarning>,
}
