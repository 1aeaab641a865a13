//! Link layers: from a frame's first byte to the EtherType, or to IP.

use super::layer::Layer;
use super::{Context, Mac, Network, ether_type, ip};
use crate::capture::LinkType;

/// Linux cooked capture v1: big-endian fields.
mod sll {
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
mod sll2 {
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

/// `ARPHRD_` numbers (linux/if_arp.h) under which a cooked header's protocol is no EtherType.
mod arphrd {
    pub const FRAD: u16 = 770;
    pub const IEEE80211: u16 = 801;
    pub const IEEE80211_PRISM: u16 = 802;
    pub const IEEE80211_RADIOTAP: u16 = 803;
    pub const NETLINK: u16 = 824;
}

/// Protocol numbers of cooked headers that are no EtherTypes (linux/if_ether.h).
const ETH_P_802_2: u16 = 0x0004;

/// Address families as the BSDs, Darwin, Linux and Windows number them.
mod family {
    pub const INET: u32 = 2;
    /// Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin.
    pub const INET6: [u32; 5] = [10, 23, 24, 28, 30];
}

/// Bytes of an Ethernet address.
const MAC_LEN: usize = 6;
/// Bytes of an Ethernet header.
const ETHERNET_LEN: usize = 14;
/// BSD null and loop: length of the address family.
const FAMILY_LEN: usize = 4;
/// PPP in HDLC-like framing: all-stations address, unnumbered information (RFC 1662).
const HDLC_ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];

/// Reads a frame of the given link type.
pub(super) fn decode(link_type: LinkType, layer: Layer<'_>, context: &mut Context) -> Network {
    match link_type {
        LinkType::ETHERNET => ethernet(layer, context),
        LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_OPENBSD => ip::decode_any(layer, context),
        LinkType::IPV4 => ip::decode_v4(layer, context),
        LinkType::IPV6 => ip::decode_v6(layer, context),
        LinkType::LINUX_SLL => cooked_v1(layer, context),
        LinkType::LINUX_SLL2 => cooked_v2(layer, context),
        LinkType::NULL | LinkType::LOOP => loopback(link_type, layer, context),
        LinkType::PPP | LinkType::PPP_HDLC => ppp_hdlc(layer, context),
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

/// The family is in the byte order of the host that captured: whichever order gives a small number is right.
fn loopback(link_type: LinkType, layer: Layer<'_>, context: &mut Context) -> Network {
    let Some(big_endian) = layer.u32(0) else {
        return Network::Malformed;
    };
    let family = match link_type {
        LinkType::LOOP => big_endian,
        _ => big_endian.min(big_endian.swap_bytes()),
    };
    let payload = layer.skip(FAMILY_LEN);
    if family == family::INET {
        ip::decode_v4(payload, context)
    } else if family::INET6.contains(&family) {
        ip::decode_v6(payload, context)
    } else {
        Network::Other(0)
    }
}

/// PPP with HDLC-like framing, or without.
fn ppp_hdlc(layer: Layer<'_>, context: &mut Context) -> Network {
    let framed = layer.array(0) == Some(HDLC_ADDRESS_CONTROL);
    ether_type::decode_ppp(layer.skip(if framed { HDLC_ADDRESS_CONTROL.len() } else { 0 }), context)
}
