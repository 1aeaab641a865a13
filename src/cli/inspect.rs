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
    for (inspection, _) in &found {
        for warning in &inspection.warnings {
            notices::warning(&request.style, &request.style.warning(warning));
        }
    }
    let several = request.captures.len() > 1;
    let answer = match request.format {
        Format::Json => {
            let documents = found
                .into_iter()
                .map(|(inspection, moves)| {
                    let migrations = engine::migrations(&moves, inspection.capture.start_ns.unwrap_or(0));
                    inspection_json(&inspection, migrations)
                })
                .collect();
            super::json_text(documents, several)
        }
        Format::Csv => inspections_csv(&found.iter().map(|(i, _)| i).collect::<Vec<_>>(), several)?,
        Format::Table => {
            let tables = found
                .iter()
                .map(|(inspection, moves)| inspection_table(inspection, moves, &request.style));
            tables.collect::<Vec<_>>().join("\n\n").into_bytes()
        }
    };
    super::print(&answer)?;
    Ok(status)
}
