//! The report of a real migration, from the capture to the Word file.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{fixture, installed, migqos};

/// Analyses a fixture into a folder and gives its report.
fn report(folder: &Path, name: &str, more: &[&str]) -> String {
    let output = migqos()
        .current_dir(folder)
        .arg("analyze")
        .arg(fixture(name))
        .args(["-o", "."])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stem = name.split('.').next().unwrap();
    fs::read_to_string(folder.join(stem).join("report.md")).unwrap()
}

#[test]
fn the_report_opens_with_the_answer_in_the_readers_language() {
    let folder = tempfile::tempdir().unwrap();
    let english = report(folder.path(), "precopy-loss.pcap.zst", &["--link-capacity", "1Gbit"]);
    assert!(english.contains("**Overall: "), "{english}");
    for heading in [
        "## Result",
        "## The migration",
        "## Over time",
        "## Connections",
        "## The capture",
        "## Method",
        "## References",
    ] {
        assert!(english.contains(heading), "{heading}");
    }
    let more = [
        "--lang",
        "id",
        "--decimal-comma",
        "--timezone",
        "WIB",
        "--link-capacity",
        "1Gbit",
    ];
    let indonesian = report(folder.path(), "precopy-loss.pcap.zst", &more);
    assert!(indonesian.contains("**Keseluruhan: "), "{indonesian}");
    assert!(indonesian.contains("WIB (UTC+07:00)"), "{indonesian}");
    assert!(indonesian.contains("Sangat Bagus"), "{indonesian}");
    for leftover in ["{", "error", "NaN"] {
        assert!(
            !english.contains(leftover) && !indonesian.contains(leftover),
            "{leftover}"
        );
    }
}

#[test]
fn the_parts_of_a_run_joined_give_the_figures_of_the_whole_in_whatever_order() {
    if !installed("editcap") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let packed = fs::File::open(fixture("precopy-loss.pcap.zst")).unwrap();
    zstd::stream::copy_decode(packed, fs::File::create(folder.path().join("whole.pcap")).unwrap()).unwrap();
    let cut = ["-c", "20000", "whole.pcap", "part.pcap"];
    assert!(
        Command::new("editcap")
            .current_dir(folder.path())
            .args(cut)
            .status()
            .unwrap()
            .success()
    );
    let answer = |captures: &[&str]| {
        let options = ["--join", "--no-report", "--format", "json"];
        let output = migqos()
            .current_dir(folder.path())
            .arg("analyze")
            .args(captures)
            .args(options)
            .output()
            .unwrap();
        let mut answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        // How the parts are called and packed is all that may differ.
        answer.as_object_mut().unwrap().remove("capture");
        answer
    };
    let mut parts: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("part"))
        .collect();
    parts.sort_by(|a, b| b.cmp(a));
    assert_eq!(parts.len(), 3);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_eq!(answer(&parts), answer(&["whole.pcap"]));
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let output = migqos()
        .current_dir(root)
        .args(["analyze", "fixtures/precopy-loss.pcap.zst", "--no-report"])
        .output()
        .unwrap();
    assert_eq!(
        shown.unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        "the example in README.md is out of date"
    );
}

#[test]
fn wireshark_shows_the_selection_and_each_flagged_second_by_the_reports_filters() {
    if !installed("tshark") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // tshark 4.0 does not read zstd.
    let plain = folder.path().join("run.pcap");
    let packed = fs::File::open(fixture("precopy-loss.pcap.zst")).unwrap();
    zstd::stream::copy_decode(packed, fs::File::create(&plain).unwrap()).unwrap();
    let output = migqos()
        .current_dir(folder.path())
        .args([
            "analyze", "run.pcap", "--format", "json", "-o", ".", "--during", "capture",
        ])
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = |filter: &str| {
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&plain)
            .args(["-Y", filter])
            .output()
            .unwrap();
        output.stdout.iter().filter(|byte| **byte == b'\n').count() as u64
    };
    let selection = &answer["selection"];
    assert_eq!(
        shown(selection["display_filter"].as_str().unwrap()),
        selection["packets"].as_u64().unwrap()
    );

    let report = fs::read_to_string(folder.path().join("run/report.md")).unwrap();
    let flagged: Vec<&str> = report.lines().filter(|line| line.starts_with("- second ")).collect();
    assert!(
        !flagged.is_empty(),
        "the capture begins before the migration: its first seconds are poor"
    );
    for line in flagged {
        let start: f64 = line.split(['d', ',']).nth(1).unwrap().trim().parse().unwrap();
        let seconds = answer["seconds"].as_array().unwrap();
        let row = seconds.iter().find(|row| row["start_s"] == start).unwrap();
        // The row counts the graded direction; the filter shows both.
        let filter = line.split('`').nth(1).unwrap();
        let forward = format!(
            "({filter}) && ip.src == {}",
            answer["nodes"]["source"][0].as_str().unwrap()
        );
        assert_eq!(shown(&forward), row["packets"].as_u64().unwrap(), "{line}");
    }
}

#[test]
fn pandoc_makes_a_word_file_of_a_real_report() {
    if !installed("pandoc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), "precopy-loss.pcap.zst", &["--lang", "id"]);
    let folder = folder.path().join("precopy-loss");
    let run = |arguments: &[&str]| {
        let output = Command::new("pandoc")
            .current_dir(&folder)
            .args(arguments)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && stderr.is_empty(), "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["report.md", "-o", "report.docx"]);
    let word = run(&["report.docx", "-t", "native"]);
    let captions = |what: &str| report.lines().filter(|line| line.starts_with(what)).count();
    assert_eq!(word.matches("Table\n").count(), captions("**Tabel "));
    assert_eq!(word.matches("Image\n").count(), captions("**Gambar "));
}

#[test]
fn each_phase_of_a_migration_has_figures_of_its_own() {
    let output = migqos()
        .args(["analyze", "--no-report", "--format", "json"])
        .arg(fixture("storage.pcap.zst"))
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let phases = answer["migration"]["phases"].as_array().unwrap();
    let names: Vec<&str> = phases.iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["storage", "setup", "precopy", "stop-and-copy"]);
    for phase in phases
        .iter()
        .filter(|phase| phase["name"] != "storage" && phase["name"] != "setup")
    {
        let number = |key: &str| phase[key].as_f64().unwrap();
        let ip_bytes = number("throughput_bps") * (number("end_s") - number("start_s")) / 8.0;
        // Super-frames: the headers add next to nothing to the payload.
        let ratio = ip_bytes / number("bytes");
        assert!((0.98..1.05).contains(&ratio), "{phase}: {ratio}");
        assert_eq!(number("loss_pct"), 0.0);
        assert!(number("rtt_ms") > 0.0);
    }
}
