//! ARP and RARP (RFC 826, RFC 903) for IPv4 over Ethernet.

use etherparse::{ArpEthIpv4Packet, ArpPacketSlice};

use super::layer::Layer;
use super::{Arp, Mac, Network};

/// EtherType of ARP.
pub(super) const ARP: u16 = 0x0806;
/// EtherType of RARP.
pub(super) const RARP: u16 = 0x8035;

/// Reads an ARP or RARP packet. One for other addresses than Ethernet's and IPv4's is named by its EtherType alone.
pub(super) fn decode(ether_type: u16, layer: Layer<'_>) -> Network {
    let Ok(view) = ArpPacketSlice::from_slice(layer.captured()) else {
        return Network::Malformed;
    };
    let Ok(packet) = ArpEthIpv4Packet::try_from(view.to_packet()) else {
        return Network::Other(ether_type);
    };
    Network::Arp(Arp {
        reverse: ether_type == RARP,
        operation: packet.operation.0,
        sender_mac: Mac(packet.sender_mac),
        sender_ip: packet.sender_ipv4,
        target_mac: Mac(packet.target_mac),
        target_ip: packet.target_ipv4,
    })
}
