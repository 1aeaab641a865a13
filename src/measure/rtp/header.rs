//! The fixed header of RTP (RFC 3550 section 5.1), read from a UDP payload that may be anything.

use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

/// Bytes of the header before contributing sources, extension and payload.
const FIXED_LEN: u32 = 12;

/// The fields of an RTP header that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Marker bit: what it marks is up to the profile, mostly the start of a talk spurt or the end of a video frame.
    pub marker: bool,
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Media time, in ticks of the payload type's clock.
    pub timestamp: u32,
    /// Synchronisation source: the stream's name.
    pub ssrc: u32,
}

impl Header {
    /// Reads `payload`, the captured bytes of a UDP payload that was `payload_len` bytes long on the wire. `None`
    /// where it cannot be RTP: another version than 2, a second byte of 192 to 223 (RTCP on the same port, RFC 5761
    /// section 4), or shorter than the header that it announces. Padding is not looked at: SRTP encrypts its length.
    #[inline]
    pub fn read(payload: &[u8], payload_len: u32) -> Option<Self> {
        // Most UDP is not RTP: one byte decides before anything is parsed.
        if payload.first()? >> 6 != 2 || payload_len < FIXED_LEN {
            return None;
        }
        let (rest, (header, announced_len, extended)) = fixed(payload).ok()?;
        let sources_len = announced_len - FIXED_LEN;
        let extension_len = match rest.get(sources_len as usize..) {
            Some(extension) if extended => extension_words(extension).map_or(4, |(_, words)| 4 + 4 * u32::from(words)),
            _ => 0,
        };
        (announced_len + extension_len <= payload_len).then_some(header)
    }
}

type Fixed = (Header, u32, bool);

fn fixed(input: &[u8]) -> IResult<&[u8], Fixed, ()> {
    let (rest, (first, second, sequence, timestamp, ssrc)) = (be_u8, be_u8, be_u16, be_u32, be_u32).parse(input)?;
    if (192..=223).contains(&second) {
        return Err(nom::Err::Error(()));
    }
    let header = Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence,
        timestamp,
        ssrc,
    };
    let len = FIXED_LEN + 4 * u32::from(first & 0x0f);
    Ok((rest, (header, len, first & 0x10 != 0)))
}

/// Length of a header extension in 32-bit words, without its own first word.
fn extension_words(input: &[u8]) -> IResult<&[u8], u16, ()> {
    let (rest, (_profile, words)) = (be_u16, be_u16).parse(input)?;
    Ok((rest, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 2, marker, PT 0, sequence 1000, timestamp 160000, SSRC 0x1234abcd.
    const PLAIN: [u8; 16] = [
        0x80, 0x80, 0x03, 0xe8, 0x00, 0x02, 0x71, 0x00, 0x12, 0x34, 0xab, 0xcd, 1, 2, 3, 4,
    ];

    fn with(changes: &[(usize, u8)]) -> [u8; 16] {
        let mut bytes = PLAIN;
        changes.iter().for_each(|&(at, byte)| bytes[at] = byte);
        bytes
    }

    #[test]
    fn fields_stand_where_rfc_3550_puts_them() {
        let header = Header {
            marker: true,
            payload_type: 0,
            sequence: 1000,
            timestamp: 160_000,
            ssrc: 0x1234_abcd,
        };
        assert_eq!(Header::read(&PLAIN, 172), Some(header));
        assert_eq!(
            Header::read(&PLAIN[..12], 172),
            Some(header),
            "the fixed header is enough"
        );
    }

    #[test]
    fn other_versions_and_rtcp_are_refused() {
        for first in [0x00, 0x40, 0xc0] {
            assert_eq!(Header::read(&with(&[(0, first)]), 16), None);
        }
        for second in [192, 200, 204, 223] {
            assert_eq!(Header::read(&with(&[(1, second)]), 16), None);
        }
        for second in [191, 224, 0, 127] {
            assert!(Header::read(&with(&[(1, second)]), 16).is_some());
        }
    }

    #[test]
    fn what_is_too_short_for_its_header_is_refused() {
        assert_eq!(Header::read(&[], 0), None);
        assert_eq!(Header::read(&PLAIN[..11], 172), None, "cut within the fixed header");
        assert_eq!(Header::read(&PLAIN, 11), None);
        assert_eq!(Header::read(&with(&[(0, 0x82)]), 19), None, "two sources need 20 bytes");
        assert!(Header::read(&with(&[(0, 0x82)]), 20).is_some());
    }

    #[test]
    fn an_extension_counts_by_its_own_length_where_that_was_captured() {
        let bytes = with(&[(0, 0x90), (12, 0xbe), (13, 0xde), (14, 0), (15, 1)]);
        assert_eq!(Header::read(&bytes, 19), None, "one word of extension needs 20 bytes");
        assert!(Header::read(&bytes, 20).is_some());
        assert_eq!(Header::read(&bytes[..12], 15), None, "its first word at least");
        assert!(Header::read(&bytes[..12], 16).is_some());
    }
}
