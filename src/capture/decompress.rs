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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::{borrowed, open, read, read_with, some_frames};
    use super::super::write::Layout;
    use super::super::{Block, ReadOptions};
    use super::*;
    use crate::error::ErrorKind;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A header with every optional field (RFC 1952, 2.3).
    fn gzip_with_all_fields(bytes: &[u8]) -> Vec<u8> {
        let plain = gzip(bytes);
        let mut out = vec![0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3];
        out.extend_from_slice(&[4, 0, 1, 2, 3, 4]);
        out.extend_from_slice(b"name.pcap\0comment\0\x12\x34");
        out.extend_from_slice(&plain[10..]);
        out
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn lz4_blocks(bytes: &[u8], linked: bool) -> Vec<u8> {
        let mut info = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
        if linked {
            info = info
                .block_mode(lz4_flex::frame::BlockMode::Linked)
                .content_checksum(true)
                .block_checksums(true);
        }
        let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn lz4(bytes: &[u8]) -> Vec<u8> {
        lz4_blocks(bytes, false)
    }

    fn skippable() -> Vec<u8> {
        vec![0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]
    }

    type Pack = fn(&[u8]) -> Vec<u8>;
    const ALL: [(Compression, Pack); 3] = [
        (Compression::Gzip, gzip),
        (Compression::Zstd, zstd),
        (Compression::Lz4, lz4),
    ];

    fn plain(count: usize) -> Vec<u8> {
        Layout::default().capture(borrowed(&some_frames(count)))
    }

    #[test]
    fn what_was_packed_is_read_as_if_it_were_not() {
        let plain = plain(20_000);
        let expected = read(&plain).frames;
        for (compression, pack) in ALL {
            let outcome = read(&pack(&plain));
            assert_eq!(outcome.properties.compression, Some(compression));
            assert_eq!(outcome.properties.warnings, []);
            assert!(outcome.frames == expected, "{compression:?}");
        }
        assert!(read(&gzip_with_all_fields(&plain)).frames == expected);
        assert!(read(&lz4_blocks(&plain, true)).frames == expected);
    }

    #[test]
    fn members_follow_one_another_cut_anywhere() {
        let plain = plain(300);
        let expected = read(&plain).frames;
        for (compression, pack) in ALL {
            for cut in [0, 10, 1000, plain.len()] {
                let (head, tail) = plain.split_at(cut);
                let mut bytes = pack(head);
                bytes.extend(pack(b""));
                bytes.extend(pack(tail));
                let outcome = read(&bytes);
                assert!(outcome.frames == expected, "{compression:?} {cut}");
                assert_eq!(outcome.properties.warnings, []);
            }
        }
    }

    #[test]
    fn skippable_frames_of_zstd_and_lz4_are_skipped_wherever_they_stand() {
        let plain = plain(300);
        let (head, tail) = plain.split_at(700);
        for (compression, pack) in &ALL[1..] {
            let bytes = [
                skippable(),
                pack(head),
                skippable(),
                skippable(),
                pack(tail),
                skippable(),
            ]
            .concat();
            let outcome = read(&bytes);
            assert_eq!(outcome.properties.compression, Some(*compression));
            assert_eq!((outcome.frames.len(), outcome.codes().len()), (300, 0));
        }
    }

    #[test]
    fn bytes_after_the_last_member_are_ignored_and_zeros_not_even_mentioned() {
        let plain = plain(300);
        for (compression, pack) in ALL {
            for (garbage, codes) in [(vec![0; 1000], vec![]), (b"garbage".to_vec(), vec!["trailing_garbage"])] {
                let outcome = read(&[pack(&plain), garbage].concat());
                assert_eq!((outcome.frames.len(), outcome.codes()), (300, codes), "{compression:?}");
            }
        }
    }

    /// Frames that no method makes much smaller, in more than one block of any.
    fn incompressible(count: u64) -> Vec<u8> {
        let noise =
            |i: u64| (0..100).map(move |j: u64| ((i * 100 + j).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8);
        let frames: Vec<_> = (0..count).map(|i| (0, noise(i).collect(), 100)).collect();
        Layout::default().capture(borrowed(&frames))
    }

    #[test]
    fn data_cut_anywhere_give_a_warning_and_the_frames_before() {
        let plain = incompressible(6000);
        for (compression, pack) in ALL {
            let packed = pack(&plain);
            for (cut, least) in [(1, 4800), (9, 4800), (packed.len() / 2, 1800)] {
                let outcome = read(&packed[..packed.len() - cut]);
                assert_eq!(outcome.codes(), ["compressed_cut"], "{compression:?} {cut}");
                assert!(
                    outcome.properties.warnings[0]
                        .message
                        .contains("the compressed data break off")
                );
                let frames = outcome.frames.len();
                assert!((least..=6000).contains(&frames), "{compression:?} {cut}: {frames}");
            }
        }
        // gzip gives every byte up to the cut, whatever the size of the pieces that it is asked for.
        let packed = gzip(&plain);
        let frames = read(&packed[..packed.len() / 2]).frames.len();
        assert!((2900..=3100).contains(&frames), "{frames}");
    }

    #[test]
    fn damage_gives_a_warning_and_the_frames_before() {
        let plain = incompressible(6000);
        for (compression, pack) in ALL {
            let mut packed = pack(&plain);
            let middle = packed.len() / 2;
            packed[middle..middle + 40].fill(0xff);
            let outcome = read(&packed);
            let frames = outcome.frames.len();
            assert!((1800..=6000).contains(&frames), "{compression:?}: {frames}");
            let codes = outcome.codes();
            assert!(
                codes == ["compressed_cut"] || codes == ["capture_damaged"],
                "{compression:?} {codes:?}"
            );
            let strict = ReadOptions {
                strict: true,
                ..ReadOptions::default()
            };
            let outcome = read_with(&packed, &strict).unwrap();
            assert_eq!(
                (outcome.frames.len(), outcome.error.unwrap().kind()),
                (frames, ErrorKind::Corrupt)
            );
        }
    }

    #[test]
    fn a_wrong_checksum_costs_no_frame() {
        let mut packed = gzip(&plain(300));
        let at = packed.len() - 8;
        packed[at] ^= 1;
        let outcome = read(&packed);
        assert_eq!((outcome.frames.len(), outcome.codes()), (300, vec!["compressed_cut"]));
        assert!(outcome.properties.warnings[0].message.contains("checksum"));
    }

    #[test]
    fn unpacking_beyond_the_limit_is_an_error() {
        let plain = plain(20_000);
        let limited = |limit| ReadOptions {
            max_decompressed: Some(limit),
            block_bytes: 10_000,
            ..ReadOptions::default()
        };
        for (compression, pack) in ALL {
            let packed = pack(&plain);
            let error = read_with(&packed, &limited(100_000)).unwrap().error.unwrap();
            assert!(
                error.to_string().contains("unpacks to more than 100000 bytes"),
                "{compression:?}: {error}"
            );
            assert!(
                read_with(&packed, &limited(plain.len() as u64))
                    .unwrap()
                    .error
                    .is_none()
            );
        }
        assert!(read_with(&plain, &limited(100)).unwrap().error.is_none());
    }

    #[test]
    fn progress_counts_the_bytes_on_the_disk() {
        let packed = gzip(&plain(20_000));
        let mut reader = open(&packed, &ReadOptions::default()).unwrap();
        assert_eq!(reader.total_len(), Some(packed.len() as u64));
        let progress = reader.progress();
        while reader.next_block(Block::default()).unwrap().is_some() {}
        assert_eq!(progress.load(std::sync::atomic::Ordering::Relaxed), packed.len() as u64);
    }

    #[test]
    fn what_is_within_is_named_when_it_is_no_capture() {
        for (bytes, phrase) in [
            (
                gzip(b"snoop\0\0\0\0\0\0\x02"),
                "what gzip unpacks to starts with \"snoop\" (a Solaris snoop capture",
            ),
            (zstd(&gzip(b"x")), "what zstd unpacks to starts with the bytes 1f 8b"),
            (lz4(b""), "what lz4 unpacks to is empty"),
            (gzip(b"x")[..5].to_vec(), "the compressed data break off"),
        ] {
            let error = open(&bytes, &ReadOptions::default()).err().unwrap().to_string();
            assert!(error.starts_with("made.pcap: ") && error.contains(phrase), "{error}");
        }
    }
}
