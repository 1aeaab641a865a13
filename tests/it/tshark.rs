//! The same figures as tshark prints, on the same file: conversations, bytes per second, IP bytes per direction.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{analyze, captures_under, fixture, inspect, installed, shared};

fn tshark(path: &Path, arguments: &[&str]) -> String {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(path)
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Packets and bytes both ways of each conversation, by its two ends in the order of their names; several
/// conversations of the same ends are added up.
type Conversations = BTreeMap<(String, String), [u64; 4]>;

fn add(all: &mut Conversations, ends: [String; 2], counts: [u64; 4]) {
    let [a, b] = ends;
    let (key, counts) = if a <= b {
        ((a, b), counts)
    } else {
        ((b, a), [counts[2], counts[3], counts[0], counts[1]])
    };
    let sum = all.entry(key).or_default();
    (0..4).for_each(|index| sum[index] += counts[index]);
}

/// tshark writes an IPv6 endpoint without brackets.
fn plain(endpoint: &str) -> String {
    endpoint.replace(['[', ']'], "")
}

/// What `-z conv` adds up, from the frames themselves: it prints 73,570,488 bytes as `73 MB`.
fn theirs(path: &Path, protocol: &str) -> Conversations {
    let (src, dst) = (format!("{protocol}.srcport"), format!("{protocol}.dstport"));
    let filter = format!("{protocol} && !icmp && !icmpv6");
    let fields = ["ip.src", "ipv6.src", &src, "ip.dst", "ipv6.dst", &dst, "frame.len"];
    let mut arguments = vec!["-Y", &filter, "-T", "fields", "-E", "occurrence=f"];
    fields.iter().for_each(|field| arguments.extend(["-e", field]));
    let mut all = Conversations::new();
    for line in tshark(path, &arguments).lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let ends = [0, 3].map(|at| format!("{}{}:{}", cells[at], cells[at + 1], cells[at + 2]));
        add(&mut all, ends, [1, cells[6].parse().unwrap(), 0, 0]);
    }
    all
}

fn ours(found: &Value, protocol: &str) -> Conversations {
    let mut all = Conversations::new();
    let rows = found["conversations"].as_array().unwrap();
    for row in rows.iter().filter(|row| row["protocol"] == protocol) {
        let ends = ["a", "b"].map(|key| plain(row[key].as_str().unwrap()));
        let counts = ["packets_ab", "bytes_ab", "packets_ba", "bytes_ba"].map(|key| row[key].as_u64().unwrap());
        add(&mut all, ends, counts);
    }
    all
}

/// `-z io,stat,1`: `| 0 <> 1 | frames | bytes |`.
fn io_stat(path: &Path) -> Vec<(u64, u64)> {
    let text = tshark(path, &["-q", "-z", "io,stat,1"]);
    let rows = text.lines().filter(|line| line.contains("<>"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[2].parse().unwrap(), cells[3].parse().unwrap())
    })
    .collect()
}

fn check(path: &Path) {
    let found = inspect(path, &[]);
    for protocol in ["tcp", "udp"] {
        assert_eq!(
            ours(&found, protocol),
            theirs(path, protocol),
            "{} {protocol}",
            path.display()
        );
    }
    let seconds: Vec<(u64, u64)> = found["seconds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|second| {
            (
                second["packets"].as_u64().unwrap(),
                second["wire_bytes"].as_u64().unwrap(),
            )
        })
        .collect();
    let mut expected = io_stat(path);
    // tshark rounds the last interval up or leaves it out where it is empty.
    expected.truncate(seconds.len());
    assert_eq!(seconds, expected, "{}", path.display());
}

#[test]
fn conversations_and_bytes_per_second_are_tsharks() {
    if !installed("tshark") {
        return;
    }
    for name in [
        "precopy-loss.pcap.zst",
        "multifd-switch.pcapng.zst",
        "client-rtp.pcapng.gz",
        "ipv6-vlan.pcap.zst",
    ] {
        check(&fixture(name));
    }
}

#[test]
fn shared_lab_conversations_and_bytes_per_second_are_tsharks() {
    let (Some(lab), true) = (shared("lab"), installed("tshark")) else {
        return;
    };
    let captures = captures_under(&lab);
    // Of the sixty runs of 13, every tenth; tshark takes its time.
    let wanted = captures.iter().filter(|path| {
        let text = path.to_string_lossy();
        !text.contains("13-thesis") || text.contains("-10/") || text.contains("-20/")
    });
    let mut checked = 0;
    for path in wanted {
        check(path);
        checked += 1;
    }
    println!("{checked} captures checked");
    assert!(checked > 40);
}

#[test]
fn ip_bytes_of_the_direction_are_the_sum_of_tsharks_ip_len() {
    if !installed("tshark") {
        return;
    }
    for name in ["precopy-loss.pcap.zst", "storage.pcap.zst", "no-migration.pcap.zst"] {
        let path = fixture(name);
        let nodes = [
            "--source",
            "10.132.6.126",
            "--target",
            "10.132.4.16",
            "--during",
            "capture",
        ];
        let found = analyze(&path, &nodes);
        let filter = "ip.src==10.132.6.126 && ip.dst==10.132.4.16";
        let lengths = tshark(
            &path,
            &["-Y", filter, "-T", "fields", "-E", "occurrence=f", "-e", "ip.len"],
        );
        let expected: u64 = lengths.lines().map(|length| length.parse::<u64>().unwrap()).sum();
        let seconds = found["seconds"].as_array().unwrap();
        let ip_bytes: u64 = seconds.iter().map(|second| second["ip_bytes"].as_u64().unwrap()).sum();
        assert_eq!(ip_bytes, expected, "{name}");
    }
}
