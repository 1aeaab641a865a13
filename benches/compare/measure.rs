//! One run of one program, as a process of its own: how long it took, and the most memory it held.
//!
//! What the kernel knows of a process it tells whoever waited for it, and of all children together. So each
//! measurement is a process between: this program, called with [`FLAG`], which has one child and asks about its
//! children.

use std::fs::File;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Makes this program run one command and print what it took.
pub const FLAG: &str = "--measure-one";

/// A program with its arguments.
#[derive(Debug, Clone)]
pub struct Call {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// What its standard input is; nothing otherwise.
    pub stdin: Option<PathBuf>,
}

impl Call {
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        let words = words.into_iter().map(Into::into).collect();
        Self { words, stdin: None }
    }

    pub fn with(mut self, more: &[&str]) -> Self {
        self.words.extend(more.iter().map(|&word| word.to_owned()));
        self
    }

    pub fn reading(mut self, stdin: &Path) -> Self {
        self.stdin = Some(stdin.to_owned());
        self
    }
}

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub wall: Duration,
    /// Of all its threads, in user and in kernel mode.
    pub processor: Duration,
    /// The most memory that was resident.
    pub peak_kib: u64,
}

/// Runs a program to its end; its output goes nowhere.
///
/// # Errors
/// Where it cannot be run, or does not end well.
pub fn run(call: &Call) -> io::Result<Taken> {
    let input = match &call.stdin {
        Some(path) => Stdio::from(File::open(path)?),
        None => Stdio::null(),
    };
    let output = Command::new(std::env::current_exe()?)
        .arg(FLAG)
        .args(&call.words)
        .stdin(input)
        .output()?;
    let failed = || Error::other(format!("{:?} failed", call.words));
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        &[wall_ns, processor_us, peak_kib] if output.status.success() => Ok(Taken {
            wall: Duration::from_nanos(wall_ns),
            processor: Duration::from_micros(processor_us),
            peak_kib,
        }),
        _ => Err(failed()),
    }
}

/// The process between. Prints wall time in nanoseconds, processor time in microseconds, and memory in KiB.
///
/// # Errors
/// Where the command cannot be run, or does not end well.
#[cfg(unix)]
pub fn one(words: &[String]) -> io::Result<()> {
    use nix::sys::resource::{UsageWho, getrusage};

    let [program, arguments @ ..] = words else {
        return Err(Error::other("no command"));
    };
    let started = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let wall = started.elapsed();
    if !status.success() {
        return Err(Error::other(format!("{program} ended with {status}")));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let processor_us = micros(usage.user_time()) + micros(usage.system_time());
    // The BSDs count KiB as Linux does; macOS counts bytes.
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    println!("{} {processor_us} {}", wall.as_nanos(), usage.max_rss() / unit);
    Ok(())
}

#[cfg(not(unix))]
pub fn one(_: &[String]) -> io::Result<()> {
    Err(Error::other("processes can be measured on Unix only"))
}

/// The processor time that this process has used.
#[cfg(unix)]
pub fn own_processor_time() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};

    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return Duration::ZERO;
    };
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros((micros(usage.user_time()) + micros(usage.system_time())) as u64)
}

#[cfg(not(unix))]
pub fn own_processor_time() -> Duration {
    Duration::ZERO
}
