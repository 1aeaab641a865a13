//! Standard output, which may be a pipe that nobody reads any more.

use std::io::{self, ErrorKind, Write};

/// Writes the answer and flushes it. A reader that has gone away (`migqos ... | head -1`) is no failure.
///
/// # Errors
/// Anything else that the operating system says, such as a full disk.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
