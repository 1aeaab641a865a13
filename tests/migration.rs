//! The migration room against what QEMU, its events and the clients' logs say of the lab's captures.

#[path = "migration/drive.rs"]
mod drive;

use migqos::migration::Config;

#[test]
fn shared_print() {
    let Some(shared) = drive::shared() else { return };
    let lab = shared.join("captures/lab");
    let filter = std::env::var("ONLY").unwrap_or_default();
    let mut dirs: Vec<_> = std::fs::read_dir(&lab).unwrap().map(|d| d.unwrap().path()).collect();
    let thesis: Vec<_> = std::fs::read_dir(lab.join("13-thesis-30x2"))
        .unwrap()
        .map(|d| d.unwrap().path())
        .collect();
    dirs.extend(thesis);
    dirs.sort();
    for dir in dirs {
        let mut files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.to_string_lossy().into_owned();
            if !name.contains(".pcap") || !name.contains(&filter) {
                continue;
            }
            let t = std::time::Instant::now();
            let found = drive::findings(&file, Config::default());
            println!(
                "=== {} {} in {:?}",
                name.trim_start_matches(&*lab.to_string_lossy()),
                found.migrations.len(),
                t.elapsed()
            );
            for m in &found.migrations {
                println!(
                    "  {:?} {:?} enc={} sys={:?} {:?}->{:?} {:?} start {} time {:?} task {:?}",
                    m.kind,
                    m.outcome,
                    m.encrypted,
                    m.system,
                    m.source,
                    m.target,
                    m.target_socket,
                    m.start_ns,
                    m.migration_time_ms,
                    m.task_time_ms
                );
                println!(
                    "  stream_dt {:?} pause {:?}±{:?} service {:?}±{:?} ram {:?} sto {:?}/{:?} rounds {:?} pages {:?} inferred {:?}",
                    m.stream_downtime_ms,
                    m.pause_ms,
                    m.pause_resolution_ms,
                    m.service.downtime_ms,
                    m.service.resolution_ms,
                    m.ram_bytes,
                    m.storage_bytes,
                    m.storage_written_bytes,
                    m.rounds,
                    m.pages,
                    m.inferred
                );
                println!(
                    "  ann {} first {:?} vm {:?} {:?} sight {:?}",
                    m.announcements.len(),
                    m.announcements.first().map(|a| a.at_ns),
                    m.vm.macs,
                    m.vm.addresses,
                    m.vm.sightings.len()
                );
                for p in &m.phases {
                    println!(
                        "    {:?} {:.3}..{:.3} {}",
                        p.name,
                        (p.start_ns - m.start_ns) as f64 / 1e9,
                        (p.end_ns - m.start_ns) as f64 / 1e9,
                        p.bytes
                    );
                }
                for n in &m.notes {
                    println!("    note {}: {}", n.code, n.message);
                }
                for r in &m.round_details {
                    println!("    round {:?}", r);
                }
                println!(
                    "    conns {:?}",
                    m.connections
                        .iter()
                        .map(|c| (c.conversation, c.role, c.forward_bytes, c.reverse_bytes))
                        .collect::<Vec<_>>()
                );
            }
        }
    }
}
