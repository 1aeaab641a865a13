//! Errors, warnings and notes, on standard error.

use std::fmt::Display;
use std::io::Write;

use crate::report::locale::Style;

/// `error: ...`
pub fn error(what: &dyn Display) {
    line("error: ", what);
}

/// `warning: ...`, in the language of the sentence that follows.
pub fn warning(style: &Style, sentence: &str) {
    line("", &style.say("terminal.warning", &[("sentence", sentence)]));
}

/// The same; where there are several captures, with the `capture` that it is of.
pub fn warning_of(style: &Style, capture: Option<&str>, sentence: &str) {
    match capture {
        Some(capture) => warning(style, &format!("{capture}: {sentence}")),
        None => warning(style, sentence),
    }
}

/// A line that is neither.
pub fn note(what: &dyn Display) {
    line("", what);
}

fn line(lead: &str, what: &dyn Display) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{lead}{what}");
}
