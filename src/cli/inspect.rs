//! `migqos inspect`: what is in each capture.

use rayon::prelude::*;

use super::args::Format;
use super::bar::Bar;
use super::request::InspectRequest;
use super::{Status, engine, notices};
use crate::error::Result;
use crate::report::csv::inspections_csv;
use crate::report::json::inspection_json;
use crate::report::table::inspection_table;

/// Inspects every capture of the request and prints the answer.
pub fn run(request: &InspectRequest) -> Result<Status> {
    let bar = Bar::new(&request.captures);
    let answers: Vec<Result<_>> = super::pool(request.options.threads)?.install(|| {
        request
            .captures
            .par_iter()
            .map(|capture| engine::inspect(capture, request, &bar))
            .collect()
    });
    drop(bar);

    let mut status = Status::Done;
    let mut found = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(inspection) => found.push(inspection),
            Err(error) => {
                notices::error(&error);
                status = Status::Unusable;
            }
        }
    }
    let several = request.captures.len() > 1;
    for (inspection, _) in &found {
        for warning in &inspection.warnings {
            let warning = request.style.warning(warning);
            notices::warning_of(
                &request.style,
                several.then_some(inspection.capture.path.as_str()),
                &warning,
            );
        }
    }
    match request.format {
        Format::Json => {
            let documents = found
                .iter()
                .map(|(inspection, moves)| inspection_json(inspection, moves));
            super::print_json(&documents.collect::<Vec<_>>(), several)?;
        }
        Format::Csv => {
            let inspections: Vec<_> = found.iter().map(|(inspection, _)| inspection).collect();
            super::print(&inspections_csv(&inspections, several)?)?;
        }
        Format::Table => {
            let tables = found
                .iter()
                .map(|(inspection, moves)| inspection_table(inspection, moves, &request.style));
            super::print(tables.collect::<Vec<_>>().join("\n\n").as_bytes())?;
        }
    }
    Ok(status)
}
