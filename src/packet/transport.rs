//! Transport headers: as much of them as was captured.

use etherparse::{TcpHeaderSlice, UdpHeaderSlice, ip_number};

use super::layer::Layer;
use super::tcp_options::{self, TcpOptions};
use super::{Tcp, Transport};

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
    let options = head.get(TCP_MIN_LEN..header_len.min(real)).unwrap_or_default();
    let found = tcp_options::read(options, TcpOptions::default());
    let tcp = Tcp {
        src_port: view.source_port(),
        dst_port: view.destination_port(),
        seq: view.sequence_number(),
        ack: view.acknowledgment_number(),
        flags: u16::from_be_bytes([high, low]) & Tcp::FLAG_BITS,
        window: view.window_size(),
        header_len: header_len as u8,
        window_scale: found.window_scale,
        mss: found.mss,
        timestamps: found.timestamps,
        sack_blocks: found.sack_blocks,
        sack_permitted: found.sack_permitted,
        sack: found.sack,
        options_cut: real < header_len,
    };
    let payload = if layer.wire_len() < header_len {
        layer.nowhere()
    } else {
        layer.skip(header_len)
    };
    (Transport::Tcp(tcp), payload)
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

#[cfg(test)]
mod tests {
    use super::super::testing::{self, dst_port, ethernet, ip, ipv4, ipv6, join, read, read_cut, udp};
    use super::super::{Tcp, Transport};
    use crate::capture::LinkType;

    /// Bytes before the transport header.
    const BEFORE: usize = 14 + 20;
    const TIMESTAMPS: [u8; 12] = [1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6];

    fn tcp_frame() -> Vec<u8> {
        ethernet(0x0800, &ipv4(testing::TCP, &testing::tcp(&TIMESTAMPS, &[b'x'; 100])))
    }

    #[test]
    fn a_tcp_header_gives_its_fields() {
        let packet = ip(read(LinkType::ETHERNET, &tcp_frame()));
        let expected = Tcp {
            src_port: 40000,
            dst_port: 80,
            seq: 1000,
            ack: 2000,
            flags: Tcp::ACK | Tcp::PSH,
            window: 500,
            header_len: 32,
            window_scale: None,
            mss: None,
            timestamps: Some((5, 6)),
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        };
        assert_eq!(packet.transport, Transport::Tcp(expected));
        assert_eq!(
            (packet.payload_len, packet.payload_offset, packet.payload_captured),
            (100, 66, 100)
        );
    }

    #[test]
    fn all_twelve_flag_bits_are_kept() {
        let mut bytes = tcp_frame();
        bytes[BEFORE + 12] |= 0x0f;
        bytes[BEFORE + 13] = 0xff;
        let Transport::Tcp(tcp) = ip(read(LinkType::ETHERNET, &bytes)).transport else {
            panic!()
        };
        assert_eq!((tcp.flags, tcp.header_len), (0x0fff, 32));
    }

    #[test]
    fn a_snap_length_leaves_the_payload_length_alone() {
        let bytes = tcp_frame();
        for len in BEFORE + 13..bytes.len() {
            let packet = ip(read_cut(&bytes[..len], bytes.len()));
            assert_eq!(packet.payload_len, 100, "cut at {len}");
            assert_eq!(
                packet.payload_captured as usize,
                len.saturating_sub(BEFORE + 32),
                "cut at {len}"
            );
        }
    }

    #[test]
    fn a_tcp_header_gives_what_was_captured_of_it() {
        let bytes = tcp_frame();
        for captured in 0..=32 {
            let transport = ip(read_cut(&bytes[..BEFORE + captured], bytes.len())).transport;
            match (captured, transport) {
                (0..4, Transport::Cut) => {}
                (
                    4..16,
                    Transport::Ports {
                        src_port: 40000,
                        dst_port: 80,
                    },
                ) => {}
                (16.., Transport::Tcp(tcp)) => {
                    assert_eq!((tcp.seq, tcp.ack, tcp.window, tcp.header_len), (1000, 2000, 500, 32));
                    assert_eq!(tcp.options_cut, captured < 32);
                    assert_eq!(tcp.timestamps, (captured == 32).then_some((5, 6)));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_tcp_header_without_room_for_itself_gives_its_ports() {
        let mut bytes = tcp_frame();
        bytes[BEFORE + 12] = 0x40;
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        assert_eq!(
            packet.transport,
            Transport::Ports {
                src_port: 40000,
                dst_port: 80
            }
        );
    }

    #[test]
    fn a_tcp_header_longer_than_its_packet_has_no_payload() {
        let mut bytes = ethernet(0x0800, &ipv4(testing::TCP, &testing::tcp(&[], b"ten bytes.")));
        bytes[BEFORE + 12] = 0xf0;
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        let Transport::Tcp(tcp) = packet.transport else {
            panic!()
        };
        assert_eq!((tcp.header_len, tcp.options_cut, packet.payload_len), (60, true, 0));
        assert_eq!(packet.payload_offset, u32::MAX);
    }

    #[test]
    fn padding_is_not_read_as_a_transport_header() {
        let short = ethernet(0x0800, &ipv4(testing::TCP, &testing::tcp(&[], b"")[..10]));
        let padded = join(&[&short, &[0; 30]]);
        let packet = ip(read(LinkType::ETHERNET, &padded));
        assert_eq!(
            packet.transport,
            Transport::Ports {
                src_port: 40000,
                dst_port: 80
            }
        );
    }

    #[test]
    fn a_udp_length_shorter_than_the_packet_bounds_the_payload() {
        let mut bytes = ethernet(0x0800, &ipv4(testing::UDP, &udp(53, &[0; 20])));
        for (length, payload_len) in [(28_u16, 20), (18, 10), (8, 0), (100, 20), (0, 20)] {
            bytes[BEFORE + 4..BEFORE + 6].copy_from_slice(&length.to_be_bytes());
            let packet = ip(read(LinkType::ETHERNET, &bytes));
            assert_eq!(
                packet.transport,
                Transport::Udp {
                    src_port: 40000,
                    dst_port: 53
                }
            );
            assert_eq!(packet.payload_len, payload_len, "length {length}");
        }
    }

    #[test]
    fn a_udp_header_that_is_cut_or_impossible_gives_its_ports() {
        let mut bytes = ethernet(0x0800, &ipv4(testing::UDP, &udp(53, &[0; 20])));
        let ports = Transport::Ports {
            src_port: 40000,
            dst_port: 53,
        };
        assert_eq!(ip(read_cut(&bytes[..BEFORE + 7], bytes.len())).transport, ports);
        assert_eq!(ip(read_cut(&bytes[..BEFORE + 7], bytes.len())).payload_len, 20);
        assert_eq!(
            ip(read_cut(&bytes[..BEFORE + 3], bytes.len())).transport,
            Transport::Cut
        );
        bytes[BEFORE + 5] = 7;
        assert_eq!(ip(read(LinkType::ETHERNET, &bytes)).transport, ports);
    }

    #[test]
    fn echo_has_its_identifier_and_sequence_and_others_have_none() {
        for (protocol, kind, echo) in [
            (1, 8, true),
            (1, 0, true),
            (1, 3, false),
            (58, 128, true),
            (58, 129, true),
            (58, 8, false),
        ] {
            let message = [kind, 1, 0, 0, 0x12, 0x34, 0, 9, b'd', b'a', b't', b'a'];
            for bytes in [
                ethernet(0x0800, &ipv4(protocol, &message)),
                ethernet(0x86dd, &ipv6(protocol, &message)),
            ] {
                let packet = ip(read(LinkType::ETHERNET, &bytes));
                let (identifier, sequence) = if echo { (0x1234, 9) } else { (0, 0) };
                let expected = Transport::Icmp {
                    kind,
                    code: 1,
                    identifier,
                    sequence,
                };
                assert_eq!((packet.transport, packet.payload_len), (expected, 4));
            }
        }
    }

    #[test]
    fn a_cut_echo_is_not_given_a_false_identifier() {
        let bytes = ethernet(0x0800, &ipv4(1, &[8, 0, 0, 0, 0x12, 0x34, 0, 9]));
        assert_eq!(
            ip(read_cut(&bytes[..BEFORE + 7], bytes.len())).transport,
            Transport::Cut
        );
    }

    #[test]
    fn sctp_dccp_and_udp_lite_give_their_ports_and_payload() {
        let mut header = [0; 40];
        header[..4].copy_from_slice(&[0x9c, 0x40, 0, 53]);
        header[4] = 4;
        for (protocol, payload_len) in [(132, 40 - 12), (33, 40 - 16), (136, 40 - 8)] {
            let packet = ip(read(LinkType::ETHERNET, &ethernet(0x0800, &ipv4(protocol, &header))));
            assert_eq!(
                (dst_port(&packet), packet.payload_len),
                (53, payload_len),
                "protocol {protocol}"
            );
        }
    }

    #[test]
    fn another_protocol_is_payload_from_its_first_byte() {
        let packet = ip(read(LinkType::ETHERNET, &ethernet(0x0800, &ipv4(89, &[0; 44]))));
        assert_eq!(
            (packet.transport, packet.payload_len, packet.payload_offset),
            (Transport::Other, 44, 34)
        );
    }
}
