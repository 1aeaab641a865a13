//! A profile: the tables that figures are graded by, with a name to print beside every grade.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::band::{BandTable, Parameter, TableKind};
use super::category::Scale;
use super::reader;
use crate::error::{Error, ErrorKind, Result};
use crate::language::Language;

/// The shipped profiles, in the order in which they are listed, and their files.
const SHIPPED: [(&str, &str); 5] = [
    ("tiphon", include_str!("profiles/tiphon.toml")),
    ("tiphon-lenient", include_str!("profiles/tiphon-lenient.toml")),
    ("y1541-class0", include_str!("profiles/y1541-class0.toml")),
    ("y1541-class1", include_str!("profiles/y1541-class1.toml")),
    ("g114", include_str!("profiles/g114.toml")),
];

/// A larger file is no profile, and is not read into memory.
const LARGEST_FILE: u64 = 1 << 20;

/// Tables for the figures, at most one of each kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub(crate) name: String,
    pub(crate) scale: Scale,
    pub(crate) about: [String; 2],
    pub(crate) source: Option<[String; 2]>,
    pub(crate) tables: [Option<BandTable>; TableKind::ALL.len()],
    pub(crate) notes: [Option<[String; 2]>; TableKind::ALL.len()],
    /// What `--bands` changed: the parameter and the variant's name, in order of the parameters.
    pub(crate) changes: Vec<(Parameter, String)>,
    pub(crate) origin: Option<PathBuf>,
}

/// A named table that can stand in for one of a profile's.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The name in `--bands P=NAME`.
    pub name: String,
    /// Its bands.
    pub table: BandTable,
}

impl Variant {
    /// The figure that it grades.
    pub fn parameter(&self) -> Parameter {
        self.table.kind().parameter()
    }
}

impl Profile {
    /// The profile that is in force where none is asked for.
    pub const DEFAULT: &'static str = "tiphon";

    /// The names of the shipped profiles.
    pub fn names() -> [&'static str; SHIPPED.len()] {
        SHIPPED.map(|(name, _)| name)
    }

    /// A shipped profile.
    ///
    /// # Errors
    /// No profile has that name.
    pub fn named(name: &str) -> Result<Self> {
        match SHIPPED.iter().find(|(shipped, _)| *shipped == name.trim()) {
            Some((shipped, text)) => reader::read_profile(text, shipped, reader::Origin::Shipped),
            None => Err(Error::new(ErrorKind::Usage, format!("no profile {name:?}"))
                .advice(format!("{}, or the path of a TOML file", Self::names().join(", ")))),
        }
    }

    /// A user's profile, checked while it is read. A byte-order mark and CRLF are accepted.
    ///
    /// # Errors
    /// Unreadable, not UTF-8, not TOML, or wrong: the message names the file, the table and the band, what was
    /// found and what to do.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::load_unnamed(path).map_err(|error| error.path(path))
    }

    fn load_unnamed(path: &Path) -> Result<Self> {
        let io = |error: std::io::Error| Error::new(ErrorKind::Io, format!("cannot read the profile: {error}"));
        let meta = std::fs::metadata(path).map_err(io)?;
        if meta.is_dir() {
            return Err(Error::new(ErrorKind::Usage, "a folder, not a profile").advice("give the TOML file in it"));
        }
        if meta.len() > LARGEST_FILE {
            let found = format!("{} bytes are too many for a profile", meta.len());
            return Err(Error::new(ErrorKind::Usage, found).advice("a profile is a TOML file of a few lines"));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new(ErrorKind::Usage, "text in UTF-16").advice("save the file as UTF-8"));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            Error::new(ErrorKind::Usage, "not UTF-8 text")
                .byte(error.utf8_error().valid_up_to() as u64)
                .advice("save the file as UTF-8")
        })?;
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let mut profile = Self::from_toml(&text, &stem)?;
        profile.origin = Some(path.to_owned());
        Ok(profile)
    }

    /// A user's profile from its text; `fallback_name` is its name where the text gives none.
    ///
    /// # Errors
    /// As [`Profile::load`].
    pub fn from_toml(text: &str, fallback_name: &str) -> Result<Self> {
        reader::read_profile(text, fallback_name, reader::Origin::User)
    }

    /// What `--profile` takes: the name of a shipped profile, else the path of a file.
    ///
    /// # Errors
    /// Neither, or as [`Profile::load`].
    pub fn resolve(name_or_path: &str) -> Result<Self> {
        if Self::names().contains(&name_or_path.trim()) {
            return Self::named(name_or_path);
        }
        let path = Path::new(name_or_path);
        let looks_like_a_path = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
            || name_or_path.contains(['/', '\\']);
        if looks_like_a_path || path.exists() {
            Self::load(path)
        } else {
            Self::named(name_or_path)
        }
    }

    /// This profile with other tables, as `--bands` names them: `loss=range,jitter=shifted`.
    ///
    /// # Errors
    /// Not of that form, or as [`Profile::with_variants`].
    pub fn with_bands(&self, bands: &str) -> Result<Self> {
        let advice = "as in loss=range,jitter=shifted";
        let pairs = bands
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| {
                item.split_once('=')
                    .ok_or_else(|| Error::new(ErrorKind::Usage, format!("no \"=\" in bands {item:?}")).advice(advice))
            })
            .collect::<Result<Vec<_>>>()?;
        if pairs.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no bands named").advice(advice));
        }
        self.with_variants(&pairs)
    }

    /// This profile with other tables: pairs of a parameter and a variant's name. The variant `tiphon` is the table
    /// of the profile `tiphon`. No pairs leave the profile as it is.
    ///
    /// A variant of the throughput table takes the place of both throughput tables: whoever names a table of
    /// percent is not graded by kbps where the capacity is missing.
    ///
    /// # Errors
    /// An unknown parameter or variant, a parameter twice, or a pass-or-fail profile.
    pub fn with_variants(&self, variants: &[(impl AsRef<str>, impl AsRef<str>)]) -> Result<Self> {
        let usage = |found: String, advice: &str| Err(Error::new(ErrorKind::Usage, found).advice(advice));
        if self.scale == Scale::PassFail && !variants.is_empty() {
            let found = format!(
                "profile {} says pass or fail, the variants of --bands grade from 4 to 1",
                self.name
            );
            return usage(found, "use one or the other");
        }
        let mut profile = self.clone();
        let mut chosen: Vec<Parameter> = Vec::new();
        for (key, name) in variants {
            let (key, name) = (key.as_ref().trim(), name.as_ref().trim());
            let Some(parameter) = Parameter::ALL.into_iter().find(|known| known.key() == key) else {
                let known = Parameter::ALL.map(Parameter::key).join(", ");
                return usage(format!("no parameter {key:?} in bands \"{key}={name}\""), &known);
            };
            if chosen.contains(&parameter) {
                return usage(format!("bands for {key} twice"), "name one variant");
            }
            chosen.push(parameter);
            profile.take_variant(parameter, name)?;
        }
        profile.changes.sort_by_key(|(parameter, _)| parameter.position());
        Ok(profile)
    }

    fn take_variant(&mut self, parameter: Parameter, name: &str) -> Result<()> {
        let tables: Vec<BandTable> = if name == Self::DEFAULT {
            let base = Self::named(Self::DEFAULT)?;
            base.tables
                .into_iter()
                .flatten()
                .filter(|table| table.kind().parameter() == parameter)
                .collect()
        } else {
            let of_parameter = || variants().iter().filter(|variant| variant.parameter() == parameter);
            let Some(variant) = of_parameter().find(|variant| variant.name == name) else {
                let mut known: Vec<&str> = of_parameter().map(|variant| variant.name.as_str()).collect();
                known.push(Self::DEFAULT);
                return Err(
                    Error::new(ErrorKind::Usage, format!("no bands {name:?} for {}", parameter.key()))
                        .advice(known.join(", ")),
                );
            };
            vec![variant.table.clone()]
        };
        for kind in TableKind::ALL.into_iter().filter(|kind| kind.parameter() == parameter) {
            if let (Some(slot), Some(note)) = (
                self.tables.get_mut(kind.position()),
                self.notes.get_mut(kind.position()),
            ) {
                *slot = tables.iter().find(|table| table.kind() == kind).cloned();
                *note = None;
            }
        }
        self.changes.retain(|(changed, _)| *changed != parameter);
        self.changes.push((parameter, name.to_owned()));
        Ok(())
    }

    /// The name alone: `tiphon`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name to print beside a grade, with what `--bands` changed: `tiphon (loss=range, jitter=shifted)`.
    pub fn label(&self) -> String {
        if self.changes.is_empty() {
            return self.name.clone();
        }
        let changes: Vec<String> = self
            .changes
            .iter()
            .map(|(parameter, name)| format!("{}={name}", parameter.key()))
            .collect();
        format!("{} ({})", self.name, changes.join(", "))
    }

    /// Whether it grades or says pass or fail.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// What it is, in a phrase.
    pub fn about(&self, language: Language) -> &str {
        let [english, indonesian] = &self.about;
        language.pick(english, indonesian)
    }

    /// The document that it comes from.
    pub fn source(&self, language: Language) -> Option<&str> {
        let [english, indonesian] = self.source.as_ref()?;
        Some(language.pick(english, indonesian))
    }

    /// The user's file; `None` for a shipped profile.
    pub fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }

    /// The table of a kind, where the profile has one.
    pub fn table(&self, kind: TableKind) -> Option<&BandTable> {
        self.tables.get(kind.position()).and_then(Option::as_ref)
    }

    /// All its tables, in the order of [`TableKind::ALL`].
    pub fn tables(&self) -> impl Iterator<Item = &BandTable> {
        self.tables.iter().flatten()
    }

    /// A remark on a whole table.
    pub fn note(&self, kind: TableKind, language: Language) -> Option<&str> {
        let [english, indonesian] = self.notes.get(kind.position())?.as_ref()?;
        Some(language.pick(english, indonesian))
    }
}

/// The variants that `--bands` chooses from, in the order of the parameters.
pub fn variants() -> &'static [Variant] {
    static VARIANTS: OnceLock<Vec<Variant>> = OnceLock::new();
    // The embedded file is read by a test; a build whose file were broken would have no variants.
    VARIANTS.get_or_init(|| reader::read_variants(include_str!("profiles/variants.toml")).unwrap_or_default())
}
