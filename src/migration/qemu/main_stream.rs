//! The source's stream, followed section by section.

use std::collections::HashMap;

use super::super::follow::{Element, Grammar, Position};
use super::MAGIC;
use super::ram::{self, Header, SMALLEST_PAGE_BITS};
use super::rounds::Rounds;
use super::section::{FOOTER_BYTES, Section, find_boundary, find_footer, section};

/// Commands to the target.
const PACKAGED: u16 = 7;
const RAM_DISCARD: u16 = 6;
const RECEIVE_BITMAP: u16 = 10;
const SWITCHOVER_START: u16 = 11;

/// Sections and blocks of one virtual machine; real ones have some dozens.
const MAX_NAMES: usize = 4096;
/// Longest machine type's name taken for one.
const MAX_MACHINE_NAME: u32 = 255;
/// The name of the section that holds the memory.
const RAM: &[u8] = b"ram";
/// The longest pattern that tells a boundary between sections, less one byte.
const BOUNDARY_OVERLAP: usize = 9;
/// Target pages have 4 KiB to 64 KiB.
const LARGEST_PAGE_BITS: u32 = 16;

/// True where a command of this kind has an argument of `len` bytes.
pub(super) fn command_fits(kind: u16, len: u16) -> bool {
    match kind {
        1 | 4 | 5 | 8 | 9 | SWITCHOVER_START => len == 0,
        2 | PACKAGED => len == 4,
        3 => len == 0 || len == 16,
        RAM_DISCARD | RECEIVE_BITMAP => len > 0,
        _ => false,
    }
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FileHeader,
    Section,
    MachineName(u32),
    TargetPageBits,
    /// Names of capabilities; the count once known.
    Capabilities(Option<u32>),
    PackageLength,
    /// Page headers. In the set-up part numbers without a flag may stand among them.
    Ram {
        setup: bool,
    },
    /// The list of blocks, so many bytes of memory before its end.
    Blocks(u64),
    /// A section of no known length, up to its footer.
    Opaque(u32),
    /// Bytes are missing: up to the next boundary between sections.
    Lost,
}

/// Follows the source's stream.
#[derive(Debug)]
pub(in super::super) struct MainStream {
    state: State,
    page_bits: u32,
    /// Whether a section with this id holds memory.
    is_ram: HashMap<u32, bool>,
    blocks: HashMap<Box<[u8]>, usize>,
    block: usize,
    /// What is being skipped is the package with the devices' state.
    in_package: bool,
    /// The machine type, as `pc-i440fx-10.0`.
    pub(in super::super) machine: Option<String>,
    /// Sum of the memory blocks' lengths.
    pub(in super::super) memory_bytes: Option<u64>,
    /// Pages and passes.
    pub(in super::super) rounds: Rounds,
    /// The first page header.
    pub(in super::super) first_page: Option<Position>,
    /// First byte that was sent because the source had stopped.
    pub(in super::super) stopped: Option<Position>,
    /// The same, once it is certain: the memory's end part, or the package of post-copy, followed.
    pub(in super::super) last_stage: Option<Position>,
    /// The target may run after this byte: end of post-copy's package.
    pub(in super::super) package_end: Option<Position>,
    /// A device's state was seen outside of a package.
    pub(in super::super) device_state: bool,
    /// The stream's own end mark.
    pub(in super::super) end_mark: Option<Position>,
    /// First byte that was needed and not captured.
    pub(in super::super) lost_at: Option<u64>,
}

impl MainStream {
    /// A stream whose first byte is the next.
    pub(in super::super) fn from_start() -> Self {
        Self {
            state: State::FileHeader,
            page_bits: SMALLEST_PAGE_BITS,
            is_ram: HashMap::new(),
            blocks: HashMap::new(),
            block: 0,
            in_package: false,
            machine: None,
            memory_bytes: None,
            rounds: Rounds::default(),
            first_page: None,
            stopped: None,
            last_stage: None,
            package_end: None,
            device_state: false,
            end_mark: None,
            lost_at: None,
        }
    }

    /// A stream whose beginning was not captured; the next byte is at `offset`.
    pub(in super::super) fn from_middle(offset: u64) -> Self {
        Self {
            state: State::Lost,
            lost_at: Some(offset),
            ..Self::from_start()
        }
    }

    fn read_section(&mut self, input: &[u8], at: Position) -> Element {
        let (rest, head) = match section(input) {
            Ok(read) => read,
            Err(nom::Err::Incomplete(_)) => return Element::More,
            Err(_) => return self.nonsense("no section type"),
        };
        let took = input.len() - rest.len();
        match head {
            Section::Start { id, name } => {
                let is_ram = name == RAM;
                if self.is_ram.len() >= MAX_NAMES {
                    return Element::Bad("more sections than a machine has devices");
                }
                self.is_ram.insert(id, is_ram);
                self.state = if is_ram {
                    State::Ram { setup: true }
                } else {
                    State::Opaque(id)
                };
            }
            Section::Full { id, .. } => {
                self.device_state = true;
                self.stopped.get_or_insert(at);
                self.state = State::Opaque(id);
            }
            Section::Part(id) => self.state = self.part(id),
            Section::End(id) => {
                let stopped = *self.stopped.get_or_insert(at);
                self.state = self.part(id);
                if matches!(self.state, State::Ram { .. }) {
                    self.last_stage.get_or_insert(stopped);
                }
            }
            Section::Footer(_) => {}
            Section::Eof => {
                self.end_mark.get_or_insert(at);
            }
            Section::VmDescription(len) => return Element::TookThenSkip(took, u64::from(len)),
            Section::Configuration(len) if len <= MAX_MACHINE_NAME => self.state = State::MachineName(len),
            Section::Configuration(_) => return self.nonsense("a machine type's name of absurd length"),
            Section::Subsection(name) => return self.supplement(name, took),
            Section::Command { kind, len } => return self.command(kind, len, took, at),
        }
        Element::Took(took)
    }

    /// Where a section's next part leads.
    fn part(&self, id: u32) -> State {
        match self.is_ram.get(&id) {
            Some(false) => State::Opaque(id),
            Some(true) => State::Ram { setup: false },
            // Its start may have been among the bytes that are missing.
            None if self.lost_at.is_some() => State::Ram { setup: false },
            None => State::Opaque(id),
        }
    }

    fn supplement(&mut self, name: &[u8], took: usize) -> Element {
        match name {
            b"configuration/target-page-bits" => self.state = State::TargetPageBits,
            b"configuration/capabilities" => self.state = State::Capabilities(None),
            b"configuration/uuid" => return Element::TookThenSkip(took, 16),
            _ => return self.nonsense("a supplement to the configuration that this program does not know"),
        }
        Element::Took(took)
    }

    fn command(&mut self, kind: u16, len: u16, took: usize, at: Position) -> Element {
        if !command_fits(kind, len) {
            return self.nonsense("a command with an argument that it does not take");
        }
        if matches!(kind, SWITCHOVER_START | RAM_DISCARD | PACKAGED) {
            self.stopped.get_or_insert(at);
        }
        if kind == PACKAGED {
            self.state = State::PackageLength;
            return Element::Took(took);
        }
        Element::TookThenSkip(took, u64::from(len))
    }

    fn read_package_length(&mut self, input: &[u8], at: Position) -> Element {
        let Some(len) = be_u32(input) else {
            return Element::More;
        };
        self.state = State::Section;
        self.last_stage = self.last_stage.or(self.stopped);
        self.rounds.section_end(at);
        self.rounds.close();
        self.in_package = true;
        Element::TookThenSkip(4, u64::from(len))
    }

    fn read_page(&mut self, input: &[u8], at: Position, setup: bool) -> Element {
        let (rest, header) = match ram::header(input, self.page_bits) {
            Ok(read) => read,
            Err(nom::Err::Incomplete(_)) => return Element::More,
            Err(_) => return self.nonsense("a page header with flags that are never sent together"),
        };
        let took = input.len() - rest.len();
        match header {
            Header::Page {
                address,
                block,
                sent,
                content,
            } => {
                if let Some(name) = block {
                    match self.blocks.get(name) {
                        Some(&place) => self.block = place,
                        None if self.lost_at.is_some() && self.blocks.len() < MAX_NAMES => self.add_block(name),
                        None => return Element::Bad("a page of a memory block that was not announced"),
                    }
                }
                self.first_page.get_or_insert(at);
                self.rounds.page(self.block, address, sent, at);
                return Element::TookThenSkip(took, content);
            }
            Header::EndOfSection => {
                self.rounds.section_end(Position {
                    offset: at.offset + took as u64,
                    ..at
                });
                self.state = State::Section;
            }
            Header::MemSize(bytes) => {
                self.memory_bytes = Some(bytes);
                self.state = State::Blocks(bytes);
            }
            Header::Plain(_) if !setup => return self.nonsense("a page header without a flag"),
            Header::Plain(_) | Header::MultifdFlush | Header::Nothing => {}
        }
        Element::Took(took)
    }

    fn add_block(&mut self, name: &[u8]) {
        self.block = self.blocks.len();
        self.blocks.insert(name.into(), self.block);
    }

    fn read_block(&mut self, input: &[u8], left: u64) -> Element {
        let (rest, entry) = match ram::block_entry(input) {
            Ok(read) => read,
            Err(nom::Err::Incomplete(_)) => return Element::More,
            Err(_) => return self.nonsense("a memory block without a name"),
        };
        if let Some((name, len)) = entry {
            if self.blocks.len() >= MAX_NAMES {
                return Element::Bad("more memory blocks than a machine has");
            }
            if !self.blocks.contains_key(name) {
                self.add_block(name);
            }
            let Some(left) = left.checked_sub(len) else {
                return self.nonsense("memory blocks that are larger than the memory");
            };
            self.state = if left == 0 {
                State::Ram { setup: true }
            } else {
                State::Blocks(left)
            };
        }
        Element::Took(input.len() - rest.len())
    }

    fn read_opaque(&mut self, input: &[u8], id: u32) -> Element {
        match find_footer(input, id) {
            Some(at) => {
                self.state = State::Section;
                Element::Took(at + FOOTER_BYTES)
            }
            None if input.len() > FOOTER_BYTES => Element::Took(input.len() - FOOTER_BYTES),
            None => Element::More,
        }
    }

    fn read_lost(&mut self, input: &[u8], at: Position) -> Element {
        match find_boundary(input) {
            Some(0) => {
                self.state = State::Section;
                self.read_section(input, at)
            }
            Some(found) => Element::Took(found),
            None if input.len() > BOUNDARY_OVERLAP => Element::Took(input.len() - BOUNDARY_OVERLAP),
            None => Element::More,
        }
    }

    /// Bytes that make no sense: after a loss the place was not found again after all; else the stream is not what
    /// it claims to be.
    fn nonsense(&mut self, why: &'static str) -> Element {
        if self.lost_at.is_some() {
            self.state = State::Lost;
            return Element::Took(1);
        }
        Element::Bad(why)
    }
}

fn be_u32(input: &[u8]) -> Option<u32> {
    input.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

impl Grammar for MainStream {
    const MAX_ELEMENT: usize = 1024;

    fn element(&mut self, input: &[u8], at: Position) -> Element {
        match self.state {
            State::FileHeader => match input.first_chunk::<8>() {
                Some(&MAGIC) => {
                    self.state = State::Section;
                    Element::Took(MAGIC.len())
                }
                Some(_) => Element::Bad("a version of the stream that this program does not know"),
                None => Element::More,
            },
            State::Section => self.read_section(input, at),
            State::MachineName(len) => match input.get(..len as usize) {
                Some(name) => {
                    self.machine = Some(String::from_utf8_lossy(name).into_owned());
                    self.state = State::Section;
                    Element::Took(len as usize)
                }
                None => Element::More,
            },
            State::TargetPageBits => match be_u32(input) {
                Some(bits @ SMALLEST_PAGE_BITS..=LARGEST_PAGE_BITS) => {
                    self.page_bits = bits;
                    self.state = State::Section;
                    Element::Took(4)
                }
                Some(_) => self.nonsense("a page size that no machine has"),
                None => Element::More,
            },
            State::Capabilities(Some(0)) => {
                self.state = State::Section;
                self.read_section(input, at)
            }
            State::Capabilities(Some(left)) => {
                self.state = State::Capabilities(Some(left - 1));
                Element::TookThenSkip(1, u64::from(input[0]))
            }
            State::Capabilities(None) => match be_u32(input) {
                Some(count) => {
                    self.state = State::Capabilities(Some(count));
                    Element::Took(4)
                }
                None => Element::More,
            },
            State::PackageLength => self.read_package_length(input, at),
            State::Ram { setup } => self.read_page(input, at, setup),
            State::Blocks(left) => self.read_block(input, left),
            State::Opaque(id) => self.read_opaque(input, id),
            State::Lost => self.read_lost(input, at),
        }
    }

    fn lost(&mut self, at: Position) {
        self.lost_at.get_or_insert(at.offset);
        self.in_package = false;
        self.state = State::Lost;
    }

    fn skipped(&mut self, at: Position) {
        if std::mem::take(&mut self.in_package) {
            self.package_end.get_or_insert(at);
        }
    }
}

/// True where `bytes`, the last that were captured of a stream, are of the JSON text that describes the devices: it
/// ends a stream that came to its end.
pub(in super::super) fn is_description(bytes: &[u8]) -> bool {
    let text = bytes.len() >= 16 && bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    text && [&b"\": "[..], b", \"", b"}, {"]
        .iter()
        .any(|token| bytes.windows(token.len()).any(|window| window == *token))
}

#[cfg(test)]
mod tests {
    use super::super::super::follow::Follower;
    use super::super::super::stream::Sink;
    use super::*;

    fn page(address: u64, flags: u64, name: Option<&str>) -> Vec<u8> {
        let mut bytes = (address | flags | if name.is_none() { 0x20 } else { 0 })
            .to_be_bytes()
            .to_vec();
        if let Some(name) = name {
            bytes.push(name.len() as u8);
            bytes.extend_from_slice(name.as_bytes());
        }
        match flags {
            0x02 => bytes.push(0),
            0x08 => bytes.extend_from_slice(&[0xee; 4096]),
            0x40 => bytes.extend_from_slice(&[1, 0, 3, 7, 7, 7]),
            _ => {}
        }
        bytes
    }

    fn head(kind: u8, id: u32) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes
    }

    fn end_of_section() -> Vec<u8> {
        [0x10_u64.to_be_bytes().to_vec(), head(0x7e, 2)].concat()
    }

    fn beginning() -> Vec<u8> {
        [
            MAGIC.to_vec(),
            b"\x07\0\0\0\x02pc".to_vec(),
            head(1, 2),
            b"\x03ram\0\0\0\0\0\0\0\x04".to_vec(),
            (0x6000_u64 | 4).to_be_bytes().to_vec(),
            b"\x01a\0\0\0\0\0\0\x40\0".to_vec(),
            b"\x01b\0\0\0\0\0\0\x20\0".to_vec(),
            end_of_section(),
        ]
        .concat()
    }

    fn precopy() -> Vec<u8> {
        [
            beginning(),
            head(2, 2),
            page(0, 0x08, Some("a")),
            page(0x1000, 0x02, None),
            page(0x1000, 0x08, Some("b")),
            page(0x1000, 0x40, Some("a")),
            end_of_section(),
            head(3, 2),
            page(0x2000, 0x08, None),
            page(0, 0x02, None),
            end_of_section(),
            head(4, 7),
            b"\x05timer\0\0\0\0\0\0\0\x02 state \x7e\0\0\0\x07\xff more".to_vec(),
            head(0x7e, 7),
            vec![0],
            b"\x06\0\0\0\x02{}".to_vec(),
        ]
        .concat()
    }

    fn follow(pieces: &[&[u8]]) -> Follower<MainStream> {
        let mut follower = Follower::new(MainStream::from_start());
        let mut offset = 0;
        for (time_ns, piece) in (0..).zip(pieces) {
            follower.bytes(offset, piece, time_ns);
            offset += piece.len() as u64;
        }
        follower
    }

    #[test]
    fn a_precopy_stream_is_counted_wherever_it_is_cut() {
        let stream = precopy();
        for cut in (0..stream.len()).step_by(13) {
            let follower = follow(&[&stream[..cut], &stream[cut..]]);
            let main = &follower.grammar;
            assert_eq!(follower.broken, None, "cut at {cut}");
            let pages = main.rounds.pages();
            assert_eq!((pages.normal, pages.zero, pages.xbzrle), (3, 2, 1));
            // a0 a1 b1 | a1 a2 | a0: the addresses restart twice.
            assert_eq!(main.rounds.count(), 3);
            assert_eq!(main.memory_bytes, Some(0x6000));
            assert_eq!(main.machine.as_deref(), Some("pc"));
            assert!(main.device_state && main.end_mark.is_some() && main.package_end.is_none());
            let end = stream.windows(5).position(|window| window == head(3, 2)).unwrap();
            assert_eq!(main.last_stage.unwrap().offset, end as u64);
        }
    }

    #[test]
    fn after_missing_bytes_the_end_part_is_found_again_but_the_counts_are_not_whole() {
        let stream = precopy();
        let end = stream.windows(5).position(|window| window == head(3, 2)).unwrap();
        let mut follower = follow(&[&stream[..5000]]);
        let next = end as u64 - 5;
        follower.gap(5000, next - 5000, 1);
        follower.bytes(next, &stream[next as usize..], 2);
        assert_eq!(follower.broken, None);
        let main = follower.grammar;
        assert!(main.lost_at.is_some());
        assert_eq!(
            main.last_stage,
            Some(Position {
                offset: end as u64,
                time_ns: 2
            })
        );
        assert!(main.end_mark.is_some());
    }

    #[test]
    fn missing_bytes_within_a_page_lose_nothing() {
        let stream = precopy();
        let start = beginning().len() + 5 + 10;
        let mut follower = follow(&[&stream[..start + 100]]);
        follower.gap(start as u64 + 100, 3000, 1);
        follower.bytes(start as u64 + 3100, &stream[start + 3100..], 2);
        assert_eq!(follower.grammar.lost_at, None);
        assert_eq!(follower.grammar.rounds.pages().normal, 3);
    }

    #[test]
    fn postcopy_stops_with_its_first_discard_and_runs_after_its_package() {
        let stream = [
            beginning(),
            head(2, 2),
            page(0, 0x08, Some("a")),
            end_of_section(),
            b"\x08\0\x06\0\x03xyz\x08\0\x02\0\x04\0\0\0\x02".to_vec(),
            b"\x08\0\x07\0\x04\0\0\0\x0ahello hell".to_vec(),
            head(2, 2),
            page(0x3000, 0x08, Some("a")),
            page(0x1000, 0x08, None),
            end_of_section(),
        ]
        .concat();
        let follower = follow(&[&stream]);
        assert_eq!(follower.broken, None);
        let main = follower.grammar;
        let discard = stream
            .windows(8)
            .position(|window| window == b"\x08\0\x06\0\x03xyz")
            .unwrap();
        assert_eq!(main.last_stage.unwrap().offset, discard as u64);
        let package = stream.windows(10).position(|window| window == b"hello hell").unwrap();
        assert_eq!(main.package_end.unwrap().offset, package as u64 + 10);
        assert_eq!((main.rounds.count(), main.rounds.pages().normal), (1, 3));
    }

    #[test]
    fn a_block_list_with_page_sizes_and_a_flush_is_read() {
        let stream = [
            MAGIC.to_vec(),
            b"\x07\0\0\0\x01x\x05\x1aconfiguration/capabilities\0\0\0\x01\0\0\0\x02\x03abc\x02de".to_vec(),
            b"\x05\x1econfiguration/target-page-bits\0\0\0\x01\0\0\0\x0e".to_vec(),
            head(1, 2),
            b"\x03ram\0\0\0\0\0\0\0\x04".to_vec(),
            (0x8000_u64 | 4).to_be_bytes().to_vec(),
            b"\x01a\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\x10\0".to_vec(),
            0x200_u64.to_be_bytes().to_vec(),
            end_of_section(),
            head(2, 2),
            0x4008_u64.to_be_bytes().to_vec(),
            b"\x01a".to_vec(),
            vec![7; 0x4000],
            end_of_section(),
        ]
        .concat();
        let follower = follow(&[&stream]);
        assert_eq!(follower.broken, None);
        assert_eq!(follower.grammar.rounds.pages().normal, 1);
        assert_eq!(follower.grammar.state, State::Section);
    }

    #[test]
    fn hostile_bytes_end_the_reading_at_their_place() {
        let mut stream = beginning();
        let at = stream.len();
        stream.extend_from_slice(&head(2, 2));
        stream.extend_from_slice(&0xffff_ffff_ffff_ffff_u64.to_be_bytes());
        stream.extend_from_slice(&[0; 300]);
        let follower = follow(&[&stream]);
        assert_eq!(follower.broken.map(|broken| broken.offset), Some(at as u64 + 5));
    }

    #[test]
    fn only_json_text_is_a_description() {
        assert!(is_description(b"\"struct\": {\"vmsd_name\": \"x\", "));
        assert!(!is_description(&[0; 48]));
        assert!(!is_description(b"GET /index.html HTTP/1.1"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(
            seed in proptest::collection::vec(0_u8..=255, 0..4000),
            cut in 0_usize..6000,
            gap in 0_u64..100,
        ) {
            let mut stream = precopy();
            stream.truncate(cut);
            stream.extend_from_slice(&seed);
            let half = stream.len() / 2;
            let mut follower = Follower::new(MainStream::from_start());
            follower.bytes(0, &stream[..half], 0);
            follower.gap(half as u64, gap, 0);
            follower.bytes(half as u64 + gap, &stream[half..], 0);
        }
    }
}
