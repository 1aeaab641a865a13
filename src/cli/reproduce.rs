//! The command line that makes a report again.

use std::ffi::OsStr;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory};

use super::args::Cli;

/// The options of `migqos analyze` as they were typed. Left out are the captures and logs, of which each report names
/// its own, and `-j`, on which no answer depends.
pub fn options(matches: &ArgMatches) -> Vec<String> {
    let program = Cli::command();
    let Some(command) = program.find_subcommand("analyze") else {
        return Vec::new();
    };
    let mut words = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let typed = matches.value_source(id) == Some(ValueSource::CommandLine);
        let (Some(name), true) = (argument.get_long(), typed && !matches!(id, "jobs" | "log")) else {
            continue;
        };
        words.push(format!("--{name}"));
        if !matches!(argument.get_action(), ArgAction::SetTrue)
            && let Some(values) = matches.get_raw(id)
        {
            let values: Vec<_> = values.map(OsStr::to_string_lossy).collect();
            words.push(values.join(","));
        }
    }
    words
}

/// The whole line, to be typed into a shell.
pub fn line<P: AsRef<Path>>(captures: &[P], log: Option<&Path>, options: &[String]) -> String {
    let captures = captures.iter().map(|c| c.as_ref().to_string_lossy().into_owned());
    let log = log.map(|log| ["--log".to_owned(), log.to_string_lossy().into_owned()]);
    let words = ["migqos".to_owned(), "analyze".to_owned()]
        .into_iter()
        .chain(captures)
        .chain(log.into_iter().flatten())
        .chain(options.iter().cloned());
    words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as bash, PowerShell and cmd take it for one; in the last, single quotes do not do.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_./\\:,=+@%-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(['"', '$', '`']) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Vec<String> {
        let matches = Cli::command()
            .try_get_matches_from(["migqos", "analyze"].iter().chain(words))
            .unwrap();
        options(matches.subcommand_matches("analyze").unwrap())
    }

    #[test]
    fn what_was_typed_is_repeated_and_defaults_and_threads_are_not() {
        let words = [
            "a b.pcap",
            "--lang=id",
            "-j",
            "3",
            "--decimal-comma",
            "--bands",
            "loss=range,jitter=shifted",
            "--link-capacity",
            "1 Gbit",
            "-o",
            "out",
        ];
        let options = typed(&words);
        assert_eq!(
            line(&["a b.pcap"], None, &options),
            "migqos analyze \"a b.pcap\" --bands loss=range,jitter=shifted --link-capacity \"1 Gbit\" --output out \
             --lang id --decimal-comma"
        );
        assert_eq!(line(&["a.pcap"], None, &typed(&["x"])), "migqos analyze a.pcap");
        let options = typed(&["x", "--log", "b.log", "--strict"]);
        assert_eq!(
            line(&["a.pcap"], Some(Path::new("b 1.log")), &options),
            "migqos analyze a.pcap --log \"b 1.log\" --strict"
        );
    }

    #[test]
    fn words_with_marks_are_quoted() {
        assert_eq!(quoted("C:\\runs\\a.pcap"), "C:\\runs\\a.pcap");
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("$HOME"), "'$HOME'");
        assert_eq!(quoted(""), "\"\"");
    }
}
