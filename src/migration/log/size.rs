//! Sizes as logs write them: a number and a unit, 1024-based whatever the unit is called.

/// A size, and how far it may be off for having been rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    /// Bytes.
    pub(super) bytes: f64,
    /// Half of the last digit, bytes.
    pub(super) resolution_bytes: f64,
}

/// No log counts further (QEMU's counters have 64 bits): what is larger is no size, and sums of sizes stay finite.
const MAX_BYTES: f64 = u64::MAX as f64;

/// Reads `114.3 MiB`, `26.75 MB`, `75180179`, with or without `/s` behind; `None` for what is larger than a counter of
/// 64 bits.
pub(super) fn size(text: &str) -> Option<Size> {
    let text = text.trim();
    let text = text.strip_suffix("/s").unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.replace(',', ".");
    let number: f64 = digits.parse().ok()?;
    let factor = factor(unit.trim())?;
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let exact = factor == 1.0 && decimals == 0;
    let step = factor / 10_f64.powi(i32::try_from(decimals).ok()?);
    let bytes = number * factor;
    (bytes.is_finite() && bytes <= MAX_BYTES).then_some(Size {
        bytes,
        resolution_bytes: if exact { 0.0 } else { step / 2.0 },
    })
}

fn factor(unit: &str) -> Option<f64> {
    let power = match unit {
        "" | "B" | "bytes" | "byte" => 0,
        "KiB" | "KB" | "kB" | "K" | "k" => 1,
        "MiB" | "MB" | "M" => 2,
        "GiB" | "GB" | "G" => 3,
        "TiB" | "TB" | "T" => 4,
        "PiB" | "PB" | "P" => 5,
        _ => return None,
    };
    Some(1024_f64.powi(power))
}

/// Reads `00:00:06`, hours, minutes and seconds, as milliseconds.
pub(super) fn duration_ms(text: &str) -> Option<f64> {
    let mut seconds = 0_u64;
    let mut parts = 0;
    for part in text.trim().split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
        parts += 1;
    }
    (parts == 3).then_some(seconds as f64 * 1e3)
}

/// The number before the unit `ms`.
pub(super) fn milliseconds(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix("ms")?.trim().replace(',', ".").parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_1024_based_and_the_last_digit_is_the_resolution() {
        let mib = size("114.3 MiB").unwrap();
        assert!((mib.bytes - 119_852_236.8).abs() < 0.1, "{mib:?}");
        assert!((mib.resolution_bytes - 52_428.8).abs() < 0.1);
        assert_eq!(size("0.0 B").map(|size| size.bytes), Some(0.0));
        assert_eq!(
            size("75180179"),
            Some(Size {
                bytes: 75_180_179.0,
                resolution_bytes: 0.0
            })
        );
        assert_eq!(size("1.5 GiB/s").map(|size| size.bytes), Some(1_610_612_736.0));
        assert_eq!(size("26,5 MB/s").map(|size| size.bytes), Some(27_787_264.0));
        assert_eq!(size("many MiB"), None);
        assert_eq!(size("3 apples"), None);
    }

    #[test]
    fn a_size_without_end_is_none() {
        // Alone above the largest double, by its unit only, and below it but no size either.
        assert_eq!(size(&"9".repeat(400)), None);
        assert_eq!(size(&format!("{} PiB", "9".repeat(300))), None);
        assert_eq!(size("1000000 PiB"), None);
        assert_eq!(
            size("18446744073709551615 B").map(|size| size.bytes),
            Some(2_f64.powi(64))
        );
    }

    #[test]
    fn durations_have_three_parts() {
        assert_eq!(duration_ms("01:02:03"), Some(3_723_000.0));
        assert_eq!(duration_ms("5s"), None);
        assert_eq!(milliseconds("111 ms"), Some(111.0));
        assert_eq!(milliseconds("111"), None);
    }
}
