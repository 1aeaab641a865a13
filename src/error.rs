//! The one error type: what was wrong, where, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What sort of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused to open, read or write.
    Io,
    /// The input is not a capture file of a known format.
    NotACapture,
    /// The capture's structure breaks off or contradicts itself.
    Corrupt,
    /// The capture is readable but holds nothing that answers the question.
    NothingToAnalyse,
    /// An argument, a profile or another settings file is wrong.
    Usage,
    /// The output could not be written.
    Output,
}

/// A failure, with the file, the frame number (from 1) and the byte offset where they apply,
/// what was found, and what to do.
///
/// ```
/// use migqos::error::{Error, ErrorKind};
/// let e = Error::new(ErrorKind::NotACapture, "not a capture: starts with \"PK\"")
///     .advice("a zip archive; unpack it first")
///     .path("run07.pcapng");
/// assert_eq!(e.to_string(), "run07.pcapng: not a capture: starts with \"PK\" (a zip archive; unpack it first)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    path: Option<PathBuf>,
    frame: Option<u64>,
    byte: Option<u64>,
    found: String,
    advice: Option<String>,
}

impl Error {
    /// A failure of `kind`; `found` says what was found, in a phrase without a full stop.
    pub fn new(kind: ErrorKind, found: impl Into<String>) -> Self {
        Self {
            kind,
            path: None,
            frame: None,
            byte: None,
            found: found.into(),
            advice: None,
        }
    }

    /// Names the file. A path that is already there stays: the innermost caller knows best.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.path.get_or_insert_with(|| path.as_ref().to_owned());
        self
    }

    /// The number of the frame, counted from 1 as Wireshark does.
    #[must_use]
    pub fn frame(mut self, number: u64) -> Self {
        self.frame = Some(number);
        self
    }

    /// The offset into the file, after decompression.
    #[must_use]
    pub fn byte(mut self, offset: u64) -> Self {
        self.byte = Some(offset);
        self
    }

    /// What the reader of the message can do about it.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// What sort of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match (self.frame, self.byte) {
            (Some(frame), Some(byte)) => write!(f, "frame {frame}, byte {byte}: ")?,
            (Some(frame), None) => write!(f, "frame {frame}: ")?,
            (None, Some(byte)) => write!(f, "byte {byte}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.found)?;
        if let Some(advice) = &self.advice {
            write!(f, " ({advice})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
