//! One gzip member (RFC 1952) after another, giving every byte that comes before a fault.
//!
//! flate2's own gzip readers drop what a call had already unpacked when that same call meets a damaged bit, up to
//! the length of the caller's buffer; here that would be whole blocks of good frames. So the raw inflater is driven
//! directly.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Flags of a member's header (RFC 1952, 2.3.1).
const HAS_HEADER_CRC: u8 = 0x02;
const HAS_EXTRA: u8 = 0x04;
const HAS_NAME: u8 = 0x08;
const HAS_COMMENT: u8 = 0x10;

/// Unpacks one member at a time.
pub(super) struct Gunzip {
    inflate: Decompress,
    crc: Crc,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Before a member's header.
    Outside,
    /// Within the deflate data.
    Inside,
    /// Before a member's trailer.
    Ended,
    /// Within damaged data, of which all that is good has been given.
    Damaged,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: State::Outside,
        }
    }
}

impl Gunzip {
    /// Unpacks into `into`; 0 at the end of the member, whose trailer has been read and checked by then.
    pub(super) fn read(&mut self, source: &mut impl BufRead, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::Outside => {
                    skip_header(source)?;
                    self.inflate.reset(false);
                    self.crc.reset();
                    self.state = State::Inside;
                }
                State::Inside => {
                    let given = self.inflate_some(source, into)?;
                    if given > 0 {
                        return Ok(given);
                    }
                }
                State::Ended => {
                    self.check_trailer(source)?;
                    self.state = State::Outside;
                    return Ok(0);
                }
                State::Damaged => return Err(io::Error::new(io::ErrorKind::InvalidData, "damaged deflate data")),
            }
        }
    }

    fn inflate_some(&mut self, source: &mut impl BufRead, into: &mut [u8]) -> io::Result<usize> {
        let input = source.fill_buf()?;
        let at_end = input.is_empty();
        let flush = if at_end {
            FlushDecompress::Finish
        } else {
            FlushDecompress::None
        };
        let (in_before, out_before) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, into, flush);
        // Never more than the slices' lengths.
        let taken = (self.inflate.total_in() - in_before) as usize;
        let given = (self.inflate.total_out() - out_before) as usize;
        source.consume(taken);
        self.crc.update(into.get(..given).unwrap_or_default());
        match status {
            Ok(Status::StreamEnd) => self.state = State::Ended,
            Ok(_) if at_end && given == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(_) => self.state = State::Damaged,
        }
        Ok(given)
    }

    fn check_trailer(&self, source: &mut impl BufRead) -> io::Result<()> {
        let mut trailer = [0; 8];
        source.read_exact(&mut trailer)?;
        let [c0, c1, c2, c3, l0, l1, l2, l3] = trailer;
        if u32::from_le_bytes([c0, c1, c2, c3]) != self.crc.sum() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum of the gzip data is wrong",
            ));
        }
        if u32::from_le_bytes([l0, l1, l2, l3]) != self.crc.amount() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the length of the gzip data is wrong",
            ));
        }
        Ok(())
    }
}

/// Reads past a member's header. Its name and comment are of no use here; its own checksum is not verified, as
/// gunzip does not either.
fn skip_header(source: &mut impl BufRead) -> io::Result<()> {
    let mut fixed = [0; 10];
    source.read_exact(&mut fixed)?;
    let [_, _, method, flags, ..] = fixed;
    if method != 8 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "gzip data of an unknown method",
        ));
    }
    if flags & HAS_EXTRA != 0 {
        let mut length = [0; 2];
        source.read_exact(&mut length)?;
        skip(source, u64::from(u16::from_le_bytes(length)))?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            skip_string(source)?;
        }
    }
    if flags & HAS_HEADER_CRC != 0 {
        skip(source, 2)?;
    }
    Ok(())
}

fn skip(source: &mut impl BufRead, count: u64) -> io::Result<()> {
    let skipped = io::copy(&mut source.take(count), &mut io::sink())?;
    if skipped < count {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(())
    }
}

fn skip_string(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let have = source.fill_buf()?;
        if have.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = have.iter().position(|&byte| byte == 0);
        let count = end.map_or(have.len(), |at| at + 1);
        source.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}
