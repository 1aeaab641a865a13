//! The one place where the program calls the library's engine.

use std::path::{Path, PathBuf};

use super::request::{AnalyzeRequest, InspectRequest};
use crate::analysis;
use crate::capture::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::grade::{Figures, sanity};
use crate::migration::Moves;
use crate::migration::log::LogFile;
use crate::options::{AnalysisOptions, Family, GradedDirection};
use crate::progress::Progress;
use crate::report::document::figures;
use crate::report::filter::display_filter;
use crate::report::folder::names;
use crate::summary::{Inspection, ServiceSummary, Summary};

/// The answer of one run.
pub struct Analysis {
    /// What was measured, the bins with their index.
    pub summary: Summary,
    /// What the migrations did.
    pub moves: Moves,
    /// The virtual machine's own traffic.
    pub service: Option<ServiceSummary>,
}

/// Measures and grades one run: one capture, or the parts of one in order of time; `log` is its log.
///
/// # Errors
/// A capture that cannot be read, or that holds nothing between the nodes.
pub fn analyze(
    captures: &[PathBuf],
    log: Option<&LogFile>,
    request: &AnalyzeRequest,
    progress: &dyn Progress,
) -> Result<Analysis> {
    let later = [
        ("--target-capture", request.target_capture.is_some()),
        ("--clock-synced", request.clock_synced),
    ];
    if let Some((option, _)) = later.into_iter().find(|(_, given)| *given) {
        return Err(Error::new(ErrorKind::Usage, format!("{option} is not in this version")));
    }
    let inputs: Vec<Input> = captures.iter().map(Input::from_argument).collect();
    let name = captures.first().map_or(Path::new("-"), PathBuf::as_path);
    let options = AnalysisOptions {
        log: log.cloned(),
        ..on_this_pool(&request.options)
    };
    let answer = analysis::analyze(&inputs, &options, progress).map_err(|error| error.path(name))?;
    let mut summary = answer.summary;
    summary.selection.display_filter = display_filter(&summary.nodes, &request.options);
    summary.capture.title = title(name, request);
    let grader = request.grading.grader();
    if let Some(capacity) = request.grading.capacity {
        let family = request.options.family;
        let throughput_bps = figures(&summary.metrics, family).throughput_bps;
        let both = family == Family::Wireshark || request.options.direction == GradedDirection::Both;
        let ways = if both { 2 } else { 1 };
        let warning = sanity::above_capacity_warning(throughput_bps, capacity, ways);
        summary.warnings.extend(warning);
    }
    let mut service = answer.service;
    let served = service.as_mut().map(|service| service.seconds.iter_mut());
    for second in summary.seconds.iter_mut().chain(served.into_iter().flatten()) {
        second.index = grader.mean_index(&Figures::from(&*second));
    }
    Ok(Analysis {
        summary,
        moves: answer.moves,
        service,
    })
}

/// The name of the capture's folder, where several captures bear its file name: it tells their reports apart.
fn title(capture: &Path, request: &AnalyzeRequest) -> Option<String> {
    let alike = |other: &&PathBuf| other.file_name() == capture.file_name();
    if request.join || request.captures.iter().filter(alike).count() < 2 {
        return None;
    }
    let at = request.captures.iter().position(|other| other == capture)?;
    names(&request.captures).into_iter().nth(at)
}

/// Lists what is in one capture, and its migrations.
///
/// # Errors
/// A capture that cannot be read.
pub fn inspect(capture: &Path, request: &InspectRequest, progress: &dyn Progress) -> Result<(Inspection, Moves)> {
    let options = on_this_pool(&request.options);
    analysis::inspect(&Input::from_argument(capture), &options, progress).map_err(|error| error.path(capture))
}

/// The call's threads are those of the pool that runs this: `-j` is their number, not that of each run.
fn on_this_pool(options: &AnalysisOptions) -> AnalysisOptions {
    AnalysisOptions {
        threads: None,
        ..options.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;
    use std::thread::{ThreadId, current};

    use clap::Parser;
    use rayon::prelude::*;

    use super::*;
    use crate::cli::args::{AnalyzeArgs, InspectArgs};

    /// Who did the work.
    #[derive(Default)]
    struct Workers(Mutex<HashSet<ThreadId>>);

    impl Progress for Workers {
        fn advance(&self, _: u64) {
            self.0.lock().unwrap().insert(current().id());
        }
    }

    #[derive(Parser)]
    struct Analyze {
        #[command(flatten)]
        args: AnalyzeArgs,
    }

    #[derive(Parser)]
    struct Inspect {
        #[command(flatten)]
        args: InspectArgs,
    }

    #[test]
    fn several_captures_share_the_threads_of_the_call() {
        let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/precopy.pcap.zst");
        let typed = ["migqos", "-j", "2", capture];
        let analyze_ = AnalyzeRequest::new(&Analyze::parse_from(typed).args, Vec::new()).unwrap();
        let inspect_ = InspectRequest::new(&Inspect::parse_from(typed).args).unwrap();
        assert_eq!((analyze_.options.threads, inspect_.options.threads), (Some(2), Some(2)));
        let pool = crate::cli::pool(Some(2)).unwrap();
        let own: HashSet<ThreadId> = pool.broadcast(|_| current().id()).into_iter().collect();
        assert_eq!(own.len(), 2);
        let workers = Workers::default();
        pool.install(|| {
            (0..6).into_par_iter().for_each(|_| {
                analyze(&analyze_.captures, None, &analyze_, &workers).unwrap();
                inspect(Path::new(capture), &inspect_, &workers).unwrap();
            });
        });
        let seen = workers.0.into_inner().unwrap();
        assert!(!seen.is_empty() && seen.is_subset(&own), "{seen:?} {own:?}");
    }
}
