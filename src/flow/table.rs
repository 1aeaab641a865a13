//! From a packet to its conversation, by protocol, addresses and ports.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

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

impl Tuple {
    /// The key, and whether source and destination were swapped to make it.
    fn key(&self) -> (Key, bool) {
        let (src, dst) = (number(self.src.address), number(self.dst.address));
        let swapped = (src, self.src.port) > (dst, self.dst.port);
        let ((low, low_port), (high, high_port)) = if swapped {
            ((dst, self.dst.port), (src, self.src.port))
        } else {
            ((src, self.src.port), (dst, self.dst.port))
        };
        let rest = u64::from(low_port) << 48
            | u64::from(high_port) << 32
            | u64::from(self.protocol) << 2
            | u64::from(self.has_ports) << 1
            | u64::from(self.src.address.is_ipv6());
        let halves = |number: u128| ((number >> 64) as u64, number as u64);
        let key = Key {
            low: halves(low),
            high: halves(high),
            rest,
        };
        (key, swapped)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Finds the conversation of a packet. Conversations are numbered from 0 in order of their first frame.
#[derive(Debug, Default)]
pub struct FlowTable {
    by_key: FxHashMap<Key, Entry>,
    /// A bulk transfer asks for the same conversation again and again.
    last: Option<(Key, Entry)>,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    conversation: u32,
    /// The first frame went from the key's high end to its low end.
    a_is_high: bool,
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
    /// The conversation of a packet with this tuple; a new one where there is none yet.
    pub fn place(&mut self, tuple: &Tuple) -> Place {
        let (key, swapped) = tuple.key();
        let (entry, new) = match self.last {
            Some((last, entry)) if last == key => (entry, false),
            _ => {
                let count = self.count;
                let mut new = false;
                let entry = *self.by_key.entry(key).or_insert_with(|| {
                    new = true;
                    Entry {
                        conversation: count,
                        a_is_high: swapped,
                    }
                });
                self.count += u32::from(new);
                (entry, new)
            }
        };
        self.last = Some((key, entry));
        Place {
            conversation: entry.conversation,
            direction: if swapped == entry.a_is_high {
                Direction::Ab
            } else {
                Direction::Ba
            },
            new,
        }
    }

    /// The conversation of a packet with this tuple, where there is one.
    pub fn find(&self, tuple: &Tuple) -> Option<Place> {
        let (key, swapped) = tuple.key();
        let entry = self.by_key.get(&key)?;
        Some(Place {
            conversation: entry.conversation,
            direction: if swapped == entry.a_is_high {
                Direction::Ab
            } else {
                Direction::Ba
            },
            new: false,
        })
    }

    /// Opens a further conversation on the same tuple (a port reused); the packet's sender is its a.
    pub fn reopen(&mut self, tuple: &Tuple) -> Place {
        let (key, swapped) = tuple.key();
        let entry = Entry {
            conversation: self.count,
            a_is_high: swapped,
        };
        self.count += 1;
        self.by_key.insert(key, entry);
        self.last = Some((key, entry));
        Place {
            conversation: entry.conversation,
            direction: Direction::Ab,
            new: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(src: (&str, u16), dst: (&str, u16)) -> Tuple {
        Tuple {
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
        }
    }

    #[test]
    fn both_directions_are_one_conversation_and_a_sent_first() {
        let mut table = FlowTable::default();
        let there = tuple(("10.0.0.2", 40000), ("10.0.0.1", 60000));
        let back = tuple(("10.0.0.1", 60000), ("10.0.0.2", 40000));
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
        table.place(&tuple(("0.0.0.1", 1), ("0.0.0.2", 2)));
        assert!(table.place(&tuple(("::1", 1), ("::2", 2))).new);
    }

    #[test]
    fn a_reopened_tuple_is_a_new_conversation_whose_a_is_the_sender() {
        let mut table = FlowTable::default();
        let there = tuple(("10.0.0.2", 40000), ("10.0.0.1", 60000));
        let back = tuple(("10.0.0.1", 60000), ("10.0.0.2", 40000));
        table.place(&there);
        assert_eq!(table.reopen(&back).conversation, 1);
        assert_eq!(table.place(&there).direction, Direction::Ba);
    }

    #[test]
    fn a_host_that_talks_to_itself_keeps_its_two_directions() {
        let mut table = FlowTable::default();
        let there = tuple(("127.0.0.1", 5), ("127.0.0.1", 4));
        let back = tuple(("127.0.0.1", 4), ("127.0.0.1", 5));
        assert_eq!(table.place(&there).direction, Direction::Ab);
        assert_eq!(table.place(&back).direction, Direction::Ba);
    }
}
