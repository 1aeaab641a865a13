//! The bytes as they lie on the disk or come through a pipe: read in large pieces, looked at before they are taken,
//! and counted for the progress bar.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Large enough that a read call costs nothing beside what it brings, smaller than a block.
const BUFFER_BYTES: usize = 64 * 1024;

/// Where a capture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

impl Input {
    /// What stands on the command line: a path, or `-` for standard input.
    pub fn from_argument(argument: impl AsRef<Path>) -> Self {
        let path = argument.as_ref();
        if path == Path::new("-") {
            Self::Stdin
        } else {
            Self::Path(path.to_owned())
        }
    }

    /// The name that messages give to it.
    pub fn name(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Stdin => Path::new("standard input"),
        }
    }

    /// Opens it; the length is known for regular files only.
    pub(super) fn open(&self) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
        let path = match self {
            Self::Path(path) => path,
            Self::Stdin => return Ok((Box::new(io::stdin()), None)),
        };
        let refused = |e: io::Error| open_error(&e).path(path);
        let metadata = std::fs::metadata(path).map_err(refused)?;
        if metadata.is_dir() {
            return Err(Error::new(ErrorKind::NotACapture, "not a capture: it is a directory")
                .advice("name the captures in it, as in DIR/*.pcapng")
                .path(path));
        }
        let file = File::open(path).map_err(refused)?;
        Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
    }
}

fn open_error(e: &io::Error) -> Error {
    let error = Error::new(ErrorKind::Io, format!("cannot be opened: {}", plain(e)));
    match e.kind() {
        io::ErrorKind::NotFound => error.advice("check the name, and quote it if it holds spaces"),
        io::ErrorKind::PermissionDenied => {
            error.advice("captures made as root often belong to root: change their owner or mode")
        }
        _ => error,
    }
}

/// The same sentence on every system, where there is one for it.
pub(super) fn plain(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => e.to_string(),
    }
}

/// A buffered reader that can look ahead. Reads as large as its buffer go past the buffer, straight into the
/// caller's memory.
pub(super) struct Source {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed: Arc<AtomicU64>,
}

impl Source {
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            consumed: Arc::default(),
        }
    }

    /// Bytes taken from the file or pipe so far.
    pub(super) fn consumed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.consumed)
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The next `count` bytes, or fewer where the input ends before, without taking them.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        let count = count.min(BUFFER_BYTES);
        if self.buffered().len() < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count {
                let room = self.buffer.get_mut(self.end..).unwrap_or_default();
                let got = read_some(&mut *self.inner, room, &self.consumed)?;
                if got == 0 {
                    break;
                }
                self.end += got;
            }
        }
        let have = self.buffered();
        Ok(have.get(..count).unwrap_or(have))
    }
}

/// One read, retried where a signal interrupted it.
fn read_some(inner: &mut dyn Read, into: &mut [u8], consumed: &AtomicU64) -> io::Result<usize> {
    loop {
        match inner.read(into) {
            Ok(got) => {
                consumed.fetch_add(got as u64, Ordering::Relaxed);
                return Ok(got);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && into.len() >= BUFFER_BYTES {
            return read_some(&mut *self.inner, into, &self.consumed);
        }
        let mut have = self.fill_buf()?;
        let got = have.read(into)?;
        self.consume(got);
        Ok(got)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = read_some(&mut *self.inner, &mut self.buffer, &self.consumed)?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a call, interrupted every other time.
    struct Drip(Vec<u8>, bool);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            match (self.0.is_empty(), into.first_mut()) {
                (false, Some(first)) => {
                    *first = self.0.remove(0);
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    #[test]
    fn a_look_ahead_takes_nothing() {
        let mut source = Source::new(Box::new(Drip(b"abcdef".to_vec(), false)));
        assert_eq!(source.peek(2).unwrap(), b"ab");
        assert_eq!(source.peek(4).unwrap(), b"abcd");
        let mut two = [0; 2];
        source.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"ab");
        assert_eq!(source.peek(100).unwrap(), b"cdef");
        let mut rest = Vec::new();
        source.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"cdef");
        assert_eq!(source.consumed().load(Ordering::Relaxed), 6);
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(Input::from_argument("-"), Input::Stdin);
        assert_eq!(Input::from_argument("./-"), Input::Path(PathBuf::from("./-")));
    }

    #[test]
    fn a_missing_file_and_a_directory_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("run 07é.pcapng");
        let error = Input::Path(missing.clone()).open().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(
            error
                .to_string()
                .starts_with(&format!("{}: cannot be opened: no such file (", missing.display()))
        );
        let error = Input::Path(folder.path().to_owned()).open().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotACapture);
        assert!(error.to_string().contains("it is a directory"));
    }
}
