//! Objects that are written field by field, straight into the text: a long series never stands in memory twice.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::figure::{Figure, Reason};

/// What is an object in a document: its fields, in the order in which they are written.
pub(super) trait Object {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M>;
}

impl<T: Object> Object for &T {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        (*self).fields(to)
    }
}

/// An object as serde takes it.
pub(super) struct Written<T>(pub(super) T);

impl<T: Object> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fields(Fields(serializer.serialize_map(None))).0?.end()
    }
}

/// Objects one after the other, each made when its turn comes.
struct Array<I>(I);

impl<I: Iterator<Item: Object> + Clone> Serialize for Array<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone().map(Written))
    }
}

/// An object that is being written, or the error that ended it.
pub(super) struct Fields<M: SerializeMap>(Result<M, M::Error>);

impl<M: SerializeMap> Fields<M> {
    /// `key: value`.
    pub(super) fn set(self, key: &str, value: impl Serialize) -> Self {
        Self(self.0.and_then(|mut map| {
            map.serialize_entry(key, &value)?;
            Ok(map)
        }))
    }

    /// `key: number`; negative zero is written as zero, and what JSON has no number for as absent.
    pub(super) fn number(self, key: &str, value: f64) -> Self {
        if value.is_finite() {
            self.set(key, value + 0.0)
        } else {
            self.absent(key, Reason::NotFinite.text())
        }
    }

    /// `key: number`, or `key: null` and `key_reason: "why"`.
    pub(super) fn figure(self, key: &str, figure: Figure) -> Self {
        match figure {
            Figure::Value(value) => self.number(key, value),
            Figure::Absent(reason) => self.absent(key, reason.text()),
        }
    }

    /// A count: written without a fraction.
    pub(super) fn whole(self, key: &str, figure: Figure) -> Self {
        match figure {
            Figure::Value(value) if value.is_finite() => self.set(key, value.round().max(0.0) as u64),
            absent => self.figure(key, absent),
        }
    }

    /// `key: null` and `key_reason: "why"`.
    pub(super) fn absent(self, key: &str, reason: &str) -> Self {
        self.null(key).set(&format!("{key}_reason"), reason)
    }

    /// `key: null`, where that is no figure.
    pub(super) fn null(self, key: &str) -> Self {
        self.set(key, ())
    }

    /// `key: {...}`.
    pub(super) fn object(self, key: &str, object: impl Object) -> Self {
        self.set(key, Written(object))
    }

    /// `key: {...}`, or `key: null`.
    pub(super) fn optional(self, key: &str, object: Option<impl Object>) -> Self {
        self.set(key, object.map(Written))
    }

    /// `key: {...}`, or `key: null` and `key_reason: "why"`.
    pub(super) fn optional_or(self, key: &str, object: Option<impl Object>, reason: &str) -> Self {
        match object {
            Some(object) => self.object(key, object),
            None => self.absent(key, reason),
        }
    }

    /// `key: [{...}, ...]`.
    pub(super) fn array(self, key: &str, objects: impl Iterator<Item: Object> + Clone) -> Self {
        self.set(key, Array(objects))
    }

    /// The fields of an object that another room made.
    pub(super) fn extend(self, object: Map<String, Value>) -> Self {
        object.iter().fold(self, |fields, (key, value)| fields.set(key, value))
    }
}

/// Nanoseconds as seconds.
pub(super) fn seconds(ns: i64) -> f64 {
    // Both operands are exact up to 2^53 ns (104 days), so the quotient is the double nearest to the true value.
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Endless;

    impl Object for Endless {
        fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
            to.number("a", f64::INFINITY)
                .figure("b", Figure::Value(f64::NAN))
                .whole("c", Figure::Value(f64::NEG_INFINITY))
                .number("d", -0.0)
        }
    }

    #[test]
    fn what_is_not_finite_is_absent_with_a_reason() {
        let why = "not a finite number";
        let expected = serde_json::json!({
            "a": null, "a_reason": why, "b": null, "b_reason": why, "c": null, "c_reason": why, "d": 0.0
        });
        assert_eq!(serde_json::to_value(Written(Endless)).unwrap(), expected);
    }
}
