//! Tunnels: what GRE, VXLAN, Geneve and IP-in-IP carry.

use etherparse::{IpNumber, ip_number};

use super::layer::Layer;
use super::{Context, Network, Transport, ether_type, ip, link};

/// Destination ports of VXLAN: IANA's (RFC 7348), and Linux's before there was one.
const VXLAN_PORTS: [u16; 2] = [4789, 8472];
/// Destination port of Geneve (RFC 8926).
const GENEVE_PORT: u16 = 6081;
/// Version and reserved bytes of EtherIP (RFC 3378).
const ETHER_IP_LEN: usize = 2;

/// GRE (RFC 2784, RFC 2890); version 1 is PPTP's (RFC 2637).
mod gre {
    /// Flags and version, big-endian.
    pub const FLAGS: usize = 0;
    /// EtherType of the payload.
    pub const PROTOCOL: usize = 2;
    /// Bytes without any optional field.
    pub const LEN: usize = 4;
    /// Checksum and offset present: 4 bytes.
    pub const CHECKSUM: u16 = 0x8000;
    /// Routing present (RFC 1701): checksum and offset are there too, then source route entries.
    pub const ROUTING: u16 = 0x4000;
    /// Key present: 4 bytes.
    pub const KEY: u16 = 0x2000;
    /// Sequence number present: 4 bytes.
    pub const SEQUENCE: u16 = 0x1000;
    /// Acknowledgement number present (version 1): 4 bytes.
    pub const ACKNOWLEDGEMENT: u16 = 0x0080;
    /// Version.
    pub const VERSION: u16 = 0x0007;
    /// Protocol of PPP in version 1.
    pub const PPP: u16 = 0x880b;
    /// Protocol of ERSPAN types I and II.
    pub const ERSPAN: u16 = 0x88be;
    /// Protocol of ERSPAN type III.
    pub const ERSPAN_III: u16 = 0x22eb;
}

/// ERSPAN headers (draft-foschiano-erspan).
mod erspan {
    /// Type II.
    pub const LEN_II: usize = 8;
    /// Type III, without its platform specific subheader.
    pub const LEN_III: usize = 12;
    /// Type III: the byte whose lowest bit says that the subheader follows.
    pub const OPTION: usize = 11;
    /// That subheader.
    pub const SUBHEADER_LEN: usize = 8;
}

/// VXLAN (RFC 7348).
mod vxlan {
    /// Flags.
    pub const FLAGS: usize = 0;
    /// The VXLAN network identifier is valid.
    pub const VALID: u8 = 0x08;
    /// Bytes of the header.
    pub const LEN: usize = 8;
}

/// Geneve (RFC 8926).
mod geneve {
    /// Version, two bits, and length of the options in units of 4 bytes, six bits.
    pub const VERSION_LEN: usize = 0;
    /// EtherType of the payload.
    pub const PROTOCOL: usize = 2;
    /// Bytes without options.
    pub const LEN: usize = 8;
}

/// Whether datagrams to this UDP port are looked into.
pub(super) fn is_port(dst_port: u16) -> bool {
    VXLAN_PORTS.contains(&dst_port) || dst_port == GENEVE_PORT
}

/// Looks into a tunnel, if this is one and the context allows it: `data` is the IP payload, `payload` what follows
/// its transport header. `None` where there is no tunnel, or nothing in it that could be read.
pub(super) fn decode(
    protocol: u8,
    transport: &Transport,
    data: Layer<'_>,
    payload: Layer<'_>,
    context: &mut Context,
) -> Option<Network> {
    let outer = (context.src_mac, context.dst_mac);
    context.tunnels_left = context.tunnels_left.checked_sub(1)?;
    let inner = match (IpNumber(protocol), transport) {
        (ip_number::IPV4, _) => ip::decode(data, context),
        (ip_number::IPV6, _) => ip::decode_v6(data, context),
        (ip_number::MPLS_IN_IP, _) => ether_type::decode_mpls(0, data, context),
        (ip_number::ETHER_IP, _) => link::ethernet(data.skip(ETHER_IP_LEN), context),
        (ip_number::GRE, _) => gre(data, context),
        (_, Transport::Udp { dst_port, .. }) if VXLAN_PORTS.contains(dst_port) => vxlan(payload, context),
        (
            _,
            Transport::Udp {
                dst_port: GENEVE_PORT, ..
            },
        ) => geneve(payload, context),
        _ => Network::Malformed,
    };
    if matches!(inner, Network::Ip(_) | Network::Arp(_)) {
        return Some(inner);
    }
    (context.src_mac, context.dst_mac) = outer;
    None
}

fn gre(layer: Layer<'_>, context: &mut Context) -> Network {
    let (Some(flags), Some(protocol)) = (layer.u16(gre::FLAGS), layer.u16(gre::PROTOCOL)) else {
        return Network::Malformed;
    };
    let version = flags & gre::VERSION;
    if version > 1 || (version == 0 && flags & gre::ROUTING != 0) {
        return Network::Malformed;
    }
    let optional = [gre::CHECKSUM, gre::KEY, gre::SEQUENCE]
        .iter()
        .filter(|&&bit| flags & bit != 0)
        .count()
        + usize::from(version == 1 && flags & gre::ACKNOWLEDGEMENT != 0);
    let payload = layer.skip(gre::LEN + 4 * optional);
    match protocol {
        gre::PPP => ether_type::decode_ppp(payload, context),
        // Type I has no header of its own, and shows by GRE's lack of a sequence number.
        gre::ERSPAN if flags & gre::SEQUENCE == 0 => link::ethernet(payload, context),
        gre::ERSPAN => link::ethernet(payload.skip(erspan::LEN_II), context),
        gre::ERSPAN_III => match payload.u8(erspan::OPTION) {
            Some(option) => {
                let subheader = if option & 1 != 0 { erspan::SUBHEADER_LEN } else { 0 };
                link::ethernet(payload.skip(erspan::LEN_III + subheader), context)
            }
            None => Network::Malformed,
        },
        _ => ether_type::decode(protocol, payload, context),
    }
}

fn vxlan(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u8(vxlan::FLAGS) {
        Some(flags) if flags & vxlan::VALID != 0 => link::ethernet(layer.skip(vxlan::LEN), context),
        _ => Network::Malformed,
    }
}

fn geneve(layer: Layer<'_>, context: &mut Context) -> Network {
    let (Some(version_len), Some(protocol)) = (layer.u8(geneve::VERSION_LEN), layer.u16(geneve::PROTOCOL)) else {
        return Network::Malformed;
    };
    if version_len >> 6 != 0 {
        return Network::Malformed;
    }
    let payload = layer.skip(geneve::LEN + usize::from(version_len & 0x3f) * 4);
    ether_type::decode(protocol, payload, context)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::testing::{
        RECEIVER, SENDER, TCP, UDP, dst_port, ethernet, frame, ip, ipv4, ipv4_fragment, ipv6, join, tcp, udp,
    };
    use super::super::{DecodeOptions, Mac, Network, Packet, decode};
    use crate::capture::LinkType;

    const INNER_MAC: [u8; 6] = [2, 9, 9, 9, 9, 9];

    fn open(bytes: &[u8], decapsulate: bool) -> Packet {
        decode(&frame(LinkType::ETHERNET, bytes), bytes, DecodeOptions { decapsulate })
    }

    /// TCP in IPv4 from 10.9.9.9, other than the tunnel's end.
    fn inner() -> Vec<u8> {
        let mut packet = ipv4(TCP, &tcp(&[], b"abcd"));
        packet[12..16].copy_from_slice(&[10, 9, 9, 9]);
        packet
    }

    fn inner_ethernet() -> Vec<u8> {
        let mut bytes = ethernet(0x0800, &inner());
        bytes[6..12].copy_from_slice(&INNER_MAC);
        bytes
    }

    /// What `protocol` carries in IPv4 and in IPv6 is `inner`, and is looked into only when asked for.
    #[track_caller]
    fn carries(protocol: u8, payload: &[u8]) {
        let outer = [
            ethernet(0x0800, &ipv4(protocol, payload)),
            ethernet(0x86dd, &ipv6(protocol, payload)),
        ];
        for bytes in outer {
            let found = ip(open(&bytes, true));
            assert_eq!(found.src, IpAddr::from([10, 9, 9, 9]));
            assert_eq!((dst_port(&found), found.total_len, found.payload_len), (80, 44, 4));
            assert_eq!(found.payload_offset as usize, bytes.len() - 4);
            let outside = ip(open(&bytes, false));
            assert_eq!(
                (outside.protocol, outside.total_len as usize),
                (protocol, bytes.len() - 14)
            );
        }
    }

    #[test]
    fn ip_in_ip_is_looked_into() {
        carries(4, &inner());
        carries(97, &join(&[&[0x30, 0], &inner_ethernet()]));
        carries(137, &join(&[&[0, 6, 0x51, 64], &inner()]));
        let six = ethernet(0x0800, &ipv4(41, &ipv6(TCP, &tcp(&[], b""))));
        assert!(ip(open(&six, true)).src.is_ipv6());
    }

    #[test]
    fn gre_is_looked_into_whatever_fields_it_has() {
        carries(47, &join(&[&[0, 0, 8, 0], &inner()]));
        carries(47, &join(&[&[0x20, 0, 8, 0, 0, 0, 0, 5], &inner()]));
        carries(47, &join(&[&[0xb0, 0, 8, 0], &[0; 12], &inner()]));
        carries(47, &join(&[&[0, 0, 0x88, 0x47, 0, 6, 0x51, 64], &inner()]));
        // NVGRE: Ethernet with a key; version 1: PPP with sequence and acknowledgement numbers.
        carries(47, &join(&[&[0x20, 0, 0x65, 0x58, 0, 0, 5, 0], &inner_ethernet()]));
        carries(
            47,
            &join(&[&[0x30, 0x81, 0x88, 0x0b, 0, 46, 0, 7], &[0; 8], &[0, 0x21], &inner()]),
        );
    }

    #[test]
    fn erspan_of_each_type_is_looked_into() {
        carries(47, &join(&[&[0, 0, 0x88, 0xbe], &inner_ethernet()]));
        carries(
            47,
            &join(&[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], &[0x10; 8], &inner_ethernet()]),
        );
        let type_iii = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1];
        carries(47, &join(&[&type_iii, &[0x20; 11], &[0], &inner_ethernet()]));
        carries(47, &join(&[&type_iii, &[0x20; 11], &[1], &[0; 8], &inner_ethernet()]));
    }

    #[test]
    fn vxlan_and_geneve_are_looked_into() {
        for port in [4789, 8472] {
            carries(UDP, &udp(port, &join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &inner_ethernet()])));
        }
        let option = [0, 1, 0x80, 1, 0, 0, 0, 0];
        carries(
            UDP,
            &udp(
                6081,
                &join(&[&[2, 0, 0x65, 0x58, 0, 0, 5, 0], &option, &inner_ethernet()]),
            ),
        );
        carries(UDP, &udp(6081, &join(&[&[0, 0, 8, 0, 0, 0, 5, 0], &inner()])));
    }

    #[test]
    fn a_frame_in_a_tunnel_brings_its_own_addresses() {
        let bytes = ethernet(
            0x0800,
            &ipv4(UDP, &udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &inner_ethernet()]))),
        );
        assert_eq!(open(&bytes, true).src_mac, Some(Mac(INNER_MAC)));
        assert_eq!(open(&bytes, false).src_mac, Some(Mac(SENDER)));
    }

    #[test]
    fn an_announcement_in_a_tunnel_is_found() {
        let arp = join(&[&[0, 1, 8, 0, 6, 4, 0, 3], &INNER_MAC, &[0; 4], &INNER_MAC, &[0; 4]]);
        let vxlan = join(&[&[8, 0, 0, 0, 0, 0, 5, 0], &ethernet(0x8035, &arp)]);
        let packet = open(&ethernet(0x0800, &ipv4(UDP, &udp(4789, &vxlan))), true);
        let Network::Arp(arp) = packet.network else { panic!() };
        assert_eq!((arp.reverse, arp.sender_mac), (true, Mac(INNER_MAC)));
    }

    #[test]
    fn what_holds_no_packet_stays_what_it_was() {
        let not_tunnels = [
            ipv4(UDP, &udp(4789, &join(&[&[0; 8], &inner_ethernet()]))),
            ipv4(UDP, &udp(4789, &[8; 60])),
            ipv4(UDP, &udp(6081, &[0x40; 60])),
            ipv4(47, &join(&[&[0, 2, 8, 0], &inner()])),
            ipv4(4, &[9; 40]),
            ipv4_fragment(4, 0, true, &inner()),
        ];
        for packet in not_tunnels {
            let found = open(&ethernet(0x0800, &packet), true);
            assert_eq!(ip(found).src, IpAddr::from([10, 0, 0, 1]));
            assert_eq!((found.src_mac, found.dst_mac), (Some(Mac(SENDER)), Some(Mac(RECEIVER))));
        }
    }

    #[test]
    fn tunnels_in_tunnels_are_followed_but_not_for_ever() {
        let nested = |depth| {
            let bytes = (0..depth).fold(inner(), |packet, _| ipv4(4, &packet));
            ip(open(&ethernet(0x0800, &bytes), true)).protocol
        };
        assert_eq!((nested(1), nested(3), nested(1000)), (TCP, TCP, 4));
    }
}
