//! The classic pcap format: one header, then records of a fixed layout.
//!
//! pcap-parser reads the file header. The records are walked by hand: this is the hottest loop of the reader.

use pcap_parser::parse_pcap_header;

use super::frame::{Frame, Interface, LinkType};
use super::walk::{Stop, Walk, max_captured, pseudo_header_len};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of the file header.
pub(super) const HEADER_LEN: usize = 24;

/// Bytes that every record header begins with: seconds, fraction, captured length, original length.
const RECORD_LEN: usize = 16;

/// Kuznetzov's modified records add interface index, protocol, packet type and padding.
const MODIFIED_RECORD_LEN: usize = 24;

const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;

/// The low bits of the network field; above them stand the length of the FCS and reserved bits.
const NETWORK_MASK: u32 = 0xffff;

/// True where `head` begins with one of the magics in either byte order.
pub(super) fn is_pcap(head: &[u8]) -> bool {
    matches!(
        head,
        [0xa1, 0xb2, 0xc3, 0xd4, ..]
            | [0xd4, 0xc3, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0x3c, 0x4d, ..]
            | [0x4d, 0x3c, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0xcd, 0x34, ..]
            | [0x34, 0xcd, 0xb2, 0xa1, ..]
    )
}

/// Which of the two lengths stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LengthOrder {
    CapturedFirst,
    /// Files before version 2.3.
    OriginalFirst,
    /// Version 2.3 was written both ways; the smaller one is the captured length.
    Undecided,
}

/// Walks the records of one file.
#[derive(Debug, Clone)]
pub(super) struct Pcap {
    big_endian: bool,
    ns_per_tick: u32,
    record_len: usize,
    order: LengthOrder,
    link_type: LinkType,
    snaplen: u32,
    pseudo_header_len: u32,
    max_captured: u32,
}

impl Pcap {
    /// Reads the file header.
    pub(super) fn new(head: &[u8; HEADER_LEN]) -> Result<Self> {
        let [m0, m1, m2, m3, ..] = *head;
        let big_endian = m0 == 0xa1;
        let magic = u32::from_be_bytes([m0, m1, m2, m3]);
        let modified = magic == MAGIC_MODIFIED || magic.swap_bytes() == MAGIC_MODIFIED;
        // pcap-parser refuses the modified magic in big-endian files, whose header is else an ordinary one.
        let mut ordinary = *head;
        if modified && big_endian {
            let (magic, _) = ordinary.split_at_mut(4);
            magic.copy_from_slice(&[0xa1, 0xb2, 0xc3, 0xd4]);
        }
        let (_, header) = parse_pcap_header(&ordinary)
            .map_err(|e| Error::new(ErrorKind::Corrupt, format!("the pcap header cannot be read: {e}")).byte(0))?;
        let order = match (header.version_major, header.version_minor) {
            (2, 0..=2) | (543, 0) => LengthOrder::OriginalFirst,
            (2, 3) => LengthOrder::Undecided,
            (0 | 1, _) => {
                let found = format!("pcap of version {}.{}", header.version_major, header.version_minor);
                return Err(Error::new(ErrorKind::Corrupt, found)
                    .byte(4)
                    .advice("versions from 2.0 on are known; the file header is probably damaged"));
            }
            _ => LengthOrder::CapturedFirst,
        };
        let link_type = LinkType((header.network.0 as u32 & NETWORK_MASK) as u16);
        Ok(Self {
            big_endian,
            ns_per_tick: if header.is_nanosecond_precision() { 1 } else { 1000 },
            record_len: if modified { MODIFIED_RECORD_LEN } else { RECORD_LEN },
            order,
            link_type,
            snaplen: header.snaplen,
            pseudo_header_len: pseudo_header_len(link_type.0),
            max_captured: max_captured(link_type.0),
        })
    }

    /// The one interface that the file stands for.
    pub(super) fn interface(&self) -> Interface {
        Interface {
            link_type: self.link_type,
            snaplen: self.snaplen,
            ticks_per_second: u64::from(1_000_000_000 / self.ns_per_tick),
            offset_s: 0,
            dropped: None,
            name: None,
        }
    }

    /// Adds a frame for each whole record of `data`, which begins with a record.
    pub(super) fn walk(&self, data: &[u8], frames: &mut Vec<Frame>) -> Walk {
        if self.big_endian {
            self.walk_in::<true>(data, frames)
        } else {
            self.walk_in::<false>(data, frames)
        }
    }

    fn walk_in<const BIG_ENDIAN: bool>(&self, data: &[u8], frames: &mut Vec<Frame>) -> Walk {
        let number = if BIG_ENDIAN {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let mut at = 0_usize;
        let stop = loop {
            let rest = data.get(at..).unwrap_or_default();
            let Some(&[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, o0, o1, o2, o3]) =
                rest.first_chunk::<RECORD_LEN>()
            else {
                break Stop::NeedMore(self.record_len);
            };
            let seconds = number([s0, s1, s2, s3]);
            let fraction = number([f0, f1, f2, f3]);
            let mut captured = number([c0, c1, c2, c3]);
            let mut original = number([o0, o1, o2, o3]);
            if self.order != LengthOrder::CapturedFirst
                && (self.order == LengthOrder::OriginalFirst || captured > original)
            {
                std::mem::swap(&mut captured, &mut original);
            }
            if captured > self.max_captured {
                break Stop::Corrupt(format!(
                    "a captured length of {captured} bytes, more than the {} that a frame can have",
                    self.max_captured
                ));
            }
            let record = self.record_len + captured as usize;
            if rest.len() < record {
                break Stop::NeedMore(record);
            }
            if captured < self.pseudo_header_len {
                break Stop::Corrupt(format!(
                    "{captured} captured bytes, less than the {} of this link type's pseudo-header",
                    self.pseudo_header_len
                ));
            }
            // A fraction of a second or more is damage, and is read as Wireshark reads it: in 32 bits with a sign.
            // 2^32 seconds in nanoseconds are less than 2^62.
            let fraction_ns = fraction.wrapping_mul(self.ns_per_tick).cast_signed();
            let time_ns = i64::from(seconds) * 1_000_000_000 + i64::from(fraction_ns);
            frames.push(Frame {
                time_ns: Some(time_ns),
                offset: (at + self.record_len) as u32 + self.pseudo_header_len,
                captured_len: captured - self.pseudo_header_len,
                wire_len: original.saturating_sub(self.pseudo_header_len),
                interface: 0,
                link_type: self.link_type,
            });
            at += record;
        };
        Walk { consumed: at, stop }
    }
}
