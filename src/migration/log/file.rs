//! A log as it was given: read once, so that a pipe's log is not lost between its check and its use.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Log, parse};
use crate::error::{Error, ErrorKind, Result};

/// Larger files are no logs of a migration.
const MAX_LOG_BYTES: u64 = 64 << 20;

/// A log's bytes and where they came from.
#[derive(Clone, PartialEq, Eq)]
pub struct LogFile {
    path: PathBuf,
    bytes: Arc<[u8]>,
}

impl LogFile {
    /// Reads a log, once and to its end.
    ///
    /// # Errors
    /// `Io` where the file cannot be read, `Usage` where it is too large for a log.
    pub fn read(path: &Path) -> Result<Self> {
        let unreadable = |error: std::io::Error| Error::new(ErrorKind::Io, error.to_string()).path(path);
        Self::new(path, File::open(path).map_err(unreadable)?)
    }

    /// Takes a log from `input`; `path` is its name.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn new(path: &Path, input: impl Read) -> Result<Self> {
        let mut bytes = Vec::new();
        // A pipe does not know its length: one byte more than a log may have tells.
        let read = input.take(MAX_LOG_BYTES + 1).read_to_end(&mut bytes);
        let read = read.map_err(|error| Error::new(ErrorKind::Io, error.to_string()).path(path))?;
        if read as u64 > MAX_LOG_BYTES {
            let found = format!("more than {MAX_LOG_BYTES} bytes are too many for a migration's log");
            return Err(Error::new(ErrorKind::Usage, found)
                .advice("is it the capture? --log takes the task log")
                .path(path));
        }
        Ok(Self {
            path: path.to_owned(),
            bytes: bytes.into(),
        })
    }

    /// Where the log is, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the log says; `near_ns`, a time of the capture, tells the year where its dates have none.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse(&self, near_ns: Option<i64>) -> Result<Log> {
        parse(&self.bytes, near_ns).map_err(|error| error.path(&self.path))
    }
}

impl fmt::Debug for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFile")
            .field("path", &self.path)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_without_a_length_is_bounded_all_the_same() {
        let endless = LogFile::new(Path::new("pipe"), std::io::repeat(b'x')).unwrap_err();
        assert!(endless.to_string().contains("too many"), "{endless}");
    }

    #[test]
    fn a_log_is_read_once_and_parsed_as_often_as_wanted() {
        let text = "Nov 20 17:01:01 starting migration of VM 7 to node 'b' (10.0.0.2)\n";
        let mut once = text.as_bytes();
        let log = LogFile::new(Path::new("pipe"), &mut once).unwrap();
        assert!(once.is_empty());
        let year = |near_ns| log.parse(near_ns).unwrap().runs[0].task_start.unwrap().year();
        // Without a capture some leap year; with one of 2026 that year.
        assert_eq!((year(None), year(Some(1_795_168_864_000_000_000))), (2000, 2026));
    }
}
