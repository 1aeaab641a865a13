//! The least that reading a capture can cost: buffered reads, and a hop from each record's header to the next.
//!
//! ```text
//! walk FILE
//! ```
//!
//! Prints how many packets there are and how many bytes they had on the wire. Takes little-endian pcap and pcapng, as
//! benches/generate.rs makes them; whatever else there is in a pcapng file is hopped over.

use std::fs::File;
use std::io::{Error, Read, Result};

const BUFFER_BYTES: usize = 1 << 20;

/// Bytes of a record's header that are looked at: for pcapng as far as the packet's original length.
const PCAP_HEAD: usize = 16;
const PCAPNG_HEAD: usize = 28;

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .ok_or_else(|| Error::other("usage: walk FILE"))?;
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut have = 0;
    while have < 24 {
        match file.read(&mut buffer[have..])? {
            0 => return Err(Error::other("no capture")),
            got => have += got,
        }
    }
    let (pcapng, start) = match word(&buffer, 0) {
        0xa1b2_c3d4 | 0xa1b2_3c4d => (false, 24),
        0x0a0d_0d0a => (true, 0),
        _ => return Err(Error::other("neither a little-endian pcap nor a pcapng file")),
    };
    let head = if pcapng { PCAPNG_HEAD } else { PCAP_HEAD };
    let (mut packets, mut wire_bytes) = (0_u64, 0_u64);
    // Where the next record begins; beyond `have` where its beginning is yet to be read.
    let mut at = start;
    loop {
        // The last block of a pcapng file may be shorter than a packet's header.
        while at + head <= have {
            let length = if !pcapng {
                packets += 1;
                wire_bytes += word(&buffer, at + 12) as u64;
                PCAP_HEAD + word(&buffer, at + 8)
            } else {
                if word(&buffer, at) == 6 {
                    packets += 1;
                    wire_bytes += word(&buffer, at + 24) as u64;
                }
                word(&buffer, at + 4)
            };
            at += length.max(12);
        }
        let kept = have.saturating_sub(at);
        buffer.copy_within(have - kept..have, 0);
        at = at.saturating_sub(have);
        let got = file.read(&mut buffer[kept..])?;
        have = kept + got;
        if got == 0 {
            break;
        }
    }
    println!("{packets} packets, {wire_bytes} bytes");
    Ok(())
}
