//! How far the reading of the captures has come, told to whoever wants to show it.

/// Told of bytes read. Called from any thread, a few times per second and core; the order of calls means nothing.
pub trait Progress: Sync {
    /// `bytes` more of the input were read, counted as the file holds them (compressed, where it is).
    fn advance(&self, bytes: u64);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _bytes: u64) {}
}
