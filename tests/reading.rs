//! The reader held against what tshark and capinfos say of every capture in ../shared.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use migqos::capture::{Block, FileProperties, Input, ReadOptions, Reader};
use migqos::error::{ErrorKind, Result};

#[path = "support/shared.rs"]
mod location;

use location::shared;

/// What a capture comes to.
#[derive(Debug)]
struct Totals {
    packets: u64,
    captured_bytes: u64,
    wire_bytes: u64,
    truncated: u64,
    /// Frames without a time.
    untimed: u64,
    earliest_ns: Option<i64>,
    latest_ns: Option<i64>,
    properties: FileProperties,
}

fn totals(path: &Path) -> Result<Totals> {
    let mut reader = Reader::open(&Input::Path(path.to_owned()), &ReadOptions::default())?;
    let (mut packets, mut captured_bytes, mut wire_bytes, mut truncated, mut untimed) = (0, 0, 0, 0, 0);
    let (mut earliest_ns, mut latest_ns) = (None::<i64>, None::<i64>);
    let mut recycled = Block::default();
    while let Some(block) = reader.next_block(recycled)? {
        for frame in &block.frames {
            assert_eq!(block.bytes(frame).len(), frame.captured_len as usize);
            packets += 1;
            captured_bytes += u64::from(frame.captured_len);
            wire_bytes += u64::from(frame.wire_len);
            truncated += u64::from(frame.captured_len < frame.wire_len);
            untimed += u64::from(frame.time_ns.is_none());
            if let Some(time_ns) = frame.time_ns {
                earliest_ns = Some(earliest_ns.map_or(time_ns, |earliest| earliest.min(time_ns)));
                latest_ns = Some(latest_ns.map_or(time_ns, |latest| latest.max(time_ns)));
            }
        }
        recycled = block;
    }
    Ok(Totals {
        packets,
        captured_bytes,
        wire_bytes,
        truncated,
        untimed,
        earliest_ns,
        latest_ns,
        properties: reader.finish(),
    })
}

fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn corpus(shared: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for set in ["robust", "accuracy"] {
        files_below(&shared.join("corpus").join(set), &mut files);
    }
    files
}

fn lab(shared: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(&shared.join("lab"), &mut files);
    files.retain(|path| path.to_string_lossy().contains(".pcap"));
    files
}

/// A table with tabs, each line by its column's name.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().unwrap().split('\t').map(str::to_owned).collect();
    lines
        .map(|line| names.iter().cloned().zip(line.split('\t').map(str::to_owned)).collect())
        .collect()
}

fn installed(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok();
    if !there {
        println!("skipped: {tool} is not installed");
    }
    there
}

#[test]
fn shared_corpus_reads_as_its_index_says() {
    let Some(shared) = shared("") else { return };
    let mut compared = 0;
    for row in table(&shared.join("corpus/index.tsv")) {
        let path = ["robust", "accuracy"]
            .map(|set| shared.join("corpus").join(set).join(&row["path"]))
            .into_iter()
            .find(|path| path.exists());
        let Some(path) = path else { continue };
        let name = &row["path"];
        let oddities: Vec<_> = row["oddities"].split(',').collect();
        if row["format"].starts_with("other") || row["format"] == "snoop" {
            assert_eq!(totals(&path).unwrap_err().kind(), ErrorKind::NotACapture, "{name}");
            continue;
        }
        if row["tshark_exit"] != "0" {
            // Link types that tshark does not know are no reason to refuse a file; anything else is.
            let unknown_link = row["capinfos_error"].contains("network type");
            let complained = totals(&path).map_or(true, |totals| !totals.properties.warnings.is_empty());
            let variant = row["tshark_exit"] == "2" && name.ends_with("FuzzTarget-5766899836387328");
            assert!(
                complained || unknown_link || variant || row["tshark_exit"] == "timeout",
                "{name}"
            );
            continue;
        }
        let totals = totals(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(totals.properties.warnings, [], "{name}");
        // tshark shows custom blocks as packets, capinfos does not count them, nor does this program.
        if !oddities.contains(&"custom-block") {
            assert_eq!(totals.packets.to_string(), row["packets_tshark"], "{name}");
        }
        // The index leaves simple packets out; `frame.cap_len < frame.len` finds them too.
        if !oddities.contains(&"simple-packet-block") {
            assert_eq!(totals.truncated.to_string(), row["snaplen_truncated_pkts"], "{name}");
        }
        let mut link_types: Vec<_> = totals.properties.interfaces.iter().map(|i| i.link_type.0).collect();
        link_types.sort_unstable();
        link_types.dedup();
        if !row["linktype_numbers"].is_empty() {
            let mut expected: Vec<u16> = row["linktype_numbers"].split(',').map(|n| n.parse().unwrap()).collect();
            expected.sort_unstable();
            assert_eq!(link_types, expected, "{name}");
        }
        if let Ok(interfaces) = row["interfaces"].parse::<usize>() {
            assert_eq!(totals.properties.interfaces.len(), interfaces, "{name}");
        }
        compared += 1;
    }
    assert!(compared >= 820, "only {compared} files compared");
}

#[test]
fn shared_accuracy_set_has_the_frames_and_bytes_of_its_truth() {
    let Some(shared) = shared("") else { return };
    let mut compared = 0;
    for row in table(&shared.join("corpus/truth/files.tsv")) {
        let totals = totals(&shared.join("corpus/accuracy").join(&row["file"])).unwrap();
        assert_eq!(totals.packets.to_string(), row["frames"], "{}", row["file"]);
        assert_eq!(totals.wire_bytes.to_string(), row["frame_bytes"], "{}", row["file"]);
        compared += 1;
    }
    assert_eq!(compared, 200);
}

/// The value of a line `Name:   value unit` or `Name = value` in capinfos' long report.
fn field<'a>(report: &'a str, name: &str) -> Option<&'a str> {
    let line = report.lines().find(|line| line.trim_start().starts_with(name))?;
    let value = line.trim_start()[name.len()..].trim_start_matches([':', '=', ' ']);
    Some(value.split(' ').next().unwrap_or(value))
}

/// capinfos prints seconds with as many digits as the file's resolution has; it rounds towards zero.
fn same_time(printed: &str, time_ns: Option<i64>) -> bool {
    let (Some((seconds, fraction)), Some(time_ns)) = (printed.split_once('.'), time_ns) else {
        return false;
    };
    let digits = fraction.len() as u32;
    let ticks: i64 = format!("{seconds}{fraction}").parse().unwrap();
    ticks == time_ns / 10_i64.pow(9 - digits)
}

#[test]
fn shared_captures_have_the_properties_that_capinfos_prints() {
    let Some(shared) = shared("") else { return };
    if !installed("capinfos") {
        return;
    }
    let files = [corpus(&shared), lab(&shared)].concat();
    let output = Command::new("capinfos")
        .args(["-M", "-S", "-t", "-c", "-d", "-a", "-e", "-I"])
        .args(&files)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    let odd_fractions: Vec<_> = table(&shared.join("corpus/index.tsv"))
        .into_iter()
        .filter(|row| row["oddities"].contains("fraction>=1s"))
        .map(|row| row["path"].clone())
        .collect();
    let (mut compared, mut timed) = (0, 0);
    for report in output.split("File name:").skip(1) {
        let path = Path::new(report.lines().next().unwrap().trim());
        let name = path.display();
        let kind = field(report, "File type").unwrap_or_default();
        let Some(packets) = field(report, "Number of packets").filter(|_| kind.contains("pcap")) else {
            continue;
        };
        // RedHat 6.1's variant of pcap, told by guessing alone, in one fuzzed file.
        if kind == "rh6_1pcap" {
            continue;
        }
        let totals = totals(path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(totals.packets.to_string(), packets, "{name}");
        if let Some(bytes) = field(report, "Data size") {
            assert_eq!(totals.wire_bytes.to_string(), bytes, "{name}");
        }
        // capinfos prints and compares fractions of more than a second as they stand in the file, and compares
        // seconds in 32 bits.
        let odd = odd_fractions.iter().any(|odd| path.ends_with(odd));
        let far = totals
            .latest_ns
            .is_some_and(|ns| ns / 1_000_000_000 > i64::from(i32::MAX));
        if !odd && !far {
            for (line, time_ns) in [
                ("First packet time", totals.earliest_ns),
                ("Last packet time", totals.latest_ns),
            ] {
                // A packet without a time takes both lines away.
                match field(report, line) {
                    Some("n/a") | None => assert!(totals.untimed > 0 || totals.packets == 0, "{name}"),
                    Some(printed) => assert!(same_time(printed, time_ns), "{name}: {printed}, read as {time_ns:?}"),
                }
            }
            timed += 1;
        }
        // It lists all interfaces again for each section.
        let first_list = report.split("Section 1:").next().unwrap();
        let interfaces: Vec<_> = first_list.split("Interface #").skip(1).collect();
        assert_eq!(totals.properties.interfaces.len(), interfaces.len(), "{name}");
        for (ours, theirs) in totals.properties.interfaces.iter().zip(interfaces) {
            assert_eq!(
                Some(ours.snaplen.to_string().as_str()),
                field(theirs, "Capture length"),
                "{name}"
            );
            assert_eq!(
                Some(ours.ticks_per_second.to_string().as_str()),
                field(theirs, "Time ticks per second"),
                "{name}"
            );
            let their_name = theirs
                .lines()
                .find_map(|line| line.trim_start().strip_prefix("Name = "));
            assert_eq!(ours.name.as_deref(), their_name, "{name}");
        }
        compared += 1;
    }
    assert!(
        compared >= 980 && timed >= 780,
        "only {compared} files compared, {timed} with their times"
    );
}

#[test]
fn shared_captures_have_the_bytes_of_every_frame_that_tshark_shows() {
    let Some(shared) = shared("") else { return };
    if !installed("tshark") {
        return;
    }
    // Every 40th file: tshark takes its time to start.
    for path in corpus(&shared).iter().step_by(40) {
        let output = Command::new("tshark")
            .args(["-n", "-T", "fields", "-e", "frame.cap_len", "-e", "frame.len", "-r"])
            .arg(path)
            .output()
            .unwrap();
        let Ok(totals) = totals(path) else {
            assert!(!output.status.success(), "{}", path.display());
            continue;
        };
        if !output.status.success() {
            continue;
        }
        let (mut captured_bytes, mut truncated) = (0, 0);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let (captured, wire) = line.split_once('\t').unwrap();
            let (captured, wire): (u64, u64) = (captured.parse().unwrap(), wire.parse().unwrap());
            captured_bytes += captured;
            truncated += u64::from(captured < wire);
        }
        assert_eq!(
            (totals.captured_bytes, totals.truncated),
            (captured_bytes, truncated),
            "{}",
            path.display()
        );
    }
}
