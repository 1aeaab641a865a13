//! Holds the TCP analysis flags of captures against those of the tshark that is installed.
//!
//! `compare_tshark PATH...` looks at every capture among the files and folders given, counts each flag of each TCP
//! conversation with this library and with tshark in a single pass, and prints how many conversations agree in every
//! flag, and for each flag both counts and the number of conversations where they differ. Conversations that differ
//! are named on standard error. It ends with 0 where at least 99 % agree, else with 1; 2 where tshark is missing.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use migqos::measure::tcp::wireshark::Flag;

#[path = "../tests/support/wireshark.rs"]
mod ours;

/// One count for each of [`Flag::ALL`].
type Counts = [u64; Flag::ALL.len()];

/// Agreement of at least so many in a hundred conversations is what this project promises.
const PROMISED_PERCENT: usize = 99;

/// What differs at most is printed in full for so many conversations.
const NAMED: usize = 50;

#[derive(Default)]
struct Table {
    captures: usize,
    conversations: usize,
    exact: usize,
    ours: Counts,
    theirs: Counts,
    differing: Counts,
}

fn main() -> ExitCode {
    if Command::new("tshark").arg("-v").output().is_err() {
        eprintln!("compare_tshark: tshark is not installed");
        return ExitCode::from(2);
    }
    let mut captures = Vec::new();
    for argument in std::env::args_os().skip(1) {
        collect(Path::new(&argument), &mut captures);
    }
    let mut table = Table::default();
    for capture in &captures {
        compare(capture, &mut table);
    }
    print(&table);
    if table.exact * 100 >= table.conversations * PROMISED_PERCENT {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Every file below `path`, in order of names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            collect(&entry, files);
        }
    } else {
        files.push(path.to_owned());
    }
}

fn compare(capture: &Path, table: &mut Table) {
    // What is no capture to one of the two cannot be compared.
    let Ok(ours) = ours::conversations(capture) else { return };
    let Some(mut theirs) = tshark(capture) else { return };
    table.captures += 1;
    let ours = ours.iter().map(|conversation| {
        let total = conversation.total();
        (conversation.first_frame, Flag::ALL.map(|flag| total.get(flag)))
    });
    for (first_frame, ours) in ours {
        let found = theirs.remove(&first_frame);
        count(capture, first_frame, Some(ours), found, table);
    }
    let mut left: Vec<_> = theirs.into_iter().collect();
    left.sort_unstable();
    for (first_frame, counts) in left {
        count(capture, first_frame, None, Some(counts), table);
    }
}

/// Adds one conversation, which one side may not have.
fn count(capture: &Path, first_frame: u64, ours: Option<Counts>, theirs: Option<Counts>, table: &mut Table) {
    table.conversations += 1;
    if ours.is_some() && ours == theirs {
        table.exact += 1;
    } else if table.conversations - table.exact <= NAMED {
        eprintln!(
            "{}: conversation of frame {first_frame}: {}",
            capture.display(),
            difference(ours, theirs)
        );
    }
    let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
    for flag in 0..Flag::ALL.len() {
        table.ours[flag] += ours[flag];
        table.theirs[flag] += theirs[flag];
        table.differing[flag] += u64::from(ours[flag] != theirs[flag]);
    }
}

fn difference(ours: Option<Counts>, theirs: Option<Counts>) -> String {
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (Some(_), None) => return "tshark has no conversation that begins there".to_owned(),
        _ => return "only tshark has a conversation that begins there".to_owned(),
    };
    let differing = Flag::ALL.iter().zip(ours.iter().zip(theirs));
    differing
        .filter(|(_, (ours, theirs))| *ours != theirs)
        .map(|(flag, (ours, theirs))| format!("{} ours {ours} theirs {theirs}", flag.name()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// tshark's counts by the conversation's first frame; `None` where tshark cannot read the file.
fn tshark(capture: &Path) -> Option<HashMap<u64, Counts>> {
    // A TCP header that an ICMP error returns is not a segment of the conversation.
    let mut command = Command::new("tshark");
    command.args(["-n", "-Y", "tcp and not icmp and not icmpv6", "-T", "fields", "-r"]);
    command.arg(capture).args(["-e", "frame.number", "-e", "tcp.stream"]);
    for flag in Flag::ALL {
        command.args(["-e", &format!("tcp.analysis.{}", flag.name())]);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut first_frames: HashMap<u64, u64> = HashMap::new();
    let mut counts: HashMap<u64, Counts> = HashMap::new();
    for line in BufReader::new(child.stdout.take()?).lines() {
        let line = line.ok()?;
        let mut fields = line.split('\t');
        let frame: u64 = fields.next()?.parse().ok()?;
        // Where TCP carries TCP, the innermost.
        let Some(stream) = fields.next()?.rsplit(',').next().and_then(|stream| stream.parse().ok()) else {
            continue;
        };
        let counts = counts.entry(*first_frames.entry(stream).or_insert(frame)).or_default();
        for (count, field) in counts.iter_mut().zip(fields) {
            *count += u64::from(!field.is_empty());
        }
    }
    // Its status is not asked: a capture that breaks off ends with an error after everything whole was printed.
    child.wait().ok()?;
    (!first_frames.is_empty()).then_some(counts)
}

fn print(table: &Table) {
    println!(
        "{} captures, {} conversations, {} exact",
        table.captures, table.conversations, table.exact
    );
    println!("{:<24}{:>12}{:>12}{:>12}", "flag", "ours", "theirs", "differing");
    for flag in Flag::ALL {
        let i = flag as usize;
        println!(
            "{:<24}{:>12}{:>12}{:>12}",
            flag.name(),
            table.ours[i],
            table.theirs[i],
            table.differing[i]
        );
    }
}
