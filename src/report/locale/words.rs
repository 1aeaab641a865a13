//! The embedded texts, by key.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::language::Language;

type Words = HashMap<&'static str, &'static str>;

const ENGLISH: &str = include_str!("en.toml");
const INDONESIAN: &str = include_str!("id.toml");

/// The texts of a language, read once.
pub(super) fn of(language: Language) -> &'static Words {
    static WORDS: OnceLock<[Words; 2]> = OnceLock::new();
    let [english, indonesian] = WORDS.get_or_init(|| [read(ENGLISH), read(INDONESIAN)]);
    language.pick(english, indonesian)
}

/// Tables become dotted keys: `[answer]` with `title` is `answer.title`.
fn read(text: &'static str) -> Words {
    let mut words = Words::new();
    // The files are compiled in and a test reads them: they are well-formed.
    if let Ok(table) = text.parse::<toml::Table>() {
        flatten(&table, "", &mut words);
    }
    words
}

fn flatten(table: &toml::Table, prefix: &str, words: &mut Words) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            toml::Value::Table(inner) => flatten(inner, &key, words),
            toml::Value::String(text) => {
                words.insert(leak(key), leak(text.clone()));
            }
            _ => {}
        }
    }
}

/// Read once per process and kept until its end.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    /// Every Rust source of the crate, tests at the bottom left out.
    fn sources() -> Vec<String> {
        // Not the sample, and not the sanity checks, which speak both languages by themselves.
        let left_out =
            |path: &Path| path.ends_with("report/sample.rs") || path.components().any(|c| c.as_os_str() == "grade");
        fn walk(folder: &Path, left_out: &dyn Fn(&Path) -> bool, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, left_out, found);
                } else if path.extension().is_some_and(|e| e == "rs") && !left_out(&path) {
                    let text = fs::read_to_string(&path).unwrap();
                    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                    found.push(code.to_owned());
                }
            }
        }
        let mut found = Vec::new();
        walk(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &left_out,
            &mut found,
        );
        found
    }

    /// The string literals that follow `call` in a source.
    fn arguments<'s>(source: &'s str, call: &str) -> Vec<&'s str> {
        source
            .split(call)
            .skip(1)
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .collect()
    }

    /// Keys that only Indonesian has: the English stands in the code.
    fn of_code(key: &str) -> bool {
        key.starts_with("warning.") || key.starts_with("reason.")
    }

    #[test]
    fn both_languages_have_every_key_and_the_same_places() {
        let (english, indonesian) = (of(Language::English), of(Language::Indonesian));
        assert!(english.len() > 100, "the English texts were not read");
        for (key, text) in english {
            let other = indonesian.get(key).unwrap_or_else(|| panic!("id.toml lacks {key}"));
            assert_eq!(places(text), places(other), "{key}");
            assert!(!text.trim().is_empty() && !other.trim().is_empty(), "{key}");
        }
        for key in indonesian.keys().filter(|key| !of_code(key)) {
            assert!(english.contains_key(key), "en.toml lacks {key}");
        }
    }

    #[test]
    fn every_key_that_the_code_names_exists() {
        let english = of(Language::English);
        for source in sources() {
            for call in [".text(", ".say("] {
                for key in arguments(&source, call) {
                    assert!(english.contains_key(key), "{key}");
                }
            }
            for key in arguments(&source, ".plural(") {
                for form in ["one", "other"] {
                    assert!(english.contains_key(format!("{key}.{form}").as_str()), "{key}.{form}");
                }
            }
        }
    }

    #[test]
    fn the_code_names_every_key() {
        let sources = sources();
        let literals: BTreeSet<&str> = sources.iter().flat_map(|source| source.split('"')).collect();
        for key in of(Language::English).keys() {
            // Their last parts are put together with a month's number and a role's name.
            let made = key.starts_with("month.") || key.starts_with("role.");
            let plural = key.strip_suffix(".one").or(key.strip_suffix(".other"));
            let named = literals.contains(key) || plural.is_some_and(|key| literals.contains(key));
            assert!(made || named, "nothing says {key}");
        }
    }

    #[test]
    fn every_warning_and_reason_has_an_indonesian_sentence() {
        let indonesian = of(Language::Indonesian);
        for source in sources() {
            for (code, template) in warnings(&source) {
                let key = format!("warning.{code}");
                let text = indonesian
                    .get(key.as_str())
                    .unwrap_or_else(|| panic!("id.toml lacks {key} for: {template}"));
                assert!(places(text).is_subset(&places(template)), "{key}: {text}");
            }
            for code in arguments(&source, "code:") {
                let key = format!("warning.{code}");
                assert!(indonesian.contains_key(key.as_str()), "id.toml lacks {key}");
            }
            if source.contains("pub enum Reason {") {
                for key in source.split("pub fn text").next().unwrap().split(" => \"").skip(1) {
                    let key = format!("reason.{}", key.split('"').next().unwrap());
                    assert!(indonesian.contains_key(key.as_str()), "id.toml lacks {key}");
                }
            }
        }
    }

    /// Code and template of each `Warning::new("code", "template", ...)`.
    fn warnings(source: &str) -> Vec<(&str, &str)> {
        let constructed = source.split("Warning::new(").skip(1);
        // A closure that fills a list.
        let listed = source.split(" warn(").skip(1);
        constructed
            .chain(listed)
            .filter_map(|rest| {
                let (code, rest) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
                let template = rest.trim_start().strip_prefix(',')?.trim_start().strip_prefix('"')?;
                Some((code, template.split('"').next()?))
            })
            .collect()
    }
}
