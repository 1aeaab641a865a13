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

/// Sender and receiver of a TCP segment, cheap to hash and to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ends {
    src: (u64, u64),
    dst: (u64, u64),
    /// Both ports, and above them whether the addresses are IPv6.
    rest: u64,
}

impl Ends {
    /// From addresses in two halves (IPv4: in the lower one) and the ports as they stand in the header.
    #[inline]
    pub(super) fn new(src: (u64, u64), dst: (u64, u64), ports: u32, is_ipv6: bool) -> Self {
        Self {
            src,
            dst,
            rest: u64::from(is_ipv6) << 32 | u64::from(ports),
        }
    }

    /// Source and destination port.
    #[inline]
    pub fn ports(&self) -> (u16, u16) {
        ((self.rest >> 16) as u16, self.rest as u16)
    }

    /// Source and destination address.
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        (self.address(self.src), self.address(self.dst))
    }

    fn address(&self, (high, low): (u64, u64)) -> IpAddr {
        if self.rest >> 32 == 0 {
            Ipv4Addr::from(low as u32).into()
        } else {
            Ipv6Addr::from(u128::from(high) << 64 | u128::from(low)).into()
        }
    }
}
