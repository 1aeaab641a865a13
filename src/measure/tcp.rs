//! TCP: the standard estimators, Wireshark's flags and tcptrace's figures, each from one segment at a time.

#[cfg(test)]
mod bounds;
pub mod header;
pub mod loss;
#[cfg(test)]
mod prediction;
mod ring;
pub mod rtt;
pub mod sequence;
pub mod standard;
pub mod tcptrace;
pub mod wireshark;
