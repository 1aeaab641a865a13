//! What users type for durations, rates, sizes, hosts and times, turned into integers of one unit.
//!
//! Every parser accepts a decimal comma as well as a point, since half of the users of this program write one, and
//! every refusal says what would have been accepted.

use std::net::IpAddr;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

use crate::number::parse_number;
use crate::options::{Host, TimePoint};
use crate::packet::Mac;

/// A decimal number with its unit: the digits before and behind the mark as integers, so that `0.1s` is exactly
/// 100,000,000 ns.
struct Quantity<'a> {
    whole: u64,
    /// Digits behind the mark, as an integer, and how many there are.
    fraction: (u64, u32),
    unit: &'a str,
}

impl<'a> Quantity<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) => (whole, fraction),
            None => (number, ""),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits = |s: &str| if s.is_empty() { Some(0) } else { s.parse::<u64>().ok() };
        Some(Self {
            whole: digits(whole)?,
            fraction: (digits(fraction)?, u32::try_from(fraction.len()).ok()?),
            unit: unit.trim(),
        })
    }

    /// The number times `factor`, rounded to the nearest integer; `None` where that does not fit.
    fn times(&self, factor: u64) -> Option<u64> {
        let whole = u128::from(self.whole) * u128::from(factor);
        let scale = 10_u128.checked_pow(self.fraction.1)?;
        let part = u128::from(self.fraction.0) * u128::from(factor);
        u64::try_from(whole + (part + scale / 2) / scale).ok()
    }
}

/// Nanoseconds of `1s`, `500ms`, `250us`, `2m` or `1h`; a number alone is seconds.
///
/// # Errors
/// A sentence that says what a duration looks like.
pub fn duration_ns(text: &str) -> Result<i64, String> {
    let refuse = || format!("'{text}' is not a duration: write 1s, 500ms, 250us or 2min");
    let quantity = Quantity::parse(text).ok_or_else(refuse)?;
    let factor = match quantity.unit {
        "" | "s" | "sec" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" | "µs" | "μs" => 1_000,
        "ns" => 1,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(refuse()),
    };
    let ns = quantity.times(factor).ok_or_else(refuse)?;
    i64::try_from(ns).map_err(|_| refuse())
}

/// A duration for `--interval`: a millisecond at least.
///
/// # Errors
/// As [`duration_ns`], and where it is shorter.
pub fn interval_ns(text: &str) -> Result<i64, String> {
    match duration_ns(text)? {
        ns if ns >= 1_000_000 => Ok(ns),
        _ => Err(format!("'{text}' is too short: an interval is 1ms at least")),
    }
}

/// Bytes of `500MB`, `2GiB`, `10G`; a number alone is bytes.
///
/// # Errors
/// A sentence that says what a size looks like.
pub fn size_bytes(text: &str) -> Result<u64, String> {
    let refuse = || format!("'{text}' is not a size: write 500MB, 20GB or 2GiB");
    let quantity = Quantity::parse(text).ok_or_else(refuse)?;
    let unit = quantity.unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (prefix, base) = match unit.strip_suffix('i') {
        Some(prefix) if !prefix.is_empty() => (prefix, 1024_u64),
        Some(_) => return Err(refuse()),
        None => (unit, 1000),
    };
    let power = match prefix {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(refuse()),
    };
    quantity.times(base.pow(power)).ok_or_else(refuse)
}

/// A node: an address, a comma list of addresses of one node, or a MAC.
///
/// # Errors
/// A sentence that names the part that is neither.
pub fn host(text: &str) -> Result<Host, String> {
    if let Some(mac) = mac(text.trim()) {
        return Ok(Host::Mac(mac));
    }
    let addresses = text
        .split(',')
        .map(|part| address(part.trim()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Host::Addresses(addresses))
}

fn address(part: &str) -> Result<IpAddr, String> {
    let bare = part.strip_prefix('[').and_then(|s| s.strip_suffix(']')).unwrap_or(part);
    bare.parse().map_err(|_| {
        if mac(part).is_some() {
            format!("'{part}' is a MAC: a node is either one MAC or a list of IP addresses")
        } else {
            format!(
                "'{part}' is neither an IP address nor a MAC: write 10.0.0.1, 10.0.0.1,fd00::1 or 52:54:00:12:34:56"
            )
        }
    })
}

fn mac(text: &str) -> Option<Mac> {
    let mut octets = [0_u8; 6];
    let mut parts = text.split([':', '-']);
    for octet in &mut octets {
        let part = parts.next().filter(|p| p.len() == 2)?;
        *octet = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(Mac(octets))
}

/// The time zone of `Asia/Jakarta`, `UTC`, `+07:00`, or Indonesia's `WIB`, `WITA` and `WIT`.
///
/// # Errors
/// A sentence with examples.
pub fn timezone(text: &str) -> Result<TimeZone, String> {
    let name = match text.to_ascii_uppercase().as_str() {
        "UTC" | "Z" | "GMT" => return Ok(TimeZone::UTC),
        "WIB" => "Asia/Jakarta",
        "WITA" => "Asia/Makassar",
        "WIT" => "Asia/Jayapura",
        _ => text,
    };
    if let Some(offset) = offset(name) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| format!("'{text}' is not a time zone: write Asia/Jakarta, WIB, UTC or +07:00"))
}

/// `+07`, `+0700`, `-03:30`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse::<i32>().ok()?),
        _ => return None,
    };
    (minutes < 60)
        .then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())
        .flatten()
}

/// A point in time: `12.5` or `12.5s` after the capture's first frame, `2026-11-20T21:42:00+07:00`, or
/// `2026-11-20 21:42:00` in `zone`.
///
/// # Errors
/// A sentence with one example of each form.
pub fn time_point(text: &str, zone: &TimeZone) -> Result<TimePoint, String> {
    let text = text.trim();
    let refuse = || {
        format!(
            "'{text}' is not a time: write 12.5s (after the first frame), \"2026-11-20 21:42:00\" or 2026-11-20T21:42:00+07:00"
        )
    };
    if !text.contains('-') || text.starts_with('-') {
        return duration_ns(text).map(TimePoint::Relative).map_err(|_| refuse());
    }
    let absolute = |t: Timestamp| {
        i64::try_from(t.as_nanosecond())
            .map(TimePoint::Absolute)
            .map_err(|_| refuse())
    };
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return absolute(timestamp);
    }
    let local = text.parse::<civil::DateTime>().map_err(|_| refuse())?;
    let zoned = zone.to_ambiguous_zoned(local).compatible().map_err(|_| refuse())?;
    absolute(zoned.timestamp())
}

/// One `PARAMETER=VARIANT` of `--bands`.
///
/// # Errors
/// A sentence with an example.
pub fn band(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((parameter, variant)) if !parameter.trim().is_empty() && !variant.trim().is_empty() => {
            Ok((parameter.trim().to_owned(), variant.trim().to_owned()))
        }
        _ => Err(format!(
            "'{text}' is not PARAMETER=VARIANT: write loss=range,jitter=shifted"
        )),
    }
}

/// An index of the grading tables, 0 to 4.
///
/// # Errors
/// A sentence that says what was wrong.
pub fn index(text: &str) -> Result<f64, String> {
    match parse_number(text).map_err(|e| e.to_string())? {
        value if (0.0..=4.0).contains(&value) => Ok(value),
        _ => Err(format!("'{text}' is not an index: it lies between 0 and 4")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact_nanoseconds() {
        assert_eq!(duration_ns("1s"), Ok(1_000_000_000));
        assert_eq!(duration_ns("500ms"), Ok(500_000_000));
        assert_eq!(duration_ns("0.1s"), Ok(100_000_000));
        assert_eq!(duration_ns("0,25 s"), Ok(250_000_000));
        assert_eq!(duration_ns("2"), Ok(2_000_000_000));
        assert_eq!(duration_ns("250us"), Ok(250_000));
        assert_eq!(duration_ns("2min"), Ok(120_000_000_000));
        for wrong in [
            "",
            "s",
            "1 day",
            "-1s",
            "1.2.3s",
            "99999999999999999999s",
            "300000h0",
            "9999999999h",
        ] {
            assert!(duration_ns(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interval_is_a_millisecond_at_least() {
        assert_eq!(interval_ns("1ms"), Ok(1_000_000));
        assert!(interval_ns("0").is_err());
        assert!(interval_ns("999us").is_err());
    }

    #[test]
    fn sizes_know_both_bases() {
        assert_eq!(size_bytes("500MB"), Ok(500_000_000));
        assert_eq!(size_bytes("2GiB"), Ok(2_147_483_648));
        assert_eq!(size_bytes("1.5k"), Ok(1500));
        assert_eq!(size_bytes("42"), Ok(42));
        assert!(size_bytes("1iB").is_err());
        assert!(size_bytes("1xB").is_err());
    }

    #[test]
    fn a_host_is_addresses_or_a_mac() {
        assert_eq!(
            host("10.0.0.1, fd00::1,[fe80::2]"),
            Ok(Host::Addresses(vec![
                "10.0.0.1".parse().unwrap(),
                "fd00::1".parse().unwrap(),
                "fe80::2".parse().unwrap()
            ]))
        );
        let mac = Host::Mac(Mac([0x52, 0x54, 0, 0x12, 0x34, 0xab]));
        assert_eq!(host("52:54:00:12:34:ab"), Ok(mac.clone()));
        assert_eq!(host("52-54-00-12-34-AB"), Ok(mac));
        assert!(host("10.0.0.1,52:54:00:12:34:ab").unwrap_err().contains("is a MAC"));
        assert!(host("node-a").unwrap_err().contains("'node-a'"));
        assert!(host("10.0.0.1,").is_err());
    }

    #[test]
    fn times_are_relative_or_absolute_in_the_zone() {
        let jakarta = timezone("WIB").unwrap();
        assert_eq!(time_point("12.5", &jakarta), Ok(TimePoint::Relative(12_500_000_000)));
        assert_eq!(time_point("12.5s", &jakarta), Ok(TimePoint::Relative(12_500_000_000)));
        // date -u -d '2026-11-20 14:42:00' +%s
        let expected = Ok(TimePoint::Absolute(1_795_185_720_000_000_000));
        assert_eq!(time_point("2026-11-20T21:42:00+07:00", &jakarta), expected);
        assert_eq!(time_point("2026-11-20 21:42:00", &jakarta), expected);
        assert_eq!(time_point("2026-11-20T21:42", &jakarta), expected);
        assert_eq!(time_point("2026-11-20 14:42:00Z", &jakarta), expected);
        assert_eq!(time_point("2026-11-20 14:42:00", &TimeZone::UTC), expected);
        for wrong in [
            "-3",
            "tomorrow",
            "2026-13-01 00:00:00",
            "21:42:00",
            "9999-12-31 00:00:00",
        ] {
            assert!(time_point(wrong, &jakarta).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zones_have_names_offsets_and_indonesian_abbreviations() {
        let at = |zone: &str| {
            let zone = timezone(zone).unwrap();
            zone.to_offset(Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 20_000))
                .seconds()
        };
        assert_eq!(at("Asia/Jakarta"), 25_200);
        assert_eq!(at("wib"), 25_200);
        assert_eq!(at("WITA"), 28_800);
        assert_eq!(at("WIT"), 32_400);
        assert_eq!(at("+07:00"), 25_200);
        assert_eq!(at("-0330"), -12_600);
        assert_eq!(at("+7"), 25_200);
        assert!(timezone("Mars/Olympus").is_err());
        assert!(timezone("+99:00").is_err());
    }

    #[test]
    fn bands_and_indices_are_checked() {
        assert_eq!(band("loss=range"), Ok(("loss".into(), "range".into())));
        assert!(band("loss").is_err());
        assert!(band("=range").is_err());
        assert_eq!(index("3,5"), Ok(3.5));
        assert!(index("4.1").is_err());
        assert!(index("NaN").is_err());
    }
}
