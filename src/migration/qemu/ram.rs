//! The RAM section: page headers, and the list of memory blocks that precedes them.

use nom::combinator::cond;
use nom::multi::length_data;
use nom::number::streaming::{be_u8, be_u16, be_u32, be_u64};
use nom::{IResult, Parser};

/// Flags in the low bits of a page header.
const ZERO: u64 = 0x02;
const MEM_SIZE: u64 = 0x04;
const PAGE: u64 = 0x08;
const END_OF_SECTION: u64 = 0x10;
const CONTINUE: u64 = 0x20;
const XBZRLE: u64 = 0x40;
const HOOK: u64 = 0x80;
const COMPRESSED: u64 = 0x100;
const MULTIFD_FLUSH: u64 = 0x200;

/// The shift of the smallest page, which leaves the bits below for the flags.
pub(super) const SMALLEST_PAGE_BITS: u32 = 12;

/// How a page was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Whole.
    Normal,
    /// As one byte.
    Zero,
    /// As a difference.
    Xbzrle,
}

/// What a page header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header<'a> {
    /// A page.
    Page {
        /// Offset of the page in its block.
        address: u64,
        /// The block's name, where it is not that of the page before.
        block: Option<&'a [u8]>,
        /// How.
        sent: Sent,
        /// Bytes of content that follow.
        content: u64,
    },
    /// The list of blocks follows; together they have so many bytes.
    MemSize(u64),
    /// The pages of this section end here.
    EndOfSection,
    /// The channels of multifd are to be waited for: a pass over the memory ended.
    MultifdFlush,
    /// Something that carries no page.
    Nothing,
    /// No flag: in the list of blocks, a number that some versions add to it.
    Plain(u64),
}

/// Reads one header; pages have `1 << page_bits` bytes.
pub(super) fn header(input: &[u8], page_bits: u32) -> IResult<&[u8], Header<'_>> {
    let (input, word) = be_u64(input)?;
    let page_bytes = 1_u64 << page_bits;
    let flags = word & ((1 << SMALLEST_PAGE_BITS) - 1);
    let address = word & !(page_bytes - 1);
    match flags & !CONTINUE {
        0 if flags == 0 => return Ok((input, Header::Plain(word))),
        MEM_SIZE => return Ok((input, Header::MemSize(word & !flags))),
        END_OF_SECTION => return Ok((input, Header::EndOfSection)),
        MULTIFD_FLUSH => return Ok((input, Header::MultifdFlush)),
        HOOK => return Ok((input, Header::Nothing)),
        _ => {}
    }
    let (input, block) = cond(flags & CONTINUE == 0, length_data(be_u8)).parse(input)?;
    let (input, sent, content) = match flags & !CONTINUE {
        // The one byte that all bytes of the page equal.
        ZERO => be_u8(input).map(|(input, _)| (input, Sent::Zero, 0))?,
        PAGE => (input, Sent::Normal, page_bytes),
        // An encoding byte, a length, and the difference.
        XBZRLE => {
            let (input, (_, len)) = (be_u8, be_u16).parse(input)?;
            (input, Sent::Xbzrle, u64::from(len))
        }
        COMPRESSED => be_u32(input).map(|(input, len)| (input, Sent::Normal, u64::from(len)))?,
        _ => {
            return Err(nom::Err::Error(nom::error::make_error(
                input,
                nom::error::ErrorKind::Switch,
            )));
        }
    };
    let page = Header::Page {
        address,
        block,
        sent,
        content,
    };
    Ok((input, page))
}

/// An entry of the list of blocks: a name and the block's length in bytes; `None` for a number that some versions put
/// behind an entry (its page size, or its address), which begins with a zero byte as no name does.
pub(super) fn block_entry(input: &[u8]) -> IResult<&[u8], Option<(&[u8], u64)>> {
    let (_, first) = be_u8(input)?;
    if first == 0 {
        return be_u64(input).map(|(rest, _)| (rest, None));
    }
    let (rest, (name, len)) = (length_data(be_u8), be_u64).parse(input)?;
    Ok((rest, Some((name, len))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: u64, rest: &[u8]) -> IResult<Vec<u8>, String> {
        let mut bytes = word.to_be_bytes().to_vec();
        bytes.extend_from_slice(rest);
        header(&bytes, 12)
            .map(|(rest, header)| (rest.to_vec(), format!("{header:?}")))
            .map_err(|error| error.map(|error| nom::error::Error::new(error.input.to_vec(), error.code)))
    }

    #[test]
    fn pages_are_whole_zero_or_a_difference() {
        let (rest, whole) = read(0x5000 | 0x08, b"\x06pc.ramX").unwrap();
        assert_eq!(rest, b"X");
        assert!(whole.contains("address: 20480") && whole.contains("Normal") && whole.contains("content: 4096"));
        let (rest, zero) = read(0x22, b"\0X").unwrap();
        assert_eq!(rest, b"X");
        assert!(zero.contains("block: None") && zero.contains("Zero") && zero.contains("content: 0"));
        let (_, difference) = read(0x60, b"\x01\x01\x02").unwrap();
        assert!(difference.contains("Xbzrle") && difference.contains("content: 258"));
    }

    #[test]
    fn flags_that_nobody_sends_together_are_nonsense() {
        assert!(matches!(read(0x0a, b"\x01ab"), Err(nom::Err::Error(_))));
        assert!(matches!(read(0x400, b"\x01ab"), Err(nom::Err::Error(_))));
    }

    #[test]
    fn a_block_list_may_hold_page_sizes() {
        let entry = b"\x03ram\0\0\0\0\x05\0\0\0";
        assert_eq!(block_entry(entry), Ok((&b""[..], Some((&b"ram"[..], 0x500_0000)))));
        assert_eq!(block_entry(&4096_u64.to_be_bytes()), Ok((&b""[..], None)));
    }
}
