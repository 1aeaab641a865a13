//! Cuts a capture into blocks of whole records.
//!
//! The bytes are read straight into the block that is handed out; what is copied is only the beginning of a record
//! that the block's end cut through, which opens the next block. A block that has been used comes back to be filled
//! again, so that a run settles on a handful of buffers whatever the file's size. The file is read, never mapped: a
//! capture may still be growing.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::decompress::Unpacked;
use super::frame::{Block, Compression, FileFormat, Frame};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::properties::{FileProperties, ReadOptions, ReadWarning};
use super::sniff::{self, SNIFF_BYTES};
use super::source::{self, Input, Source};
use super::walk::{Stop, Walk};
use crate::error::{Error, ErrorKind, Result};

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Format {
    fn walk(&mut self, data: &[u8], frames: &mut Vec<Frame>) -> Walk {
        match self {
            Self::Pcap(pcap) => pcap.walk(data, frames),
            Self::Pcapng(pcapng) => pcapng.walk(data, frames),
        }
    }

    /// True where the bytes that a walk consumed end within a record.
    fn is_within_record(&self) -> bool {
        match self {
            Self::Pcap(_) => false,
            Self::Pcapng(pcapng) => pcapng.is_within_record(),
        }
    }
}

/// Why the bytes came to an end.
enum End {
    /// The input has no more.
    Clean,
    /// The compressed data break off or are damaged; a phrase.
    Compression(String),
    /// The record at the end of what was given cannot be one; a phrase.
    Corrupt(String),
}

/// Reads one capture.
pub struct Reader {
    name: PathBuf,
    options: ReadOptions,
    input: Unpacked,
    total_len: Option<u64>,
    consumed: Arc<AtomicU64>,
    format: Format,
    /// Bytes that were read and not yet given.
    carry: Vec<u8>,
    /// Offset of `carry`'s first byte in the unpacked file.
    offset: u64,
    /// Unpacked bytes read.
    unpacked: u64,
    frames: u64,
    end: Option<End>,
    /// To be given instead of the next block.
    pending: Option<Error>,
    finished: bool,
    warnings: Vec<ReadWarning>,
}

impl Reader {
    /// Opens a capture and reads its first bytes.
    ///
    /// # Errors
    /// Where the input cannot be opened or read, or is not a capture.
    pub fn open(input: &Input, options: &ReadOptions) -> Result<Self> {
        let (inner, total_len) = input.open()?;
        Self::from_read(inner, input.name(), total_len, options)
    }

    /// Reads a capture from anything; `name` is for messages, `total_len` the length of `inner` where it is known.
    ///
    /// # Errors
    /// Where `inner` cannot be read or is not a capture.
    pub fn from_read(
        inner: Box<dyn Read + Send>,
        name: &Path,
        total_len: Option<u64>,
        options: &ReadOptions,
    ) -> Result<Self> {
        let source = Source::new(inner);
        let consumed = source.consumed();
        let unpacked = Unpacked::new(source).map_err(|e| read_error(&e).path(name))?;
        Self::from_unpacked(unpacked, name, total_len, consumed, options).map_err(|e| e.path(name))
    }

    fn from_unpacked(
        mut input: Unpacked,
        name: &Path,
        total_len: Option<u64>,
        consumed: Arc<AtomicU64>,
        options: &ReadOptions,
    ) -> Result<Self> {
        let mut head = vec![0; SNIFF_BYTES];
        let filled = fill(&mut input, &mut head);
        head.truncate(filled.count);
        let compression = input.compression();
        let mut end = None;
        match filled.end {
            Some(Err(e)) if compression.is_none() => return Err(read_error(&e)),
            Some(Err(e)) => end = Some(End::Compression(compression_fault(&e))),
            Some(Ok(())) => end = Some(End::Clean),
            None => {}
        }
        let (format, used) = if pcap::is_pcap(&head) {
            let Some(header) = head.first_chunk::<{ pcap::HEADER_LEN }>() else {
                return Err(cut_header(head.len(), pcap::HEADER_LEN));
            };
            (Format::Pcap(Pcap::new(header)?), pcap::HEADER_LEN)
        } else if pcapng::is_pcapng(&head) {
            (Format::Pcapng(Pcapng::default()), 0)
        } else if let (true, Some(End::Compression(what))) = (head.is_empty(), &end) {
            return Err(Error::new(ErrorKind::Corrupt, what.clone()).advice("copy the file again"));
        } else {
            return Err(sniff::not_a_capture(&head, compression));
        };
        let unpacked = head.len() as u64;
        head.drain(..used);
        Ok(Self {
            name: name.to_owned(),
            options: options.clone(),
            input,
            total_len,
            consumed,
            format,
            carry: head,
            offset: used as u64,
            unpacked,
            frames: 0,
            end,
            pending: None,
            finished: false,
            warnings: Vec::new(),
        })
    }

    /// Bytes of the input (as it lies on the disk) that have been read so far.
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.consumed)
    }

    /// Length of the input in bytes as it lies on the disk; `None` for pipes.
    pub fn total_len(&self) -> Option<u64> {
        self.total_len
    }

    /// pcap or pcapng.
    pub fn format(&self) -> FileFormat {
        match self.format {
            Format::Pcap(_) => FileFormat::Pcap,
            Format::Pcapng(_) => FileFormat::Pcapng,
        }
    }

    /// What is around the capture.
    pub fn compression(&self) -> Option<Compression> {
        self.input.compression()
    }

    /// The next frames, or `None` at the end. `recycled` lends its buffers; what it held is gone.
    ///
    /// # Errors
    /// Where the input cannot be read further, where it unpacks to more than
    /// [`max_decompressed`](ReadOptions::max_decompressed), and, when [`strict`](ReadOptions::strict), where it
    /// breaks off or is damaged. The frames before that place have been given then.
    pub fn next_block(&mut self, recycled: Block) -> Result<Option<Block>> {
        self.next(recycled).map_err(|e| e.path(&self.name))
    }

    fn next(&mut self, mut block: Block) -> Result<Option<Block>> {
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        if self.finished {
            return Ok(None);
        }
        block.frames.clear();
        block.first_number = self.frames + 1;
        let mut data = std::mem::take(&mut block.data);
        let mut wanted = self.options.block_bytes.max(4096);
        loop {
            let filled = self.fill_block(&mut data, wanted);
            let have = data.get(..filled).unwrap_or_default();
            let walk = self.format.walk(have, &mut block.frames);
            let rest = have.get(walk.consumed..).unwrap_or_default();
            self.carry.extend_from_slice(rest);
            self.offset += walk.consumed as u64;
            if let Stop::Corrupt(what) = &walk.stop {
                self.end = Some(End::Corrupt(what.clone()));
            }
            if !block.frames.is_empty() {
                self.frames += block.frames.len() as u64;
                if self.end.is_some() {
                    self.close();
                    self.finished = true;
                }
                data.truncate(walk.consumed);
                data.shrink_to(self.options.block_bytes.saturating_mul(4));
                block.data = data;
                return Ok(Some(block));
            }
            if self.end.is_some() {
                self.close();
                self.finished = true;
                return self.pending.take().map_or(Ok(None), Err);
            }
            if let Stop::NeedMore(record) = walk.stop {
                // A length that lies must not cost more memory than there are bytes.
                wanted = wanted.max(record.min(filled.saturating_mul(2)));
            }
        }
    }

    /// Puts what was carried over and then what can be read into `data`, up to `wanted` bytes; how many there are.
    fn fill_block(&mut self, data: &mut Vec<u8>, wanted: usize) -> usize {
        let ended = self.end.is_some();
        let wanted = if ended {
            self.carry.len()
        } else {
            wanted.max(self.carry.len())
        };
        // What lies in `data` from its last use is overwritten: only a buffer that grows costs a pass of zeros.
        data.resize(wanted, 0);
        let (carried, room) = data.split_at_mut(self.carry.len());
        carried.copy_from_slice(&self.carry);
        let carried = self.carry.len();
        self.carry.clear();
        if ended {
            return carried;
        }
        let filled = fill(&mut self.input, room);
        self.unpacked += filled.count as u64;
        match filled.end {
            Some(Ok(())) => self.end = Some(End::Clean),
            Some(Err(e)) if self.input.compression().is_some() => {
                self.end = Some(End::Compression(compression_fault(&e)));
            }
            Some(Err(e)) => {
                self.pending = Some(read_error(&e));
                self.end = Some(End::Clean);
            }
            None => {}
        }
        if let (Some(limit), true) = (self.options.max_decompressed, self.input.compression().is_some())
            && self.unpacked > limit
        {
            let error = Error::new(ErrorKind::Corrupt, format!("unpacks to more than {limit} bytes"))
                .advice("a decompression bomb? if it is a real capture, raise --max-decompressed");
            self.pending = Some(error);
            self.end = Some(End::Clean);
        }
        carried + filled.count
    }

    /// Notes how the file ended, as a warning, or when strict as the error to give next.
    fn close(&mut self) {
        if self.input.trailing_garbage() {
            self.warnings.push(ReadWarning {
                code: "trailing_garbage",
                message: "bytes after the compressed data were ignored".to_owned(),
                byte: None,
                frame: None,
            });
        }
        if self.pending.is_some() {
            return;
        }
        let frame = self.frames + 1;
        let end_byte = self.offset + self.carry.len() as u64;
        let whole = self.carry.is_empty() && !self.format.is_within_record();
        let (code, byte, found, advice) = match self.end.take() {
            None | Some(End::Clean) if whole => return,
            None | Some(End::Clean) => (
                "capture_cut",
                end_byte,
                format!("the file ends at byte {end_byte}, in the middle of a record"),
                "the frames before it are whole",
            ),
            Some(End::Compression(what)) => (
                "compressed_cut",
                end_byte,
                format!("{what} after {end_byte} unpacked bytes"),
                "the frames before it are whole",
            ),
            Some(End::Corrupt(what)) => (
                "capture_damaged",
                self.offset,
                format!("the file is damaged at byte {}: {what}", self.offset),
                "what follows cannot be read",
            ),
        };
        if self.options.strict {
            self.pending = Some(
                Error::new(ErrorKind::Corrupt, found)
                    .frame(frame)
                    .byte(byte)
                    .advice(advice),
            );
        } else {
            self.warnings.push(ReadWarning {
                code,
                message: format!("frame {frame}: {found}; {advice}"),
                byte: Some(byte),
                frame: Some(frame),
            });
        }
    }

    /// What is known of the file by now; of all of it once [`next_block`](Self::next_block) gave `None`.
    pub fn finish(self) -> FileProperties {
        let format = self.format();
        let compression = self.compression();
        let mut warnings = self.warnings;
        let interfaces = match self.format {
            Format::Pcap(pcap) => vec![pcap.interface()],
            Format::Pcapng(pcapng) => {
                let count = pcapng.unrepresentable_times();
                if count > 0 {
                    warnings.push(ReadWarning {
                        code: "time_out_of_range",
                        message: format!("{count} frames have a time beyond the year 2262; they count as without one"),
                        byte: None,
                        frame: None,
                    });
                }
                pcapng.into_interfaces()
            }
        };
        FileProperties {
            format,
            compression,
            interfaces,
            frames: self.frames,
            warnings,
        }
    }
}

/// How many bytes were read, and how the input ended if it did.
struct Filled {
    count: usize,
    end: Option<io::Result<()>>,
}

/// Reads until `into` is full or the input ends.
fn fill(input: &mut Unpacked, into: &mut [u8]) -> Filled {
    let mut count = 0;
    while let Some(room) = into.get_mut(count..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => {
                return Filled {
                    count,
                    end: Some(Ok(())),
                };
            }
            Ok(got) => count += got,
            Err(e) => {
                return Filled {
                    count,
                    end: Some(Err(e)),
                };
            }
        }
    }
    Filled { count, end: None }
}

fn read_error(e: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot be read: {}", source::plain(e)))
}

fn compression_fault(e: &io::Error) -> String {
    if e.kind() == io::ErrorKind::UnexpectedEof {
        "the compressed data break off".to_owned()
    } else {
        format!("the compressed data are damaged ({e})")
    }
}

fn cut_header(have: usize, need: usize) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the file ends at byte {have}, within the {need} bytes of its header"),
    )
    .byte(have as u64)
    .advice("the capture was cut; there is no frame in it")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::testing::{borrowed, open, read, read_with, some_frames};
    use super::super::write::Layout;
    use super::*;

    fn strict() -> ReadOptions {
        ReadOptions {
            strict: true,
            ..ReadOptions::default()
        }
    }

    fn layouts() -> [Layout; 4] {
        [
            (FileFormat::Pcap, false),
            (FileFormat::Pcap, true),
            (FileFormat::Pcapng, false),
            (FileFormat::Pcapng, true),
        ]
        .map(|(format, big_endian)| Layout {
            format,
            big_endian,
            ..Layout::default()
        })
    }

    #[test]
    fn a_reader_can_move_to_a_thread_of_its_own() {
        fn is_send<T: Send>() {}
        is_send::<Reader>();
    }

    #[test]
    fn blocks_of_any_size_give_the_same_frames() {
        let mut frames = some_frames(4000);
        frames[1234].1 = vec![7; 200_000];
        for layout in layouts() {
            let bytes = layout.capture(borrowed(&frames));
            let expected = read(&bytes);
            assert_eq!(expected.frames.len(), 4000);
            for block_bytes in [0, 4096, 5000, 65_536, 300_000] {
                let options = ReadOptions {
                    block_bytes,
                    ..strict()
                };
                let outcome = read_with(&bytes, &options).unwrap();
                assert!(outcome.error.is_none(), "{:?}", outcome.error);
                assert!(outcome.frames == expected.frames, "{block_bytes}");
            }
        }
    }

    #[test]
    fn a_capture_cut_at_any_byte_gives_its_whole_frames_and_says_where_it_ends() {
        let frames = some_frames(7);
        for layout in layouts() {
            let bytes = layout.capture(borrowed(&frames));
            let mut ends = vec![];
            let mut whole = Vec::new();
            layout.header(&mut whole);
            ends.push(whole.len());
            for (time_ns, data, wire_len) in borrowed(&frames) {
                layout.frame(&mut whole, time_ns, data, wire_len);
                ends.push(whole.len());
            }
            for cut in ends[0]..=bytes.len() {
                let expected = ends.iter().filter(|&&end| end <= cut).count() - 1;
                let outcome = read(&bytes[..cut]);
                assert_eq!(outcome.frames.len(), expected, "{cut}");
                if ends.contains(&cut) {
                    assert_eq!(outcome.properties.warnings, [], "{cut}");
                    assert!(read_with(&bytes[..cut], &strict()).unwrap().error.is_none());
                    continue;
                }
                let warning = &outcome.properties.warnings[0];
                assert_eq!((warning.code, warning.byte), ("capture_cut", Some(cut as u64)));
                assert!(
                    warning.message.contains(&format!("the file ends at byte {cut}")),
                    "{}",
                    warning.message
                );
                let outcome = read_with(&bytes[..cut], &strict()).unwrap();
                assert_eq!(outcome.frames.len(), expected);
                let error = outcome.error.unwrap().to_string();
                assert!(
                    error.starts_with(&format!("made.pcap: frame {}, byte {cut}: the file ends", expected + 1)),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn a_pcap_cut_within_its_header_is_an_error_and_a_pcapng_so_cut_is_empty() {
        let [pcap, _, pcapng, _] = layouts().map(|layout| layout.capture([]));
        let error = open(&pcap[..23], &ReadOptions::default()).err().unwrap().to_string();
        assert!(
            error.contains("byte 23: the file ends at byte 23, within the 24 bytes of its header"),
            "{error}"
        );
        assert_eq!(read(&pcapng[..23]).codes(), ["capture_cut"]);
        assert_eq!(read(&pcapng[..28]).codes().len(), 0);
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        let layout = Layout {
            link_type: super::super::LinkType(249),
            ..Layout::default()
        };
        let mut bytes = layout.capture([]);
        for number in [0, 0, 100_000_000, 100_000_000] {
            layout.u32(&mut bytes, number);
        }
        bytes.extend_from_slice(&[0; 5000]);
        let mut reader = open(&bytes, &ReadOptions::default()).unwrap();
        assert!(reader.next_block(Block::default()).unwrap().is_none());
        assert!(reader.carry.capacity() < 4 * 1024 * 1024);
        assert_eq!(reader.finish().warnings[0].code, "capture_cut");
    }

    #[test]
    fn after_the_end_there_is_nothing_more() {
        let bytes = Layout::default().capture(borrowed(&some_frames(3)));
        for cut in [bytes.len(), bytes.len() - 1] {
            let mut reader = open(&bytes[..cut], &ReadOptions::default()).unwrap();
            assert!(reader.next_block(Block::default()).unwrap().is_some());
            for _ in 0..3 {
                assert!(reader.next_block(Block::default()).unwrap().is_none());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_damage_makes_it_panic_and_the_size_of_blocks_never_shows(
            layout in 0_usize..4,
            damage in proptest::collection::vec((0_usize..30_000, proptest::prelude::any::<u8>()), 1..6),
            cut in 0_usize..2000,
        ) {
            let mut bytes = layouts()[layout].capture(borrowed(&some_frames(400)));
            for (at, value) in damage {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            bytes.truncate(bytes.len() - cut % 100);
            let small = ReadOptions { block_bytes: 0, ..ReadOptions::default() };
            match (read_with(&bytes, &ReadOptions::default()), read_with(&bytes, &small)) {
                (Ok(one), Ok(other)) => {
                    proptest::prop_assert_eq!(&one.frames, &other.frames);
                    proptest::prop_assert_eq!(one.properties, other.properties);
                }
                (one, other) => proptest::prop_assert_eq!(one.err(), other.err()),
            }
        }
    }

    /// Fails after what it holds.
    struct Failing(Cursor<Vec<u8>>);

    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(io::Error::other("the disk went away")),
                got => Ok(got),
            }
        }
    }

    #[test]
    fn a_failing_disk_is_an_error_after_the_frames_that_could_be_read() {
        let bytes = Layout::default().capture(borrowed(&some_frames(1000)));
        let inner = Box::new(Failing(Cursor::new(bytes)));
        let mut reader = Reader::from_read(inner, Path::new("run.pcap"), None, &ReadOptions::default()).unwrap();
        assert_eq!(reader.next_block(Block::default()).unwrap().unwrap().frames.len(), 1000);
        let error = reader.next_block(Block::default()).unwrap_err();
        assert_eq!(error.to_string(), "run.pcap: cannot be read: the disk went away");
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
