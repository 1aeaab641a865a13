//! Fragments: which frame completes a datagram, and what transport it carries.
//!
//! No payload is put together: a datagram is complete when its bytes have been seen from the first to the last, and
//! its ports are those of the first fragment. As in Wireshark, the frame that completes a datagram is the one that
//! belongs to the transport's conversation, and the other fragments belong to none; a fragment that was not captured
//! whole takes no part, but an IPv4 datagram's first one then stands for itself.

use std::collections::VecDeque;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{Fragment, Ip, Transport};

/// Datagrams that may wait for their missing fragments: some megabytes at most.
const MAX_WAITING: usize = 16_384;
/// Separate stretches of one datagram: a datagram of 65,535 bytes in Ethernet frames has 45 fragments.
const MAX_STRETCHES: usize = 64;
/// UDP and ICMP header, bytes.
const SHORT_HEADER_LEN: u32 = 8;

/// What tells datagrams apart (RFC 791 section 3.2, RFC 8200 section 4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    identification: u32,
    /// IPv6 tells datagrams apart without it.
    protocol: Option<u8>,
}

/// A datagram with a fragment yet to come.
#[derive(Debug)]
struct Waiting {
    /// Value of [`FragmentTracker::begun`] when its first fragment came.
    number: u64,
    /// Stretches seen, from and to, in order, none touching the next.
    seen: Vec<(u32, u32)>,
    /// Length of the datagram's data, once the last fragment has said it.
    len: Option<u32>,
    /// Protocol, transport and length of the transport header, from the fragment at offset 0.
    first: Option<(u8, Transport, u32)>,
}

/// A datagram that a frame made complete.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Completed {
    /// IPv4 protocol or last IPv6 next header.
    pub protocol: u8,
    /// The transport header, from the first fragment.
    pub transport: Transport,
    /// Transport payload of the whole datagram, bytes. Of this fragment alone where `whole` is false.
    pub payload_len: u32,
    /// False for an IPv4 datagram's first fragment that was not captured whole.
    pub whole: bool,
}

/// Finds the frames that complete a datagram, in bounded memory.
#[derive(Debug, Default)]
pub struct FragmentTracker {
    waiting: FxHashMap<Key, Waiting>,
    /// Keys of `waiting` in order of their `number`, among others that are done.
    order: VecDeque<(u64, Key)>,
    begun: u64,
    given_up: u64,
}

impl FragmentTracker {
    /// A tracker that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Datagrams that were forgotten incomplete, for want of room.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Takes the fragments of a capture in the file's order; a packet that is none is ignored. Gives the datagram that
    /// this packet's frame counts for, if any.
    pub fn push(&mut self, ip: &Ip) -> Option<Completed> {
        let fragment = ip.fragment?;
        if fragment.captured < fragment.len {
            let stands_for_itself = fragment.offset == 0 && ip.src.is_ipv4();
            return stands_for_itself.then_some(Completed {
                protocol: ip.protocol,
                transport: ip.transport,
                payload_len: ip.payload_len,
                whole: false,
            });
        }
        if fragment.len == 0 {
            return None;
        }
        let key = Key {
            src: ip.src,
            dst: ip.dst,
            identification: ip.identification?,
            protocol: ip.src.is_ipv4().then_some(fragment.protocol),
        };
        let datagram = self.waiting.entry(key).or_insert_with(|| {
            self.begun += 1;
            self.order.push_back((self.begun, key));
            Waiting::new(self.begun)
        });
        datagram.add(&fragment, ip);
        if let Some(completed) = datagram.completed() {
            self.waiting.remove(&key);
            return Some(completed);
        }
        if datagram.seen.len() > MAX_STRETCHES {
            self.waiting.remove(&key);
            self.given_up += 1;
        }
        self.make_room();
        None
    }

    fn make_room(&mut self) {
        while self.waiting.len() > MAX_WAITING
            && let Some((number, key)) = self.order.pop_front()
        {
            if self.waiting.get(&key).is_some_and(|datagram| datagram.number == number) {
                self.waiting.remove(&key);
                self.given_up += 1;
            }
        }
        if self.order.len() > 2 * MAX_WAITING {
            let waiting = &self.waiting;
            self.order
                .retain(|(number, key)| waiting.get(key).is_some_and(|datagram| datagram.number == *number));
        }
    }
}

impl Waiting {
    fn new(number: u64) -> Self {
        Self {
            number,
            seen: Vec::new(),
            len: None,
            first: None,
        }
    }

    fn add(&mut self, fragment: &Fragment, ip: &Ip) {
        let end = fragment.offset.saturating_add(fragment.len);
        if !fragment.more {
            self.len.get_or_insert(end);
        }
        if fragment.offset == 0 {
            self.first
                .get_or_insert_with(|| (ip.protocol, ip.transport, header_len(ip, fragment)));
        }
        self.cover(fragment.offset, end);
    }

    /// Adds a stretch, merging those that it touches.
    fn cover(&mut self, mut from: u32, mut to: u32) {
        self.seen.retain(|&(start, end)| {
            let apart = end < from || to < start;
            if !apart {
                from = from.min(start);
                to = to.max(end);
            }
            apart
        });
        let at = self.seen.partition_point(|&(start, _)| start < from);
        self.seen.insert(at, (from, to));
    }

    fn completed(&self) -> Option<Completed> {
        let len = self.len?;
        let &(0, seen) = self.seen.first()? else {
            return None;
        };
        let (protocol, transport, header_len) = self.first?;
        (seen >= len).then_some(Completed {
            protocol,
            transport,
            payload_len: len.saturating_sub(header_len),
            whole: true,
        })
    }
}

/// Length of what precedes the transport payload in a datagram whose first fragment this is.
fn header_len(ip: &Ip, first: &Fragment) -> u32 {
    match ip.transport {
        Transport::Tcp(tcp) if first.protocol == ip.protocol => tcp.header_len.into(),
        Transport::Udp { .. } | Transport::Icmp { .. } if first.protocol == ip.protocol => SHORT_HEADER_LEN,
        _ => first.len.saturating_sub(ip.payload_len),
    }
}
