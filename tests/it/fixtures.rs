//! The fixtures are what fixtures/README.md says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::{answer, fixture, inspect, migqos};

/// The frames of tiny/: 54 + 54 + 74 bytes on the wire, the last cut to 60.
fn check_tiny(name: &str, first_ns: i64, last_ns: i64) -> Value {
    let found = inspect(&fixture(&format!("tiny/{name}")), &[]);
    let capture = &found["capture"];
    for (key, value) in [
        ("packets", 3),
        ("wire_bytes", 182),
        ("captured_bytes", 168),
        ("truncated_packets", 1),
        ("first_ns", first_ns),
        ("last_ns", last_ns),
    ] {
        assert_eq!(capture[key], value, "{name}: {key}");
    }
    let conversations: Vec<&Value> = found["conversations"].as_array().unwrap().iter().collect();
    assert_eq!(conversations.len(), 2, "{name}");
    assert_eq!(conversations[0]["a"], "192.0.2.1:40000");
    assert_eq!(
        (&conversations[0]["packets_ab"], &conversations[0]["packets_ba"]),
        (&1.into(), &1.into())
    );
    assert_eq!(conversations[1]["b"], "192.0.2.2:60000");
    found
}

const FIRST_NS: i64 = 1_600_000_000_001_234_567;
const LAST_NS: i64 = 1_600_000_001_000_000_001;

#[test]
fn both_byte_orders_of_each_format_give_the_same_three_frames() {
    for order in ["le", "be"] {
        let micro = |ns: i64| ns / 1000 * 1000;
        for format in ["us", "modified"] {
            check_tiny(&format!("{format}-{order}.pcap"), micro(FIRST_NS), micro(LAST_NS));
        }
        check_tiny(&format!("ns-{order}.pcap"), FIRST_NS, LAST_NS);
        let found = check_tiny(&format!("ns-{order}.pcapng"), FIRST_NS, LAST_NS);
        assert_eq!(found["capture"]["interfaces"][0]["dropped"], 7);
        // Ticks of 2^-30 s, rounded down when the file was made: tshark 4.0.17 prints .001234566 and .000000000.
        let found = check_tiny(&format!("base2-{order}.pcapng"), FIRST_NS - 1, LAST_NS - 1);
        assert_eq!(found["capture"]["interfaces"][0]["ticks_per_second"], 1_u64 << 30);
    }
}

#[test]
fn every_compression_gives_the_same_three_frames() {
    for (name, compression) in [
        ("ns-le.pcap.zst", "zstd"),
        ("ns-le.pcap.lz4", "lz4"),
        ("ns-le.pcapng.gz", "gzip"),
    ] {
        let found = check_tiny(name, FIRST_NS, LAST_NS);
        assert_eq!(found["capture"]["compression"], compression);
    }
}

#[test]
fn a_capture_cut_in_its_third_frame_gives_two_and_a_warning_and_strict_refuses_it() {
    let path = fixture("tiny/cut-in-third-frame.pcap");
    let found = inspect(&path, &[]);
    assert_eq!(found["capture"]["packets"], 2);
    let message = found["warnings"][0]["message"].as_str().unwrap();
    assert_eq!(found["warnings"][0]["code"], "capture_cut");
    // 24 bytes of header, two records of 16 + 54, and 56 of the 76 bytes of the third.
    assert!(message.contains("220"), "{message}");
    let strict = migqos().args(["inspect", "--strict"]).arg(&path).output().unwrap();
    assert_eq!(strict.status.code(), Some(2));
}

#[test]
fn every_fixture_has_its_row_in_the_readme() {
    let readme = std::fs::read_to_string(fixture("README.md")).unwrap();
    let files: BTreeSet<String> = std::fs::read_dir(fixture(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".pcap"))
        .collect();
    assert!(files.len() >= 14);
    for file in files {
        assert!(readme.contains(&format!("| {file} |")), "{file}");
    }
}

/// Kind and outcome from each run's truth.json: `params.migrate`, `summary.status` and how it was recorded.
#[test]
fn the_migrations_of_the_fixtures_are_recognised() {
    for (name, expected) in [
        ("precopy.pcap.zst", &["qemu completed"][..]),
        ("precopy-target.pcap.zst", &["qemu completed"]),
        ("precopy-loss.pcap.zst", &["qemu completed"]),
        ("precopy-loss-target.pcap.zst", &["qemu completed"]),
        ("precopy-rounds.pcap.zst", &["qemu completed"]),
        ("postcopy.pcap.zst", &["qemu postcopy"]),
        ("multifd.pcap.zst", &["qemu-multifd completed"]),
        ("multifd-switch.pcapng.zst", &["qemu-multifd completed"]),
        ("ssh.pcap.zst", &["ssh completed"]),
        ("storage.pcap.zst", &["qemu completed"]),
        ("cancelled.pcap.zst", &["qemu cancelled"]),
        ("ipv6-vlan.pcap.zst", &["qemu completed"]),
        ("no-migration.pcap.zst", &[]),
    ] {
        let found = inspect(&fixture(name), &[]);
        let migrations: Vec<String> = found["migrations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| format!("{} {}", m["kind"].as_str().unwrap(), m["outcome"].as_str().unwrap()))
            .collect();
        assert_eq!(migrations, expected, "{name}");
    }
}

#[test]
fn the_first_command_of_the_readme_leaves_a_report_with_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = fixture("precopy-loss.pcap.zst");
    answer(&["analyze", path.to_str().unwrap(), "-o", folder.path().to_str().unwrap()]);
    let report = folder.path().join("precopy-loss");
    for file in [
        "report.md",
        "timeline.png",
        "timeline.svg",
        "delay.png",
        "delay.svg",
        "seconds.csv",
        "summary.json",
    ] {
        let length = std::fs::metadata(report.join(file))
            .unwrap_or_else(|_| panic!("{file}"))
            .len();
        assert!(length > 0, "{file}");
    }
}
