//! Times as an academic writes them in each language.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::Style;
use crate::language::Language;

impl Style {
    /// `20 November 2026`.
    pub fn date(&self, ns: i64) -> String {
        let date = self.zoned(ns).date();
        let month = self.say(&format!("month.{}", date.month()), &[]);
        format!("{} {month} {}", date.day(), date.year())
    }

    /// `21:42:07`, in Indonesian `21.42.07`; with so many decimals, cut and not rounded, so that the second stays.
    pub fn clock(&self, ns: i64, decimals: usize) -> String {
        let time = self.zoned(ns).time();
        let between = self.language.pick(':', '.');
        let mut text = format!(
            "{:02}{between}{:02}{between}{:02}",
            time.hour(),
            time.minute(),
            time.second()
        );
        if decimals > 0 {
            let digits = format!("{:09}", time.subsec_nanosecond());
            // An Indonesian clock has points already: its fraction is behind a comma.
            let comma = self.decimal_comma || self.language == Language::Indonesian;
            text.push(if comma { ',' } else { '.' });
            text.push_str(digits.get(..decimals.min(9)).unwrap_or(&digits));
        }
        text
    }

    /// The zone at that time: `UTC`, `WIB (UTC+07:00)`, `UTC-03:30`.
    pub fn zone(&self, ns: i64) -> String {
        let zoned = self.zoned(ns);
        let offset = zoned.offset();
        let utc = utc_offset(offset);
        let name = self
            .timezone
            .to_offset_info(zoned.timestamp())
            .abbreviation()
            .to_owned();
        let is_name = name.chars().all(|c| c.is_ascii_alphabetic());
        if is_name && name != "UTC" {
            format!("{name} ({utc})")
        } else {
            utc
        }
    }

    /// Date and time of day, without the zone.
    pub fn date_time(&self, ns: i64) -> String {
        self.say(
            "time.date_time",
            &[("date", &self.date(ns)), ("time", &self.clock(ns, 0))],
        )
    }

    /// From one time to another, the date given once where both have the same, with the zone.
    pub fn period(&self, from_ns: i64, to_ns: i64) -> String {
        let (from_date, to_date) = (self.date(from_ns), self.date(to_ns));
        let (from, to) = (self.clock(from_ns, 0), self.clock(to_ns, 0));
        let zone = self.zone(from_ns);
        let values = [
            ("from_date", from_date.as_str()),
            ("to_date", to_date.as_str()),
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("zone", zone.as_str()),
        ];
        if from_date == to_date {
            self.say("time.period_of_a_day", &values)
        } else {
            self.say("time.period", &values)
        }
    }

    fn zoned(&self, ns: i64) -> jiff::Zoned {
        // Every i64 of nanoseconds (1677 to 2262) is a time that jiff can hold.
        Timestamp::from_nanosecond(i128::from(ns))
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.timezone.clone())
    }
}

fn utc_offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "UTC".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// 2026-11-20 14:42:07.123456789 UTC (date -u -d @1795185727).
    const NS: i64 = 1_795_185_727_123_456_789;

    fn style(language: Language, zone: &str) -> Style {
        Style {
            language,
            timezone: TimeZone::get(zone).unwrap(),
            ..Style::default()
        }
    }

    #[test]
    fn dates_and_times_are_those_of_the_language_and_zone() {
        let english = style(Language::English, "UTC");
        assert_eq!(english.date(NS), "20 November 2026");
        assert_eq!(english.clock(NS, 3), "14:42:07.123");
        assert_eq!(english.zone(NS), "UTC");
        let indonesian = style(Language::Indonesian, "Asia/Jakarta");
        assert_eq!(indonesian.clock(NS, 0), "21.42.07");
        assert_eq!(indonesian.clock(NS, 3), "21.42.07,123");
        assert_eq!(indonesian.zone(NS), "WIB (UTC+07:00)");
        assert_eq!(indonesian.date(NS - 100 * 86_400_000_000_000), "12 Agustus 2026");
    }

    #[test]
    fn a_period_names_the_date_once() {
        let english = style(Language::English, "UTC");
        assert_eq!(
            english.period(NS, NS + 60_000_000_000),
            "20 November 2026 from 14:42:07 to 14:43:07 UTC"
        );
        let over_midnight = english.period(NS, NS + 36_000_000_000_000);
        assert_eq!(
            over_midnight,
            "from 20 November 2026, 14:42:07, to 21 November 2026, 00:42:07 UTC"
        );
        let indonesian = style(Language::Indonesian, "Asia/Jakarta");
        assert_eq!(
            indonesian.period(NS, NS + 60_000_000_000),
            "20 November 2026 pukul 21.42.07 sampai 21.43.07 WIB (UTC+07:00)"
        );
    }

    #[test]
    fn any_time_that_a_capture_can_hold_is_printed() {
        let style = style(Language::English, "Asia/Jakarta");
        for ns in [i64::MIN, -1, 0, i64::MAX] {
            assert!(!style.date_time(ns).is_empty());
        }
        assert_eq!(style.date_time(0), "1 January 1970, 07:00:00");
        let fixed = Style {
            timezone: TimeZone::fixed(Offset::from_seconds(-12_600).unwrap()),
            ..Style::default()
        };
        assert_eq!(fixed.zone(0), "UTC-03:30");
    }
}
