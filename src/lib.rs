//! Quality of service of a VM live migration, measured from packet captures.
//!
//! ```text
//! bytes -> frames -> packets -> flows -> samples -> seconds -> grades -> report
//! capture   capture   packet     flow     measure    series     grade     report
//!                                           \-> migration (what the stream did) -/
//! ```

pub mod capture;
pub mod cli;
pub mod error;
pub mod figure;
pub mod grade;
pub mod language;
pub mod number;
pub mod options;
pub mod packet;
pub mod summary;
