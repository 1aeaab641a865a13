//! The one place where the program calls the library.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::request::{AnalyzeRequest, InspectRequest};
use crate::error::{Error, ErrorKind, Result};
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

/// Measures and grades one run: one capture, or the parts of one in order of time.
pub fn analyze(captures: &[PathBuf], request: &AnalyzeRequest, progress: &dyn Progress) -> Result<Analysis> {
    let _ = (captures, request, progress);
    Err(Error::new(ErrorKind::Usage, "this build has no engine"))
}

/// Lists what is in one capture; the migrations are in the JSON contract's form.
pub fn inspect(capture: &Path, request: &InspectRequest, progress: &dyn Progress) -> Result<(Inspection, Vec<Value>)> {
    let _ = (capture, request, progress);
    Err(Error::new(ErrorKind::Usage, "this build has no engine"))
}
