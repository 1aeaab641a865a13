//! stub
/// Stub.
#[derive(Debug, Clone, Default)]
pub struct Histogram;
impl Histogram {
    /// Stub.
    pub fn record(&mut self, _v: u64) {}
    /// Stub.
    pub fn merge(&mut self, _o: &Self) {}
    /// Stub.
    pub fn count(&self) -> u64 {
        0
    }
    /// Stub.
    pub fn percentile(&self, _p: f64) -> Option<u64> {
        None
    }
    /// Stub.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        std::iter::empty()
    }
}
