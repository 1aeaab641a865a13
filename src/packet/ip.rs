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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::testing::{
        self, TCP, dst_port, ethernet, ip, ipv4, ipv4_fragment, ipv6, join, read, read_cut, tcp, udp,
    };
    use super::super::{Fragment, LengthSource, Network, Transport};
    use crate::capture::LinkType;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn read_ethernet(ether_type: u16, packet: &[u8]) -> super::Ip {
        ip(read(LinkType::ETHERNET, &ethernet(ether_type, packet)))
    }

    #[test]
    fn an_ipv4_header_gives_its_fields() {
        let packet = read_ethernet(0x0800, &ipv4(TCP, &tcp(&[], b"abc")));
        assert_eq!((packet.src, packet.dst), (address("10.0.0.1"), address("10.0.0.2")));
        assert_eq!(
            (packet.protocol, packet.ttl, packet.identification),
            (6, 64, Some(0x1234))
        );
        assert_eq!((packet.total_len, packet.length_source), (43, LengthSource::Header));
        assert_eq!(
            (packet.payload_len, packet.payload_offset, packet.fragment),
            (3, 54, None)
        );
    }

    #[test]
    fn an_ipv6_header_gives_its_fields() {
        let packet = read_ethernet(0x86dd, &ipv6(TCP, &tcp(&[], b"abc")));
        assert_eq!((packet.src, packet.dst), (address("fd00::1"), address("fd00::2")));
        assert_eq!((packet.protocol, packet.ttl, packet.identification), (6, 64, None));
        assert_eq!((packet.total_len, packet.length_source), (63, LengthSource::Header));
        assert_eq!((packet.payload_len, packet.payload_offset), (3, 74));
    }

    #[test]
    fn ethernet_padding_is_not_payload() {
        let padded = join(&[&ethernet(0x0800, &ipv4(TCP, &tcp(&[], b""))), &[0; 6]]);
        let packet = ip(read(LinkType::ETHERNET, &padded));
        assert_eq!(
            (packet.total_len, packet.payload_len, packet.payload_captured),
            (40, 0, 0)
        );
    }

    #[test]
    fn a_total_length_of_0_is_taken_from_the_frame() {
        let mut bytes = ethernet(0x0800, &ipv4(TCP, &tcp(&[], &[b'x'; 60])));
        bytes[16..18].fill(0);
        // A super-frame of 40,014 bytes, cut at 80: 14 link, 40 headers.
        let packet = ip(read_cut(&bytes[..80], 40_014));
        assert_eq!((packet.total_len, packet.length_source), (40_000, LengthSource::Frame));
        assert_eq!((packet.payload_len, packet.payload_captured), (39_960, 26));
    }

    #[test]
    fn an_ipv6_payload_length_of_0_is_taken_from_the_frame() {
        let mut bytes = ethernet(0x86dd, &ipv6(TCP, &tcp(&[], &[b'x'; 60])));
        bytes[18..20].fill(0);
        // BIG TCP: 100,000 bytes of payload behind 14 + 40 + 20.
        let packet = ip(read_cut(&bytes, 100_074));
        assert_eq!((packet.total_len, packet.length_source), (100_060, LengthSource::Frame));
        assert_eq!(packet.payload_len, 100_000);
    }

    #[test]
    fn no_next_header_of_length_0_has_no_payload() {
        let padded = join(&[&ethernet(0x86dd, &ipv6(59, b"")), &[0; 6]]);
        let packet = ip(read(LinkType::ETHERNET, &padded));
        assert_eq!(
            (packet.total_len, packet.length_source, packet.payload_len),
            (40, LengthSource::Header, 0)
        );
    }

    #[test]
    fn a_total_length_beyond_the_frame_is_kept_but_the_payload_ends_with_the_frame() {
        let mut bytes = ethernet(0x0800, &ipv4(TCP, &tcp(&[], &[b'x'; 60])));
        bytes[16..18].copy_from_slice(&1000_u16.to_be_bytes());
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        assert_eq!((packet.total_len, packet.payload_len), (1000, 60));
    }

    #[test]
    fn headers_that_contradict_themselves_are_malformed() {
        let good = ethernet(0x0800, &ipv4(TCP, &tcp(&[], b"abc")));
        for (at, value) in [(14, 0x55), (14, 0x44), (17, 19)] {
            let mut bytes = good.clone();
            bytes[at] = value;
            assert_eq!(
                read(LinkType::ETHERNET, &bytes).network,
                Network::Malformed,
                "byte {at}"
            );
        }
        let version_4_for_6 = ethernet(0x86dd, &ipv4(TCP, &tcp(&[], b"")));
        assert_eq!(read(LinkType::ETHERNET, &version_4_for_6).network, Network::Malformed);
    }

    #[test]
    fn ipv6_under_the_ether_type_of_ipv4_is_read() {
        assert_eq!(dst_port(&read_ethernet(0x0800, &ipv6(TCP, &tcp(&[], b"")))), 80);
    }

    #[test]
    fn addresses_need_the_fixed_header_and_no_more() {
        let mut bytes = ethernet(0x0800, &ipv4(TCP, &join(&[&[1; 8], &tcp(&[], b"abc")])));
        bytes[14] = 0x47;
        for len in 0..bytes.len() {
            let packet = read_cut(&bytes[..len], bytes.len());
            match len {
                0..34 => assert_eq!(packet.network, Network::Malformed, "cut at {len}"),
                34..46 => assert_eq!(ip(packet).transport, Transport::Cut, "cut at {len}"),
                _ => assert_eq!((dst_port(&ip(packet)), ip(packet).total_len), (80, 51), "cut at {len}"),
            }
        }
    }

    #[test]
    fn options_are_stepped_over() {
        let mut bytes = ethernet(0x0800, &ipv4(TCP, &join(&[&[1; 8], &tcp(&[], b"abc")])));
        bytes[14] = 0x47;
        let packet = ip(read(LinkType::ETHERNET, &bytes));
        assert_eq!(
            (dst_port(&packet), packet.payload_len, packet.payload_offset),
            (80, 3, 62)
        );
    }

    #[test]
    fn a_source_route_leads_to_its_last_address_until_it_is_used_up() {
        for (kind, pointer, dst) in [(131, 4, "10.9.9.8"), (137, 8, "10.9.9.8"), (131, 12, "10.0.0.2")] {
            let route = [1, kind, 11, pointer, 10, 9, 9, 9, 10, 9, 9, 8];
            let mut bytes = ethernet(0x0800, &ipv4(TCP, &join(&[&route, &tcp(&[], b"abc")])));
            bytes[14] = 0x48;
            assert_eq!(ip(read(LinkType::ETHERNET, &bytes)).dst, address(dst));
        }
    }

    #[test]
    fn the_first_fragment_has_the_transport_and_the_others_have_none() {
        let datagram = udp(53, &[7; 992]);
        let first = read_ethernet(0x0800, &ipv4_fragment(testing::UDP, 0, true, &datagram[..400]));
        assert_eq!(dst_port(&first), 53);
        assert_eq!((first.payload_len, first.payload_offset), (392, 42));
        let piece = Fragment {
            offset: 0,
            more: true,
            protocol: 17,
            len: 400,
            captured: 400,
        };
        assert_eq!(first.fragment, Some(piece));

        let last = ethernet(0x0800, &ipv4_fragment(testing::UDP, 400, false, &datagram[400..]));
        let last = ip(read_cut(&last[..100], last.len()));
        assert_eq!(
            (last.transport, last.protocol, last.payload_len),
            (Transport::Other, 17, 600)
        );
        let piece = Fragment {
            offset: 400,
            more: false,
            protocol: 17,
            len: 600,
            captured: 66,
        };
        assert_eq!(last.fragment, Some(piece));
    }

    #[test]
    fn a_fragment_that_the_frame_has_no_room_for_is_not_whole() {
        let mut bytes = ethernet(0x0800, &ipv4_fragment(testing::UDP, 400, false, &[7; 200]));
        bytes[16..18].copy_from_slice(&920_u16.to_be_bytes());
        let fragment = ip(read(LinkType::ETHERNET, &bytes)).fragment.unwrap();
        assert_eq!((fragment.len, fragment.captured), (900, 200));
    }
}
