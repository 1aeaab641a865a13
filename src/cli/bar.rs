//! The progress bar: bytes, rate and time left, on standard error, for work that takes longer than a second.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::Progress;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar over all captures of one call; it stays hidden off a terminal.
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    shown: AtomicBool,
}

impl Bar {
    /// A bar for these inputs, as long as their files are; without an end where one of them is not a file.
    pub fn new(inputs: &[PathBuf]) -> Self {
        let sizes: Option<u64> = inputs
            .iter()
            .map(|path| std::fs::metadata(path).ok().filter(|m| m.is_file()).map(|m| m.len()))
            .sum();
        let bar = match sizes {
            Some(bytes) => ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden())
                .with_style(style("[{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left")),
            None => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
                .with_style(style("{spinner} {bytes} {bytes_per_sec}, {elapsed}")),
        };
        Self {
            bar,
            started: Instant::now(),
            shown: AtomicBool::new(false),
        }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

impl Progress for Bar {
    fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        if self.started.elapsed() > PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_knows_the_files_sizes_and_does_not_know_standard_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcap");
        std::fs::write(&path, [0; 100]).unwrap();
        let bar = Bar::new(&[path.clone(), path.clone()]);
        assert_eq!(bar.bar.length(), Some(200));
        bar.advance(50);
        assert_eq!(bar.bar.position(), 50);
        assert_eq!(Bar::new(&[path, PathBuf::from("-")]).bar.length(), None);
    }
}
