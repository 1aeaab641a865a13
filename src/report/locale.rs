//! How figures, times and sentences are written for the reader: [`Style`].
//!
//! Sentences are looked up by key in one TOML file per language (`locale/en.toml`, `locale/id.toml`), embedded; a test
//! holds the two against each other. The English of warnings and of reasons stands where they are raised, since the
//! JSON carries it too; only their Indonesian is looked up here.

mod number;
mod time;
mod words;

pub use number::{column_decimals, rate_unit, significant_decimals};

use jiff::tz::TimeZone;

use crate::figure::Reason;
use crate::grade::sanity;
use crate::language::Language;
use crate::summary::Warning;

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

impl Default for Style {
    fn default() -> Self {
        Self {
            language: Language::English,
            decimal_comma: false,
            timezone: TimeZone::UTC,
        }
    }
}

impl Style {
    /// The text of `key`. A key that no file has is given back as it is; the tests keep that from happening.
    pub fn text<'k>(&self, key: &'k str) -> &'k str {
        let found = words::of(self.language).get(key).copied();
        debug_assert!(found.is_some(), "no text for {key}");
        found.unwrap_or(key)
    }

    /// What a connection carries, by its role's name; the name itself where there is no text for it.
    pub fn role<'k>(&self, role: &'k str) -> &'k str {
        let key = format!("role.{role}");
        words::of(self.language).get(key.as_str()).copied().unwrap_or(role)
    }

    /// The text of `key` with each `{name}` replaced by its value.
    pub fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    /// The text of `key.one` or `key.other`, as the number asks for, with `{n}` replaced by it.
    pub fn plural(&self, key: &str, n: u64) -> String {
        let form = if n == 1 { "one" } else { "other" };
        self.say(&format!("{key}.{form}"), &[("n", &self.count(n))])
    }

    /// Why a figure is absent.
    pub fn reason(&self, reason: Reason) -> &'static str {
        match self.language {
            Language::English => reason.text(),
            Language::Indonesian => words::of(self.language)
                .get(format!("reason.{}", reason.key()).as_str())
                .copied()
                .unwrap_or(reason.text()),
        }
    }

    /// A warning's sentence, its numbers set as everywhere else.
    pub fn warning(&self, warning: &Warning) -> String {
        let translated = match self.language {
            Language::English => warning.template,
            Language::Indonesian => words::of(self.language)
                .get(format!("warning.{}", warning.code).as_str())
                .copied()
                .or_else(|| sanity::template(warning.code, self.language)),
        };
        let values: Vec<(&str, String)> = warning.values.iter().map(|(n, v)| (*n, self.restated(v))).collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
        match translated.map(|template| fill(template, &values)) {
            Some(sentence) if !sentence.contains('{') => sentence,
            // No translation, or one that wants more than the warning says.
            _ => warning.message.clone(),
        }
    }

    /// A value in print form; plain digits, with or without decimals, are set in this style.
    fn restated(&self, value: &str) -> String {
        let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if digits(whole) && digits(fraction) {
            self.numbers().set(value)
        } else {
            value.to_owned()
        }
    }
}

/// Replaces each `{name}` once, from the left: a value that holds braces is not looked into.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, after)| Some((values.iter().find(|(n, _)| *n == name)?.1, after)));
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_unknown_ones_stay() {
        assert_eq!(fill("{a} of {b}", &[("a", "{b}"), ("b", "2")]), "{b} of 2");
        assert_eq!(fill("{c} { {a", &[("a", "1")]), "{c} { {a");
    }

    #[test]
    fn a_warning_without_a_translation_stays_english() {
        let style = Style {
            language: Language::Indonesian,
            ..Style::default()
        };
        let warning = Warning::new("no_such_code", "{n} things", vec![("n", "3".to_owned())]);
        assert_eq!(style.warning(&warning), "3 things");
    }

    #[test]
    fn numbers_in_warnings_are_set_as_everywhere_else() {
        let style = Style {
            language: Language::Indonesian,
            decimal_comma: true,
            ..Style::default()
        };
        let warning = |values| Warning::new("gap", "", values);
        let sentence = style.warning(&warning(vec![("seconds", "12345.500".to_owned())]));
        assert!(sentence.starts_with("selama 12.345,500 s"), "{sentence}");
        assert_eq!(style.restated("10.0.0.1"), "10.0.0.1");
        assert_eq!(style.warning(&warning(Vec::new())), "", "a place without its value");
    }
}
