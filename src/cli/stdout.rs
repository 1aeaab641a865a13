//! Standard output, which may be a pipe that nobody reads any more.

use std::io::{self, BufWriter, ErrorKind, Write};

/// Hands standard output to `answer` and flushes it. A reader that has gone away (`migqos ... | head -1`) is no failure.
///
/// # Errors
/// Anything else that the operating system says, such as a full disk.
pub fn write(answer: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match answer(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // What is left in the buffer has no reader either.
            let _ = out.into_parts();
            Ok(())
        }
        result => result,
    }
}
