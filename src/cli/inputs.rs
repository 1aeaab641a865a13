//! Captures as they are typed: paths, and patterns where no shell has expanded them (Windows).

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Expands every pattern (`*`, `?`, `[...]`, `**`) that is not itself the name of a file; its matches come in order
/// of their names, and everything else stays as typed.
///
/// # Errors
/// `Io` where a pattern matches nothing or a folder on its way cannot be read; `Usage` where it is malformed.
pub fn expand(typed: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::with_capacity(typed.len());
    for path in typed {
        match path.to_str() {
            Some(pattern) if pattern.contains(['*', '?', '[']) && !path.exists() => {
                paths.extend(matches(path, pattern)?);
            }
            _ => paths.push(path.clone()),
        }
    }
    Ok(paths)
}

fn matches(path: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let options = glob::MatchOptions {
        case_sensitive: cfg!(not(windows)),
        ..glob::MatchOptions::new()
    };
    let found = glob::glob_with(pattern, options)
        .map_err(|e| Error::new(ErrorKind::Usage, format!("not a pattern: {}", e.msg)).path(path))?
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| Error::new(ErrorKind::Io, e.error().to_string()).path(e.path()))?;
    let files: Vec<PathBuf> = found.into_iter().filter(|p| !p.is_dir()).collect();
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Io, "no file matches this pattern").path(path));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_expand_in_order_of_names_and_names_stay_as_typed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b 2.pcap", "a 1.pcap", "ü.pcap", "odd[1].pcap", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("dir.pcap")).unwrap();
        let at = |name: &str| folder.path().join(name);
        let typed = vec![
            at("[ab]*.pcap"),
            at("odd[1].pcap"),
            at("absent.pcap"),
            PathBuf::from("-"),
        ];
        assert_eq!(
            expand(&typed).unwrap(),
            vec![
                at("a 1.pcap"),
                at("b 2.pcap"),
                at("odd[1].pcap"),
                at("absent.pcap"),
                PathBuf::from("-")
            ]
        );
        assert_eq!(expand(&[at("*.pcap")]).unwrap().len(), 4);
    }

    #[test]
    fn a_pattern_without_a_match_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = expand(&[folder.path().join("run-*.pcap")]).unwrap_err();
        assert!(error.to_string().contains("run-*.pcap: no file matches"), "{error}");
    }
}
