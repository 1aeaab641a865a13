//! Which two hosts are the nodes, where the user did not say.

use super::engine::Engine;
use super::pairs::{Pair, is_host};
use crate::error::{Error, ErrorKind, Result};
use crate::migration::{Migration, Outcome};
use crate::options::{AnalysisOptions, Host, TimePoint};
use crate::summary::{ChosenBy, Nodes};

/// Ports on which migrations listen by default: Proxmox VE, libvirt and Nova, vMotion, Xen, Hyper-V.
const MIGRATION_PORTS: [(u16, u16); 5] = [
    (60_000, 60_050),
    (49_152, 49_261),
    (8000, 8000),
    (8002, 8002),
    (6600, 6600),
];
/// A connection on such a port that carries less is no migration.
const LEAST_MIGRATION_BYTES: u64 = 1 << 20;

/// The chosen pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Index of the pair.
    pub pair: u32,
    /// The pair's direction that runs from source to target.
    pub forward: usize,
    /// For the report.
    pub nodes: Nodes,
    /// Index of the migration whose span is graded.
    pub migration: Option<usize>,
}

/// Chooses the pair of hosts to measure.
pub fn choose(engine: &Engine, migrations: &[Migration], options: &AnalysisOptions) -> Result<Choice> {
    let wanted = wanted_migration(migrations, options.migration)?;
    if let (Some(source), Some(target)) = (&options.source, &options.target) {
        let Some(index) = engine.pairs.selected() else {
            return Err(not_there(engine, options));
        };
        let nodes = Nodes {
            source: names(source),
            target: names(target),
            chosen_by: ChosenBy::Arguments,
            runner_up: None,
        };
        let migration = wanted.or_else(|| best(migrations, |m| runs_between(m, source, target)));
        return Ok(Choice {
            pair: index,
            forward: 0,
            nodes,
            migration,
        });
    }
    let pairs = engine.pairs.list();
    let eligible = |pair: &Pair| {
        let has = |host: &Option<Host>| {
            let Some(host) = host else { return true };
            pair.hosts.iter().any(|&address| is_host(host, address, None))
        };
        pair.has_port && !pair.dropped && has(&options.source) && has(&options.target) && pair.packets != [0, 0]
    };
    let mut by_volume: Vec<usize> = (0..pairs.len()).filter(|&index| eligible(&pairs[index])).collect();
    by_volume.sort_by_key(|&index| {
        let bytes = pairs[index].wire_bytes.iter().sum::<u64>();
        (is_group(&pairs[index]), std::cmp::Reverse(bytes), index)
    });
    let migration = wanted.or_else(|| best(migrations, |m| pair_of(pairs, &by_volume, m).is_some()));
    let by_content = migration.and_then(|index| {
        let found = &migrations[index];
        let pair = pair_of(pairs, &by_volume, found)?;
        let certain = found.connections.iter().any(|connection| connection.role.is_certain());
        let by = if certain { ChosenBy::Content } else { ChosenBy::Port };
        Some((pair, usize::from(Some(pairs[pair].hosts[0]) != found.source), by))
    });
    let (pair, forward, chosen_by) = by_content
        .or_else(|| by_port(engine, pairs, &by_volume))
        .or_else(|| {
            let &index = by_volume.first()?;
            Some((index, heavier(&pairs[index]), ChosenBy::Volume))
        })
        .ok_or_else(|| not_there(engine, options))?;
    let forward = match (&options.source, &options.target) {
        (Some(source), _) => usize::from(!is_host(source, pairs[pair].hosts[0], None)),
        (_, Some(target)) => usize::from(!is_host(target, pairs[pair].hosts[1], None)),
        _ => forward,
    };
    let next = by_volume
        .iter()
        .find(|&&index| index != pair && !is_group(&pairs[index]));
    let runner_up = next.map(|&index| {
        let [one, other] = pairs[index].hosts;
        (format!("{one} and {other}"), pairs[index].wire_bytes.iter().sum())
    });
    Ok(Choice {
        pair: pair as u32,
        forward,
        nodes: Nodes {
            source: vec![pairs[pair].hosts[forward].to_string()],
            target: vec![pairs[pair].hosts[1 - forward].to_string()],
            chosen_by,
            runner_up,
        },
        migration,
    })
}

/// One of the two is a group of hosts, which is no node.
fn is_group(pair: &Pair) -> bool {
    pair.hosts
        .iter()
        .any(|host| host.is_multicast() || *host == std::net::Ipv4Addr::BROADCAST)
}

fn wanted_migration(migrations: &[Migration], number: Option<usize>) -> Result<Option<usize>> {
    match number {
        None => Ok(None),
        Some(number) if (1..=migrations.len()).contains(&number) => Ok(Some(number - 1)),
        Some(number) => Err(Error::new(
            ErrorKind::NothingToAnalyse,
            format!("there is no migration {number}: the capture holds {}", migrations.len()),
        )
        .advice("'migqos inspect' lists them")),
    }
}

/// The first migration that went through, else the first.
fn best(migrations: &[Migration], wanted: impl Fn(&Migration) -> bool) -> Option<usize> {
    let candidates = || (0..migrations.len()).filter(|&index| wanted(&migrations[index]));
    candidates()
        .find(|&index| matches!(migrations[index].outcome, Outcome::Completed | Outcome::Postcopy))
        .or_else(|| candidates().next())
}

fn runs_between(migration: &Migration, source: &Host, target: &Host) -> bool {
    // By MAC the addresses are not known here; the capture's only nodes are taken to be the migration's.
    let fits = |host: &Host, address: Option<std::net::IpAddr>| match (host, address) {
        (Host::Addresses(addresses), Some(address)) => addresses.contains(&address),
        (Host::Mac(_), Some(_)) => true,
        (_, None) => false,
    };
    fits(source, migration.source) && fits(target, migration.target)
}

fn pair_of(pairs: &[Pair], eligible: &[usize], migration: &Migration) -> Option<usize> {
    let (source, target) = (migration.source?, migration.target?);
    eligible.iter().copied().find(|&index| {
        let hosts = pairs[index].hosts;
        hosts == [source, target] || hosts == [target, source]
    })
}

/// The pair whose connections on migration ports carry the most.
fn by_port(engine: &Engine, pairs: &[Pair], eligible: &[usize]) -> Option<(usize, usize, ChosenBy)> {
    let mut bytes = vec![[0_u64; 2]; pairs.len()];
    for conversation in &engine.conversations {
        let on_port = |port: u16| MIGRATION_PORTS.iter().any(|&(low, high)| (low..=high).contains(&port));
        let largest = conversation.wire_bytes.iter().copied().max().unwrap_or(0);
        // Only the port of the side that listens counts: 60000 lies within the ephemeral range of many systems.
        if conversation.tcp.is_some() && on_port(conversation.b.port) && largest >= LEAST_MIGRATION_BYTES {
            for direction in 0..2 {
                bytes[conversation.pair as usize][conversation.pair_direction(direction)] +=
                    conversation.wire_bytes[direction];
            }
        }
    }
    let best = eligible
        .iter()
        .copied()
        .max_by_key(|&index| (bytes[index].iter().sum::<u64>(), std::cmp::Reverse(index)))?;
    let [first, second] = bytes[best];
    (first + second > 0).then_some((best, usize::from(second > first), ChosenBy::Port))
}

/// The direction that carries more bytes.
fn heavier(pair: &Pair) -> usize {
    usize::from(pair.wire_bytes[1] > pair.wire_bytes[0])
}

/// Addresses of a host as text.
pub fn names(host: &Host) -> Vec<String> {
    match host {
        Host::Addresses(addresses) => addresses.iter().map(ToString::to_string).collect(),
        Host::Mac(mac) => vec![mac.to_string()],
    }
}

/// No frame between the nodes is left by `--from` and `--to`; says which of the two lies outside of the capture.
pub fn outside_time(engine: &Engine, options: &AnalysisOptions) -> Error {
    let start_ns = engine.quality.start_ns.unwrap_or(0);
    let at_ns = |point: TimePoint| match point {
        TimePoint::Relative(ns) => start_ns.saturating_add(ns),
        TimePoint::Absolute(ns) => ns,
    };
    let second = |ns: i64| ns.saturating_sub(start_ns) as f64 / 1e9;
    let found = match (
        engine.quality.time.get(),
        options.from.map(at_ns),
        options.to.map(at_ns),
    ) {
        (Some((_, last)), Some(from), _) if from > last => {
            format!("--from lies after the last frame (second {:.3})", second(last))
        }
        (Some((first, _)), _, Some(to)) if to <= first => {
            format!("--to lies before the first frame (second {:.3})", second(first))
        }
        _ => "no frame between the nodes lies between --from and --to".to_owned(),
    };
    Error::new(ErrorKind::NothingToAnalyse, found).advice("seconds count from the capture's first frame")
}

fn not_there(engine: &Engine, options: &AnalysisOptions) -> Error {
    const LISTED: usize = 8;
    let hosts = engine.hosts();
    if hosts.is_empty() {
        return Error::new(ErrorKind::NothingToAnalyse, "the capture holds no IP packet");
    }
    if let Some(port) = options.port
        && !engine
            .conversations
            .iter()
            .any(|c| c.a.port == port || c.b.port == port)
    {
        return Error::new(ErrorKind::NothingToAnalyse, format!("no conversation uses port {port}"))
            .advice("'migqos inspect' lists them");
    }
    // A pair of these hosts would have been chosen, had a frame of theirs counted.
    let is_wanted = |pair: &Pair| {
        let one_of = |host: &Option<Host>| {
            let mut addresses = pair.hosts.iter();
            host.as_ref()
                .is_none_or(|host| addresses.any(|&address| is_host(host, address, None)))
        };
        pair.has_port && one_of(&options.source) && one_of(&options.target)
    };
    if engine.outside_time.0 > 0 && engine.pairs.list().iter().any(is_wanted) {
        return outside_time(engine, options);
    }
    let mut list = hosts
        .iter()
        .take(LISTED)
        .map(|(address, _)| address.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    if hosts.len() > LISTED {
        list.push_str(&format!(" and {} more", hosts.len() - LISTED));
    }
    let name = |host: &Option<Host>| {
        host.as_ref()
            .map_or_else(|| "any host".to_owned(), |host| names(host).join(","))
    };
    let port = options.port.map_or_else(String::new, |port| format!(" on port {port}"));
    Error::new(
        ErrorKind::NothingToAnalyse,
        format!(
            "no packet between {} and {}{port}",
            name(&options.source),
            name(&options.target)
        ),
    )
    .advice(format!("hosts in the capture: {list}"))
}
