//! Public captures, held against what capinfos and tshark 4.0.17 say of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::common::{migqos, shared};

/// Streams whose headers this program and tshark read differently; docs/WIRESHARK.md says why.
const DIFFERENT: [(&str, &str); 3] = [
    (
        "capwap_data.pcapng",
        "TCP inside CAPWAP, a tunnel that is not looked into",
    ),
    ("fuzz-2006-06-26-2594.pcap", "a fragment whose header the fuzzer broke"),
    ("erspan.pcap", "ERSPAN copies of frames whose inner Ethernet is cut"),
];

/// The documents of truth-json.tar.zst: tar's blocks of 512 bytes, name at 0, size in octal at 124.
fn truths(archive: &Path) -> Vec<Value> {
    let file = std::fs::File::open(archive).unwrap();
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::new(file)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    let mut documents = Vec::new();
    let mut at = 0;
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let size = std::str::from_utf8(&bytes[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).unwrap();
        let body = &bytes[at + 512..at + 512 + size];
        if bytes[at + 156] == b'0' {
            documents.push(serde_json::from_slice(body).unwrap());
        }
        at += 512 + size.next_multiple_of(512);
    }
    documents
}

fn inspect(path: &Path) -> Option<Value> {
    let output = migqos()
        .args(["inspect", path.to_str().unwrap(), "--format", "json", "--decapsulate"])
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 2)),
        "{}: {}",
        path.display(),
        output.status
    );
    serde_json::from_slice(&output.stdout).ok()
}

fn counts(conversation: &Value, truth: &Value) -> ([u64; 4], [u64; 4]) {
    let ours = ["packets_ab", "bytes_ab", "packets_ba", "bytes_ba"].map(|key| conversation[key].as_u64().unwrap());
    let theirs = [
        ("ab", "packets"),
        ("ab", "frame_bytes"),
        ("ba", "packets"),
        ("ba", "frame_bytes"),
    ]
    .map(|(direction, key)| truth[direction][key].as_u64().unwrap());
    (ours, theirs)
}

#[test]
fn shared_corpus_frames_and_tcp_conversations_are_tsharks() {
    let Some(corpus) = shared("corpus") else { return };
    let mut compared = 0;
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for truth in truths(&corpus.join("truth-json.tar.zst")) {
        let name = truth["file"].as_str().unwrap();
        let mut say = |what: String| wrong.entry(name.to_owned()).or_default().push(what);
        let Some(found) = inspect(&corpus.join("accuracy").join(name)) else {
            say("not read".to_owned());
            continue;
        };
        let global = &truth["tshark"]["global"];
        for (ours, theirs) in [
            ("packets", "frames"),
            ("wire_bytes", "frame_bytes"),
            ("captured_bytes", "cap_bytes"),
        ] {
            if found["capture"][ours] != global[theirs] {
                say(format!("{ours}: {} not {}", found["capture"][ours], global[theirs]));
            }
        }
        let conversations = found["conversations"].as_array().unwrap();
        let ours: Vec<&Value> = conversations.iter().filter(|c| c["protocol"] == "tcp").collect();
        let theirs = truth["tshark"]["tcp"].as_array().unwrap();
        if ours.len() != theirs.len() {
            say(format!("{} TCP conversations, not {}", ours.len(), theirs.len()));
            continue;
        }
        for (conversation, truth) in ours.iter().zip(theirs) {
            let (ours, theirs) = counts(conversation, truth);
            compared += 1;
            if ours != theirs {
                say(format!(
                    "{} {}: {ours:?} not {theirs:?}",
                    conversation["a"], conversation["b"]
                ));
            }
        }
    }
    println!("{compared} conversations compared");
    wrong.retain(|name, _| !DIFFERENT.iter().any(|(known, _)| name.ends_with(known)));
    assert!(compared > 1900, "{compared}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// index.tsv: packets as tshark counts them in every file that it reads, whole or in part.
#[test]
fn shared_corpus_every_file_that_tshark_reads_is_read() {
    let Some(corpus) = shared("corpus") else { return };
    let index = std::fs::read_to_string(corpus.join("index.tsv")).unwrap();
    let mut lines = index.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).unwrap();
    let (path, packets, exit, format) = (
        column("path"),
        column("packets_tshark"),
        column("tshark_exit"),
        column("format"),
    );
    let mut read = 0;
    let mut wrong = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        // Foreign formats (snoop, ERF and so on) are refused by name.
        if fields[exit] != "0" || !fields[format].starts_with("pcap") {
            continue;
        }
        let file = ["robust", "accuracy"].map(|set| corpus.join(set).join(fields[path]));
        let Some(file) = file.into_iter().find(|file| file.is_file()) else {
            continue;
        };
        let found = inspect(&file).map(|found| found["capture"]["packets"].as_u64().unwrap());
        read += 1;
        // tshark shows custom blocks as frames; capinfos does not count them.
        if ["test018.pcapng", "test202.pcapng"]
            .iter()
            .any(|name| fields[path].ends_with(name))
        {
            continue;
        }
        if found.map(|found| found.to_string()).as_deref() != Some(fields[packets]) {
            wrong.push(format!("{}: {found:?} not {}", fields[path], fields[packets]));
        }
    }
    println!("{read} files read");
    assert!(read > 800, "{read}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
