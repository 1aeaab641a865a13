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
