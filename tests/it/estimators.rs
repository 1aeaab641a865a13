//! The standard estimators against what the network did: relays that logged every frame they dropped and delayed, and the
//! same run seen from both ends.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{analyze, fixture, json, number, shared};

fn standard(found: &Value, key: &str) -> f64 {
    number(found, &format!("/metrics/standard/{key}"))
}

/// Two figures of loss are the same within 0.01 points or 5 %, whichever is more.
fn same_loss(found: f64, truth: f64) -> bool {
    (found - truth).abs() <= f64::max(0.01, truth * 0.05)
}

/// What the network between the nodes did to one run.
struct Network {
    /// TCP data frames dropped over those carried, from source to target, percent.
    loss_pct: f64,
    /// Sum of both one-way means, where they were measured, ms.
    path_ms: Option<f64>,
}

impl Network {
    fn read(truth: &Path) -> Self {
        let truth = json(truth);
        if truth.get("mixed").is_some() {
            let frames = |key: &str| number(&truth, &format!("/mixed/{key}_frames"));
            return Self {
                loss_pct: frames("dropped") * 100.0 / frames("seen"),
                path_ms: None,
            };
        }
        let relay = |key: &str| number(&truth, &format!("/relay/{key}"));
        Self {
            loss_pct: relay("ab/tcp_data_dropped") * 100.0 / relay("ab/tcp_data_in"),
            path_ms: Some((relay("ab/delay_us/mean") + relay("ba/delay_us/mean")) / 1000.0),
        }
    }
}

fn nodes(path: &Path) -> [&'static str; 4] {
    match path.to_string_lossy().contains("ipv6") {
        true => ["--source", "fd00:132::126", "--target", "fd00:132::16"],
        false => ["--source", "10.132.6.126", "--target", "10.132.4.16"],
    }
}

/// Holds a run's captures at both ends against the network between them, and against each other.
fn check(source: &Path, target: &Path, network: &Network) {
    let found = [source, target].map(|path| analyze(path, &nodes(path)));
    for ((path, found), wrong_side) in [source, target]
        .iter()
        .zip(&found)
        .zip(["loss_upstream_pct", "loss_downstream_pct"])
    {
        let path = path.display();
        let (loss, truth) = (standard(found, "loss_pct"), network.loss_pct);
        assert!(same_loss(loss, truth), "{path}: {loss} % lost, the relay says {truth}");
        // All loss lies between the two capture points.
        let elsewhere = standard(found, wrong_side);
        assert!(same_loss(elsewhere, 0.0), "{path}: {elsewhere} % on the wrong side");
        if let Some(path_ms) = network.path_ms {
            let rtt = standard(found, "rtt_ms");
            let least = if truth > 1.0 { 0.80 } else { 0.95 };
            assert!(
                rtt >= path_ms * least && rtt <= path_ms * 1.15 + 3.0,
                "{path}: RTT {rtt} ms, the relay's delays add up to {path_ms}"
            );
        }
    }
    agree(source, &found[0], &found[1], 0.0);
}

/// The same run from both ends: the same loss and the same RTT, but for `slack_ms` of the hosts' own time.
fn agree(path: &Path, source: &Value, target: &Value, slack_ms: f64) {
    let path = path.display();
    let [lost, lost_there] = [source, target].map(|found| standard(found, "loss_pct"));
    assert!(same_loss(lost_there, lost), "{path}: {lost} and {lost_there} % lost");
    let [rtt, rtt_there] = [source, target].map(|found| standard(found, "rtt_ms"));
    let share = if lost > 1.0 { 0.20 } else { 0.12 };
    let apart = (rtt - rtt_there).abs();
    assert!(
        apart <= f64::max(rtt * share, slack_ms),
        "{path}: RTT {rtt} and {rtt_there} ms"
    );
}

#[test]
fn loss_and_rtt_are_the_relays_at_both_ends() {
    check(
        &fixture("precopy-loss.pcap.zst"),
        &fixture("precopy-loss-target.pcap.zst"),
        &Network::read(&fixture("precopy-loss.truth.json")),
    );
}

#[test]
fn shared_loss_and_rtt_are_the_relays_in_every_run_with_a_relay() {
    let Some(lab) = shared("lab") else { return };
    for (folder, target) in [
        ("03-precopy-loss-delay", "dst.pcap.zst"),
        ("14-clock-skew", "dst-true.pcap.zst"),
        // A clock that is 40 ppm fast measures the same round trips.
        ("14-clock-skew", "dst.pcap.zst"),
        // Super-frames at one end, wire-size frames at the other.
        ("16-mixed-offload", "dst.pcap.zst"),
    ] {
        let folder = lab.join(folder);
        let network = Network::read(&folder.join("truth.json"));
        check(&folder.join("src.pcap.zst"), &folder.join(target), &network);
    }
}

/// The lab's folders that hold the run from both ends.
fn seen_from_both_ends(lab: &Path) -> Vec<[PathBuf; 2]> {
    let end = |folder: &Path, name: &str| {
        let files = ["pcap.zst", "pcapng.zst"].map(|ending| folder.join(format!("{name}.{ending}")));
        files.into_iter().find(|file| file.is_file())
    };
    let folders = std::fs::read_dir(lab).unwrap().map(|entry| entry.unwrap().path());
    let mut runs: Vec<_> = folders
        .filter_map(|folder| Some([end(&folder, "src")?, end(&folder, "dst")?]))
        .collect();
    runs.sort();
    runs
}

#[test]
fn shared_both_ends_of_every_run_say_the_same() {
    let Some(lab) = shared("lab") else { return };
    let runs = seen_from_both_ends(&lab);
    assert!(runs.len() >= 15, "{}", runs.len());
    for run in runs {
        let [source, target] = [&run[0], &run[1]].map(|path| analyze(path, &nodes(path)));
        // 12: iperf3 sends in bursts of its own pace, on a path of 0.13 ms. What the target's capture sees of the other
        // half-path are answers to the pace.
        agree(&run[0], &source, &target, 0.15);
        // One grade for both ends.
        for parameter in ["throughput", "loss", "jitter", "delay"] {
            let category = |found: &Value| found["grades"][parameter]["category"].clone();
            assert_eq!(
                category(&source),
                category(&target),
                "{}: {parameter}",
                run[0].display()
            );
        }
        let payload = |found: &Value| number(found, "/migration/ram_bytes");
        if source["migration"].is_object() && target["migration"].is_object() {
            let (here, there) = (payload(&source), payload(&target));
            assert!(
                (here / there - 1.0).abs() < 1e-6,
                "{}: {here} and {there}",
                run[0].display()
            );
        }
    }
}

/// A switch's capture holds each frame twice, and gives the figures of the source's: rates within 0.1 %, since the two
/// points see the first and the last frame at other times, and round trips within 5 %.
fn check_copies(source: &Path, switch: &Path, copies: f64) {
    let nodes = nodes(source);
    let [source, switch] = [source, switch].map(|path| analyze(path, &nodes));
    let held_twice = number(&switch, "/capture/duplicate_packets");
    assert!(held_twice >= copies, "{held_twice} copies");
    let close = |pointer: &str, share: f64| {
        let (one, two) = (number(&source, pointer), number(&switch, pointer));
        assert!((one - two).abs() <= one.abs() * share, "{pointer}: {one} and {two}");
    };
    for key in ["throughput_bps", "wire_throughput_bps", "goodput_bps", "active_s"] {
        close(&format!("/metrics/standard/{key}"), 0.001);
    }
    close("/metrics/standard/rtt_ms", 0.05);
    close("/metrics/standard/delay_ms", 0.05);
    close("/metrics/standard/jitter_ms", 0.05);
    let loss = |found: &Value| standard(found, "loss_pct");
    assert!(same_loss(loss(&switch), loss(&source)));
    close("/migration/ram_bytes", 0.0);
    close("/migration/migration_time_ms", 0.000_1);
    for key in ["kind", "outcome"] {
        assert_eq!(source["migration"][key], switch["migration"][key]);
    }
    for key in ["stream_downtime_ms", "pause_ms"] {
        if source["migration"][key].is_number() {
            close(&format!("/migration/{key}"), 0.001);
        }
    }
    for parameter in ["throughput", "loss", "jitter", "delay", "overall"] {
        assert_eq!(
            source["grades"][parameter]["index"],
            switch["grades"][parameter]["index"]
        );
    }
}

#[test]
fn a_switchs_capture_gives_the_figures_of_the_sources() {
    check_copies(
        &fixture("multifd.pcap.zst"),
        &fixture("multifd-switch.pcapng.zst"),
        4000.0,
    );
}

#[test]
fn shared_a_switchs_capture_gives_the_figures_of_the_sources() {
    let Some(lab) = shared("lab") else { return };
    for (folder, copies) in [("05-multifd-4", 4000.0), ("09-client-udp-ping", 160_000.0)] {
        let folder = lab.join(folder);
        check_copies(&folder.join("src.pcap.zst"), &folder.join("sw.pcapng.zst"), copies);
    }
}
