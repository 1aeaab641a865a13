//! The flags of every TCP conversation of a capture, from this library.

use std::net::IpAddr;
use std::path::Path;

use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::error::Result;
use migqos::flow::table::{Endpoint, FlowTable, Tuple};
use migqos::measure::tcp::wireshark::{FlagCounts, WiresharkAnalyser};
use migqos::packet::{DecodeOptions, Ip, Network, Tcp, Transport, decode};

/// A TCP conversation and how often each flag was seen in it, by direction.
pub struct Conversation {
    pub first_frame: u64,
    pub a: (IpAddr, u16),
    pub b: (IpAddr, u16),
    pub counts: [FlagCounts; 2],
    analyser: WiresharkAnalyser,
}

impl Conversation {
    fn new(first_frame: u64, ip: &Ip, tcp: &Tcp, analyser: WiresharkAnalyser) -> Self {
        Self {
            first_frame,
            a: (ip.src, tcp.src_port),
            b: (ip.dst, tcp.dst_port),
            counts: Default::default(),
            analyser,
        }
    }

    /// Both directions together.
    pub fn total(&self) -> FlagCounts {
        let mut total = self.counts[0];
        total.merge(&self.counts[1]);
        total
    }
}

/// The TCP conversations of a capture in order of their first frame, tunnels looked into as Wireshark does.
///
/// # Errors
/// Where the file is not a capture or cannot be read.
pub fn conversations(path: &Path) -> Result<Vec<Conversation>> {
    let mut reader = Reader::open(&Input::from_argument(path), &ReadOptions::default())?;
    let mut table = FlowTable::default();
    let mut conversations: Vec<Conversation> = Vec::new();
    let mut recycled = Block::default();
    while let Some(block) = reader.next_block(recycled)? {
        for (number, frame) in (block.first_number..).zip(&block.frames) {
            let packet = decode(frame, block.bytes(frame), DecodeOptions { decapsulate: true });
            let Network::Ip(ip) = packet.network else { continue };
            let Transport::Tcp(tcp) = ip.transport else { continue };
            let endpoint = |address, port| Endpoint { address, port };
            let tuple = Tuple {
                protocol: 6,
                has_ports: true,
                src: endpoint(ip.src, tcp.src_port),
                dst: endpoint(ip.dst, tcp.dst_port),
            };
            let mut place = table.place(&tuple);
            if place.new {
                conversations.push(Conversation::new(number, &ip, &tcp, WiresharkAnalyser::new()));
            } else if conversations[place.conversation as usize]
                .analyser
                .opens_new_stream(place.direction, &tcp)
            {
                place = table.reopen(&tuple);
                conversations.push(Conversation::new(
                    number,
                    &ip,
                    &tcp,
                    WiresharkAnalyser::on_reused_ports(),
                ));
            }
            let conversation = &mut conversations[place.conversation as usize];
            let time_ns = packet.time_ns.unwrap_or(0);
            let flags = conversation
                .analyser
                .packet(place.direction, time_ns, &packet, &ip, &tcp);
            conversation.counts[place.direction.index()].add(flags);
        }
        recycled = block;
    }
    Ok(conversations)
}
