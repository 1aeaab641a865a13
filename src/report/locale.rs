//! How figures, times and sentences are written for the reader.

use jiff::tz::TimeZone;

use crate::language::Language;

/// What the user asked of everything that is printed for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Language of sentences.
    pub language: Language,
    /// 1.234,5 instead of 1,234.5.
    pub decimal_comma: bool,
    /// Zone of printed times.
    pub timezone: TimeZone,
}
