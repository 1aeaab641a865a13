//! A TCP segment of an open connection: what nearly every frame of a capture is, in less than a cache line.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Tcp;

/// What the measurements use of such a segment, beside the [`Ends`] that it goes between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// Bytes on the wire, the whole frame.
    pub wire_len: u32,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number as it stands in the header, also without ACK.
    pub ack: u32,
    pub(super) timestamps: (u32, u32),
    /// Where the payload begins in the block's data.
    pub payload_at: u32,
    /// Payload on the wire, bytes.
    pub payload_len: u16,
    /// How many bytes of it were captured.
    pub payload_captured: u16,
    /// Window as it stands in the header, unscaled.
    pub window: u16,
    /// The flag bits, see [`Tcp`]; neither SYN nor FIN nor RST.
    pub flags: u16,
    pub(super) identification: u16,
    /// Index of the capture interface.
    pub interface: u16,
    /// Bytes of the IP and the TCP header.
    pub headers_len: u8,
    pub(super) has_timestamps: bool,
    pub(super) is_ipv6: bool,
}

impl Segment {
    /// No segment.
    pub const EMPTY: Self = Self {
        time_ns: 0,
        wire_len: 0,
        seq: 0,
        ack: 0,
        timestamps: (0, 0),
        payload_at: 0,
        payload_len: 0,
        payload_captured: 0,
        window: 0,
        flags: 0,
        identification: 0,
        interface: 0,
        headers_len: 0,
        has_timestamps: false,
        is_ipv6: false,
    };

    /// Bytes of the IP packet with its header.
    #[inline]
    pub fn total_len(&self) -> u32 {
        u32::from(self.headers_len) + u32::from(self.payload_len)
    }

    /// IPv4 identification; `None` in IPv6.
    #[inline]
    pub fn identification(&self) -> Option<u32> {
        (!self.is_ipv6).then_some(self.identification.into())
    }

    /// TSval and TSecr.
    #[inline]
    pub fn timestamps(&self) -> Option<(u32, u32)> {
        self.has_timestamps.then_some(self.timestamps)
    }

    /// The header as [`decode`](super::decode) would give it.
    #[inline]
    pub fn tcp(&self, ports: (u16, u16)) -> Tcp {
        const IPV4_LEN: u8 = 20;
        const IPV6_LEN: u8 = 40;
        Tcp {
            src_port: ports.0,
            dst_port: ports.1,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            window: self.window,
            header_len: self.headers_len - if self.is_ipv6 { IPV6_LEN } else { IPV4_LEN },
            window_scale: None,
            mss: None,
            timestamps: self.timestamps(),
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        }
    }
}

/// Sender and receiver of a TCP segment as they stand in the frame, cheap to hash and to compare: words, not arrays, which
/// are compared by a call of memcmp, and what differs most often first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ends {
    /// Both ports, and above them whether the addresses are IPv6.
    rest: u64,
    /// Both addresses of IPv4; of IPv6 the first half of the source, and so on.
    first: u64,
    second: u64,
    third: u64,
    fourth: u64,
}

/// Above the ports: the addresses are IPv6.
const IPV6: u64 = 1 << 32;

impl Ends {
    /// Of no segment.
    pub const NONE: Self = Self {
        rest: u64::MAX,
        first: 0,
        second: 0,
        third: 0,
        fourth: 0,
    };

    /// From source and destination as they follow one another in the IPv4 header, and the same of the ports.
    #[inline(always)]
    pub(super) fn v4(addresses: [u8; 8], ports: [u8; 4]) -> Self {
        Self {
            rest: u32::from_ne_bytes(ports).into(),
            first: u64::from_ne_bytes(addresses),
            ..Self::default()
        }
    }

    /// The same of IPv6, the addresses in halves.
    #[inline(always)]
    pub(super) fn v6(addresses: [[u8; 8]; 4], ports: [u8; 4]) -> Self {
        let [first, second, third, fourth] = addresses.map(u64::from_ne_bytes);
        Self {
            rest: u64::from(u32::from_ne_bytes(ports)) | IPV6,
            first,
            second,
            third,
            fourth,
        }
    }

    /// Source and destination port.
    #[inline]
    pub fn ports(&self) -> (u16, u16) {
        let [s0, s1, d0, d1] = (self.rest as u32).to_ne_bytes();
        (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]))
    }

    /// Source and destination address.
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        if self.rest & IPV6 == 0 {
            let both = u64::from_be_bytes(self.first.to_ne_bytes());
            let address = |number: u32| Ipv4Addr::from(number).into();
            (address((both >> 32) as u32), address(both as u32))
        } else {
            let address = |high: u64, low: u64| {
                let [high, low] = [high, low].map(|half| u128::from(u64::from_be_bytes(half.to_ne_bytes())));
                Ipv6Addr::from(high << 64 | low).into()
            };
            (address(self.first, self.second), address(self.third, self.fourth))
        }
    }
}
