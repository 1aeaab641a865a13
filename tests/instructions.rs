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
    let figures = count::all(&migqos, folder.path()).unwrap();
    println!("instructions per packet: {figures:?}");
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
