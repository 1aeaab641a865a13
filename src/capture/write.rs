//! Makes captures: for tests, for benches, and for whoever wants to hand on a part of one.

use super::frame::{FileFormat, LinkType};

/// What a capture to be written looks like.
///
/// ```
/// use migqos::capture::{Block, ReadOptions, Reader, write::Layout};
/// let bytes = Layout { big_endian: true, ..Layout::default() }.capture([(1_500_000_000_000_001_000, &b"frame"[..], 60)]);
/// let mut reader = Reader::from_read(Box::new(std::io::Cursor::new(bytes)), "made".as_ref(), None, &ReadOptions::default())?;
/// let block = reader.next_block(Block::default())?.unwrap();
/// assert_eq!(block.frames[0].time_ns, Some(1_500_000_000_000_001_000));
/// assert_eq!((block.bytes(&block.frames[0]), block.frames[0].wire_len), (&b"frame"[..], 60));
/// # Ok::<(), migqos::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// pcap or pcapng.
    pub format: FileFormat,
    /// Byte order of the file's own numbers.
    pub big_endian: bool,
    /// Timestamps of a nanosecond instead of a microsecond.
    pub nanoseconds: bool,
    /// Link type of the one interface.
    pub link_type: LinkType,
    /// Snap length that the file states; frames are not cut to it.
    pub snaplen: u32,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            format: FileFormat::Pcap,
            big_endian: false,
            nanoseconds: false,
            link_type: LinkType::ETHERNET,
            snaplen: 262_144,
        }
    }
}

impl Layout {
    /// A whole capture of frames given as time (nanoseconds since the epoch, not before it), captured bytes, and
    /// bytes on the wire.
    pub fn capture<'a>(&self, frames: impl IntoIterator<Item = (i64, &'a [u8], u32)>) -> Vec<u8> {
        let mut out = Vec::new();
        self.header(&mut out);
        for (time_ns, bytes, wire_len) in frames {
            self.frame(&mut out, time_ns, bytes, wire_len);
        }
        out
    }

    /// Appends what stands before the first frame.
    pub fn header(&self, out: &mut Vec<u8>) {
        match self.format {
            FileFormat::Pcap => {
                self.u32(out, if self.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 });
                self.u16(out, 2);
                self.u16(out, 4);
                self.u32(out, 0);
                self.u32(out, 0);
                self.u32(out, self.snaplen);
                self.u32(out, u32::from(self.link_type.0));
            }
            FileFormat::Pcapng => {
                let mut section = Vec::with_capacity(16);
                self.u32(&mut section, 0x1a2b_3c4d);
                self.u16(&mut section, 1);
                self.u16(&mut section, 0);
                section.extend_from_slice(&[0xff; 8]);
                self.block(out, 0x0a0d_0d0a, &section);
                let mut interface = Vec::with_capacity(20);
                self.u16(&mut interface, self.link_type.0);
                self.u16(&mut interface, 0);
                self.u32(&mut interface, self.snaplen);
                self.option(&mut interface, 9, &[if self.nanoseconds { 9 } else { 6 }]);
                self.option(&mut interface, 0, &[]);
                self.block(out, 1, &interface);
            }
        }
    }

    /// Appends one frame.
    pub fn frame(&self, out: &mut Vec<u8>, time_ns: i64, bytes: &[u8], wire_len: u32) {
        let captured = bytes.len() as u32;
        let time_ns = time_ns.max(0) as u64;
        let ns_per_tick = if self.nanoseconds { 1 } else { 1000 };
        match self.format {
            FileFormat::Pcap => {
                self.u32(out, (time_ns / 1_000_000_000) as u32);
                self.u32(out, (time_ns % 1_000_000_000 / ns_per_tick) as u32);
                self.u32(out, captured);
                self.u32(out, wire_len);
                out.extend_from_slice(bytes);
            }
            FileFormat::Pcapng => {
                let ticks = time_ns / ns_per_tick;
                let padding = captured.next_multiple_of(4) - captured;
                let length = 32 + captured + padding;
                for field in [6, length, 0, (ticks >> 32) as u32, ticks as u32, captured, wire_len] {
                    self.u32(out, field);
                }
                out.extend_from_slice(bytes);
                out.extend((0..padding).map(|_| 0));
                self.u32(out, length);
            }
        }
    }

    /// Appends a pcapng block of any type; `body` is padded.
    pub fn block(&self, out: &mut Vec<u8>, kind: u32, body: &[u8]) {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = (12 + body.len() + padding) as u32;
        self.u32(out, kind);
        self.u32(out, length);
        out.extend_from_slice(body);
        out.extend((0..padding).map(|_| 0));
        self.u32(out, length);
    }

    /// Appends a pcapng option to a block's body.
    pub fn option(&self, body: &mut Vec<u8>, code: u16, value: &[u8]) {
        self.u16(body, code);
        self.u16(body, value.len() as u16);
        body.extend_from_slice(value);
        body.extend((value.len()..value.len().next_multiple_of(4)).map(|_| 0));
    }

    /// Appends a number in the file's byte order.
    pub fn u16(&self, out: &mut Vec<u8>, number: u16) {
        out.extend_from_slice(&if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }

    /// Appends a number in the file's byte order.
    pub fn u32(&self, out: &mut Vec<u8>, number: u32) {
        out.extend_from_slice(&if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }

    /// Appends a number in the file's byte order.
    pub fn u64(&self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(&if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }
}
