//! Where the captures lie that the developers share.

use std::path::{Path, PathBuf};

/// A file or folder of the shared captures, which lie beside the repository, or above it for a work tree; `None`, and
/// said so, where they are not there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/captures"))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: ../shared is not there");
    }
    found.map(|captures| captures.join(name))
}
