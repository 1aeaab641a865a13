//! Reads a profile's TOML, the shipped ones and users' alike.
//!
//! The text is walked by hand rather than derived, so that an error can say in which table and band it lies, what
//! was found there and what to do.

use toml::{Table, Value};

use super::band::{Band, BandTable, TableError, TableKind};
use super::category::{Category, Scale};
use super::interval::Interval;
use super::profile::{Profile, Variant};
use crate::error::{Error, ErrorKind, Result};

/// Whose file it is: only a user's may not take a shipped profile's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Shipped,
    User,
}

const PROFILE_KEYS: [&str; 6] = ["name", "about", "source", "scale", "based_on", "variants"];
const TABLE_KEYS: [&str; 2] = ["bands", "note"];
const BAND_KEYS: [&str; 5] = ["range", "index", "category", "off_table", "note"];

fn usage(found: impl Into<String>, advice: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, found).advice(advice)
}

/// Reads a profile; `fallback_name` is its name where the text gives none.
pub(crate) fn read_profile(text: &str, fallback_name: &str, origin: Origin) -> Result<Profile> {
    let table = parse(text)?;
    let table_keys = TableKind::ALL.map(TableKind::key);
    for key in table.keys().map(String::as_str) {
        if !PROFILE_KEYS.contains(&key) && !table_keys.contains(&key) {
            let known = format!(
                "a profile has {}; tables: {}",
                PROFILE_KEYS.join(", "),
                table_keys.join(", ")
            );
            return Err(usage(format!("unknown key {key:?}"), known));
        }
    }

    let name = string(&table, "name")?.unwrap_or(fallback_name).trim();
    if origin == Origin::User && (name.is_empty() || Profile::names().contains(&name)) {
        let found = if name.is_empty() {
            "no name".to_owned()
        } else {
            format!("name {name:?} is a shipped profile's")
        };
        return Err(usage(
            found,
            "give the profile a name of its own: it is printed beside every grade",
        ));
    }
    let base = match string(&table, "based_on")? {
        Some(base) => {
            Some(Profile::named(base).map_err(|_| usage(format!("based_on = {base:?}"), Profile::names().join(", ")))?)
        }
        None => None,
    };
    let scale = match (string(&table, "scale")?, &base) {
        (Some(text), _) => [Scale::Quality, Scale::PassFail]
            .into_iter()
            .find(|scale| scale.key() == text)
            .ok_or_else(|| usage(format!("scale = {text:?}"), "\"quality\" or \"pass-fail\""))?,
        (None, Some(base)) => base.scale(),
        (None, None) => Scale::Quality,
    };
    if let Some(base) = base.as_ref().filter(|base| base.scale() != scale) {
        let found = format!(
            "scale = {:?} on a profile of scale {:?}",
            scale.key(),
            base.scale().key()
        );
        return Err(usage(found, "leave one of scale and based_on out"));
    }

    let mut profile = base.unwrap_or_else(|| Profile {
        name: String::new(),
        scale,
        about: [String::new(), String::new()],
        source: None,
        tables: Default::default(),
        notes: Default::default(),
        changes: Vec::new(),
        origin: None,
    });
    if let Some(variants) = string(&table, "variants")? {
        profile = profile.with_bands(variants)?;
        // They are part of what this profile is, not a change to it.
        profile.changes.clear();
    }
    profile.name = name.to_owned();
    profile.about = match table.get("about") {
        Some(value) => local_text(value).map_err(|found| usage(format!("about: {found}"), TEXT_ADVICE))?,
        None => [name.to_owned(), name.to_owned()],
    };
    if let Some(value) = table.get("source") {
        profile.source = Some(local_text(value).map_err(|found| usage(format!("source: {found}"), TEXT_ADVICE))?);
    }
    for (kind, (slot, note)) in TableKind::ALL
        .into_iter()
        .zip(profile.tables.iter_mut().zip(&mut profile.notes))
    {
        if let Some(value) = table.get(kind.key()) {
            let (table, its_note) = read_table(kind, value, scale).map_err(|error| in_table(kind.key(), error))?;
            *slot = Some(table);
            *note = its_note;
        }
    }
    if profile.tables().next().is_none() {
        return Err(usage(
            "no table",
            format!("give at least one of {}", table_keys.join(", ")),
        ));
    }
    Ok(profile)
}

/// Reads the file of variants: `[<table>.<name>]`, each as a profile's table.
pub(crate) fn read_variants(text: &str) -> Result<Vec<Variant>> {
    let table = parse(text)?;
    let mut variants = Vec::new();
    for kind in TableKind::ALL {
        for (name, value) in table.get(kind.key()).and_then(Value::as_table).into_iter().flatten() {
            let (table, _) = read_table(kind, value, Scale::Quality)
                .map_err(|error| in_table(&format!("{}.{name}", kind.key()), error))?;
            variants.push(Variant {
                name: name.clone(),
                table,
            });
        }
    }
    Ok(variants)
}

fn parse(text: &str) -> Result<Table> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.parse::<Table>().map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| format!("line {}: ", before.matches('\n').count() + 1))
            .unwrap_or_default();
        usage(
            format!("{line}not TOML: {}", error.message()),
            "texts stand in quotes, lists in brackets",
        )
    })
}

fn in_table(table: &str, error: TableError) -> Error {
    let place = match error.band {
        Some(number) => format!("{table}, band {number}: "),
        None => format!("{table}: "),
    };
    usage(format!("{place}{}", error.found), error.advice)
}

/// A table of bands and the remark on it.
type Read = (BandTable, Option<[String; 2]>);

fn read_table(kind: TableKind, value: &Value, scale: Scale) -> std::result::Result<Read, TableError> {
    let fail = |found: String, advice: &str| {
        Err(TableError {
            band: None,
            found,
            advice: advice.to_owned(),
        })
    };
    let example = "bands = [ { range = \"[0, 150)\", index = 4 }, ... ]";
    let Some(table) = value.as_table() else {
        return fail(format!("{} where a table belongs", value.type_str()), example);
    };
    if let Some(key) = table.keys().find(|key| !TABLE_KEYS.contains(&key.as_str())) {
        return fail(format!("unknown key {key:?}"), "a table has bands and note");
    }
    let Some(bands) = table.get("bands") else {
        return fail("no bands".to_owned(), example);
    };
    let Some(bands) = bands.as_array() else {
        return fail(format!("bands is {} where a list belongs", bands.type_str()), example);
    };
    let note = match table.get("note") {
        Some(value) => match local_text(value) {
            Ok(text) => Some(text),
            Err(found) => return fail(format!("note: {found}"), TEXT_ADVICE),
        },
        None => None,
    };
    let bands = bands
        .iter()
        .enumerate()
        .map(|(at, value)| read_band(at + 1, value, scale))
        .collect::<std::result::Result<Vec<Band>, TableError>>()?;
    Ok((BandTable::new(kind, bands)?, note))
}

fn read_band(number: usize, value: &Value, scale: Scale) -> std::result::Result<Band, TableError> {
    let fail = |found: String, advice: &str| TableError::band(number, found, advice);
    let example = "{ range = \"[0, 150)\", index = 4 }";
    let Some(band) = value.as_table() else {
        return Err(fail(format!("{} where a band belongs", value.type_str()), example));
    };
    if let Some(key) = band.keys().find(|key| !BAND_KEYS.contains(&key.as_str())) {
        return Err(fail(
            format!("unknown key {key:?}"),
            &format!("a band has {}", BAND_KEYS.join(", ")),
        ));
    }
    let interval = |key: &str| -> std::result::Result<Option<Interval>, TableError> {
        match band.get(key) {
            Some(Value::String(text)) => text
                .parse::<Interval>()
                .map(Some)
                .map_err(|error| TableError::band(number, format!("{key} {text:?}: {}", error.found), error.advice)),
            Some(other) => Err(fail(
                format!("{key} is {} where a text belongs", other.type_str()),
                "as in range = \"[0, 150)\"",
            )),
            None => Ok(None),
        }
    };
    let range = interval("range")?.ok_or_else(|| fail("no range".to_owned(), example))?;
    let off_table = interval("off_table")?;
    let index = match band.get("index") {
        Some(Value::Integer(index)) => match u8::try_from(*index) {
            Ok(index @ 0..=4) => index,
            _ => {
                return Err(fail(
                    format!("{range} has index {index}"),
                    "an index is 0, 1, 2, 3 or 4",
                ));
            }
        },
        Some(other) => {
            return Err(fail(
                format!("{range} has index {other}"),
                "an index is 0, 1, 2, 3 or 4",
            ));
        }
        None => return Err(fail(format!("{range} has no index"), example)),
    };
    let category = match band.get("category") {
        Some(value) => category(value, scale).map_err(|(found, advice)| fail(format!("{range}: {found}"), &advice))?,
        None => scale.default_category(index),
    };
    let note = match band.get("note") {
        Some(value) => Some(local_text(value).map_err(|found| fail(format!("note: {found}"), TEXT_ADVICE))?),
        None => None,
    };
    Ok(Band {
        range,
        index,
        category,
        off_table,
        note,
    })
}

fn category(value: &Value, scale: Scale) -> std::result::Result<Category, (String, String)> {
    let known = || {
        let of_scale = Category::ALL.into_iter().filter(|category| category.scale() == scale);
        of_scale.map(Category::key).collect::<Vec<_>>().join(", ")
    };
    match value.as_str().and_then(Category::from_text) {
        Some(category) if category.scale() == scale => Ok(category),
        Some(category) => {
            let found = format!("category {:?} on a profile of scale {:?}", category.key(), scale.key());
            Err((
                found,
                format!("{}, or set scale = {:?}", known(), category.scale().key()),
            ))
        }
        None => Err((format!("category {value}"), known())),
    }
}

const TEXT_ADVICE: &str = "a text, or { en = \"...\", id = \"...\" }";

/// One text for both languages, or `{ en, id }`.
fn local_text(value: &Value) -> std::result::Result<[String; 2], String> {
    match value {
        Value::String(text) => Ok([text.clone(), text.clone()]),
        Value::Table(table) => {
            let text = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
            match (text("en"), text("id"), table.len()) {
                (Some(english), Some(indonesian), 2) => Ok([english, indonesian]),
                _ => Err("not a text in en and id".to_owned()),
            }
        }
        other => Err(format!("{} where a text belongs", other.type_str())),
    }
}

fn string<'a>(table: &'a Table, key: &str) -> Result<Option<&'a str>> {
    match table.get(key) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(usage(
            format!("{key} is {} where a text belongs", other.type_str()),
            "put it in quotes",
        )),
        None => Ok(None),
    }
}
