//! Public captures, held against what capinfos and tshark 4.0.17 say of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::common::{migqos, shared};

/// Streams whose headers this program and tshark read differently; docs/WIRESHARK.md says why.
const DIFFERENT: [(&str, &str); 12] = [
    (
        "capwap_data.pcapng",
        "TCP inside CAPWAP, a tunnel that is not looked into",
    ),
    ("fuzz-2006-06-26-2594.pcap", "a fragment whose header the fuzzer broke"),
    ("erspan.pcap", "ERSPAN copies of frames whose inner Ethernet is cut"),
    ("capwap.pcap", "UDP inside CAPWAP"),
    ("zoom.pcap", "UDP inside GTP-U, a tunnel that is not looked into"),
    (
        "output-eve-ftp-data/input.pcap",
        "UDP inside Teredo, a tunnel that is not looked into",
    ),
    (
        "wireshark_samples-test.pcapng",
        "the recorded answer ends after 400 UDP conversations",
    ),
    (
        "/gre.pcap",
        "the recorded answer names UDP inside GRE by its outer addresses",
    ),
    ("gre-within-gre.pcap", "the same"),
    (
        "nfs_write_bad_stable_how.pcap",
        "tshark puts several clients of one RPC port into one conversation",
    ),
    (
        "cisco-fabric-path.pcap",
        "UDP behind FabricPath, which the recorded answer does not look into",
    ),
    (
        "l2tp-avp-overflow.pcap",
        "tshark lists no interval that begins with the last frame",
    ),
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

/// Packets and bytes, each way.
fn our_counts(conversation: &Value) -> [u64; 4] {
    ["packets_ab", "bytes_ab", "packets_ba", "bytes_ba"].map(|key| conversation[key].as_u64().unwrap())
}

fn their_counts(truth: &Value) -> [u64; 4] {
    [
        ("ab", "packets"),
        ("ab", "frame_bytes"),
        ("ba", "packets"),
        ("ba", "frame_bytes"),
    ]
    .map(|(direction, key)| truth[direction][key].as_u64().unwrap())
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
            let (ours, theirs) = (our_counts(conversation), their_counts(truth));
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

/// Frames and bytes both ways of each pair of UDP endpoints, in the order of their names: a pair that talks twice is one
/// conversation to one of the two programs and may be two to the other.
type Pairs = BTreeMap<[String; 2], [u64; 4]>;

fn add(pairs: &mut Pairs, ends: [String; 2], counts: [u64; 4]) {
    let [a, b] = ends;
    let [packets_ab, bytes_ab, packets_ba, bytes_ba] = counts;
    let (key, counts) = if a <= b {
        ([a, b], counts)
    } else {
        ([b, a], [packets_ba, bytes_ba, packets_ab, bytes_ab])
    };
    let sum = pairs.entry(key).or_default();
    (0..4).for_each(|index| sum[index] += counts[index]);
}

#[test]
fn shared_corpus_udp_bytes_are_tsharks() {
    let Some(corpus) = shared("corpus") else { return };
    let (mut compared, mut wrong) = (0, BTreeMap::new());
    for truth in truths(&corpus.join("truth-json.tar.zst")) {
        let name = truth["file"].as_str().unwrap();
        let Some(found) = inspect(&corpus.join("accuracy").join(name)) else {
            panic!("{name}: not read");
        };
        let (mut ours, mut theirs) = (Pairs::new(), Pairs::new());
        for truth in truth["tshark"]["udp"].as_array().unwrap() {
            // `fd00::1|53`
            let ends = ["a", "b"].map(|end| truth[end].as_str().unwrap().to_owned());
            add(&mut theirs, ends, their_counts(truth));
        }
        let conversations = found["conversations"].as_array().unwrap();
        for conversation in conversations.iter().filter(|c| c["protocol"] == "udp") {
            let ends = ["a", "b"].map(|end| {
                let (address, port) = conversation[end].as_str().unwrap().rsplit_once(':').unwrap();
                format!("{}|{port}", address.trim_matches(['[', ']']))
            });
            add(&mut ours, ends, our_counts(conversation));
        }
        compared += theirs.len();
        if ours != theirs {
            wrong.insert(name.to_owned(), (ours, theirs));
        }
    }
    println!("{compared} pairs of endpoints compared");
    wrong.retain(|name, _| !DIFFERENT.iter().any(|(known, _)| name.ends_with(known)));
    assert!(compared > 1100, "{compared}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Frames and bytes by the second in which they start, without the empty seconds.
type Seconds = BTreeMap<u64, (u64, u64)>;

/// The rows `| 3 <> 4 | 111 | 19062 |` of `tshark -z io,stat,1`, and the second at which the recorded table was cut off.
fn io_stat(printed: &Value) -> Option<(Seconds, u64)> {
    // tshark was not asked where the span has more seconds than it can list.
    let lines = printed.as_array()?.iter().map(|line| line.as_str().unwrap());
    let whole = !lines.clone().any(|line| line == "... cut");
    let rows = lines.filter(|line| line.contains("<>")).map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let start: f64 = cells[1].split("<>").next().unwrap().trim().parse().unwrap();
        (start as u64, (cells[2].parse().unwrap(), cells[3].parse().unwrap()))
    });
    let mut seconds: Seconds = rows.collect();
    // A capture whose frames all have one time has no interval in tshark's table.
    let (last, _) = seconds.last_key_value()?;
    let end = if whole { u64::MAX } else { last + 1 };
    seconds.retain(|_, (frames, _)| *frames > 0);
    Some((seconds, end))
}

#[test]
fn shared_corpus_bytes_per_second_are_tsharks() {
    let Some(corpus) = shared("corpus") else { return };
    let (mut compared, mut wrong) = (0, BTreeMap::new());
    for truth in truths(&corpus.join("truth-json.tar.zst")) {
        let name = truth["file"].as_str().unwrap();
        let Some((theirs, end)) = io_stat(&truth["io_1s"]) else {
            println!("{name}: tshark lists no second");
            continue;
        };
        let Some(found) = inspect(&corpus.join("accuracy").join(name)) else {
            panic!("{name}: not read");
        };
        let ours: Seconds = found["seconds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|second| {
                let count = |key: &str| second[key].as_u64().unwrap();
                let start = second["start_s"].as_f64().unwrap() as u64;
                (start, (count("packets"), count("wire_bytes")))
            })
            .filter(|(start, (packets, _))| *packets > 0 && *start < end)
            .collect();
        compared += theirs.len();
        let differing: Vec<u64> = ours
            .keys()
            .chain(theirs.keys())
            .copied()
            .filter(|start| ours.get(start) != theirs.get(start))
            .collect();
        if let Some(start) = differing.first() {
            wrong.insert(
                name.to_owned(),
                (*start, ours.get(start).copied(), theirs.get(start).copied()),
            );
        }
    }
    println!("{compared} seconds compared");
    wrong.retain(|name, _| !DIFFERENT.iter().any(|(known, _)| name.ends_with(known)));
    assert!(compared > 2000, "{compared}");
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
