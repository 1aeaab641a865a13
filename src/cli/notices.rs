//! Errors, warnings and notes, on standard error.

use std::fmt::Display;
use std::io::Write;

/// `error: ...`
pub fn error(what: &dyn Display) {
    line("error: ", what);
}

/// `warning: ...`
pub fn warning(what: &dyn Display) {
    line("warning: ", what);
}

/// A line that is neither.
pub fn note(what: &dyn Display) {
    line("", what);
}

fn line(lead: &str, what: &dyn Display) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{lead}{what}");
}
