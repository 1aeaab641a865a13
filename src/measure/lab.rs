//! Packets for tests: made by hand, or of the captures with known truth in ../shared, where that folder is.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::capture::{Block, Input, ReadOptions, Reader};
use crate::flow::table::{Endpoint, FlowKey, FlowTable, Tuple};
use crate::packet::{DecodeOptions, Ip, LengthSource, Network, Packet, Transport, decode};

#[path = "../../tests/support/shared.rs"]
mod captures;

/// The folder of the shared captures.
pub fn shared() -> Option<PathBuf> {
    captures::shared("")
}

/// The rows of a table in corpus/truth, its first line left out.
pub fn corpus_truth(table: &str) -> Vec<Vec<String>> {
    let Some(shared) = shared() else { return Vec::new() };
    let text = std::fs::read_to_string(shared.join("corpus/truth").join(table)).unwrap();
    let rows = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').map(str::to_owned).collect());
    rows.collect()
}

/// The lab captures' folders.
pub fn folders() -> Vec<String> {
    let Some(shared) = shared() else { return Vec::new() };
    let entries = std::fs::read_dir(shared.join("lab")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A lab folder's truth.json.
pub fn truth(folder: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(shared().unwrap().join("lab").join(folder).join("truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Mean, minimum and maximum from ping's "rtt min/avg/max/mdev = a/b/c/d ms".
pub fn ping_rtt(summary: &str) -> Vec<f64> {
    let figures = summary.split("mdev = ").nth(1).unwrap();
    let figures: Vec<f64> = figures.split(['/', ' ']).map_while(|text| text.parse().ok()).collect();
    vec![figures[1], figures[0], figures[2]]
}

/// Gives each packet of a capture with its conversation, direction and captured transport payload; the time of the last
/// frame at the end. `None` where there is no such capture.
pub fn each_packet(capture: &str, mut take: impl FnMut(u32, usize, &Packet, &[u8])) -> Option<i64> {
    let mut table = FlowTable::default();
    each(capture, |packet, bytes| {
        let Network::Ip(ip) = &packet.network else { return };
        let ports = match ip.transport {
            Transport::Udp { src_port, dst_port } => Some((src_port, dst_port)),
            _ => None,
        };
        let (src_port, dst_port) = ports.unwrap_or_default();
        let end = |address, port| Endpoint { address, port };
        let place = table.place(&FlowKey::of(&Tuple {
            protocol: ip.protocol,
            has_ports: ports.is_some(),
            src: end(ip.src, src_port),
            dst: end(ip.dst, dst_port),
        }));
        let start = ip.payload_offset as usize;
        let payload = bytes
            .get(start..start + ip.payload_captured as usize)
            .unwrap_or_default();
        take(place.conversation, place.direction.index(), packet, payload);
    })
}

/// Gives each frame of a capture, decoded.
pub fn each_frame(capture: &str, mut take: impl FnMut(&Packet)) {
    each(capture, |packet, _| take(packet));
}

fn each(capture: &str, mut take: impl FnMut(&Packet, &[u8])) -> Option<i64> {
    let path = shared()?.join(capture);
    if !path.exists() {
        return None;
    }
    let mut reader = Reader::open(&Input::from_argument(&path), &ReadOptions::default()).unwrap();
    let mut last_ns = i64::MIN;
    while let Some(block) = reader.next_block(Block::default()).unwrap() {
        for frame in &block.frames {
            let bytes = block.bytes(frame);
            last_ns = last_ns.max(frame.time_ns.unwrap_or(i64::MIN));
            take(&decode(frame, bytes, DecodeOptions { decapsulate: true }), bytes);
        }
    }
    Some(last_ns)
}

/// A UDP packet from 10.0.0.1:5004 to 10.0.0.2:5006.
pub fn udp_packet(time_ns: i64, payload_len: usize) -> Packet {
    Packet {
        time_ns: Some(time_ns),
        wire_len: 42 + payload_len as u32,
        captured_len: 42 + payload_len as u32,
        interface: 0,
        src_mac: None,
        dst_mac: None,
        network: Network::Ip(Ip {
            src: IpAddr::from([10, 0, 0, 1]),
            dst: IpAddr::from([10, 0, 0, 2]),
            protocol: 17,
            ttl: 64,
            identification: Some(0),
            total_len: 28 + payload_len as u32,
            length_source: LengthSource::Header,
            fragment: None,
            transport: Transport::Udp {
                src_port: 5004,
                dst_port: 5006,
            },
            payload_len: payload_len as u32,
            payload_offset: 42,
            payload_captured: payload_len as u32,
        }),
    }
}
