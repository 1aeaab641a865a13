//! The frames that captures are full of, read in a few nanoseconds: Ethernet or Linux cooked, VLAN tags or none, IPv4
//! without options or IPv6 without extension headers, TCP or UDP, whole headers. Anything else is left to the general path, which
//! gives the same answer for these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::link::{arphrd, sll, sll2};
use super::segment::{Ends, Segment};
use super::tcp_options::{self, TcpOptions};
use super::{DecodeOptions, Ip, LengthSource, Mac, Network, Packet, Tcp, Transport, ether_type, tunnel};
use crate::capture::{Frame, LinkType};

/// Ethernet: destination, source, EtherType.
mod ethernet {
    pub const DESTINATION: usize = 0;
    pub const SOURCE: usize = 6;
    pub const ETHER_TYPE: usize = 12;
    pub const LEN: usize = 14;
}

/// IPv4 without options; big-endian.
mod ipv4 {
    pub const VERSION_IHL: usize = 0;
    pub const TOTAL_LEN: usize = 2;
    pub const IDENTIFICATION: usize = 4;
    pub const FRAGMENT: usize = 6;
    pub const TTL: usize = 8;
    pub const PROTOCOL: usize = 9;
    pub const SOURCE: usize = 12;
    pub const DESTINATION: usize = 16;
    pub const LEN: usize = 20;
    /// Version 4, five words of header.
    pub const PLAIN: u8 = 0x45;
    /// More fragments, and the offset: all but the bits "reserved" and "don't fragment".
    pub const FRAGMENT_BITS: u16 = 0x3fff;
}

/// IPv6; big-endian.
mod ipv6 {
    pub const VERSION: usize = 0;
    pub const PAYLOAD_LEN: usize = 4;
    pub const NEXT_HEADER: usize = 6;
    pub const HOP_LIMIT: usize = 7;
    pub const SOURCE: usize = 8;
    pub const DESTINATION: usize = 24;
    pub const LEN: usize = 40;
}

/// TCP; big-endian.
mod tcp {
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 2;
    pub const SEQUENCE: usize = 4;
    pub const ACKNOWLEDGEMENT: usize = 8;
    pub const OFFSET_FLAGS: usize = 12;
    pub const WINDOW: usize = 14;
    pub const LEN: usize = 20;
    /// How every stack begins the options of an established connection: no operation twice, then timestamps, kind 8,
    /// length 10.
    pub const TIMESTAMPS: [u8; 4] = [1, 1, 8, 10];
    /// Length of these three options.
    pub const TIMESTAMPS_LEN: usize = 12;
}

/// UDP; big-endian.
mod udp {
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 2;
    pub const LENGTH: usize = 4;
    pub const LEN: usize = 8;
}

/// Bytes of an Ethernet address, as cooked headers say them.
const MAC_LEN: u16 = 6;
const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_UDP: u8 = 17;

/// What the link header said.
struct Link {
    src_mac: Option<Mac>,
    dst_mac: Option<Mac>,
    ether_type: u16,
    len: usize,
}

/// Reads a plain frame; `None` for any other.
#[inline(always)]
pub(super) fn decode(frame: &Frame, bytes: &[u8], options: DecodeOptions) -> Option<Packet> {
    if bytes.len() > frame.wire_len as usize {
        return None;
    }
    let (link, at, ether_type) = network(frame, bytes)?;
    let rest = bytes.get(at..)?;
    let place = Place {
        at,
        captured: bytes,
        wire_len: frame.wire_len as usize,
    };
    let ip = match ether_type {
        ether_type::IPV4 => v4(rest, place, options)?,
        ether_type::IPV6 => v6(rest, place, options)?,
        _ => return None,
    };
    Some(Packet {
        time_ns: frame.time_ns,
        wire_len: frame.wire_len,
        captured_len: frame.captured_len,
        interface: frame.interface,
        src_mac: link.src_mac,
        dst_mac: link.dst_mac,
        network: Network::Ip(ip),
    })
}

/// Reads a TCP segment of an open connection in a plain IPv4 frame; `None` for anything else.
#[inline(always)]
pub(super) fn segment_v4(frame: &Frame, bytes: &[u8]) -> Option<(Segment, Ends)> {
    let (at, rest) = network_of(frame, bytes, ether_type::IPV4)?;
    let header = rest.first_chunk::<{ ipv4::LEN }>()?;
    let total_len = plain_v4(header).filter(|_| header[ipv4::PROTOCOL] == PROTOCOL_TCP)?;
    let (segment, ports) = tcp_segment::<{ ipv4::LEN }>(frame, at, rest, total_len)?;
    let segment = Segment {
        identification: u16_at(header, ipv4::IDENTIFICATION),
        ..segment
    };
    Some((segment, Ends::v4(field(header, ipv4::SOURCE), ports)))
}

/// The same of IPv6.
#[inline(always)]
pub(super) fn segment_v6(frame: &Frame, bytes: &[u8]) -> Option<(Segment, Ends)> {
    let (at, rest) = network_of(frame, bytes, ether_type::IPV6)?;
    let header = rest.first_chunk::<{ ipv6::LEN }>()?;
    let total_len = plain_v6(header).filter(|_| header[ipv6::NEXT_HEADER] == PROTOCOL_TCP)?;
    let (segment, ports) = tcp_segment::<{ ipv6::LEN }>(frame, at, rest, total_len)?;
    let half = |number: usize| field(header, ipv6::SOURCE + 8 * number);
    Some((segment, Ends::v6([half(0), half(1), half(2), half(3)], ports)))
}

/// Where the network layer begins, if its EtherType is `wanted`, and the bytes from there on.
#[inline(always)]
fn network_of<'a>(frame: &Frame, bytes: &'a [u8], wanted: u16) -> Option<(usize, &'a [u8])> {
    if bytes.len() > frame.wire_len as usize {
        return None;
    }
    let (_, at, ether_type) = network(frame, bytes)?;
    (ether_type == wanted).then_some((at, bytes.get(at..)?))
}

/// The TCP part of a segment, and its ports as they stand there. `rest` begins with the IP header, at `at` of its frame.
#[inline(always)]
fn tcp_segment<const IP_LEN: usize>(
    frame: &Frame,
    at: usize,
    rest: &[u8],
    total_len: usize,
) -> Option<(Segment, [u8; 4])> {
    if at + total_len > frame.wire_len as usize {
        return None;
    }
    // Bytes behind the IP packet are padding.
    let packet = &rest[..total_len.min(rest.len())];
    let (header, behind) = packet.get(IP_LEN..)?.split_first_chunk::<{ tcp::LEN }>()?;
    let offset_flags = u16_at(header, tcp::OFFSET_FLAGS);
    if offset_flags & (Tcp::SYN | Tcp::FIN | Tcp::RST) != 0 {
        return None;
    }
    let header_len = usize::from(offset_flags >> 12) * 4;
    let timestamps = if header_len == tcp::LEN + tcp::TIMESTAMPS_LEN {
        let options = behind.first_chunk::<{ tcp::TIMESTAMPS_LEN }>()?;
        if field(options, 0) != tcp::TIMESTAMPS {
            return None;
        }
        Some((u32_at(options, 4), u32_at(options, 8)))
    } else if header_len == tcp::LEN {
        None
    } else {
        return None;
    };
    let headers_len = IP_LEN + header_len;
    let segment = Segment {
        time_ns: frame.time_ns?,
        wire_len: frame.wire_len,
        seq: u32_at(header, tcp::SEQUENCE),
        ack: u32_at(header, tcp::ACKNOWLEDGEMENT),
        timestamps: timestamps.unwrap_or_default(),
        payload_at: frame.offset + (at + headers_len) as u32,
        payload_len: (total_len - headers_len) as u16,
        payload_captured: (packet.len() - headers_len) as u16,
        window: u16_at(header, tcp::WINDOW),
        flags: offset_flags & Tcp::FLAG_BITS,
        identification: 0,
        interface: u16::try_from(frame.interface).ok()?,
        headers_len: headers_len as u8,
        has_timestamps: timestamps.is_some(),
        is_ipv6: IP_LEN == ipv6::LEN,
    };
    Some((segment, field(header, tcp::SOURCE)))
}

/// What is around the network layer, where that begins, and its EtherType.
#[inline(always)]
fn network(frame: &Frame, bytes: &[u8]) -> Option<(Link, usize, u16)> {
    let link = match frame.link_type {
        LinkType::ETHERNET => ethernet(bytes)?,
        LinkType::LINUX_SLL => cooked_v1(bytes)?,
        LinkType::LINUX_SLL2 => cooked_v2(bytes)?,
        _ => return None,
    };
    let mut at = link.len;
    let mut ether_type = link.ether_type;
    while ether_type::VLAN.contains(&ether_type) {
        let tag = bytes.get(at..)?.first_chunk::<{ ether_type::VLAN_LEN }>()?;
        ether_type = u16_at(tag, ether_type::VLAN_TYPE);
        at += ether_type::VLAN_LEN;
    }
    Some((link, at, ether_type))
}

/// Total length of an IPv4 packet without options that is no fragment.
#[inline(always)]
fn plain_v4(header: &[u8; ipv4::LEN]) -> Option<usize> {
    let total_len = usize::from(u16_at(header, ipv4::TOTAL_LEN));
    let plain = header[ipv4::VERSION_IHL] == ipv4::PLAIN
        && u16_at(header, ipv4::FRAGMENT) & ipv4::FRAGMENT_BITS == 0
        && total_len >= ipv4::LEN;
    plain.then_some(total_len)
}

/// Length of an IPv6 packet that says how long it is, its header included.
#[inline(always)]
fn plain_v6(header: &[u8; ipv6::LEN]) -> Option<usize> {
    let payload_len = usize::from(u16_at(header, ipv6::PAYLOAD_LEN));
    let plain = header[ipv6::VERSION] >> 4 == 6 && payload_len > 0;
    plain.then_some(payload_len + ipv6::LEN)
}

#[inline(always)]
fn ethernet(bytes: &[u8]) -> Option<Link> {
    let header = bytes.first_chunk::<{ ethernet::LEN }>()?;
    Some(Link {
        src_mac: Some(Mac(field(header, ethernet::SOURCE))),
        dst_mac: Some(Mac(field(header, ethernet::DESTINATION))),
        ether_type: u16_at(header, ethernet::ETHER_TYPE),
        len: ethernet::LEN,
    })
}

#[inline(always)]
fn cooked_v1(bytes: &[u8]) -> Option<Link> {
    let header = bytes.first_chunk::<{ sll::LEN }>()?;
    let plain = is_plain(u16_at(header, sll::HARDWARE)) && u16_at(header, sll::ADDRESS_LEN) == MAC_LEN;
    plain.then(|| Link {
        src_mac: Some(Mac(field(header, sll::ADDRESS))),
        dst_mac: None,
        ether_type: u16_at(header, sll::PROTOCOL),
        len: sll::LEN,
    })
}

#[inline(always)]
fn cooked_v2(bytes: &[u8]) -> Option<Link> {
    let header = bytes.first_chunk::<{ sll2::LEN }>()?;
    let plain = is_plain(u16_at(header, sll2::HARDWARE)) && u16::from(header[sll2::ADDRESS_LEN]) == MAC_LEN;
    plain.then(|| Link {
        src_mac: Some(Mac(field(header, sll2::ADDRESS))),
        dst_mac: None,
        ether_type: u16_at(header, sll2::PROTOCOL),
        len: sll2::LEN,
    })
}

#[inline(always)]
fn is_plain(hardware: u16) -> bool {
    matches!(hardware, arphrd::ETHERNET | arphrd::LOOPBACK)
}

/// Where the IP header begins in its frame.
#[derive(Clone, Copy)]
struct Place<'a> {
    at: usize,
    captured: &'a [u8],
    wire_len: usize,
}

#[inline(always)]
fn v4(bytes: &[u8], place: Place<'_>, options: DecodeOptions) -> Option<Ip> {
    let header = bytes.first_chunk::<{ ipv4::LEN }>()?;
    let total_len = plain_v4(header)?;
    let protocol = header[ipv4::PROTOCOL];
    let content = content(protocol, place, ipv4::LEN, total_len, options)?;
    Some(Ip {
        src: IpAddr::V4(Ipv4Addr::from(field::<4>(header, ipv4::SOURCE))),
        dst: IpAddr::V4(Ipv4Addr::from(field::<4>(header, ipv4::DESTINATION))),
        protocol,
        ttl: header[ipv4::TTL],
        identification: Some(u16_at(header, ipv4::IDENTIFICATION).into()),
        total_len: total_len as u32,
        length_source: LengthSource::Header,
        fragment: None,
        transport: content.transport,
        payload_len: content.payload_len,
        payload_offset: content.payload_offset,
        payload_captured: content.payload_captured,
    })
}

#[inline(always)]
fn v6(bytes: &[u8], place: Place<'_>, options: DecodeOptions) -> Option<Ip> {
    let header = bytes.first_chunk::<{ ipv6::LEN }>()?;
    let total_len = plain_v6(header)?;
    let protocol = header[ipv6::NEXT_HEADER];
    let content = content(protocol, place, ipv6::LEN, total_len, options)?;
    Some(Ip {
        src: IpAddr::V6(Ipv6Addr::from(field::<16>(header, ipv6::SOURCE))),
        dst: IpAddr::V6(Ipv6Addr::from(field::<16>(header, ipv6::DESTINATION))),
        protocol,
        ttl: header[ipv6::HOP_LIMIT],
        identification: None,
        total_len: total_len as u32,
        length_source: LengthSource::Header,
        fragment: None,
        transport: content.transport,
        payload_len: content.payload_len,
        payload_offset: content.payload_offset,
        payload_captured: content.payload_captured,
    })
}

/// What an IP packet carries.
struct Content {
    transport: Transport,
    payload_len: u32,
    payload_offset: u32,
    payload_captured: u32,
}

#[inline(always)]
fn content(
    protocol: u8,
    place: Place<'_>,
    header_len: usize,
    total_len: usize,
    options: DecodeOptions,
) -> Option<Content> {
    let start = place.at + header_len;
    let end = place.at + total_len;
    if end > place.wire_len {
        return None;
    }
    // Bytes behind the IP packet are padding: a header must not be read from them.
    let segment = place.captured.get(start..end.min(place.captured.len()))?;
    let (transport, header_len, payload_len) = match protocol {
        PROTOCOL_TCP => {
            let tcp = tcp(segment)?;
            let header_len = usize::from(tcp.header_len);
            (Transport::Tcp(tcp), header_len, end - start - header_len)
        }
        PROTOCOL_UDP => udp(segment, end - start, options)?,
        _ => return None,
    };
    Some(Content {
        transport,
        payload_len: payload_len as u32,
        payload_offset: (start + header_len) as u32,
        payload_captured: (segment.len() - header_len).min(payload_len) as u32,
    })
}

#[inline(always)]
fn tcp(segment: &[u8]) -> Option<Tcp> {
    let (header, rest) = segment.split_first_chunk::<{ tcp::LEN }>()?;
    let offset_flags = u16_at(header, tcp::OFFSET_FLAGS);
    let header_len = usize::from(offset_flags >> 12) * 4;
    let options = rest.get(..header_len.checked_sub(tcp::LEN)?)?;
    let mut found = TcpOptions::default();
    let others = match options.split_first_chunk::<{ tcp::TIMESTAMPS_LEN }>() {
        Some((leading, others)) if field(leading, 0) == tcp::TIMESTAMPS => {
            found.timestamps = Some((u32_at(leading, 4), u32_at(leading, 8)));
            others
        }
        _ => options,
    };
    if !others.is_empty() {
        found = tcp_options::read(others, found);
    }
    Some(Tcp {
        src_port: u16_at(header, tcp::SOURCE),
        dst_port: u16_at(header, tcp::DESTINATION),
        seq: u32_at(header, tcp::SEQUENCE),
        ack: u32_at(header, tcp::ACKNOWLEDGEMENT),
        flags: offset_flags & Tcp::FLAG_BITS,
        window: u16_at(header, tcp::WINDOW),
        header_len: header_len as u8,
        window_scale: found.window_scale,
        mss: found.mss,
        timestamps: found.timestamps,
        sack_blocks: found.sack_blocks,
        sack_permitted: found.sack_permitted,
        sack: found.sack,
        options_cut: false,
    })
}

#[inline(always)]
fn udp(segment: &[u8], ip_payload_len: usize, options: DecodeOptions) -> Option<(Transport, usize, usize)> {
    let header = segment.first_chunk::<{ udp::LEN }>()?;
    let length = usize::from(u16_at(header, udp::LENGTH));
    let dst_port = u16_at(header, udp::DESTINATION);
    if length < udp::LEN || length > ip_payload_len || (options.decapsulate && tunnel::is_port(dst_port)) {
        return None;
    }
    let transport = Transport::Udp {
        src_port: u16_at(header, udp::SOURCE),
        dst_port,
    };
    Some((transport, udp::LEN, length - udp::LEN))
}

/// The `M` bytes at `offset`, which is a constant wherever this is called: the bound is checked when compiling.
#[inline(always)]
fn field<const M: usize>(header: &[u8], offset: usize) -> [u8; M] {
    let mut bytes = [0; M];
    bytes.copy_from_slice(&header[offset..offset + M]);
    bytes
}

#[inline(always)]
fn u16_at<const N: usize>(header: &[u8; N], offset: usize) -> u16 {
    u16::from_be_bytes(field(header, offset))
}

#[inline(always)]
fn u32_at<const N: usize>(header: &[u8; N], offset: usize) -> u32 {
    u32::from_be_bytes(field(header, offset))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{self, cut, ethernet, ipv4, ipv6, join, udp};
    use super::super::{decode_any, ether_type};
    use super::*;

    const TIMESTAMPS: [u8; 12] = [1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6];
    const SYN_OPTIONS: [u8; 20] = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 5, 0, 0, 0, 0, 1, 3, 3, 7];
    const SACK: [u8; 24] = [1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6, 1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0];

    /// An Ethernet frame as another link type would hold it.
    fn as_link(link_type: LinkType, ethernet: &[u8]) -> Vec<u8> {
        let (ether_type, payload) = (&ethernet[12..14], &ethernet[14..]);
        match link_type {
            LinkType::LINUX_SLL => join(&[&[0, 4, 0, 1, 0, 6], &testing::SENDER, &[0, 0], ether_type, payload]),
            LinkType::LINUX_SLL2 => {
                let header = [0, 0, 0, 0, 0, 2, 3, 4, 4, 6];
                join(&[ether_type, &header, &testing::SENDER, &[0, 0], payload])
            }
            _ => ethernet.to_vec(),
        }
    }

    const LINKS: [LinkType; 3] = [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2];

    fn plain_frames() -> Vec<Vec<u8>> {
        let mut transports = vec![(testing::UDP, udp(53, b"query")), (testing::UDP, udp(4789, &[8; 60]))];
        for options in [&[][..], &TIMESTAMPS, &SYN_OPTIONS, &SACK] {
            transports.push((testing::TCP, testing::tcp(options, b"payload")));
        }
        let mut frames = Vec::new();
        for (protocol, transport) in &transports {
            let packets = [
                (ether_type::IPV4, ipv4(*protocol, transport)),
                (ether_type::IPV6, ipv6(*protocol, transport)),
            ];
            for (ether_type, packet) in packets {
                frames.push(ethernet(ether_type, &packet));
                let tagged = join(&[&[0, 5], &ether_type.to_be_bytes(), &packet]);
                frames.push(ethernet(0x8100, &tagged));
                frames.push(ethernet(0x88a8, &join(&[&[0, 9, 0x81, 0], &tagged])));
            }
        }
        frames
    }

    #[test]
    fn plain_frames_take_the_fast_path() {
        for bytes in plain_frames() {
            let frame = testing::frame(LinkType::ETHERNET, &bytes);
            assert!(
                decode(&frame, &bytes, DecodeOptions::default()).is_some(),
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn a_vxlan_datagram_is_left_to_the_general_path_only_where_it_is_looked_into() {
        let bytes = ethernet(ether_type::IPV4, &ipv4(testing::UDP, &udp(4789, &[8; 60])));
        let frame = testing::frame(LinkType::ETHERNET, &bytes);
        assert!(decode(&frame, &bytes, DecodeOptions { decapsulate: false }).is_some());
        assert!(decode(&frame, &bytes, DecodeOptions { decapsulate: true }).is_none());
    }

    fn check(link_type: LinkType, bytes: &[u8], wire_len: usize, decapsulate: bool) -> Result<(), TestCaseError> {
        let frame = cut(link_type, bytes, wire_len);
        let options = DecodeOptions { decapsulate };
        let general = decode_any(&frame, bytes, options);
        if let Some(fast) = decode(&frame, bytes, options) {
            prop_assert_eq!(fast, general);
        }
        if let Some((segment, ends)) = crate::packet::segment(&frame, bytes) {
            check_segment(&segment, &ends, &general)?;
        }
        Ok(())
    }

    fn check_segment(segment: &Segment, ends: &Ends, general: &Packet) -> Result<(), TestCaseError> {
        let Network::Ip(ip) = &general.network else {
            return Err(TestCaseError::fail("a segment without IP"));
        };
        prop_assert_eq!(ip.transport, Transport::Tcp(segment.tcp(ends.ports())));
        prop_assert_eq!((ip.src, ip.dst), ends.addresses());
        prop_assert_eq!((ip.protocol, ip.fragment), (PROTOCOL_TCP, None));
        prop_assert_eq!(ip.total_len, segment.total_len());
        prop_assert_eq!(ip.identification, segment.identification());
        prop_assert_eq!(ip.payload_len, u32::from(segment.payload_len));
        prop_assert_eq!(ip.payload_offset, segment.payload_at);
        prop_assert_eq!(ip.payload_captured, u32::from(segment.payload_captured));
        prop_assert_eq!(general.time_ns, Some(segment.time_ns));
        prop_assert_eq!(general.wire_len, segment.wire_len);
        prop_assert_eq!(general.interface, u32::from(segment.interface));
        Ok(())
    }

    #[test]
    fn a_segment_of_an_open_connection_needs_no_more_than_its_record() {
        for options in [&[][..], &TIMESTAMPS] {
            let bytes = ethernet(
                ether_type::IPV4,
                &ipv4(testing::TCP, &testing::tcp(options, b"payload")),
            );
            let frame = testing::frame(LinkType::ETHERNET, &bytes);
            assert!(crate::packet::segment(&frame, &bytes).is_some());
        }
        let syn = ethernet(ether_type::IPV4, &ipv4(testing::TCP, &testing::tcp(&SYN_OPTIONS, b"")));
        assert!(crate::packet::segment(&testing::frame(LinkType::ETHERNET, &syn), &syn).is_none());
    }

    #[test]
    fn a_plain_frame_cut_anywhere_reads_the_same_on_both_paths() {
        for (bytes, link_type) in plain_frames().iter().flat_map(|bytes| LINKS.map(|link| (bytes, link))) {
            let bytes = as_link(link_type, bytes);
            for len in 0..=bytes.len() {
                check(link_type, &bytes[..len], bytes.len(), false).unwrap();
                check(link_type, &bytes[..len], len, true).unwrap();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn a_mutated_frame_reads_the_same_on_both_paths(
            which in any::<prop::sample::Index>(),
            link_type in prop::sample::select(&LINKS[..]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            len in any::<prop::sample::Index>(),
            more_on_wire in 0_usize..40,
            padding in 0_usize..8,
            decapsulate in any::<bool>(),
        ) {
            let frames = plain_frames();
            let mut bytes = as_link(link_type, &frames[which.index(frames.len())]);
            bytes.resize(bytes.len() + padding, 0);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            let wire_len = bytes.len() + more_on_wire;
            check(link_type, &bytes, wire_len, decapsulate)?;
            check(link_type, &bytes[..len.index(bytes.len() + 1)], wire_len, decapsulate)?;
        }

        #[test]
        fn arbitrary_bytes_read_the_same_on_both_paths(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
            link_type in prop::sample::select(&LINKS[..]),
            wire_len in 0_usize..200,
        ) {
            check(link_type, &bytes, wire_len, true)?;
        }
    }
}
