//! How the program behaves towards whoever called it: exit statuses, errors, pipes, folders.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::common::{fixture, migqos};

/// The program in a folder of its own.
fn in_folder(folder: &Path, arguments: &[&str]) -> Output {
    migqos().current_dir(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_no_capture_is_an_error_that_says_what_it_is_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty.pcap"), "").unwrap();
    fs::write(
        folder.path().join("run07.pcapng"),
        b"PK\x03\x04 and so on, for some bytes more",
    )
    .unwrap();
    fs::create_dir(folder.path().join("captures")).unwrap();
    for (argument, said) in [
        ("empty.pcap", "empty.pcap: not a capture"),
        (
            "run07.pcapng",
            "run07.pcapng: not a capture: starts with \"PK\" (a zip archive; unpack it first)",
        ),
        ("captures", "captures: not a capture"),
        ("absent.pcap", "absent.pcap: "),
        ("run-*.pcap", "run-*.pcap: no file matches this pattern"),
    ] {
        for command in ["analyze", "inspect"] {
            let output = in_folder(folder.path(), &[command, argument]);
            assert_eq!(output.status.code(), Some(2), "{command} {argument}");
            let stderr = text(&output.stderr);
            assert!(stderr.starts_with(&format!("error: {said}")), "{stderr}");
            assert!(output.stdout.is_empty());
        }
    }
    assert!(!names(folder.path()).iter().any(|name| name == "reports"));
}

#[test]
fn nodes_that_are_not_in_the_capture_are_an_error_that_lists_who_is() {
    let capture = fixture("precopy-loss.pcap.zst");
    let output = migqos()
        .args([
            "analyze",
            "--no-report",
            "--source",
            "192.0.2.1",
            "--target",
            "192.0.2.2",
        ])
        .arg(&capture)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("precopy-loss.pcap.zst"), "{stderr}");
    assert!(
        stderr.contains("10.132.6.126") && stderr.contains("10.132.4.16"),
        "{stderr}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in-the-way"), "").unwrap();
    // The capture does not even exist: the folder is the first to be looked at.
    let output = in_folder(folder.path(), &["analyze", "absent.pcap", "-o", "in-the-way"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("in-the-way") && stderr.contains("-o"), "{stderr}");
}

#[test]
fn one_bad_capture_does_not_cost_the_others_their_reports() {
    let folder = tempfile::tempdir().unwrap();
    for run in ["game 01", "game-ü"] {
        fs::create_dir(folder.path().join(run)).unwrap();
        fs::copy(fixture("ssh.pcap.zst"), folder.path().join(run).join("src.pcap.zst")).unwrap();
    }
    fs::write(folder.path().join("bad.pcap"), "no capture").unwrap();
    // No shell expands the pattern here: the program does.
    let arguments = [
        "analyze",
        "game*/src.pcap.zst",
        "bad.pcap",
        "-o",
        "out",
        "--format",
        "json",
        "--parquet",
    ];
    let output = in_folder(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("error: bad.pcap"));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer.as_array().unwrap().len(), 2);
    assert_eq!(names(&folder.path().join("out")), ["game 01-src", "game-ü-src"]);
    for report in ["game 01-src", "game-ü-src"] {
        let files = names(&folder.path().join("out").join(report));
        for file in ["report.md", "seconds.csv", "seconds.parquet", "summary.json"] {
            assert!(files.iter().any(|name| name == file), "{file}: {files:?}");
        }
        assert!(files.iter().all(|name| !name.starts_with('.')), "{files:?}");
    }
    let one = serde_json::from_slice::<serde_json::Value>(
        &fs::read(folder.path().join("out/game 01-src/summary.json")).unwrap(),
    );
    assert_eq!(one.unwrap(), answer[0]);
}

#[test]
fn a_minimum_index_that_is_not_reached_ends_with_1() {
    let capture = fixture("precopy.pcap.zst");
    for (minimum, status) in [("3,75", 0), ("3.8", 1)] {
        let output = migqos()
            .args(["analyze", "--no-report", "--min-index", minimum])
            .arg(&capture)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{minimum}: {}",
            text(&output.stderr)
        );
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [
        &["inspect", "--format", "json"][..],
        &["analyze", "--no-report", "--format", "csv"],
    ] {
        let mut child = migqos()
            .args(arguments)
            .arg(fixture("precopy-loss.pcap.zst"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{stderr}");
    }
}

#[test]
fn standard_output_carries_the_answer_alone_and_no_colour() {
    let output = migqos()
        .args(["analyze", "--no-report"])
        .arg(fixture("precopy.pcap.zst"))
        .output()
        .unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(!stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'));
    assert!(!stdout.contains("warning"), "{stdout}");
    assert!(stderr.lines().all(|line| line.starts_with("warning: ")), "{stderr}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 80), "{stdout}");
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_right() {
    for (arguments, said) in [
        (&["analyze"][..], "CAPTURE"),
        (&["analyze", "a.pcap", "--interval", "soon"], "write 1s"),
        (
            &["analyze", "a.pcap", "--source", "node-a"],
            "neither an IP address nor a MAC",
        ),
        (
            &["analyze", "a.pcap", "--from", "3", "--to", "2"],
            "--from is not before --to",
        ),
        (&["analyze", "a.pcap", "--profile", "tifon"], "tiphon"),
        (&["analyze", "a.pcap", "--timezone", "Mars"], "Asia/Jakarta"),
        (&["analyze", "-", "-"], "standard input"),
        (&["sanity"], "no figures"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let output = migqos().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = text(&output.stderr);
        assert!(
            stderr.starts_with("error: ") && stderr.contains(said),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = migqos().args(["completions", shell]).output().unwrap();
        assert!(
            output.status.success() && text(&output.stdout).contains("analyze"),
            "{shell}"
        );
    }
    let output = migqos().args(["man", "analyze"]).output().unwrap();
    assert!(text(&output.stdout).contains(".TH"));
}

#[test]
fn the_answer_does_not_depend_on_threads_zone_or_locale() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("ssh.pcap.zst"), folder.path().join("run.pcap.zst")).unwrap();
    let run = |out: &str, threads: &str, zone: &str, locale: &str| {
        let arguments = [
            "analyze",
            "run.pcap.zst",
            "--timezone",
            "WIB",
            "--lang",
            "id",
            "-o",
            "out",
            "-j",
            threads,
        ];
        let mut command: Command = migqos();
        command
            .current_dir(folder.path())
            .args(arguments)
            .env("TZ", zone)
            .env("LC_ALL", locale);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::rename(folder.path().join("out"), folder.path().join(out)).unwrap();
        output.stdout
    };
    assert_eq!(
        run("one", "1", "UTC", "C"),
        run("two", "8", "Asia/Jakarta", "id_ID.UTF-8")
    );
    let files = |out: &str| folder.path().join(out).join("run");
    assert_eq!(names(&files("one")), names(&files("two")));
    for name in names(&files("one")) {
        let (one, two) = (
            fs::read(files("one").join(&name)).unwrap(),
            fs::read(files("two").join(&name)).unwrap(),
        );
        assert!(one == two, "{name} differs");
    }
}

#[test]
fn a_warning_names_its_capture_where_several_are_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(crate::common::fixture("precopy.pcap.zst")).unwrap();
    let cut = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (one, two) = (cut("one.pcap.zst"), cut("two.pcap.zst"));
    let said = |captures: &[&str]| {
        let output = crate::common::migqos().arg("inspect").args(captures).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let both = said(&[&one, &two]);
    for path in [&one, &two] {
        assert!(both.contains(&format!("warning: {path}: ")), "{both}");
    }
    let alone = said(&[&one]);
    assert!(alone.starts_with("warning: ") && !alone.contains(&one), "{alone}");
}

/// What the program says of arguments that leave nothing to measure.
fn refused(arguments: &[&str]) -> String {
    let mut command = migqos();
    let output = command
        .args(["analyze", "--no-report"])
        .arg(fixture("precopy.pcap.zst"));
    let output = output.args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    text(&output.stderr)
}

#[test]
fn what_leaves_nothing_to_measure_is_named() {
    // tshark: the last frame is at 5.375119961 s.
    let nodes = ["--source", "10.132.6.126", "--target", "10.132.4.16"];
    for nodes in [&nodes[..], &[]] {
        let late = refused(&[nodes, &["--from", "100"]].concat());
        assert!(
            late.contains("--from lies after the last frame (second 5.375)"),
            "{late}"
        );
        let port = refused(&[nodes, &["--port", "99"]].concat());
        assert!(port.contains("no conversation uses port 99"), "{port}");
    }
}

#[test]
fn captures_of_one_file_name_have_titles_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for run in ["game-01", "game-02"] {
        fs::create_dir(folder.path().join(run)).unwrap();
        fs::copy(fixture("ssh.pcap.zst"), folder.path().join(run).join("src.pcap.zst")).unwrap();
    }
    let output = in_folder(
        folder.path(),
        &["analyze", "game-01/src.pcap.zst", "game-02/src.pcap.zst", "-o", "out"],
    );
    assert_eq!(output.status.code(), Some(0));
    for name in ["game-01-src", "game-02-src"] {
        let report = fs::read_to_string(folder.path().join("out").join(name).join("report.md")).unwrap();
        let title = report.lines().next().unwrap();
        assert!(title.ends_with(&format!(": {name}")), "{title}");
    }
}
