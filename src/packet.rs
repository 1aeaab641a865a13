//! From a frame's bytes to the fields that the measurements use.
//!
//! Every length says what was on the wire, never what the capture kept of it: it comes from the IP header, and where
//! that is silent (offload writes a total length of 0) from the frame's original length. A payload ends where the
//! frame ended at the latest, whatever the header claims, as in Wireshark.
//!
//! [`decode`] has two paths. The fast one reads by hand the frames that captures are full of; it costs some 20 ns. The
//! general one lays etherparse's views over headers that were filled up with zeros, so that a header cut by the snap
//! length gives what was captured of it. A property test holds the two against each other.
//!
//! ```
//! use migqos::capture::{Frame, LinkType};
//! use migqos::packet::{DecodeOptions, Network, Transport, decode};
//!
//! // A raw IPv4 packet: 20 bytes of IP, 8 of UDP from port 40000 to 53, 4 of payload, of which 2 were captured.
//! let bytes = [
//!     0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2,
//! ];
//! let frame = Frame {
//!     time_ns: Some(0),
//!     offset: 0,
//!     captured_len: 30,
//!     wire_len: 32,
//!     interface: 0,
//!     link_type: LinkType::RAW,
//! };
//! let Network::Ip(ip) = decode(&frame, &bytes, DecodeOptions::default()).network else { panic!() };
//! assert_eq!(ip.transport, Transport::Udp { src_port: 40000, dst_port: 53 });
//! assert_eq!((ip.total_len, ip.payload_len, ip.payload_captured), (32, 4, 2));
//! ```

mod arp;
mod ether_type;
mod extension;
mod fast;
mod fragment;
mod ip;
mod layer;
mod link;
mod segment;
mod tcp_options;
#[cfg(test)]
mod testing;
mod transport;
mod tunnel;

use std::net::IpAddr;

use crate::capture::Frame;
pub use fragment::{Completed, FragmentTracker};
use layer::Layer;
pub use segment::{Ends, Segment};

/// How far [`decode`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeOptions {
    /// Look into GRE, VXLAN, Geneve and IP-in-IP, and report the innermost packet instead of the tunnel's.
    pub decapsulate: bool,
}

/// Reads the headers of one frame. `bytes` are its captured bytes; no content of them is an error.
#[inline]
pub fn decode(frame: &Frame, bytes: &[u8], options: DecodeOptions) -> Packet {
    fast::decode(frame, bytes, options).unwrap_or_else(|| decode_any(frame, bytes, options))
}

/// Reads the headers of a frame that holds a TCP segment of an open connection and nothing out of the ordinary: no SYN,
/// FIN or RST, no options but timestamps, whole headers. `None` for any other frame, for which there is [`decode`];
/// decapsulation changes nothing for the ones that this reads.
#[inline]
pub fn segment(frame: &Frame, bytes: &[u8]) -> Option<(Segment, Ends)> {
    segment_v4(frame, bytes).or_else(|| segment_v6(frame, bytes))
}

/// [`segment`] where the frame is one of IPv4. Who asks for each version apart has the two compiled apart, with what
/// follows: half of it folds away where the header's length is known.
#[inline(always)]
pub fn segment_v4(frame: &Frame, bytes: &[u8]) -> Option<(Segment, Ends)> {
    fast::segment_v4(frame, bytes)
}

/// The same of IPv6.
#[inline(always)]
pub fn segment_v6(frame: &Frame, bytes: &[u8]) -> Option<(Segment, Ends)> {
    fast::segment_v6(frame, bytes)
}

/// Reads any frame, also those that [`fast`] leaves.
#[cold]
fn decode_any(frame: &Frame, bytes: &[u8], options: DecodeOptions) -> Packet {
    let mut context = Context {
        src_mac: None,
        dst_mac: None,
        tunnels_left: if options.decapsulate { MAX_TUNNELS } else { 0 },
        links_left: MAX_LINKS,
    };
    let network = link::decode(frame.link_type, Layer::of_frame(bytes, frame.wire_len), &mut context);
    Packet {
        time_ns: frame.time_ns,
        wire_len: frame.wire_len,
        captured_len: frame.captured_len,
        interface: frame.interface,
        src_mac: context.src_mac,
        dst_mac: context.dst_mac,
        network,
    }
}

/// IP packets within tunnels that are followed: more than any network stacks, few enough for the stack of a thread.
const MAX_TUNNELS: u8 = 8;
/// Link headers within link headers that are followed, tags not counted.
const MAX_LINKS: u8 = 64;

/// What the layers of one frame share while it is read.
struct Context {
    src_mac: Option<Mac>,
    dst_mac: Option<Mac>,
    /// How many more IP headers may be looked behind for a tunnel.
    tunnels_left: u8,
    /// How many more EtherTypes may be followed.
    links_left: u8,
}

/// An Ethernet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl std::fmt::Display for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Where an IP length came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthSource {
    /// The IP header's total length or payload length, or a jumbogram's option (RFC 2675).
    Header,
    /// The frame's original length less the headers before IP: the header said 0 (offload).
    Frame,
}

/// A decoded frame: a plain value, safe to keep after its block is gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Packet {
    /// Nanoseconds since the Unix epoch; `None` where the file gives no time.
    pub time_ns: Option<i64>,
    /// Bytes on the wire, the whole frame.
    pub wire_len: u32,
    /// Bytes captured.
    pub captured_len: u32,
    /// Index of the capture interface.
    pub interface: u32,
    /// Sender's and receiver's link-layer address, where the link type has them. Linux cooked captures give the
    /// sender's alone.
    pub src_mac: Option<Mac>,
    /// See `src_mac`.
    pub dst_mac: Option<Mac>,
    /// What the frame carries.
    pub network: Network,
}

/// The layer above the link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Network {
    /// IPv4 or IPv6.
    Ip(Ip),
    /// ARP or RARP for IPv4 over Ethernet.
    Arp(Arp),
    /// Anything else, by EtherType (0 where unknown).
    Other(u16),
    /// The link type is not known to this program.
    UnknownLink,
    /// Too little was captured, or the headers contradict themselves, so that not even addresses can be read.
    Malformed,
}

/// The fields of an ARP (EtherType 0x0806) or RARP (0x8035) frame that announce a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// RARP.
    pub reverse: bool,
    /// 1 request, 2 reply, 3 reverse request, 4 reverse reply.
    pub operation: u16,
    /// Sender's hardware address.
    pub sender_mac: Mac,
    /// Sender's protocol address, big-endian.
    pub sender_ip: [u8; 4],
    /// Target's hardware address.
    pub target_mac: Mac,
    /// Target's protocol address, big-endian.
    pub target_ip: [u8; 4],
}

/// An IP packet. With decapsulation on, the innermost one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ip {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// IPv4 protocol or the last IPv6 next header.
    pub protocol: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification; `None` in IPv6 without a fragment header.
    pub identification: Option<u32>,
    /// Bytes of the IP packet with its header (IPv4 total length; IPv6 payload length + 40).
    pub total_len: u32,
    /// What `total_len` rests on.
    pub length_source: LengthSource,
    /// Set on every fragment; the transport of a fragment but the first cannot be read.
    pub fragment: Option<Fragment>,
    /// The transport header.
    pub transport: Transport,
    /// Transport payload on the wire, bytes (IP length less all headers).
    pub payload_len: u32,
    /// Where the transport payload begins in the frame, bytes from its start; `u32::MAX` where TCP's header is longer
    /// than what the packet had room for on the wire.
    pub payload_offset: u32,
    /// How many bytes of the transport payload were captured.
    pub payload_captured: u32,
}

/// Place of a fragment in its datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Offset of this fragment's data in the datagram, bytes.
    pub offset: u32,
    /// More fragments follow.
    pub more: bool,
    /// Protocol number of the datagram's first byte, which may be that of an extension header: unlike
    /// [`Ip::protocol`] the same in all IPv4 fragments of a datagram.
    pub protocol: u8,
    /// Bytes of data in this fragment, as its header says.
    pub len: u32,
    /// Captured bytes of that data.
    pub captured: u32,
}

/// The transport header's fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transport {
    /// TCP (RFC 9293).
    Tcp(Tcp),
    /// UDP (RFC 768).
    Udp {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
    },
    /// Ports alone: SCTP, DCCP or UDP-Lite; also TCP or UDP whose header was cut behind the ports or contradicts
    /// itself (the packet's `protocol` tells), which belongs to no conversation that Wireshark counts.
    Ports {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
    },
    /// ICMP or ICMPv6.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Echo identifier; 0 in other types.
        identifier: u16,
        /// Echo sequence number; 0 in other types.
        sequence: u16,
    },
    /// Another protocol, or a fragment but the first.
    Other,
    /// The transport header was cut before its ports.
    Cut,
}

/// A TCP header. Payload length is the packet's `payload_len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tcp {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number as it stands in the header, also without ACK.
    pub ack: u32,
    /// The flag bits, see [`Tcp::FIN`] and its siblings.
    pub flags: u16,
    /// Window as it stands in the header, unscaled.
    pub window: u16,
    /// Header length in bytes, options included.
    pub header_len: u8,
    /// Shift count of the window scale option (RFC 7323), in SYN segments.
    pub window_scale: Option<u8>,
    /// Maximum segment size option, in SYN segments.
    pub mss: Option<u16>,
    /// TSval and TSecr (RFC 7323).
    pub timestamps: Option<(u32, u32)>,
    /// Number of SACK blocks in the header, 4 at most (RFC 2018).
    pub sack_blocks: u8,
    /// The SACK permitted option.
    pub sack_permitted: bool,
    /// The first two SACK blocks: the first shows a DSACK (RFC 2883), the second tells whether it lies within a
    /// larger block. Left and right edge.
    pub sack: [(u32, u32); 2],
    /// The header ends beyond what was captured (or beyond its IP packet): absent options may have been there.
    /// Wireshark reads such a segment's fields, but counts it in no conversation.
    pub options_cut: bool,
}

impl Tcp {
    /// No more data from sender.
    pub const FIN: u16 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u16 = 0x02;
    /// Reset the connection.
    pub const RST: u16 = 0x04;
    /// Push function.
    pub const PSH: u16 = 0x08;
    /// Acknowledgement field significant.
    pub const ACK: u16 = 0x10;
    /// Urgent pointer significant.
    pub const URG: u16 = 0x20;
    /// All bits beside the data offset, reserved ones included.
    const FLAG_BITS: u16 = 0x0fff;

    /// True where any of `bits` is set.
    pub fn has(&self, bits: u16) -> bool {
        self.flags & bits != 0
    }
}
