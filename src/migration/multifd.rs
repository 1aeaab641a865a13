//! A multifd channel: packets that each list pages and then carry those that are not zero.

use super::follow::{Element, Grammar, Position};
use super::model::Pages;

/// Magic and version, which begin the channel and each of its packets.
pub(super) const MAGIC_AND_VERSION: [u8; 8] = [0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1];

/// The channel's first message: magic, version, the machine's UUID, the channel's number, padding.
const HELLO_BYTES: usize = 64;
/// A packet's fixed part: 64 bytes of numbers, then the block's name in 256.
const PACKET_BYTES: usize = 320;
/// The same for a packet that carries a device's state: flags, name, instance, length.
const DEVICE_STATE_BYTES: usize = 276;
const ADDRESS_BYTES: u64 = 8;

const FLAG_SYNC: u32 = 1;
const FLAG_DEVICE_STATE: u32 = 1 << 6;
/// A packet announces no more pages than this: 512 KiB of the smallest pages, and room.
const MAX_PAGES: u32 = 1 << 16;
/// Passes told apart.
const MAX_PASSES: usize = 10_000;

/// True where `bytes` begin with a packet.
pub(super) fn starts_packet(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC_AND_VERSION)
}

fn be_u32(input: &[u8], at: usize) -> u32 {
    input
        .get(at..at + 4)
        .and_then(|bytes| bytes.first_chunk())
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Follows one channel.
#[derive(Debug, Default)]
pub(super) struct Channel {
    greeted: bool,
    /// Pages that the channel carried.
    pub(super) pages: Pages,
    /// Pages between the marks that end a pass over the memory, pass by pass; all channels have the same marks.
    pub(super) passes: Vec<u64>,
    /// Bytes are missing.
    pub(super) lost: bool,
}

impl Channel {
    /// A channel whose beginning was not captured.
    pub(super) fn from_middle() -> Self {
        Self {
            greeted: true,
            lost: true,
            ..Self::default()
        }
    }

    fn count(&mut self, normal: u32, zero: u32, sync: bool) {
        self.pages.normal += u64::from(normal);
        self.pages.zero += u64::from(zero);
        if self.passes.is_empty() {
            self.passes.push(0);
        }
        if let Some(pass) = self.passes.last_mut() {
            *pass += u64::from(normal) + u64::from(zero);
        }
        if sync && self.passes.len() < MAX_PASSES {
            self.passes.push(0);
        }
    }

    fn nonsense(&self) -> Element {
        if self.lost {
            Element::Took(1)
        } else {
            Element::Bad("no packet where one must begin")
        }
    }
}

impl Grammar for Channel {
    const MAX_ELEMENT: usize = PACKET_BYTES;

    fn element(&mut self, input: &[u8], _: Position) -> Element {
        let known = input.len().min(MAGIC_AND_VERSION.len());
        if input[..known] != MAGIC_AND_VERSION[..known] {
            return self.nonsense();
        }
        if !self.greeted {
            if input.len() < HELLO_BYTES {
                return Element::More;
            }
            self.greeted = true;
            return Element::Took(HELLO_BYTES);
        }
        if input.len() < 12 {
            return Element::More;
        }
        let flags = be_u32(input, 8);
        if flags & FLAG_DEVICE_STATE != 0 {
            if input.len() < DEVICE_STATE_BYTES {
                return Element::More;
            }
            return Element::TookThenSkip(DEVICE_STATE_BYTES, u64::from(be_u32(input, DEVICE_STATE_BYTES - 4)));
        }
        // What is counted stands in the first 36 bytes; the rest of the packet need not have been captured.
        if input.len() < 36 {
            return Element::More;
        }
        let (listed, normal, content, zero) = (
            be_u32(input, 12),
            be_u32(input, 16),
            be_u32(input, 20),
            be_u32(input, 32),
        );
        if listed > MAX_PAGES || normal > listed || zero > listed {
            return self.nonsense();
        }
        self.count(normal, zero, flags & FLAG_SYNC != 0);
        let rest = (PACKET_BYTES - 36) as u64 + u64::from(listed) * ADDRESS_BYTES + u64::from(content);
        Element::TookThenSkip(36, rest)
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

    fn packet(flags: u32, normal: u32, zero: u32) -> Vec<u8> {
        let mut bytes = MAGIC_AND_VERSION.to_vec();
        for number in [flags, 128, normal, normal * 4096, 0, 0, zero] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.resize(PACKET_BYTES + 128 * 8 + normal as usize * 4096, 0x11);
        bytes
    }

    #[test]
    fn packets_are_counted_and_marks_divide_the_passes() {
        let mut hello = MAGIC_AND_VERSION.to_vec();
        hello.resize(64, 0);
        let stream = [
            hello,
            packet(1, 0, 0),
            packet(0, 3, 2),
            packet(1, 1, 0),
            packet(0, 2, 0),
        ]
        .concat();
        for cut in (0..stream.len()).step_by(97) {
            let mut follower = Follower::new(Channel::default());
            follower.bytes(0, &stream[..cut], 0);
            follower.bytes(cut as u64, &stream[cut..], 0);
            assert_eq!(follower.broken, None);
            let channel = follower.grammar;
            assert_eq!((channel.pages.normal, channel.pages.zero), (6, 2));
            assert_eq!(channel.passes, [0, 6, 2]);
            assert!(!channel.lost);
        }
    }
}
