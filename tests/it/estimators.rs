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

/// The client's own log: of 1153 UDP probes 20 came back to nobody, of 526 pings 7; all of them while the VM moved.
#[test]
fn the_vms_own_traffic_is_measured_before_during_and_after() {
    let truth = json(&fixture("client-echo.truth.json"));
    let sum = |key: &str| number(&truth, &format!("/client/udp/{key}"));
    let sent = sum("sent") + number(&truth, "/client/ping/sent");
    let lost = sum("lost") + number(&truth, "/client/ping/sent") - number(&truth, "/client/ping/received");
    let found = analyze(&fixture("client-echo.pcap.zst"), &["--vm", "10.132.5.100"]);
    let service = &found["service"];
    assert_eq!(
        (&service["vm"], &service["client"]),
        (&"10.132.5.100".into(), &"10.132.4.50".into())
    );
    let loss = number(service, "/loss_pct");
    assert!((loss - lost * 100.0 / sent).abs() < 0.001, "{loss} %");
    assert!(number(service, "/grades/overall/index") > 0.0);
}
