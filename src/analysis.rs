//! One run: captures in, what was found out.
//!
//! [`analyze`] measures the traffic between two nodes, [`inspect`] lists what is in a file. Both read the captures once,
//! through the same fold.

mod choice;
mod conversation;
mod decoded;
mod engine;
mod inspect;
mod logged;
mod measured;
mod metrics;
mod pairs;
mod pipeline;
mod quality;
mod run;
mod seconds;
mod service;
mod span;
mod summarise;
mod warnings;

use crate::capture::Input;
use crate::error::Result;
use crate::migration::Moves;
use crate::options::AnalysisOptions;
use crate::progress::Progress;
use crate::summary::Inspection;

// The stages of a run one by one, for whoever measures what each takes.
pub use decoded::DecodedBlock;
pub use engine::{Measurer, Placer};
pub use summarise::Answer;

/// Measures one run: one capture, or the parts of one.
///
/// # Errors
/// A capture that cannot be read, or that holds nothing between the nodes.
pub fn analyze(inputs: &[Input], options: &AnalysisOptions, progress: &dyn Progress) -> Result<Answer> {
    summarise::summarise(run::read(inputs, options, false, progress)?, options)
}

/// Lists what is in one capture.
///
/// # Errors
/// A capture that cannot be read.
pub fn inspect(input: &Input, options: &AnalysisOptions, progress: &dyn Progress) -> Result<(Inspection, Moves)> {
    let observed = run::read(std::slice::from_ref(input), options, true, progress)?;
    Ok(inspect::inspection(observed, options.interval_ns))
}
