//! From what was measured to what people and programs read: files, tables, JSON.

pub mod chart;
pub mod csv;
pub mod document;
pub mod files;
pub mod filter;
pub mod folder;
pub mod json;
pub mod locale;
mod logged;
pub mod markdown;
mod movement;
pub mod pictures;
mod properties;
#[cfg(test)]
pub(crate) mod sample;
pub mod table;
pub mod text;
