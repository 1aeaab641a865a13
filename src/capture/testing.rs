//! What the tests of this room share.

use std::io::Cursor;
use std::path::Path;

use super::frame::{Block, LinkType};
use super::properties::{FileProperties, ReadOptions};
use super::reader::Reader;
use crate::error::{Error, Result};

/// A frame with its own bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) time_ns: Option<i64>,
    pub(super) bytes: Vec<u8>,
    pub(super) wire_len: u32,
    pub(super) interface: u32,
    pub(super) link_type: LinkType,
}

/// All that a capture gives, and the error that ended it, if one did.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) frames: Vec<Seen>,
    pub(super) properties: FileProperties,
    pub(super) error: Option<Error>,
}

impl Outcome {
    pub(super) fn times(&self) -> Vec<Option<i64>> {
        self.frames.iter().map(|frame| frame.time_ns).collect()
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.properties.warnings.iter().map(|warning| warning.code).collect()
    }
}

pub(super) fn open(bytes: &[u8], options: &ReadOptions) -> Result<Reader> {
    let inner = Box::new(Cursor::new(bytes.to_vec()));
    Reader::from_read(inner, Path::new("made.pcap"), Some(bytes.len() as u64), options)
}

pub(super) fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<Outcome> {
    let mut reader = open(bytes, options)?;
    let mut frames = Vec::new();
    let mut recycled = Block::default();
    let error = loop {
        match reader.next_block(recycled) {
            Err(error) => break Some(error),
            Ok(None) => break None,
            Ok(Some(block)) => {
                assert_eq!(block.first_number, frames.len() as u64 + 1);
                frames.extend(block.frames.iter().map(|frame| Seen {
                    time_ns: frame.time_ns,
                    bytes: block.bytes(frame).to_vec(),
                    wire_len: frame.wire_len,
                    interface: frame.interface,
                    link_type: frame.link_type,
                }));
                recycled = block;
            }
        }
    };
    let properties = reader.finish();
    assert_eq!(properties.frames, frames.len() as u64);
    Ok(Outcome {
        frames,
        properties,
        error,
    })
}

pub(super) fn read(bytes: &[u8]) -> Outcome {
    read_with(bytes, &ReadOptions::default()).unwrap()
}

/// Frames of growing length, a second and a nanosecond apart, cut at 20 bytes.
pub(super) fn some_frames(count: usize) -> Vec<(i64, Vec<u8>, u32)> {
    (0..count)
        .map(|i| {
            let wire_len = (i % 60 + 1) as u32;
            let bytes = vec![i as u8; wire_len.min(20) as usize];
            (1_700_000_000_000_000_000 + i as i64 * 1_000_000_001, bytes, wire_len)
        })
        .collect()
}

pub(super) fn borrowed(frames: &[(i64, Vec<u8>, u32)]) -> impl Iterator<Item = (i64, &[u8], u32)> {
    frames
        .iter()
        .map(|(time_ns, bytes, wire_len)| (*time_ns, bytes.as_slice(), *wire_len))
}
