//! Who reads a direction's bytes: the collector of its beginning, then the grammar that the beginning chose.

use super::follow::{Broken, Follower};
use super::multifd::Channel;
use super::nbd::Client;
use super::qemu::{MainStream, PageTrail, ReturnPath};
use super::recognise::{self, Content, HEAD_BYTES};
use super::stream::Sink;

/// A piece of a direction that waits for the verdict.
#[derive(Debug)]
struct Early {
    offset: u64,
    bytes: Vec<u8>,
    gap: u64,
    time_ns: i64,
}

/// The readers that may take over once the other direction has shown what it is. They read along, since what they keep
/// is small and of a fixed size, while what they read may be any length by then.
#[derive(Debug)]
struct Candidates {
    back: Follower<ReturnPath>,
    disk: Follower<Client>,
}

impl Candidates {
    fn new() -> Self {
        Self {
            back: Follower::new(ReturnPath::default()),
            disk: Follower::new(Client::default()),
        }
    }

    /// None of them reads on.
    fn have_given_up(&self) -> bool {
        self.back.broken.is_some() && self.disk.broken.is_some()
    }
}

impl Sink for Candidates {
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
        self.back.bytes(offset, bytes, time_ns);
        self.disk.bytes(offset, bytes, time_ns);
    }

    fn gap(&mut self, offset: u64, len: u64, time_ns: i64) {
        self.back.gap(offset, len, time_ns);
        self.disk.gap(offset, len, time_ns);
    }
}

/// The beginning of a direction.
#[derive(Debug, Default)]
pub(super) struct Head {
    first: [u8; HEAD_BYTES],
    known: usize,
    /// What the first bytes are, once they say it; more bytes cannot change it.
    content: Option<Content>,
    /// All that was read, until the first bytes have said that no reader is theirs.
    early: Vec<Early>,
    /// The readers that may still come, from then on.
    candidates: Option<Box<Candidates>>,
    /// They have given up. Noted here, so that what follows need not be shown to them: they lie in several cache lines.
    in_vain: bool,
}

impl Head {
    /// Looks at what comes next; nothing where it was not captured.
    fn look(&mut self, bytes: &[u8]) {
        if self.content.is_some() {
            return;
        }
        let room = &mut self.first[self.known..];
        let taken = bytes.len().min(room.len());
        room[..taken].copy_from_slice(&bytes[..taken]);
        self.known += taken;
        let content = recognise::head(&self.first[..self.known]);
        self.content = content.or(bytes.is_empty().then_some(Content::Unseen));
        if matches!(self.content, Some(Content::Nothing | Content::Unseen)) {
            let mut candidates = Box::new(Candidates::new());
            replay(std::mem::take(&mut self.early), &mut *candidates);
            self.candidates = Some(candidates);
        }
    }
}

impl Sink for Head {
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
        if self.in_vain {
            return;
        }
        self.look(bytes);
        match &mut self.candidates {
            Some(candidates) => {
                candidates.bytes(offset, bytes, time_ns);
                self.in_vain = candidates.have_given_up();
            }
            None => self.early.push(Early {
                offset,
                bytes: bytes.to_vec(),
                gap: 0,
                time_ns,
            }),
        }
    }

    fn gap(&mut self, offset: u64, len: u64, time_ns: i64) {
        if self.in_vain {
            return;
        }
        self.look(&[]);
        match &mut self.candidates {
            Some(candidates) => candidates.gap(offset, len, time_ns),
            None => self.early.push(Early {
                offset,
                bytes: Vec::new(),
                gap: len,
                time_ns,
            }),
        }
    }
}

fn replay(early: Vec<Early>, next: &mut impl Sink) {
    for piece in early {
        if piece.gap > 0 {
            next.gap(piece.offset, piece.gap, piece.time_ns);
        } else {
            next.bytes(piece.offset, &piece.bytes, piece.time_ns);
        }
    }
}

/// Who reads a direction's bytes.
#[derive(Debug)]
pub(super) enum Reader {
    /// Nothing was read so far.
    Unread,
    /// The beginning was read, and what follows it until the connection is known.
    Head(Box<Head>),
    /// The beginning was not captured: segments are looked at one by one.
    Middle(Box<PageTrail>),
    /// QEMU's main stream.
    Main(Box<Follower<MainStream>>),
    /// QEMU's return path.
    Return(Box<Follower<ReturnPath>>),
    /// A multifd channel.
    Channel(Box<Follower<Channel>>),
    /// NBD requests.
    Disk(Box<Follower<Client>>),
    /// Nobody now, but its stream goes on, since the other direction may show in its middle what this one carries.
    Passing,
    /// Nobody.
    Nobody,
}

impl Sink for Reader {
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
        match self {
            Self::Unread => self.begun().bytes(offset, bytes, time_ns),
            Self::Head(head) => head.bytes(offset, bytes, time_ns),
            Self::Main(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Return(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Channel(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Disk(follower) => follower.bytes(offset, bytes, time_ns),
            Self::Middle(_) | Self::Passing | Self::Nobody => {}
        }
    }

    fn gap(&mut self, offset: u64, len: u64, time_ns: i64) {
        match self {
            Self::Unread => self.begun().gap(offset, len, time_ns),
            Self::Head(head) => head.gap(offset, len, time_ns),
            Self::Main(follower) => follower.gap(offset, len, time_ns),
            Self::Return(follower) => follower.gap(offset, len, time_ns),
            Self::Channel(follower) => follower.gap(offset, len, time_ns),
            Self::Disk(follower) => follower.gap(offset, len, time_ns),
            Self::Middle(_) | Self::Passing | Self::Nobody => {}
        }
    }
}

impl Reader {
    /// Reads a word of the cache line that the next bytes of a beginning will touch; see `analysis::engine::fetch`.
    pub(super) fn fetch(&self) -> u64 {
        match self {
            Self::Head(head) => head.known as u64,
            _ => 0,
        }
    }

    fn begun(&mut self) -> &mut Self {
        *self = Self::Head(Box::default());
        self
    }

    /// What the beginning is; `None` while it may still become something.
    pub(super) fn head(&self) -> Option<Content> {
        match self {
            Self::Unread => None,
            Self::Head(head) => head.content,
            _ => Some(Content::Nothing),
        }
    }

    /// The first byte of a beginning.
    pub(super) fn first_byte(&self) -> Option<u8> {
        match self {
            Self::Head(head) => head.first[..head.known].first().copied(),
            _ => None,
        }
    }

    /// Is read as QEMU's main stream from its beginning on.
    pub(super) fn become_main(&mut self) {
        let mut follower = Box::new(Follower::new(MainStream::from_start()));
        replay(self.take_early(), &mut *follower);
        *self = Self::Main(follower);
    }

    /// Is read as a multifd channel from its beginning on.
    pub(super) fn become_channel(&mut self) {
        let mut follower = Box::new(Follower::new(Channel::default()));
        replay(self.take_early(), &mut *follower);
        *self = Self::Channel(follower);
    }

    /// Is read as QEMU's return path from its beginning on.
    pub(super) fn become_return(&mut self) {
        *self = Self::Return(Box::new(self.take_candidates().back));
    }

    /// Is read as NBD requests from its beginning on.
    pub(super) fn become_disk(&mut self) {
        *self = Self::Disk(Box::new(self.take_candidates().disk));
    }

    /// Reads the beginning no further.
    pub(super) fn give_up_beginning(&mut self) {
        if matches!(self, Self::Unread | Self::Head(_)) {
            *self = Self::Passing;
        }
    }

    fn take_early(&mut self) -> Vec<Early> {
        match self {
            Self::Head(head) => std::mem::take(&mut head.early),
            _ => Vec::new(),
        }
    }

    fn take_candidates(&mut self) -> Candidates {
        if let Self::Head(head) = self
            && let Some(candidates) = head.candidates.take()
        {
            return *candidates;
        }
        let mut candidates = Candidates::new();
        replay(self.take_early(), &mut candidates);
        candidates
    }

    /// Where the grammar gave up.
    pub(super) fn broken(&self) -> Option<Broken> {
        match self {
            Self::Main(follower) => follower.broken,
            Self::Channel(follower) => follower.broken,
            Self::Disk(follower) => follower.broken,
            // Nothing rests on the return path's being whole.
            Self::Unread | Self::Head(_) | Self::Middle(_) | Self::Return(_) | Self::Passing | Self::Nobody => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Reader {
        /// Pieces of the beginning that are kept.
        pub(in super::super) fn early_pieces(&self) -> usize {
            match self {
                Self::Head(head) => head.early.len(),
                _ => 0,
            }
        }
    }

    #[test]
    fn a_torn_beginning_is_kept_until_it_says_what_it_is() {
        let mut reader = Reader::Unread;
        reader.bytes(0, b"QE", 1);
        reader.bytes(2, b"VM\0\0", 2);
        assert_eq!((reader.head(), reader.early_pieces()), (None, 2));
        reader.bytes(6, b"\0\x03", 3);
        assert_eq!((reader.head(), reader.first_byte()), (Some(Content::Qemu), Some(b'Q')));
        reader.become_main();
        assert!(reader.broken().is_none());
        let mut reader = Reader::Unread;
        reader.bytes(0, b"QE", 1);
        reader.bytes(2, b"ED", 2);
        assert_eq!((reader.head(), reader.early_pieces()), (Some(Content::Nothing), 0));
    }

    #[test]
    fn a_beginning_with_a_hole_is_unseen_unless_it_was_known_before() {
        let mut reader = Reader::Unread;
        reader.bytes(0, b"QE", 1);
        reader.gap(2, 1, 2);
        reader.bytes(3, b"M\0\0\0\x03", 3);
        assert_eq!(reader.head(), Some(Content::Unseen));
        let mut reader = Reader::Unread;
        reader.bytes(0, b"SSH-2.0", 1);
        reader.gap(7, 1, 2);
        assert_eq!(reader.head(), Some(Content::Ssh));
    }

    #[test]
    fn requests_from_before_the_servers_greeting_are_read_with_their_place() {
        let mut reader = Reader::Unread;
        reader.bytes(0, b"\0\0\0\x03 no option of NBD's", 1);
        assert_eq!(reader.head(), Some(Content::Nothing));
        reader.become_disk();
        assert_eq!(reader.broken().map(|broken| broken.offset), Some(4));
    }
}
