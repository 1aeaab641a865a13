//! The TCP analysis flags of public captures held against tshark's answers, conversation by conversation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use migqos::measure::tcp::wireshark::Flag;

#[path = "support/wireshark.rs"]
mod ours;

use ours::{Key, Keys};

#[path = "support/shared.rs"]
mod location;

use location::shared;

/// The truth's columns and the flags that they count. Its retransmissions include the fast and the spurious ones, as
/// Wireshark's filter does.
const COLUMNS: [(&str, Flag); 12] = [
    ("ts_retransmission", Flag::Retransmission),
    ("ts_fast", Flag::FastRetransmission),
    ("ts_spurious", Flag::SpuriousRetransmission),
    ("ts_out_of_order", Flag::OutOfOrder),
    ("ts_lost_segment", Flag::LostSegment),
    ("ts_ack_lost", Flag::AckLostSegment),
    ("ts_dup_ack", Flag::DuplicateAck),
    ("ts_zero_window", Flag::ZeroWindow),
    ("ts_zwp", Flag::ZeroWindowProbe),
    ("ts_keepalive", Flag::KeepAlive),
    ("ts_window_full", Flag::WindowFull),
    ("ts_reused_ports", Flag::ReusedPorts),
];

type Counts = [u64; COLUMNS.len()];

/// The truth's conversations by file, in order, both directions added.
fn truth(corpus: &Path) -> BTreeMap<String, Vec<(SocketAddr, SocketAddr, Counts)>> {
    let text = std::fs::read_to_string(corpus.join("truth/tcp.tsv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column: HashMap<&str, usize> = header.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut files: BTreeMap<String, BTreeMap<u64, (SocketAddr, SocketAddr, Counts)>> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |name: &str| cells[column[name]];
        let end = |name: &str| {
            let (address, port) = cell(name).split_once('|').unwrap();
            SocketAddr::new(address.parse::<IpAddr>().unwrap(), port.parse().unwrap())
        };
        let streams = files.entry(cell("file").to_owned()).or_default();
        let (_, _, counts) = streams
            .entry(cell("stream").parse().unwrap())
            .or_insert_with(|| (end("src"), end("dst"), Counts::default()));
        for (count, (name, _)) in counts.iter_mut().zip(COLUMNS) {
            *count += cell(name).parse::<u64>().unwrap();
        }
    }
    let in_order = |streams: BTreeMap<u64, _>| streams.into_values().collect();
    files
        .into_iter()
        .map(|(file, streams)| (file, in_order(streams)))
        .collect()
}

/// How many conversations the truth names, and in how many every count is the same here.
fn agreement(corpus: &Path, decapsulate: bool) -> (usize, usize) {
    let (mut conversations, mut exact) = (0, 0);
    for (file, streams) in truth(corpus) {
        let ours = ours::conversations(&corpus.join("accuracy").join(&file), decapsulate).unwrap();
        let ours: HashMap<Key, ours::Counts> = ours.into_iter().collect();
        let mut keys = Keys::default();
        for (a, b, theirs) in streams {
            let key = keys.next(a, b);
            let found = ours
                .get(&key)
                .map(|counts| COLUMNS.map(|(_, flag)| counts[flag as usize]));
            conversations += 1;
            if found == Some(theirs) {
                exact += 1;
            } else {
                eprintln!("{file} {a} {b} #{}: ours {found:?} theirs {theirs:?}", key.1);
            }
        }
    }
    println!("{exact} of {conversations} conversations are exact");
    (conversations, exact)
}

#[test]
fn shared_99_percent_of_conversations_have_every_flag_as_often_as_tshark_counts_it() {
    let Some(corpus) = shared("corpus") else { return };
    // What is left lies in tunnels: of 1,940 conversations 16, with tunnels looked into 5.
    for (decapsulate, at_least) in [(false, 1924), (true, 1935)] {
        let (conversations, exact) = agreement(&corpus, decapsulate);
        assert_eq!(conversations, 1940);
        assert!(exact >= at_least, "{exact} of {conversations} conversations are exact");
    }
}
