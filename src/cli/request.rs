//! The command line as it is meant: units resolved, times placed in their zone, patterns expanded.

use std::path::PathBuf;

use super::args::{AnalyzeArgs, Format, GradingArgs, InspectArgs, PrintArgs};
use super::{inputs, values};
use crate::error::{Error, ErrorKind, Result};
use crate::grade::{Grader, LinkCapacity, Profile};
use crate::migration::log::LogFile;
use crate::options::{AnalysisOptions, TimePoint};
use crate::report::locale::Style;

/// How the figures are graded.
#[derive(Debug, Clone, PartialEq)]
pub struct Grading {
    /// The tables, read and checked.
    pub profile: Profile,
    /// The link's capacity.
    pub capacity: Option<LinkCapacity>,
}

impl Grading {
    /// The tables in force.
    pub fn grader(&self) -> Grader<'_> {
        Grader::new(&self.profile, self.capacity)
    }
}

/// Where reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    /// The folder that holds each capture's folder.
    pub output: PathBuf,
    /// Whether the seconds are written as Parquet as well.
    pub parquet: bool,
}

/// `migqos analyze`, validated.
#[derive(Debug, Clone)]
pub struct AnalyzeRequest {
    /// The captures, patterns expanded.
    pub captures: Vec<PathBuf>,
    /// The captures are parts of one run.
    pub join: bool,
    /// The runs' logs, in the order of the captures; as many as there are runs, or none.
    pub logs: Vec<LogFile>,
    /// What the engine is asked.
    pub options: AnalysisOptions,
    /// How the figures are graded.
    pub grading: Grading,
    /// The overall index below which the exit status is 1.
    pub min_index: Option<f64>,
    /// `None`: no report is written.
    pub report: Option<ReportRequest>,
    /// What standard output gets.
    pub format: Format,
    /// Language, decimal mark, time zone.
    pub style: Style,
    /// The options as typed, but for `-j`: with a capture they make its report again.
    pub typed_options: Vec<String>,
}

/// `migqos inspect`, validated.
#[derive(Debug, Clone)]
pub struct InspectRequest {
    /// The captures, patterns expanded.
    pub captures: Vec<PathBuf>,
    /// What the engine is asked.
    pub options: AnalysisOptions,
    /// What standard output gets.
    pub format: Format,
    /// Language, decimal mark, time zone.
    pub style: Style,
}

/// What the user asked of everything that is printed for people.
pub fn style(print: &PrintArgs) -> Style {
    Style {
        language: print.lang,
        decimal_comma: print.decimal_comma,
        timezone: print.timezone.clone(),
    }
}

/// Reads the profile, before the work starts.
///
/// # Errors
/// No such profile or variant, or a file that is none.
pub fn grading(args: &GradingArgs) -> Result<Grading> {
    Ok(Grading {
        profile: Profile::resolve(&args.profile)?.with_variants(&args.bands)?,
        capacity: args.link_capacity,
    })
}

fn usage(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// One log for each run, read once, before the work starts: what is none is found now, not behind the last capture.
fn logs(typed: &[PathBuf], runs: usize) -> Result<Vec<LogFile>> {
    let logs = inputs::expand(typed)?;
    if !logs.is_empty() && logs.len() != runs {
        let found = format!("--log: {} for {}", plural(logs.len(), "log"), plural(runs, "run"));
        return Err(Error::new(ErrorKind::Usage, found).advice(
            "one for each capture, in the same order: a pattern, or --log again; with --join one for them all",
        ));
    }
    let read = |path: &PathBuf| {
        let log = LogFile::read(path)?;
        log.parse(None)?;
        Ok(log)
    };
    logs.iter().map(read).collect()
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

impl AnalyzeRequest {
    /// Checks what clap could not check value by value.
    ///
    /// # Errors
    /// `Usage` where values contradict each other; `Io` where a pattern matches nothing.
    pub fn new(args: &AnalyzeArgs, typed_options: Vec<String>) -> Result<Self> {
        let later = [
            ("--target-capture", args.target_capture.is_some()),
            ("--clock-synced", args.clock_synced),
        ];
        if let Some((option, _)) = later.into_iter().find(|(_, given)| *given) {
            return Err(usage(format!("{option} is not in this version")));
        }
        let time = |text: &Option<String>| -> Result<Option<TimePoint>> {
            text.as_deref()
                .map(|t| values::time_point(t, &args.print.timezone).map_err(usage))
                .transpose()
        };
        let (from, to) = (time(&args.from)?, time(&args.to)?);
        if let (Some(TimePoint::Relative(a)), Some(TimePoint::Relative(b)))
        | (Some(TimePoint::Absolute(a)), Some(TimePoint::Absolute(b))) = (from, to)
            && a >= b
        {
            return Err(usage("--from is not before --to".to_owned()));
        }
        if args.echo_timeout <= 0 {
            return Err(usage("--echo-timeout is above 0".to_owned()));
        }
        if args.source.is_some() && args.source == args.target {
            return Err(usage("--source and --target are the same node".to_owned()));
        }
        let captures = inputs::expand(&args.captures)?;
        if captures.iter().filter(|p| p.as_os_str() == "-").count() > 1 {
            return Err(usage("- (standard input) can be given once".to_owned()));
        }
        let logs = logs(&args.log, if args.join { 1 } else { captures.len() })?;
        let has_zone = typed_options.iter().any(|option| option == "--timezone");
        Ok(Self {
            captures,
            join: args.join,
            logs,
            options: AnalysisOptions {
                source: args.source.clone(),
                target: args.target.clone(),
                vm: args.vm.clone(),
                interval_ns: args.interval,
                direction: args.direction,
                family: args.method,
                port: args.port,
                from,
                to,
                during: args.during,
                migration: args.migration.map(|n| n as usize),
                log: None,
                log_zone: has_zone.then(|| args.print.timezone.clone()),
                decapsulate: args.reading.decapsulate,
                strict: args.reading.strict,
                echo_timeout_ns: args.echo_timeout,
                wireshark_jitter: args.wireshark_jitter,
                max_decompressed: args.reading.max_decompressed,
                threads: args.reading.jobs.map(usize::from),
            },
            grading: grading(&args.grading)?,
            min_index: args.min_index,
            report: (!args.no_report).then(|| ReportRequest {
                output: args.output.clone(),
                parquet: args.parquet,
            }),
            format: args.print.format,
            style: style(&args.print),
            typed_options,
        })
    }
}

impl InspectRequest {
    /// Checks what clap could not check value by value.
    ///
    /// # Errors
    /// As [`AnalyzeRequest::new`].
    pub fn new(args: &InspectArgs) -> Result<Self> {
        let captures = inputs::expand(&args.captures)?;
        if captures.iter().filter(|p| p.as_os_str() == "-").count() > 1 {
            return Err(usage("- (standard input) can be given once".to_owned()));
        }
        if args.echo_timeout <= 0 {
            return Err(usage("--echo-timeout is above 0".to_owned()));
        }
        Ok(Self {
            captures,
            options: AnalysisOptions {
                decapsulate: args.reading.decapsulate,
                strict: args.reading.strict,
                echo_timeout_ns: args.echo_timeout,
                max_decompressed: args.reading.max_decompressed,
                threads: args.reading.jobs.map(usize::from),
                ..AnalysisOptions::default()
            },
            format: args.print.format,
            style: style(&args.print),
        })
    }
}
