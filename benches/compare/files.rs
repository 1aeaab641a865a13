//! The captures that are compared on, made once and kept.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::traffic::{Kind, Traffic};

/// Where the captures are.
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// A generated capture.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn traffic(&self, kind: Kind, packets: u64, snaplen: usize, pcapng: bool) -> io::Result<PathBuf> {
        let ending = if pcapng { "pcapng" } else { "pcap" };
        let kind_name = if kind == Kind::Bulk { "bulk" } else { "flows" };
        let name = format!("{kind_name}-{packets}-{snaplen}.{ending}");
        let traffic = Traffic {
            kind,
            packets,
            snaplen,
            pcapng,
        };
        self.made(&name, |out| traffic.write(out))
    }

    /// `plain` as `gzip` makes it unless told otherwise.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn gzip(&self, plain: &Path) -> io::Result<PathBuf> {
        self.made(&format!("{}.gz", name(plain)), |out| {
            let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            io::copy(&mut BufReader::new(File::open(plain)?), &mut packed)?;
            packed.finish().map(drop)
        })
    }

    /// `plain` as `zstd` makes it unless told otherwise.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn zstd(&self, plain: &Path) -> io::Result<PathBuf> {
        self.made(&format!("{}.zst", name(plain)), |out| {
            zstd::stream::copy_encode(File::open(plain)?, out, 3)
        })
    }

    /// `packed` without zstd, which not every program reads.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn unpacked(&self, packed: &Path) -> io::Result<PathBuf> {
        match name(packed).strip_suffix(".zst") {
            Some(plain) => self.made(plain, |out| zstd::stream::copy_decode(File::open(packed)?, out)),
            None => Ok(packed.to_owned()),
        }
    }

    /// `count` copies of `plain` under names of their own.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn copies(&self, plain: &Path, count: usize) -> io::Result<Vec<PathBuf>> {
        let copy = |number| {
            let name = format!("copy-{number:02}-of-{}", name(plain));
            self.made(&name, |out| io::copy(&mut File::open(plain)?, out).map(drop))
        };
        (1..=count).map(copy).collect()
    }

    /// A folder for what is written along the way.
    pub fn scratch(&self) -> PathBuf {
        self.folder.join("reports")
    }

    /// The file of that name, made by `write` where it is not there yet. It gets its name once it is whole.
    fn made(&self, name: &str, write: impl Fn(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<PathBuf> {
        let path = self.folder.join(name);
        if path.exists() {
            return Ok(path);
        }
        eprintln!("making {}", path.display());
        let unfinished = self.folder.join(format!("{name}.part"));
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
        write(&mut out)?;
        out.into_inner()?.flush()?;
        std::fs::rename(unfinished, &path)?;
        Ok(path)
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The largest capture of the lab that is shared between the developers, where it is there; else a fixture.
pub fn largest_lab_capture() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = top
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join("shared/captures/lab"))
        .find(|lab| lab.is_dir())
        .into_iter()
        .collect();
    let mut largest = (0, top.join("fixtures/precopy-loss.pcap.zst"));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if name(&path).contains(".pcap") {
                let length = entry.metadata().map_or(0, |metadata| metadata.len());
                largest = largest.max((length, path));
            }
        }
    }
    largest.1
}
