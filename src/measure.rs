//! From the packets of a flow, one at a time, to samples and totals.

pub mod echo;
pub mod histogram;
pub mod rtp;
pub mod tally;
pub mod tcp;
pub mod time_span;
pub mod timeline;

#[cfg(test)]
mod lab;
