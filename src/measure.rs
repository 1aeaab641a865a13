//! From the packets of a flow, one at a time, to samples.

pub mod histogram;
