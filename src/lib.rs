//! Quality of service of a VM live migration, measured from packet captures.
//!
//! ```text
//! bytes -> frames -> packets -> flows -> samples -> seconds -> grades -> report
//! capture   capture   packet     flow     measure    series     grade     report
//!                                           \-> migration (what the stream did) -/
//! ```

pub mod capture;
pub mod error;
pub mod figure;
pub mod measure;
pub mod packet;
