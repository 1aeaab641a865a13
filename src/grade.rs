//! From figures to categories: the tables, and which band a value lies in.
//!
//! The tables are data. A [`Profile`] is read from TOML, the shipped ones and users' by the same reader, and is
//! checked while it is read: after that every finite value of 0 or more lies in exactly one band. [`Grader`] chooses
//! the tables in force and answers for a run ([`Grader::grade`]), for a second ([`Grader::mean_index`]) and for a
//! series ([`shares`]).
//!
//! ```
//! use migqos::figure::Figure;
//! use migqos::grade::{Category, Figures, Profile, grade};
//!
//! let figures = Figures {
//!     throughput_bps: Figure::Value(403_694_930.0),
//!     loss_pct: Figure::Value(0.12),
//!     jitter_ms: Figure::Value(261.7),
//!     delay_ms: Figure::Value(434.46),
//! };
//! let grades = grade(&figures, &Profile::named("tiphon")?, Some("1Gbit".parse()?));
//! assert_eq!(grades.throughput.index, Some(2)); // 40.4 % of the capacity
//! assert_eq!(grades.jitter.category, Some(Category::Poor));
//! assert!(grades.jitter.off_table); // nothing is printed above 225 ms
//! assert_eq!(grades.overall.index, Some(2.0)); // (2 + 3 + 1 + 2) / 4
//! # Ok::<(), migqos::error::Error>(())
//! ```

mod band;
mod capacity;
mod category;
mod digits;
mod grader;
mod interval;
mod json;
mod order;
mod profile;
mod reader;
pub mod sanity;
mod shares;
mod table;

pub use band::{Band, BandTable, Parameter, Placement, TableError, TableKind};
pub use capacity::LinkCapacity;
pub use category::{Category, OverallCategory, Scale};
pub use digits::{decimals_that_keep, text as text_that_keeps};
pub use grader::{Figures, Grader, Grades, Overall, ParameterGrade, grade};
pub use interval::{Interval, IntervalError};
pub use json::{grades_json, shares_json};
pub use profile::{Profile, Variant, variants};
pub use shares::{ParameterShares, Shares, shares};
pub use table::{TableModel, overall_model, tables_model};
