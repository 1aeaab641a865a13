//! Captures against figures: what must be measured where.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{analyze, fixture, shared};

/// What every capture between the nodes gives, in both families.
const BETWEEN_NODES: [&str; 19] = [
    "/metrics/standard/throughput_bps",
    "/metrics/standard/goodput_bps",
    "/metrics/standard/loss_pct",
    "/metrics/standard/loss_upstream_pct",
    "/metrics/standard/loss_downstream_pct",
    "/metrics/standard/rtt_ms",
    "/metrics/standard/delay_ms",
    "/metrics/standard/jitter_ms",
    "/metrics/standard/delay_ms_percentiles/p999",
    "/metrics/standard/pdv_ms",
    "/metrics/wireshark/throughput_bps",
    "/metrics/wireshark/loss_pct",
    "/metrics/wireshark/delay_ms",
    "/metrics/wireshark/jitter_ms",
    "/grades/throughput/index",
    "/grades/loss/index",
    "/grades/jitter/index",
    "/grades/delay/index",
    "/grades/overall/index",
];

/// What a client's capture gives between the client and the VM: no TCP, so no split of loss and no goodput of TCP.
const CLIENT: [&str; 6] = [
    "/metrics/standard/throughput_bps",
    "/metrics/standard/goodput_bps",
    "/metrics/standard/loss_pct",
    "/metrics/standard/delay_ms",
    "/metrics/standard/jitter_ms",
    "/grades/overall/index",
];

fn check(path: &Path, options: &[&str], wanted: &[&str]) {
    for method in ["standard", "wireshark"] {
        let found = analyze(path, &[options, &["--method", method]].concat());
        for pointer in wanted {
            let value = found.pointer(pointer).unwrap_or(&Value::Null);
            assert!(
                value.is_number(),
                "{} --method {method}: {pointer} is {value}",
                path.display()
            );
        }
        // An absent figure says why.
        let standard = found["metrics"]["standard"].as_object().unwrap();
        for (key, value) in standard {
            if value.is_null()
                && !["transmissions", "clock", "delay_method", "jitter_method", "loss_method"].contains(&key.as_str())
            {
                assert!(
                    standard.contains_key(&format!("{key}_reason")),
                    "{}: {key}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_fixture_between_the_nodes_gives_every_figure() {
    for name in [
        "precopy.pcap.zst",
        "precopy-target.pcap.zst",
        "precopy-loss.pcap.zst",
        "precopy-loss-target.pcap.zst",
        "postcopy.pcap.zst",
        "multifd.pcap.zst",
        "multifd-switch.pcapng.zst",
        "ssh.pcap.zst",
        "storage.pcap.zst",
        "cancelled.pcap.zst",
        "ipv6-vlan.pcap.zst",
        "no-migration.pcap.zst",
    ] {
        let nodes: &[&str] = match name {
            "ipv6-vlan.pcap.zst" => &["--source", "fd00:132::126", "--target", "fd00:132::16"],
            _ => &["--source", "10.132.6.126", "--target", "10.132.4.16"],
        };
        check(&fixture(name), nodes, &BETWEEN_NODES);
    }
}

#[test]
fn a_clients_echo_and_rtp_give_loss_delay_and_jitter() {
    check(
        &fixture("client-echo.pcap.zst"),
        &["--source", "10.132.4.50", "--target", "10.132.5.100"],
        &CLIENT,
    );
    check(
        &fixture("postcopy-client.pcap.zst"),
        &["--source", "10.132.4.50", "--target", "10.132.5.100"],
        &CLIENT,
    );
    check(
        &fixture("client-rtp.pcapng.gz"),
        &["--source", "10.132.5.100", "--target", "10.132.4.50"],
        &CLIENT,
    );
}

#[test]
fn shared_every_lab_capture_between_the_nodes_gives_every_figure() {
    let Some(lab) = shared("lab") else { return };
    let captures = crate::common::captures_under(&lab);
    let between: Vec<PathBuf> = captures
        .into_iter()
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            ["src", "dst", "sw"].iter().any(|side| name.starts_with(side))
        })
        .collect();
    assert!(between.len() > 80, "{}", between.len());
    for path in between {
        let ipv6 = path.to_string_lossy().contains("ipv6");
        let nodes: &[&str] = if ipv6 {
            &["--source", "fd00:132::126", "--target", "fd00:132::16"]
        } else {
            &["--source", "10.132.6.126", "--target", "10.132.4.16"]
        };
        check(&path, nodes, &BETWEEN_NODES);
    }
}

/// The nodes of a lab capture are found without being named, in the direction of the migration.
#[test]
fn the_nodes_are_found_and_the_source_is_the_sender_of_the_stream() {
    for (name, source, target, chosen_by) in [
        ("precopy.pcap.zst", "10.132.6.126", "10.132.4.16", "content"),
        ("precopy-target.pcap.zst", "10.132.6.126", "10.132.4.16", "content"),
        ("multifd-switch.pcapng.zst", "10.132.6.126", "10.132.4.16", "content"),
        ("storage.pcap.zst", "10.132.6.126", "10.132.4.16", "content"),
        ("ipv6-vlan.pcap.zst", "fd00:132::126", "fd00:132::16", "content"),
    ] {
        let found = analyze(&fixture(name), &[]);
        assert_eq!(found["nodes"]["source"][0], source, "{name}");
        assert_eq!(found["nodes"]["target"][0], target, "{name}");
        assert_eq!(found["nodes"]["chosen_by"], chosen_by, "{name}");
    }
}

/// The virtual machine went from 10.132.6.126 to 10.132.4.16 (the lab's notes).
#[test]
fn nodes_named_the_wrong_way_round_are_told() {
    let swapped = |capture: &str, options: &[&str]| {
        let found = analyze(&fixture(capture), options);
        let warnings = found["warnings"].as_array().unwrap().clone();
        let warning = warnings.into_iter().find(|warning| warning["code"] == "swapped_nodes");
        warning.map(|warning| warning["message"].as_str().unwrap().to_owned())
    };
    let (source, target) = ("10.132.6.126", "10.132.4.16");
    let said = "the migration in this capture goes from 10.132.6.126 to 10.132.4.16: --source and --target seem to be \
                swapped";
    let wrong = ["--source", target, "--target", source];
    assert_eq!(swapped("precopy.pcap.zst", &wrong).as_deref(), Some(said));
    assert_eq!(
        swapped("precopy.pcap.zst", &["--source", target]).as_deref(),
        Some(said)
    );
    assert_eq!(
        swapped("precopy.pcap.zst", &["--source", source, "--target", target]),
        None
    );
    assert_eq!(swapped("precopy.pcap.zst", &[]), None);
}

/// 120 MB within 0.86 s are more than 1 Gbit/s.
#[test]
fn a_throughput_above_the_capacity_is_told() {
    for (capacity, told) in [("100Mbit", true), ("10Gbit", false)] {
        let found = analyze(&fixture("precopy.pcap.zst"), &["--link-capacity", capacity]);
        let mut warnings = found["warnings"].as_array().unwrap().iter();
        let above = warnings.any(|warning| warning["code"] == "above_capacity");
        assert_eq!(above, told, "{capacity}");
    }
}
