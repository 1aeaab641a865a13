//! A warning: its code, its sentence in English, and the sentence's values by name.

use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::summary::Warning;

/// Values that are names or words of others: text, even where a log is called `100`.
const TEXTS: [&str; 7] = ["error", "file", "log", "said", "seen", "system", "why"];

impl Object for Warning {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let values = self.values.iter();
        values.filter(|(name, _)| !matches!(*name, "code" | "message")).fold(
            to.set("code", self.code).set("message", self.message.as_str()),
            |to, (name, value)| match value.parse::<u64>() {
                Ok(number) if !TEXTS.contains(name) => to.set(name, number),
                _ => to.set(name, value.as_str()),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::object::Written;

    #[test]
    fn a_log_called_100_is_no_number() {
        let values = vec![("log", "100".to_owned()), ("count", "100".to_owned())];
        let warning = Warning::new("a", "{count} of {log}", values);
        assert_eq!(
            serde_json::to_value(Written(&warning)).unwrap(),
            serde_json::json!({"code": "a", "message": "100 of 100", "log": "100", "count": 100})
        );
    }
}
