//! Transport headers: as much of them as was captured.

use etherparse::{TcpHeaderSlice, UdpHeaderSlice, ip_number};

use super::layer::Layer;
use super::{Tcp, Transport, tcp_options};

/// Longest TCP header, bytes: the data offset counts 15 words.
const TCP_MAX_LEN: usize = 60;
/// TCP header without options, bytes.
const TCP_MIN_LEN: usize = 20;
/// TCP header up to the window, bytes: the checksum and the urgent pointer behind it are not needed.
const TCP_READABLE_LEN: usize = 16;
/// UDP and UDP-Lite header, bytes.
const UDP_LEN: usize = 8;
/// SCTP common header, bytes.
const SCTP_LEN: usize = 12;
/// ICMP and ICMPv6 header as echo has it, bytes.
const ICMP_LEN: usize = 8;
/// Source and destination port, big-endian, which every transport protocol here begins with.
const PORTS_LEN: usize = 4;

/// Where the fields lie that are read without a view of etherparse's.
mod offset {
    /// DCCP: data offset in 32-bit words.
    pub const DCCP_DATA_OFFSET: usize = 4;
}

/// Reads the transport header at the start of `layer`, the IP payload, and gives the layer that it carries.
pub(super) fn decode(protocol: u8, layer: Layer<'_>) -> (Transport, Layer<'_>) {
    use ip_number as n;
    match etherparse::IpNumber(protocol) {
        n::TCP => tcp(layer),
        n::UDP => udp(layer),
        n::UDP_LITE => (ports(&layer), layer.skip(UDP_LEN)),
        n::SCTP => (ports(&layer), layer.skip(SCTP_LEN)),
        n::DCCP => {
            let words = layer.u8(offset::DCCP_DATA_OFFSET).unwrap_or(0);
            (ports(&layer), layer.skip(usize::from(words) * 4))
        }
        n::ICMP => icmp(layer, &[0, 8]),
        n::IPV6_ICMP => icmp(layer, &[128, 129]),
        _ => (Transport::Other, layer),
    }
}

fn tcp(layer: Layer<'_>) -> (Transport, Layer<'_>) {
    let (head, real) = layer.head::<TCP_MAX_LEN>();
    let [_, _, _, _, _, _, _, _, _, _, _, _, high, low, ..] = head;
    let header_len = usize::from(high >> 4) * 4;
    let (Ok(view), true) = (TcpHeaderSlice::from_slice(&head), real >= TCP_READABLE_LEN) else {
        return (ports(&layer), layer.skip(header_len.max(TCP_MIN_LEN)));
    };
    let mut tcp = Tcp {
        src_port: view.source_port(),
        dst_port: view.destination_port(),
        seq: view.sequence_number(),
        ack: view.acknowledgment_number(),
        flags: u16::from_be_bytes([high, low]) & Tcp::FLAG_BITS,
        window: view.window_size(),
        header_len: header_len as u8,
        window_scale: None,
        mss: None,
        timestamps: None,
        sack_blocks: 0,
        sack_permitted: false,
        sack: [(0, 0); 2],
        options_cut: real < header_len,
    };
    tcp_options::read(
        head.get(TCP_MIN_LEN..header_len.min(real)).unwrap_or_default(),
        &mut tcp,
    );
    (Transport::Tcp(tcp), layer.skip(header_len))
}

fn udp(layer: Layer<'_>) -> (Transport, Layer<'_>) {
    let (head, real) = layer.head::<UDP_LEN>();
    let payload = layer.skip(UDP_LEN);
    let (Ok(view), UDP_LEN) = (UdpHeaderSlice::from_slice(&head), real) else {
        return (ports(&layer), payload);
    };
    let transport = Transport::Udp {
        src_port: view.source_port(),
        dst_port: view.destination_port(),
    };
    match usize::from(view.length()).checked_sub(UDP_LEN) {
        Some(len) => (transport, payload.limit(len)),
        // 0 is written by offload, and in jumbograms (RFC 2675 section 4): the IP length stays in force.
        None if view.length() == 0 => (transport, payload),
        None => (ports(&layer), payload),
    }
}

/// The ports of a header that says nothing else, or nothing else that can be believed.
fn ports(layer: &Layer<'_>) -> Transport {
    let Some([s0, s1, d0, d1]) = layer.array::<PORTS_LEN>(0) else {
        return Transport::Cut;
    };
    Transport::Ports {
        src_port: u16::from_be_bytes([s0, s1]),
        dst_port: u16::from_be_bytes([d0, d1]),
    }
}

fn icmp<'a>(layer: Layer<'a>, echo: &[u8]) -> (Transport, Layer<'a>) {
    let (head, real) = layer.head::<ICMP_LEN>();
    let [kind, code, _, _, id0, id1, seq0, seq1] = head;
    let is_echo = echo.contains(&kind);
    let transport = if real < if is_echo { ICMP_LEN } else { 2 } {
        Transport::Cut
    } else {
        Transport::Icmp {
            kind,
            code,
            identifier: if is_echo { u16::from_be_bytes([id0, id1]) } else { 0 },
            sequence: if is_echo { u16::from_be_bytes([seq0, seq1]) } else { 0 },
        }
    };
    (transport, layer.skip(ICMP_LEN))
}
