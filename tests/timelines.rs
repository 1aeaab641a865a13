//! Timelines of packets as data: each file of tests/timelines makes a capture and says what must be found in it.
//!
//! tests/timelines/README.md tells how to write one. `TIMELINE=word cargo test --test timelines` runs those whose name
//! holds the word.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use migqos::analysis;
use migqos::capture::Input;
use migqos::figure::Figure;
use migqos::grade::{Figures, Grader, Parameter, Profile};
use migqos::measure::tcp::wireshark::Flag;
use migqos::options::{AnalysisOptions, GradedDirection, Host};
use migqos::progress::Silent;
use migqos::summary::{Inspection, RttFigures, Summary, TcpDirection};
use serde::Deserialize;

#[path = "support/segments.rs"]
mod segments;

use segments::{Fate, Hosts, Segment};

/// A file of tests/timelines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The idea in a sentence.
    about: String,
    /// Where the figures come from.
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file")]
    why: String,
    #[serde(default)]
    ipv6: bool,
    /// One row each.
    packets: String,
    /// Of the direction from a to b.
    #[serde(default)]
    expect: Expectations,
    /// Of the direction from b to a.
    #[serde(default)]
    back: Expectations,
    /// Of the capture as a whole.
    #[serde(default)]
    capture: Expectations,
    /// What `inspect` says of the direction from a to b: tcptrace's figures.
    #[serde(default)]
    tcptrace: Expectations,
    /// Of the Wireshark family.
    #[serde(default)]
    wireshark: Expectations,
    /// The indices of the standard family by the profile tiphon.
    #[serde(default)]
    grades: Expectations,
    /// The codes of all warnings, where they are of interest.
    warnings: Option<Vec<String>>,
}

type Expectations = BTreeMap<String, Expected>;

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Expected {
    Whole(i64),
    Decimal(f64),
    Absent(String),
}

impl Expected {
    /// Decimals are compared in four digits: they were worked out by hand.
    fn is(&self, found: Figure) -> bool {
        match (self, found) {
            (Self::Whole(expected), Figure::Value(found)) => {
                (found - *expected as f64).abs() < 1e-9 * found.abs().max(1.0)
            }
            (Self::Decimal(expected), Figure::Value(found)) => (found - expected).abs() <= expected.abs() * 1e-4,
            (Self::Absent(reason), Figure::Absent(found)) => reason == found.text(),
            _ => false,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(value) => write!(out, "{value}"),
            Self::Decimal(value) => write!(out, "{value}"),
            Self::Absent(reason) => write!(out, "none ({reason})"),
        }
    }
}

/// A case with its rows read.
struct Timeline {
    name: String,
    case: Case,
    segments: Vec<Segment>,
}

impl Timeline {
    fn load(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows = case.packets.lines().map(str::trim);
        let rows = rows.filter(|row| !row.is_empty() && !row.starts_with('#'));
        let segments = rows.map(|row| Segment::parse(row).unwrap_or_else(|error| panic!("{name}: {error}")));
        Self {
            segments: segments.collect(),
            name,
            case,
        }
    }

    fn hosts(&self) -> Hosts {
        Hosts {
            ipv6: self.case.ipv6,
            port: 5001,
        }
    }

    fn captured(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.is_captured())
    }
}

/// All timelines in the order of their names.
fn timelines() -> Vec<Timeline> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timelines");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no timeline", folder.display());
    let wanted = std::env::var("TIMELINE").unwrap_or_default();
    let timelines = files.iter().map(|path| Timeline::load(path));
    let timelines: Vec<Timeline> = timelines.filter(|timeline| timeline.name.contains(&wanted)).collect();
    assert!(
        !timelines.is_empty(),
        "TIMELINE={wanted}: no timeline's name holds that"
    );
    timelines
}

/// Figures by the names that the files use.
type Found = BTreeMap<&'static str, Figure>;

fn count(value: u64) -> Figure {
    Figure::Value(value as f64)
}

fn rtt(found: &mut Found, names: [&'static str; 4], figures: &RttFigures) {
    let [samples, min, mean, max] = names;
    found.insert(samples, count(figures.samples));
    found.insert(min, figures.min);
    found.insert(mean, figures.mean);
    found.insert(max, figures.max);
}

/// The figures of the direction that `summary` grades; with `from_b` that from b to a.
fn of_direction(summary: &Summary, from_b: bool) -> Found {
    let standard = &summary.metrics.standard;
    let mut found = Found::from([
        ("loss_pct", standard.loss_pct),
        ("loss_upstream_pct", standard.loss_upstream_pct),
        ("loss_downstream_pct", standard.loss_downstream_pct),
        ("missing_bytes", count(standard.capture_missing_bytes)),
        ("spurious_bytes", count(standard.spurious_bytes)),
        ("rtt_ms", standard.rtt_ms),
        ("rtt_to_receiver_ms", standard.rtt_halves_ms[0]),
        ("rtt_to_sender_ms", standard.rtt_halves_ms[1]),
        ("delay_ms", standard.delay_ms),
        ("jitter_ms", standard.jitter_ms),
        ("goodput_bps", standard.goodput_bps),
        ("throughput_bps", standard.throughput_bps),
    ]);
    let names = ["ack_samples", "ack_min_ms", "ack_mean_ms", "ack_max_ms"];
    rtt(&mut found, names, &standard.rtt_data_ack);
    let names = ["ts_samples", "ts_min_ms", "ts_mean_ms", "ts_max_ms"];
    rtt(&mut found, names, &standard.rtt_timestamps);
    let unique = summary.flows.iter().map(|flow| flow.payload_bytes[usize::from(from_b)]);
    found.insert("unique_bytes", count(unique.sum()));
    found
}

/// What `inspect` says of the direction from `a` on, all connections together.
fn of_tcptrace(inspection: &Inspection, a: std::net::IpAddr) -> Found {
    let mut found = Found::new();
    let mut sum = |name: &'static str, of: fn(&TcpDirection) -> u64| {
        let rows = inspection.conversations.iter().filter_map(|row| {
            let opener: std::net::SocketAddr = row.a.parse().ok()?;
            let tcp = row.tcp.as_ref()?;
            Some(of(if opener.ip() == a { &tcp.ab } else { &tcp.ba }))
        });
        found.insert(name, count(rows.sum()));
    };
    sum("payload_bytes", |tcp| tcp.payload_bytes);
    sum("unique_bytes", |tcp| tcp.unique_bytes);
    sum("retransmitted_bytes", |tcp| tcp.retransmitted_bytes);
    sum("retransmitted_segments", |tcp| tcp.retransmitted_segments);
    sum("out_of_order_segments", |tcp| tcp.out_of_order_segments);
    found
}

fn of_capture(summary: &Summary, inspection: &Inspection) -> Found {
    let capture = &summary.capture;
    Found::from([
        ("packets", count(capture.packets)),
        ("duplicates", count(capture.duplicate_packets)),
        ("truncated", count(capture.truncated_packets)),
        ("backwards", count(capture.out_of_order_packets)),
        ("super_frames", count(capture.super_frames)),
        ("conversations", count(inspection.conversations.len() as u64)),
    ])
}

fn of_wireshark(summary: &Summary) -> Found {
    let family = &summary.metrics.wireshark;
    Found::from([
        ("throughput_bps", family.throughput_bps),
        ("loss_pct", family.loss_pct),
        ("delay_ms", family.delay_ms),
        ("jitter_ms", family.jitter_ms),
        ("packets", count(family.packets)),
        ("lost_segments", count(family.lost_segments)),
    ])
}

fn grades(summary: &Summary) -> Found {
    let profile = Profile::named("tiphon").unwrap();
    let grades = Grader::new(&profile, None).grade(&Figures::from(&summary.metrics.standard));
    let index = |parameter| {
        let grade = grades.get(parameter);
        grade.index.map_or(grade.value, |index| count(index.into()))
    };
    Found::from([
        ("throughput", index(Parameter::Throughput)),
        ("loss", index(Parameter::Loss)),
        ("jitter", index(Parameter::Jitter)),
        ("delay", index(Parameter::Delay)),
    ])
}

/// What the rows say that the network and the capture did, as figures: the truth that every timeline is held against
/// unless it says, and explains, otherwise.
fn truth(timeline: &Timeline, from_b: bool, stated: &Expectations) -> Expectations {
    const RESET: u8 = 4;
    let rows = timeline.segments.iter().filter(|segment| segment.from_b == from_b);
    let rows: Vec<&Segment> = rows.filter(|segment| segment.flags & RESET == 0).collect();
    let bytes = |fates: &[Fate]| -> u32 {
        let wanted = rows.iter().filter(|segment| fates.contains(&segment.fate));
        wanted.map(|segment| segment.len).sum()
    };
    let mut truth = Expectations::new();
    truth.insert(
        "missing_bytes".to_owned(),
        Expected::Whole(bytes(&[Fate::Missed]).into()),
    );
    let payload = bytes(&[Fate::Arrived, Fate::LostBehind]);
    let stated = |name: &str, else_bytes: u32| match stated.get(name) {
        Some(Expected::Whole(bytes)) => *bytes as f64,
        Some(other) => panic!("{}: {name} is {other}", timeline.name),
        None => else_bytes.into(),
    };
    let upstream = stated("lost_upstream_bytes", bytes(&[Fate::LostBefore]));
    let downstream = stated("lost_downstream_bytes", bytes(&[Fate::LostBehind]));
    let sent = stated("sent_bytes", payload + bytes(&[Fate::LostBefore]));
    let shares = [
        ("loss_pct", upstream + downstream),
        ("loss_upstream_pct", upstream),
        ("loss_downstream_pct", downstream),
    ];
    for (name, bytes) in shares.into_iter().filter(|_| sent > 0.0) {
        truth.insert(name.to_owned(), Expected::Decimal(bytes * 100.0 / sent));
    }
    truth
}

/// Holds what was found against what is expected; a line for each difference.
fn differences(out: &mut String, section: &str, expected: &Expectations, found: &Found) {
    for (name, expected) in expected {
        if ["lost_upstream_bytes", "lost_downstream_bytes", "sent_bytes"].contains(&name.as_str()) {
            continue;
        }
        match found.get(name.as_str()) {
            None => writeln!(out, "  [{section}] {name} is no figure; those are {:?}", found.keys()).unwrap(),
            Some(&figure) if !expected.is(figure) => {
                let found = match figure {
                    Figure::Value(value) => value.to_string(),
                    Figure::Absent(reason) => format!("none ({})", reason.text()),
                };
                writeln!(out, "  [{section}] {name}: expected {expected}, found {found}").unwrap();
            }
            Some(_) => {}
        }
    }
}

fn options(hosts: &Hosts, direction: GradedDirection) -> AnalysisOptions {
    let [source, target] = hosts.addresses().map(|address| Some(Host::Addresses(vec![address])));
    AnalysisOptions {
        source,
        target,
        direction,
        ..AnalysisOptions::default()
    }
}

/// The flags of each frame: what the conversations count up to it, less what they count up to the one before.
fn flags_by_frame(timeline: &Timeline, path: &Path) -> Vec<Vec<String>> {
    let hosts = timeline.hosts();
    let mut file = Vec::new();
    segments::layout().header(&mut file);
    let mut before: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut by_frame = Vec::new();
    for segment in timeline.captured() {
        segments::append(&mut file, [segment], &hosts);
        std::fs::write(path, &file).unwrap();
        let options = AnalysisOptions::default();
        let (inspection, _) = analysis::inspect(&Input::from_argument(path), &options, &Silent).unwrap();
        let mut now = BTreeMap::new();
        for tcp in inspection.conversations.iter().filter_map(|row| row.tcp.as_ref()) {
            for &(flag, count) in &tcp.flags {
                *now.entry(flag).or_insert(0) += count;
            }
        }
        let raised = now
            .iter()
            .filter(|(flag, count)| **count > before.get(*flag).copied().unwrap_or(0));
        by_frame.push(sorted(raised.map(|(flag, _)| (*flag).to_owned())));
        before = now;
    }
    by_frame
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The packets, each with what differs from its expected flags.
fn listing(timeline: &Timeline, flags: &[Vec<String>]) -> String {
    let mut out = String::new();
    let mut frames = flags.iter();
    for segment in &timeline.segments {
        write!(out, "    {segment}").unwrap();
        let found = segment.is_captured().then(|| frames.next()).flatten();
        match found {
            Some(found) if *found != segment.expected => {
                writeln!(out, "   expected {:?}, found {found:?}", segment.expected).unwrap();
            }
            _ => writeln!(out, "   {}", segment.expected.join(" ")).unwrap(),
        }
    }
    out
}

/// What is wrong with a timeline; nothing where it holds.
fn wrong(timeline: &Timeline, folder: &Path) -> String {
    let mut out = String::new();
    let path = folder.join("timeline.pcap");
    let flags = flags_by_frame(timeline, &path);
    if !flags.iter().eq(timeline.captured().map(|segment| &segment.expected)) {
        out.push_str("  the Wireshark flags differ, see below\n");
    }
    let (hosts, case) = (timeline.hosts(), &timeline.case);
    std::fs::write(&path, segments::capture(&timeline.segments, &hosts)).unwrap();
    let input = Input::from_argument(&path);
    let (inspection, _) = analysis::inspect(&input, &AnalysisOptions::default(), &Silent).unwrap();
    let sections = [
        ("expect", GradedDirection::Forward, &case.expect),
        ("back", GradedDirection::Reverse, &case.back),
    ];
    for (from, (section, direction, stated)) in sections.into_iter().enumerate() {
        let answer = analysis::analyze(std::slice::from_ref(&input), &options(&hosts, direction), &Silent);
        let summary = match answer {
            Ok(answer) => answer.summary,
            Err(error) => {
                writeln!(out, "  analyze: {error}").unwrap();
                continue;
            }
        };
        let mut expected = truth(timeline, from == 1, stated);
        expected.extend(stated.clone());
        let found = of_direction(&summary, from == 1);
        differences(&mut out, section, &expected, &found);
        if from == 1 {
            continue;
        }
        let copies = timeline.segments.iter().filter(|segment| segment.fate == Fate::Copy);
        let copies = Expected::Whole(copies.count() as i64);
        let mut expected = Expectations::from([("duplicates".to_owned(), copies)]);
        expected.extend(case.capture.clone());
        differences(&mut out, "capture", &expected, &of_capture(&summary, &inspection));
        let tcptrace = of_tcptrace(&inspection, hosts.addresses()[0]);
        differences(&mut out, "tcptrace", &case.tcptrace, &tcptrace);
        differences(&mut out, "wireshark", &case.wireshark, &of_wireshark(&summary));
        differences(&mut out, "grades", &case.grades, &grades(&summary));
        let codes: Vec<&str> = summary.warnings.iter().map(|warning| warning.code).collect();
        if case.warnings.as_ref().is_some_and(|expected| *expected != codes) {
            writeln!(out, "  warnings: expected {:?}, found {codes:?}", case.warnings).unwrap();
        }
    }
    if !out.is_empty() {
        out = format!("{}: {}\n{out}{}", timeline.name, case.about, listing(timeline, &flags));
    }
    out
}

#[test]
fn every_timeline_gives_the_figures_that_it_states() {
    let timelines = timelines();
    let folder = tempfile::tempdir().unwrap();
    let failures: Vec<String> = timelines
        .iter()
        .map(|timeline| wrong(timeline, folder.path()))
        .filter(|failure| !failure.is_empty())
        .collect();
    println!("{} timelines, {} of them fail", timelines.len(), failures.len());
    assert!(
        failures.is_empty(),
        "{} of {} timelines fail\n\n{}",
        failures.len(),
        timelines.len(),
        failures.join("\n")
    );
}

/// Later versions judge some segments otherwise.
fn is_tshark_4_0() -> bool {
    let version = Command::new("tshark").arg("--version").output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(" 4.0."))
}

#[test]
fn the_flags_stated_are_those_of_the_tshark_that_is_installed() {
    if !is_tshark_4_0() {
        println!("skipped: tshark 4.0 is not installed");
        return;
    }
    let timelines = timelines();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timelines.pcap");
    // One capture of all, each timeline to a port of its own.
    let mut file = Vec::new();
    segments::layout().header(&mut file);
    for (port, timeline) in (20_000..).zip(&timelines) {
        let hosts = Hosts {
            port,
            ..timeline.hosts()
        };
        segments::append(&mut file, &timeline.segments, &hosts);
    }
    std::fs::write(&path, file).unwrap();
    let names = Flag::ALL.map(Flag::name);
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-r"]).arg(&path);
    for name in names {
        command.args(["-e", &format!("tcp.analysis.{name}")]);
    }
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut said = said.lines().map(|line| {
        let fields = line.split('\t').zip(names).filter(|(field, _)| !field.is_empty());
        sorted(fields.map(|(_, name)| name.to_owned()))
    });
    let mut failures = String::new();
    for timeline in &timelines {
        let flags: Vec<_> = timeline.captured().map(|_| said.next().unwrap()).collect();
        if !flags.iter().eq(timeline.captured().map(|segment| &segment.expected)) {
            writeln!(failures, "{}:\n{}", timeline.name, listing(timeline, &flags)).unwrap();
        }
    }
    println!("{} timelines held against tshark", timelines.len());
    assert!(failures.is_empty(), "tshark says otherwise:\n{failures}");
}
