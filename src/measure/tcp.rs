//! TCP connections: what was sent again, what came out of order, how long the path took.

pub mod wireshark;
