//! The flags of every TCP conversation of a capture, from this library.

use std::net::SocketAddr;
use std::path::Path;

use migqos::analysis;
use migqos::capture::Input;
use migqos::error::Result;
use migqos::measure::tcp::wireshark::Flag;
use migqos::options::AnalysisOptions;
use migqos::progress::Silent;

/// One count for each of [`Flag::ALL`].
pub type Counts = [u64; Flag::ALL.len()];

/// The endpoints of a conversation, the lower one first, and how many earlier conversations they had.
pub type Key = ([SocketAddr; 2], usize);

/// Gives the conversations of a capture, which come in order, their keys.
#[derive(Default)]
pub struct Keys(std::collections::HashMap<[SocketAddr; 2], usize>);

impl Keys {
    /// The key of the next conversation between two endpoints.
    pub fn next(&mut self, a: SocketAddr, b: SocketAddr) -> Key {
        let ends = [a.min(b), a.max(b)];
        let earlier = self.0.entry(ends).or_insert(0);
        *earlier += 1;
        (ends, *earlier - 1)
    }
}

/// The TCP conversations of a capture in order of their first frame; with `decapsulate` tunnels are looked into, as
/// Wireshark always does.
///
/// # Errors
/// Where the file is not a capture or cannot be read.
pub fn conversations(path: &Path, decapsulate: bool) -> Result<Vec<(Key, Counts)>> {
    let options = AnalysisOptions {
        decapsulate,
        ..AnalysisOptions::default()
    };
    let (inspection, _) = analysis::inspect(&Input::from_argument(path), &options, &Silent)?;
    let mut keys = Keys::default();
    let rows = inspection.conversations.iter().filter_map(|row| {
        let flags = &row.tcp.as_ref()?.flags;
        let key = keys.next(row.a.parse().ok()?, row.b.parse().ok()?);
        let count = |flag: Flag| {
            flags
                .iter()
                .find(|(name, _)| *name == flag.name())
                .map_or(0, |(_, n)| *n)
        };
        Some((key, Flag::ALL.map(count)))
    });
    Ok(rows.collect())
}
