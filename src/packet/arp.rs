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

#[cfg(test)]
mod tests {
    use super::super::testing::{RECEIVER, SENDER, ethernet, join, read, read_cut};
    use super::super::{Arp, Mac, Network};
    use crate::capture::LinkType;

    fn announcement(hardware: u8, operation: u8) -> Vec<u8> {
        let fixed = [0, hardware, 8, 0, 6, 4, 0, operation];
        join(&[&fixed, &SENDER, &[10, 0, 0, 1], &RECEIVER, &[10, 0, 0, 2]])
    }

    #[test]
    fn a_rarp_announcement_gives_its_addresses() {
        let padded = join(&[&ethernet(0x8035, &announcement(1, 3)), &[0; 18]]);
        let expected = Arp {
            reverse: true,
            operation: 3,
            sender_mac: Mac(SENDER),
            sender_ip: [10, 0, 0, 1],
            target_mac: Mac(RECEIVER),
            target_ip: [10, 0, 0, 2],
        };
        assert_eq!(read(LinkType::ETHERNET, &padded).network, Network::Arp(expected));
    }

    #[test]
    fn arp_in_a_vlan_is_arp() {
        let tagged = ethernet(0x8100, &join(&[&[0, 5, 8, 6], &announcement(1, 2)]));
        let Network::Arp(arp) = read(LinkType::ETHERNET, &tagged).network else {
            panic!()
        };
        assert_eq!((arp.reverse, arp.operation), (false, 2));
    }

    #[test]
    fn a_cut_packet_is_malformed_and_one_of_other_addresses_is_named() {
        let bytes = ethernet(0x0806, &announcement(1, 1));
        assert_eq!(read_cut(&bytes[..41], bytes.len()).network, Network::Malformed);
        let other = ethernet(0x0806, &announcement(6, 1));
        assert_eq!(read(LinkType::ETHERNET, &other).network, Network::Other(0x0806));
    }
}
