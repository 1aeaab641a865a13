//! The migration room against what QEMU, its events and the clients' logs say of the lab's captures.

mod drive;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use drive::{Cut, findings, findings_of};
use migqos::figure::{Figure, Reason};
use migqos::migration::{AnnouncementKind, Config, Findings, Kind, Migration, Outcome, VmName};
use migqos::packet::Mac;
use serde_json::Value;

use crate::common::shared;

const VM: Mac = Mac([0xbc, 0x24, 0x11, 0x5c, 0x64, 0x9a]);

/// A folder of the lab with its truth.
struct Run {
    name: String,
    dir: PathBuf,
    truth: Value,
}

/// Every run of the lab that has captures.
fn runs(shared: &Path) -> Vec<Run> {
    let lab = shared.join("lab");
    let mut dirs: Vec<PathBuf> = [lab.clone(), lab.join("13-thesis-30x2")]
        .iter()
        .flat_map(|dir| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|dir| dir.join("truth.json").is_file())
        .collect();
    dirs.sort();
    assert!(dirs.len() > 70, "{}", dirs.len());
    dirs.into_iter()
        .map(|dir| Run {
            name: dir.strip_prefix(&lab).unwrap().to_string_lossy().replace('\\', "/"),
            truth: serde_json::from_str(&std::fs::read_to_string(dir.join("truth.json")).unwrap()).unwrap(),
            dir,
        })
        .collect()
}

impl Run {
    /// Its captures: the point ("src", "dst", ...) and the file.
    fn captures(&self) -> Vec<(String, PathBuf)> {
        let mut files: Vec<_> = std::fs::read_dir(&self.dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter_map(|path| {
                let name = path.file_name()?.to_string_lossy().into_owned();
                let point = name.split_once(".pcap")?.0.to_owned();
                Some((point, path))
            })
            .collect();
        files.sort();
        files
    }

    fn capture(&self, point: &str) -> PathBuf {
        self.captures().into_iter().find(|(name, _)| name == point).unwrap().1
    }

    /// What QEMU said of each migration.
    fn migrations(&self) -> Vec<&Value> {
        match (self.truth["migrations"].as_array(), &self.truth["summary"]) {
            (Some(several), _) => several.iter().collect(),
            (None, Value::Null) => Vec::new(),
            (None, _) => vec![&self.truth],
        }
    }
}

fn run<'a>(runs: &'a [Run], name: &str) -> &'a Run {
    runs.iter().find(|run| run.name.starts_with(name)).unwrap()
}

fn seconds_ns(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1e9) as i64
}

fn value(figure: Figure) -> f64 {
    figure.value().unwrap_or_else(|| panic!("{figure:?}"))
}

/// The kind that a run's parameters ask for.
fn kind(run: &Run) -> Kind {
    let migrate = &run.truth["params"]["migrate"];
    if migrate["ssh"].is_string() {
        Kind::Ssh
    } else if migrate["multifd"].is_number() {
        Kind::QemuMultifd
    } else {
        Kind::Qemu
    }
}

fn outcome(run: &Run, truth: &Value) -> Outcome {
    match truth["summary"]["status"].as_str() {
        Some("cancelled") => Outcome::Cancelled,
        _ if run.truth["params"]["migrate"]["postcopy-ram"] == true => Outcome::Postcopy,
        _ => Outcome::Completed,
    }
}

/// Captures between the nodes. A client's has no stream; 16's third capture holds only what was lost.
fn is_between_nodes(point: &str) -> bool {
    point != "client" && point != "lost"
}

/// Captures whose clock was falsified.
fn has_false_clock(run: &Run, point: &str) -> bool {
    run.name.starts_with("14") && matches!(point, "dst" | "dst-step")
}

/// A run, and what is found in each of its captures.
type Answered = (Run, Vec<(String, Findings)>);

/// What is found in every capture of the lab, read once for all tests.
fn lab() -> &'static [Answered] {
    static LAB: OnceLock<Vec<Answered>> = OnceLock::new();
    LAB.get_or_init(|| {
        let Some(shared) = shared("") else { return Vec::new() };
        let read = |run: Run| {
            let captures = run.captures().into_iter();
            let found = captures
                .map(|(point, path)| (point, findings(&path, Config::default())))
                .collect();
            (run, found)
        };
        runs(&shared).into_iter().map(read).collect()
    })
}

/// Runs `check` on every migration of every capture between the nodes.
fn every_migration(check: impl Fn(&Run, &str, &Value, &Migration)) {
    let mut checked = 0;
    for (run, captures) in lab() {
        for (point, found) in captures.iter().filter(|(point, _)| is_between_nodes(point)) {
            let expected = run.migrations();
            assert_eq!(found.migrations.len(), expected.len(), "{} {point}", run.name);
            for (truth, migration) in expected.iter().zip(&found.migrations) {
                check(run, point, truth, migration);
                checked += 1;
            }
        }
    }
    assert!(checked > 90 || lab().is_empty(), "{checked}");
}

#[test]
fn shared_lab_kind_outcome_and_nodes_are_right() {
    every_migration(|run, point, truth, migration| {
        let context = format!("{} {point}", run.name);
        assert_eq!(migration.kind, kind(run), "{context}");
        assert_eq!(migration.outcome, outcome(run, truth), "{context}");
        assert_eq!(migration.encrypted, kind(run) == Kind::Ssh, "{context}");
        let ip = &run.truth["params"]["ip6"];
        let ip = if ip.is_null() { &run.truth["params"]["ip"] } else { ip };
        let expected = match (truth["from_ip"].as_str(), truth["to_ip"].as_str()) {
            (Some(from), Some(to)) => (from, to),
            _ => (ip["src"].as_str().unwrap(), ip["dst"].as_str().unwrap()),
        };
        assert_eq!(migration.source, Some(expected.0.parse().unwrap()), "{context}");
        assert_eq!(migration.target, Some(expected.1.parse().unwrap()), "{context}");
        if migration.outcome != Outcome::Cancelled {
            assert_eq!(migration.vm.macs, [VM], "{context}");
        }
    });
}

#[test]
fn shared_lab_migration_time_and_bytes_are_qemus() {
    every_migration(|run, point, truth, migration| {
        let context = format!("{} {point}", run.name);
        let summary = &truth["summary"];
        let Some(total_ms) = summary["total_time_ms"].as_f64() else {
            return;
        };
        let excess = value(migration.migration_time_ms) - total_ms;
        assert!(
            excess >= -5.0 && excess <= (0.06 * total_ms).max(40.0),
            "{context}: {excess} ms"
        );
        let transferred = summary["ram_transferred"].as_f64().unwrap();
        let allowed = if kind(run) == Kind::Ssh { 0.01 } else { 0.003 };
        let ratio = value(migration.ram_bytes) / transferred;
        assert!((ratio - 1.0).abs() <= allowed, "{context}: {ratio}");
    });
}

#[test]
fn shared_lab_storage_is_what_the_writes_carried() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let run = run(&runs, "07");
    for point in ["src", "dst"] {
        let found = findings(&run.capture(point), Config::default()).migrations;
        let migration = &found[0];
        // A disk of 64 MiB without zero ranges, and what the guest wrote again while it was copied: by the offsets and
        // lengths of the requests that tshark shows at the segments' beginnings.
        let written = value(migration.storage_written_bytes);
        assert!((67_108_864.0..1.03 * 67_108_864.0).contains(&written), "{written}");
        let bytes = value(migration.storage_bytes);
        assert!(bytes > written && bytes < 1.001 * written, "{bytes}");
        let mirror_ns = seconds_ns(&run.truth["timeline"]["mirror_cmd"]);
        let task_start = migration.end_ns.min(migration.phases[0].start_ns);
        assert!((task_start - mirror_ns).abs() < 5_000_000, "{point}");
        assert!(value(migration.task_time_ms) > value(migration.migration_time_ms) + 800.0);
    }
}

#[test]
fn shared_lab_whole_payload_gives_qemus_pages_rounds_and_downtime() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for name in ["01f", "09f"] {
        let run = run(&runs, name);
        let found = findings(&run.capture("src"), Config::default()).migrations;
        let migration = &found[0];
        let summary = &run.truth["summary"];
        let ram = &run.truth["query_migrate_final"]["ram"];
        let pages = migration.pages.unwrap();
        assert_eq!(pages.normal, ram["normal"].as_u64().unwrap(), "{name}");
        assert_eq!(pages.zero, ram["duplicate"].as_u64().unwrap(), "{name}");
        let syncs = summary["dirty_sync_count"].as_f64().unwrap();
        assert_eq!(value(migration.rounds), syncs - 1.0, "{name}");
        assert_eq!(migration.round_details.len() as f64, syncs - 1.0);
        let by_round: u64 = migration.round_details.iter().map(|round| round.pages.normal).sum();
        assert_eq!(by_round, pages.normal);
        let downtime = value(migration.stream_downtime_ms);
        let low = summary["downtime_ms_qemu"].as_f64().unwrap() - 10.0;
        let high = summary["outage_ms_stop_to_resume"].as_f64().unwrap() + 10.0;
        assert!((low..=high).contains(&downtime), "{name}: {downtime} in {low}..{high}");
        assert!(!migration.inferred.contains(&"phases"), "{name}");
        // The stop, by QEMU's event, is where the last stage begins.
        let stop = migration
            .phases
            .iter()
            .find(|phase| phase.name.as_str() == "stop-and-copy")
            .unwrap();
        let stopped = seconds_ns(&run.truth["timeline"]["src_stop"]);
        let late = stop.start_ns - stopped;
        assert!((-1_000_000..100_000_000).contains(&late), "{name}: {late}");
        let bytes: u64 = migration.phases.iter().map(|phase| phase.bytes).sum();
        assert_eq!(bytes as f64, value(migration.ram_bytes), "{name}");
    }
}

/// Where the last stage begins with a segment of its own, its beginning is seen though the payload was cut.
#[test]
fn shared_lab_stream_downtime_of_cut_payload_lies_between_qemus_downtime_and_the_pause() {
    every_migration(|run, point, truth, migration| {
        let Some(downtime) = migration.stream_downtime_ms.value() else {
            return;
        };
        let summary = &truth["summary"];
        let low = summary["downtime_ms_qemu"].as_f64().unwrap() - 10.0;
        let high = summary["outage_ms_stop_to_resume"].as_f64().unwrap() + 10.0;
        assert!(
            (low..=high).contains(&downtime),
            "{} {point}: {downtime} in {low}..{high}",
            run.name
        );
    });
}

#[test]
fn shared_lab_announcements_are_listed_from_the_resume_on() {
    every_migration(|run, point, truth, migration| {
        let context = format!("{} {point}", run.name);
        let Some(resume) = truth["timeline"]["dst_resume"].as_f64() else {
            assert!(migration.announcements.is_empty(), "{context}");
            return;
        };
        let kinds = |kind| {
            migration
                .announcements
                .iter()
                .filter(move |found| found.kind == kind)
                .count()
        };
        // Five rounds by QEMU, five by the guest.
        assert_eq!(
            (kinds(AnnouncementKind::Rarp), kinds(AnnouncementKind::Garp)),
            (5, 5),
            "{context}"
        );
        assert!(migration.announcements.is_sorted_by_key(|found| found.at_ns));
        if has_false_clock(run, point) {
            return;
        }
        let late_ms = migration.announcements[0].at_ns as f64 / 1e6 - resume * 1e3;
        // At the source later by the path's delay: 5 +- 2 ms, and its tail, where a relay was between.
        let allowed = if point == "src" && !run.truth["params"]["relay"].is_null() {
            60.0
        } else {
            5.0
        };
        assert!((-1.0..allowed).contains(&late_ms), "{context}: {late_ms}");
    });
}

#[test]
fn shared_lab_a_capture_without_the_stream_still_shows_the_arrival() {
    for (run, captures) in lab() {
        for (point, found) in captures.iter().filter(|(point, _)| point == "client") {
            let found = &found.migrations;
            let arrived = run.truth["timeline"]["dst_resume"].as_f64();
            assert_eq!(found.len(), usize::from(arrived.is_some()), "{}", run.name);
            for migration in found {
                assert_eq!(migration.kind, Kind::Unknown);
                assert!(migration.ram_bytes.reason().is_some() && migration.stream_downtime_ms.reason().is_some());
                let late_ms = migration.announcements[0].at_ns as f64 / 1e6 - arrived.unwrap() * 1e3;
                assert!((-1.0..5.0).contains(&late_ms), "{} {point}: {late_ms}", run.name);
            }
        }
    }
}

/// The gap around `moment` between the times in a column of a client's own log, ms.
fn gap_in_log(text: &str, column: impl Fn(&str) -> Option<i64>, moment: i64) -> f64 {
    let mut times: Vec<i64> = text.lines().filter_map(column).filter(|&time| time > 0).collect();
    times.sort_unstable();
    let after = times.partition_point(|&time| time < moment);
    (times[after] - times[after - 1]) as f64 / 1e6
}

#[test]
fn shared_lab_service_downtime_is_what_the_clients_log_says() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let cases = [
        ("01-", "client", "client_ping.log", 204.0),
        ("04", "client", "client_udp.csv", 10.0),
        ("06", "client", "client_udp.csv", 10.0),
        ("09-", "client", "client_udp.csv", 10.0),
        ("09-", "sw", "client_udp.csv", 10.0),
        ("09f", "client", "client_udp.csv", 10.0),
    ];
    for (name, point, log, interval) in cases {
        let run = run(&runs, name);
        let text = std::fs::read_to_string(run.dir.join(log)).unwrap();
        let resume = seconds_ns(&run.truth["timeline"]["dst_resume"]);
        let expected = if log.ends_with(".csv") {
            gap_in_log(&text, |line| line.split(',').nth(2)?.parse().ok(), resume)
        } else {
            let stamp = |line: &str| line.strip_prefix('[')?.split_once(']')?.0.parse::<f64>().ok();
            gap_in_log(&text, |line| stamp(line).map(|time| (time * 1e9) as i64), resume)
        };
        let found = findings(&run.capture(point), Config::default()).migrations;
        let service = &found[0].service;
        let gap = value(service.downtime_ms);
        assert!(
            (gap - expected).abs() <= interval,
            "{name} {point}: {gap} against {expected}"
        );
        let resolution = value(service.resolution_ms);
        assert!(
            (resolution / interval - 1.0).abs() < 0.1,
            "{name} {point}: {resolution}"
        );
        // Named by the user, the virtual machine is the same.
        for vm in [VmName::Mac(VM), VmName::Ip("10.132.5.100".parse().unwrap())] {
            let named = findings(&run.capture(point), Config { vm: vec![vm] }).migrations;
            assert_eq!(value(named[0].service.downtime_ms), gap, "{name} {vm:?}");
        }
    }
}

/// A capture that begins after the machine was resumed holds one of its announcements, but not the first: nothing can
/// be said of the switchover then.
#[test]
fn shared_lab_a_capture_that_begins_between_two_announcements_claims_no_downtime() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let path = run(&runs, "01-").capture("client");
    let cut = Cut {
        keep: &|number| number > 48,
        snap: u32::MAX,
    };
    let found = findings_of(&path, Config::default(), &cut).migrations;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].service.downtime_ms.reason(), Some(Reason::BeginningMissing));
    assert_eq!(found[0].pause_ms.reason(), Some(Reason::BeginningMissing));
}

/// Probes sent in the gap, by the client's own log: never answered, and answered when it was over.
#[test]
fn shared_lab_requests_of_the_gap_are_lost_or_late_as_the_clients_log_says() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let cases = [
        ("04", "client"),
        ("06", "client"),
        ("09-", "client"),
        ("09-", "sw"),
        ("09f", "client"),
    ];
    for (name, point) in cases {
        let run = run(&runs, name);
        let resume = seconds_ns(&run.truth["timeline"]["dst_resume"]);
        let text = std::fs::read_to_string(run.dir.join("client_udp.csv")).unwrap();
        let column = |line: &str, n: usize| line.split(',').nth(n)?.parse::<i64>().ok();
        let probes: Vec<(i64, i64)> = text
            .lines()
            .filter_map(|line| Some((column(line, 1)?, column(line, 2)?)))
            .collect();
        let answered = || probes.iter().map(|probe| probe.1).filter(|&at| at > 0);
        let before = answered().filter(|&at| at < resume).max().unwrap();
        let after = answered().filter(|&at| at >= resume).min().unwrap();
        let in_gap = || probes.iter().filter(|probe| probe.0 > before && probe.0 < after);
        let expected = (
            in_gap().filter(|probe| probe.1 == 0).count() as u64,
            in_gap().filter(|probe| probe.1 > 0).count() as u64,
        );
        let found = crate::common::analyze(&run.capture(point), &[]);
        let flow = &found["migration"]["service_flows"][0];
        let counts = ["requests_lost", "requests_delayed"].map(|key| flow[key].as_u64().unwrap());
        assert_eq!((counts[0], counts[1]), expected, "{name} {point}");
    }
}

#[test]
fn shared_lab_every_flow_of_the_vm_has_its_own_gap() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let run = run(&runs, "10");
    let found = findings(&run.capture("client"), Config::default()).migrations;
    let resume = seconds_ns(&run.truth["timeline"]["dst_resume"]);
    let log = std::fs::read_to_string(run.dir.join("client_rtp_down.csv")).unwrap();
    let expected = gap_in_log(&log, |line| line.split(',').nth(2)?.parse().ok(), resume);
    let gaps: Vec<f64> = found[0]
        .service
        .flows
        .iter()
        .filter_map(|flow| flow.gap_ms.value())
        .collect();
    // RTP, 20 ms apart; the download that carries most is the other.
    assert!(
        gaps.iter().any(|gap| (gap - expected).abs() <= 20.0),
        "{gaps:?} against {expected}"
    );
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(found[0].service.flows[0].answers > found[0].service.flows[1].answers);
}

/// A node's capture sees the virtual machine on one side of the switchover only: no gap can be read off there.
#[test]
fn shared_lab_no_service_downtime_from_one_side() {
    every_migration(|run, point, _, migration| {
        if point != "sw" {
            assert_eq!(migration.service.downtime_ms.value(), None, "{} {point}", run.name);
        }
    });
}

#[test]
fn shared_lab_the_pause_is_the_guests_own_within_its_resolution() {
    let mut measured = 0;
    for (run, captures) in lab() {
        for (point, found) in captures.iter().filter(|(point, _)| !has_false_clock(run, point)) {
            for (truth, migration) in run.migrations().iter().zip(&found.migrations) {
                let (Some(pause), Some(resolution)) =
                    (migration.pause_ms.value(), migration.pause_resolution_ms.value())
                else {
                    continue;
                };
                let outage = truth["summary"]["outage_ms_stop_to_resume"].as_f64().unwrap();
                // The guest's last frame is older than its stop by up to an interval, or newer by its time in the queue
                // of a shaped link.
                let over = pause - outage;
                assert!(
                    (-20.0..=resolution + 5.0).contains(&over),
                    "{} {point}: {pause} {outage}",
                    run.name
                );
                assert!(migration.inferred.contains(&"pause_ms"));
                measured += 1;
            }
        }
    }
    assert!(measured >= 12 || lab().is_empty(), "{measured}");
}

#[test]
fn shared_lab_negatives_have_no_migration() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for name in ["12", "17"] {
        let run = run(&runs, name);
        for (point, path) in run.captures() {
            let found = findings(&path, Config::default());
            assert_eq!(found.migrations, [], "{name} {point}");
        }
    }
}

#[test]
fn shared_corpus_has_no_migration() {
    let Some(shared) = shared("") else { return };
    let mut dirs = vec![shared.join("corpus/accuracy"), shared.join("corpus/robust")];
    let mut files = 0;
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if let Ok(found) = std::panic::catch_unwind(|| drive::findings_if_readable(&path)) {
                files += 1;
                let kinds: Vec<_> = found
                    .migrations
                    .iter()
                    .map(|found| (found.kind, found.outcome, found.target_socket))
                    .collect();
                assert!(kinds.is_empty(), "{}: {kinds:?}", path.display());
            } else {
                panic!("{}", path.display());
            }
        }
    }
    assert!(files > 900, "{files}");
}

/// From the middle of a stream on, the bytes still tell where they were captured; elsewhere the port and the
/// announcement do.
#[test]
fn shared_lab_a_capture_that_starts_in_mid_stream_shows_the_migration() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for (name, point, skip) in [
        ("01-", "src", 400),
        ("01f", "src", 500),
        ("02", "src", 60_000),
        ("04", "src", 2000),
        ("05", "dst", 1500),
        ("06", "src", 1500),
        ("11", "dst", 20_000),
    ] {
        let run = run(&runs, name);
        let cut = Cut {
            keep: &|number| number >= skip,
            snap: u32::MAX,
        };
        let found = findings_of(&run.capture(point), Config::default(), &cut).migrations;
        assert_eq!(found.len(), 1, "{name}");
        let migration = &found[0];
        assert_eq!(migration.kind, kind(run), "{name}");
        assert_eq!(migration.outcome, outcome(run, &run.truth), "{name}");
        assert_eq!(
            migration.source,
            Some("10.132.6.126".parse().unwrap())
                .filter(|_| name != "11")
                .or(migration.source)
        );
        assert_eq!(
            migration.migration_time_ms.reason(),
            Some(Reason::BeginningMissing),
            "{name}"
        );
        assert!(
            migration.ram_bytes.reason().is_some() && migration.pages.is_err(),
            "{name}"
        );
    }
}

#[test]
fn shared_lab_a_disk_whose_beginning_was_not_captured_is_still_recognised() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for point in ["src", "dst"] {
        // The memory's connection opens later.
        let cut = Cut {
            keep: &|number| number >= 1000,
            snap: u32::MAX,
        };
        let found = findings_of(&run(&runs, "07").capture(point), Config::default(), &cut).migrations;
        assert_eq!((found.len(), found[0].phases[0].name.as_str()), (1, "storage"));
        assert_eq!(found[0].storage_bytes.reason(), Some(Reason::BeginningMissing));
        assert!(found[0].ram_bytes.value().is_some() && found[0].task_time_ms.value().is_none());
    }
}

#[test]
fn shared_lab_a_shorter_snap_length_changes_no_figure_but_those_of_the_content() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    // Ethernet, IPv4 and TCP with timestamps take 66 bytes: 4 bytes of payload at 70, none at 66.
    for (name, point) in [("01f", "src"), ("09f", "src"), ("04", "dst"), ("05", "sw")] {
        let run = run(&runs, name);
        let whole = findings(&run.capture(point), Config::default()).migrations;
        for snap in [96, 74] {
            let cut = Cut { keep: &|_| true, snap };
            let found = findings_of(&run.capture(point), Config::default(), &cut).migrations;
            let context = format!("{name} at {snap}");
            assert_eq!(found.len(), 1, "{context}");
            let (cut, whole) = (&found[0], &whole[0]);
            assert_eq!((cut.kind, cut.outcome), (whole.kind, whole.outcome), "{context}");
            assert_eq!(cut.migration_time_ms, whole.migration_time_ms, "{context}");
            assert_eq!(cut.ram_bytes, whole.ram_bytes, "{context}");
            assert_eq!(cut.service.downtime_ms, whole.service.downtime_ms, "{context}");
            assert_eq!(cut.announcements, whole.announcements, "{context}");
            assert!(cut.pages.is_err() && cut.rounds.reason().is_some(), "{context}");
        }
    }
}

/// A capture that begins and ends within a transfer on a migration's port: pages show themselves, other bulk does not.
#[test]
fn shared_lab_a_piece_of_a_transfer_is_a_migration_only_if_its_bytes_say_so() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let piece = |name: &str, point: &str, range: std::ops::Range<usize>, from: u16| {
        let path = run(&runs, name).capture(point);
        drive::findings_of_piece(&path, range, from, 60_000).migrations
    };
    let found = piece("01f", "src", 500..1200, 60_000);
    assert_eq!(
        (found.len(), found[0].kind, found[0].outcome),
        (1, Kind::Qemu, Outcome::Unknown)
    );
    assert_eq!(found[0].inferred, [""; 0]);
    let found = piece("09f", "src", 8000..40_000, 60_000);
    assert_eq!((found.len(), found[0].kind), (1, Kind::Qemu));
    assert_eq!(piece("12", "src", 20_000..60_000, 5201), []);
}

/// At 66 bytes not one byte of payload is left: the port and the announcement speak, and say so.
#[test]
fn shared_lab_without_any_payload_the_port_and_the_announcement_tell() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for (name, point) in [
        ("01-", "src"),
        ("02", "dst"),
        ("04", "src"),
        ("05", "src"),
        ("06", "dst"),
        ("11", "src"),
    ] {
        let run = run(&runs, name);
        let whole = &findings(&run.capture(point), Config::default()).migrations[0];
        for snap in [68, 66, 60] {
            let snap = if name == "11" { snap + 24 } else { snap };
            let cut = Cut { keep: &|_| true, snap };
            let found = findings_of(&run.capture(point), Config::default(), &cut).migrations;
            let context = format!("{name} at {snap}");
            assert_eq!(found.len(), 1, "{context}");
            assert!(found[0].inferred.contains(&"kind"), "{context}");
            // One of several connections looks like the other.
            let kind = if name == "05" { Kind::Qemu } else { whole.kind };
            assert_eq!(
                (found[0].kind, found[0].ram_bytes),
                (kind, whole.ram_bytes),
                "{context}"
            );
            assert_eq!(found[0].migration_time_ms, whole.migration_time_ms, "{context}");
            assert_eq!(found[0].outcome, whole.outcome, "{context}");
            let reason = if name == "06" {
                Reason::Encrypted
            } else {
                Reason::PayloadCut
            };
            assert_eq!(found[0].pages, Err(reason), "{context}");
        }
    }
    for (name, point) in [("12", "src"), ("17", "dst")] {
        let cut = Cut {
            keep: &|_| true,
            snap: 66,
        };
        let found = findings_of(&run(&runs, name).capture(point), Config::default(), &cut);
        assert_eq!(found.migrations, [], "{name}");
    }
}

/// A disk and the memory, of both of which only lengths and times were captured: one migration, its disk inferred.
#[test]
fn shared_lab_without_any_payload_the_disk_is_told_from_the_memory() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for point in ["src", "dst"] {
        let path = run(&runs, "07").capture(point);
        let whole = &findings(&path, Config::default()).migrations[0];
        for snap in [68, 64] {
            let cut = Cut { keep: &|_| true, snap };
            let found = findings_of(&path, Config::default(), &cut).migrations;
            assert_eq!(found.len(), 1, "{point} at {snap}");
            let found = &found[0];
            assert_eq!((found.kind, found.outcome), (whole.kind, whole.outcome), "{point}");
            assert_eq!(found.migration_time_ms, whole.migration_time_ms, "{point}");
            assert_eq!(found.task_time_ms, whole.task_time_ms, "{point}");
            assert_eq!(found.ram_bytes, whole.ram_bytes, "{point}");
            assert_eq!(found.storage_bytes, whole.storage_bytes, "{point}");
            assert_eq!(found.storage_written_bytes.reason(), Some(Reason::PayloadCut));
            assert!(found.inferred.contains(&"storage_bytes"), "{point}");
        }
    }
}

/// In post-copy the machine is announced long before the transfer ends.
#[test]
fn shared_lab_a_post_copy_whose_end_was_not_captured_has_no_migration_time() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let run = run(&runs, "04");
    for point in ["src", "dst"] {
        let path = run.capture(point);
        let whole = &findings(&path, Config::default()).migrations[0];
        let announced = whole.announcements[0].at_ns;
        assert!(announced < whole.end_ns - 500_000_000, "{point}");
        for share in [30, 60, 80] {
            let total = crate::common::inspect(&path, &[])["capture"]["packets"]
                .as_u64()
                .unwrap() as usize;
            let cut = Cut {
                keep: &|number| number < total * share / 100,
                snap: u32::MAX,
            };
            let found = findings_of(&path, Config::default(), &cut).migrations;
            let Some(found) = found.first() else { continue };
            if found.end_ns < whole.end_ns {
                assert!(found.migration_time_ms.value().is_none(), "{point} {share}");
                assert!(found.ram_bytes.value().is_none(), "{point} {share}");
            }
        }
    }
}

#[test]
fn shared_lab_frames_that_the_capture_lost_are_counted_as_transferred() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    let run = run(&runs, "02");
    let whole = findings(&run.capture("src"), Config::default()).migrations;
    let cut = Cut {
        keep: &|number| number % 97 != 50 || number < 1000,
        snap: u32::MAX,
    };
    let found = findings_of(&run.capture("src"), Config::default(), &cut).migrations;
    assert_eq!(found[0].ram_bytes, whole[0].ram_bytes);
    assert_eq!(found[0].migration_time_ms, whole[0].migration_time_ms);
    assert!(found[0].notes.iter().any(|note| note.code == "migration_bytes_missed"));
}

/// The lab's bulk transfers on the ports of migrations.
#[test]
fn shared_lab_iperf3_and_http_on_migration_ports_are_no_migrations() {
    let Some(shared) = shared("") else { return };
    let runs = runs(&shared);
    for port in [60_000, 60_017, 49_152, 8000, 8002] {
        for (name, from) in [("12", 5201), ("12", 80), ("17", 22)] {
            let run = run(&runs, name);
            for point in ["src", "dst"] {
                let found: Findings = drive::findings_on_port(&run.capture(point), from, port);
                assert_eq!(found.migrations, [], "{name} {point}: {from} as {port}");
            }
        }
    }
}
