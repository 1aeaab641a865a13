//! The heads of the stream's sections.

use nom::bytes::streaming::take;
use nom::combinator::map;
use nom::multi::length_data;
use nom::number::streaming::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

/// Section types.
const EOF: u8 = 0;
const START: u8 = 1;
const PART: u8 = 2;
const END: u8 = 3;
const FULL: u8 = 4;
const SUBSECTION: u8 = 5;
const VM_DESCRIPTION: u8 = 6;
const CONFIGURATION: u8 = 7;
const COMMAND: u8 = 8;
const FOOTER: u8 = 0x7e;

/// A footer: its type and the section's id.
pub(super) const FOOTER_BYTES: usize = 5;

/// What a section's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section<'a> {
    /// No more sections, but for the description of the virtual machine.
    Eof,
    /// The set-up part of a section that is sent in parts.
    Start { id: u32, name: &'a [u8] },
    /// One of its parts.
    Part(u32),
    /// Its last part, sent while the source stands still.
    End(u32),
    /// A device's state as a whole.
    Full { id: u32, name: &'a [u8] },
    /// A supplement to the configuration, named; its content's form depends on the name.
    Subsection(&'a [u8]),
    /// JSON text of so many bytes follows.
    VmDescription(u32),
    /// The machine type's name, of so many bytes, follows.
    Configuration(u32),
    /// A command to the target.
    Command { kind: u16, len: u16 },
    /// The end of the section with this id.
    Footer(u32),
}

/// A name: its length in one byte, then the text.
fn name(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(be_u8).parse(input)
}

/// Reads one head.
pub(super) fn section(input: &[u8]) -> IResult<&[u8], Section<'_>> {
    let (input, kind) = be_u8(input)?;
    // START and FULL go on with an instance and a version number, each of 4 bytes.
    let named = |input| (be_u32, name, take(8_usize)).parse(input);
    match kind {
        EOF => Ok((input, Section::Eof)),
        START => named(input).map(|(rest, (id, name, _))| (rest, Section::Start { id, name })),
        FULL => named(input).map(|(rest, (id, name, _))| (rest, Section::Full { id, name })),
        PART => map(be_u32, Section::Part).parse(input),
        END => map(be_u32, Section::End).parse(input),
        SUBSECTION => (name, take(4_usize))
            .parse(input)
            .map(|(rest, (name, _version))| (rest, Section::Subsection(name))),
        VM_DESCRIPTION => map(be_u32, Section::VmDescription).parse(input),
        CONFIGURATION => map(be_u32, Section::Configuration).parse(input),
        COMMAND => map((be_u16, be_u16), |(kind, len)| Section::Command { kind, len }).parse(input),
        FOOTER => map(be_u32, Section::Footer).parse(input),
        _ => Err(nom::Err::Error(nom::error::make_error(
            input,
            nom::error::ErrorKind::Switch,
        ))),
    }
}

/// True where `bytes` begin with the footer of a section and the head of the same section's next part, or a
/// command: 7 to 10 bytes that must agree with each other.
pub(in super::super) fn starts_at_section_boundary(bytes: &[u8]) -> bool {
    let Ok((rest, Section::Footer(footer))) = section(bytes) else {
        return false;
    };
    // Section ids are handed out from 0 upwards.
    if footer > 0xffff {
        return false;
    }
    match section(rest) {
        Ok((_, Section::Part(id) | Section::End(id))) => id == footer,
        Ok((_, Section::Command { kind, len })) => super::main_stream::command_fits(kind, len),
        _ => false,
    }
}

/// Where in `bytes` the next such place is.
pub(super) fn find_boundary(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes.get(from..)?.iter().position(|&byte| byte == FOOTER) {
        from += found;
        if starts_at_section_boundary(&bytes[from..]) {
            return Some(from);
        }
        from += 1;
    }
    None
}

/// Where in `bytes` the footer of section `id` is, with a section type behind it.
pub(super) fn find_footer(bytes: &[u8], id: u32) -> Option<usize> {
    let mut footer = [FOOTER; FOOTER_BYTES];
    footer[1..].copy_from_slice(&id.to_be_bytes());
    bytes
        .windows(FOOTER_BYTES + 1)
        .position(|window| window[0] == FOOTER && window[..FOOTER_BYTES] == footer && window[FOOTER_BYTES] <= COMMAND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_qemu_writes_them() {
        // From the first bytes of a stream of QEMU 10.0 (01f of the lab).
        let start = b"\x01\0\0\0\x01\x03ram\0\0\0\0\0\0\0\x04rest";
        assert_eq!(
            section(start),
            Ok((&b"rest"[..], Section::Start { id: 1, name: b"ram" }))
        );
        assert_eq!(
            section(b"\x08\0\x0b\0\0"),
            Ok((&b""[..], Section::Command { kind: 11, len: 0 }))
        );
        assert!(section(b"\x01\0\0\0\x01\x03r").is_err_and(|error| error.is_incomplete()));
        assert!(matches!(section(b"\x09"), Err(nom::Err::Error(_))));
    }

    #[test]
    fn a_boundary_must_name_the_same_section_twice() {
        assert!(starts_at_section_boundary(b"\x7e\0\0\0\x02\x03\0\0\0\x02"));
        assert!(!starts_at_section_boundary(b"\x7e\0\0\0\x02\x03\0\0\0\x03"));
        assert!(!starts_at_section_boundary(b"\x7e\0\0\0\x02\x03\0\0\0"));
        assert!(starts_at_section_boundary(b"\x7e\0\0\0\x01\x08\0\x0b\0\0"));
        assert!(!starts_at_section_boundary(b"\x7e\0\0\0\x01\x08\0\x0b\0\x01"));
        assert_eq!(find_boundary(b"~~ \x7e\0\0\0\x02\x02\0\0\0\x02"), Some(3));
    }

    #[test]
    fn a_footer_needs_a_section_type_behind_it() {
        assert_eq!(find_footer(b"..\x7e\0\0\0\x05\xff\x7e\0\0\0\x05\x04", 5), Some(8));
        assert_eq!(find_footer(b"\x7e\0\0\0\x05", 5), None);
    }
}
