//! IPv4 (RFC 791) and IPv6 (RFC 8200).

use std::net::{IpAddr, Ipv4Addr};

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice, ip_number};

use super::layer::Layer;
use super::{Context, Fragment, Ip, LengthSource, Network, Transport, extension, transport, tunnel};

/// Longest IPv4 header, bytes: its length field counts 15 words.
const IPV4_MAX_LEN: usize = 60;
/// IPv4 header without options, bytes.
const IPV4_MIN_LEN: usize = 20;
/// IPv6 header, bytes.
const IPV6_LEN: usize = 40;

/// IPv4 options of source routes: kind, length, pointer to the next address, addresses.
mod route {
    /// End of options.
    pub const END: u8 = 0;
    /// Padding, without a length byte.
    pub const NO_OPERATION: u8 = 1;
    /// Loose and strict source route.
    pub const KINDS: [u8; 2] = [131, 137];
}

/// What both versions say of a packet before its transport header.
pub(super) struct Header<'a> {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    ttl: u8,
    pub(super) identification: Option<u32>,
    total_len: usize,
    length_source: LengthSource,
    /// Of `payload`.
    pub(super) protocol: u8,
    pub(super) fragment: Option<Piece<'a>>,
    /// What follows the header and its extensions.
    pub(super) payload: Layer<'a>,
    /// Bytes that the length claims beyond the end of the frame.
    missing: usize,
    /// The chain of extension headers ran out of captured bytes.
    pub(super) cut: bool,
}

impl Header<'_> {
    /// The transport header is in an earlier fragment.
    pub(super) fn is_later_fragment(&self) -> bool {
        self.fragment.as_ref().is_some_and(|piece| piece.offset != 0)
    }
}

/// The fragmentable part of a packet that is one fragment of several.
pub(super) struct Piece<'a> {
    /// In bytes.
    pub(super) offset: u32,
    pub(super) more: bool,
    /// Protocol of the first byte of the datagram.
    pub(super) protocol: u8,
    pub(super) data: Layer<'a>,
}

/// Reads the version that the first nibble says. What announces IPv4 is no better informed: IPv6 travels under it too.
pub(super) fn decode(layer: Layer<'_>, context: &mut Context) -> Network {
    match layer.u8(0).map(|first| first >> 4) {
        Some(4) => header_v4(layer).map_or(Network::Malformed, |header| finish(header, context)),
        Some(6) => decode_v6(layer, context),
        _ => Network::Malformed,
    }
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
    let payload = layer.limit(total_len).skip(header_len);
    let fragment = view.is_fragmenting_payload().then(|| Piece {
        offset: u32::from(view.fragments_offset().value()) * 8,
        more: view.more_fragments(),
        protocol: view.protocol().0,
        data: payload,
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
        payload,
        missing: total_len.saturating_sub(layer.wire_len()),
        cut: false,
    };
    if let Some(last) = source_route(layer.limit(header_len).skip(IPV4_MIN_LEN)) {
        header.dst = last.into();
    }
    extension::follow(&mut header);
    Some(header)
}

/// Where a source route ends that is not used up yet (RFC 791): the host that the transport connection leads to.
fn source_route(options: Layer<'_>) -> Option<Ipv4Addr> {
    let mut at = 0;
    loop {
        let kind = options.u8(at)?;
        match kind {
            route::END => return None,
            route::NO_OPERATION => at += 1,
            _ => {
                let len = usize::from(options.u8(at + 1)?);
                if route::KINDS.contains(&kind) && usize::from(options.u8(at + 2)?) < len {
                    return options.array::<4>(at + len.checked_sub(4)?).map(Ipv4Addr::from);
                }
                at += if len < 2 { return None } else { len };
            }
        }
    }
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
        (0, ip_number::IPV6_HOP_BY_HOP) => match extension::jumbo_payload_len(body) {
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
        missing: payload_len.saturating_sub(body.wire_len()),
        cut: false,
    };
    extension::follow(&mut header);
    Some(header)
}

/// Reads the transport header and, where asked for, what a tunnel carries.
fn finish(header: Header<'_>, context: &mut Context) -> Network {
    let data = header.payload;
    let (transport, payload) = if header.cut {
        (Transport::Cut, data)
    } else if header.is_later_fragment() {
        (Transport::Other, data)
    } else {
        transport::decode(header.protocol, data)
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
        fragment: header.fragment.map(|piece| Fragment {
            offset: piece.offset,
            more: piece.more,
            protocol: piece.protocol,
            len: saturate(piece.data.wire_len().saturating_add(header.missing)),
            captured: saturate(piece.data.captured().len()),
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
