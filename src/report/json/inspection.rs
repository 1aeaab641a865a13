//! `migqos inspect --format json`.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::migration::Moved;
use super::object::{Fields, Object, Written, seconds};
use crate::migration::Moves;
use crate::summary::Inspection;

/// The document of schema `migqos.inspect/1`.
pub fn inspection_json<'a>(inspection: &'a Inspection, moves: &'a Moves) -> impl Serialize + 'a {
    Written(Inspected { inspection, moves })
}

struct Inspected<'a> {
    inspection: &'a Inspection,
    moves: &'a Moves,
}

impl Object for Inspected<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self { inspection, moves } = self;
        let start_ns = inspection.capture.start_ns.unwrap_or(0);
        let moved = |migration| Moved::new(migration, moves, start_ns);
        to.set("schema", "migqos.inspect/1")
            .object("capture", &inspection.capture)
            .array("conversations", inspection.conversations.iter())
            .array("rtp_streams", inspection.rtp_streams.iter())
            .array("seconds", inspection.seconds.iter().map(Bin))
            .array("echo", inspection.echo.iter())
            .array("migrations", moves.migrations.iter().map(moved))
            .array("warnings", inspection.warnings.iter())
    }
}

/// All frames of a second.
struct Bin<'a>(&'a (i64, u64, u64));

impl Object for Bin<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let (start_ns, packets, wire_bytes) = *self.0;
        to.number("start_s", seconds(start_ns))
            .set("packets", packets)
            .set("wire_bytes", wire_bytes)
    }
}
