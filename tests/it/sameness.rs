//! Same input, same output, byte for byte: whatever the threads, the way in, the compression and the time zone are.

use std::io::Write;

use crate::common::{answer, answer_from, fixture, migqos};

/// The JSON without the two lines that name the file and its compression.
fn without_container(json: &[u8]) -> String {
    let text = std::str::from_utf8(json).unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("\"path\"") && !line.trim_start().starts_with("\"compression\""))
        .collect::<Vec<_>>()
        .join("\n")
}

const CAPTURES: [&str; 5] = [
    "precopy-loss.pcap.zst",
    "multifd-switch.pcapng.zst",
    "client-rtp.pcapng.gz",
    "ssh.pcap.zst",
    "no-migration.pcap.zst",
];

#[test]
fn one_thread_and_eight_give_the_same_bytes() {
    for name in CAPTURES {
        let path = fixture(name);
        let path = path.to_str().unwrap();
        for command in [&["inspect"][..], &["analyze", "--no-report"]] {
            let run = |threads| answer(&[command, &["--format", "json", "-j", threads, path]].concat());
            assert!(run("1") == run("8"), "{name} {command:?}");
        }
    }
}

#[test]
fn a_file_and_the_same_by_standard_input_give_the_same_bytes() {
    for name in CAPTURES {
        let path = fixture(name);
        for command in [&["inspect"][..], &["analyze", "--no-report"]] {
            let arguments = [command, &["--format", "json"]].concat();
            let file = answer(&[&arguments[..], &[path.to_str().unwrap()]].concat());
            let stdin = answer_from(&[&arguments[..], &["-"]].concat(), &path);
            let strip = |json: &[u8]| without_container(json);
            assert_eq!(strip(&file), strip(&stdin), "{name} {command:?}");
        }
    }
}

#[test]
fn plain_gzip_zstd_and_lz4_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let packed = std::fs::File::open(fixture("precopy-loss.pcap.zst")).unwrap();
    let plain = zstd::stream::decode_all(packed).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&plain).unwrap();
    let zstd = zstd::stream::encode_all(&plain[..], 1).unwrap();
    let answers = [plain.clone(), gzip.finish().unwrap(), lz4.finish().unwrap(), zstd].map(|bytes| {
        // The name says nothing of the content.
        let path = folder.path().join("capture");
        std::fs::write(&path, bytes).unwrap();
        without_container(&answer(&[
            "analyze",
            "--no-report",
            "--format",
            "json",
            path.to_str().unwrap(),
        ]))
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn the_machines_time_zone_and_locale_change_nothing() {
    let path = fixture("precopy-loss.pcap.zst");
    let run = |zone: &str, locale: &str| {
        let mut command = migqos();
        command.args(["analyze", "--no-report", "--format", "json"]).arg(&path);
        command
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("LANG", locale)
            .output()
            .unwrap()
            .stdout
    };
    let utc = run("UTC", "C");
    assert!(!utc.is_empty());
    assert!(utc == run("Asia/Jakarta", "id_ID.UTF-8"));
}
