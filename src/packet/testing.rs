//! Frames made by hand, for the tests of this room.

use super::{DecodeOptions, Ip, Network, Packet, Transport, decode};
use crate::capture::{Frame, LinkType};

pub(super) const SENDER: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(super) const RECEIVER: [u8; 6] = [2, 0, 0, 0, 0, 2];
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// Concatenates.
pub(super) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Ethernet from `SENDER` to `RECEIVER`.
pub(super) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&RECEIVER, &SENDER, &ether_type.to_be_bytes(), payload])
}

/// IPv4 from 10.0.0.1 to 10.0.0.2, identification 0x1234, time to live 64.
pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total_len = (20 + payload.len()) as u16;
    let mut header = vec![
        0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    header[2..4].copy_from_slice(&total_len.to_be_bytes());
    join(&[&header, payload])
}

/// An IPv4 fragment of what `ipv4` would carry; `offset` in bytes.
pub(super) fn ipv4_fragment(protocol: u8, offset: u16, more: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = ipv4(protocol, payload);
    let word = (offset / 8) | if more { 0x2000 } else { 0 };
    packet[6..8].copy_from_slice(&word.to_be_bytes());
    packet
}

/// IPv6 from fd00::1 to fd00::2, hop limit 64.
pub(super) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0, 0, 0, next_header, 64];
    header[4..6].copy_from_slice(&(payload.len() as u16).to_be_bytes());
    for host in [1, 2] {
        header.extend_from_slice(&[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    join(&[&header, payload])
}

/// TCP from port 40000 to 80, sequence 1000, acknowledgement 2000, ACK and PSH, window 500.
pub(super) fn tcp(options: &[u8], payload: &[u8]) -> Vec<u8> {
    let words = (5 + options.len() / 4) as u8;
    let ports_and_numbers = [0x9c, 0x40, 0, 80, 0, 0, 3, 0xe8, 0, 0, 7, 0xd0];
    join(&[
        &ports_and_numbers,
        &[words << 4, 0x18, 1, 0xf4, 0, 0, 0, 0],
        options,
        payload,
    ])
}

/// UDP from port 40000 to `dst_port`.
pub(super) fn udp(dst_port: u16, payload: &[u8]) -> Vec<u8> {
    let len = (8 + payload.len()) as u16;
    join(&[
        &[0x9c, 0x40],
        &dst_port.to_be_bytes(),
        &len.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// A frame of which all was captured.
pub(super) fn frame(link_type: LinkType, bytes: &[u8]) -> Frame {
    cut(link_type, bytes, bytes.len())
}

/// A frame that had `wire_len` bytes on the wire.
pub(super) fn cut(link_type: LinkType, captured: &[u8], wire_len: usize) -> Frame {
    Frame {
        time_ns: Some(1_700_000_000_000_000_000),
        offset: 0,
        captured_len: captured.len() as u32,
        wire_len: wire_len as u32,
        interface: 3,
        link_type,
    }
}

/// Decodes a frame of which all was captured.
pub(super) fn read(link_type: LinkType, bytes: &[u8]) -> Packet {
    decode(&frame(link_type, bytes), bytes, DecodeOptions::default())
}

/// Decodes an Ethernet frame of `wire_len` bytes of which `captured` was captured.
pub(super) fn read_cut(captured: &[u8], wire_len: usize) -> Packet {
    decode(
        &cut(LinkType::ETHERNET, captured, wire_len),
        captured,
        DecodeOptions::default(),
    )
}

/// The IP packet in a frame.
#[track_caller]
pub(super) fn ip(packet: Packet) -> Ip {
    match packet.network {
        Network::Ip(ip) => ip,
        other => panic!("not IP: {other:?}"),
    }
}

/// The destination port of the TCP, UDP or other transport in an IP packet.
#[track_caller]
pub(super) fn dst_port(ip: &Ip) -> u16 {
    match ip.transport {
        Transport::Tcp(tcp) => tcp.dst_port,
        Transport::Udp { dst_port, .. } | Transport::Ports { dst_port, .. } => dst_port,
        other => panic!("no ports: {other:?}"),
    }
}
