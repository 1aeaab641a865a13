//! The languages that tables and reports are written in.

use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// A language of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Indonesian.
    Indonesian,
}

impl Language {
    /// The ISO 639-1 code, as `--lang` takes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Indonesian => "id",
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<T>(self, english: T, indonesian: T) -> T {
        match self {
            Self::English => english,
            Self::Indonesian => indonesian,
        }
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim().to_ascii_lowercase().as_str() {
            "en" => Ok(Self::English),
            "id" => Ok(Self::Indonesian),
            _ => Err(Error::new(ErrorKind::Usage, format!("no language {text:?}")).advice("en or id")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_its_code() {
        assert_eq!("id".parse::<Language>().unwrap(), Language::Indonesian);
        assert_eq!(" EN ".parse::<Language>().unwrap().code(), "en");
        assert_eq!(
            "ms".parse::<Language>().unwrap_err().to_string(),
            "no language \"ms\" (en or id)"
        );
    }
}
