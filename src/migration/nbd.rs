//! NBD, as QEMU's mirror job writes a disk to the target: requests of the client, which is the source.
//!
//! <https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md>; numbers are big-endian.

use super::follow::{Element, Grammar, Position};

/// What the server says first.
pub(super) const GREETING: &[u8] = b"NBDMAGIC";
const OPTION: &[u8] = b"IHAVEOPT";
const REQUEST: [u8; 4] = [0x25, 0x60, 0x95, 0x13];
const EXTENDED_REQUEST: [u8; 4] = [0x21, 0xe4, 0x1c, 0x71];
const SIMPLE_REPLY: [u8; 4] = [0x67, 0x44, 0x66, 0x98];
const STRUCTURED_REPLY: [u8; 4] = [0x66, 0x8e, 0x33, 0xef];
const EXTENDED_REPLY: [u8; 4] = [0x6e, 0x8a, 0x27, 0x8c];

/// Magic, flags, type, cookie, offset, then the length in 4 bytes, or in 8 where headers are extended.
const REQUEST_BYTES: usize = 28;
const EXTENDED_REQUEST_BYTES: usize = 32;
const OPTION_BYTES: usize = 16;
const LAST_TYPE: u16 = 8;
const WRITE: u16 = 1;
const DISCONNECT: u16 = 2;
const TRIM: u16 = 4;
const WRITE_ZEROES: u16 = 6;
/// A request other than a write that has a payload says so in this flag.
const FLAG_PAYLOAD: u16 = 1 << 5;

fn kind(bytes: &[u8]) -> Option<u16> {
    bytes
        .get(6..8)
        .and_then(|bytes| bytes.first_chunk())
        .map(|bytes| u16::from_be_bytes(*bytes))
}

/// True where `bytes` begin with a request.
pub(super) fn starts_request(bytes: &[u8]) -> bool {
    (bytes.starts_with(&REQUEST) || bytes.starts_with(&EXTENDED_REQUEST))
        && bytes.len() >= REQUEST_BYTES
        && kind(bytes).is_some_and(|kind| kind <= LAST_TYPE)
}

/// True where `bytes` begin with a reply.
pub(super) fn starts_reply(bytes: &[u8]) -> bool {
    let chunk = |magic| bytes.starts_with(magic) && bytes.len() >= 20;
    // A simple reply's error number is small.
    (bytes.starts_with(&SIMPLE_REPLY) && bytes.get(4..7) == Some(&[0, 0, 0]))
        || ((chunk(&STRUCTURED_REPLY) || chunk(&EXTENDED_REPLY)) && bytes[4] == 0 && bytes[5] <= 1)
}

/// Follows the client's direction.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// The four bytes of flags that answer the greeting were read.
    greeted: bool,
    /// Bytes of disk in write requests.
    pub(super) written_bytes: u64,
    /// Bytes of disk that were not sent, since they are zero or unused.
    pub(super) zeroed_bytes: u64,
    /// Write requests.
    pub(super) writes: u64,
    /// Requests were missed, or there is TLS inside.
    pub(super) lost: bool,
    /// The client took its leave.
    pub(super) disconnected: bool,
}

impl Client {
    /// A connection whose beginning was not captured.
    pub(super) fn from_middle() -> Self {
        Self {
            greeted: true,
            lost: true,
            ..Self::default()
        }
    }

    fn request(&mut self, input: &[u8], extended: bool) -> Element {
        let size = if extended {
            EXTENDED_REQUEST_BYTES
        } else {
            REQUEST_BYTES
        };
        let (Some(kind), Some(len)) = (kind(input), input.get(24..size)) else {
            return Element::More;
        };
        let len = len.iter().fold(0_u64, |len, &byte| len << 8 | u64::from(byte));
        let flags = u16::from_be_bytes([input[4], input[5]]);
        match kind {
            WRITE => {
                self.writes += 1;
                self.written_bytes = self.written_bytes.saturating_add(len);
                return Element::TookThenSkip(size, len);
            }
            WRITE_ZEROES | TRIM => self.zeroed_bytes = self.zeroed_bytes.saturating_add(len),
            DISCONNECT => self.disconnected = true,
            _ if kind > LAST_TYPE => return self.nonsense(),
            _ if extended && flags & FLAG_PAYLOAD != 0 => return Element::TookThenSkip(size, len),
            _ => {}
        }
        Element::Took(size)
    }

    fn nonsense(&self) -> Element {
        if self.lost {
            Element::Took(1)
        } else {
            Element::Bad("no request where one must begin")
        }
    }
}

impl Grammar for Client {
    const MAX_ELEMENT: usize = 64;

    fn element(&mut self, input: &[u8], _: Position) -> Element {
        if input.len() < OPTION_BYTES && (self.greeted || input.len() < 4) {
            return Element::More;
        }
        if !self.greeted {
            self.greeted = true;
            return Element::Took(4);
        }
        if input.starts_with(OPTION) {
            let len = input[12..16]
                .iter()
                .fold(0_u64, |len, &byte| len << 8 | u64::from(byte));
            return Element::TookThenSkip(OPTION_BYTES, len);
        }
        let extended = input.starts_with(&EXTENDED_REQUEST);
        if extended || input.starts_with(&REQUEST) {
            return self.request(input, extended);
        }
        self.nonsense()
    }

    fn lost(&mut self, _: Position) {
        self.lost = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::follow::Follower;
    use super::super::stream::Sink;
    use super::*;

    #[test]
    fn writes_are_counted_though_their_data_was_cut() {
        let mut follower = Follower::new(Client::default());
        // As in 07 of the lab, with the compact request of older versions behind.
        let options = b"\0\0\0\x03IHAVEOPT\0\0\0\x0b\0\0\0\0IHAVEOPT\0\0\0\x07\0\0\0\x03abc";
        follower.bytes(0, options, 0);
        let mut at = options.len() as u64;
        let write = b"\x21\xe4\x1c\x71\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\x50\0\0\0\0\0\0\0\x10\0\0data";
        follower.bytes(at, write, 0);
        at += write.len() as u64;
        follower.gap(at, 0x10_0000 - 4, 0);
        at += 0x10_0000 - 4;
        let rest = b"\x25\x60\x95\x13\0\0\0\x06\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\x40\0\
                     \x25\x60\x95\x13\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        follower.bytes(at, rest, 0);
        assert_eq!(follower.broken, None);
        let client = follower.grammar;
        assert_eq!((client.writes, client.written_bytes), (1, 0x10_0000));
        assert_eq!(
            (client.zeroed_bytes, client.disconnected, client.lost),
            (0x4000, true, false)
        );
    }

    #[test]
    fn replies_and_requests_are_told_in_the_middle_of_a_stream() {
        assert!(starts_reply(b"\x67\x44\x66\x98\0\0\0\0cookieco"));
        assert!(starts_reply(
            b"\x6e\x8a\x27\x8c\0\x01\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\x01\x6f"
        ));
        assert!(!starts_reply(b"\x67\x44\x66\x98\x7f\x10\0\0cookieco"));
        assert!(!starts_request(
            b"\x25\x60\x95\x13\0\0\x77\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\x40\0"
        ));
    }
}
