//! Same input, same output, byte for byte: whatever the threads, the way in, the compression and the time zone are.

use std::io::Write;

use serde_json::Value;

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

const FLOWS: usize = 300;
const ROUNDS: usize = 200;
/// Every tenth connection's ports are taken again in this round.
const REUSED_IN: usize = 100;

/// TCP connections whose segments follow one another in turns: SYN, SYN and ACK, then 100 bytes a round. 10 MB, so that
/// several threads read it.
fn many_flows() -> Vec<u8> {
    let mut capture = Vec::new();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    capture.extend(words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]));
    let mut micros = 0;
    for round in 0..ROUNDS {
        for flow in 0..FLOWS {
            let restarted = flow % 10 == 0 && round >= REUSED_IN;
            // The first three segments of the second connection follow one another at once.
            let (ages, start) = match round.checked_sub(REUSED_IN).filter(|_| restarted) {
                None => (round..round + 1, 1000),
                Some(0) => (0..3, 0x4000_0000),
                Some(1 | 2) => continue,
                Some(age) => (age..age + 1, 0x4000_0000),
            };
            for age in ages {
                let (from_b, flags, seq, ack, payload) = match age {
                    0 => (false, 0x02, start, 0, 0),
                    1 => (true, 0x12, 7, start + 1, 0),
                    _ => (false, 0x10, start + 1 + 100 * (age as u32 - 2), 8, 100),
                };
                let (client, server) = (
                    [10, 0, (flow / 100) as u8, (flow % 100) as u8],
                    [10, 0, 9, (flow % 3) as u8],
                );
                let (client_port, server_port) = (40_000 + flow as u16, 5000_u16);
                let ends = [(client, client_port), (server, server_port)];
                let [src, dst] = if from_b { [ends[1], ends[0]] } else { ends };
                micros += 10;
                let len = 54 + payload as u32;
                capture.extend(words(&[
                    1_700_000_000 + micros / 1_000_000,
                    micros % 1_000_000,
                    len,
                    len,
                ]));
                capture.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0]);
                capture.extend((40 + payload as u16).to_be_bytes());
                capture.extend((age as u16 + 1).to_be_bytes());
                capture.extend([0x40, 0, 64, 6, 0, 0]);
                capture.extend(src.0.iter().chain(&dst.0));
                capture.extend(src.1.to_be_bytes());
                capture.extend(dst.1.to_be_bytes());
                capture.extend(u32::to_be_bytes(seq));
                capture.extend(u32::to_be_bytes(ack));
                capture.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
                capture.extend(std::iter::repeat_n(0x5a, payload));
            }
        }
    }
    capture
}

#[test]
fn hundreds_of_connections_in_turns_are_told_apart_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.pcap");
    std::fs::write(&path, many_flows()).unwrap();
    let path = path.to_str().unwrap();
    let run = |threads| answer(&["inspect", "--format", "json", "-j", threads, path]);
    let one = run("1");
    assert!(one == run("2") && one == run("8"));
    let json: Value = serde_json::from_slice(&one).unwrap();
    let conversations = json["conversations"].as_array().unwrap();
    // 300, and 30 whose ports were taken again.
    assert_eq!(conversations.len(), 330);
    for conversation in conversations {
        let port = conversation["a"].as_str().unwrap().rsplit(':').next().unwrap();
        let flow = port.parse::<usize>().unwrap() - 40_000;
        // Each opens with a segment of either side; a reused one has half of the rounds, and so has the one after it.
        let rounds = if flow.is_multiple_of(10) { 100 } else { 200 };
        let numbers =
            ["packets_ab", "packets_ba", "bytes_ab", "bytes_ba"].map(|key| conversation[key].as_u64().unwrap());
        assert_eq!(numbers, [rounds - 1, 1, 54 + (rounds - 2) * 154, 54], "{conversation}");
    }
    let analyze = |threads| answer(&["analyze", "--no-report", "--format", "json", "-j", threads, path]);
    assert!(analyze("1") == analyze("8"));
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
