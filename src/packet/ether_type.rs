//! Between link and network: EtherTypes, VLAN tags, MPLS stacks, PPPoE and PPP, LLC and SNAP.

use super::layer::Layer;
use super::{Context, Network, arp, ip, link};

/// EtherType of IPv4.
pub(super) const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
pub(super) const IPV6: u16 = 0x86dd;
/// EtherTypes of VLAN tags: 802.1Q, 802.1ad, and QinQ before there was 802.1ad.
pub(super) const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// EtherTypes of MPLS, unicast and multicast.
pub(super) const MPLS: [u16; 2] = [0x8847, 0x8848];
/// EtherTypes of tags that are no VLANs, with their length, the EtherType behind them included: VN-Tag (802.1BR's
/// forerunner) and Cisco's metadata.
const OTHER_TAGS: [(u16, usize); 2] = [(0x8926, 6), (0x8909, 8)];
/// EtherType of Ethernet within another protocol (transparent Ethernet bridging).
pub(super) const ETHERNET: u16 = 0x6558;
/// EtherTypes that announce another Ethernet frame, with the bytes before it: transparent bridging, provider backbone
/// bridges (802.1ah, the service tag).
const ETHERNET_WITHIN: [(u16, usize); 2] = [(ETHERNET, 0), (0x88e7, 4)];

/// Cisco's FabricPath: a tunnel of whole Ethernet frames, each with its checksum, as Wireshark reads it.
mod fabric_path {
    /// EtherType.
    pub const TYPE: u16 = 0x8903;
    /// Bytes of the tag before the frame within.
    pub const TAG_LEN: usize = 2;
    /// Bytes of the checksum behind it.
    pub const CHECKSUM_LEN: usize = 4;
}

/// EtherType of a PPPoE session (RFC 2516).
const PPPOE_SESSION: u16 = 0x8864;
/// Greatest value of the type field that is a length (IEEE 802.3).
const MAX_802_3_LEN: u16 = 1500;

/// Bytes of a VLAN tag, the EtherType behind it included.
pub(super) const VLAN_LEN: usize = 4;
/// Where a VLAN tag holds the EtherType of what follows.
pub(super) const VLAN_TYPE: usize = 2;

/// MPLS label stack entry (RFC 3032).
mod mpls {
    /// Bytes of an entry.
    pub const LEN: usize = 4;
    /// The byte that holds the bottom-of-stack bit.
    pub const BOTTOM: usize = 2;
    /// That bit.
    pub const BOTTOM_BIT: u8 = 0x01;
    /// Bytes of a pseudowire's control word and of an associated channel header (RFC 4385).
    pub const CONTROL_WORD_LEN: usize = 4;
    /// Where the latter holds its type, a PPP protocol number.
    pub const CHANNEL_TYPE: usize = 2;
}

/// PPPoE header (RFC 2516).
mod pppoe {
    /// Length of the payload, big-endian.
    pub const PAYLOAD_LEN: usize = 4;
    /// Bytes of the header.
    pub const LEN: usize = 6;
}

/// PPP in HDLC-like framing: the address, which says "all stations" and is no protocol number's first byte.
pub(super) const HDLC_ALL_STATIONS: u8 = 0xff;
/// PPP in HDLC-like framing: address and control, bytes.
const HDLC_LEN: usize = 2;

/// PPP protocol numbers.
mod ppp {
    pub const IPV4: u16 = 0x0021;
    pub const IPV6: u16 = 0x0057;
    pub const MPLS: [u16; 2] = [0x0281, 0x0283];
}

/// LLC (IEEE 802.2) and SNAP headers.
mod llc {
    /// Destination and source service access point and control byte of SNAP.
    pub const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];
    /// The same of IP, as RFC 948 had it.
    pub const IP: [u8; 3] = [0x06, 0x06, 0x03];
    /// Organisations under which SNAP's protocol is an EtherType: RFC 1042's, and 802.1H's bridge tunnel.
    pub const ETHER_TYPE_OUIS: [[u8; 3]; 2] = [[0, 0, 0], [0, 0, 0xf8]];
    /// Where SNAP holds the organisation.
    pub const OUI: usize = 3;
    /// Where SNAP holds the protocol.
    pub const PROTOCOL: usize = 6;
    /// Bytes of LLC and SNAP headers.
    pub const SNAP_LEN: usize = 8;
}

/// Reads what follows an Ethernet header or a VLAN tag, whose last two bytes are an EtherType or a length.
pub(super) fn decode_type_or_len(type_or_len: u16, layer: Layer<'_>, context: &mut Context) -> Network {
    match type_or_len {
        0 => Network::Other(0),
        1..=MAX_802_3_LEN => decode_llc(layer.limit(type_or_len.into()), context),
        _ => decode(type_or_len, layer, context),
    }
}

/// Reads what an EtherType announces.
pub(super) fn decode(ether_type: u16, layer: Layer<'_>, context: &mut Context) -> Network {
    let Some(links_left) = context.links_left.checked_sub(1) else {
        return Network::Other(ether_type);
    };
    context.links_left = links_left;
    match ether_type {
        IPV4 => ip::decode(layer, context),
        IPV6 => ip::decode_v6(layer, context),
        arp::ARP | arp::RARP => arp::decode(ether_type, layer),
        tag if tag_len(tag).is_some() => decode_tags(tag, layer, context),
        label if MPLS.contains(&label) => decode_mpls(label, layer, context),
        PPPOE_SESSION => decode_pppoe(layer, context),
        fabric_path::TYPE => match context.tunnels_left.checked_sub(1) {
            Some(left) => {
                context.tunnels_left = left;
                let within = layer.skip(fabric_path::TAG_LEN);
                let len = within.wire_len().saturating_sub(fabric_path::CHECKSUM_LEN);
                link::ethernet(within.limit(len), context)
            }
            None => Network::Other(fabric_path::TYPE),
        },
        other => match ETHERNET_WITHIN.iter().find(|within| within.0 == other) {
            Some(&(_, len)) => link::ethernet(layer.skip(len), context),
            None => Network::Other(other),
        },
    }
}

/// Bytes of the tag that an EtherType announces, the EtherType at its end included.
fn tag_len(ether_type: u16) -> Option<usize> {
    if VLAN.contains(&ether_type) {
        return Some(VLAN_LEN);
    }
    OTHER_TAGS.iter().find(|tag| tag.0 == ether_type).map(|tag| tag.1)
}

/// Tags nest without bound: they are stepped over here, not by recursion.
fn decode_tags(mut ether_type: u16, mut layer: Layer<'_>, context: &mut Context) -> Network {
    while let Some(len) = tag_len(ether_type) {
        let Some(next) = layer.u16(len - 2) else {
            return Network::Malformed;
        };
        ether_type = next;
        layer = layer.skip(len);
    }
    decode_type_or_len(ether_type, layer, context)
}

/// MPLS does not say what it carries. The first nibble is IP's version, or 0 for a pseudowire's control word, behind
/// which an Ethernet frame is likely, or 1 for an associated channel (RFC 4385).
pub(super) fn decode_mpls(ether_type: u16, mut layer: Layer<'_>, context: &mut Context) -> Network {
    loop {
        let Some(last) = layer.u8(mpls::BOTTOM) else {
            return Network::Malformed;
        };
        layer = layer.skip(mpls::LEN);
        if last & mpls::BOTTOM_BIT != 0 {
            break;
        }
    }
    match (layer.u8(0), layer.u16(mpls::CHANNEL_TYPE)) {
        (Some(first), _) if matches!(first >> 4, 4 | 6) => ip::decode(layer, context),
        (Some(first), _) if first >> 4 == 0 => {
            let outer = (context.src_mac, context.dst_mac);
            let inner = link::ethernet(layer.skip(mpls::CONTROL_WORD_LEN), context);
            if matches!(inner, Network::Ip(_) | Network::Arp(_)) {
                return inner;
            }
            (context.src_mac, context.dst_mac) = outer;
            Network::Other(ether_type)
        }
        (Some(first), Some(ppp::IPV4 | ppp::IPV6)) if first >> 4 == 1 => {
            ip::decode(layer.skip(mpls::CONTROL_WORD_LEN), context)
        }
        (Some(_), _) => Network::Other(ether_type),
        (None, _) => Network::Malformed,
    }
}

/// Reads a PPPoE session's packet.
pub(super) fn decode_pppoe(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u16(pppoe::PAYLOAD_LEN) {
        Some(len) => decode_ppp(layer.skip(pppoe::LEN).limit(len.into()), context),
        None => Network::Malformed,
    }
}

/// Reads a PPP packet, with HDLC-like address and control fields (RFC 1662) or without. Its protocol field is one byte
/// long where its first byte is odd.
pub(super) fn decode_ppp(layer: Layer<'_>, context: &mut Context) -> Network {
    let layer = match layer.u8(0) {
        Some(HDLC_ALL_STATIONS) => layer.skip(HDLC_LEN),
        _ => layer,
    };
    let (protocol, layer) = match (layer.u8(0), layer.u16(0)) {
        (Some(first), _) if first & 1 != 0 => (u16::from(first), layer.skip(1)),
        (_, Some(protocol)) => (protocol, layer.skip(2)),
        _ => return Network::Malformed,
    };
    match protocol {
        ppp::IPV4 => ip::decode(layer, context),
        ppp::IPV6 => ip::decode_v6(layer, context),
        label if ppp::MPLS.contains(&label) => decode_mpls(0, layer, context),
        _ => Network::Other(0),
    }
}

/// Reads an LLC header.
pub(super) fn decode_llc(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.array(0) {
        None => Network::Malformed,
        Some(llc::IP) => ip::decode(layer.skip(llc::IP.len()), context),
        Some(llc::SNAP) => match (layer.array(llc::OUI), layer.u16(llc::PROTOCOL)) {
            (Some(oui), Some(protocol)) if llc::ETHER_TYPE_OUIS.contains(&oui) => {
                decode(protocol, layer.skip(llc::SNAP_LEN), context)
            }
            (Some(_), Some(_)) => Network::Other(0),
            _ => Network::Malformed,
        },
        Some(_) => Network::Other(0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        RECEIVER, SENDER, TCP, dst_port, ethernet, frame, ip, ipv4, ipv6, join, read, read_cut, tcp,
    };
    use super::super::{DecodeOptions, Mac, Network, decode};
    use crate::capture::LinkType;

    const SNAP_IP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

    fn packet() -> Vec<u8> {
        ipv4(TCP, &tcp(&[], b"abcd"))
    }

    #[track_caller]
    fn carries_the_packet(bytes: &[u8]) {
        let found = ip(read(LinkType::ETHERNET, bytes));
        assert_eq!((dst_port(&found), found.total_len, found.payload_len), (80, 44, 4));
        assert_eq!(found.payload_offset as usize, bytes.len() - 4);
    }

    #[test]
    fn tags_nest_to_any_depth() {
        for depth in [1, 2, 3, 5, 1000] {
            let mut inside = join(&[&[0, 1, 8, 0], &packet()]);
            for tag in 1..depth {
                let ether_type = [0x8100_u16, 0x88a8, 0x9100][tag % 3];
                inside = join(&[&[0, 1], &ether_type.to_be_bytes(), &inside]);
            }
            carries_the_packet(&ethernet(0x8100, &inside));
        }
    }

    #[test]
    fn a_cut_tag_is_malformed() {
        let bytes = ethernet(0x8100, &join(&[&[0, 1, 8, 0], &packet()]));
        assert_eq!(read_cut(&bytes[..17], bytes.len()).network, Network::Malformed);
    }

    #[test]
    fn vn_tag_and_metadata_are_stepped_over() {
        carries_the_packet(&ethernet(0x8926, &join(&[&[0, 0, 0, 1, 8, 0], &packet()])));
        carries_the_packet(&ethernet(0x8909, &join(&[&[1, 1, 0, 1, 0x80, 5, 8, 0], &packet()])));
    }

    #[test]
    fn llc_carries_ip_in_either_way_and_ends_with_its_length() {
        let snap = join(&[&SNAP_IP, &packet()]);
        carries_the_packet(&ethernet(snap.len() as u16, &snap));
        carries_the_packet(&ethernet(0x8100, &join(&[&[0, 1, 0, snap.len() as u8], &snap])));
        let bridged = join(&[&[0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0], &packet()]);
        carries_the_packet(&ethernet(bridged.len() as u16, &bridged));
        let plain = join(&[&[6, 6, 3], &packet()]);
        carries_the_packet(&ethernet(plain.len() as u16, &plain));

        // 8 of LLC and SNAP, 20 of IP, 20 of TCP, 1 of its payload.
        let short = ip(read(LinkType::ETHERNET, &ethernet(49, &snap)));
        assert_eq!((short.total_len, short.payload_len), (44, 1));
    }

    #[test]
    fn other_llc_and_unassigned_types_are_other() {
        for (ether_type, payload) in [(38, &[0x42, 0x42, 3][..]), (0, &SNAP_IP), (1501, &[]), (0x88cc, &[])] {
            let bytes = join(&[&ethernet(ether_type, payload), &[0; 40]]);
            let expected = if ether_type < 1500 { 0 } else { ether_type };
            assert_eq!(read(LinkType::ETHERNET, &bytes).network, Network::Other(expected));
        }
    }

    #[test]
    fn an_mpls_stack_shows_by_its_nibble_what_it_carries() {
        let labels = [0, 6, 0x40, 64, 0, 6, 0x51, 64];
        carries_the_packet(&ethernet(0x8847, &join(&[&labels, &packet()])));
        carries_the_packet(&ethernet(0x8848, &join(&[&labels[4..], &packet()])));
        let six = ethernet(0x8847, &join(&[&labels, &ipv6(TCP, &tcp(&[], b""))]));
        assert_eq!(dst_port(&ip(read(LinkType::ETHERNET, &six))), 80);
        let channel = [0x10, 0, 0, 0x21];
        carries_the_packet(&ethernet(0x8847, &join(&[&labels, &channel, &packet()])));
        let unknown = ethernet(0x8847, &join(&[&labels, &[0x90; 60]]));
        assert_eq!(read(LinkType::ETHERNET, &unknown).network, Network::Other(0x8847));
    }

    #[test]
    fn a_pseudowire_carries_an_ethernet_frame_with_its_own_addresses() {
        let label_and_control_word = [0, 6, 0x51, 64, 0, 0, 0, 0];
        let mut inner = ethernet(0x0800, &packet());
        inner[..6].copy_from_slice(&[2, 9, 9, 9, 9, 9]);
        let bytes = ethernet(0x8847, &join(&[&label_and_control_word, &inner]));
        carries_the_packet(&bytes);
        assert_eq!(read(LinkType::ETHERNET, &bytes).dst_mac, Some(Mac([2, 9, 9, 9, 9, 9])));

        let garbage = ethernet(0x8847, &join(&[&label_and_control_word, &[1; 60]]));
        let found = read(LinkType::ETHERNET, &garbage);
        assert_eq!(found.network, Network::Other(0x8847));
        assert_eq!((found.src_mac, found.dst_mac), (Some(Mac(SENDER)), Some(Mac(RECEIVER))));
    }

    #[test]
    fn ethernet_within_ethernet_is_looked_into_but_not_for_ever() {
        carries_the_packet(&ethernet(0x88e7, &join(&[&[0, 0, 0, 1], &ethernet(0x0800, &packet())])));
        let mut nested = packet();
        for _ in 0..10_000 {
            nested = ethernet(0x6558, &nested);
        }
        assert_eq!(read(LinkType::ETHERNET, &nested).network, Network::Other(0x6558));
    }

    #[test]
    fn fabric_path_is_a_tunnel_of_frames_with_their_checksums() {
        let bytes = ethernet(
            0x8903,
            &join(&[&[0, 1], &ethernet(0x0800, &packet()), &[0xde, 0xad, 0xbe, 0xef]]),
        );
        assert_eq!(read(LinkType::ETHERNET, &bytes).network, Network::Other(0x8903));
        let found = ip(decode(
            &frame(LinkType::ETHERNET, &bytes),
            &bytes,
            DecodeOptions { decapsulate: true },
        ));
        assert_eq!((dst_port(&found), found.payload_len), (80, 4));
    }

    #[test]
    fn a_pppoe_session_ends_with_its_length() {
        let session = |len: u8, ppp: &[u8]| ethernet(0x8864, &join(&[&[0x11, 0, 0, 1, 0, len], ppp, &packet()]));
        carries_the_packet(&session(46, &[0, 0x21]));
        carries_the_packet(&session(45, &[0x21]));
        let short = ip(read(LinkType::ETHERNET, &session(43, &[0, 0x21])));
        assert_eq!((short.total_len, short.payload_len), (44, 1));
        let control = ethernet(0x8864, &[0x11, 0, 0, 1, 0, 10, 0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0]);
        assert_eq!(read(LinkType::ETHERNET, &control).network, Network::Other(0));
    }
}
