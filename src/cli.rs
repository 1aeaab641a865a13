//! The answers of the commands as text.

pub mod profiles;
pub mod sanity;
pub mod text;
