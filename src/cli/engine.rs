//! The one place where the program calls the library.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::request::{AnalyzeRequest, InspectRequest};
use crate::analysis;
use crate::capture::Input;
use crate::error::Result;
use crate::progress::Progress;
use crate::report::json::Extras;
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
    Ok(Analysis {
        summary: answer.summary,
        extras: Extras::default(),
    })
}

/// Lists what is in one capture; the migrations are in the JSON contract's form.
///
/// # Errors
/// A capture that cannot be read.
pub fn inspect(capture: &Path, request: &InspectRequest, progress: &dyn Progress) -> Result<(Inspection, Vec<Value>)> {
    let (inspection, _) = analysis::inspect(&Input::from_argument(capture), &request.options, progress)?;
    Ok((inspection, Vec::new()))
}
