//! The migrations of a whole capture, with what only the capture knows of the conversations that they name.

use std::collections::BTreeMap;

use super::model::Migration;
use crate::figure::{Figure, Reason};
use crate::summary::Metrics;

/// What the migrations of a capture did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moves {
    /// In order of their beginning.
    pub migrations: Vec<Migration>,
    /// The one that is reported in full: its place in `migrations`.
    pub chosen: Option<usize>,
    /// What was measured between the nodes in each phase of the chosen one, in the order of its phases; empty where it
    /// has none.
    pub phase_metrics: Vec<Metrics>,
    /// The conversations that the migrations name by number.
    pub conversations: BTreeMap<u32, Named>,
}

/// A conversation by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// "udp 10.132.4.50:40000 <-> 10.132.5.100:7".
    pub name: String,
    /// Bytes on the wire, both directions, copies left out.
    pub wire_bytes: u64,
}

impl Moves {
    /// The migration that is reported in full.
    pub fn chosen(&self) -> Option<&Migration> {
        self.migrations.get(self.chosen?)
    }

    /// Bytes on the wire, headers, resends and acknowledgements included, over the payload bytes that carried the
    /// machine's state: what a byte of memory cost the network.
    pub fn overhead(&self, migration: &Migration) -> Figure {
        let state = migration.connections.iter().filter(|c| c.role.is_state());
        let wire_bytes: Option<u64> = state
            .map(|connection| Some(self.conversations.get(&connection.conversation)?.wire_bytes))
            .sum();
        match (migration.ram_bytes, wire_bytes) {
            (Figure::Value(payload), Some(wire)) => Figure::ratio(wire as f64, payload, Reason::NoFigure),
            (Figure::Absent(reason), _) => Figure::Absent(reason),
            (_, None) => Figure::Absent(Reason::NoFigure),
        }
    }
}

impl Migration {
    /// Numbers of the conversations that it names, in no particular order.
    pub fn conversations(&self) -> impl Iterator<Item = u32> {
        let connections = self.connections.iter().map(|connection| connection.conversation);
        connections.chain(self.service.flows.iter().map(|flow| flow.conversation))
    }
}
