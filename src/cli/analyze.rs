//! `migqos analyze`: the captures side by side, the answers in the order in which they were given.

use std::path::PathBuf;

use rayon::prelude::*;

use super::args::Format;
use super::bar::Bar;
use super::engine::{self, Analysis};
use super::request::{AnalyzeRequest, ReportRequest};
use super::{Status, notices, reproduce};
use crate::error::{Error, ErrorKind, Result};
use crate::grade::Grader;
use crate::migration::log::LogFile;
use crate::report::csv::summaries_csv;
use crate::report::document::Document;
use crate::report::files::{self, Tables};
use crate::report::folder::{Folder, names};
use crate::report::json::summary_json;
use crate::report::pictures::draw;
use crate::report::table::analysis_table;

/// One run of the request: where its captures and its log are, and where its report goes.
struct Run {
    captures: Vec<PathBuf>,
    log: Option<LogFile>,
    folder: Option<Folder>,
}

/// Analyses every run of the request, writes the reports, and prints the answer.
///
/// # Errors
/// What concerns all runs: a folder that cannot be written, found before the work starts; standard output. What
/// concerns one run is printed, and the others go on.
pub fn run(request: &AnalyzeRequest) -> Result<Status> {
    let runs = prepare(request)?;
    let several = runs.len() > 1;
    let pool = super::pool(request.options.threads)?;
    let answers = {
        let bar = Bar::new(&request.captures);
        let work = |run: &Run| engine::analyze(&run.captures, run.log.as_ref(), request, &bar);
        pool.install(|| runs.par_iter().map(work).collect::<Vec<_>>())
    };
    let mut status = Status::Done;
    let mut done = Vec::with_capacity(runs.len());
    for (run, answer) in runs.into_iter().zip(answers) {
        match answer {
            Ok(analysis) => done.push((run, analysis)),
            Err(error) => {
                notices::error(&error);
                status = Status::Unusable;
                if let Some(folder) = run.folder {
                    folder.abandon();
                }
            }
        }
    }
    for (_, analysis) in &done {
        for warning in &analysis.summary.warnings {
            let warning = request.style.warning(warning);
            notices::warning_of(
                &request.style,
                several.then_some(analysis.summary.capture.path.as_str()),
                &warning,
            );
        }
    }
    if let Some(report) = &request.report
        && !write_reports(&done, request, report, &pool)?
    {
        status = Status::Unusable;
    }
    answer(&done, several, request)?;
    if let (Some(minimum), Status::Done) = (request.min_index, status) {
        status = check(&done, minimum, request);
    }
    Ok(status)
}

/// Divides the captures into runs and opens their folders.
fn prepare(request: &AnalyzeRequest) -> Result<Vec<Run>> {
    let mut runs: Vec<Vec<PathBuf>> = request.captures.iter().map(|c| vec![c.clone()]).collect();
    if request.join {
        runs = vec![request.captures.clone()];
    }
    let mut logs = request.logs.iter().cloned();
    let Some(report) = &request.report else {
        let run = |captures| Run {
            captures,
            log: logs.next(),
            folder: None,
        };
        return Ok(runs.into_iter().map(run).collect());
    };
    let firsts: Vec<PathBuf> = runs.iter().filter_map(|captures| captures.first().cloned()).collect();
    let mut prepared: Vec<Run> = Vec::with_capacity(runs.len());
    for (captures, name) in runs.into_iter().zip(names(&firsts)) {
        match Folder::open(report.output.join(name)) {
            Ok(folder) => prepared.push(Run {
                captures,
                log: logs.next(),
                folder: Some(folder),
            }),
            Err(error) => {
                prepared
                    .into_iter()
                    .filter_map(|run| run.folder)
                    .for_each(Folder::abandon);
                return Err(error);
            }
        }
    }
    Ok(prepared)
}

/// Hands the document of a run to `make`.
fn with_document<T>(run: &Run, analysis: &Analysis, request: &AnalyzeRequest, make: impl Fn(&Document<'_>) -> T) -> T {
    let command = reproduce::line(
        &run.captures,
        run.log.as_ref().map(LogFile::path),
        &request.typed_options,
    );
    make(&document(analysis, request, &request.grading.grader(), &command))
}

fn document<'a>(
    analysis: &'a Analysis,
    request: &'a AnalyzeRequest,
    grader: &'a Grader<'a>,
    command: &'a str,
) -> Document<'a> {
    Document {
        summary: &analysis.summary,
        moves: &analysis.moves,
        service: analysis.service.as_ref(),
        options: &request.options,
        grader,
        style: &request.style,
        command,
        pictures: &[],
    }
}

/// Writes the reports; false where one could not be written. Charts are drawn on all cores, a few reports at a time;
/// polars makes its tables before, outside of them.
fn write_reports(
    done: &[(Run, Analysis)],
    request: &AnalyzeRequest,
    report: &ReportRequest,
    pool: &rayon::ThreadPool,
) -> Result<bool> {
    let mut all_written = true;
    for chunk in done.chunks(pool.current_num_threads().max(1) * 2) {
        let tables = chunk
            .iter()
            .map(|(_, analysis)| Tables::new(&analysis.summary, analysis.service.as_ref(), report.parquet))
            .collect::<Result<Vec<_>>>()?;
        let write = |((run, analysis), tables): (&(Run, Analysis), &Tables)| {
            let Some(folder) = &run.folder else { return Ok(()) };
            with_document(run, analysis, request, |document| {
                let drawn = draw(document)?;
                files::write(document, tables, &drawn, folder)
            })
        };
        let written: Vec<Result<()>> = pool.install(|| chunk.par_iter().zip(&tables).map(write).collect());
        for ((run, _), written) in chunk.iter().zip(written) {
            match (written, &run.folder) {
                (Ok(()), Some(folder)) => {
                    let path = folder.path().join("report.md").display().to_string();
                    notices::note(&request.style.say("terminal.report", &[("path", &path)]));
                }
                (Err(error), _) => {
                    notices::error(&error);
                    all_written = false;
                }
                (Ok(()), None) => {}
            }
        }
    }
    Ok(all_written)
}

/// Gives standard output what it asks for.
fn answer(done: &[(Run, Analysis)], several: bool, request: &AnalyzeRequest) -> Result<Status> {
    match request.format {
        Format::Json => {
            let grader = request.grading.grader();
            let analyses = done.iter().map(|(_, analysis)| analysis);
            let documents: Vec<_> = analyses.map(|a| document(a, request, &grader, "")).collect();
            super::print_json(&documents.iter().map(summary_json).collect::<Vec<_>>(), several)
        }
        Format::Csv => super::print(&summaries_csv(
            &done.iter().map(|(_, a)| &a.summary).collect::<Vec<_>>(),
            several,
        )?),
        Format::Table => {
            let tables = done
                .iter()
                .map(|(run, analysis)| with_document(run, analysis, request, analysis_table));
            super::print(tables.collect::<Vec<_>>().join("\n\n").as_bytes())
        }
    }
}

/// Holds the overall indices against `--min-index`. A run without one fails: nothing shows that it is good enough.
fn check(done: &[(Run, Analysis)], minimum: f64, request: &AnalyzeRequest) -> Status {
    let style = &request.style;
    let mut status = Status::Done;
    for (run, analysis) in done {
        let index = with_document(run, analysis, request, |document| {
            document.grades(request.options.family).overall.index
        });
        if index.is_some_and(|index| index >= minimum) {
            continue;
        }
        let minimum = style.number(minimum, 2);
        let capture = analysis.summary.capture.path.as_str();
        let sentence = match index {
            Some(index) => style.say(
                "terminal.below_minimum",
                &[
                    ("capture", capture),
                    ("index", &style.number(index, 2)),
                    ("minimum", &minimum),
                ],
            ),
            None => style.say("terminal.no_index", &[("capture", capture), ("minimum", &minimum)]),
        };
        notices::error(&Error::new(ErrorKind::NothingToAnalyse, sentence));
        status = Status::CheckFailed;
    }
    status
}
