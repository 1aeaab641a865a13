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

#[cfg(test)]
mod tests {
    use super::announced_payload_len;
    use crate::capture::{Frame, LinkType};
    use crate::packet::{DecodeOptions, Network, Transport, decode};

    /// A raw IPv4 packet with a TCP header of 20 bytes and `data` bytes behind it.
    fn packet(total_len: u16, options: &[u8], data: usize) -> Vec<u8> {
        let mut bytes = vec![0x45 + (options.len() / 4) as u8, 0];
        bytes.extend(total_len.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend(options);
        bytes.extend([
            0x9c, 0x40, 0, 80, 0, 0, 3, 233, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0,
        ]);
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    /// Payload as decoded, and as announced.
    fn lengths(bytes: &[u8], wire_len: usize) -> (u32, u32) {
        let frame = Frame {
            time_ns: Some(0),
            offset: 0,
            captured_len: bytes.len() as u32,
            wire_len: wire_len as u32,
            interface: 0,
            link_type: LinkType::RAW,
        };
        let packet = decode(&frame, bytes, DecodeOptions::default());
        let Network::Ip(ip) = &packet.network else {
            panic!("{packet:?}")
        };
        let Transport::Tcp(tcp) = &ip.transport else {
            panic!("{packet:?}")
        };
        (ip.payload_len, announced_payload_len(&packet, ip, tcp, bytes))
    }

    #[test]
    fn a_record_that_says_how_long_the_frame_was_changes_nothing() {
        // 1500 - 20 - 20, of which 60 were captured.
        assert_eq!(lengths(&packet(1500, &[], 60), 1500), (1460, 1460));
        // 6 bytes of padding behind 4 of payload.
        assert_eq!(lengths(&packet(44, &[], 10), 50), (4, 4));
    }

    #[test]
    fn a_record_that_gives_the_cut_length_for_the_original_one_is_not_believed() {
        assert_eq!(lengths(&packet(1500, &[], 60), 100), (60, 1460));
    }

    #[test]
    fn a_header_with_options_is_left_to_the_frame() {
        assert_eq!(lengths(&packet(1500, &[1, 1, 1, 0], 60), 104), (60, 60));
        assert_eq!(lengths(&packet(104, &[1, 1, 1, 0], 60), 104), (60, 60));
    }

    #[test]
    fn a_length_of_0_is_taken_from_the_frame() {
        assert_eq!(lengths(&packet(0, &[], 60), 4136), (4096, 4096));
    }
}
