//! Several programs on one file, in turns, so that whatever else the machine does falls on all of them alike.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::measure::{self, Call, Taken};

/// Who takes part.
#[derive(Debug, Clone)]
pub struct Contender {
    pub name: String,
    pub call: Call,
    /// Runs this often at most: for those that take minutes.
    pub at_most: usize,
    /// What its times are multiplied with where it got a part of the file only; 1 otherwise.
    pub scale: f64,
}

impl Contender {
    pub fn new(name: impl Into<String>, call: Call) -> Self {
        Self {
            name: name.into(),
            call,
            at_most: usize::MAX,
            scale: 1.0,
        }
    }

    pub fn at_most(mut self, runs: usize) -> Self {
        self.at_most = runs;
        self
    }

    pub fn scaled(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }
}

/// How it came out for one of them.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub name: String,
    /// Medians, scaled.
    pub wall_s: f64,
    pub processor_s: f64,
    /// The most of all runs.
    pub peak_mib: f64,
    pub runs: usize,
}

/// Runs everybody `rounds` times, in turns, each with its files in the page cache. Who fails is left out, which is said
/// on standard error.
pub fn hold(title: &str, contenders: &[Contender], rounds: usize) -> Vec<Outcome> {
    eprintln!("{title}");
    let mut taken: Vec<Option<Vec<Taken>>> = contenders.iter().map(|_| Some(Vec::new())).collect();
    for _ in 0..rounds {
        for (contender, taken) in contenders.iter().zip(&mut taken) {
            let Some(so_far) = taken.as_mut().filter(|so_far| so_far.len() < contender.at_most) else {
                continue;
            };
            warm(&contender.call);
            match measure::run(&contender.call) {
                Ok(one) => {
                    eprintln!("  {:<40} {:8.3} s", contender.name, one.wall.as_secs_f64());
                    so_far.push(one);
                }
                Err(error) => {
                    eprintln!("  {:<40} left out: {error}", contender.name);
                    *taken = None;
                }
            }
        }
    }
    let outcomes = contenders.iter().zip(taken).filter_map(|(contender, taken)| {
        let taken = taken.filter(|taken| !taken.is_empty())?;
        let of = |time: fn(&Taken) -> Duration| median(taken.iter().map(|one| time(one).as_secs_f64()).collect());
        Some(Outcome {
            name: contender.name.clone(),
            wall_s: of(|one| one.wall) * contender.scale,
            processor_s: of(|one| one.processor) * contender.scale,
            peak_mib: taken.iter().map(|one| one.peak_kib).max().unwrap_or(0) as f64 / 1024.0,
            runs: taken.len(),
        })
    });
    outcomes.collect()
}

/// Reads every file that the call will read: some kernels take pages back within seconds, long before memory is short.
/// One that cannot be read will be told by who needs it.
fn warm(call: &Call) {
    let files = call.words.iter().map(Path::new).chain(call.stdin.as_deref());
    for path in files.filter(|path| path.is_file()) {
        let _ = File::open(path).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
    }
}

/// The middle value, or the mean of the two in the middle; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.get(middle.wrapping_sub(1))) {
        (Some(&upper), Some(&lower)) if values.len().is_multiple_of(2) => (lower + upper) / 2.0,
        (Some(&one), _) => one,
        (None, _) => 0.0,
    }
}
