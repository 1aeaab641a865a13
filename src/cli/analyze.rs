//! `migqos analyze`: the captures side by side, the answers in the order in which they were given.

use std::path::PathBuf;

use rayon::prelude::*;
use serde_json::Value;

use super::args::Format;
use super::bar::Bar;
use super::engine::{self, Analysis};
use super::request::AnalyzeRequest;
use super::{Status, notices};
use crate::error::{Error, ErrorKind, Result};
use crate::report::json::summary_json;

/// Analyses every run of the request, prints the answer, and writes the reports.
pub fn run(request: &AnalyzeRequest) -> Result<Status> {
    let runs: Vec<Vec<PathBuf>> = if request.join {
        vec![request.captures.clone()]
    } else {
        request.captures.iter().map(|c| vec![c.clone()]).collect()
    };
    let answers = measure(&runs, request)?;

    let mut status = Status::Done;
    let mut analyses = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(analysis) => analyses.push(analysis),
            Err(error) => {
                notices::error(&error);
                status = Status::Unusable;
            }
        }
    }
    for analysis in &analyses {
        for warning in &analysis.summary.warnings {
            notices::warning(&warning.message);
        }
    }
    super::print(&answer(analyses, runs.len() > 1, request.format)?)?;
    Ok(status)
}

/// All runs at once, on the threads that were asked for.
fn measure(runs: &[Vec<PathBuf>], request: &AnalyzeRequest) -> Result<Vec<Result<Analysis>>> {
    let bar = Bar::new(&request.captures);
    let pool = super::pool(request.options.threads)?;
    Ok(pool.install(|| {
        runs.par_iter()
            .map(|captures| engine::analyze(captures, request, &bar))
            .collect()
    }))
}

fn answer(analyses: Vec<Analysis>, several: bool, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Json => {
            let documents: Vec<Value> = analyses
                .into_iter()
                .map(|a| summary_json(&a.summary, a.extras))
                .collect();
            Ok(super::json_text(documents, several))
        }
        Format::Table | Format::Csv => Err(Error::new(ErrorKind::Usage, "only --format json so far")),
    }
}
