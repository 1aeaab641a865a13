//! What walking over the records of a buffer came to, for pcap and pcapng alike.

/// The longest captured length taken for real, as dumpcap and tcpdump limit it. Beyond it, a length is a sign that
/// the file is damaged, and believing it would cost memory.
const MAX_CAPTURED: u32 = 262_144;

/// Link types whose packets may be longer: D-Bus, USBPcap.
const MAX_CAPTURED_LARGE: u32 = 128 * 1024 * 1024;

/// The longest captured length of a packet of this link type.
pub(super) fn max_captured(link_type: u16) -> u32 {
    match link_type {
        231 | 249 => MAX_CAPTURED_LARGE,
        _ => MAX_CAPTURED,
    }
}

/// Bytes that precede the packet within a record of this link type, and that Wireshark and capinfos count neither as
/// captured nor as sent: the capturing hardware's or system's notes. ERF's (197), which vary in length, are left in.
pub(super) fn pseudo_header_len(link_type: u16) -> u32 {
    match link_type {
        // SunATM; MTP2, Bluetooth H4 and Bluetooth monitor with direction.
        123 | 139 | 201 | 254 => 4,
        // Linux IrDA and LAPD: a cooked header.
        144 | 177 => 16,
        // SITA; I2C.
        196 | 209 => 5,
        // PPP with direction.
        204 => 1,
        // NFC LLCP.
        245 => 2,
        _ => 0,
    }
}

/// Of a length that is beyond [`max_captured`].
#[cold]
pub(super) fn too_long(captured: u32, most: u32) -> String {
    format!("a captured length of {captured} bytes, more than the {most} that a frame can have")
}

/// Of a packet that does not hold its [pseudo-header](pseudo_header_len).
#[cold]
pub(super) fn too_short(captured: u32, pseudo_header_len: u32) -> String {
    format!("{captured} captured bytes, less than the {pseudo_header_len} of this link type's pseudo-header")
}

/// How far a walk came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// Bytes of whole records from the buffer's start.
    pub(super) consumed: usize,
    /// What stands after them.
    pub(super) stop: Stop,
}

/// Why a walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The next record needs so many bytes, more than there are.
    NeedMore(usize),
    /// The next record cannot be one.
    Corrupt(String),
}
