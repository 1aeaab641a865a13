//! A made-up migration with realistic numbers.

use std::collections::BTreeMap;

use crate::figure::Figure::{Absent, Value};
use crate::figure::Reason;
use crate::migration::{
    Announcement, AnnouncementKind, Connection, GapRequests, Kind, Migration, Moves, Named, Outcome, Pages, Phase,
    PhaseName, Role, Round, Service, ServiceFlow, Vm,
};
use crate::packet::Mac;
use crate::summary::{SpanOf, Warning};

use super::{START_NS, metrics};

const VM: Mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);

fn at(s: f64) -> i64 {
    START_NS + (s * 1e9) as i64
}

/// One migration in two rounds, followed by its announcements.
pub(crate) fn moves() -> Moves {
    let phase = |name, start_s, end_s, bytes| Phase {
        name,
        start_ns: at(start_s),
        end_ns: at(end_s),
        bytes,
    };
    let round = |start_s, end_s, bytes, normal, zero| Round {
        start_ns: at(start_s),
        end_ns: at(end_s),
        bytes,
        pages: Pages {
            normal,
            zero,
            xbzrle: 0,
        },
    };
    let migration = Migration {
        kind: Kind::Qemu,
        encrypted: false,
        system: None,
        source: Some([10, 132, 6, 126].into()),
        target: Some([10, 132, 4, 16].into()),
        target_socket: Some(([10, 132, 4, 16], 60_000).into()),
        start_ns: at(0.29),
        end_ns: at(31.2),
        migration_time_ms: Value(30_910.0),
        task_time_ms: Value(30_910.0),
        stream_downtime_ms: Value(112.4),
        pause_ms: Value(98.75),
        pause_resolution_ms: Value(10.0),
        outcome: Outcome::Completed,
        ram_bytes: Value(229_000_000.0),
        storage_bytes: Absent(Reason::NoStorage),
        storage_written_bytes: Absent(Reason::NoStorage),
        rounds: Value(2.0),
        pages: Ok(Pages {
            normal: 55_321,
            zero: 70_112,
            xbzrle: 0,
        }),
        round_details: vec![
            round(0.31, 28.0, 210_000_000, 51_000, 70_000),
            round(28.0, 31.0, 18_000_000, 4_321, 112),
        ],
        inferred: vec!["pause_ms"],
        phases: vec![
            phase(PhaseName::Setup, 0.29, 0.31, 1_204),
            phase(PhaseName::Precopy, 0.31, 31.08, 228_000_000),
            phase(PhaseName::StopAndCopy, 31.08, 31.2, 998_796),
        ],
        announcements: vec![
            Announcement {
                at_ns: at(31.202),
                mac: VM,
                kind: AnnouncementKind::Rarp,
            },
            Announcement {
                at_ns: at(31.2031),
                mac: VM,
                kind: AnnouncementKind::Garp,
            },
        ],
        vm: Vm {
            macs: vec![VM],
            addresses: vec![[10, 132, 5, 100].into()],
            sightings: Vec::new(),
        },
        service: Service {
            downtime_ms: Value(310.5),
            resolution_ms: Value(10.0),
            flows: vec![ServiceFlow {
                conversation: 7,
                direction: 1,
                vm: Some([10, 132, 5, 100].into()),
                client: Some([10, 132, 4, 50].into()),
                last_before_ns: Some(at(31.0)),
                first_after_ns: Some(at(31.3105)),
                gap_ms: Value(310.5),
                resolution_ms: Value(10.0),
                answers: 2_911,
                requests: Ok(GapRequests { lost: 21, delayed: 10 }),
            }],
        },
        connections: vec![Connection {
            conversation: 1,
            role: Role::QemuMain,
            forward: 0,
            start_ns: at(0.29),
            end_ns: at(31.2),
            forward_bytes: 229_000_000,
            reverse_bytes: 1_204,
        }],
        notes: vec![Warning::new(
            "migration_bytes_missed",
            "{bytes} bytes of the migration were acknowledged by the target but are not in the capture; they count as transferred",
            vec![("bytes", "4344".to_owned())],
        )],
    };
    let named = |name: &str, wire_bytes| Named {
        name: name.to_owned(),
        wire_bytes,
    };
    Moves {
        migrations: vec![migration],
        chosen: Some(0),
        phase_metrics: vec![metrics(SpanOf::Migration, 0.29, 31.2); 3],
        conversations: BTreeMap::from([
            (1, named("tcp 10.132.6.126:40112 <-> 10.132.4.16:60000", 236_990_000)),
            (7, named("udp 10.132.4.50:40000 <-> 10.132.5.100:7", 412_000)),
        ]),
    }
}
