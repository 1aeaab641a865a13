//! Who was measured, and which of the capture's frames.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::summary::{ChosenBy, Nodes, Selection};

impl Object for Nodes {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let chosen_by = match self.chosen_by {
            ChosenBy::Arguments => "arguments",
            ChosenBy::Content => "content",
            ChosenBy::Port => "port",
            ChosenBy::Volume => "volume",
        };
        to.set("source", self.source.as_slice())
            .set("target", self.target.as_slice())
            .set("chosen_by", chosen_by)
            .optional("runner_up", self.runner_up.as_ref().map(|pair| Sized("nodes", pair)))
    }
}

impl Object for Selection {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let left_out = self.largest_left_out.iter();
        to.set("packets", self.packets)
            .set("wire_bytes", self.wire_bytes)
            .set("conversations", self.conversations)
            .set("left_out_packets", self.left_out_packets)
            .set("left_out_bytes", self.left_out_bytes)
            .array("largest_left_out", left_out.map(|one| Sized("conversation", one)))
            .set("display_filter", self.display_filter.as_str())
    }
}

/// What it is, under a key, and its bytes on the wire.
struct Sized<'a, T>(&'static str, &'a (T, u64));

impl<T: Serialize> Object for Sized<'_, T> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let (what, wire_bytes) = self.1;
        to.set(self.0, what).set("wire_bytes", wire_bytes)
    }
}
