//! Decoded packets held against what tshark says of public and lab captures.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::packet::{DecodeOptions, FragmentTracker, Ip, Network, Packet, Transport, decode};

/// The folder of shared captures beside the repository, or above it for a work tree.
fn shared() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/captures"))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("skipped: ../shared is not there");
    }
    found
}

fn packets(path: &Path, options: DecodeOptions) -> Vec<Packet> {
    let input = Input::from_argument(path);
    let mut reader = Reader::open(&input, &ReadOptions::default()).unwrap();
    let mut packets = Vec::new();
    let mut block = Block::default();
    while let Some(filled) = reader.next_block(block).unwrap() {
        packets.extend(
            filled
                .frames
                .iter()
                .map(|frame| decode(frame, filled.bytes(frame), options)),
        );
        block = filled;
    }
    packets
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Totals {
    packets: u64,
    frame_bytes: u64,
    payload_bytes: u64,
}

type Directions = BTreeMap<(SocketAddr, SocketAddr), Totals>;

/// TCP packets, frame bytes and payload bytes of each direction of each pair of endpoints, counted as Wireshark numbers streams:
/// a datagram in fragments by the frame that completes it, no segment whose header is not whole.
fn tcp_directions(packets: &[Packet]) -> Directions {
    let mut tracker = FragmentTracker::new();
    let mut directions = Directions::new();
    for packet in packets {
        let Network::Ip(ip) = packet.network else { continue };
        let (transport, payload_len) = match ip.fragment {
            None => (ip.transport, ip.payload_len),
            Some(_) => match tracker.push(&ip) {
                Some(completed) => (completed.transport, completed.payload_len),
                None => continue,
            },
        };
        let Transport::Tcp(tcp) = transport else { continue };
        let totals = directions
            .entry((
                SocketAddr::new(ip.src, tcp.src_port),
                SocketAddr::new(ip.dst, tcp.dst_port),
            ))
            .or_default();
        totals.packets += 1;
        totals.frame_bytes += u64::from(packet.wire_len);
        totals.payload_bytes += u64::from(payload_len);
    }
    directions
}

fn endpoint(text: &str) -> SocketAddr {
    let (address, port) = text.split_once('|').unwrap();
    SocketAddr::new(address.parse().unwrap(), port.parse().unwrap())
}

/// truth/tcp.tsv by file, the conversations that used the same endpoints added up.
fn truth_of_tcp(path: &Path) -> BTreeMap<String, Directions> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| header.iter().position(|&field| field == name).unwrap();
    let (file, src, dst) = (column("file"), column("src"), column("dst"));
    let (packets, frame_bytes, payload) = (column("packets"), column("frame_bytes"), column("payload_bytes"));
    let mut truth = BTreeMap::<String, Directions>::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |column: usize| fields[column].parse::<u64>().unwrap();
        let totals = truth
            .entry(fields[file].to_owned())
            .or_default()
            .entry((endpoint(fields[src]), endpoint(fields[dst])))
            .or_default();
        totals.packets += number(packets);
        totals.frame_bytes += number(frame_bytes);
        totals.payload_bytes += number(payload);
    }
    for directions in truth.values_mut() {
        directions.retain(|_, totals| totals.packets > 0);
    }
    truth
}

/// Files of which tshark reads more than this program sets out to.
const BEYOND: [(&str, &str); 3] = [
    ("capwap_data.pcapng", "a CAPWAP tunnel of 802.11 frames"),
    (
        "erspan.pcap",
        "tunnel packets in fragments, to be put together before they can be looked into",
    ),
    ("reasm_crash_anon.pcapng", "a TCP header that claims to have no length"),
];

#[test]
fn tcp_lengths_of_the_shared_corpus_are_those_that_tshark_adds_up() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let truth = truth_of_tcp(&corpus.join("truth/tcp.tsv"));
    let mut differing = Vec::new();
    for (file, expected) in &truth {
        let packets = packets(&corpus.join("accuracy").join(file), DecodeOptions { decapsulate: true });
        let found = tcp_directions(&packets);
        if found == *expected {
            continue;
        }
        println!("{file}");
        for key in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
            if expected.get(key) != found.get(key) {
                println!("  {key:?}: tshark {:?}, found {:?}", expected.get(key), found.get(key));
            }
        }
        if !BEYOND.iter().any(|(name, _)| file.ends_with(name)) {
            differing.push(file);
        }
    }
    assert!(truth.len() > 150, "{} files", truth.len());
    assert!(differing.is_empty(), "{differing:?}");
}
