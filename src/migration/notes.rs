//! What a reader of a migration's figures must know.

use crate::summary::Warning;

use super::follow::Broken;

pub(super) fn malformed(broken: &Broken) -> Warning {
    Warning::new(
        "migration_stream_malformed",
        "the migration's stream makes no sense at its byte {byte} ({why}): it was read up to there",
        vec![("byte", broken.offset.to_string()), ("why", broken.why.to_owned())],
    )
}

pub(super) fn payload_cut(lost_at: u64) -> Warning {
    Warning::new(
        "migration_payload_cut",
        "the migration's payload was not captured whole: byte {byte} of its stream is the first that is missing",
        vec![("byte", lost_at.to_string())],
    )
}

pub(super) fn bytes_missed(bytes: u64) -> Warning {
    Warning::new(
        "migration_bytes_missed",
        "{bytes} bytes of the migration were acknowledged by the target but are not in the capture; they count as transferred",
        vec![("bytes", bytes.to_string())],
    )
}

pub(super) fn beginning_missing() -> Warning {
    Warning::new(
        "migration_beginning_missing",
        "the capture starts within the migration: what was sent before is not known",
        Vec::new(),
    )
}

pub(super) fn inferred_from_shape() -> Warning {
    Warning::new(
        "migration_inferred_from_shape",
        "the migration is inferred from a bulk transfer through SSH and the announcement of a virtual machine that follows it",
        Vec::new(),
    )
}

pub(super) fn inferred_from_port(system: Option<&str>) -> Warning {
    Warning::new(
        "migration_inferred_from_port",
        "the migration is inferred from its port (that of {system}): its bytes do not say what they are",
        vec![("system", system.unwrap_or("?").to_owned())],
    )
}
