//! The folder of a report: its name, whether it can be written, and files that appear whole or not at all.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// A folder that has been shown to take files.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// What `open` made, innermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder where it is not there yet, and tries whether a file can be written into it, so that hours of
    /// analysis do not end at a folder that was write-protected all along.
    ///
    /// # Errors
    /// `Output`, naming the folder and what the operating system said.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        if let Some(file) = path.ancestors().find(|p| p.exists()).filter(|p| !p.is_dir()) {
            return Err(Error::new(ErrorKind::Output, "is a file, not a folder")
                .advice("give another with -o, or print the answer alone with --no-report")
                .path(file));
        }
        let made: Vec<PathBuf> = path
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
            .map(Path::to_owned)
            .collect();
        let folder = Self { path, made };
        let tried = std::fs::create_dir_all(&folder.path)
            .and_then(|()| temporary(&folder.path))
            .map(drop);
        match tried {
            Ok(()) => Ok(folder),
            Err(error) => {
                let refused = output(&folder.path, "the report's folder cannot be written", &error);
                folder.abandon();
                Err(refused.advice("give another with -o, or print the answer alone with --no-report"))
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one file under a temporary name, then gives it its own in one step: a reader sees the old file or the
    /// new one, never half of it.
    ///
    /// # Errors
    /// `Output`, naming the file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write_with(name, |out| out.write_all(bytes))
    }

    /// As [`Folder::write`], with what `content` writes: for what need not stand in memory as a whole.
    ///
    /// # Errors
    /// `Output`, naming the file.
    pub fn write_with(&self, name: &str, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let path = self.path.join(name);
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(temporary(&self.path)?);
            content(&mut file)?;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|error| output(&path, "cannot be written", &error))
    }

    /// Takes the folders away again that `open` made, as far as they are empty.
    pub fn abandon(self) {
        for path in &self.made {
            // A folder that is not empty, or already gone, stays as it is.
            let _ = std::fs::remove_dir(path);
        }
    }
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".migqos-");
    #[cfg(unix)]
    {
        // As any other file that a program makes; the default is for secrets. The umask still applies.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn output(path: &Path, what: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Output, format!("{what}: {error}")).path(path)
}

/// A folder's name for each capture: its name without its endings, led by as much of its path as makes it unique
/// among those given. Every run's file may be called `src.pcap`.
///
/// ```
/// use migqos::report::folder::names;
/// assert_eq!(names(&["a/run07.pcapng.gz"]), ["run07"]);
/// assert_eq!(names(&["game-01/src.pcap", "game-02/src.pcap", "idle.pcap"]), ["game-01-src", "game-02-src", "idle"]);
/// ```
pub fn names<P: AsRef<Path>>(captures: &[P]) -> Vec<String> {
    let mut parts: Vec<Vec<String>> = captures.iter().map(|c| components(c.as_ref())).collect();
    keep_telling_endings(captures, &mut parts);
    let name = |parts: &[String], depth: usize| {
        let from = parts.len().saturating_sub(depth);
        sanitised(&parts.get(from..).unwrap_or_default().join("-"))
    };
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let mut depths = vec![1; parts.len()];
    for _ in 1..longest {
        // Which captures share a name, compared as a file system does that ignores case.
        let mut sharing: HashMap<String, HashSet<&[String]>> = HashMap::new();
        for (parts, &depth) in parts.iter().zip(&depths) {
            sharing
                .entry(name(parts, depth).to_lowercase())
                .or_default()
                .insert(parts);
        }
        for (parts, depth) in parts.iter().zip(&mut depths) {
            if sharing
                .get(&name(parts, *depth).to_lowercase())
                .is_some_and(|s| s.len() > 1)
            {
                *depth += 1;
            }
        }
    }
    // What is left is the same capture given twice, or paths that a file system that ignores case takes for one.
    let mut taken = HashSet::new();
    parts
        .iter()
        .zip(&depths)
        .map(|(parts, &depth)| {
            let name = name(parts, depth);
            std::iter::once(name.clone())
                .chain((2_u64..).map(|n| format!("{name}-{n}")))
                .find(|candidate| taken.insert(candidate.to_lowercase()))
                .unwrap_or(name)
        })
        .collect()
}

/// Where captures differ in their endings alone (`a.pcap`, `a.pcapng`), the endings stay.
fn keep_telling_endings<P: AsRef<Path>>(captures: &[P], parts: &mut [Vec<String>]) {
    let mut files: HashMap<Vec<String>, HashSet<&OsStr>> = HashMap::new();
    for (capture, parts) in captures.iter().zip(parts.iter()) {
        if let Some(file) = capture.as_ref().file_name() {
            files.entry(parts.clone()).or_default().insert(file);
        }
    }
    for (capture, parts) in captures.iter().zip(parts) {
        if files.get(parts.as_slice()).is_some_and(|f| f.len() > 1)
            && let (Some(file), Some(last)) = (capture.as_ref().file_name(), parts.last_mut())
        {
            *last = file.to_string_lossy().into_owned();
        }
    }
}

/// The folders on the way to a capture and its name without endings, the drive and the root left out.
fn components(capture: &Path) -> Vec<String> {
    if capture == Path::new("-") {
        return vec!["stdin".to_owned()];
    }
    let absolute = std::path::absolute(capture).unwrap_or_else(|_| capture.to_owned());
    let mut parts = Vec::new();
    for component in absolute.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    if let Some(last) = parts.last_mut() {
        *last = stem(last).to_owned();
    }
    parts
}

/// A file's name without the ending of a compression and then of a capture; other endings are part of the name.
fn stem(name: &str) -> &str {
    let without = |name, ends: fn(&str) -> bool| {
        let path = Path::new(name);
        match (
            path.extension().and_then(OsStr::to_str),
            path.file_stem().and_then(OsStr::to_str),
        ) {
            (Some(ending), Some(stem)) if ends(&ending.to_ascii_lowercase()) => stem,
            _ => name,
        }
    };
    let plain = without(name, |ending| matches!(ending, "gz" | "zst" | "zstd" | "lz4"));
    without(plain, |ending| {
        matches!(ending, "pcap" | "pcapng" | "cap" | "dmp" | "dump" | "ntar")
    })
}

/// Without the characters that some file system refuses.
fn sanitised(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| {
            if c.is_control() || "<>:\"/\\|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let clean = clean.trim_matches([' ', '.']);
    // Windows takes these for devices, whatever ending follows.
    let device = clean.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |name: &str| {
        device
            .strip_prefix(name)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    match clean {
        "" => "capture".to_owned(),
        _ if matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT") => {
            format!("_{clean}")
        }
        _ => clean.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_captures_and_compressions_go_and_others_stay() {
        for (name, expected) in [
            ("src.pcap", "src"),
            ("Run 07.PCAPNG.GZ", "Run 07"),
            ("tangkapan-ü.cap.zst", "tangkapan-ü"),
            ("trace.pcap1", "trace.pcap1"),
            ("v1.2", "v1.2"),
            ("a.b.pcap", "a.b"),
            (".pcap", ".pcap"),
            ("archive.gz", "archive"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn equal_names_are_led_by_their_folders_and_others_are_not() {
        assert_eq!(
            names(&["runs/game-01/src.pcap", "runs/game-02/src.pcap", "runs/idle.pcap"]),
            ["game-01-src", "game-02-src", "idle"]
        );
        assert_eq!(
            names(&["a/x/src.pcap", "b/x/src.pcap", "b/y/src.pcap"]),
            ["a-x-src", "b-x-src", "y-src"]
        );
        assert_eq!(
            names(&["./src.pcap", "../src.pcap"])
                .iter()
                .collect::<HashSet<_>>()
                .len(),
            2
        );
    }

    #[test]
    fn names_are_unique_whatever_is_given() {
        let given = [
            "r/a.pcap",
            "r/a.pcap",
            "r/a.pcapng",
            "r/A.pcap.gz",
            "-",
            "r-a.pcap",
            "/r/a.pcap",
        ];
        let made: HashSet<String> = names(&given).iter().map(|n| n.to_lowercase()).collect();
        assert_eq!(made.len(), given.len(), "{made:?}");
    }

    #[test]
    fn captures_that_differ_in_their_endings_keep_them() {
        assert_eq!(
            names(&["r/a.pcap", "r/a.pcapng.gz", "r/b.pcap"]),
            ["a.pcap", "a.pcapng.gz", "b"]
        );
        assert_eq!(names(&["r/a.pcap", "r/a.pcap"]), ["a", "a-2"]);
    }

    #[test]
    fn names_hold_nothing_that_a_file_system_refuses() {
        assert_eq!(names(&["a:b?.pcap"]), ["a_b_"]);
        assert_eq!(names(&["...pcap"]), ["capture"]);
        assert_eq!(names(&["-"]), ["stdin"]);
        assert_eq!(names(&["nul.pcap"]), ["_nul"]);
        assert_eq!(names(&["com1.x.pcap"]), ["_com1.x"]);
        assert_eq!(names(&["company.pcap"]), ["company"]);
    }

    #[test]
    fn a_file_is_written_whole_and_nothing_else_is_left() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::open(base.path().join("laporan ü/a b")).unwrap();
        folder.write("report.md", b"one").unwrap();
        folder.write("report.md", b"two").unwrap();
        assert_eq!(std::fs::read(folder.path().join("report.md")).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let kept = folder.path().to_owned();
        folder.abandon();
        assert!(kept.exists(), "a folder with files in it stays");
    }

    #[test]
    fn an_abandoned_folder_leaves_no_trace() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::open(base.path().join("a/b/c")).unwrap();
        folder.abandon();
        assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_found_before_the_work() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("reports"), "in the way").unwrap();
        let error = Folder::open(base.path().join("reports/src")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Output);
        let said = format!("{}: is a file, not a folder", base.path().join("reports").display());
        assert!(error.to_string().starts_with(&said), "{error}");
        assert!(error.to_string().contains("-o"), "{error}");
    }
}
