//! The frames that captures are full of, read in a few nanoseconds: Ethernet, VLAN tags or none, IPv4 without options
//! or IPv6 without extension headers, TCP or UDP, whole headers. Anything else is left to the general path, which
//! gives the same answer for these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DecodeOptions, Ip, LengthSource, Mac, Network, Packet, Tcp, Transport, ether_type, tcp_options, tunnel};
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
    /// Options of timestamps alone, as every stack lays them out: no operation twice, kind 8, length 10.
    pub const TIMESTAMPS_ALONE: [u8; 4] = [1, 1, 8, 10];
    /// Length of these.
    pub const TIMESTAMPS_LEN: usize = 12;
}

/// UDP; big-endian.
mod udp {
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 2;
    pub const LENGTH: usize = 4;
    pub const LEN: usize = 8;
}

const PROTOCOL_TCP: u8 = 6;
const PROTOCOL_UDP: u8 = 17;

/// What the IP header said.
struct Network3 {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    ttl: u8,
    identification: Option<u32>,
    total_len: usize,
    header_len: usize,
}

/// Reads a plain frame; `None` for any other.
#[inline]
pub(super) fn decode(frame: &Frame, bytes: &[u8], options: DecodeOptions) -> Option<Packet> {
    if frame.link_type != LinkType::ETHERNET || bytes.len() > frame.wire_len as usize {
        return None;
    }
    let link = bytes.first_chunk::<{ ethernet::LEN }>()?;
    let mut at = ethernet::LEN;
    let mut ether_type = u16_at(link, ethernet::ETHER_TYPE);
    while ether_type::VLAN.contains(&ether_type) {
        let tag = bytes.get(at..)?.first_chunk::<{ ether_type::VLAN_LEN }>()?;
        ether_type = u16_at(tag, ether_type::VLAN_TYPE);
        at += ether_type::VLAN_LEN;
    }
    let rest = bytes.get(at..)?;
    let ip = match ether_type {
        ether_type::IPV4 => v4(rest)?,
        ether_type::IPV6 => v6(rest)?,
        _ => return None,
    };
    let ip_end = at + ip.total_len;
    let transport_at = at + ip.header_len;
    if ip_end > frame.wire_len as usize {
        return None;
    }
    // Bytes behind the IP packet are padding: a header must not be read from them.
    let segment = bytes.get(transport_at..ip_end.min(bytes.len()))?;
    let (transport, transport_len, payload_len) = match ip.protocol {
        PROTOCOL_TCP => {
            let tcp = tcp(segment)?;
            let header_len = usize::from(tcp.header_len);
            (Transport::Tcp(tcp), header_len, ip_end - transport_at - header_len)
        }
        PROTOCOL_UDP => udp(segment, ip_end - transport_at, options)?,
        _ => return None,
    };
    let payload_at = transport_at + transport_len;
    Some(Packet {
        time_ns: frame.time_ns,
        wire_len: frame.wire_len,
        captured_len: frame.captured_len,
        interface: frame.interface,
        src_mac: Some(Mac(field(link, ethernet::SOURCE))),
        dst_mac: Some(Mac(field(link, ethernet::DESTINATION))),
        network: Network::Ip(Ip {
            src: ip.src,
            dst: ip.dst,
            protocol: ip.protocol,
            ttl: ip.ttl,
            identification: ip.identification,
            total_len: ip.total_len as u32,
            length_source: LengthSource::Header,
            fragment: None,
            transport,
            payload_len: payload_len as u32,
            payload_offset: payload_at as u32,
            payload_captured: bytes.len().saturating_sub(payload_at).min(payload_len) as u32,
        }),
    })
}

#[inline]
fn v4(bytes: &[u8]) -> Option<Network3> {
    let header = bytes.first_chunk::<{ ipv4::LEN }>()?;
    let total_len = usize::from(u16_at(header, ipv4::TOTAL_LEN));
    if header[ipv4::VERSION_IHL] != ipv4::PLAIN
        || u16_at(header, ipv4::FRAGMENT) & ipv4::FRAGMENT_BITS != 0
        || total_len < ipv4::LEN
    {
        return None;
    }
    Some(Network3 {
        src: IpAddr::V4(Ipv4Addr::from(field::<4>(header, ipv4::SOURCE))),
        dst: IpAddr::V4(Ipv4Addr::from(field::<4>(header, ipv4::DESTINATION))),
        protocol: header[ipv4::PROTOCOL],
        ttl: header[ipv4::TTL],
        identification: Some(u16_at(header, ipv4::IDENTIFICATION).into()),
        total_len,
        header_len: ipv4::LEN,
    })
}

#[inline]
fn v6(bytes: &[u8]) -> Option<Network3> {
    let header = bytes.first_chunk::<{ ipv6::LEN }>()?;
    let payload_len = usize::from(u16_at(header, ipv6::PAYLOAD_LEN));
    if header[ipv6::VERSION] >> 4 != 6 || payload_len == 0 {
        return None;
    }
    Some(Network3 {
        src: IpAddr::V6(Ipv6Addr::from(field::<16>(header, ipv6::SOURCE))),
        dst: IpAddr::V6(Ipv6Addr::from(field::<16>(header, ipv6::DESTINATION))),
        protocol: header[ipv6::NEXT_HEADER],
        ttl: header[ipv6::HOP_LIMIT],
        identification: None,
        total_len: payload_len + ipv6::LEN,
        header_len: ipv6::LEN,
    })
}

#[inline]
fn tcp(segment: &[u8]) -> Option<Tcp> {
    let (header, rest) = segment.split_first_chunk::<{ tcp::LEN }>()?;
    let offset_flags = u16_at(header, tcp::OFFSET_FLAGS);
    let header_len = usize::from(offset_flags >> 12) * 4;
    let options = rest.get(..header_len.checked_sub(tcp::LEN)?)?;
    let mut tcp = Tcp {
        src_port: u16_at(header, tcp::SOURCE),
        dst_port: u16_at(header, tcp::DESTINATION),
        seq: u32_at(header, tcp::SEQUENCE),
        ack: u32_at(header, tcp::ACKNOWLEDGEMENT),
        flags: offset_flags & Tcp::FLAG_BITS,
        window: u16_at(header, tcp::WINDOW),
        header_len: header_len as u8,
        window_scale: None,
        mss: None,
        timestamps: None,
        sack_blocks: 0,
        sack_permitted: false,
        sack: [(0, 0); 2],
        options_cut: false,
    };
    match <&[u8; tcp::TIMESTAMPS_LEN]>::try_from(options) {
        Ok(alone) if field(alone, 0) == tcp::TIMESTAMPS_ALONE => {
            tcp.timestamps = Some((u32_at(alone, 4), u32_at(alone, 8)));
        }
        _ => tcp_options::read(options, &mut tcp),
    }
    Some(tcp)
}

#[inline]
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
