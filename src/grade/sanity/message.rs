//! The sentences of the findings, in both languages.

use std::sync::OnceLock;

use toml::{Table, Value};

use super::Finding;
use crate::language::Language;
use crate::number::NumberStyle;

/// A value in a sentence, with what it takes to print it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// bit/s, printed as kbps as papers do.
    Rate(f64),
    /// Milliseconds.
    Milliseconds(f64),
    /// Percent.
    Percent(f64),
    /// Bytes, in three significant digits: 21.9 MB.
    Size(f64),
    /// A whole number.
    Count(f64),
    /// A factor.
    Ratio(f64),
    /// A word that is translated, by its key.
    Word(&'static str),
    /// Text as it is.
    Text(String),
}

impl Shown {
    /// The value in print.
    pub fn text(&self, language: Language, style: NumberStyle) -> String {
        match self {
            Self::Rate(bps) => format!("{} kbps", style.set(&brief(bps / 1000.0))),
            Self::Milliseconds(ms) => format!("{} ms", style.set(&brief(*ms))),
            Self::Percent(percent) => {
                let sign = language.pick(" %", "%");
                format!("{}{sign}", style.set(&brief(*percent)))
            }
            Self::Size(bytes) => size(*bytes, style),
            Self::Count(count) => style.write(count.round(), 0),
            Self::Ratio(ratio) => style.set(&significant(*ratio, 3)),
            Self::Word(key) => word(key, language).to_owned(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// The sentence of a code, with its places in braces. `None` for a code that this module does not have.
pub fn template(code: &str, language: Language) -> Option<&'static str> {
    messages().get(code)?.get(language.code())?.as_str()
}

pub(super) fn message(finding: &Finding, language: Language, style: NumberStyle) -> String {
    // A code is there for every finding: a test holds the file against the checks.
    let mut sentence = template(finding.code, language).unwrap_or(finding.code).to_owned();
    for (name, shown) in &finding.values {
        sentence = sentence.replace(&format!("{{{name}}}"), &shown.text(language, style));
    }
    sentence
}

fn word(key: &'static str, language: Language) -> &'static str {
    let word = messages()
        .get("words")
        .and_then(|words| words.get(key))
        .and_then(|word| word.get(language.code()));
    word.and_then(Value::as_str).unwrap_or(key)
}

fn messages() -> &'static Table {
    static MESSAGES: OnceLock<Table> = OnceLock::new();
    MESSAGES.get_or_init(|| include_str!("messages.toml").parse().unwrap_or_default())
}

/// A figure as it was typed, or six significant digits where it has more than ten (whole digits are never cut).
pub(crate) fn brief(value: f64) -> String {
    let shortest = value.to_string();
    let digits = shortest.chars().filter(char::is_ascii_digit).count();
    if digits <= 10 { shortest } else { significant(value, 6) }
}

/// So many significant digits, or all whole ones if they are more; trailing zeros cut.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if magnitude < -9.0 {
        return format!("{value:.2e}");
    }
    let decimals = (f64::from(digits - 1) - magnitude).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn size(bytes: f64, style: NumberStyle) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    // Just below a unit three digits would read as 1000 of the smaller one.
    let (size, unit) = units
        .into_iter()
        .find(|(size, _)| bytes >= size * 0.9995)
        .unwrap_or((1.0, "B"));
    format!("{} {unit}", style.set(&significant(bytes / size, 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_there_in_both_languages_with_the_same_places() {
        let messages: Table = include_str!("messages.toml").parse().unwrap();
        let places = |text: &str| {
            let mut places: Vec<String> = text
                .split('{')
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap().to_owned())
                .collect();
            places.sort();
            places
        };
        for (code, texts) in &messages {
            if code == "words" {
                for word in texts.as_table().unwrap().values() {
                    assert!(word.get("en").is_some() && word.get("id").is_some());
                }
                continue;
            }
            let [english, indonesian] = ["en", "id"].map(|language| texts.get(language).unwrap().as_str().unwrap());
            assert_eq!(places(english), places(indonesian), "{code}");
        }
    }

    #[test]
    fn amounts_are_printed_in_three_digits() {
        let point = NumberStyle::default();
        for (bytes, text) in [
            (21_923_662.4, "21.9 MB"),
            (21_923.66, "21.9 kB"),
            (999.6, "1 kB"),
            (512.0, "512 B"),
            (1_500.0, "1.5 kB"),
            (999_600.0, "1 MB"),
        ] {
            assert_eq!(size(bytes, point), text, "{bytes}");
        }
        assert_eq!(size(21_923.66, NumberStyle { decimal_comma: true }), "21,9 kB");
    }

    #[test]
    fn figures_are_printed_as_they_were_typed() {
        let comma = NumberStyle { decimal_comma: true };
        assert_eq!(
            Shown::Rate(403_694_930.0).text(Language::English, NumberStyle::default()),
            "403,694.93 kbps"
        );
        assert_eq!(
            Shown::Rate(403_694_930.0).text(Language::Indonesian, comma),
            "403.694,93 kbps"
        );
        assert_eq!(
            Shown::Milliseconds(0.434_46).text(Language::English, NumberStyle::default()),
            "0.43446 ms"
        );
        assert_eq!(
            Shown::Milliseconds(1.0 / 3.0).text(Language::English, NumberStyle::default()),
            "0.333333 ms"
        );
        assert_eq!(
            Shown::Word("microseconds").text(Language::Indonesian, comma),
            "mikrodetik"
        );
    }
}
