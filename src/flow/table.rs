//! From a packet to its conversation, by protocol, addresses and ports.

use std::hash::BuildHasher;
use std::net::IpAddr;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Direction;

/// One end of a conversation; the port is 0 where the protocol has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Address.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
}

/// Protocol, endpoints and whether the protocol has ports at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// IP protocol number.
    pub protocol: u8,
    /// Whether the ports mean anything.
    pub has_ports: bool,
    /// Sender.
    pub src: Endpoint,
    /// Receiver.
    pub dst: Endpoint,
}

/// A key that is equal for both directions: cheap to build, hash and compare.
///
/// Five fields, not an array: arrays are compared by a call of memcmp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    low: (u64, u64),
    high: (u64, u64),
    rest: u64,
}

/// By what a packet's conversation is looked up; the same of both directions but for the order of the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowKey {
    key: Key,
    hash: u64,
    /// Source and destination were swapped to make the key.
    swapped: bool,
}

impl FlowKey {
    /// That of a packet with this tuple.
    pub fn of(tuple: &Tuple) -> Self {
        let (src, dst) = (number(tuple.src.address), number(tuple.dst.address));
        let swapped = (src, tuple.src.port) > (dst, tuple.dst.port);
        let ((low, low_port), (high, high_port)) = if swapped {
            ((dst, tuple.dst.port), (src, tuple.src.port))
        } else {
            ((src, tuple.src.port), (dst, tuple.dst.port))
        };
        let rest = u64::from(low_port) << 48
            | u64::from(high_port) << 32
            | u64::from(tuple.protocol) << 2
            | u64::from(tuple.has_ports) << 1
            | u64::from(tuple.src.address.is_ipv6());
        let halves = |number: u128| ((number >> 64) as u64, number as u64);
        let key = Key {
            low: halves(low),
            high: halves(high),
            rest,
        };
        Self {
            key,
            hash: FxBuildHasher.hash_one(key),
            swapped,
        }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Finds the conversation of a packet. Conversations are numbered from 0 in order of their first frame.
///
/// The numbers are found by hashes alone, so that those of thousands of conversations stay in a core's cache; the keys,
/// which must be compared too, lie apart and can be asked of the memory for many packets at once.
#[derive(Debug, Default)]
pub struct FlowTable {
    /// The latest conversation of the first key with a hash.
    by_hash: FxHashMap<u64, u32>,
    /// The latest conversation of a key whose hash another key had before.
    collided: FxHashMap<Key, u32>,
    /// The conversations by their numbers.
    entries: Vec<Entry>,
    /// The conversation that was placed or opened last: a bulk transfer asks for the same one again and again.
    last: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    /// The first frame went from the key's high end to its low end.
    a_is_high: bool,
}

/// Which conversation it will be, as far as the hash can tell.
#[derive(Debug, Clone, Copy)]
pub struct Guess(u32);

impl Guess {
    /// None.
    pub const NONE: Self = Self(u32::MAX);
}

/// Where a packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the conversation.
    pub conversation: u32,
    /// Direction within it.
    pub direction: Direction,
    /// This packet opened it.
    pub new: bool,
}

impl FlowTable {
    /// The conversation of a packet with this key; a new one where there is none yet.
    pub fn place(&mut self, key: &FlowKey) -> Place {
        let place = self.confirm(key, Guess(self.last)).or_else(|| self.find(key));
        let place = place.unwrap_or_else(|| self.open(key));
        self.last = place.conversation;
        place
    }

    /// The conversation of a packet with this key, where there is one.
    pub fn find(&self, key: &FlowKey) -> Option<Place> {
        let guess = self.guess(key);
        self.confirm(key, guess).or_else(|| {
            let number = *self.collided.get(&key.key)?;
            self.confirm(key, Guess(number))
        })
    }

    /// Opens a conversation, also where there is one with this key already (a port reused); the packet's sender is its a.
    pub fn open(&mut self, key: &FlowKey) -> Place {
        let conversation = self.entries.len() as u32;
        self.entries.push(Entry {
            key: key.key,
            a_is_high: key.swapped,
        });
        let number = self.by_hash.entry(key.hash).or_insert(conversation);
        if self
            .entries
            .get(*number as usize)
            .is_some_and(|entry| entry.key == key.key)
        {
            *number = conversation;
        } else {
            self.collided.insert(key.key, conversation);
        }
        self.last = conversation;
        Place {
            conversation,
            direction: Direction::Ab,
            new: true,
        }
    }

    /// The first of two steps to find a conversation. Between them the memory can be asked for what the second needs,
    /// by [`fetch`](Self::fetch).
    #[inline]
    pub fn guess(&self, key: &FlowKey) -> Guess {
        self.by_hash.get(&key.hash).map_or(Guess::NONE, |&number| Guess(number))
    }

    /// Reads a word of the entry of a guess; see `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self, guess: Guess) -> u64 {
        self.entries.get(guess.0 as usize).map_or(0, |entry| entry.key.rest)
    }

    /// The second step: the conversation that was guessed, if its key is the packet's. Where it is not, there may still
    /// be one that [finding](Self::find) in one step brings to light.
    #[inline]
    pub fn confirm(&self, key: &FlowKey, guess: Guess) -> Option<Place> {
        let entry = self
            .entries
            .get(guess.0 as usize)
            .filter(|entry| entry.key == key.key)?;
        Some(Place {
            conversation: guess.0,
            direction: if key.swapped == entry.a_is_high {
                Direction::Ab
            } else {
                Direction::Ba
            },
            new: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(src: (&str, u16), dst: (&str, u16)) -> FlowKey {
        FlowKey::of(&Tuple {
            protocol: 6,
            has_ports: true,
            src: Endpoint {
                address: src.0.parse().unwrap(),
                port: src.1,
            },
            dst: Endpoint {
                address: dst.0.parse().unwrap(),
                port: dst.1,
            },
        })
    }

    #[test]
    fn both_directions_are_one_conversation_and_a_sent_first() {
        let mut table = FlowTable::default();
        let there = key(("10.0.0.2", 40000), ("10.0.0.1", 60000));
        let back = key(("10.0.0.1", 60000), ("10.0.0.2", 40000));
        let first = table.place(&there);
        assert!(first.new);
        assert_eq!(first.direction, Direction::Ab);
        let second = table.place(&back);
        assert_eq!(
            (second.conversation, second.direction, second.new),
            (0, Direction::Ba, false)
        );
    }

    #[test]
    fn an_ipv4_address_is_not_the_ipv6_address_of_the_same_number() {
        let mut table = FlowTable::default();
        table.place(&key(("0.0.0.1", 1), ("0.0.0.2", 2)));
        assert!(table.place(&key(("::1", 1), ("::2", 2))).new);
    }

    #[test]
    fn a_reopened_tuple_is_a_new_conversation_whose_a_is_the_sender() {
        let mut table = FlowTable::default();
        let there = key(("10.0.0.2", 40000), ("10.0.0.1", 60000));
        let back = key(("10.0.0.1", 60000), ("10.0.0.2", 40000));
        table.place(&there);
        assert_eq!(table.open(&back).conversation, 1);
        assert_eq!(table.place(&there).direction, Direction::Ba);
    }

    #[test]
    fn a_host_that_talks_to_itself_keeps_its_two_directions() {
        let mut table = FlowTable::default();
        let there = key(("127.0.0.1", 5), ("127.0.0.1", 4));
        let back = key(("127.0.0.1", 4), ("127.0.0.1", 5));
        assert_eq!(table.place(&there).direction, Direction::Ab);
        assert_eq!(table.place(&back).direction, Direction::Ba);
    }

    #[test]
    fn keys_of_one_hash_are_two_conversations() {
        let mut table = FlowTable::default();
        let one = key(("10.0.0.2", 40000), ("10.0.0.1", 60000));
        let other = FlowKey {
            hash: one.hash,
            ..key(("10.0.0.3", 40000), ("10.0.0.1", 60000))
        };
        let numbers = [&one, &other, &one, &other].map(|key| table.place(key).conversation);
        assert_eq!(numbers, [0, 1, 0, 1]);
        assert_eq!(table.open(&other).conversation, 2);
        assert_eq!(table.open(&one).conversation, 3);
        let found = [&one, &other].map(|key| table.find(key).unwrap().conversation);
        assert_eq!(found, [3, 2]);
        let confirmed = [&one, &other].map(|key| table.confirm(key, table.guess(key)));
        assert_eq!(
            confirmed.map(|place| place.map(|place| place.conversation)),
            [Some(3), None]
        );
        let third = FlowKey {
            hash: one.hash,
            ..key(("10.0.0.4", 40000), ("10.0.0.1", 60000))
        };
        assert_eq!(table.find(&third), None);
    }
}
