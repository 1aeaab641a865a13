//! Quality of service of a VM live migration, measured from packet captures.
//!
//! ```text
//! bytes -> frames -> packets -> flows -> samples -> seconds -> grades -> report
//! capture   capture   packet     flow     measure    series     grade     report
//!                                           \-> migration (what the stream did) -/
//! ```

pub mod analysis;
pub mod capture;
pub mod cli;
pub mod error;
pub mod figure;
pub mod flow;
pub mod grade;
pub mod language;
pub mod measure;
pub mod migration;
pub mod number;
pub mod options;
pub mod packet;
pub mod progress;
pub mod report;
pub mod series;
pub mod summary;
