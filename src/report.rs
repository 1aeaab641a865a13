//! From what was measured to what people and programs read: files, tables, JSON.

pub mod chart;
pub mod csv;
pub mod folder;
pub mod json;
pub mod locale;
