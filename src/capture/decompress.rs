//! Takes the compression off, whichever it is, member after member, as the tools that made it do.

use std::io::{self, BufRead, Read};

use super::frame::Compression;
use super::gunzip::Gunzip;
use super::sniff::{self, SNIFF_BYTES};
use super::source::Source;

/// A call gives no more than one block of zstd's (RFC 8878, 3.1.1.2.4), so that damage costs no more than one.
const ZSTD_BLOCK_BYTES: usize = 128 * 1024;

/// The bytes of the capture, unpacked where they were packed.
pub(super) struct Unpacked {
    layer: Layer,
    compression: Option<Compression>,
    garbage: bool,
}

enum Layer {
    Plain(Source),
    Gzip(Box<Gunzip>, Source),
    Zstd(zstd::stream::read::Decoder<'static, Source>),
    Lz4(Box<lz4_flex::frame::FrameDecoder<Watched>>),
    /// Before a member.
    Between(Source),
    Ended,
}

impl Unpacked {
    /// Decides by the first bytes.
    pub(super) fn new(mut source: Source) -> io::Result<Self> {
        let compression = sniff::compression(source.peek(SNIFF_BYTES)?);
        let layer = match compression {
            None => Layer::Plain(source),
            Some(_) => Layer::Between(source),
        };
        Ok(Self {
            layer,
            compression,
            garbage: false,
        })
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// True where bytes that are no further member followed the last one, and were ignored as gunzip ignores them.
    pub(super) fn trailing_garbage(&self) -> bool {
        self.garbage
    }

    /// The layer for the member that `source` stands at, or the end, with a note of what stands there instead.
    fn next_member(&mut self, mut source: Source, gunzip: Option<Box<Gunzip>>) -> io::Result<Layer> {
        while sniff::is_skippable(source.peek(4)?) {
            skip_frame(&mut source)?;
        }
        let head = source.peek(8)?;
        let found = sniff::compression(head);
        if found.is_none() || found != self.compression {
            // Zeros are what tapes and block devices pad with.
            self.garbage = !only_zeros(&mut source)?;
            return Ok(Layer::Ended);
        }
        Ok(match found {
            Some(Compression::Gzip) => Layer::Gzip(gunzip.unwrap_or_default(), source),
            Some(Compression::Zstd) => Layer::Zstd(zstd::stream::read::Decoder::with_buffer(source)?.single_frame()),
            Some(Compression::Lz4) => {
                let watched = Watched {
                    marks_its_end: sniff::lz4_marks_its_end(head),
                    source,
                    at_end: false,
                };
                Layer::Lz4(Box::new(lz4_flex::frame::FrameDecoder::new(watched)))
            }
            None => Layer::Ended,
        })
    }
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let got = match &mut self.layer {
                Layer::Plain(source) => return source.read(into),
                Layer::Gzip(gunzip, source) => gunzip.read(source, into)?,
                Layer::Zstd(decoder) => {
                    let piece = into.len().min(ZSTD_BLOCK_BYTES);
                    decoder.read(into.get_mut(..piece).unwrap_or_default())?
                }
                Layer::Lz4(decoder) => {
                    let got = decoder.read(into)?;
                    if got == 0 && decoder.get_ref().is_cut() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    got
                }
                Layer::Between(_) => 0,
                Layer::Ended => return Ok(0),
            };
            if got > 0 {
                return Ok(got);
            }
            self.layer = match std::mem::replace(&mut self.layer, Layer::Ended) {
                Layer::Gzip(gunzip, source) => self.next_member(source, Some(gunzip))?,
                Layer::Zstd(decoder) => self.next_member(decoder.finish(), None)?,
                Layer::Lz4(decoder) => self.next_member(decoder.into_inner().source, None)?,
                Layer::Between(source) => self.next_member(source, None)?,
                layer @ (Layer::Plain(_) | Layer::Ended) => layer,
            };
        }
    }
}

/// What an LZ4 decoder reads from. lz4_flex takes an end of input between two blocks for the end of a frame; a frame
/// that was cut there has to be told from one that ended.
struct Watched {
    source: Source,
    marks_its_end: bool,
    at_end: bool,
}

impl Watched {
    /// To be asked when the decoder gave nothing: a frame that ended was left before the input's end was met.
    fn is_cut(&self) -> bool {
        self.at_end && self.marks_its_end
    }
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(into)?;
        self.at_end = got == 0 && !into.is_empty();
        Ok(got)
    }
}

/// Passes over a frame that holds no data (RFC 8878, 3.1.2; the LZ4 frame format has the same).
fn skip_frame(source: &mut Source) -> io::Result<()> {
    let mut header = [0; 8];
    source.read_exact(&mut header)?;
    let [.., l0, l1, l2, l3] = header;
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    let skipped = io::copy(&mut source.take(length), &mut io::sink())?;
    if skipped < length {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(())
    }
}

fn only_zeros(source: &mut Source) -> io::Result<bool> {
    loop {
        let have = source.fill_buf()?;
        if have.is_empty() {
            return Ok(true);
        }
        if have.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        let count = have.len();
        source.consume(count);
    }
}
