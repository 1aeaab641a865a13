//! The standard estimators against what the network did: a relay that logged every frame it dropped and delayed.

use std::path::PathBuf;

use crate::common::{analyze, fixture, json, number, shared};

struct Run {
    source: PathBuf,
    target: PathBuf,
    truth: PathBuf,
}

fn check(run: &Run) {
    let truth = json(&run.truth);
    let relay = |key: &str| number(&truth, &format!("/relay/ab/{key}"));
    let lost_pct = relay("tcp_data_dropped") * 100.0 / relay("tcp_data_in");
    let one_way_ms = |direction: &str| number(&truth, &format!("/relay/{direction}/delay_us/mean")) / 1000.0;
    let path_ms = one_way_ms("ab") + one_way_ms("ba");
    let tolerance = f64::max(0.01, lost_pct * 0.05);
    let nodes = ["--source", "10.132.6.126", "--target", "10.132.4.16"];
    let [source, target] = [&run.source, &run.target].map(|path| analyze(path, &nodes));
    for (side, found) in [("source", &source), ("target", &target)] {
        let figure = |key: &str| number(found, &format!("/metrics/standard/{key}"));
        let loss = figure("loss_pct");
        assert!(
            (loss - lost_pct).abs() <= tolerance,
            "{side}: {loss} % lost, the relay says {lost_pct}"
        );
        let rtt = figure("rtt_ms");
        assert!(
            rtt >= path_ms * 0.95 && rtt <= path_ms * 1.15 + 3.0,
            "{side}: RTT {rtt} ms, the relay's delays add up to {path_ms}"
        );
        // All loss lies between the two capture points.
        let elsewhere = figure(if side == "source" {
            "loss_upstream_pct"
        } else {
            "loss_downstream_pct"
        });
        assert!(elsewhere <= tolerance, "{side}: {elsewhere} % on the wrong side");
    }
    let rtt = |found| number(found, "/metrics/standard/rtt_ms");
    let apart = (rtt(&source) - rtt(&target)).abs() / rtt(&source);
    assert!(apart <= 0.12, "RTT at the two ends differs by {apart}");
}

#[test]
fn loss_and_rtt_are_the_relays_at_both_ends() {
    check(&Run {
        source: fixture("precopy-loss.pcap.zst"),
        target: fixture("precopy-loss-target.pcap.zst"),
        truth: fixture("precopy-loss.truth.json"),
    });
}

#[test]
fn shared_loss_and_rtt_are_the_relays_in_every_run_with_a_relay() {
    let Some(lab) = shared("lab") else { return };
    check(&Run {
        source: lab.join("14-clock-skew/src.pcap.zst"),
        target: lab.join("14-clock-skew/dst-true.pcap.zst"),
        truth: lab.join("14-clock-skew/truth.json"),
    });
}
