//! The hot path does not grow slower unnoticed: instructions per packet against those that benches/instructions.toml
//! records. `make instructions` records them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../benches/count.rs"]
mod count;
#[path = "../benches/traffic.rs"]
mod traffic;

/// How many times the recorded figure may be reached.
const MOST: f64 = 1.1;

/// Set by `make instructions`.
const RECORDING: &str = "MIGQOS_RECORD_INSTRUCTIONS";

const HEAD: &str = "\
# Instructions that one packet more costs, counted by valgrind's callgrind on one thread: `make instructions`.
# A test fails where one of them grows by more than a tenth.
";

/// The program as it is given to people: what a debug build counts says nothing.
fn release_build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--bin", "migqos", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status();
    assert!(status.unwrap().success());
    target.join("release/migqos")
}

#[test]
fn a_packet_costs_no_more_instructions_than_recorded() {
    if !count::can_count() {
        println!("skipped: valgrind is not installed");
        return;
    }
    let migqos = release_build();
    let folder = tempfile::tempdir().unwrap();
    let figures: Vec<(&str, f64)> = count::INPUTS
        .iter()
        .map(|input| (input.name, count::per_packet(&migqos, input, folder.path()).unwrap()))
        .collect();
    println!("instructions per packet: {figures:?}");
    if std::env::var_os(RECORDING).is_some() {
        let rows: String = figures
            .iter()
            .map(|(name, figure)| format!("{name} = {figure:.1}\n"))
            .collect();
        std::fs::write(count::RECORD, format!("{HEAD}{rows}")).unwrap();
        return;
    }
    let recorded = count::recorded().unwrap();
    for (name, figure) in figures {
        let limit = recorded[name] * MOST;
        assert!(
            figure <= limit,
            "{name}: {figure:.1} instructions per packet, {:.1} are recorded; `make instructions` records them anew",
            recorded[name]
        );
    }
}
