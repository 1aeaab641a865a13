//! A warning: its code, its sentence in English, and the sentence's values by name.

use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::summary::Warning;

impl Object for Warning {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let values = self.values.iter();
        values.filter(|(name, _)| !matches!(*name, "code" | "message")).fold(
            to.set("code", self.code).set("message", self.message.as_str()),
            |to, (name, value)| match value.parse::<u64>() {
                Ok(number) => to.set(name, number),
                Err(_) => to.set(name, value.as_str()),
            },
        )
    }
}
