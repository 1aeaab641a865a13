//! Between link and network: EtherTypes, VLAN tags, MPLS stacks, PPPoE and PPP, LLC and SNAP.

use super::layer::Layer;
use super::{Context, Network, arp, ip};

/// EtherType of IPv4.
pub(super) const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
pub(super) const IPV6: u16 = 0x86dd;
/// EtherTypes of VLAN tags: 802.1Q, 802.1ad, and QinQ before there was 802.1ad.
pub(super) const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// EtherTypes of MPLS, unicast and multicast.
pub(super) const MPLS: [u16; 2] = [0x8847, 0x8848];
/// EtherType of Ethernet within another protocol (transparent Ethernet bridging).
pub(super) const ETHERNET: u16 = 0x6558;
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
    if type_or_len <= MAX_802_3_LEN {
        decode_llc(layer.limit(type_or_len.into()), context)
    } else {
        decode(type_or_len, layer, context)
    }
}

/// Reads what an EtherType announces.
pub(super) fn decode(ether_type: u16, layer: Layer<'_>, context: &mut Context) -> Network {
    match ether_type {
        IPV4 => ip::decode_v4(layer, context),
        IPV6 => ip::decode_v6(layer, context),
        arp::ARP | arp::RARP => arp::decode(ether_type, layer),
        tag if VLAN.contains(&tag) => decode_vlan(layer, context),
        label if MPLS.contains(&label) => decode_mpls(label, layer, context),
        PPPOE_SESSION => match layer.u16(pppoe::PAYLOAD_LEN) {
            Some(len) => decode_ppp(layer.skip(pppoe::LEN).limit(len.into()), context),
            None => Network::Malformed,
        },
        other => Network::Other(other),
    }
}

/// Tags nest without bound: they are stepped over here, not by recursion.
fn decode_vlan(mut layer: Layer<'_>, context: &mut Context) -> Network {
    loop {
        let Some(type_or_len) = layer.u16(VLAN_TYPE) else {
            return Network::Malformed;
        };
        layer = layer.skip(VLAN_LEN);
        if !VLAN.contains(&type_or_len) {
            return decode_type_or_len(type_or_len, layer, context);
        }
    }
}

/// MPLS does not say what it carries: the first nibble is IP's version, or 0 for a pseudowire's control word
/// (RFC 4385), behind which an Ethernet frame is likely.
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
    match layer.u8(0).map(|first| first >> 4) {
        Some(4) => ip::decode_v4(layer, context),
        Some(6) => ip::decode_v6(layer, context),
        _ => Network::Other(ether_type),
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
        ppp::IPV4 => ip::decode_v4(layer, context),
        ppp::IPV6 => ip::decode_v6(layer, context),
        label if ppp::MPLS.contains(&label) => decode_mpls(0, layer, context),
        _ => Network::Other(0),
    }
}

/// Reads an LLC header.
pub(super) fn decode_llc(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.array(0) {
        None => Network::Malformed,
        Some(llc::IP) => ip::decode_v4(layer.skip(llc::IP.len()), context),
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
