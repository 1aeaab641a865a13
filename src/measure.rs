//! From the packets of a flow, one at a time, to samples and totals.

pub mod tally;
pub mod tcp;
pub mod timeline;
