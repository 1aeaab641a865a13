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

#[cfg(test)]
mod tests {
    use super::super::testing::{self, TCP, UDP, ethernet, ip, ipv4_fragment, ipv6, join, read, read_cut, tcp, udp};
    use super::super::{Ip, Transport};
    use super::{FragmentTracker, MAX_WAITING};
    use crate::capture::LinkType;

    /// A datagram of 1008 bytes, in fragments of 400, 400 and 208.
    fn fragments(protocol: u8, datagram: &[u8]) -> Vec<Ip> {
        let last = (datagram.len() - 1) / 400;
        let pieces = datagram.chunks(400).enumerate().map(|(number, data)| {
            let packet = ipv4_fragment(protocol, number as u16 * 400, number < last, data);
            ip(read(LinkType::ETHERNET, &ethernet(0x0800, &packet)))
        });
        pieces.collect()
    }

    fn datagram() -> Vec<Ip> {
        fragments(UDP, &udp(53, &[0; 1000]))
    }

    /// Which of the packets count for a conversation, and with what payload.
    fn counted<'a>(packets: impl IntoIterator<Item = &'a Ip>) -> Vec<(usize, u32)> {
        let mut tracker = FragmentTracker::new();
        let packets = packets.into_iter().enumerate();
        packets
            .filter_map(|(at, packet)| tracker.push(packet).map(|done| (at, done.payload_len)))
            .collect()
    }

    #[test]
    fn the_fragment_that_completes_a_datagram_counts_in_any_order() {
        let f = datagram();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
            assert_eq!(counted(order.map(|at| &f[at])), [(2, 1000)], "{order:?}");
        }
    }

    #[test]
    fn the_transport_is_that_of_the_first_fragment() {
        let mut tracker = FragmentTracker::new();
        let done = fragments(TCP, &tcp(&[], &[0; 1000]))
            .iter()
            .find_map(|packet| tracker.push(packet))
            .unwrap();
        let Transport::Tcp(header) = done.transport else {
            panic!()
        };
        assert_eq!(
            (header.dst_port, done.protocol, done.payload_len, done.whole),
            (80, TCP, 1000, true)
        );
    }

    // The next four are as tshark 4.0 counted the same frames.

    #[test]
    fn a_copy_takes_part_until_the_datagram_is_complete_and_then_begins_anew() {
        let f = datagram();
        assert_eq!(counted([&f[0], &f[0], &f[1], &f[2]]), [(3, 1000)]);
        assert_eq!(counted([&f[0], &f[0], &f[1], &f[1], &f[2], &f[2]]), [(4, 1000)]);
        assert_eq!(counted(f.iter().chain(&f)), [(2, 1000), (5, 1000)]);
    }

    #[test]
    fn overlaps_complete_a_datagram_and_the_first_end_holds() {
        let piece = |offset, more, len: usize| {
            let data = &udp(53, &[0; 1000])[..len];
            ip(read(
                LinkType::ETHERNET,
                &ethernet(0x0800, &ipv4_fragment(UDP, offset, more, data)),
            ))
        };
        assert_eq!(
            counted(&[piece(0, true, 400), piece(320, true, 400), piece(720, false, 280)]),
            [(2, 992)]
        );
        assert_eq!(
            counted(&[piece(400, false, 200), piece(400, true, 400), piece(0, true, 400)]),
            [(2, 592)]
        );
        assert_eq!(
            counted(&[piece(400, false, 200), piece(400, false, 400), piece(0, true, 400)]),
            [(2, 592)]
        );
    }

    #[test]
    fn a_fragment_cut_by_the_snap_length_leaves_its_datagram_incomplete() {
        let f = datagram();
        let cut = |offset, more, len: usize| {
            let bytes = ethernet(0x0800, &ipv4_fragment(UDP, offset, more, &udp(53, &[0; 1000])[..len]));
            ip(read_cut(&bytes[..100], bytes.len()))
        };
        assert_eq!(counted(&[f[0], cut(400, true, 400), f[2]]), []);
        assert_eq!(counted(&[cut(0, true, 400), f[1], f[2]]), [(0, 392)]);
    }

    #[test]
    fn an_ipv6_datagram_cut_by_the_snap_length_counts_nowhere() {
        let bytes = ethernet(
            0x86dd,
            &ipv6(44, &join(&[&[UDP, 0, 0, 1, 0, 0, 0, 9], &udp(53, &[0; 92])])),
        );
        assert_eq!(counted(&[ip(read_cut(&bytes[..90], bytes.len()))]), []);
    }

    #[test]
    fn datagrams_of_two_protocols_do_not_mix() {
        let (a, b) = (datagram(), fragments(TCP, &tcp(&[], &[0; 1000])));
        assert_eq!(
            counted([&a[0], &b[0], &a[1], &b[1], &b[2], &a[2]]),
            [(4, 1000), (5, 1000)]
        );
    }

    #[test]
    fn an_ipv6_datagram_with_options_within_is_put_together() {
        let inside = join(&[&[UDP, 0, 1, 4, 0, 0, 0, 0], &udp(53, &[0; 1000])]);
        let last = (inside.len() - 1) / 400;
        let pieces: Vec<Ip> = inside
            .chunks(400)
            .enumerate()
            .map(|(number, data)| {
                let place = (number as u16 * 400) | u16::from(number < last);
                let header = join(&[&[60, 0], &place.to_be_bytes(), &[0, 0, 0, 9]]);
                ip(read(
                    LinkType::ETHERNET,
                    &ethernet(0x86dd, &ipv6(44, &join(&[&header, data]))),
                ))
            })
            .collect();
        assert_eq!(counted(&pieces), [(2, 1000)]);
    }

    #[test]
    fn a_whole_packet_is_no_fragment() {
        let packet = ip(read(
            LinkType::ETHERNET,
            &ethernet(0x0800, &testing::ipv4(UDP, &udp(53, b"abc"))),
        ));
        assert_eq!(counted(&[packet]), []);
    }

    #[test]
    fn memory_is_bounded_and_what_was_forgotten_is_counted() {
        let mut tracker = FragmentTracker::new();
        let f = datagram();
        let first = |identification: u32| Ip {
            identification: Some(identification),
            ..f[0]
        };
        for identification in 0..MAX_WAITING as u32 + 10 {
            assert_eq!(tracker.push(&first(identification)), None);
        }
        assert_eq!((tracker.waiting.len(), tracker.given_up()), (MAX_WAITING, 10));
        let rest = |identification| {
            [1, 2].map(|at| Ip {
                identification: Some(identification),
                ..f[at]
            })
        };
        assert!(rest(9).iter().find_map(|packet| tracker.push(packet)).is_none());
        assert!(rest(2000).iter().find_map(|packet| tracker.push(packet)).is_some());
    }

    #[test]
    fn keys_of_finished_datagrams_do_not_pile_up() {
        let mut tracker = FragmentTracker::new();
        let f = datagram();
        for identification in 0..5 * MAX_WAITING as u32 {
            for packet in &f {
                tracker.push(&Ip {
                    identification: Some(identification),
                    ..*packet
                });
            }
        }
        assert_eq!((tracker.waiting.len(), tracker.given_up()), (0, 0));
        assert!(tracker.order.len() <= 2 * MAX_WAITING);
    }

    #[test]
    fn a_datagram_in_too_many_stretches_is_given_up() {
        let mut tracker = FragmentTracker::new();
        for number in 0..100 {
            let packet = ipv4_fragment(UDP, number * 16, true, &[0; 8]);
            tracker.push(&ip(read(LinkType::ETHERNET, &ethernet(0x0800, &packet))));
        }
        assert_eq!(tracker.given_up(), 1);
    }
}
