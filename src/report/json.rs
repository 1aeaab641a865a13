//! The JSON that scripts rely on: keys fixed, in a fixed order, and never renamed.
//!
//! Numbers are SI base units as the key says. An absent figure is `null`, with its reason under `<key>_reason`. Floats
//! are written in the shortest form that reads back as the same double, so that equal answers are equal bytes.

mod inspection;
mod migration;
mod parts;
mod summary;

pub use inspection::inspection_json;
pub use migration::migration_json;
pub use summary::{Extras, summary_json};
