//! The one place where the program calls the library.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::request::{AnalyzeRequest, InspectRequest};
use crate::analysis;
use crate::capture::Input;
use crate::error::Result;
use crate::migration::Findings;
use crate::progress::Progress;
use crate::report::json::{Extras, migration_json};
use crate::summary::{Inspection, Summary};

/// The answer of one run.
pub struct Analysis {
    /// What was measured.
    pub summary: Summary,
    /// What else the JSON gives.
    pub extras: Extras,
}

/// Measures one run: one capture, or the parts of one in order of time.
///
/// # Errors
/// A capture that cannot be read, or that holds nothing between the nodes.
pub fn analyze(captures: &[PathBuf], request: &AnalyzeRequest, progress: &dyn Progress) -> Result<Analysis> {
    let inputs: Vec<Input> = captures.iter().map(Input::from_argument).collect();
    let answer = analysis::analyze(&inputs, &request.options, progress)?;
    let start_ns = answer.summary.capture.start_ns.unwrap_or(0);
    let migrations: Vec<Value> = migrations(&answer.findings, start_ns);
    let chosen = answer.migration.and_then(|index| migrations.get(index)).cloned();
    Ok(Analysis {
        summary: answer.summary,
        extras: Extras {
            migration: chosen.unwrap_or(Value::Null),
            migrations,
            ..Extras::default()
        },
    })
}

/// Lists what is in one capture; the migrations are in the JSON contract's form.
///
/// # Errors
/// A capture that cannot be read.
pub fn inspect(capture: &Path, request: &InspectRequest, progress: &dyn Progress) -> Result<(Inspection, Vec<Value>)> {
    let (inspection, findings) = analysis::inspect(&Input::from_argument(capture), &request.options, progress)?;
    let start_ns = inspection.capture.start_ns.unwrap_or(0);
    Ok((inspection, migrations(&findings, start_ns)))
}

fn migrations(findings: &Findings, start_ns: i64) -> Vec<Value> {
    let found = findings.migrations.iter();
    found.map(|migration| migration_json(migration, start_ns)).collect()
}
