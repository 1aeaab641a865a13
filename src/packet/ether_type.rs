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
/// EtherTypes that announce another Ethernet frame, with the bytes before it: transparent bridging, FabricPath (its
/// tag), provider backbone bridges (802.1ah, the service tag).
const ETHERNET_WITHIN: [(u16, usize); 3] = [(ETHERNET, 0), (0x8903, 2), (0x88e7, 4)];
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

/// Reads a PPP packet from its protocol field on, which is one byte long where its first byte is odd.
pub(super) fn decode_ppp(layer: Layer<'_>, context: &mut Context) -> Network {
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
