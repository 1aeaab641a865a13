//! Makes large captures for `make compare` and for the memory tests: seeded, so that everybody measures the same bytes.
//!
//! ```text
//! generate bulk|flows PACKETS SNAPLEN pcap|pcapng FILE
//! ```
//!
//! `bulk` is one TCP transfer with timestamps, an acknowledgement after every second segment, and one segment in 2,000
//! sent again a round trip later. `flows` spreads the packets over 20,000 such transfers between 200 hosts.

use std::fs::File;
use std::io::{BufWriter, Result, Write};

const PAYLOAD: usize = 1448;
const HEADERS: usize = 14 + 20 + 32;
const FLOWS: usize = 20_000;

struct Random(u64);

impl Random {
    /// Marsaglia's xorshift64.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[derive(Clone, Copy)]
struct Flow {
    client: u32,
    server: u32,
    port: u16,
    seq: u32,
    acknowledged: u32,
    id: u16,
    since_ack: u8,
    resend: Option<(u32, u32)>,
    started: bool,
}

struct Segment {
    forward: bool,
    flags: u8,
    seq: u32,
    ack: u32,
    payload: usize,
}

impl Flow {
    fn new(index: usize) -> Self {
        Self {
            client: 0x0a00_0000 + 1 + (index as u32 % 100),
            server: 0x0a00_0100 + 1 + (index as u32 / 100 % 100),
            port: 10_000 + (index / 10_000) as u16 + (index % 20_000) as u16,
            seq: 1000,
            acknowledged: 1000,
            id: 1,
            since_ack: 0,
            resend: None,
            started: false,
        }
    }

    fn next(&mut self, random: &mut Random) -> Segment {
        let data = |seq| Segment {
            forward: true,
            flags: 0x10,
            seq,
            ack: 1,
            payload: PAYLOAD,
        };
        if !self.started {
            self.started = true;
            return Segment {
                forward: true,
                flags: 0x02,
                seq: 999,
                ack: 0,
                payload: 0,
            };
        }
        if let Some((seq, wait)) = self.resend {
            if wait == 0 {
                self.resend = None;
                self.acknowledged = self.seq;
                return data(seq);
            }
            self.resend = Some((seq, wait - 1));
        }
        if self.since_ack == 2 {
            self.since_ack = 0;
            if self.resend.is_none() {
                self.acknowledged = self.seq;
            }
            return Segment {
                forward: false,
                flags: 0x10,
                seq: 1,
                ack: self.acknowledged,
                payload: 0,
            };
        }
        self.since_ack += 1;
        let seq = self.seq;
        self.seq = self.seq.wrapping_add(PAYLOAD as u32);
        if self.resend.is_none() && random.next().is_multiple_of(2000) {
            self.acknowledged = seq;
            self.resend = Some((seq, 30));
        }
        data(seq)
    }
}

fn frame(flow: &mut Flow, segment: &Segment, time_us: u64, out: &mut Vec<u8>) {
    out.clear();
    let (src, dst) = if segment.forward {
        (flow.client, flow.server)
    } else {
        (flow.server, flow.client)
    };
    let (sport, dport) = if segment.forward {
        (flow.port, 60_000)
    } else {
        (60_000, flow.port)
    };
    out.extend_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
    out.extend_from_slice(&((20 + 32 + segment.payload) as u16).to_be_bytes());
    flow.id = flow.id.wrapping_add(1);
    out.extend_from_slice(&flow.id.to_be_bytes());
    out.extend_from_slice(&[0x40, 0, 64, 6, 0, 0]);
    out.extend_from_slice(&src.to_be_bytes());
    out.extend_from_slice(&dst.to_be_bytes());
    out.extend_from_slice(&sport.to_be_bytes());
    out.extend_from_slice(&u16::to_be_bytes(dport));
    out.extend_from_slice(&segment.seq.to_be_bytes());
    out.extend_from_slice(&segment.ack.to_be_bytes());
    out.extend_from_slice(&[0x80, segment.flags, 0x80, 0, 0, 0, 0, 0, 1, 1, 8, 10]);
    let tick = (time_us / 1000) as u32;
    out.extend_from_slice(&tick.to_be_bytes());
    out.extend_from_slice(&tick.wrapping_sub(1).to_be_bytes());
    out.resize(HEADERS + segment.payload, 0x5a);
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, packets, snaplen, format, path] = arguments.as_slice() else {
        eprintln!("usage: generate bulk|flows PACKETS SNAPLEN pcap|pcapng FILE");
        std::process::exit(2);
    };
    let number = |text: &str| text.parse::<u64>().map_err(std::io::Error::other);
    let (packets, snaplen) = (number(packets)?, number(snaplen)? as usize);
    let mut flows: Vec<Flow> = (0..if kind == "flows" { FLOWS } else { 1 }).map(Flow::new).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let pcapng = format == "pcapng";
    if pcapng {
        for word in [
            0x0a0d_0d0a_u32,
            28,
            0x1a2b_3c4d,
            1,
            u32::MAX,
            u32::MAX,
            28,
            1,
            20,
            1,
            snaplen as u32,
            20,
        ] {
            out.write_all(&word.to_le_bytes())?;
        }
    } else {
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, snaplen as u32, 1] {
            out.write_all(&word.to_le_bytes())?;
        }
    }
    let mut bytes = Vec::with_capacity(HEADERS + PAYLOAD);
    for number in 0..packets {
        let time_us = 1_600_000_000_000_000 + number * 10;
        let index = if flows.len() == 1 {
            0
        } else {
            random.next() as usize % flows.len()
        };
        let segment = flows[index].next(&mut random);
        frame(&mut flows[index], &segment, time_us, &mut bytes);
        let captured = bytes.len().min(snaplen);
        let lengths = [captured as u32, bytes.len() as u32];
        if pcapng {
            let padded = captured.next_multiple_of(4);
            let total = 32 + padded as u32;
            for word in [
                6,
                total,
                0,
                (time_us >> 32) as u32,
                time_us as u32,
                lengths[0],
                lengths[1],
            ] {
                out.write_all(&word.to_le_bytes())?;
            }
            out.write_all(&bytes[..captured])?;
            out.write_all(&[0; 3][..padded - captured])?;
            out.write_all(&total.to_le_bytes())?;
        } else {
            let time = [(time_us / 1_000_000) as u32, (time_us % 1_000_000) as u32];
            for word in time.into_iter().chain(lengths) {
                out.write_all(&word.to_le_bytes())?;
            }
            out.write_all(&bytes[..captured])?;
        }
    }
    out.flush()
}
