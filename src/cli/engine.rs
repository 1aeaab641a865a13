//! The one place where the program calls the library's engine.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::request::{AnalyzeRequest, InspectRequest};
use crate::analysis;
use crate::capture::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::grade::Figures;
use crate::migration::Moves;
use crate::progress::Progress;
use crate::report::filter::display_filter;
use crate::report::json::{Extras, migration_json, service_json};
use crate::summary::{Inspection, Summary};

/// The answer of one run.
pub struct Analysis {
    /// What was measured, the bins with their index.
    pub summary: Summary,
    /// What the migrations did.
    pub moves: Moves,
    /// What else the JSON gives.
    pub extras: Extras,
}

/// Measures and grades one run: one capture, or the parts of one in order of time.
///
/// # Errors
/// A capture that cannot be read, or that holds nothing between the nodes.
pub fn analyze(captures: &[PathBuf], request: &AnalyzeRequest, progress: &dyn Progress) -> Result<Analysis> {
    let later = [
        ("--target-capture", request.target_capture.is_some()),
        ("--clock-synced", request.clock_synced),
        ("--log", request.log.is_some()),
    ];
    if let Some((option, _)) = later.into_iter().find(|(_, given)| *given) {
        return Err(Error::new(ErrorKind::Usage, format!("{option} is not in this version")));
    }
    let inputs: Vec<Input> = captures.iter().map(Input::from_argument).collect();
    let name = captures.first().map_or(Path::new("-"), PathBuf::as_path);
    let answer = analysis::analyze(&inputs, &request.options, progress).map_err(|error| error.path(name))?;
    let mut summary = answer.summary;
    summary.selection.display_filter = display_filter(&summary.nodes, &request.options);
    let grader = request.grading.grader();
    for second in &mut summary.seconds {
        second.index = grader.mean_index(&Figures::from(&*second));
    }
    let service = answer.service.map_or(Value::Null, |service| {
        service_json(&service, &grader, request.options.family)
    });
    let moves = answer.moves;
    let migrations = migrations(&moves, summary.capture.start_ns.unwrap_or(0));
    let chosen = moves.chosen.and_then(|index| migrations.get(index)).cloned();
    Ok(Analysis {
        summary,
        moves,
        extras: Extras {
            migration: chosen.unwrap_or(Value::Null),
            migrations,
            service,
            ..Extras::default()
        },
    })
}

/// Lists what is in one capture, and its migrations.
///
/// # Errors
/// A capture that cannot be read.
pub fn inspect(capture: &Path, request: &InspectRequest, progress: &dyn Progress) -> Result<(Inspection, Moves)> {
    analysis::inspect(&Input::from_argument(capture), &request.options, progress).map_err(|error| error.path(capture))
}

/// The migrations in the JSON contract's form; times from the capture's first frame at `start_ns`.
pub fn migrations(moves: &Moves, start_ns: i64) -> Vec<Value> {
    let found = moves.migrations.iter();
    found
        .map(|migration| migration_json(migration, moves, start_ns))
        .collect()
}
