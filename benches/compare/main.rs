//! `make compare`: this program beside others on the same files, and beside the least that reading them can cost.
//!
//! ```text
//! compare [--write FILE]
//! compare --record-instructions
//! ```
//!
//! Prints Markdown; with `--write`, it also takes the place of what stands between the markers in FILE. From the
//! environment: `PACKETS` of the large captures (12,000,000), `RUNS` of each program (3), `COMPARE_DIR` for the files
//! (target/compare), `ONLY` for some of the letters a to h.

mod contest;
#[path = "../count.rs"]
mod count;
mod files;
mod machine;
mod measure;
mod sections;
mod stages;
mod targets;
#[path = "../traffic.rs"]
mod traffic;
mod write;

use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// How much is compared, and with what.
pub struct Plan {
    /// Of (a); the others are sized by it.
    pub packets: u64,
    /// How often each program runs.
    pub runs: usize,
    /// Where the captures are.
    pub folder: PathBuf,
    /// Letters of the sections; all where empty.
    pub only: String,
    /// Where this program, `migqos` and `walk` are.
    pub programs: PathBuf,
}

impl Plan {
    fn from_environment() -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let number = |name: &str, otherwise: u64| match variable(name) {
            Some(text) => text
                .parse()
                .map_err(|_| Error::other(format!("{name}={text} is no number"))),
            None => Ok(otherwise),
        };
        let examples = std::env::current_exe()?;
        let programs = examples.parent().and_then(Path::parent).unwrap_or(Path::new("."));
        Ok(Self {
            packets: number("PACKETS", 12_000_000)?.max(1000),
            runs: number("RUNS", 3)?.max(1) as usize,
            folder: variable("COMPARE_DIR").map_or_else(|| "target/compare".into(), PathBuf::from),
            only: variable("ONLY").unwrap_or_default(),
            programs: programs.to_owned(),
        })
    }

    /// A program of this project.
    pub fn program(&self, name: &str) -> String {
        self.programs.join(name).display().to_string()
    }

    /// Whether the section of this letter is wanted.
    pub fn wants(&self, letter: char) -> bool {
        self.only.is_empty() || self.only.contains(letter)
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let document = match words.as_slice() {
        [measure::FLAG, ..] => return measure::one(&arguments[1..]),
        [stages::FLAG, file] => return stages::print(Path::new(file)),
        ["--record-instructions"] => return write::record_instructions(&Plan::from_environment()?),
        [] => None,
        ["--write", file] => Some(PathBuf::from(file)),
        _ => return Err(Error::other("usage: compare [--write FILE] | --record-instructions")),
    };
    let plan = Plan::from_environment()?;
    let sections = sections::hold_all(&plan)?;
    let text = write::markdown(&plan, &sections)?;
    print!("{text}");
    match document {
        Some(path) => write::into_document(&path, &text),
        None => Ok(()),
    }
}
