//! Quality of service of a VM live migration, measured from packet captures.
//!
//! ```text
//! bytes -> frames -> packets -> flows -> samples -> seconds -> grades -> report
//! capture   capture   packet     flow     measure    series     grade     report
//!                                           \-> migration (what the stream did) -/
//! ```
//!
//! [`analysis::analyze`] answers for one run, [`analysis::inspect`] lists what is in a file; both give plain data
//! ([`summary`]) that the renderers in [`report`] print and [`grade`] grades. docs/ARCHITECTURE.md tells how the rooms
//! hang together.
//!
//! ```
//! use migqos::capture::Input;
//! use migqos::options::AnalysisOptions;
//! use migqos::progress::Silent;
//!
//! let capture = [Input::from_argument("fixtures/precopy-loss.pcap.zst")];
//! let answer = migqos::analysis::analyze(&capture, &AnalysisOptions::default(), &Silent)?;
//! // The relay that the capture went through dropped 253 of 48,595 data frames: 0.5206 %.
//! let loss_pct = answer.summary.metrics.standard.loss_pct.value();
//! assert!(loss_pct.is_some_and(|loss| (loss - 0.5206).abs() < 0.01));
//! # Ok::<(), migqos::error::Error>(())
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
