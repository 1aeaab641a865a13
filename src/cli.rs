//! The program: arguments to one call into the library, answers to standard output, everything else to standard
//! error.
//!
//! ```text
//! args      as typed        (clap)
//! request   as meant        units resolved, patterns expanded, contradictions refused
//! analyze   the work        captures side by side, answers in the order in which they were given
//! inspect
//! stdout    the answer      a reader that goes away is no failure
//! ```
//!
//! This is the only room of the library that prints.

mod analyze;
pub mod args;
mod bar;
mod engine;
mod inputs;
mod inspect;
mod notices;
pub mod profiles;
mod reproduce;
pub mod request;
pub mod sanity;
mod stdout;
pub mod values;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use serde::Serialize;

use self::args::{Cli, Command};
use self::text::Manner;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{json, text};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// What was asked for is done.
    Done,
    /// It is done, and a check on the answer failed.
    CheckFailed,
    /// Wrong usage, unreadable input, or nothing to analyse.
    Unusable,
}

impl Status {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CheckFailed => 1,
            Self::Unusable => 2,
        }
    }
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let matches = Cli::command().try_get_matches();
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version end here too, with status 0. A reader that has gone away is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let status = dispatch(&cli.command, &matches).unwrap_or_else(|error| {
        notices::error(&error);
        Status::Unusable
    });
    ExitCode::from(status.code())
}

fn dispatch(command: &Command, matches: &ArgMatches) -> Result<Status> {
    match command {
        Command::Analyze(args) => {
            let options = matches.subcommand_matches("analyze").map(reproduce::options);
            analyze::run(&request::AnalyzeRequest::new(args, options.unwrap_or_default())?)
        }
        Command::Inspect(args) => inspect::run(&request::InspectRequest::new(args)?),
        Command::Profiles(args) => {
            let manner = Manner::from(&request::style(&args.print));
            print(profiles::profiles(args.name.as_deref(), args.print.format, manner)?.as_bytes())
        }
        Command::Sanity(args) => {
            let manner = Manner::from(&request::style(&args.print));
            let grading = request::grading(&args.grading)?;
            let answer = sanity::sanity_command(
                &args.typed(),
                &grading.profile,
                grading.capacity,
                args.print.format,
                manner,
            )?;
            print(answer.as_bytes())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "migqos", &mut script);
            print(&script)
        }
        Command::Man { command } => print(&manual(command.as_deref())?),
    }
}

/// The manual page of the program, or of one of its commands.
fn manual(of: Option<&str>) -> Result<Vec<u8>> {
    let mut program = Cli::command();
    program.build();
    let command = match of {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::Usage, format!("there is no command '{name}'")))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|e| Error::new(ErrorKind::Output, e.to_string()))?;
    Ok(page)
}

/// The threads of one call: as many as asked for, else one per core.
fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|e| Error::new(ErrorKind::Io, format!("threads could not be started: {e}")))
}

/// Prints one document as it is, several as an array; nothing where there is none.
fn print_json(documents: &[impl Serialize], several: bool) -> Result<Status> {
    match (several, documents) {
        (_, []) => Ok(Status::Done),
        (false, [only, ..]) => print_with(|out| json::write(only, out)),
        (true, all) => print_with(|out| json::write(&all, out)),
    }
}

fn print(answer: &[u8]) -> Result<Status> {
    print_with(|out| out.write_all(answer))
}

fn print_with(answer: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Status> {
    stdout::write(answer).map_err(|e| Error::new(ErrorKind::Output, format!("standard output: {e}")))?;
    Ok(Status::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_pages_exist_for_the_program_and_each_command() {
        let page = String::from_utf8(manual(None).unwrap()).unwrap();
        assert!(page.starts_with(".ie"), "{}", page.get(..40).unwrap());
        assert!(page.contains("analyze"));
        let page = String::from_utf8(manual(Some("analyze")).unwrap()).unwrap();
        assert!(page.contains("link\\-capacity"));
        assert_eq!(manual(Some("nonsense")).unwrap_err().kind(), ErrorKind::Usage);
    }
}
