//! The command line as it is typed: names, help texts, and what each value looks like.
//!
//! What the values mean together is [`super::request`]'s business.

use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser, ValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use super::sanity::TypedTexts;
use super::values;
use crate::grade::{LinkCapacity, Profile};
use crate::language::Language;
use crate::options::{During, Family, GradedDirection, Host, WiresharkJitter};

/// Throughput, packet loss, jitter and delay of a VM live migration, measured
/// from packet captures and graded by the TIPHON tables.
#[derive(Debug, Parser)]
#[command(name = "migqos", version, max_term_width = 80, arg_required_else_help = true, after_help = MAIN_EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const MAIN_EXAMPLES: &str = "\
Examples:
  migqos analyze capture.pcapng
      Measure, grade, print a table, and write reports/capture/report.md
  migqos inspect capture.pcapng
      List what is in the file
  migqos analyze --help
      Every option, with examples

Exit status: 0 done; 1 a check failed; 2 wrong usage, unreadable input, or
nothing to analyse.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure and grade a migration's traffic, and write a report
    Analyze(Box<AnalyzeArgs>),
    /// List what is in a capture: properties, conversations, TCP analysis
    Inspect(Box<InspectArgs>),
    /// Show the grading tables that ship, band by band
    #[command(after_help = PROFILES_EXAMPLES)]
    Profiles(Box<ProfilesArgs>),
    /// Check figures typed in from a paper against each other, and grade them
    #[command(after_help = SANITY_EXAMPLES)]
    Sanity(Box<SanityArgs>),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    #[command(after_help = "Example:\n  migqos man analyze | man -l -")]
    Man {
        /// The command whose page to print, instead of the program's own
        command: Option<String>,
    },
}

const COMPLETION_EXAMPLES: &str = "\
Examples:
  migqos completions bash > ~/.local/share/bash-completion/completions/migqos
  migqos completions powershell >> $PROFILE";

const PROFILES_EXAMPLES: &str = "\
Examples:
  migqos profiles
      All that ship, and the variants of --bands
  migqos profiles tiphon --lang id
      One of them, in Indonesian";

/// Arguments of `migqos profiles`.
#[derive(Debug, Args)]
pub struct ProfilesArgs {
    /// A profile's name, or a TOML file to check and show [default: all that ship]
    #[arg(value_name = "NAME|FILE")]
    pub name: Option<String>,
    /// What is printed and how.
    #[command(flatten)]
    pub print: PrintArgs,
}

const SANITY_EXAMPLES: &str = "\
Examples:
  migqos sanity --throughput-kbps 403694.93 --loss-pct 0.12 \\
      --jitter-ms 261.7 --delay-ms 434.46
      Can these four come from one capture? Finds a slip of units
  migqos sanity --delay-ms 0,46 --jitter-ms 4,74
      Decimal commas are accepted";

/// Arguments of `migqos sanity`. Figures are typed as the paper prints them.
#[derive(Debug, Args)]
pub struct SanityArgs {
    /// Throughput, kbit/s
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub throughput_kbps: Option<String>,
    /// Packet loss, percent
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub loss_pct: Option<String>,
    /// Jitter, milliseconds
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub jitter_ms: Option<String>,
    /// Delay, milliseconds
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub delay_ms: Option<String>,
    /// Migration time, milliseconds
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub migration_time_ms: Option<String>,
    /// Downtime, milliseconds
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub downtime_ms: Option<String>,
    /// Data transferred: bytes, or with a unit such as 1.2GiB
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Figures")]
    pub transferred: Option<String>,
    /// How the figures are graded.
    #[command(flatten)]
    pub grading: GradingArgs,
    /// What is printed and how.
    #[command(flatten)]
    pub print: PrintArgs,
}

impl SanityArgs {
    /// The figures as they were typed.
    pub fn typed(&self) -> TypedTexts {
        TypedTexts {
            throughput_kbps: self.throughput_kbps.clone(),
            loss_pct: self.loss_pct.clone(),
            jitter_ms: self.jitter_ms.clone(),
            delay_ms: self.delay_ms.clone(),
            migration_time_ms: self.migration_time_ms.clone(),
            downtime_ms: self.downtime_ms.clone(),
            transferred: self.transferred.clone(),
        }
    }
}

/// How the figures are graded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Grading")]
pub struct GradingArgs {
    /// Grading tables: a profile's name (see migqos profiles) or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = Profile::DEFAULT)]
    pub profile: String,
    /// Another variant for some tables, such as loss=range,jitter=shifted
    #[arg(long, value_name = "P=V,...", value_delimiter = ',', value_parser = values::band)]
    pub bands: Vec<(String, String)>,
    /// The link's capacity, such as 1Gbit: throughput is then graded in percent of it
    #[arg(long, value_name = "RATE")]
    pub link_capacity: Option<LinkCapacity>,
}

const ANALYZE_EXAMPLES: &str = "\
Examples:
  migqos analyze capture.pcapng
      The nodes are found; the report goes to reports/capture/
  migqos analyze src.pcap --source 10.132.6.126 --target 10.132.4.16 \\
      --link-capacity 1Gbit --lang id --decimal-comma --timezone WIB
      Nodes and link given; report in Indonesian, times in UTC+7
  migqos analyze runs/*/src.pcap -o results
      One report for each run, analysed side by side
  migqos analyze src.pcap --log task.log
      The hypervisor's own figures beside those of the capture
  migqos analyze \"runs/*/src.pcap\" --log \"runs/*/task.log\"
      The same for many runs: the logs in the order of the captures
  migqos analyze ring_*.pcapng --join
      The files of a ring buffer, as one run
  migqos analyze src.pcap --method wireshark --bands loss=range,jitter=shifted
      Grade the figures as theses compute them, by other bands
  zcat src.pcap.gz | migqos analyze - --no-report --format json
      From standard input, the answer as JSON";

/// Arguments of `migqos analyze`.
#[derive(Debug, Args)]
#[command(after_help = ANALYZE_EXAMPLES)]
pub struct AnalyzeArgs {
    /// Captures (pcap or pcapng; plain, gzip, zstd or lz4), patterns such as runs/*.pcap, or - for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub captures: Vec<PathBuf>,

    /// The node the VM leaves: an address, a comma list of its addresses, or a MAC [default: found in the capture]
    #[arg(long, value_name = "HOST", value_parser = values::host, help_heading = "What is measured")]
    pub source: Option<Host>,
    /// The node the VM moves to, in the same forms [default: found in the capture]
    #[arg(long, value_name = "HOST", value_parser = values::host, help_heading = "What is measured")]
    pub target: Option<Host>,
    /// The virtual machine's address or MAC [default: found by its announcement]
    #[arg(long, value_name = "ADDR", value_parser = values::host, help_heading = "What is measured")]
    pub vm: Option<Host>,
    /// The same run captured at the target node
    #[arg(long, value_name = "FILE", hide = true, help_heading = "What is measured")]
    pub target_capture: Option<PathBuf>,
    /// The migration's log: Proxmox VE's task log, the JSON of QMP's query-migrate, or the text of virsh domjobinfo.
    /// With several captures, one for each in the same order: a pattern, or --log again
    #[arg(long, value_name = "FILE", help_heading = "What is measured")]
    pub log: Vec<PathBuf>,
    /// Which direction is graded
    #[arg(long, value_name = "WHICH", default_value = "forward", value_parser = directions(), help_heading = "What is measured")]
    pub direction: GradedDirection,
    /// Only conversations with this port at either end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "What is measured")]
    pub port: Option<u16>,
    /// Leave out what was captured before: 12.5s after the first frame, or "2026-11-20 21:42:00" in --timezone
    #[arg(long, value_name = "TIME", help_heading = "What is measured")]
    pub from: Option<String>,
    /// Leave out what was captured at that time or later
    #[arg(long, value_name = "TIME", help_heading = "What is measured")]
    pub to: Option<String>,
    /// What the overall figures cover [default: the migration where one was found, else the capture]
    #[arg(long, value_name = "SPAN", value_parser = spans(), help_heading = "What is measured")]
    pub during: Option<During>,
    /// Which migration of several, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "What is measured")]
    pub migration: Option<u32>,
    /// Take the captures as one run, in order of time (dumpcap -b, tcpdump -C)
    #[arg(long, help_heading = "What is measured")]
    pub join: bool,

    /// Width of a row of the series
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = values::interval_ns, help_heading = "How it is measured")]
    pub interval: i64,
    /// Which family of figures is graded: what the RFCs define, or what theses compute from Wireshark's screens
    #[arg(long, value_name = "FAMILY", default_value = "standard", value_parser = families(), help_heading = "How it is measured")]
    pub method: Family,
    /// Jitter of the wireshark family
    #[arg(long, value_name = "FORM", default_value = "abs", value_parser = jitter_forms(), help_heading = "How it is measured")]
    pub wireshark_jitter: WiresharkJitter,
    /// An echo request without a reply for this long is lost
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = values::duration_ns, help_heading = "How it is measured")]
    pub echo_timeout: i64,
    /// The clocks of the two capture points are synchronised: trust them
    #[arg(long, hide = true, help_heading = "How it is measured")]
    pub clock_synced: bool,

    /// How the figures are graded.
    #[command(flatten)]
    pub grading: GradingArgs,
    /// End with status 1 where the overall index is below this
    #[arg(long, value_name = "X", value_parser = values::index, help_heading = "Grading")]
    pub min_index: Option<f64>,

    /// Where the reports go, each in a folder named after its capture
    #[arg(short, long, value_name = "DIR", default_value = "reports", help_heading = "Output")]
    pub output: PathBuf,
    /// Write no report
    #[arg(long, help_heading = "Output")]
    pub no_report: bool,
    /// Write seconds.parquet as well
    #[arg(long, conflicts_with = "no_report", help_heading = "Output")]
    pub parquet: bool,
    /// What is printed and how.
    #[command(flatten)]
    pub print: PrintArgs,
    /// How the files are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  migqos inspect capture.pcapng
  migqos inspect capture.pcapng --format json > capture.json
  migqos inspect ring_*.pcap --format csv";

/// Arguments of `migqos inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct InspectArgs {
    /// Captures (pcap or pcapng; plain, gzip, zstd or lz4), patterns such as runs/*.pcap, or - for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub captures: Vec<PathBuf>,
    /// An echo request without a reply for this long is lost
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = values::duration_ns)]
    pub echo_timeout: i64,
    /// What is printed and how.
    #[command(flatten)]
    pub print: PrintArgs,
    /// How the files are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// What is printed, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct PrintArgs {
    /// What standard output gets
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// Language of tables and reports: en (English) or id (Indonesian)
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = languages())]
    pub lang: Language,
    /// Write 1.234,5 instead of 1,234.5 in tables and reports
    #[arg(long)]
    pub decimal_comma: bool,
    /// Time zone of printed times, of --from and --to, and of --log where it fits: a name, WIB, WITA, WIT or +07:00
    #[arg(long, value_name = "TZ", default_value = "UTC", value_parser = values::timezone)]
    pub timezone: TimeZone,
}

/// How the files are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadingArgs {
    /// Look into GRE, VXLAN, Geneve and IP-in-IP
    #[arg(long)]
    pub decapsulate: bool,
    /// Take a capture that breaks off for an error
    #[arg(long)]
    pub strict: bool,
    /// Stop where a compressed capture unpacks to more than this, such as 50GB
    #[arg(long, value_name = "SIZE", value_parser = values::size_bytes)]
    pub max_decompressed: Option<u64>,
    /// Threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

/// What standard output gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For scripts: everything
    Json,
    /// For spreadsheets: the seconds, or the conversations
    Csv,
}

/// A parser for a closed list of names, each standing for a value.
fn named<T: Clone + Send + Sync + 'static>(names: &'static [(&'static str, &'static str, T)]) -> ValueParser {
    let possible = names.iter().map(|(name, help, _)| {
        let value = PossibleValue::new(*name);
        if help.is_empty() { value } else { value.help(*help) }
    });
    clap::builder::PossibleValuesParser::new(possible)
        .try_map(|typed: String| {
            let found = names.iter().find(|(name, _, _)| *name == typed);
            found.map(|(_, _, value)| value.clone()).ok_or("not one of the names")
        })
        .into()
}

fn directions() -> ValueParser {
    named(&[
        ("forward", "source to target", GradedDirection::Forward),
        ("reverse", "target to source", GradedDirection::Reverse),
        ("both", "", GradedDirection::Both),
    ])
}

fn spans() -> ValueParser {
    named(&[("migration", "", During::Migration), ("capture", "", During::Capture)])
}

fn families() -> ValueParser {
    named(&[("standard", "", Family::Standard), ("wireshark", "", Family::Wireshark)])
}

fn jitter_forms() -> ValueParser {
    named(&[
        ("abs", "mean of |d(i+1) - d(i)|", WiresharkJitter::Abs),
        ("signed", "mean of d(i+1) - d(i)", WiresharkJitter::Signed),
        ("spreadsheet", "mean of 2 d(i+1) - d(i)", WiresharkJitter::Spreadsheet),
    ])
}

fn languages() -> ValueParser {
    named(&[("en", "", Language::English), ("id", "", Language::Indonesian)])
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_help_text_is_wider_than_80_columns() {
        let mut program = Cli::command();
        program.build();
        let names: Vec<String> = program.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        let mut texts = vec![
            program.render_long_help().to_string(),
            program.render_help().to_string(),
        ];
        for name in names {
            let command = program.find_subcommand_mut(&name).unwrap();
            texts.push(command.render_long_help().to_string());
            texts.push(command.render_help().to_string());
        }
        for line in texts.iter().flat_map(|t| t.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn the_examples_of_the_help_texts_parse() {
        for text in [
            MAIN_EXAMPLES,
            ANALYZE_EXAMPLES,
            INSPECT_EXAMPLES,
            PROFILES_EXAMPLES,
            SANITY_EXAMPLES,
        ] {
            for line in text.replace("\\\n", " ").lines() {
                let Some((_, command)) = line.split_once("migqos ") else {
                    continue;
                };
                let words = command.split_whitespace().take_while(|w| *w != ">" && *w != "|");
                let result = Cli::try_parse_from(std::iter::once("migqos").chain(words));
                if let Err(error) = result {
                    assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn bands_are_given_in_one_list_or_several() {
        let parse = |words: &[&str]| {
            let all = ["migqos", "analyze", "f.pcap"].iter().chain(words);
            match Cli::try_parse_from(all).unwrap().command {
                Command::Analyze(args) => args.grading.bands,
                _ => unreachable!(),
            }
        };
        let expected = vec![
            ("loss".to_owned(), "range".to_owned()),
            ("jitter".to_owned(), "shifted".to_owned()),
        ];
        assert_eq!(parse(&["--bands", "loss=range,jitter=shifted"]), expected);
        assert_eq!(parse(&["--bands", "loss=range", "--bands", "jitter=shifted"]), expected);
    }
}
