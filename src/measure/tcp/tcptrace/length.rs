//! How long a segment's payload is where the frame's record and the IP header disagree.

use crate::packet::{Ip, Packet, Tcp};

/// Bytes of payload by the IP header's account, also where the frame's record says that the frame ended before.
///
/// Such a record is left by tools that cut frames and write the new length for the original one; the sequence numbers
/// go on as the IP header says. `bytes` are the frame's captured bytes. A header with options or extension headers is
/// not looked at: there the frame's end stands.
pub fn announced_payload_len(packet: &Packet, ip: &Ip, tcp: &Tcp, bytes: &[u8]) -> u32 {
    let frame_ends = ip.payload_offset.checked_add(ip.payload_len);
    if frame_ends.is_none_or(|end| end < packet.wire_len) {
        return ip.payload_len;
    }
    let header_len = if ip.src.is_ipv4() { 20 } else { 40 };
    let headers = header_len + u32::from(tcp.header_len);
    let is_plain = |start: u32| match bytes.get(start as usize..).and_then(|bytes| bytes.first_chunk::<6>()) {
        Some([0x45, _, high, low, ..]) => u32::from(u16::from_be_bytes([*high, *low])) == ip.total_len,
        Some([first, _, _, _, high, low]) if first >> 4 == 6 => {
            u32::from(u16::from_be_bytes([*high, *low])) + header_len == ip.total_len
        }
        _ => false,
    };
    match ip.payload_offset.checked_sub(headers) {
        Some(start) if is_plain(start) => ip.total_len.saturating_sub(headers).max(ip.payload_len),
        _ => ip.payload_len,
    }
}
