//! What a file is, by its first bytes: never by its name.

use super::frame::Compression;
use crate::error::{Error, ErrorKind};

/// As many of the first bytes as the slowest decision needs.
pub(super) const SNIFF_BYTES: usize = 4096;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const LZ4: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const LZ4_LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// True where `head` begins with the magic of a frame that zstd and lz4 alike skip (RFC 8878, 3.1.2).
pub(super) fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The compression that `head` is the beginning of.
pub(super) fn compression(head: &[u8]) -> Option<Compression> {
    if head.starts_with(&GZIP) {
        Some(Compression::Gzip)
    } else if head.starts_with(&ZSTD) {
        Some(Compression::Zstd)
    } else if head.starts_with(&LZ4) || head.starts_with(&LZ4_LEGACY) {
        Some(Compression::Lz4)
    } else if is_skippable(head) {
        let (_, rest) = head.split_at_checked(4)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        compression(rest.get(length..)?)
    } else {
        None
    }
}

/// Frames of the old LZ4 format just stop; those of the present one end with a mark.
pub(super) fn lz4_marks_its_end(head: &[u8]) -> bool {
    !head.starts_with(&LZ4_LEGACY)
}

/// A format that is told by a fixed string: where it stands, the string, what it is, what to do.
struct Foreign {
    at: usize,
    magic: &'static [u8],
    name: &'static str,
    advice: &'static str,
}

const UNPACK: &str = "unpack it first";
const CONVERT: &str = "convert it first: editcap -F pcapng IN OUT.pcapng";
const NOT_THIS: &str = "name the capture itself";

#[rustfmt::skip]
const FOREIGN: &[Foreign] = &[
    Foreign { at: 0, magic: b"PK\x03\x04", name: "a zip archive", advice: UNPACK },
    Foreign { at: 0, magic: b"PK\x05\x06", name: "an empty zip archive", advice: NOT_THIS },
    Foreign { at: 0, magic: b"7z\xbc\xaf\x27\x1c", name: "a 7-Zip archive", advice: UNPACK },
    Foreign { at: 0, magic: b"Rar!\x1a\x07", name: "a RAR archive", advice: UNPACK },
    Foreign { at: 257, magic: b"ustar", name: "a tar archive", advice: UNPACK },
    Foreign { at: 0, magic: b"\xfd7zXZ\x00", name: "xz-compressed", advice: "unpack it first: xz -d FILE" },
    Foreign { at: 0, magic: b"BZh", name: "bzip2-compressed", advice: "unpack it first: bzip2 -d FILE" },
    Foreign { at: 0, magic: b"\x1f\x9d", name: "compress(1) data", advice: "unpack it first: uncompress FILE" },
    Foreign { at: 0, magic: b"\x89LZO", name: "lzop-compressed", advice: "unpack it first: lzop -d FILE" },
    Foreign { at: 0, magic: b"snoop\0\0\0", name: "a Solaris snoop capture", advice: CONVERT },
    Foreign { at: 0, magic: b"btsnoop\0", name: "a Bluetooth snoop log", advice: CONVERT },
    Foreign { at: 0, magic: b"GMBU", name: "a Microsoft Network Monitor 2 capture", advice: CONVERT },
    Foreign { at: 0, magic: b"RTSS", name: "a Microsoft Network Monitor 1 capture", advice: CONVERT },
    Foreign { at: 0, magic: b"XCP\0", name: "a NetXRay or Windows Sniffer capture", advice: CONVERT },
    Foreign { at: 0, magic: b"VL\0\0", name: "an old NetXRay capture", advice: CONVERT },
    Foreign { at: 0, magic: b"TRSNIFF data", name: "a DOS Sniffer capture", advice: CONVERT },
    Foreign { at: 0, magic: b"\x7fver", name: "an OmniPeek capture", advice: CONVERT },
    Foreign { at: 0, magic: b"ObserverPktBuffer", name: "a Network Instruments Observer capture", advice: CONVERT },
    Foreign { at: 0, magic: b"iptrace ", name: "an AIX iptrace", advice: CONVERT },
    Foreign { at: 0, magic: b"\x05VNF", name: "a Visual Networks capture", advice: CONVERT },
    Foreign { at: 0, magic: b"\xaa\xaa\xaa\xaa", name: "a 5Views capture", advice: CONVERT },
    Foreign { at: 0, magic: b"\x89PNG", name: "a PNG picture", advice: NOT_THIS },
    Foreign { at: 0, magic: b"%PDF", name: "a PDF document", advice: NOT_THIS },
    Foreign { at: 0, magic: b"\x7fELF", name: "a program", advice: NOT_THIS },
    Foreign { at: 0, magic: b"MZ", name: "a Windows program", advice: NOT_THIS },
    Foreign { at: 0, magic: b"QFI\xfb", name: "a QEMU disk image", advice: NOT_THIS },
    Foreign { at: 0, magic: b"SQLite format 3", name: "an SQLite database", advice: NOT_THIS },
    Foreign { at: 0, magic: b"PAR1", name: "a Parquet table", advice: NOT_THIS },
];

/// The error for a file whose first bytes are `head` and that is no pcap or pcapng. `inside` is the compression
/// that was taken off before.
pub(super) fn not_a_capture(head: &[u8], inside: Option<Compression>) -> Error {
    let within = match inside {
        Some(Compression::Gzip) => "what gzip unpacks to ",
        Some(Compression::Zstd) => "what zstd unpacks to ",
        Some(Compression::Lz4) => "what lz4 unpacks to ",
        None => "",
    };
    let error = |found: String| Error::new(ErrorKind::NotACapture, format!("not a capture: {within}{found}"));
    if head.is_empty() {
        let found = if inside.is_some() {
            "is empty"
        } else {
            "the file is empty"
        };
        return error(found.to_owned()).advice("the capture never started, or the disk was full");
    }
    for foreign in FOREIGN {
        if head
            .get(foreign.at..)
            .is_some_and(|rest| rest.starts_with(foreign.magic))
        {
            let place = if foreign.at == 0 {
                "starts with".to_owned()
            } else {
                format!("has at byte {}", foreign.at)
            };
            let found = format!("{place} {}", quoted(foreign.magic));
            return error(found).advice(format!("{}; {}", foreign.name, foreign.advice));
        }
    }
    let found = format!("starts with {}", quoted(head.get(..8).unwrap_or(head)));
    if compression(head).is_some() {
        return error(found).advice("compressed twice; unpack it once");
    }
    if is_etl(head) {
        return error(found).advice("a Windows event trace (ETL); convert it first: etl2pcapng IN.etl OUT.pcapng");
    }
    if is_erf(head) {
        return error(found).advice(format!("looks like an Endace ERF capture; {CONVERT}"));
    }
    if head.iter().all(|&byte| byte == 0) {
        let advice = "nothing but zeros: the disk was full, or the copy broke off; capture again";
        return error(found).advice(advice);
    }
    if std::str::from_utf8(head).is_ok_and(|text| !text.contains('\0')) || starts_with_byte_order_mark(head) {
        return error(found).advice("looks like text; give the pcap or pcapng file itself");
    }
    error(found).advice("neither pcap nor pcapng; capture with Wireshark, dumpcap or tcpdump, or convert with editcap")
}

fn starts_with_byte_order_mark(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

/// Text where it is text, bytes in hexadecimal where it is not.
fn quoted(bytes: &[u8]) -> String {
    let text: String = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|&byte| char::from(byte))
        .collect();
    if text.len() >= 2 {
        return format!("\"{}\"", text.trim_end());
    }
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("the bytes {}", hex.join(" "))
}

/// An event trace opens with a buffer header of 72 bytes, then a system trace header with its marker
/// (version 1 or 2, 32 or 64 bit, flags 0xc0).
fn is_etl(head: &[u8]) -> bool {
    matches!(head.get(72..76), Some([1 | 2, 0, 1 | 2, 0xc0]))
}

/// ERF has no magic: two records in a row with a known type, a plausible length and times that follow each other.
fn is_erf(head: &[u8]) -> bool {
    let record = |at: usize| -> Option<(u64, usize)> {
        let bytes = head.get(at..)?.first_chunk::<16>()?;
        let &[t0, t1, t2, t3, t4, t5, t6, t7, kind, _, len0, len1, ..] = bytes;
        let length = usize::from(u16::from_be_bytes([len0, len1]));
        let seconds = u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]) >> 32;
        ((1..=48).contains(&(kind & 0x7f)) && length >= 16).then_some((seconds, length))
    };
    let Some((first_s, length)) = record(0) else {
        return false;
    };
    record(length).is_some_and(|(second_s, _)| second_s.abs_diff(first_s) < 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(head: &[u8]) -> String {
        not_a_capture(head, None).to_string()
    }

    #[test]
    fn a_zip_is_named_as_the_design_says() {
        let message = message(b"PK\x03\x04\x14\0\0\0");
        assert_eq!(
            message,
            "not a capture: starts with \"PK\" (a zip archive; unpack it first)"
        );
    }

    #[test]
    fn foreign_formats_are_named_with_what_to_do() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let mut etl = vec![0; 512];
        etl[72..76].copy_from_slice(&[2, 0, 2, 0xc0]);
        // Two ERF Ethernet records of 32 bytes: time, type 2, flags, length, and the rest.
        let mut erf = vec![0; 64];
        for at in [0, 32] {
            erf[at..at + 12].copy_from_slice(&[0, 0x11, 0x53, 0x18, 0xa2, 0x58, 0x26, 0x3b, 2, 4, 0, 32]);
        }
        for (head, phrase) in [
            (
                &b"snoop\0\0\0\0\0\0\x02"[..],
                "Solaris snoop capture; convert it first: editcap",
            ),
            (b"GMBU\0\x02\x01\0", "Microsoft Network Monitor 2"),
            (b"\xfd7zXZ\0\0\x04", "xz -d"),
            (b"BZh91AY&SY", "bzip2 -d"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "7-Zip"),
            (&tar, "tar archive"),
            (&etl, "etl2pcapng"),
            (&erf, "Endace ERF"),
            (&[0; 512], "nothing but zeros"),
            (b"No.,Time,Source,Destination\n", "looks like text"),
            (b"\xff\xfeN\0o\0", "looks like text"),
            (b"\x1f\x8b\x08\0", "compressed twice"),
            (b"\x01\x02\x80\x03", "neither pcap nor pcapng"),
            (b"", "the file is empty"),
        ] {
            let message = message(head);
            assert!(
                message.starts_with("not a capture: ") && message.contains(phrase),
                "{message}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_in_hexadecimal() {
        assert!(message(&[1, 2, 0x80, 3, 4, 5, 6, 7, 8]).contains("starts with the bytes 01 02 80 03 04 05 06 07 ("));
    }

    #[test]
    fn a_skippable_frame_is_of_the_compression_that_follows_it() {
        let head = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &LZ4].concat();
        assert_eq!(compression(&head), Some(Compression::Lz4));
        assert_eq!(compression(&head[..10]), None);
    }
}
