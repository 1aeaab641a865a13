//! The answer to QMP's `query-migrate`: the object itself, within `{"return": ...}`, among other messages, or within
//! a larger document.

use serde_json::{Deserializer, Value};

use crate::figure::Figure;

use super::{Fault, LogOutcome, LogRun};

/// Objects within objects that are looked into.
const MAX_DEPTH: usize = 16;

/// The last state of a migration that the text tells. What breaks off after one is no fault.
pub(super) fn runs(text: &str) -> Result<Vec<LogRun>, Fault> {
    let mut found = None;
    for document in Deserializer::from_str(text).into_iter::<Value>() {
        match document {
            Ok(document) => found = find(&document, MAX_DEPTH).or(found),
            Err(_) if found.is_some() => break,
            Err(error) => {
                return Err(Fault {
                    line: error.line(),
                    found: format!("broken JSON, {error}"),
                });
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn find(value: &Value, depth: usize) -> Option<LogRun> {
    if let Some(run) = state(value) {
        return Some(run);
    }
    let inner = |values: &mut dyn Iterator<Item = &Value>| values.filter_map(|value| find(value, depth - 1)).last();
    match value {
        Value::Object(fields) if depth > 0 => inner(&mut fields.values()),
        Value::Array(items) if depth > 0 => inner(&mut items.iter()),
        _ => None,
    }
}

/// A migration's state: it has a status, and says how long it took or how much memory it sent.
fn state(value: &Value) -> Option<LogRun> {
    let status = value.get("status")?.as_str()?;
    let ram = value.get("ram");
    if ram.is_none() && value.get("total-time").is_none() && !matches!(status, "cancelled" | "failed") {
        return None;
    }
    let mut run = LogRun::default();
    let read = |object: Option<&Value>, key: &str, figure: &mut Figure| {
        if let Some(number) = object.and_then(|object| object.get(key)).and_then(Value::as_f64) {
            *figure = Figure::Value(number);
        }
    };
    read(Some(value), "total-time", &mut run.migration_time_ms);
    read(Some(value), "downtime", &mut run.downtime_ms);
    read(ram, "transferred", &mut run.transferred_bytes);
    read(ram, "total", &mut run.memory_bytes);
    read(ram, "dirty-sync-count", &mut run.dirty_syncs);
    if run.transferred_bytes.value().is_some() {
        run.transferred_resolution_bytes = Figure::Value(0.0);
    }
    run.outcome = match status {
        "completed" => LogOutcome::Completed,
        "cancelled" | "failed" => LogOutcome::Aborted,
        _ => LogOutcome::Unknown,
    };
    run.error = value.get("error-desc").and_then(Value::as_str).map(str::to_owned);
    Some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_found_among_other_messages() {
        let text = r#"{"QMP": {"version": {}, "capabilities": []}}
            {"return": {}}
            {"return": {"status": "active", "total-time": 100, "ram": {"transferred": 5}}}
            {"timestamp": {"seconds": 1}, "event": "MIGRATION", "data": {"status": "completed"}}
            {"return": {"status": "completed", "setup-time": 1, "downtime": 13, "total-time": 6990,
                        "ram": {"total": 168304640, "dirty-sync-count": 11, "transferred": 272461767}}}"#;
        let runs = runs(text).unwrap();
        assert_eq!(runs[0].migration_time_ms.value(), Some(6990.0));
        assert_eq!(runs[0].downtime_ms.value(), Some(13.0));
        assert_eq!(runs[0].transferred_bytes.value(), Some(272_461_767.0));
        assert_eq!(runs[0].dirty_syncs.value(), Some(11.0));
        assert_eq!(runs[0].outcome, LogOutcome::Completed);
    }

    #[test]
    fn a_cancelled_migration_says_nothing_more() {
        let runs = runs(r#"{"return": {"status": "cancelled"}}"#).unwrap();
        assert_eq!(runs[0].outcome, LogOutcome::Aborted);
        assert!(runs[0].downtime_ms.value().is_none());
    }

    #[test]
    fn other_json_is_no_log() {
        assert_eq!(runs(r#"{"status": "running"}"#).unwrap(), []);
        let fault = runs("[1,\n 2").unwrap_err();
        assert_eq!(fault.line, 2, "{fault:?}");
    }
}
