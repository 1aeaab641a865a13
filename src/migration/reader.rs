//! Who reads a direction's bytes: the collector of its beginning, then the grammar that the beginning chose.

use super::follow::{Broken, Follower};
use super::multifd::Channel;
use super::nbd::Client;
use super::qemu::{MainStream, PageTrail, ReturnPath};
use super::recognise::{self, Content, HEAD_BYTES};
use super::stream::Sink;

/// Pieces of a beginning kept until it is recognised.
const MAX_EARLY: usize = 64;

/// A piece of a direction that waits for the verdict.
#[derive(Debug)]
pub(super) struct Early {
    offset: u64,
    bytes: Vec<u8>,
    gap: u64,
    time_ns: i64,
}

/// Who reads a direction's bytes.
#[derive(Debug)]
pub(super) enum Reader {
    /// The beginning is being collected.
    Head(Vec<Early>),
    /// The beginning was not captured: segments are looked at one by one.
    Middle(PageTrail),
    /// QEMU's main stream.
    Main(Box<Follower<MainStream>>),
    /// QEMU's return path.
    Return(Box<Follower<ReturnPath>>),
    /// A multifd channel.
    Channel(Box<Follower<Channel>>),
    /// NBD requests.
    Disk(Box<Follower<Client>>),
    /// Nobody.
    Nobody,
}

impl Sink for Reader {
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
        match self {
            Self::Head(early) => early.push(Early {
                offset,
                bytes: bytes.to_vec(),
                gap: 0,
                time_ns,
            }),
            Self::Main(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Return(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Channel(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Disk(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Middle(_) | Self::Nobody => {}
        }
    }

    fn gap(&mut self, offset: u64, len: u64, time_ns: i64) {
        match self {
            Self::Head(early) => early.push(Early {
                offset,
                bytes: Vec::new(),
                gap: len,
                time_ns,
            }),
            Self::Main(follower) => follower.gap(offset, len, time_ns),
            Self::Return(follower) => follower.gap(offset, len, time_ns),
            Self::Channel(follower) => follower.gap(offset, len, time_ns),
            Self::Disk(follower) => follower.gap(offset, len, time_ns),
            Self::Middle(_) | Self::Nobody => {}
        }
    }
}

impl Reader {
    /// What the collected beginning is; `None` while it may still become something.
    pub(super) fn head(&self) -> Option<Content> {
        let Self::Head(early) = self else {
            return Some(Content::Nothing);
        };
        let mut head = [0; HEAD_BYTES];
        let mut known = 0;
        let mut whole = true;
        for piece in early {
            whole &= piece.gap == 0;
            if !whole || known == HEAD_BYTES {
                break;
            }
            let taken = piece.bytes.len().min(HEAD_BYTES - known);
            head[known..known + taken].copy_from_slice(&piece.bytes[..taken]);
            known += taken;
        }
        let content = recognise::head(&head[..known]);
        match content {
            None if !whole => Some(Content::Unseen),
            None if early.len() >= MAX_EARLY => Some(Content::Nothing),
            content => content,
        }
    }

    /// The first byte that was collected.
    pub(super) fn first_byte(&self) -> Option<u8> {
        match self {
            Self::Head(early) => early.first().and_then(|piece| piece.bytes.first()).copied(),
            _ => None,
        }
    }

    /// Hands what was collected on to the reader that takes over.
    pub(super) fn become_reader(&mut self, mut next: Self) {
        if let Self::Head(early) = self {
            for piece in early {
                if piece.gap > 0 {
                    next.gap(piece.offset, piece.gap, piece.time_ns);
                } else {
                    next.bytes(piece.offset, &piece.bytes, piece.time_ns);
                }
            }
        }
        *self = next;
    }

    /// Where the grammar gave up.
    pub(super) fn broken(&self) -> Option<Broken> {
        match self {
            Self::Main(follower) => follower.broken,
            Self::Channel(follower) => follower.broken,
            Self::Disk(follower) => follower.broken,
            // Nothing rests on the return path's being whole.
            Self::Head(_) | Self::Middle(_) | Self::Return(_) | Self::Nobody => None,
        }
    }
}
