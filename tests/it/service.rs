//! The virtual machine's own traffic against the logs of its clients.

use std::path::Path;

use serde_json::Value;

use crate::common::{analyze, fixture, inspect, json, number, shared};

/// When a probe was sent, and whether its answer came; Unix nanoseconds.
fn probes(log: &Path) -> Vec<(i64, bool)> {
    let text = std::fs::read_to_string(log).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let mut fields = line.split(',').skip(1);
        let mut next = || fields.next().unwrap().parse::<i64>().unwrap();
        (next(), next() != 0)
    });
    rows.collect()
}

/// The client's own log: of 1153 UDP probes 20 came back to nobody, of 526 pings 7; all of them while the VM moved.
#[test]
fn loss_is_the_clients_and_all_of_it_while_the_machine_moved() {
    let truth = json(&fixture("client-echo.truth.json"));
    let sum = |key: &str| number(&truth, &format!("/client/udp/{key}"));
    let sent = sum("sent") + number(&truth, "/client/ping/sent");
    let lost = sum("lost") + number(&truth, "/client/ping/sent") - number(&truth, "/client/ping/received");
    for options in [&["--vm", "10.132.5.100"][..], &[]] {
        let found = analyze(&fixture("client-echo.pcap.zst"), options);
        let service = &found["service"];
        assert_eq!(
            (&service["vm"], &service["client"]),
            (&"10.132.5.100".into(), &"10.132.4.50".into())
        );
        let loss = number(service, "/loss_pct");
        assert!((loss - lost * 100.0 / sent).abs() < 0.001, "{loss} %");
        assert!(number(service, "/grades/overall/index") > 0.0);
        assert_eq!(number(service, "/before/loss_pct"), 0.0);
        assert_eq!(number(service, "/after/loss_pct"), 0.0);
        // All 27 in the two seconds that the gap reaches into; the client sent its 1,679 requests in 12.3 s.
        let during = number(service, "/during/loss_pct");
        assert!(
            (during - 27.0 * 100.0 / (2.0 * 1_679.0 / 12.3)).abs() < 0.5,
            "{during} %"
        );
    }
}

/// Where every frame of the machine was captured, its loss and its RTT in each part are those of the client's log.
#[test]
fn shared_the_parts_are_those_of_the_clients_log() {
    let Some(lab) = shared("lab") else { return };
    let folder = lab.join("09-client-udp-ping");
    let found = analyze(&folder.join("sw.pcapng.zst"), &["--vm", "10.132.5.100"]);
    let log = probes(&folder.join("client_udp.csv"));
    let zero = found["capture"]["first_ns"].as_i64().unwrap();
    let [start, end] = ["start_s", "end_s"].map(|key| {
        let seconds = number(&found, &format!("/migration/{key}"));
        zero + (seconds * 1e9) as i64
    });
    for (part, from, to) in [("before", 0, start), ("during", start, end), ("after", end, i64::MAX)] {
        let sent: Vec<_> = log.iter().filter(|(sent, _)| (from..to).contains(sent)).collect();
        let lost = sent.iter().filter(|(_, answered)| !answered).count();
        let truth = lost as f64 * 100.0 / sent.len() as f64;
        let loss = number(&found, &format!("/service/{part}/loss_pct"));
        // The pings count too, half as many.
        assert!(
            (loss - truth).abs() <= f64::max(0.4, truth * 0.1),
            "{part}: {loss} %, {truth} % of the probes"
        );
    }
}

#[test]
fn the_seconds_add_up_to_the_whole() {
    for options in [
        &["--vm", "10.132.5.100"][..],
        &["--vm", "10.132.5.100", "--interval", "100ms"],
    ] {
        let found = analyze(&fixture("client-echo.pcap.zst"), options);
        let seconds = found["service"]["seconds"].as_array().unwrap();
        assert!(seconds.len() >= 14, "{}", seconds.len());
        let packets: u64 = seconds.iter().map(|second| second["packets"].as_u64().unwrap()).sum();
        let conversations = inspect(&fixture("client-echo.pcap.zst"), &[]);
        let of_vm = |row: &&Value| {
            let ends = [&row["a"], &row["b"]].map(|end| end.as_str().unwrap().split(':').next().unwrap());
            ends.contains(&"10.132.5.100") && ends.contains(&"10.132.4.50")
        };
        let all = conversations["conversations"].as_array().unwrap().iter().filter(of_vm);
        let count = |row: &Value| row["packets_ab"].as_u64().unwrap() + row["packets_ba"].as_u64().unwrap();
        assert_eq!(packets, all.map(count).sum::<u64>());
        let lossy = seconds
            .iter()
            .filter(|second| second["loss_pct"].as_f64().is_some_and(|loss| loss > 0.0));
        let starts: Vec<f64> = lossy.map(|second| number(second, "/start_s")).collect();
        // The machine was gone from 8.9 to 9.15 s.
        assert!(starts.iter().all(|&start| (8.0..9.2).contains(&start)), "{starts:?}");
        for second in seconds {
            assert!(second["index"].is_number() || second["index_reason"].is_string());
        }
    }
}

/// Requests and losses of every probe that the lab sent, at every point that saw them.
#[test]
fn shared_echo_at_every_capture_point_is_what_the_client_sent_and_lost() {
    let Some(lab) = shared("lab") else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(&lab).unwrap() {
        let folder = entry.unwrap().path();
        let truth = folder.join("truth.json");
        if !truth.is_file() {
            continue;
        }
        let truth = json(&truth);
        let points = crate::common::captures_under(&folder);
        for (kind, key) in [("udp", "udp"), ("icmp", "ping")] {
            let Some(client) = truth["client"].get(key) else {
                continue;
            };
            let sent = number(client, "/sent");
            let answered = client["received"].as_f64();
            let lost = client["lost"].as_f64().unwrap_or_else(|| sent - answered.unwrap());
            let at = |name: &str| {
                let point = points.iter().find(|path| {
                    let file = path.file_name().unwrap().to_string_lossy();
                    file.split('.').next() == Some(name)
                })?;
                let found = inspect(point, &[]);
                let rows = found["echo"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|row| row["kind"] == kind);
                Some(rows.fold((0.0, 0.0), |(sent, lost), row| {
                    (sent + number(row, "/sent"), lost + number(row, "/lost"))
                }))
            };
            for point in ["client", "sw"] {
                if let Some(found) = at(point) {
                    assert_eq!(found, (sent, lost), "{} {point} {kind}", folder.display());
                    checked += 1;
                }
            }
            // Each request went to the node where the machine was at the time.
            if let (Some(source), Some(target)) = (at("src"), at("dst")) {
                let both = (source.0 + target.0, source.1 + target.1);
                assert_eq!(both, (sent, lost), "{} {kind}", folder.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 20, "{checked}");
}
