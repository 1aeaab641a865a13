//! RTP streams as `tshark -q -z rtp,streams` lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::common::{inspect, shared};

/// Endpoints, SSRC, packets, lost, maximum delta, mean and maximum jitter, as tshark prints them. What it prints as
/// 0.000 for want of a clock is absent here, and says so.
fn listed(path: &Path) -> BTreeSet<String> {
    let found = inspect(path, &[]);
    let rows = found["rtp_streams"].as_array().unwrap().iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap().replace(':', " ");
        let jitter = &row["jitter_ms"];
        let printed = |of: &Value, key: &str| match of[key].as_f64() {
            Some(value) => format!("{value:.3}"),
            None => {
                let reason = of[format!("{key}_reason")].as_str().unwrap();
                let known = [
                    "the clock rate of the RTP payload type is not known",
                    "fewer than two samples",
                ];
                assert!(known.contains(&reason), "{reason}");
                "0.000".to_owned()
            }
        };
        format!(
            "{} {} 0x{:08X} {} {} {} {} {}",
            text("src"),
            text("dst"),
            row["ssrc"].as_u64().unwrap(),
            row["packets"],
            row["lost"],
            printed(row, "max_delta_ms"),
            printed(jitter, "mean"),
            printed(jitter, "max")
        )
    });
    rows.collect()
}

#[test]
fn shared_corpus_rtp_streams_are_tsharks_to_the_last_digit() {
    let Some(corpus) = shared("corpus") else { return };
    let table = std::fs::read_to_string(corpus.join("truth/rtp.tsv")).unwrap();
    let mut by_file: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let mut columns = line.split('\t');
        let (file, row) = (columns.next().unwrap(), columns.nth(1).unwrap());
        let fields: Vec<&str> = row.split(' ').filter(|field| *field != "X").collect();
        let n = fields.len();
        let (packets, lost): (i64, i64) = (fields[n - 9].parse().unwrap(), fields[n - 8].parse().unwrap());
        let streams = by_file.entry(file).or_default();
        // docs/WIRESHARK.md: a single packet, or one number again and again, is no stream here.
        if packets > 1 && packets + lost > 1 {
            let ends = fields[2..7].join(" ");
            let figures = [n - 9, n - 8, n - 4, n - 2, n - 1].map(|at| fields[at]).join(" ");
            streams.insert(format!("{ends} {figures}"));
        }
    }
    assert!(by_file.len() >= 5, "{}", by_file.len());
    for (file, theirs) in by_file {
        assert_eq!(listed(&corpus.join("accuracy").join(file)), theirs, "{file}");
    }
}

/// Right of the SSRC: the output of tshark 4.0.17 for each capture.
#[test]
fn shared_lab_rtp_stream_is_tsharks_to_the_last_digit() {
    let Some(lab) = shared("lab") else { return };
    for (capture, figures) in [
        ("src.pcap.zst", "351 0 68.697 3.146 11.406"),
        ("dst.pcap.zst", "161 0 26.899 0.909 3.307"),
        ("client.pcapng.gz", "512 0 226.333 2.988 17.575"),
    ] {
        let expected = format!("10.132.5.100 5004 10.132.4.50 40000 0x1234ABCD {figures}");
        let found = listed(&lab.join("10-client-http-rtp").join(capture));
        assert_eq!(found, BTreeSet::from([expected]), "{capture}");
    }
}
