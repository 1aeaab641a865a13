//! Link layers: from a frame's first byte to the EtherType, or to IP.

use super::layer::Layer;
use super::{Context, Mac, Network, ether_type, ip};
use crate::capture::LinkType;

/// Linux cooked capture v1: big-endian fields.
pub(super) mod sll {
    /// `ARPHRD_` number of the interface.
    pub const HARDWARE: usize = 2;
    /// Length of the sender's address.
    pub const ADDRESS_LEN: usize = 4;
    /// Sender's address, 8 bytes.
    pub const ADDRESS: usize = 6;
    /// EtherType, or what stands for one.
    pub const PROTOCOL: usize = 14;
    /// Length of the header.
    pub const LEN: usize = 16;
}

/// Linux cooked capture v2: big-endian fields.
pub(super) mod sll2 {
    /// EtherType, or what stands for one.
    pub const PROTOCOL: usize = 0;
    /// `ARPHRD_` number of the interface.
    pub const HARDWARE: usize = 8;
    /// Length of the sender's address, one byte.
    pub const ADDRESS_LEN: usize = 11;
    /// Sender's address, 8 bytes.
    pub const ADDRESS: usize = 12;
    /// Length of the header.
    pub const LEN: usize = 20;
}

/// `ARPHRD_` numbers (linux/if_arp.h): of Ethernet and its like, and those under which a cooked header's protocol is no
/// EtherType.
pub(super) mod arphrd {
    pub const ETHERNET: u16 = 1;
    pub const LOOPBACK: u16 = 772;
    pub const FRAD: u16 = 770;
    pub const IEEE80211: u16 = 801;
    pub const IEEE80211_PRISM: u16 = 802;
    pub const IEEE80211_RADIOTAP: u16 = 803;
    pub const NETLINK: u16 = 824;
}

/// Protocol numbers of cooked headers that are no EtherTypes (linux/if_ether.h).
const ETH_P_802_2: u16 = 0x0004;

/// Address families: every BSD has its own number for IPv6.
mod family {
    pub const INET: u32 = 2;
    pub const INET6_NETBSD: u32 = 24;
    pub const INET6_FREEBSD: u32 = 28;
    pub const INET6_DARWIN: u32 = 30;
}

/// Cisco's HDLC framing.
mod cisco {
    /// Address of unicast frames.
    pub const UNICAST: u8 = 0x0f;
    /// Address of multicast frames.
    pub const MULTICAST: u8 = 0x8f;
    /// EtherType, big-endian.
    pub const PROTOCOL: usize = 2;
    /// Bytes of the header.
    pub const LEN: usize = 4;
}

/// FDDI.
mod fddi {
    /// Bits of the frame control byte that say the format.
    pub const FORMAT: u8 = 0xf0;
    /// Asynchronous LLC frames.
    pub const LLC: u8 = 0x50;
    /// Receiver's address.
    pub const DESTINATION: usize = 1;
    /// Sender's address.
    pub const SOURCE: usize = 7;
    /// Bytes of the header.
    pub const LEN: usize = 13;
}

/// Netfilter log.
mod nflog {
    /// Bytes of the header: address family, version, resource.
    pub const LEN: usize = 4;
    /// Length of an attribute, its header included.
    pub const ATTRIBUTE_LEN: usize = 0;
    /// Type of an attribute.
    pub const ATTRIBUTE_KIND: usize = 2;
    /// Bytes of an attribute's header.
    pub const ATTRIBUTE_HEADER_LEN: usize = 4;
    /// Attributes begin at multiples of this.
    pub const ATTRIBUTE_ALIGNMENT: usize = 4;
    /// The attribute that holds the packet.
    pub const PACKET: u16 = 9;
}

/// Bytes of an Ethernet address.
const MAC_LEN: usize = 6;
/// Bytes of an Ethernet header.
const ETHERNET_LEN: usize = 14;
/// BSD null and loop: length of the address family.
const FAMILY_LEN: usize = 4;
/// Reads a frame of the given link type.
pub(super) fn decode(link_type: LinkType, layer: Layer<'_>, context: &mut Context) -> Network {
    match link_type {
        LinkType::ETHERNET => ethernet(layer, context),
        LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_OPENBSD | LinkType::IPV4 => ip::decode(layer, context),
        LinkType::IPV6 => ip::decode_v6(layer, context),
        LinkType::LINUX_SLL => cooked_v1(layer, context),
        LinkType::LINUX_SLL2 => cooked_v2(layer, context),
        LinkType::NULL => null(layer, context),
        LinkType::LOOP => loopback(layer, context),
        LinkType::PPP | LinkType::PPP_HDLC => hdlc(layer, context),
        LinkType::PPP_ETHER => ether_type::decode_pppoe(layer, context),
        LinkType::C_HDLC => cisco_hdlc(layer, context),
        LinkType::FDDI => fddi(layer, context),
        LinkType::NFLOG => nflog(layer, context),
        _ => Network::UnknownLink,
    }
}

/// Reads an Ethernet frame, also one that a tunnel carries.
pub(super) fn ethernet(layer: Layer<'_>, context: &mut Context) -> Network {
    let (Some(destination), Some(source)) = (layer.array(0), layer.array(MAC_LEN)) else {
        return Network::Malformed;
    };
    context.dst_mac = Some(Mac(destination));
    context.src_mac = Some(Mac(source));
    match layer.u16(2 * MAC_LEN) {
        Some(type_or_len) => ether_type::decode_type_or_len(type_or_len, layer.skip(ETHERNET_LEN), context),
        None => Network::Malformed,
    }
}

/// FDDI: an Ethernet header with a frame control byte before it and no EtherType behind, then LLC.
fn fddi(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u8(0) {
        None => Network::Malformed,
        Some(control) if control & fddi::FORMAT != fddi::LLC => Network::Other(0),
        Some(_) => {
            context.dst_mac = layer.array(fddi::DESTINATION).map(Mac);
            context.src_mac = layer.array(fddi::SOURCE).map(Mac);
            ether_type::decode_llc(layer.skip(fddi::LEN), context)
        }
    }
}

/// Linux's netfilter log: attributes in the byte order of the host that captured, one of them an IP packet.
fn nflog(layer: Layer<'_>, context: &mut Context) -> Network {
    let attributes = layer.skip(nflog::LEN);
    match nflog_packet(attributes, u16::from_le_bytes).or_else(|| nflog_packet(attributes, u16::from_be_bytes)) {
        Some(packet) => ip::decode(packet, context),
        None => Network::Other(0),
    }
}

fn nflog_packet(attributes: Layer<'_>, number: fn([u8; 2]) -> u16) -> Option<Layer<'_>> {
    let mut rest = attributes;
    loop {
        let len = usize::from(number(rest.array(nflog::ATTRIBUTE_LEN)?));
        let kind = number(rest.array(nflog::ATTRIBUTE_KIND)?);
        if len < nflog::ATTRIBUTE_HEADER_LEN || len > rest.wire_len() {
            return None;
        }
        if kind == nflog::PACKET {
            return Some(rest.limit(len).skip(nflog::ATTRIBUTE_HEADER_LEN));
        }
        rest = rest.skip(len.next_multiple_of(nflog::ATTRIBUTE_ALIGNMENT));
    }
}

fn cooked_v1(layer: Layer<'_>, context: &mut Context) -> Network {
    let (Some(protocol), Some(hardware), Some(address_len), Some(address)) = (
        layer.u16(sll::PROTOCOL),
        layer.u16(sll::HARDWARE),
        layer.u16(sll::ADDRESS_LEN),
        layer.array(sll::ADDRESS),
    ) else {
        return Network::Malformed;
    };
    context.src_mac = (usize::from(address_len) == MAC_LEN).then_some(Mac(address));
    cooked(protocol, hardware, layer.skip(sll::LEN), context)
}

fn cooked_v2(layer: Layer<'_>, context: &mut Context) -> Network {
    let (Some(protocol), Some(hardware), Some(address_len), Some(address)) = (
        layer.u16(sll2::PROTOCOL),
        layer.u16(sll2::HARDWARE),
        layer.u8(sll2::ADDRESS_LEN),
        layer.array(sll2::ADDRESS),
    ) else {
        return Network::Malformed;
    };
    context.src_mac = (usize::from(address_len) == MAC_LEN).then_some(Mac(address));
    if layer.captured().len() < sll2::LEN {
        return Network::Malformed;
    }
    cooked(protocol, hardware, layer.skip(sll2::LEN), context)
}

fn cooked(protocol: u16, hardware: u16, payload: Layer<'_>, context: &mut Context) -> Network {
    match (hardware, protocol) {
        (
            arphrd::NETLINK | arphrd::FRAD | arphrd::IEEE80211 | arphrd::IEEE80211_PRISM | arphrd::IEEE80211_RADIOTAP,
            _,
        ) => Network::Other(0),
        (_, ETH_P_802_2) => ether_type::decode_llc(payload, context),
        _ => ether_type::decode(protocol, payload, context),
    }
}

/// The family is in the byte order of the host that captured, and sometimes 16 bits of it: a small number, so the only
/// byte that is not 0 is it. Some writers put an EtherType there.
fn null(layer: Layer<'_>, context: &mut Context) -> Network {
    let Some(word) = layer.array::<FAMILY_LEN>(0) else {
        return Network::Malformed;
    };
    let payload = layer.skip(FAMILY_LEN);
    let mut set = word.into_iter().filter(|&byte| byte != 0);
    match (word, set.next(), set.next()) {
        // A lone 8 is the upper byte of IPv4's EtherType: no family of that number matters here.
        (_, Some(family), None) if family != 0x08 => by_family(family.into(), payload, context),
        ([0, 0, high, low] | [low, high, 0, 0], ..) => {
            ether_type::decode(u16::from_be_bytes([high, low]), payload, context)
        }
        ([ether_type::HDLC_ALL_STATIONS, ..], ..) => ether_type::decode_ppp(layer, context),
        _ => Network::Other(0),
    }
}

fn loopback(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u32(0) {
        Some(family) => by_family(family, layer.skip(FAMILY_LEN), context),
        None => Network::Malformed,
    }
}

fn by_family(family: u32, payload: Layer<'_>, context: &mut Context) -> Network {
    match family {
        family::INET => ip::decode(payload, context),
        family::INET6_NETBSD | family::INET6_FREEBSD | family::INET6_DARWIN => ip::decode_v6(payload, context),
        _ => Network::Other(0),
    }
}

/// PPP in HDLC-like framing or without any, or Cisco's framing, which uses other addresses.
fn hdlc(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.array(0) {
        Some([cisco::UNICAST | cisco::MULTICAST, _]) => cisco_hdlc(layer, context),
        _ => ether_type::decode_ppp(layer, context),
    }
}

fn cisco_hdlc(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u16(cisco::PROTOCOL) {
        Some(protocol) => ether_type::decode(protocol, layer.skip(cisco::LEN), context),
        None => Network::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{SENDER, TCP, cut, dst_port, ip, ipv4, ipv6, join, read, tcp};
    use super::super::{DecodeOptions, Mac, Network, decode};
    use crate::capture::LinkType;

    fn v4() -> Vec<u8> {
        ipv4(TCP, &tcp(&[], b"abcd"))
    }

    fn v6() -> Vec<u8> {
        ipv6(TCP, &tcp(&[], b"abcd"))
    }

    /// Both versions behind their headers, read to the last byte.
    #[track_caller]
    fn carries(link_type: LinkType, header_v4: &[u8], header_v6: &[u8]) {
        for (header, packet) in [(header_v4, v4()), (header_v6, v6())] {
            let found = ip(read(link_type, &join(&[header, &packet])));
            assert_eq!((dst_port(&found), found.payload_len), (80, 4));
            assert_eq!(found.payload_offset as usize, header.len() + packet.len() - 4);
        }
    }

    #[test]
    fn raw_ip_has_many_numbers() {
        for link_type in [LinkType::RAW, LinkType::RAW_DLT, LinkType::RAW_OPENBSD, LinkType::IPV4] {
            carries(link_type, &[], &[]);
            assert_eq!(read(link_type, &[0x55; 60]).network, Network::Malformed);
        }
        assert_eq!(dst_port(&ip(read(LinkType::IPV6, &v6()))), 80);
        assert_eq!(read(LinkType::IPV6, &v4()).network, Network::Malformed);
    }

    fn sll(hardware: u16, protocol: u16) -> Vec<u8> {
        let hardware = hardware.to_be_bytes();
        join(&[&[0, 4], &hardware, &[0, 6], &SENDER, &[0, 0], &protocol.to_be_bytes()])
    }

    fn sll2(hardware: u16, protocol: u16) -> Vec<u8> {
        let hardware = hardware.to_be_bytes();
        join(&[
            &protocol.to_be_bytes(),
            &[0, 0, 0, 0, 0, 2],
            &hardware,
            &[4, 6],
            &SENDER,
            &[0, 0],
        ])
    }

    #[test]
    fn cooked_captures_give_the_senders_address_alone() {
        for (link_type, header) in [
            (LinkType::LINUX_SLL, sll as fn(u16, u16) -> _),
            (LinkType::LINUX_SLL2, sll2),
        ] {
            // Ethernet, loopback, no header at all (a tun interface), raw IP (a modem).
            for hardware in [1, 772, 0xfffe, 519] {
                carries(link_type, &header(hardware, 0x0800), &header(hardware, 0x86dd));
            }
            carries(
                link_type,
                &join(&[&header(1, 0x8100), &[0, 5, 8, 0]]),
                &join(&[&header(1, 0x8100), &[0, 5, 0x86, 0xdd]]),
            );
            let packet = read(link_type, &join(&[&header(1, 0x0800), &v4()]));
            assert_eq!((packet.src_mac, packet.dst_mac), (Some(Mac(SENDER)), None));
        }
    }

    #[test]
    fn the_protocol_of_cooked_netlink_is_no_ether_type() {
        assert_eq!(
            read(LinkType::LINUX_SLL, &join(&[&sll(824, 0x0800), &v4()])).network,
            Network::Other(0)
        );
        assert_eq!(
            read(LinkType::LINUX_SLL2, &join(&[&sll2(824, 0x0800), &v4()])).network,
            Network::Other(0)
        );
    }

    #[test]
    fn cooked_llc_is_read() {
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        let found = ip(read(LinkType::LINUX_SLL, &join(&[&sll(1, 4), &snap, &v4()])));
        assert_eq!(dst_port(&found), 80);
    }

    #[test]
    fn a_family_is_read_in_either_byte_order() {
        for six in [24_u32, 28, 30] {
            carries(LinkType::NULL, &2_u32.to_le_bytes(), &six.to_le_bytes());
            carries(LinkType::NULL, &2_u32.to_be_bytes(), &six.to_be_bytes());
            carries(LinkType::LOOP, &2_u32.to_be_bytes(), &six.to_be_bytes());
        }
        assert_eq!(
            read(LinkType::NULL, &join(&[&[7, 0, 0, 0], &v4()])).network,
            Network::Other(0)
        );
        assert_eq!(
            read(LinkType::LOOP, &join(&[&[2, 0, 0, 0], &v4()])).network,
            Network::Other(0)
        );
    }

    #[test]
    fn an_ether_type_in_place_of_the_family_is_read() {
        carries(LinkType::NULL, &0x0800_u32.to_le_bytes(), &0x86dd_u32.to_le_bytes());
        carries(LinkType::NULL, &0x0800_u32.to_be_bytes(), &0x86dd_u32.to_be_bytes());
    }

    #[test]
    fn ppp_is_read_framed_or_not_with_long_or_short_protocol() {
        for link_type in [LinkType::PPP, LinkType::PPP_HDLC] {
            carries(link_type, &[0xff, 3, 0, 0x21], &[0xff, 3, 0, 0x57]);
            carries(link_type, &[0xff, 3, 0x21], &[0xff, 3, 0x57]);
            carries(link_type, &[0, 0x21], &[0, 0x57]);
            carries(link_type, &[0x21], &[0x57]);
            carries(link_type, &[0x0f, 0, 8, 0], &[0x8f, 0, 0x86, 0xdd]);
            assert_eq!(
                read(link_type, &[0xff, 3, 0xc0, 0x21, 9, 1, 0, 4]).network,
                Network::Other(0)
            );
        }
        carries(LinkType::C_HDLC, &[0x0f, 0, 8, 0], &[0x8f, 0, 0x86, 0xdd]);
    }

    #[test]
    fn a_pppoe_capture_begins_with_the_session() {
        let header = join(&[&[0x11, 0, 0, 1, 0, 46], &[0, 0x21]]);
        assert_eq!(dst_port(&ip(read(LinkType::PPP_ETHER, &join(&[&header, &v4()])))), 80);
    }

    #[test]
    fn fddi_is_ethernet_with_llc() {
        let header = join(&[&[0x50], &[2, 0, 0, 0, 0, 2], &SENDER, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]]);
        let packet = read(LinkType::FDDI, &join(&[&header, &v4()]));
        assert_eq!((dst_port(&ip(packet)), packet.src_mac), (80, Some(Mac(SENDER))));
        assert_eq!(read(LinkType::FDDI, &[0xc3; 60]).network, Network::Other(0));
    }

    #[test]
    fn a_netfilter_log_is_read_in_either_byte_order() {
        let packet_len = (v4().len() + 4) as u16;
        for number in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            // A mark of 5 bytes, padded to 8, then the packet.
            let mark = join(&[&number(5), &number(10), &[7, 0, 0, 0]]);
            let bytes = join(&[&[2, 0, 0, 5], &mark, &number(packet_len), &number(9), &v4()]);
            assert_eq!(dst_port(&ip(read(LinkType::NFLOG, &bytes))), 80);
        }
        assert_eq!(
            read(LinkType::NFLOG, &[2, 0, 0, 5, 0, 0, 0, 0, 0]).network,
            Network::Other(0)
        );
    }

    #[test]
    fn an_unknown_link_type_is_said_to_be_unknown() {
        let packet = read(LinkType(147), &v4());
        assert_eq!(
            (packet.network, packet.wire_len, packet.interface),
            (Network::UnknownLink, 44, 3)
        );
    }

    #[test]
    fn a_frame_cut_within_its_link_header_is_malformed() {
        let headers = [
            (LinkType::ETHERNET, 14),
            (LinkType::LINUX_SLL, 16),
            (LinkType::LINUX_SLL2, 20),
            (LinkType::NULL, 4),
            (LinkType::LOOP, 4),
        ];
        for (link_type, len) in headers {
            for captured in 0..len {
                assert_eq!(
                    read(link_type, &vec![0; captured]).network,
                    Network::Malformed,
                    "{link_type:?} {captured}"
                );
            }
        }
    }

    fn link_type() -> impl Strategy<Value = LinkType> {
        prop::sample::select(vec![
            LinkType::ETHERNET,
            LinkType::LINUX_SLL,
            LinkType::LINUX_SLL2,
            LinkType::NULL,
            LinkType::LOOP,
            LinkType::PPP,
            LinkType::RAW,
            LinkType::C_HDLC,
            LinkType::FDDI,
            LinkType::NFLOG,
            LinkType::PPP_ETHER,
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn no_bytes_panic_and_no_length_exceeds_another(
            link_type in link_type(),
            mut bytes in prop::collection::vec(any::<u8>(), 0..200),
            // Likely beginnings, so that the layers behind are reached too.
            ether_type in prop::sample::select(vec![0x0800_u16, 0x86dd, 0x8100, 0x8847, 0x8864, 0x6558, 0x0806, 60]),
            nibble in prop::sample::select(vec![0x45_u8, 0x46, 0x60]),
            protocol in prop::sample::select(vec![0_u8, 1, 4, 6, 17, 41, 43, 44, 47, 51, 58, 60, 137]),
            more_on_wire in 0_usize..5000,
        ) {
            if bytes.len() > 60 && link_type == LinkType::ETHERNET {
                bytes[12..14].copy_from_slice(&ether_type.to_be_bytes());
                bytes[14] = nibble;
                bytes[if nibble == 0x60 { 20 } else { 23 }] = protocol;
            }
            let wire_len = bytes.len() + more_on_wire;
            let frame = cut(link_type, &bytes, wire_len);
            let packet = decode(&frame, &bytes, DecodeOptions { decapsulate: true });
            if let Network::Ip(ip) = packet.network {
                prop_assert!(ip.payload_captured <= ip.payload_len);
                prop_assert!(ip.payload_len <= ip.total_len);
                let fits = match ip.payload_offset {
                    u32::MAX => ip.payload_len == 0,
                    offset => (offset + ip.payload_len) as usize <= wire_len,
                };
                prop_assert!(fits);
                prop_assert!(ip.payload_captured == 0
                    || (ip.payload_offset + ip.payload_captured) as usize <= bytes.len());
            }
        }
    }
}
