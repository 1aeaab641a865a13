//! Decoded packets held against what tshark says of public and lab captures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::packet::{DecodeOptions, FragmentTracker, Ip, Network, Packet, Tcp, Transport, decode};

#[path = "support/shared.rs"]
mod location;

use location::shared;

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
    let Some(shared) = shared("") else { return };
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

/// Packets of each file that are compared field by field.
const FIELD_BY_FIELD: usize = 3000;

/// Captures without tunnels, of every link type and option that there is truth for.
const FILES: [&str; 17] = [
    "lab/01-precopy-idle-gso/src.pcap.zst",
    "lab/03-precopy-loss-delay/src.pcap.zst",
    "lab/05-multifd-4/sw.pcapng.zst",
    "lab/09-client-udp-ping/client.pcap.zst",
    "lab/10-client-http-rtp/client.pcapng.gz",
    "lab/11-ipv6-vlan/src.pcap.zst",
    "corpus/accuracy/blitz+tcptrace/input/dsack.dmp.gz",
    "corpus/accuracy/blitz+tcptrace/input/ppp_encap.dmp.gz",
    "corpus/accuracy/blitz+tcptrace/input/rawip.dmp.gz",
    "corpus/accuracy/blitz+tcptrace/input/ipopts.dmp.gz",
    "corpus/accuracy/seladb+PcapPlusPlus/@hist/f1b4f45f/Tests/Packet++Test/PacketExamples/Sll2Packet.pcap",
    "corpus/accuracy/seladb+PcapPlusPlus/Tests/Pcap++Test/PcapExamples/sll.pcap",
    "corpus/accuracy/seladb+PcapPlusPlus/Tests/Pcap++Test/PcapExamples/four_ipv6_http_streams.pcap",
    "corpus/accuracy/seladb+PcapPlusPlus/Tests/Pcap++Test/PcapExamples/many_interfaces-1.pcapng",
    "corpus/accuracy/OISF+suricata-verify/tests/smb-length-5770/input.pcap",
    "corpus/accuracy/ntop+nDPI/@hist/5b970259/tests/pcap/BGP_Cisco_hdlc_slarp.pcap",
    "corpus/accuracy/zeek+zeek/testing/btest/Traces/icmp/icmp6-mldv2.pcap",
];

/// tshark's fields in the order in which [`fields`] gives the same.
const FIELDS: [&str; 29] = [
    "frame.len",
    "ip.src",
    "ip.dst",
    "ip.len",
    "ip.ttl",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.plen",
    "ipv6.hlim",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.len",
    "tcp.hdr_len",
    "tcp.flags",
    "tcp.window_size_value",
    "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "icmp.type",
    "icmp.ident",
    "icmp.seq",
];

/// A packet as tshark would print its fields.
fn fields(packet: &Packet) -> Vec<String> {
    let mut row = vec![packet.wire_len.to_string()];
    let Network::Ip(ip) = packet.network else {
        row.resize(FIELDS.len(), String::new());
        return row;
    };
    let four = match (ip.src, ip.dst) {
        (IpAddr::V4(_), IpAddr::V4(_)) => ip.total_len,
        _ => ip.total_len - 40,
    };
    let header = [
        ip.src.to_string(),
        ip.dst.to_string(),
        four.to_string(),
        ip.ttl.to_string(),
    ];
    let none = || std::iter::repeat_n(String::new(), 4);
    if ip.src.is_ipv4() {
        row.extend(header.into_iter().chain(none()));
    } else {
        row.extend(none().chain(header));
    }
    match ip.transport {
        Transport::Tcp(tcp) => row.extend(tcp_fields(&ip, &tcp)),
        Transport::Udp { src_port, dst_port } => {
            row.resize(23, String::new());
            row.extend([
                src_port.to_string(),
                dst_port.to_string(),
                (ip.payload_len + 8).to_string(),
            ]);
        }
        Transport::Icmp {
            kind,
            identifier,
            sequence,
            ..
        } if ip.protocol == 1 => {
            row.resize(26, String::new());
            row.push(kind.to_string());
            if matches!(kind, 0 | 8) {
                row.extend([identifier.to_string(), sequence.to_string()]);
            }
        }
        _ => {}
    }
    row.resize(FIELDS.len(), String::new());
    row
}

fn tcp_fields(ip: &Ip, tcp: &Tcp) -> Vec<String> {
    let option = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let sack = (tcp.sack_blocks > 0).then_some(tcp.sack[0]);
    vec![
        tcp.src_port.to_string(),
        tcp.dst_port.to_string(),
        tcp.seq.to_string(),
        tcp.ack.to_string(),
        ip.payload_len.to_string(),
        tcp.header_len.to_string(),
        format!("0x{:04x}", tcp.flags),
        tcp.window.to_string(),
        option(tcp.timestamps.map(|(value, _)| value)),
        option(tcp.timestamps.map(|(_, echo)| echo)),
        option(tcp.mss.map(u32::from)),
        option(tcp.window_scale.map(u32::from)),
        option(sack.map(|(left, _)| left)),
        option(sack.map(|(_, right)| right)),
    ]
}

/// What tshark prints of the outermost headers; `None` where it is not installed.
fn tshark(path: &Path) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command
        .arg("-n")
        .arg("-r")
        .arg(path)
        .args(["-c", &FIELD_BY_FIELD.to_string()]);
    for preference in [
        "ip.defragment:FALSE",
        "ipv6.defragment:FALSE",
        "tcp.desegment_tcp_streams:FALSE",
        "tcp.relative_sequence_numbers:FALSE",
    ] {
        command.args(["-o", preference]);
    }
    command.args(["-T", "fields", "-E", "occurrence=f"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(
        text.lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect(),
    )
}

#[test]
fn fields_of_shared_captures_are_those_that_tshark_prints() {
    let Some(shared) = shared("") else { return };
    let mut compared = 0;
    for file in FILES {
        let path = shared.join(file);
        let Some(expected) = tshark(&path) else {
            eprintln!("skipped: tshark is not installed");
            return;
        };
        let found = packets(&path, DecodeOptions::default());
        assert_eq!(found.len().min(FIELD_BY_FIELD), expected.len(), "{file}");
        for (number, (packet, mut row)) in found.iter().zip(expected).enumerate() {
            row.resize(FIELDS.len(), String::new());
            for ((name, found), expected) in FIELDS.iter().zip(fields(packet)).zip(row) {
                assert_eq!(found, expected, "{file}, frame {}, {name}", number + 1);
            }
            compared += 1;
        }
    }
    assert!(compared > 20_000, "{compared} packets");
}
