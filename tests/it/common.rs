//! Where things are, and how the program is called.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[path = "../support/shared.rs"]
mod location;

pub use location::shared;

/// A file of `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The program.
pub fn migqos() -> Command {
    Command::new(env!("CARGO_BIN_EXE_migqos"))
}

/// Runs the program; panics with what it said where it does not end with 0.
pub fn answer(arguments: &[&str]) -> Vec<u8> {
    let output = migqos().args(arguments).output().unwrap();
    succeeded(arguments, output)
}

/// The same with `input` as standard input.
pub fn answer_from(arguments: &[&str], input: &Path) -> Vec<u8> {
    let file = std::fs::File::open(input).unwrap();
    let output = migqos().args(arguments).stdin(Stdio::from(file)).output().unwrap();
    succeeded(arguments, output)
}

fn succeeded(arguments: &[&str], output: Output) -> Vec<u8> {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {} {said}", output.status);
    output.stdout
}

/// `inspect` as JSON.
pub fn inspect(path: &Path, more: &[&str]) -> Value {
    let path = path.to_str().unwrap();
    let arguments = [&["inspect", path, "--format", "json"], more].concat();
    serde_json::from_slice(&answer(&arguments)).unwrap()
}

/// `analyze` as JSON.
pub fn analyze(path: &Path, more: &[&str]) -> Value {
    let path = path.to_str().unwrap();
    let arguments = [&["analyze", path, "--no-report", "--format", "json"], more].concat();
    serde_json::from_slice(&answer(&arguments)).unwrap()
}

/// A JSON file.
pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A number of a JSON document, by a path such as `/metrics/standard/loss_pct`.
pub fn number(value: &Value, pointer: &str) -> f64 {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at {pointer}"))
}

/// True where the tool can be run; says so where it cannot.
pub fn installed(tool: &str) -> bool {
    let found = Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: {tool} is not installed");
    }
    found
}

/// All captures under a folder, by their names.
pub fn captures_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if [".pcap", ".pcap.zst", ".pcapng", ".pcapng.zst", ".pcapng.gz"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
