//! `--log`: the hypervisor's own figures beside those of the capture.

use serde_json::Value;

use crate::common::{analyze, json, migqos, number, shared};

fn codes(summary: &Value) -> Vec<&str> {
    let warnings = summary["warnings"].as_array().unwrap().iter();
    warnings.map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// A row of what both tell.
fn row<'a>(log: &'a Value, figure: &str) -> &'a Value {
    let rows = log["compared"].as_array().unwrap();
    rows.iter()
        .find(|row| row["figure"] == figure)
        .unwrap_or_else(|| panic!("{figure} in {log:#}"))
}

/// Codes that say that log and capture do not go together.
fn contradictions(summary: &Value) -> Vec<&str> {
    let of_logs = |code: &&str| code.starts_with("log_") || code.contains("transferred") || code.contains("downtime");
    codes(summary).into_iter().filter(of_logs).collect()
}

#[test]
fn shared_lab_each_task_log_stands_beside_its_capture() {
    let Some(shared) = shared("") else { return };
    let mut logs = 0;
    for entry in std::fs::read_dir(shared.join("logs")).unwrap() {
        let log = entry.unwrap().path();
        let name = log.file_name().unwrap().to_string_lossy().into_owned();
        let run = shared.join("lab").join(name.split('.').next().unwrap());
        for point in ["src.pcap.zst", "dst.pcap.zst", "dst.pcapng.zst"] {
            // 14's target has a false clock.
            let capture = run.join(point);
            if !capture.is_file() || name.starts_with("14") && point.starts_with("dst") {
                continue;
            }
            logs += 1;
            let summary = analyze(&capture, &["--log", log.to_str().unwrap()]);
            let context = format!("{name} {point}");
            let truth = json(&run.join("truth.json"));
            let said = &summary["log"];
            assert_eq!(said["kind"], "proxmox", "{context}");
            assert_eq!(number(said, "/utc_offset_s"), 25_200.0, "{context}");
            let apart = number(said, "/clock_difference_s");
            assert!((-1.1..0.1).contains(&apart), "{context}: {apart}");
            assert_eq!(contradictions(&summary), [""; 0], "{context}");
            if truth["summary"]["status"] == "cancelled" {
                assert_eq!(said["outcome"], "aborted");
                assert!(said["error"].as_str().unwrap().contains("cancelled"));
                assert!(said["downtime_ms"].is_null() && said["downtime_ms_reason"] == "the log does not say");
                continue;
            }
            assert_eq!(
                number(said, "/downtime_ms"),
                number(&truth, "/summary/downtime_ms_qemu"),
                "{context}"
            );
            let time = row(said, "migration_time_ms");
            assert!(number(time, "/difference").abs() <= 1100.0, "{context}: {time}");
            if said["transferred_bytes"].is_null() {
                continue;
            }
            let memory = row(said, "ram_bytes");
            // The rounding to a tenth of a MiB, QEMU 7.2's uncounted 160 kB, SSH's 0.1 %.
            let allowed = number(said, "/transferred_resolution_bytes") + 260_000.0;
            assert!(number(memory, "/difference").abs() <= allowed, "{context}: {memory}");
            // The order stands in the second in which the first SYN was sent.
            let late = number(&summary, "/migration/start_s") - number(said, "/start_s");
            assert!((-0.1..1.1).contains(&late), "{context}: {late}");
        }
    }
    assert!(logs > 25, "{logs}");
}

#[test]
fn shared_lab_logs_go_with_the_captures_in_their_order() {
    let Some(shared) = shared("lab/13-thesis-30x2") else {
        return;
    };
    let pattern = |name: &str| shared.join("game-*").join(name).to_string_lossy().into_owned();
    let output = migqos()
        .args(["analyze", &pattern("src.pcap*"), "--log", &pattern("task.log")])
        .args(["--no-report", "--format", "json"])
        .output()
        .unwrap();
    let summaries: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summaries.len(), 30);
    for (index, summary) in summaries.iter().enumerate() {
        let run = shared.join(format!("game-{:02}", index + 1));
        let truth = json(&run.join("truth.json"));
        let said = &summary["log"];
        assert_eq!(said["path"].as_str(), run.join("task.log").to_str());
        assert_eq!(
            number(said, "/downtime_ms"),
            number(&truth, "/summary/downtime_ms_qemu")
        );
        assert_eq!(contradictions(summary), [""; 0], "{}", run.display());
    }
}

#[test]
fn shared_lab_query_migrate_and_the_wire_count_the_same_bytes() {
    let Some(shared) = shared("lab") else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["03-precopy-loss-delay", "05-multifd-4", "09-client-udp-ping"] {
        let run = shared.join(name);
        let truth = json(&run.join("truth.json"));
        let log = folder.path().join("query.json");
        std::fs::write(
            &log,
            serde_json::json!({ "return": truth["query_migrate_final"] }).to_string(),
        )
        .unwrap();
        let summary = analyze(&run.join("src.pcap.zst"), &["--log", log.to_str().unwrap()]);
        let said = &summary["log"];
        assert_eq!(said["kind"], "qmp", "{name}");
        assert_eq!(said["utc_offset_s_reason"], "the log does not say");
        let memory = row(said, "ram_bytes");
        let share = number(memory, "/difference").abs() / number(memory, "/log");
        assert!(share < 0.003, "{name}: {memory}");
        let time = row(said, "migration_time_ms");
        let allowed = (0.06 * number(time, "/log")).max(40.0);
        assert!((-5.0..allowed).contains(&number(time, "/difference")), "{name}: {time}");
        assert_eq!(contradictions(&summary), [""; 0], "{name}");
    }
}

const TASK: &str = "2026-11-20 SECOND starting migration of VM 100 to node 'pve2' (10.132.4.16)\n\
                    2026-11-20 SECOND start migrate command to tcp:10.132.4.16:60000\n\
                    2026-11-20 SECOND average migration speed: 53.5 MiB/s - downtime 61 ms\n\
                    2026-11-20 SECOND migration completed, transferred 118.7 MiB VM-state\n";

/// The second of a time, `zone_s` ahead of UTC, as a task log writes it.
fn second(ns: i64, zone_s: i64) -> String {
    let of_day = (ns / 1_000_000_000 + zone_s).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Two migrations in one capture: a log is set beside the one that it tells of, in whatever zone.
#[test]
fn shared_lab_a_log_finds_its_migration_among_several() {
    let Some(run) = shared("lab/18-there-and-back") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("task.log");
    let capture = run.join("src.pcap.zst");
    let plain = analyze(&capture, &[]);
    let starts = |index: usize| {
        let start_s = number(&plain, &format!("/migrations/{index}/start_s"));
        plain["capture"]["first_ns"].as_i64().unwrap() + (start_s * 1e9) as i64
    };
    let there = TASK.replace("SECOND", &second(starts(0), 20_700));
    let back = TASK
        .replace("SECOND", &second(starts(1), 20_700))
        .replace("10.132.4.16", "10.132.6.126")
        .replace("53.5", "53.6");
    let path = log.to_str().unwrap();
    // Both tasks in one file, each migration finds its own.
    std::fs::write(&log, format!("{there}{back}")).unwrap();
    for (number_, speed) in [("1", 53.5), ("2", 53.6)] {
        let summary = analyze(&capture, &["--log", path, "--migration", number_]);
        let said = &summary["log"];
        assert_eq!(number(said, "/utc_offset_s"), 20_700.0);
        assert_eq!(said["run"].to_string(), number_);
        assert_eq!(said["runs"], 2);
        let found = number(said, "/average_bytes_per_s") / 1_048_576.0;
        assert!((found - speed).abs() < 1e-6, "{found}");
    }
    // The log of the way back does not tell of the way there.
    std::fs::write(&log, &back).unwrap();
    let summary = analyze(&capture, &["--log", path]);
    assert!(summary["log"].is_null());
    assert_eq!(summary["log_reason"], "the log is of another migration");
    assert_eq!(contradictions(&summary), ["log_of_other_migration"]);
    assert_eq!(analyze(&capture, &["--log", path, "--migration", "2"])["log"]["run"], 1);
}

#[test]
fn shared_lab_a_log_of_another_run_says_so() {
    let Some(shared) = shared("") else { return };
    let capture = shared.join("lab/01-precopy-idle-gso/src.pcap.zst");
    let log = shared.join("logs/09-client-udp-ping.log");
    let summary = analyze(&capture, &["--log", log.to_str().unwrap()]);
    assert_eq!(
        contradictions(&summary),
        ["log_not_aligned", "less_than_transferred"],
        "{:#}",
        summary["warnings"]
    );
    let negative = shared.join("lab/12-no-migration/src.pcap.zst");
    let summary = analyze(&negative, &["--log", log.to_str().unwrap()]);
    assert_eq!(contradictions(&summary), ["log_without_migration"]);
    assert_eq!(summary["log_reason"], "no migration was recognised");
}

/// A downtime longer than the migration cannot be; a throughput that does not make the amount is of something else.
#[test]
fn shared_lab_figures_of_a_log_that_cannot_be_are_warned_of() {
    let Some(run) = shared("lab/01-precopy-idle-gso") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("query.json");
    let warned = |text: &str| {
        std::fs::write(&log, text).unwrap();
        let summary = analyze(&run.join("src.pcap.zst"), &["--log", log.to_str().unwrap()]);
        contradictions(&summary)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let state = |downtime: u64, sent: u64| {
        format!(
            r#"{{"status": "completed", "total-time": 900, "downtime": {downtime}, "ram": {{"transferred": {sent}}}}}"#
        )
    };
    assert_eq!(warned(&state(111, 119_800_000)), [""; 0]);
    assert_eq!(warned(&state(5000, 119_800_000)), ["downtime_above_migration_time"]);
    assert_eq!(warned(&state(111, 60_000_000)), ["more_than_transferred"]);
    assert_eq!(warned(&state(111, 240_000_000)), ["less_than_transferred"]);
}

fn refused(arguments: &[&str]) -> String {
    let output = migqos().arg("analyze").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_no_log_ends_the_program_before_any_work() {
    let capture = crate::common::fixture("precopy.pcap.zst");
    let capture = capture.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let note = write("note.txt", "\n\nbuy milk\n");
    let said = refused(&[capture, "--log", &note, "--no-report"]);
    assert!(
        said.starts_with(&format!("error: {note}: not a migration log: line 3: ")),
        "{said}"
    );
    assert!(
        said.contains("buy milk") && said.contains("Proxmox VE's task log"),
        "{said}"
    );
    let cut = write("cut.json", "{\"return\":\n {\"status\": \"compl");
    let said = refused(&[capture, "--log", &cut, "--no-report"]);
    assert!(said.contains("line 2") && said.contains("JSON"), "{said}");
    let missing = folder.path().join("absent.log");
    let said = refused(&[capture, "--log", missing.to_str().unwrap(), "--no-report"]);
    assert!(said.contains("absent.log"), "{said}");
    let task = crate::common::fixture("precopy-loss.task.log");
    let said = refused(&[capture, capture, "--log", task.to_str().unwrap(), "--no-report"]);
    assert!(said.contains("1 log for 2 runs"), "{said}");
}

/// Whole payload: QEMU's own counts, page by page and byte by byte, and its log beside them.
#[test]
fn the_rounds_of_a_whole_stream_are_those_that_qemu_counted() {
    let capture = crate::common::fixture("precopy-rounds.pcap.zst");
    let log = crate::common::fixture("precopy-rounds.query-migrate.json");
    let summary = analyze(&capture, &["--log", log.to_str().unwrap()]);
    let truth = json(&crate::common::fixture("precopy-rounds.truth.json"));
    let (migration, ram) = (&summary["migration"], &truth["query_migrate_final"]["ram"]);
    assert_eq!(migration["pages"]["normal"], ram["normal"]);
    assert_eq!(migration["pages"]["zero"], ram["duplicate"]);
    assert_eq!(
        migration["rounds"].as_u64(),
        ram["dirty-sync-count"].as_u64().map(|n| n - 1)
    );
    assert_eq!(migration["ram_bytes"], ram["transferred"]);
    let said = &summary["log"];
    assert_eq!(number(row(said, "ram_bytes"), "/difference"), 0.0);
    assert_eq!(number(row(said, "rounds"), "/difference"), -1.0);
    assert_eq!(contradictions(&summary), [""; 0]);
}

#[test]
fn a_task_log_is_placed_in_the_seconds_of_the_capture() {
    let capture = crate::common::fixture("precopy-loss.pcap.zst");
    let log = crate::common::fixture("precopy-loss.task.log");
    let path = log.to_str().unwrap();
    let found = analyze(&capture, &["--log", path]);
    let given = analyze(&capture, &["--log", path, "--timezone", "Asia/Jakarta"]);
    // UTC does not bring them together: the zone is found.
    let printed_in_utc = analyze(&capture, &["--log", path, "--timezone", "UTC"]);
    for summary in [&found, &given, &printed_in_utc] {
        assert_eq!(number(&summary["log"], "/utc_offset_s"), 25_200.0);
        assert_eq!(summary["log"]["events"], found["log"]["events"]);
    }
    let completed = found["log"]["events"].as_array().unwrap().iter();
    let completed = completed
        .filter(|event| event["text"].as_str().unwrap().starts_with("migration completed"))
        .map(|event| event["at_s"].as_f64().unwrap());
    // QEMU is asked once a second, and the log cuts the second off.
    let end_s = number(&found, "/migration/end_s");
    for at_s in completed {
        assert!((-1.0..2.0).contains(&(at_s - end_s)), "{at_s} {end_s}");
    }
}

#[test]
fn without_a_log_the_json_says_so() {
    let summary = analyze(&crate::common::fixture("precopy.pcap.zst"), &[]);
    assert!(summary["log"].is_null());
    assert_eq!(summary["log_reason"], "no log was given");
}

/// A pipe's log can be read once only.
#[cfg(unix)]
#[test]
fn a_log_from_a_pipe_is_as_good_as_a_file() {
    let capture = crate::common::fixture("precopy-loss.pcap.zst");
    let log = crate::common::fixture("precopy-loss.task.log");
    let script = r#"cat "$1" | "$0" analyze "$2" --no-report --format json --log /dev/stdin"#;
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_migqos")])
        .args([&log, &capture])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let piped: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = analyze(&capture, &["--log", log.to_str().unwrap()]);
    assert_eq!(piped["log"]["path"], "/dev/stdin");
    assert_eq!(piped["log"]["compared"], read["log"]["compared"]);
    assert_eq!(piped["log"]["events"], read["log"]["events"]);
}

/// Requests cannot be counted in a gap that was not captured: that is why they are absent, not for want of probes.
#[test]
fn requests_of_a_gap_that_was_not_captured_have_its_reason() {
    let summary = analyze(&crate::common::fixture("postcopy.pcap.zst"), &[]);
    let flows = summary["migration"]["service_flows"].as_array().unwrap();
    let gapless: Vec<_> = flows.iter().filter(|flow| flow["gap_ms"].is_null()).collect();
    assert!(!gapless.is_empty());
    for flow in gapless {
        for key in ["requests_in_gap", "requests_lost", "requests_delayed"] {
            assert_eq!(flow[format!("{key}_reason")], flow["gap_ms_reason"], "{key}");
        }
    }
}
