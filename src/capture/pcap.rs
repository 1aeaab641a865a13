//! The classic pcap format: one header, then records of a fixed layout.
//!
//! pcap-parser reads the file header. The records are walked by hand: this is the hottest loop of the reader.

use pcap_parser::parse_pcap_header;

use super::frame::{Frame, Interface, LinkType};
use super::walk::{Stop, Walk, max_captured, pseudo_header_len, too_long, too_short};
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
            // No limit stated: the format's own, which is what capinfos says too.
            snaplen: if header.snaplen == 0 {
                max_captured(link_type.0)
            } else {
                header.snaplen
            },
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
                break Stop::Corrupt(too_long(captured, self.max_captured));
            }
            let record = self.record_len + captured as usize;
            if rest.len() < record {
                break Stop::NeedMore(record);
            }
            if captured < self.pseudo_header_len {
                break Stop::Corrupt(too_short(captured, self.pseudo_header_len));
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

#[cfg(test)]
mod tests {
    use super::super::frame::FileFormat;
    use super::super::testing::{borrowed, open, read, some_frames};
    use super::super::write::Layout;
    use super::super::{Compression, ReadOptions};
    use super::*;

    /// A file header and records, number by number.
    fn file(big_endian: bool, magic: u32, version: (u16, u16), network: u32, records: &[&[u32]]) -> Vec<u8> {
        let layout = Layout {
            big_endian,
            ..Layout::default()
        };
        let mut out = Vec::new();
        layout.u32(&mut out, magic);
        layout.u16(&mut out, version.0);
        layout.u16(&mut out, version.1);
        for number in [0, 0, 96, network] {
            layout.u32(&mut out, number);
        }
        for (i, record) in records.iter().enumerate() {
            for &number in *record {
                layout.u32(&mut out, number);
            }
            let captured = record[2].min(record[3]);
            out.extend(vec![i as u8; captured as usize]);
        }
        out
    }

    #[test]
    fn every_magic_is_read_in_both_byte_orders() {
        for big_endian in [false, true] {
            for (magic, ns, ticks) in [(0xa1b2_c3d4, 5_000, 1_000_000), (0xa1b2_3c4d, 5, 1_000_000_000)] {
                let bytes = file(
                    big_endian,
                    magic,
                    (2, 4),
                    1,
                    &[&[1_700_000_000, 5, 3, 60], &[1_700_000_001, 0, 0, 0]],
                );
                let outcome = read(&bytes);
                assert_eq!(
                    outcome.times(),
                    [Some(1_700_000_000_000_000_000 + ns), Some(1_700_000_001_000_000_000)]
                );
                assert_eq!(
                    (outcome.frames[0].bytes.as_slice(), outcome.frames[0].wire_len),
                    (&[0, 0, 0][..], 60)
                );
                assert_eq!((outcome.frames[1].bytes.len(), outcome.frames[1].wire_len), (0, 0));
                let properties = outcome.properties;
                assert_eq!(
                    (properties.format, properties.compression),
                    (FileFormat::Pcap, None::<Compression>)
                );
                assert_eq!(properties.interfaces.len(), 1);
                let interface = &properties.interfaces[0];
                assert_eq!((interface.link_type, interface.snaplen), (LinkType::ETHERNET, 96));
                assert_eq!(interface.ticks_per_second, ticks);
                assert_eq!(properties.warnings, []);
            }
        }
    }

    #[test]
    fn records_of_the_modified_format_are_24_bytes_long() {
        for big_endian in [false, true] {
            let record: &[u32] = &[1_700_000_000, 5, 3, 60, 2, 0x0800_0000];
            let outcome = read(&file(big_endian, 0xa1b2_cd34, (2, 4), 1, &[record, record]));
            assert_eq!(outcome.times(), [Some(1_700_000_000_000_005_000); 2]);
            assert_eq!(outcome.frames[1].bytes, [1, 1, 1]);
            assert_eq!(outcome.properties.warnings, []);
        }
    }

    #[test]
    fn old_versions_hold_the_two_lengths_swapped() {
        for (version, first, second) in [
            ((2, 0), 60, 3),
            ((2, 1), 60, 3),
            ((2, 2), 60, 3),
            ((2, 3), 60, 3),
            ((2, 3), 3, 60),
            ((2, 4), 3, 60),
            ((543, 0), 60, 3),
        ] {
            let outcome = read(&file(
                false,
                0xa1b2_c3d4,
                version,
                1,
                &[&[1, 0, first, second], &[2, 0, first, second]],
            ));
            assert_eq!(outcome.frames.len(), 2, "{version:?}");
            assert_eq!(
                (outcome.frames[1].bytes.len(), outcome.frames[1].wire_len),
                (3, 60),
                "{version:?}"
            );
        }
    }

    #[test]
    fn a_frame_captured_longer_than_it_was_is_kept_since_version_2_4() {
        let bytes = file(false, 0xa1b2_c3d4, (2, 4), 1, &[]);
        let mut bytes = bytes;
        Layout::default().frame(&mut bytes, 0, &[7; 5], 2);
        let outcome = read(&bytes);
        assert_eq!((outcome.frames[0].bytes.len(), outcome.frames[0].wire_len), (5, 2));
    }

    #[test]
    fn fcs_and_reserved_bits_are_no_part_of_the_link_type() {
        for network in [0x1400_0071, 0xf400_0071, 0x0020_0071] {
            let outcome = read(&file(true, 0xa1b2_c3d4, (2, 4), network, &[&[1, 0, 1, 1]]));
            assert_eq!(outcome.properties.interfaces[0].link_type, LinkType::LINUX_SLL);
            assert_eq!(outcome.frames[0].link_type, LinkType::LINUX_SLL);
        }
    }

    #[test]
    fn seconds_after_2038_count_on() {
        let outcome = read(&file(false, 0xa1b2_c3d4, (2, 4), 1, &[&[0xf000_0000, 999_999, 1, 1]]));
        assert_eq!(outcome.times(), [Some(0xf000_0000_i64 * 1_000_000_000 + 999_999_000)]);
    }

    #[test]
    fn a_fraction_of_a_second_or_more_is_read_as_wireshark_does() {
        // tshark 4.0: 1,500,000 us are 1.5 s; 538,976,288 us are 2.105376 s, what 32 bits of nanoseconds hold.
        let outcome = read(&file(
            false,
            0xa1b2_c3d4,
            (2, 4),
            1,
            &[&[1_700_000_000, 1_500_000, 1, 1], &[538_976_288, 538_976_288, 1, 1]],
        ));
        assert_eq!(
            outcome.times(),
            [Some(1_700_000_001_500_000_000), Some(538_976_290_105_376_000)]
        );
    }

    #[test]
    fn a_snap_length_of_zero_is_the_longest_frame() {
        let layout = Layout {
            snaplen: 0,
            ..Layout::default()
        };
        assert_eq!(read(&layout.capture([])).properties.interfaces[0].snaplen, 262_144);
    }

    #[test]
    fn an_atm_pseudo_header_belongs_to_neither_length() {
        let layout = Layout {
            link_type: LinkType(123),
            ..Layout::default()
        };
        let outcome = read(&layout.capture([(0, &[1, 2, 3, 4, 5, 6][..], 53)]));
        assert_eq!(
            (outcome.frames[0].bytes.as_slice(), outcome.frames[0].wire_len),
            (&[5, 6][..], 49)
        );
    }

    #[test]
    fn versions_before_2_are_refused() {
        let error = open(&file(false, 0xa1b2_c3d4, (1, 4), 1, &[]), &ReadOptions::default())
            .err()
            .unwrap();
        assert!(error.to_string().contains("byte 4: pcap of version 1.4"), "{error}");
    }

    #[test]
    fn a_length_that_no_frame_has_ends_the_reading_with_its_place() {
        let bytes = file(false, 0xa1b2_c3d4, (2, 4), 1, &[&[1, 0, 4, 4]]);
        let mut bytes = bytes;
        let at = bytes.len();
        bytes.extend_from_slice(&[0xff; 100]);
        let outcome = read(&bytes);
        assert_eq!(outcome.frames.len(), 1);
        let warning = &outcome.properties.warnings[0];
        assert_eq!(
            (warning.code, warning.byte, warning.frame),
            ("capture_damaged", Some(at as u64), Some(2))
        );
    }

    #[test]
    fn what_the_writer_writes_comes_back() {
        let frames = some_frames(200);
        for big_endian in [false, true] {
            for nanoseconds in [false, true] {
                let layout = Layout {
                    big_endian,
                    nanoseconds,
                    ..Layout::default()
                };
                let outcome = read(&layout.capture(borrowed(&frames)));
                assert_eq!(outcome.frames.len(), frames.len());
                for (seen, (time_ns, bytes, wire_len)) in outcome.frames.iter().zip(&frames) {
                    let time_ns = if nanoseconds { *time_ns } else { time_ns / 1000 * 1000 };
                    assert_eq!(
                        (seen.time_ns, &seen.bytes, seen.wire_len),
                        (Some(time_ns), bytes, *wire_len)
                    );
                }
            }
        }
    }
}
