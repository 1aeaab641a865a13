//! TCP: the standard estimators and Wireshark's flags, each from one segment at a time.

pub mod loss;
pub mod rtt;
pub mod sequence;
pub mod standard;
pub mod wireshark;
