//! The blocks that describe: section header, interface description, interface statistics.
//!
//! pcap-parser reads them. What it gets wrong is read from the options' bytes: resolutions of base 2, and offsets and
//! counters in big-endian sections.

use pcap_parser::{
    InterfaceDescriptionBlock, InterfaceStatisticsBlock, OptionCode, PcapNGOption, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le,
    parse_sectionheaderblock,
};

use super::super::clock::Clock;
use super::super::frame::{Interface, LinkType};
use super::super::walk::Stop;
use super::{Fault, MAX_BLOCK, MIN_BLOCK, lengths_differ};

pub(super) const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Bytes of a section header block without options.
const MIN_SECTION_HEADER: u32 = 28;

/// Microseconds, where `if_tsresol` is absent.
const DEFAULT_RESOLUTION: u8 = 6;

/// `if_name`, `if_tsresol`, `if_tsoffset`.
pub(super) const OPTION_NAME: u16 = 2;
pub(super) const OPTION_TSRESOL: u16 = 9;
pub(super) const OPTION_TSOFFSET: u16 = 14;
/// `isb_ifdrop`, `isb_osdrop`.
pub(super) const OPTION_IFDROP: u16 = 5;
pub(super) const OPTION_OSDROP: u16 = 7;

/// What a section header block says.
pub(super) struct Section {
    pub(super) big_endian: bool,
    /// Bytes of the block.
    pub(super) block_len: usize,
}

/// Reads the section header block that `rest` begins with.
pub(super) fn section(rest: &[u8]) -> Result<Section, Stop> {
    let Some(&[_, _, _, _, l0, l1, l2, l3, m0, m1, m2, m3]) = rest.first_chunk::<MIN_BLOCK>() else {
        return Err(Stop::NeedMore(MIN_BLOCK));
    };
    let big_endian = match u32::from_be_bytes([m0, m1, m2, m3]) {
        BYTE_ORDER_MAGIC => true,
        magic if magic.swap_bytes() == BYTE_ORDER_MAGIC => false,
        magic => {
            return Err(Stop::Corrupt(format!(
                "a section header with the byte order mark {magic:#010x}"
            )));
        }
    };
    let length = [l0, l1, l2, l3];
    let length = if big_endian {
        u32::from_be_bytes(length)
    } else {
        u32::from_le_bytes(length)
    };
    if !(MIN_SECTION_HEADER..=MAX_BLOCK).contains(&length) {
        return Err(Stop::Corrupt(format!("a section header of {length} bytes")));
    }
    let block_len = (length as usize).next_multiple_of(4);
    if rest.len() < block_len {
        return Err(Stop::NeedMore(block_len));
    }
    let (_, header) = parse_sectionheaderblock(rest)
        .map_err(|e| Stop::Corrupt(format!("a section header that cannot be read: {e}")))?;
    if header.block_len1 != header.block_len2 {
        return Err(Stop::Corrupt(lengths_differ(header.block_len1, header.block_len2)));
    }
    // 1.2 was written for a while and is 1.0.
    if !matches!((header.major_version, header.minor_version), (1, 0 | 2)) {
        let found = format!("pcapng of version {}.{}", header.major_version, header.minor_version);
        return Err(Stop::Corrupt(found));
    }
    Ok(Section { big_endian, block_len })
}

/// Reads an interface description block.
pub(super) fn interface(block: &[u8], big_endian: bool) -> Result<(Interface, Clock), Fault> {
    let parsed: Result<(_, InterfaceDescriptionBlock<'_>), _> = if big_endian {
        parse_interfacedescriptionblock_be(block)
    } else {
        parse_interfacedescriptionblock_le(block)
    };
    let (_, description) = parsed.map_err(|e| format!("an interface description that cannot be read: {e}"))?;
    let option = |code| option_value(&description.options, code);
    let resolution = match option(OPTION_TSRESOL) {
        Some(&[resolution]) => resolution,
        _ => DEFAULT_RESOLUTION,
    };
    let offset_s = option(OPTION_TSOFFSET).and_then(|value| integer(value, big_endian));
    let clock = Clock::new(resolution, offset_s.unwrap_or_default().cast_signed());
    let name = option(OPTION_NAME)
        .map(|value| String::from_utf8_lossy(value).trim_end_matches('\0').to_owned())
        .filter(|name| !name.is_empty());
    let interface = Interface {
        link_type: LinkType((description.linktype.0 & 0xffff) as u16),
        snaplen: description.snaplen,
        ticks_per_second: clock.ticks_per_second(),
        offset_s: clock.offset_s(),
        dropped: None,
        name,
    };
    Ok((interface, clock))
}

/// The drop counters of an interface statistics block.
pub(super) struct Statistics {
    /// Number of the interface in its section.
    pub(super) interface: u32,
    pub(super) by_interface: Option<u64>,
    pub(super) by_system: Option<u64>,
}

/// Reads an interface statistics block.
pub(super) fn statistics(block: &[u8], big_endian: bool) -> Result<Statistics, Fault> {
    let parsed: Result<(_, InterfaceStatisticsBlock<'_>), _> = if big_endian {
        parse_interfacestatisticsblock_be(block)
    } else {
        parse_interfacestatisticsblock_le(block)
    };
    let (_, statistics) = parsed.map_err(|e| format!("interface statistics that cannot be read: {e}"))?;
    let counter = |code| option_value(&statistics.options, code).and_then(|value| integer(value, big_endian));
    Ok(Statistics {
        interface: statistics.if_id,
        by_interface: counter(OPTION_IFDROP),
        by_system: counter(OPTION_OSDROP),
    })
}

/// A 64-bit option in the section's byte order.
fn integer(value: &[u8], big_endian: bool) -> Option<u64> {
    let bytes = <[u8; 8]>::try_from(value).ok()?;
    Some(if big_endian {
        u64::from_be_bytes(bytes)
    } else {
        u64::from_le_bytes(bytes)
    })
}

/// The bytes of the first option of this code, without padding. What stands after the end of the options, which
/// pcap-parser reads on over, does not count.
fn option_value<'a>(options: &'a [PcapNGOption<'_>], code: u16) -> Option<&'a [u8]> {
    let mut in_force = options.iter().take_while(|option| option.code != OptionCode::EndOfOpt);
    in_force.find(|option| option.code == OptionCode(code))?.as_bytes().ok()
}
