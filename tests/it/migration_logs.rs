//! The logs of the lab's runs against what QEMU said.

use std::path::{Path, PathBuf};

use migqos::migration::log::{self, Log, LogKind, LogOutcome, LogRun};
use serde_json::Value;

use crate::common::shared;

fn read(path: &Path) -> Log {
    let bytes = std::fs::read(path).unwrap();
    // All of the lab was recorded on 20 November 2026; the older wording has no year.
    let log = log::parse(&bytes, Some(1_795_170_000_000_000_000)).unwrap();
    // The same from a Windows editor.
    let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
    let windows = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    assert_eq!(
        log::parse(&windows, Some(1_795_170_000_000_000_000)).unwrap(),
        log,
        "{}",
        path.display()
    );
    assert_eq!(log.kind, LogKind::Proxmox);
    log
}

fn truth(dir: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(dir.join("truth.json")).unwrap()).unwrap()
}

/// Each log with the truth of its run: those of the folder of logs, and each of the thesis's runs.
fn logs(shared: &Path) -> Vec<(PathBuf, Value)> {
    let lab = shared.join("lab");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(shared.join("logs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let run = lab.join(name.split('.').next().unwrap());
        if run.is_dir() {
            all.push((path, truth(&run)));
        }
    }
    for entry in std::fs::read_dir(lab.join("13-thesis-30x2")).unwrap() {
        let dir = entry.unwrap().path();
        all.push((dir.join("task.log"), truth(&dir)));
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(all.len() > 70, "{}", all.len());
    all
}

fn only_run(log: &Log) -> &LogRun {
    assert_eq!(log.runs.len(), 1);
    &log.runs[0]
}

#[test]
fn shared_logs_say_what_qemu_said() {
    let Some(shared) = shared("") else { return };
    for (path, truth) in logs(&shared) {
        let name = path.display().to_string();
        let log = read(&path);
        let run = only_run(&log);
        let old = name.contains(".old.");
        assert_eq!(run.vm, Some(100), "{name}");
        assert_eq!(run.target, Some("10.132.4.16".parse().unwrap()), "{name}");
        assert_eq!(run.target_node.as_deref(), Some(if old { "proxmox2" } else { "pve2" }));
        let summary = &truth["summary"];
        if summary["status"] == "cancelled" {
            assert_eq!(run.outcome, LogOutcome::Aborted, "{name}");
            assert!(run.error.as_deref().unwrap().contains("cancelled"));
            assert!(run.downtime_ms.value().is_none() && run.migration_time_ms.value().is_none());
            continue;
        }
        assert_eq!(run.outcome, LogOutcome::Completed, "{name}");
        assert_eq!(run.downtime_ms.value(), summary["downtime_ms_qemu"].as_f64(), "{name}");
        let ram = &truth["query_migrate_final"]["ram"];
        if !old {
            let off = run.transferred_bytes.value().unwrap() - ram["transferred"].as_f64().unwrap();
            assert!(
                off.abs() <= run.transferred_resolution_bytes.value().unwrap() + 1.0,
                "{name}: {off}"
            );
        }
        // Known to a second at either end.
        let off = run.migration_time_ms.value().unwrap() - summary["total_time_ms"].as_f64().unwrap();
        assert!(off.abs() <= 1000.0, "{name}: {off}");
        let start = run
            .align((truth["timeline"]["migrate_cmd"].as_f64().unwrap() * 1e9) as i64)
            .unwrap();
        assert_eq!(start.offset_s, 7 * 3600, "{name}");
        assert!(
            (-1_100_000_000..100_000_000).contains(&start.difference_ns),
            "{name}: {start:?}"
        );
        let lines = std::fs::read_to_string(&path).unwrap();
        let active = lines.lines().filter(|line| line.contains("active")).count();
        assert_eq!(run.progress.len(), active, "{name}");
        if active > 0 {
            let memory = run.memory_bytes.value().unwrap() / ram["total"].as_f64().unwrap();
            assert!((memory - 1.0).abs() < 0.001, "{name}: {memory}");
        }
        assert!(run.task_time_ms.value().unwrap() >= run.migration_time_ms.value().unwrap());
        assert_eq!(run.drives.len(), usize::from(name.contains("07-nbd")), "{name}");
    }
}

#[test]
fn shared_logs_of_two_tasks_in_one_file_are_two_runs() {
    let Some(shared) = shared("") else { return };
    let texts = ["logs/15-big.log", "lab/13-thesis-30x2/game-01/task.log"]
        .map(|name| std::fs::read(shared.join(name)).unwrap());
    let log = log::parse(&texts.concat(), None).unwrap();
    let downtimes: Vec<_> = log.runs.iter().map(|run| run.downtime_ms.value()).collect();
    assert_eq!(downtimes, [Some(301.0), Some(90.0)]);
    assert_eq!(log.runs[0].progress.len(), 21);
    assert_eq!(log.runs[1].migration_time_ms.value(), Some(3000.0));
}

#[test]
fn shared_the_truths_own_query_migrate_is_read_as_qmps_json() {
    let Some(shared) = shared("") else { return };
    let path = shared.join("lab/09-client-udp-ping/truth.json");
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = serde_json::json!({ "return": truth["query_migrate_final"] }).to_string();
    let log = log::parse(text.as_bytes(), None).unwrap();
    assert_eq!((log.kind, log.runs[0].downtime_ms.value()), (LogKind::Qmp, Some(190.0)));
    assert_eq!(log.runs[0].transferred_bytes.value(), Some(228_106_167.0));
}

#[test]
fn what_is_no_log_says_so() {
    for text in ["", "No.,Time,Source\n1,0.0,10.0.0.1\n", "{\"a\": 1}", "\u{1}\u{2}"] {
        let error = log::parse(text.as_bytes(), None).unwrap_err();
        assert!(error.to_string().starts_with("not a migration log"), "{error}");
    }
}
