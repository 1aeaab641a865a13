//! IPv4 (RFC 791) and IPv6 (RFC 8200) with their extension headers.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, ip_number};

use super::layer::Layer;
use super::{Context, Fragment, Ip, LengthSource, Network, Transport, transport, tunnel};

/// Longest IPv4 header, bytes: its length field counts 15 words.
const IPV4_MAX_LEN: usize = 60;
/// IPv4 header without options, bytes.
const IPV4_MIN_LEN: usize = 20;
/// IPv6 header, bytes.
const IPV6_LEN: usize = 40;
/// IPv6 fragment header, bytes.
const FRAGMENT_LEN: usize = 8;

/// IPv6 extension headers: a next header byte, then a length.
mod extension {
    /// Next header.
    pub const NEXT: usize = 0;
    /// Length in units of 8 bytes, the first 8 not counted; in the authentication header, units of 4 less 2.
    pub const LEN: usize = 1;
    /// Where the options of a hop-by-hop header begin.
    pub const OPTIONS: usize = 2;
    /// Option of one byte of padding, which has no length byte.
    pub const PAD1: u8 = 0;
    /// Option that holds a 32-bit payload length (RFC 2675).
    pub const JUMBO_PAYLOAD: u8 = 0xc2;
}

/// What both versions say of a packet before its transport header.
struct Header<'a> {
    src: IpAddr,
    dst: IpAddr,
    ttl: u8,
    identification: Option<u32>,
    total_len: usize,
    length_source: LengthSource,
    /// Of what follows the header and its extensions; `None` where it lies beyond what was captured.
    protocol: u8,
    fragment: Option<(u32, bool)>,
    payload: Layer<'a>,
    /// The chain of extension headers ran out of captured bytes.
    cut: bool,
}

/// Reads whatever version the first nibble says.
pub(super) fn decode_any(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u8(0).map(|first| first >> 4) {
        Some(4) => decode_v4(layer, context),
        Some(6) => decode_v6(layer, context),
        _ => Network::Malformed,
    }
}

/// Reads an IPv4 packet.
pub(super) fn decode_v4(layer: Layer<'_>, context: &mut Context) -> Network {
    header_v4(layer).map_or(Network::Malformed, |header| finish(header, context))
}

/// Reads an IPv6 packet.
pub(super) fn decode_v6(layer: Layer<'_>, context: &mut Context) -> Network {
    header_v6(layer).map_or(Network::Malformed, |header| finish(header, context))
}

fn header_v4(layer: Layer<'_>) -> Option<Header<'_>> {
    let (head, real) = layer.head::<IPV4_MAX_LEN>();
    if real < IPV4_MIN_LEN {
        return None;
    }
    let view = Ipv4HeaderSlice::from_slice(&head).ok()?;
    let header_len = view.slice().len();
    let (total_len, length_source) = match usize::from(view.total_len()) {
        0 => (layer.wire_len(), LengthSource::Frame),
        len => (len, LengthSource::Header),
    };
    if total_len < header_len {
        return None;
    }
    let fragment = view.is_fragmenting_payload().then(|| {
        let offset = u32::from(view.fragments_offset().value()) * 8;
        (offset, view.more_fragments())
    });
    let mut header = Header {
        src: view.source_addr().into(),
        dst: view.destination_addr().into(),
        ttl: view.ttl(),
        identification: Some(view.identification().into()),
        total_len,
        length_source,
        protocol: view.protocol().0,
        fragment,
        payload: layer.limit(total_len).skip(header_len),
        cut: false,
    };
    if view.protocol() == ip_number::AUTH && fragment.is_none_or(|(offset, _)| offset == 0) {
        follow_extensions(&mut header);
    }
    Some(header)
}

fn header_v6(layer: Layer<'_>) -> Option<Header<'_>> {
    let (head, real) = layer.head::<IPV6_LEN>();
    if real < IPV6_LEN {
        return None;
    }
    let view = Ipv6HeaderSlice::from_slice(&head).ok()?;
    let body = layer.skip(IPV6_LEN);
    let (payload_len, length_source) = match (view.payload_length(), view.next_header()) {
        (0, ip_number::IPV6_NO_NEXT_HEADER) => (0, LengthSource::Header),
        (0, ip_number::IPV6_HOP_BY_HOP) => match jumbo_payload_len(body) {
            Some(len) => (len as usize, LengthSource::Header),
            None => (body.wire_len(), LengthSource::Frame),
        },
        (0, _) => (body.wire_len(), LengthSource::Frame),
        (len, _) => (usize::from(len), LengthSource::Header),
    };
    let mut header = Header {
        src: view.source_addr().into(),
        dst: view.destination_addr().into(),
        ttl: view.hop_limit(),
        identification: None,
        total_len: payload_len.saturating_add(IPV6_LEN),
        length_source,
        protocol: view.next_header().0,
        fragment: None,
        payload: body.limit(payload_len),
        cut: false,
    };
    follow_extensions(&mut header);
    Some(header)
}

/// The jumbo payload option of a hop-by-hop header, where it was captured and says more than 16 bits could.
fn jumbo_payload_len(hop_by_hop: Layer<'_>) -> Option<u32> {
    let end = (usize::from(hop_by_hop.u8(extension::LEN)?) + 1) * 8;
    let mut at = extension::OPTIONS;
    while at < end {
        let kind = hop_by_hop.u8(at)?;
        if kind == extension::PAD1 {
            at += 1;
            continue;
        }
        let len = usize::from(hop_by_hop.u8(at + 1)?);
        if kind == extension::JUMBO_PAYLOAD && len == 4 {
            return hop_by_hop.u32(at + 2).filter(|&len| len > u32::from(u16::MAX));
        }
        at += 2 + len;
    }
    None
}

/// Steps over extension headers to the transport header. A fragment but the first has none behind its fragment header.
fn follow_extensions(header: &mut Header<'_>) {
    use ip_number as n;
    loop {
        let layer = header.payload;
        let Some(next) = layer.u8(extension::NEXT) else {
            header.cut = is_extension(header.protocol);
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
                    let offset = u32::from(view.fragment_offset().value()) * 8;
                    header.fragment = Some((offset, view.more_fragments()));
                }
                FRAGMENT_LEN
            }
            _ if !is_extension(header.protocol) => return,
            number => {
                let Some(units) = layer.u8(extension::LEN) else {
                    header.cut = true;
                    return;
                };
                match number {
                    n::AUTH => (usize::from(units) + 2) * 4,
                    _ => (usize::from(units) + 1) * 8,
                }
            }
        };
        header.protocol = next;
        header.payload = layer.skip(len);
        if header.fragment.is_some_and(|(offset, _)| offset != 0) {
            return;
        }
    }
}

fn is_extension(protocol: u8) -> bool {
    use ip_number as n;
    matches!(
        IpNumber(protocol),
        n::IPV6_HOP_BY_HOP
            | n::IPV6_ROUTE
            | n::IPV6_FRAG
            | n::IPV6_DEST_OPTIONS
            | n::AUTH
            | n::MOBILITY
            | n::HIP
            | n::SHIM6
    )
}

/// Reads the transport header and, where asked for, what a tunnel carries.
fn finish(header: Header<'_>, context: &mut Context) -> Network {
    let data = header.payload;
    let (transport, payload) = match header.fragment {
        _ if header.cut => (Transport::Cut, data),
        Some((offset, _)) if offset != 0 => (Transport::Other, data),
        _ => transport::decode(header.protocol, data),
    };
    if header.fragment.is_none()
        && let Some(inner) = tunnel::decode(header.protocol, &transport, data, payload, context)
    {
        return inner;
    }
    Network::Ip(Ip {
        src: header.src,
        dst: header.dst,
        protocol: header.protocol,
        ttl: header.ttl,
        identification: header.identification,
        total_len: saturate(header.total_len),
        length_source: header.length_source,
        fragment: header.fragment.map(|(offset, more)| Fragment {
            offset,
            more,
            len: saturate(data.wire_len()),
            captured: saturate(data.captured().len()),
        }),
        transport,
        payload_len: saturate(payload.wire_len()),
        payload_offset: saturate(payload.start()),
        payload_captured: saturate(payload.captured().len()),
    })
}

fn saturate(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
