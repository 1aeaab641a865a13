//! Holds the TCP analysis flags of captures against those of the tshark that is installed.
//!
//! `compare_tshark PATH...` looks at every capture among the files and folders given, counts each flag of each TCP
//! conversation with this library and with tshark in a single pass, and prints how many conversations agree in every
//! flag, and for each flag both counts and the number of conversations where they differ. Conversations that differ
//! are named on standard error. It ends with 0 where at least 99 % agree, else with 1; 2 where tshark is missing.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use migqos::measure::tcp::wireshark::Flag;

#[path = "../tests/support/wireshark.rs"]
mod ours;

use ours::{Counts, Key, Keys};

/// Agreement of at least so many in a hundred conversations is what this project promises.
const PROMISED_PERCENT: usize = 99;

/// At most so many differing conversations are named.
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
    let Ok(ours) = ours::conversations(capture, true) else {
        return;
    };
    let Some(mut theirs) = tshark(capture) else { return };
    table.captures += 1;
    for (key, ours) in ours {
        let found = theirs.remove(&key);
        count(capture, &key, Some(ours), found, table);
    }
    let mut left: Vec<_> = theirs.into_iter().collect();
    left.sort_unstable();
    for (key, counts) in left {
        count(capture, &key, None, Some(counts), table);
    }
}

/// Adds one conversation, which one side may not have.
fn count(capture: &Path, key: &Key, ours: Option<Counts>, theirs: Option<Counts>, table: &mut Table) {
    table.conversations += 1;
    if ours.is_some() && ours == theirs {
        table.exact += 1;
    } else if table.conversations - table.exact <= NAMED {
        let ([a, b], earlier) = key;
        let what = difference(ours, theirs);
        eprintln!("{}: {a} {b} #{earlier}: {what}", capture.display());
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
        (Some(_), None) => return "tshark has no such conversation".to_owned(),
        _ => return "only tshark has this conversation".to_owned(),
    };
    let differing = Flag::ALL.iter().zip(ours.iter().zip(theirs));
    differing
        .filter(|(_, (ours, theirs))| *ours != theirs)
        .map(|(flag, (ours, theirs))| format!("{} ours {ours} theirs {theirs}", flag.name()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// tshark's counts of each conversation; `None` where tshark cannot read the file or sees no TCP in it.
fn tshark(capture: &Path) -> Option<HashMap<Key, Counts>> {
    let mut command = Command::new("tshark");
    // A TCP header that an ICMP error returns is not a segment of the conversation.
    command.args(["-n", "-Y", "tcp and not icmp and not icmpv6", "-T", "fields", "-r"]);
    command.arg(capture);
    for field in ADDRESSING {
        command.args(["-e", field]);
    }
    for flag in Flag::ALL {
        command.args(["-e", &format!("tcp.analysis.{}", flag.name())]);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut keys = Keys::default();
    let mut streams: HashMap<u64, Key> = HashMap::new();
    let mut counts: HashMap<Key, Counts> = HashMap::new();
    for line in BufReader::new(child.stdout.take()?).lines() {
        let line = line.ok()?;
        let fields: Vec<&str> = line.split('\t').collect();
        let (addressing, flags) = fields.split_at_checked(ADDRESSING.len())?;
        let Some((stream, source, target)) = endpoints(addressing) else {
            continue;
        };
        let key = *streams.entry(stream).or_insert_with(|| keys.next(source, target));
        for (count, field) in counts.entry(key).or_default().iter_mut().zip(flags) {
            *count += u64::from(!field.is_empty());
        }
    }
    // Its status is not asked: a capture that breaks off ends with an error after everything whole was printed.
    child.wait().ok()?;
    (!counts.is_empty()).then_some(counts)
}

/// What tshark is asked for to tell conversations apart.
const ADDRESSING: [&str; 8] = [
    "tcp.stream",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
];

/// Stream, sender and receiver of a frame's TCP segment; `None` where its header is not whole. In a tunnel the IP header next to TCP counts, and TCP's
/// payload may hold whole frames again, so tshark gives lists.
fn endpoints(fields: &[&str]) -> Option<(u64, SocketAddr, SocketAddr)> {
    let [
        stream,
        protocols,
        ip_src,
        ip_dst,
        ipv6_src,
        ipv6_dst,
        src_port,
        dst_port,
    ] = fields
    else {
        return None;
    };
    let before_tcp: Vec<&str> = protocols.split(':').take_while(|protocol| *protocol != "tcp").collect();
    let ip = before_tcp
        .iter()
        .rev()
        .find(|protocol| ["ip", "ipv6"].contains(protocol))?;
    let nth = before_tcp.iter().filter(|protocol| *protocol == ip).count() - 1;
    let (src, dst) = if *ip == "ip" {
        (ip_src, ip_dst)
    } else {
        (ipv6_src, ipv6_dst)
    };
    let address = |list: &str| list.split(',').nth(nth)?.parse::<IpAddr>().ok();
    let port = |list: &str| list.split(',').next()?.parse::<u16>().ok();
    let source = SocketAddr::new(address(src)?, port(src_port)?);
    let target = SocketAddr::new(address(dst)?, port(dst_port)?);
    Some((stream.split(',').next()?.parse().ok()?, source, target))
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
