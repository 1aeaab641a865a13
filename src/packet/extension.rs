//! IPv6 extension headers (RFC 8200 section 4), from the IPv6 header to the transport header.
//!
//! They are followed behind IPv4 as well: the authentication header is common there, and the rest costs nothing. The
//! mobility header and HIP's end the chain: nothing but "no next header" is defined to follow them (RFC 6275 section
//! 6.1.1, RFC 7401 section 5.1).

use std::net::{IpAddr, Ipv6Addr};

use etherparse::{IpNumber, Ipv6FragmentHeaderSlice, ip_number as n};

use super::ip::{Header, Piece};
use super::layer::Layer;

/// Fragment header, bytes.
const FRAGMENT_LEN: usize = 8;
/// IPv6 address, bytes.
const ADDRESS_LEN: usize = 16;

/// What all but the fragment header begin with.
mod generic {
    /// Number of the next header.
    pub const NEXT: usize = 0;
    /// Length in units of 8 bytes, the first 8 not counted; in the authentication header, units of 4 less 2.
    pub const LEN: usize = 1;
    /// Where the options of hop-by-hop and destination headers begin.
    pub const OPTIONS: usize = 2;
}

/// Options of hop-by-hop and destination headers.
mod option {
    /// One byte of padding, which has no length byte.
    pub const PAD1: u8 = 0;
    /// A 32-bit payload length (RFC 2675).
    pub const JUMBO_PAYLOAD: u8 = 0xc2;
    /// The sender's home address (RFC 6275).
    pub const HOME_ADDRESS: u8 = 0xc9;
}

/// Routing header.
mod routing {
    /// Type.
    pub const TYPE: usize = 2;
    /// Addresses yet to visit.
    pub const SEGMENTS_LEFT: usize = 3;
    /// Where the addresses begin, in the types below.
    pub const ADDRESSES: usize = 8;
    /// Type 0 (RFC 2460): the final destination is the last address.
    pub const SOURCE_ROUTE: u8 = 0;
    /// Type 2 (RFC 6275): one address, the receiver's home address.
    pub const HOME_ADDRESS: u8 = 2;
    /// Segment routing (RFC 8754): the final destination is the first address.
    pub const SEGMENTS: u8 = 4;
}

/// Steps over extension headers to the transport header. A fragment but the first has none behind its fragment
/// header. The addresses become those of the transport's two ends, as its checksum has them (RFC 8200 section 8.1).
pub(super) fn follow(header: &mut Header<'_>) {
    while is_extension(header.protocol) && !header.is_later_fragment() {
        let layer = header.payload;
        let (Some(next), Some(units)) = (layer.u8(generic::NEXT), layer.u8(generic::LEN)) else {
            header.cut = true;
            return;
        };
        let len = match IpNumber(header.protocol) {
            n::IPV6_FRAG => {
                let (head, real) = layer.head::<FRAGMENT_LEN>();
                let (Ok(view), FRAGMENT_LEN) = (Ipv6FragmentHeaderSlice::from_slice(&head), real) else {
                    header.cut = true;
                    return;
                };
                header.identification = Some(view.identification());
                if view.is_fragmenting_payload() {
                    header.fragment = Some(Piece {
                        offset: u32::from(view.fragment_offset().value()) * 8,
                        more: view.more_fragments(),
                        protocol: next,
                        data: layer.skip(FRAGMENT_LEN),
                    });
                }
                FRAGMENT_LEN
            }
            n::AUTH => (usize::from(units) + 2) * 4,
            _ => (usize::from(units) + 1) * 8,
        };
        match IpNumber(header.protocol) {
            n::IPV6_ROUTE => {
                if let Some(last) = final_destination(layer.limit(len)) {
                    header.dst = IpAddr::V6(last);
                }
            }
            n::IPV6_DEST_OPTIONS => {
                if let Some(home) = option::<ADDRESS_LEN>(layer, option::HOME_ADDRESS) {
                    header.src = IpAddr::V6(home.into());
                }
            }
            _ => {}
        }
        header.protocol = next;
        header.payload = layer.skip(len);
    }
}

/// The payload length in a hop-by-hop header, where it was captured and says more than 16 bits could.
pub(super) fn jumbo_payload_len(hop_by_hop: Layer<'_>) -> Option<u32> {
    option(hop_by_hop, option::JUMBO_PAYLOAD)
        .map(u32::from_be_bytes)
        .filter(|&len| len > u16::MAX.into())
}

fn is_extension(protocol: u8) -> bool {
    matches!(
        IpNumber(protocol),
        n::IPV6_HOP_BY_HOP | n::IPV6_ROUTE | n::IPV6_FRAG | n::IPV6_DEST_OPTIONS | n::AUTH | n::SHIM6
    )
}

/// The value of the first option of this kind and of `N` bytes in a hop-by-hop or destination header.
fn option<const N: usize>(header: Layer<'_>, wanted: u8) -> Option<[u8; N]> {
    let header = header.limit((usize::from(header.u8(generic::LEN)?) + 1) * 8);
    let mut at = generic::OPTIONS;
    loop {
        let kind = header.u8(at)?;
        if kind == option::PAD1 {
            at += 1;
            continue;
        }
        let len = usize::from(header.u8(at + 1)?);
        if kind == wanted && len == N {
            return header.array(at + 2);
        }
        at += 2 + len;
    }
}

/// Where a routing header leads in the end; `None` where the packet is already there, or the type is another.
fn final_destination(routing: Layer<'_>) -> Option<Ipv6Addr> {
    if routing.u8(routing::SEGMENTS_LEFT)? == 0 {
        return None;
    }
    let at = match routing.u8(routing::TYPE)? {
        routing::SOURCE_ROUTE => routing.wire_len().checked_sub(ADDRESS_LEN)?,
        routing::HOME_ADDRESS | routing::SEGMENTS => routing::ADDRESSES,
        _ => return None,
    };
    routing
        .array::<ADDRESS_LEN>(at.max(routing::ADDRESSES))
        .map(Ipv6Addr::from)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::testing::{TCP, dst_port, ethernet, ip, ipv4, ipv6, join, read, read_cut, tcp};
    use super::super::{Ip, LengthSource, Transport};
    use crate::capture::LinkType;

    const HOP_BY_HOP: u8 = 0;
    const ROUTING: u8 = 43;
    const FRAGMENT: u8 = 44;
    const AUTHENTICATION: u8 = 51;
    const DESTINATION: u8 = 60;
    /// Options of padding alone.
    const PADDED: [u8; 6] = [1, 4, 0, 0, 0, 0];

    fn address(last: u8) -> [u8; 16] {
        [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
    }

    fn read_v6(first: u8, parts: &[&[u8]]) -> Ip {
        ip(read(LinkType::ETHERNET, &ethernet(0x86dd, &ipv6(first, &join(parts)))))
    }

    #[test]
    fn every_header_of_a_chain_is_stepped_over() {
        let hop_by_hop = join(&[&[DESTINATION, 0], &PADDED]);
        let destination = join(&[&[ROUTING, 0], &PADDED]);
        let routing = join(&[&[AUTHENTICATION, 2, 0, 0, 0, 0, 0, 0], &address(9)]);
        let authentication = join(&[&[TCP, 4], &[0; 22]]);
        let packet = read_v6(
            HOP_BY_HOP,
            &[&hop_by_hop, &destination, &routing, &authentication, &tcp(&[], b"abc")],
        );
        assert_eq!((dst_port(&packet), packet.protocol, packet.payload_len), (80, 6, 3));
        // Payload length: 8 + 8 + 24 + 24 + 20 + 3.
        assert_eq!((packet.total_len, packet.payload_offset), (40 + 87, 14 + 40 + 84));
    }

    #[test]
    fn a_chain_cut_anywhere_says_so() {
        let hop_by_hop = join(&[&[DESTINATION, 0], &PADDED]);
        let destination = join(&[&[TCP, 0], &PADDED]);
        let bytes = ethernet(
            0x86dd,
            &ipv6(HOP_BY_HOP, &join(&[&hop_by_hop, &destination, &tcp(&[], b"abc")])),
        );
        for len in 54..bytes.len() {
            let packet = ip(read_cut(&bytes[..len], bytes.len()));
            match len {
                54..74 => assert_eq!(packet.transport, Transport::Cut, "cut at {len}"),
                _ => assert_eq!(dst_port(&packet), 80, "cut at {len}"),
            }
        }
    }

    #[test]
    fn the_authentication_header_is_stepped_over_in_ipv4_too() {
        let authentication = join(&[&[TCP, 4], &[0; 22]]);
        let bytes = ethernet(
            0x0800,
            &ipv4(AUTHENTICATION, &join(&[&authentication, &tcp(&[], b"abc")])),
        );
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        assert_eq!((dst_port(&packet), packet.protocol, packet.payload_len), (80, 6, 3));
    }

    #[test]
    fn mobility_ends_the_chain() {
        let packet = read_v6(135, &[&[59, 0, 5, 0, 0, 0, 0, 0]]);
        assert_eq!(
            (packet.transport, packet.protocol, packet.payload_len),
            (Transport::Other, 135, 8)
        );
    }

    #[test]
    fn a_fragment_header_tells_the_first_fragment_from_the_others() {
        let first = read_v6(FRAGMENT, &[&[TCP, 0, 0, 1, 0, 0, 0, 9], &tcp(&[], b"12345678")]);
        assert_eq!((dst_port(&first), first.identification), (80, Some(9)));
        let fragment = first.fragment.unwrap();
        assert_eq!((fragment.offset, fragment.more, fragment.len), (0, true, 28));

        let second = read_v6(FRAGMENT, &[&[TCP, 0, 0, 8, 0, 0, 0, 9], b"12345678"]);
        assert_eq!((second.transport, second.protocol), (Transport::Other, 6));
        let fragment = second.fragment.unwrap();
        assert_eq!((fragment.offset, fragment.more, fragment.len), (8, false, 8));
    }

    #[test]
    fn an_atomic_fragment_is_none() {
        let packet = read_v6(FRAGMENT, &[&[TCP, 0, 0, 0, 0, 0, 0, 9], &tcp(&[], b"abc")]);
        assert_eq!(
            (packet.fragment, packet.identification, dst_port(&packet)),
            (None, Some(9), 80)
        );
    }

    #[test]
    fn a_jumbogram_has_the_length_of_its_option() {
        let segment = tcp(&[], &[b'x'; 100]);
        let mut hop_by_hop = vec![TCP, 0, 0xc2, 4];
        hop_by_hop.extend_from_slice(&70_028_u32.to_be_bytes());
        let mut bytes = ethernet(0x86dd, &ipv6(HOP_BY_HOP, &join(&[&hop_by_hop, &segment])));
        bytes[18..20].fill(0);
        // 70,028 = 8 + 20 + 70,000; the frame holds ten bytes more than the packet.
        let packet = ip(read_cut(&bytes, 14 + 40 + 70_028 + 10));
        assert_eq!((packet.total_len, packet.payload_len), (70_068, 70_000));
        assert_eq!((packet.length_source, dst_port(&packet)), (LengthSource::Header, 80));
    }

    #[test]
    fn a_jumbo_option_below_65536_is_not_believed() {
        let hop_by_hop = [TCP, 0, 0xc2, 4, 0, 0, 0, 30];
        let mut bytes = ethernet(0x86dd, &ipv6(HOP_BY_HOP, &join(&[&hop_by_hop, &tcp(&[], b"abc")])));
        bytes[18..20].fill(0);
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        assert_eq!((packet.length_source, packet.payload_len), (LengthSource::Frame, 3));
    }

    #[test]
    fn a_route_leads_to_its_end_until_it_is_used_up() {
        let cases: [(u8, u8, u8); 5] = [(0, 1, 8), (0, 0, 2), (4, 1, 9), (2, 1, 9), (77, 1, 2)];
        for (kind, segments_left, expected) in cases {
            let routing = join(&[&[TCP, 4, kind, segments_left, 1, 0, 0, 0], &address(9), &address(8)]);
            let packet = read_v6(ROUTING, &[&routing, &tcp(&[], b"")]);
            assert_eq!(packet.dst, IpAddr::from(address(expected)), "type {kind}");
        }
    }

    #[test]
    fn a_home_address_is_the_sender() {
        let options = join(&[&[TCP, 2, 0xc9, 16], &address(7), &[1, 2, 0, 0]]);
        let packet = read_v6(DESTINATION, &[&options, &tcp(&[], b"")]);
        assert_eq!((packet.src, dst_port(&packet)), (IpAddr::from(address(7)), 80));
    }
}
