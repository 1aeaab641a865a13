//! pcapng: sections of typed blocks (draft-ietf-opsawg-pcapng).
//!
//! Enhanced packet blocks, which all but a few blocks of a file are, are walked by hand; blocks that describe are read
//! in `describe`; all others are passed over.

mod describe;

use super::clock::Clock;
use super::frame::{Frame, Interface, LinkType};
use super::walk::{Stop, Walk, max_captured, pseudo_header_len, too_long, too_short};

/// Type and both lengths: what every block has.
const MIN_BLOCK: usize = 12;

/// Longest block that is taken into memory; packets of link types that allow more have their own limit.
const MAX_BLOCK: u32 = 16 * 1024 * 1024;

/// Blocks of no use here that are longer than this are passed over without ever being in memory as a whole.
const LONG_BLOCK: u32 = 64 * 1024;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// Bytes from a block's start to the packet's data.
const ENHANCED_HEADER: usize = 28;
const SIMPLE_HEADER: usize = 12;

/// True where `head` begins with a section header block.
pub(super) fn is_pcapng(head: &[u8]) -> bool {
    matches!(
        head,
        [0x0a, 0x0d, 0x0d, 0x0a, _, _, _, _, 0x1a, 0x2b, 0x3c, 0x4d, ..]
            | [0x0a, 0x0d, 0x0d, 0x0a, _, _, _, _, 0x4d, 0x3c, 0x2b, 0x1a, ..]
    )
}

/// What a packet block needs to know of its interface.
#[derive(Debug, Clone, Copy)]
struct Source {
    clock: Clock,
    link_type: LinkType,
    snaplen: u32,
    pseudo_header_len: u32,
    max_captured: u32,
}

/// Walks the blocks of one file.
#[derive(Debug, Default)]
pub(super) struct Pcapng {
    big_endian: bool,
    /// The interfaces of the section at hand.
    section: Vec<Source>,
    /// Number of interfaces in the sections before.
    base: usize,
    /// All interfaces, numbered across sections.
    interfaces: Vec<Interface>,
    /// By interface, whether `dropped` rests on `isb_ifdrop`, which counts before `isb_osdrop`.
    dropped_by_interface: Vec<bool>,
    /// Frames whose time does not fit.
    unrepresentable: u64,
    /// A long block that is being passed over.
    passing: Option<Passing>,
}

#[derive(Debug, Clone, Copy)]
struct Passing {
    /// Bytes still to pass over before the block's second length.
    left: usize,
    /// The block's first length.
    length: u32,
}

/// What is wrong with a block whose content does not hold what its type promises; a phrase.
type Fault = String;

impl Pcapng {
    pub(super) fn into_interfaces(self) -> Vec<Interface> {
        self.interfaces
    }

    /// Frames so far whose time lies beyond what 64 bits of nanoseconds hold.
    pub(super) fn unrepresentable_times(&self) -> u64 {
        self.unrepresentable
    }

    /// True within a long block that is being passed over.
    pub(super) fn is_within_record(&self) -> bool {
        self.passing.is_some()
    }

    /// Adds a frame for each whole packet block of `data`, which begins where the last walk ended.
    pub(super) fn walk(&mut self, data: &[u8], frames: &mut Vec<Frame>) -> Walk {
        let mut at = 0_usize;
        if let Err(stop) = self.pass(data, &mut at) {
            return Walk { consumed: at, stop };
        }
        // A section header ends the inner walk, since it may change the byte order.
        loop {
            let walk = if self.big_endian {
                self.walk_section::<true>(data, at, frames)
            } else {
                self.walk_section::<false>(data, at, frames)
            };
            at = walk.consumed;
            let rest = data.get(at..).unwrap_or_default();
            if self.is_within_record() || !rest.starts_with(&SECTION_HEADER.to_be_bytes()) {
                return walk;
            }
            match describe::section(rest) {
                Ok(section) => {
                    self.big_endian = section.big_endian;
                    self.base = self.interfaces.len();
                    self.section.clear();
                    at += section.block_len;
                }
                Err(stop) => return Walk { consumed: at, stop },
            }
        }
    }

    fn walk_section<const BIG_ENDIAN: bool>(&mut self, data: &[u8], start: usize, frames: &mut Vec<Frame>) -> Walk {
        let number = if BIG_ENDIAN {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let mut at = start;
        let stop = loop {
            let rest = data.get(at..).unwrap_or_default();
            let Some(&[t0, t1, t2, t3, l0, l1, l2, l3]) = rest.first_chunk::<8>() else {
                break Stop::NeedMore(MIN_BLOCK);
            };
            let kind = number([t0, t1, t2, t3]);
            if kind == SECTION_HEADER {
                break Stop::NeedMore(MIN_BLOCK);
            }
            let length = number([l0, l1, l2, l3]);
            if length > LONG_BLOCK {
                if let Err(stop) = self.long_block(kind, length).and_then(|()| self.pass(data, &mut at)) {
                    break stop;
                }
                if !is_used(kind) {
                    continue;
                }
            }
            // Lengths are multiples of 4; some writers leave the padding out of the count.
            let whole = (length as usize).next_multiple_of(4);
            if whole < MIN_BLOCK {
                break Stop::Corrupt(format!(
                    "a block of {length} bytes, less than the {MIN_BLOCK} that any has"
                ));
            }
            let Some((content, &trailer)) = rest.get(..whole).and_then(|block| block.split_last_chunk::<4>()) else {
                break Stop::NeedMore(whole);
            };
            let trailer = number(trailer);
            if trailer != length {
                break Stop::Corrupt(lengths_differ(length, trailer));
            }
            let fault = match kind {
                ENHANCED_PACKET => self.packet::<BIG_ENDIAN, false>(content, at, frames),
                OBSOLETE_PACKET => self.packet::<BIG_ENDIAN, true>(content, at, frames),
                SIMPLE_PACKET => self.simple_packet::<BIG_ENDIAN>(content, at, frames),
                INTERFACE_DESCRIPTION => self.interface(rest),
                INTERFACE_STATISTICS => self.statistics(rest),
                _ => Ok(()),
            };
            if let Err(what) = fault {
                break Stop::Corrupt(what);
            }
            at += whole;
        };
        Walk { consumed: at, stop }
    }

    /// Decides what to do with a long block: to pass over it, to take it, or not to believe it.
    #[cold]
    fn long_block(&mut self, kind: u32, length: u32) -> Result<(), Stop> {
        let longest = match kind {
            _ if !is_used(kind) => {
                let left = (length as usize).next_multiple_of(4) - 4;
                self.passing = Some(Passing { left, length });
                return Ok(());
            }
            ENHANCED_PACKET | OBSOLETE_PACKET | SIMPLE_PACKET => {
                let longest = self.section.iter().map(|source| source.max_captured).max();
                // Options take their room beside the packet.
                longest.unwrap_or_default().saturating_add(1024 * 1024).max(MAX_BLOCK)
            }
            _ => MAX_BLOCK,
        };
        if length > longest {
            return Err(Stop::Corrupt(format!("a block of {length} bytes, more than any has")));
        }
        Ok(())
    }

    /// Passes over as much of a long block as `data` has from `at`.
    fn pass(&mut self, data: &[u8], at: &mut usize) -> Result<(), Stop> {
        let Some(Passing { left, length }) = self.passing else {
            return Ok(());
        };
        let rest = data.get(*at..).unwrap_or_default();
        let passed = left.min(rest.len());
        *at += passed;
        let Some(&trailer) = rest.get(passed..).and_then(<[u8]>::first_chunk::<4>) else {
            let left = left - passed;
            self.passing = Some(Passing { left, length });
            return Err(Stop::NeedMore(4));
        };
        let trailer = if self.big_endian {
            u32::from_be_bytes(trailer)
        } else {
            u32::from_le_bytes(trailer)
        };
        if length != trailer {
            return Err(Stop::Corrupt(lengths_differ(length, trailer)));
        }
        *at += 4;
        self.passing = None;
        Ok(())
    }

    /// An enhanced packet block, or the obsolete packet block, which differs in the interface's 16 bits.
    #[inline(always)]
    fn packet<const BIG_ENDIAN: bool, const OBSOLETE: bool>(
        &mut self,
        content: &[u8],
        at: usize,
        frames: &mut Vec<Frame>,
    ) -> Result<(), Fault> {
        let number = if BIG_ENDIAN {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let Some((header, data)) = content.split_first_chunk::<ENHANCED_HEADER>() else {
            return Err(format!(
                "a packet block of {} bytes, too short for its fields",
                content.len() + 4
            ));
        };
        let &[
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            i0,
            i1,
            i2,
            i3,
            h0,
            h1,
            h2,
            h3,
            l0,
            l1,
            l2,
            l3,
            c0,
            c1,
            c2,
            c3,
            o0,
            o1,
            o2,
            o3,
        ] = header;
        let interface = match (OBSOLETE, BIG_ENDIAN) {
            (false, _) => number([i0, i1, i2, i3]),
            (true, true) => u32::from(u16::from_be_bytes([i0, i1])),
            (true, false) => u32::from(u16::from_le_bytes([i0, i1])),
        };
        let captured = number([c0, c1, c2, c3]);
        let original = number([o0, o1, o2, o3]);
        let Some(source) = self.section.get(interface as usize) else {
            return Err(no_such_interface(interface, self.section.len()));
        };
        source.check_captured(captured, data.len())?;
        let ticks = u64::from(number([h0, h1, h2, h3])) << 32 | u64::from(number([l0, l1, l2, l3]));
        let time_ns = source.clock.to_ns(ticks);
        self.unrepresentable += u64::from(time_ns.is_none());
        frames.push(Frame {
            time_ns,
            offset: (at + ENHANCED_HEADER) as u32 + source.pseudo_header_len,
            captured_len: captured - source.pseudo_header_len,
            wire_len: original.saturating_sub(source.pseudo_header_len),
            interface: (self.base as u32).wrapping_add(interface),
            link_type: source.link_type,
        });
        Ok(())
    }

    /// A simple packet block: of the section's first interface, without a time; its captured length follows from
    /// the original length and the interface's snap length.
    fn simple_packet<const BIG_ENDIAN: bool>(
        &mut self,
        content: &[u8],
        at: usize,
        frames: &mut Vec<Frame>,
    ) -> Result<(), Fault> {
        let number = if BIG_ENDIAN {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let Some((&[_, _, _, _, _, _, _, _, o0, o1, o2, o3], data)) = content.split_first_chunk::<SIMPLE_HEADER>()
        else {
            return Err(format!(
                "a simple packet block of {} bytes, too short for its field",
                content.len() + 4
            ));
        };
        let original = number([o0, o1, o2, o3]);
        let Some(source) = self.section.first() else {
            return Err(no_such_interface(0, 0));
        };
        let limit = if source.snaplen == 0 { u32::MAX } else { source.snaplen };
        let captured = original.min(limit);
        source.check_captured(captured, data.len())?;
        frames.push(Frame {
            time_ns: None,
            offset: (at + SIMPLE_HEADER) as u32 + source.pseudo_header_len,
            captured_len: captured - source.pseudo_header_len,
            wire_len: original.saturating_sub(source.pseudo_header_len),
            interface: self.base as u32,
            link_type: source.link_type,
        });
        Ok(())
    }

    fn interface(&mut self, block: &[u8]) -> Result<(), Fault> {
        let (interface, clock) = describe::interface(block, self.big_endian)?;
        self.section.push(Source {
            clock,
            link_type: interface.link_type,
            snaplen: interface.snaplen,
            pseudo_header_len: pseudo_header_len(interface.link_type.0),
            max_captured: max_captured(interface.link_type.0),
        });
        self.interfaces.push(interface);
        self.dropped_by_interface.push(false);
        Ok(())
    }

    /// Takes the drop counter of an interface statistics block. The counters count from the capture's start, so the
    /// last block stands.
    fn statistics(&mut self, block: &[u8]) -> Result<(), Fault> {
        let statistics = describe::statistics(block, self.big_endian)?;
        let index = self.base.saturating_add(statistics.interface as usize);
        if let (Some(interface), Some(rests_on_interface)) =
            (self.interfaces.get_mut(index), self.dropped_by_interface.get_mut(index))
        {
            if statistics.by_interface.is_some() {
                interface.dropped = statistics.by_interface;
                *rests_on_interface = true;
            } else if statistics.by_system.is_some() && !*rests_on_interface {
                interface.dropped = statistics.by_system;
            }
        }
        Ok(())
    }
}

impl Source {
    #[inline(always)]
    fn check_captured(&self, captured: u32, room: usize) -> Result<(), Fault> {
        if captured as usize > room || captured > self.max_captured || captured < self.pseudo_header_len {
            return Err(self.captured_fault(captured, room));
        }
        Ok(())
    }

    #[cold]
    fn captured_fault(&self, captured: u32, room: usize) -> Fault {
        if captured as usize > room {
            format!("a captured length of {captured} bytes in a block with room for {room}")
        } else if captured > self.max_captured {
            too_long(captured, self.max_captured)
        } else {
            too_short(captured, self.pseudo_header_len)
        }
    }
}

/// Blocks that are looked into.
fn is_used(kind: u32) -> bool {
    matches!(
        kind,
        ENHANCED_PACKET
            | OBSOLETE_PACKET
            | SIMPLE_PACKET
            | INTERFACE_DESCRIPTION
            | INTERFACE_STATISTICS
            | SECTION_HEADER
    )
}

#[cold]
fn no_such_interface(interface: u32, described: usize) -> Fault {
    format!("a packet of interface {interface}, where the section describes {described}")
}

fn lengths_differ(first: u32, last: u32) -> Fault {
    format!("a block that says {first} bytes at its start and {last} at its end")
}

#[cfg(test)]
mod tests {
    use super::super::frame::FileFormat;
    use super::super::testing::{borrowed, read, read_with, some_frames};
    use super::super::write::Layout;
    use super::super::{ReadOptions, ReadWarning};
    use super::describe::{
        BYTE_ORDER_MAGIC, OPTION_IFDROP, OPTION_NAME, OPTION_OSDROP, OPTION_TSOFFSET, OPTION_TSRESOL,
    };
    use super::*;

    /// Builds a file block by block.
    struct File {
        layout: Layout,
        bytes: Vec<u8>,
    }

    impl File {
        fn new(big_endian: bool) -> Self {
            let layout = Layout {
                format: FileFormat::Pcapng,
                big_endian,
                ..Layout::default()
            };
            let mut file = Self {
                layout,
                bytes: Vec::new(),
            };
            file.section((1, 0), u64::MAX);
            file
        }

        fn section(&mut self, version: (u16, u16), length: u64) {
            let mut body = Vec::new();
            self.layout.u32(&mut body, BYTE_ORDER_MAGIC);
            self.layout.u16(&mut body, version.0);
            self.layout.u16(&mut body, version.1);
            self.layout.u64(&mut body, length);
            self.block(SECTION_HEADER, &body);
        }

        fn block(&mut self, kind: u32, body: &[u8]) {
            self.layout.block(&mut self.bytes, kind, body);
        }

        fn options(&self, body: &mut Vec<u8>, options: &[(u16, &[u8])]) {
            for (code, value) in options {
                self.layout.option(body, *code, value);
            }
        }

        fn interface(&mut self, link_type: u16, snaplen: u32, options: &[(u16, &[u8])]) {
            let mut body = Vec::new();
            self.layout.u16(&mut body, link_type);
            self.layout.u16(&mut body, 0);
            self.layout.u32(&mut body, snaplen);
            self.options(&mut body, options);
            self.block(INTERFACE_DESCRIPTION, &body);
        }

        fn statistics(&mut self, interface: u32, options: &[(u16, &[u8])]) {
            let mut body = Vec::new();
            for number in [interface, 0, 0] {
                self.layout.u32(&mut body, number);
            }
            self.options(&mut body, options);
            self.block(INTERFACE_STATISTICS, &body);
        }

        fn packet(&mut self, interface: u32, ticks: u64, data: &[u8], original: u32) {
            let mut body = Vec::new();
            for number in [
                interface,
                (ticks >> 32) as u32,
                ticks as u32,
                data.len() as u32,
                original,
            ] {
                self.layout.u32(&mut body, number);
            }
            body.extend_from_slice(data);
            self.block(ENHANCED_PACKET, &body);
        }

        fn u64(&self, number: u64) -> [u8; 8] {
            if self.layout.big_endian {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            }
        }
    }

    fn only_warning(bytes: &[u8]) -> (usize, ReadWarning) {
        let outcome = read(bytes);
        assert_eq!(outcome.properties.warnings.len(), 1);
        (outcome.frames.len(), outcome.properties.warnings[0].clone())
    }

    #[test]
    fn what_the_writer_writes_comes_back() {
        let frames = some_frames(200);
        for big_endian in [false, true] {
            for nanoseconds in [false, true] {
                let layout = Layout {
                    format: FileFormat::Pcapng,
                    big_endian,
                    nanoseconds,
                    ..Layout::default()
                };
                let outcome = read(&layout.capture(borrowed(&frames)));
                assert_eq!(outcome.frames.len(), frames.len());
                assert_eq!(outcome.properties.format, FileFormat::Pcapng);
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

    #[test]
    fn interfaces_keep_their_own_clocks_and_link_types() {
        for big_endian in [false, true] {
            let mut file = File::new(big_endian);
            let offset = file.u64(3600);
            file.interface(1, 96, &[(OPTION_NAME, b"eth0"), (0, b"")]);
            file.interface(113, 0, &[(OPTION_TSRESOL, &[9]), (OPTION_TSOFFSET, &offset), (0, b"")]);
            file.interface(101, 0, &[(OPTION_TSRESOL, &[0x8a])]);
            file.packet(1, 1_700_000_000_000_000_007, b"abc", 60);
            file.packet(0, 1_700_000_000_000_007, b"abcd", 4);
            file.packet(2, 1_700_000_000 * 1024 + 512, b"", 1);
            let outcome = read(&file.bytes);
            assert_eq!(
                outcome.times(),
                [
                    Some(1_700_003_600_000_000_007),
                    Some(1_700_000_000_000_007_000),
                    Some(1_700_000_000_500_000_000)
                ]
            );
            let seen: Vec<_> = outcome
                .frames
                .iter()
                .map(|f| (f.interface, f.link_type.0, f.bytes.len(), f.wire_len))
                .collect();
            assert_eq!(seen, [(1, 113, 3, 60), (0, 1, 4, 4), (2, 101, 0, 1)]);
            let interfaces = outcome.properties.interfaces;
            assert_eq!(
                (interfaces[0].name.as_deref(), interfaces[0].snaplen),
                (Some("eth0"), 96)
            );
            assert_eq!(
                (interfaces[1].ticks_per_second, interfaces[1].offset_s),
                (1_000_000_000, 3600)
            );
            assert_eq!(interfaces[2].ticks_per_second, 1024);
        }
    }

    #[test]
    fn sections_change_the_byte_order_and_begin_their_own_interfaces() {
        let mut file = File::new(false);
        file.interface(1, 0, &[]);
        file.packet(0, 1, b"one", 3);
        file.layout.big_endian = true;
        file.section((1, 2), 4);
        file.interface(113, 0, &[]);
        file.interface(101, 0, &[]);
        file.packet(1, 2, b"two", 3);
        file.layout.big_endian = false;
        file.section((1, 0), u64::MAX);
        file.interface(228, 0, &[]);
        file.packet(0, 3, b"three", 5);
        let outcome = read(&file.bytes);
        let seen: Vec<_> = outcome
            .frames
            .iter()
            .map(|f| (f.interface, f.link_type.0, f.time_ns))
            .collect();
        assert_eq!(seen, [(0, 1, Some(1000)), (2, 101, Some(2000)), (3, 228, Some(3000))]);
        assert_eq!(outcome.properties.interfaces.len(), 4);
        file.packet(1, 4, b"", 0);
        let (frames, warning) = only_warning(&file.bytes);
        assert_eq!((frames, warning.code, warning.frame), (3, "capture_damaged", Some(4)));
    }

    #[test]
    fn a_simple_packet_is_cut_at_the_snap_length_and_has_no_time() {
        for big_endian in [false, true] {
            let mut file = File::new(big_endian);
            file.interface(1, 5, &[]);
            let mut body = Vec::new();
            file.layout.u32(&mut body, 60);
            body.extend_from_slice(b"five!");
            file.block(SIMPLE_PACKET, &body);
            let outcome = read(&file.bytes);
            assert_eq!(
                (outcome.frames[0].bytes.as_slice(), outcome.frames[0].wire_len),
                (&b"five!"[..], 60)
            );
            assert_eq!(outcome.frames[0].time_ns, None);
        }
    }

    #[test]
    fn the_obsolete_packet_block_is_read() {
        for big_endian in [false, true] {
            let mut file = File::new(big_endian);
            file.interface(1, 0, &[]);
            file.interface(113, 0, &[]);
            let mut body = Vec::new();
            file.layout.u16(&mut body, 1);
            file.layout.u16(&mut body, 7);
            for number in [1, 2, 3, 60] {
                file.layout.u32(&mut body, number);
            }
            body.extend_from_slice(b"old");
            file.block(OBSOLETE_PACKET, &body);
            let outcome = read(&file.bytes);
            assert_eq!(
                (outcome.frames[0].interface, outcome.frames[0].link_type),
                (1, LinkType::LINUX_SLL)
            );
            assert_eq!(
                (outcome.frames[0].bytes.as_slice(), outcome.frames[0].wire_len),
                (&b"old"[..], 60)
            );
            assert_eq!(outcome.frames[0].time_ns, Some((1 << 32 | 2) * 1000));
        }
    }

    #[test]
    fn drops_are_those_of_the_last_statistics_and_the_interface_counts_before_the_system() {
        for big_endian in [false, true] {
            let mut file = File::new(big_endian);
            let numbers = [3, 4, 5, 6].map(|number| file.u64(number));
            for _ in 0..3 {
                file.interface(1, 0, &[]);
            }
            file.statistics(0, &[(OPTION_IFDROP, &numbers[0]), (OPTION_OSDROP, &numbers[1])]);
            file.statistics(0, &[(OPTION_IFDROP, &numbers[2])]);
            file.statistics(0, &[(OPTION_OSDROP, &numbers[3])]);
            file.statistics(1, &[(OPTION_OSDROP, &numbers[3])]);
            file.statistics(9, &[(OPTION_IFDROP, &numbers[3])]);
            let dropped: Vec<_> = read(&file.bytes)
                .properties
                .interfaces
                .iter()
                .map(|i| i.dropped)
                .collect();
            assert_eq!(dropped, [Some(5), Some(6), None]);
        }
    }

    #[test]
    fn options_after_the_end_of_options_do_not_count() {
        let mut file = File::new(false);
        file.interface(1, 0, &[(0, b""), (OPTION_TSRESOL, &[3])]);
        file.packet(0, 5, b"", 0);
        assert_eq!(read(&file.bytes).times(), [Some(5_000)]);
    }

    #[test]
    fn unknown_blocks_are_passed_over_however_long() {
        for length in [0, 5, 70_000, 3_000_000] {
            let mut file = File::new(true);
            file.interface(1, 0, &[]);
            file.packet(0, 1, b"before", 6);
            file.block(0x0bad_cafe, &vec![6; length]);
            file.packet(0, 2, b"after", 5);
            let options = ReadOptions {
                block_bytes: 10_000,
                ..ReadOptions::default()
            };
            let outcome = read_with(&file.bytes, &options).unwrap();
            assert_eq!(outcome.times(), [Some(1_000), Some(2_000)], "{length}");
            assert_eq!(outcome.properties.warnings, []);
        }
    }

    #[test]
    fn a_file_cut_within_a_long_block_is_cut() {
        let mut file = File::new(true);
        file.interface(1, 0, &[]);
        file.packet(0, 1, b"before", 6);
        file.block(0x0bad_cafe, &vec![6; 100_000]);
        for cut in [1, 4, 5, 90_000] {
            let (frames, warning) = only_warning(&file.bytes[..file.bytes.len() - cut]);
            assert_eq!((frames, warning.code), (1, "capture_cut"));
            assert_eq!(warning.byte, Some((file.bytes.len() - cut) as u64));
        }
        *file.bytes.last_mut().unwrap() ^= 1;
        assert_eq!(only_warning(&file.bytes).1.code, "capture_damaged");
    }

    #[test]
    fn a_length_without_its_padding_is_understood() {
        let mut file = File::new(false);
        file.interface(1, 0, &[]);
        for number in [ENHANCED_PACKET, 33, 0, 0, 5, 1, 1] {
            file.layout.u32(&mut file.bytes, number);
        }
        file.bytes.extend_from_slice(&[9, 0, 0, 0]);
        file.layout.u32(&mut file.bytes, 33);
        file.packet(0, 6, b"", 0);
        assert_eq!(read(&file.bytes).times(), [Some(5_000), Some(6_000)]);
    }

    #[test]
    fn blocks_that_contradict_themselves_are_damage() {
        let mut sound = File::new(false);
        sound.interface(1, 0, &[]);
        sound.packet(0, 1, b"good", 4);
        let at = sound.bytes.len();
        let mut damaged = Vec::new();
        // The captured length is more than the block holds.
        sound.packet(0, 2, b"bad!", 4);
        let mut bytes = sound.bytes.clone();
        bytes[at + 20] = 5;
        damaged.push(bytes);
        // The two lengths of the block differ.
        let mut bytes = sound.bytes.clone();
        *bytes.last_mut().unwrap() = 1;
        damaged.push(bytes);
        // A block shorter than any.
        let mut bytes = sound.bytes.clone();
        bytes[at + 4] = 8;
        damaged.push(bytes);
        // An interface that is not there.
        let mut bytes = sound.bytes.clone();
        bytes[at + 8] = 1;
        damaged.push(bytes);
        // A section of a version to come.
        let mut file = File::new(false);
        file.bytes = sound.bytes[..at].to_vec();
        file.section((2, 0), u64::MAX);
        damaged.push(file.bytes);
        for bytes in damaged {
            let (frames, warning) = only_warning(&bytes);
            assert_eq!((frames, warning.code), (1, "capture_damaged"));
            assert_eq!((warning.byte, warning.frame), (Some(at as u64), Some(2)));
        }
    }

    #[test]
    fn a_time_that_does_not_fit_is_absent_and_said() {
        let mut file = File::new(false);
        file.interface(1, 0, &[]);
        file.packet(0, u64::MAX, b"", 0);
        let (_, warning) = only_warning(&file.bytes);
        assert_eq!(warning.code, "time_out_of_range");
        assert_eq!(read(&file.bytes).times(), [None]);
    }
}
