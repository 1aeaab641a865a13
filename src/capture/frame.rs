//! What the reader hands on: frames within blocks, and the interfaces that they came from.

/// A number of the `LINKTYPE_` registry (<https://www.tcpdump.org/linktypes.html>), as the file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a 4-byte address family in the capturing host's byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without HDLC-like framing.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// Raw IP, as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// Raw IP as `DLT_RAW` found its way into files.
    pub const RAW_DLT: Self = Self(12);
    /// PPP in HDLC-like framing (RFC 1662).
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE, without the Ethernet header.
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    pub const RAW: Self = Self(101);
    /// Cisco's HDLC framing.
    pub const C_HDLC: Self = Self(104);
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture v1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux's netfilter log.
    pub const NFLOG: Self = Self(239);
    /// Linux cooked capture v2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// The file's format, decided by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// libpcap's format, of any byte order, resolution or variant.
    Pcap,
    /// pcapng (draft-ietf-opsawg-pcapng).
    Pcapng,
}

/// The compression around the file, decided by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

/// One capture interface: pcapng's Interface Description Block, or a pcap file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// What its frames begin with.
    pub link_type: LinkType,
    /// Longest captured length in bytes; 0 means no limit.
    pub snaplen: u32,
    /// Resolution of its timestamps. pcap: 1,000,000 or 1,000,000,000.
    pub ticks_per_second: u64,
    /// `if_tsoffset`, seconds to add to every timestamp.
    pub offset_s: i64,
    /// Frames that the interface dropped for want of room (`isb_ifdrop`, else `isb_osdrop`), from the last
    /// Interface Statistics Block that says so.
    pub dropped: Option<u64>,
    /// Name of the interface, where the file gives it.
    pub name: Option<String>,
}

/// One captured frame. Its bytes are `block.bytes(frame)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Time of capture in nanoseconds since the Unix epoch; `None` for pcapng's Simple Packet Block, which has none.
    pub time_ns: Option<i64>,
    /// Where its first captured byte lies in the block's data.
    pub offset: u32,
    /// Bytes captured.
    pub captured_len: u32,
    /// Bytes on the wire, without FCS where the capturing system left it out.
    pub wire_len: u32,
    /// Index into the reader's interfaces.
    pub interface: u32,
    /// Link type of that interface.
    pub link_type: LinkType,
}

/// Whole frames, in the file's order, with the bytes that they lie in.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Bytes of whole records, headers included.
    pub data: Vec<u8>,
    /// The frames in `data`.
    pub frames: Vec<Frame>,
    /// Number of the first frame in the file, counted from 1.
    pub first_number: u64,
}

impl Block {
    /// The captured bytes of `frame`; empty if the frame is not of this block.
    pub fn bytes(&self, frame: &Frame) -> &[u8] {
        let start = frame.offset as usize;
        self.data
            .get(start..start + frame.captured_len as usize)
            .unwrap_or_default()
    }
}
