//! Peak memory does not grow with the capture: 10 million packets, made by repeating a fixture with shifted times.

#![cfg(target_os = "linux")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::common::{fixture, migqos};

const PACKETS: u64 = 10_000_000;
const LIMIT_KIB: u64 = 150 * 1024;

/// The records of a little-endian nanosecond capture again and again, each round later by its length.
fn write_repeated(out: &mut impl Write) {
    let packed = std::fs::File::open(fixture("precopy.pcap.zst")).unwrap();
    let capture = zstd::stream::decode_all(packed).unwrap();
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(word(&capture, 0), 0xa1b2_3c4d);
    let mut records = Vec::new();
    let mut at = 24;
    while at < capture.len() {
        let len = 16 + word(&capture, at + 8) as usize;
        records.push(at..at + len);
        at += len;
    }
    let seconds = |at: usize| word(&capture, at);
    let length = seconds(records.last().unwrap().start) - seconds(24) + 1;
    out.write_all(&capture[..24]).unwrap();
    let mut written = 0;
    for round in 0.. {
        for record in &records {
            if written == PACKETS {
                return;
            }
            let time = seconds(record.start) + round * length;
            out.write_all(&time.to_le_bytes()).unwrap();
            out.write_all(&capture[record.start + 4..record.end]).unwrap();
            written += 1;
        }
    }
}

/// Waits for the end and gives the peak of the resident memory, KiB.
fn peak_kib(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return peak;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn analyze(input: &str, stdin: Stdio) -> Child {
    let mut command = migqos();
    command.args(["analyze", "--no-report", "--format", "json", input]);
    command.stdin(stdin).stdout(Stdio::null()).spawn().unwrap()
}

fn file(path: &Path) -> u64 {
    peak_kib(analyze(path.to_str().unwrap(), Stdio::null()))
}

#[test]
fn ten_million_packets_plain_gzip_and_standard_input_stay_under_150_mib() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.pcap");
    let mut out = BufWriter::new(std::fs::File::create(&plain).unwrap());
    write_repeated(&mut out);
    out.flush().unwrap();
    let mut peaks = vec![("plain", file(&plain))];
    let stdin = Stdio::from(std::fs::File::open(&plain).unwrap());
    peaks.push(("standard input", peak_kib(analyze("-", stdin))));
    let gzip = folder.path().join("gzip.pcap");
    let packed = BufWriter::new(std::fs::File::create(&gzip).unwrap());
    let mut out = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    write_repeated(&mut out);
    out.finish().unwrap().flush().unwrap();
    peaks.push(("gzip", file(&gzip)));
    println!("peak memory, KiB: {peaks:?}");
    assert!(peaks.iter().all(|(_, peak)| (1..LIMIT_KIB).contains(peak)), "{peaks:?}");
}
