//! Seeded traffic for measurements: who asks for the same capture twice gets the same bytes, and a longer one begins
//! with the shorter one.
//!
//! `Bulk` is one TCP transfer with timestamps, an acknowledgement after every second segment, and one segment in 2,000
//! sent again a round trip later. `Flows` spreads the packets over 20,000 such transfers between 200 hosts.

use std::io::{self, Write};

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

/// What the packets belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One transfer.
    Bulk,
    /// 20,000 transfers.
    Flows,
}

/// A capture to be written.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    pub kind: Kind,
    pub packets: u64,
    /// Bytes kept of each frame.
    pub snaplen: usize,
    /// In pcapng rather than in pcap.
    pub pcapng: bool,
}

impl Traffic {
    /// Writes the whole file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let count = if self.kind == Kind::Flows { FLOWS } else { 1 };
        let mut flows: Vec<Flow> = (0..count).map(Flow::new).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        self.header(out)?;
        let mut bytes = Vec::with_capacity(HEADERS + PAYLOAD);
        for number in 0..self.packets {
            let time_us = 1_600_000_000_000_000 + number * 10;
            let index = match count {
                1 => 0,
                count => random.next() as usize % count,
            };
            let segment = flows[index].next(&mut random);
            frame(&mut flows[index], &segment, time_us, &mut bytes);
            self.record(time_us, &bytes, out)?;
        }
        Ok(())
    }

    fn header(&self, out: &mut impl Write) -> io::Result<()> {
        let snaplen = self.snaplen as u32;
        if self.pcapng {
            words(out, [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28])?;
            words(out, [1, 20, 1, snaplen, 20])
        } else {
            words(out, [0xa1b2_c3d4, 0x0004_0002, 0, 0, snaplen, 1])
        }
    }

    fn record(&self, time_us: u64, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let captured = bytes.len().min(self.snaplen);
        let lengths = [captured as u32, bytes.len() as u32];
        if !self.pcapng {
            words(out, [(time_us / 1_000_000) as u32, (time_us % 1_000_000) as u32])?;
            words(out, lengths)?;
            return out.write_all(&bytes[..captured]);
        }
        let padded = captured.next_multiple_of(4);
        let total = 32 + padded as u32;
        words(out, [6, total, 0, (time_us >> 32) as u32, time_us as u32])?;
        words(out, lengths)?;
        out.write_all(&bytes[..captured])?;
        out.write_all(&[0; 3][..padded - captured])?;
        words(out, [total])
    }
}

fn words<const N: usize>(out: &mut impl Write, words: [u32; N]) -> io::Result<()> {
    words.iter().try_for_each(|word| out.write_all(&word.to_le_bytes()))
}
