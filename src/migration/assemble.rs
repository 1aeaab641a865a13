//! From connections and announcements to migrations: which belong together.

use std::net::{IpAddr, SocketAddr};

use crate::measure::time_span::TimeSpan;
use crate::packet::Mac;

use super::activity::Pair;
use super::announce::Heard;
use super::connection::Connection;
use super::figures;
use super::model::{AnnouncementKind, Kind, Role};
use super::service::Identity;
use super::tracker::{Config, Findings, VmName};

const SECOND_NS: i64 = 1_000_000_000;
/// Connections of one migration open and close within this time of each other.
const BESIDE_NS: i64 = SECOND_NS;
/// Disks are copied before the memory; what ended earlier than this before it was for something else.
const DISKS_BEFORE_NS: i64 = 60 * SECOND_NS;
/// The target may be resumed by hand, or after some more work: as late as this after the stream's end.
const ANNOUNCED_WITHIN_NS: i64 = 10 * SECOND_NS;
/// Where nothing but the announcement speaks for a migration, it must follow as soon as this.
const PROVEN_WITHIN_NS: i64 = 2 * SECOND_NS;
/// How much earlier than the stream's last byte an announcement may be seen: captures are not in strict order.
const EARLY_NS: i64 = 50_000_000;
/// Announcements of one virtual machine's arrival follow each other within this time.
const TOGETHER_NS: i64 = 3 * SECOND_NS;

/// All that the capture held.
pub(super) struct Material {
    pub(super) config: Config,
    /// Those with a role.
    pub(super) connections: Vec<Connection>,
    pub(super) pairs: Vec<Pair>,
    pub(super) announcements: Vec<Heard>,
    /// Announcements would have been captured.
    pub(super) would_show: bool,
    pub(super) span: TimeSpan,
}

/// A migration in the making.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) encrypted: bool,
    pub(super) system: Option<&'static str>,
    pub(super) nodes: Option<(IpAddr, IpAddr)>,
    pub(super) target_socket: Option<SocketAddr>,
    /// The bytes, not the port or the shape, say that it is a migration.
    pub(super) certain: bool,
    /// Places in [`Material::connections`]: QEMU's main stream, then all that carry state, it included.
    pub(super) main: Option<usize>,
    pub(super) state: Vec<usize>,
    pub(super) disks: Vec<usize>,
    /// Places in [`Material::announcements`].
    pub(super) announced: Vec<usize>,
    /// Post-copy: the target runs before the stream ends.
    pub(super) resumes_early: bool,
    pub(super) start_ns: i64,
    pub(super) end_ns: i64,
}

impl Draft {
    /// A disk is among its connections that its bytes did not show to be one.
    pub(super) fn has_unread_disks(&self, connections: &[Connection]) -> bool {
        let is_read = |&index: &usize| matches!(connections[index].role(), Some((Role::Storage, _)));
        !self.disks.iter().all(is_read)
    }

    /// Nothing but its port speaks for it.
    fn is_unread(&self) -> bool {
        !self.certain && self.kind != Kind::Ssh && !self.encrypted && self.nodes.is_some()
    }

    /// The hardware addresses that its announcements tell of.
    fn announced_macs(&self, material: &Material) -> Vec<Mac> {
        let heard = self.announced.iter().map(|&index| &material.announcements[index]);
        let mut macs: Vec<Mac> = heard.map(|heard| heard.announcement.mac).collect();
        macs.sort_unstable();
        macs.dedup();
        macs
    }
}

/// Of two transfers whose bytes were not captured, between the same nodes and to different ports, the one that opens
/// first and lasts to the other's end or beyond is the disk: it is copied first, and kept the same until the machine has
/// moved. Two machines that moved would have announced themselves both.
fn join_unread_disks(drafts: &mut Vec<Draft>, material: &Material) {
    let encloses = |disk: &Draft, memory: &Draft| {
        let one_machine = {
            let (of_disk, of_memory) = (disk.announced_macs(material), memory.announced_macs(material));
            let announced = !of_disk.is_empty() || !of_memory.is_empty();
            announced && (of_disk.is_empty() || of_memory.is_empty() || of_disk == of_memory)
        };
        disk.is_unread()
            && memory.is_unread()
            && disk.nodes == memory.nodes
            && disk.target_socket != memory.target_socket
            && disk.start_ns.saturating_add(BESIDE_NS / 10) < memory.start_ns
            && disk.end_ns >= memory.end_ns
            && one_machine
    };
    let mut index = 0;
    while index < drafts.len() {
        let memory = (0..drafts.len()).find(|&other| other != index && encloses(&drafts[index], &drafts[other]));
        let Some(memory) = memory else {
            index += 1;
            continue;
        };
        let disk = drafts.remove(index);
        let memory = if memory > index { memory - 1 } else { memory };
        let joined = &mut drafts[memory];
        joined.disks.extend(disk.state);
        joined.announced.extend(disk.announced);
        joined.announced.sort_unstable();
    }
}

/// Finds the migrations.
pub(super) fn migrations(material: Material) -> Findings {
    let mut drafts = drafts(&material.connections);
    add_disks(&mut drafts, &material.connections);
    attribute(&mut drafts, &material);
    join_unread_disks(&mut drafts, &material);
    drafts.retain(|draft| is_credible(draft, &material));
    for draft in drafts
        .iter_mut()
        .filter(|draft| !draft.certain && draft.announced.is_empty())
    {
        draft.kind = Kind::Unknown;
    }
    arrivals(&mut drafts, &material);
    drafts.sort_by_key(|draft| (draft.start_ns, draft.end_ns));
    let switchovers: Vec<Option<i64>> = drafts.iter().map(|draft| first_rarp(draft, &material)).collect();
    let mut findings = Findings::default();
    for (index, draft) in drafts.iter().enumerate() {
        let neighbours = (
            switchovers[..index].iter().rev().flatten().next().copied(),
            switchovers[index + 1..].iter().flatten().next().copied(),
        );
        findings
            .migrations
            .push(figures::migration(draft, &material, neighbours));
    }
    findings
}

/// Time of the first announcement by RARP.
pub(super) fn first_rarp(draft: &Draft, material: &Material) -> Option<i64> {
    draft
        .announced
        .iter()
        .map(|&index| material.announcements[index].announcement)
        .filter(|announcement| announcement.kind == AnnouncementKind::Rarp)
        .map(|announcement| announcement.at_ns)
        .min()
}

/// The virtual machine's addresses, as far as the user or a draft's announcements tell.
pub(super) fn identity(draft: &Draft, material: &Material) -> Identity {
    let mut identity = Identity::default();
    for name in &material.config.vm {
        match name {
            VmName::Mac(mac) => identity.macs.push(*mac),
            VmName::Ip(address) => identity.addresses.push(*address),
        }
    }
    for &index in &draft.announced {
        let heard = &material.announcements[index];
        identity.macs.push(heard.announcement.mac);
        identity.addresses.extend(heard.address);
    }
    identity.macs.sort_unstable();
    identity.macs.dedup();
    identity.addresses.sort_unstable();
    identity.addresses.dedup();
    if let Some((source, target)) = draft.nodes {
        identity
            .addresses
            .retain(|address| *address != source && *address != target);
    }
    identity
}

fn drafts(connections: &[Connection]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let roles: Vec<(usize, Role, usize)> = (0..)
        .zip(connections)
        .filter_map(|(index, connection)| connection.role().map(|(role, forward)| (index, role, forward)))
        .collect();
    // Main streams first, so that the channels find them.
    for wanted in [
        Role::QemuMain,
        Role::QemuChannel,
        Role::Vmotion,
        Role::Tls,
        Role::PortOnly,
        Role::Ssh,
    ] {
        for &(index, role, forward) in roles.iter().filter(|(_, role, _)| *role == wanted) {
            let connection = &connections[index];
            let (start_ns, end_ns) = bounds(connection, role, forward);
            let joins = matches!(role, Role::QemuChannel | Role::Vmotion | Role::Tls | Role::PortOnly);
            let host = drafts.iter_mut().filter(|_| joins).filter(|draft| {
                draft.target_socket == Some(connection.ends[1 - forward])
                    && draft.nodes == Some(connection.nodes(forward))
                    && start_ns <= draft.end_ns.saturating_add(BESIDE_NS)
                    && end_ns >= draft.start_ns.saturating_sub(BESIDE_NS)
            });
            // Of several attempts to the same port, the one that opened nearest.
            match host.min_by_key(|draft| draft.start_ns.abs_diff(start_ns)) {
                Some(draft) => {
                    draft.state.push(index);
                    draft.start_ns = draft.start_ns.min(start_ns);
                    draft.end_ns = draft.end_ns.max(end_ns);
                    if role == Role::QemuChannel && connection.is_multifd() {
                        draft.kind = Kind::QemuMultifd;
                    }
                }
                None => drafts.push(Draft {
                    start_ns,
                    end_ns,
                    ..draft(connection, index, role, forward)
                }),
            }
        }
    }
    drafts
}

/// Beginning and end of what a connection says about the migration's span.
fn bounds(connection: &Connection, role: Role, forward: usize) -> (i64, i64) {
    if role == Role::Ssh
        && let Some((start, end)) = connection.sides[forward].shape.bulk()
    {
        return (start.time_ns, end.time_ns.max(start.time_ns));
    }
    (connection.start_ns(), connection.end_ns())
}

fn draft(connection: &Connection, index: usize, role: Role, forward: usize) -> Draft {
    let owner = connection.owner();
    let kind = match role {
        Role::QemuChannel if connection.is_multifd() => Kind::QemuMultifd,
        Role::QemuMain | Role::QemuChannel => Kind::Qemu,
        Role::Vmotion => Kind::Vmotion,
        Role::Ssh => Kind::Ssh,
        Role::Tls | Role::PortOnly | Role::Storage => match owner {
            Some(owner) if owner.carries_qemu() => Kind::Qemu,
            _ => Kind::Unknown,
        },
    };
    Draft {
        kind,
        encrypted: matches!(role, Role::Ssh | Role::Tls),
        system: owner
            .filter(|_| !role.is_certain() && role != Role::Ssh)
            .map(|owner| owner.system()),
        nodes: Some(connection.nodes(forward)),
        target_socket: Some(connection.ends[1 - forward]),
        certain: role.is_certain(),
        main: (role == Role::QemuMain).then_some(index),
        state: vec![index],
        disks: Vec::new(),
        announced: Vec::new(),
        resumes_early: false,
        start_ns: 0,
        end_ns: 0,
    }
}

/// A disk belongs to the first migration between the same nodes that ends after the disk's copy began.
fn add_disks(drafts: &mut [Draft], connections: &[Connection]) {
    for (index, connection) in connections.iter().enumerate() {
        let Some((Role::Storage, forward)) = connection.role() else {
            continue;
        };
        let (start_ns, end_ns) = (connection.start_ns(), connection.end_ns());
        let nodes = connection.nodes(forward);
        let host = drafts
            .iter_mut()
            .filter(|draft| {
                draft.nodes == Some(nodes)
                    && draft.kind != Kind::Ssh
                    && draft.end_ns >= start_ns
                    && end_ns.saturating_add(DISKS_BEFORE_NS) >= draft.start_ns
            })
            .min_by_key(|draft| draft.start_ns);
        if let Some(draft) = host {
            draft.disks.push(index);
        }
    }
}

/// Gives each announcement to the migration that it ends.
fn attribute(drafts: &mut [Draft], material: &Material) {
    for draft in drafts.iter_mut() {
        draft.resumes_early = draft.main.is_some_and(|main| material.connections[main].is_postcopy());
    }
    let mut macs = attribute_rarp(drafts, material);
    // A stream that cannot be read, with an announcement in its midst and none at its end, is post-copy.
    let known = |drafts: &[Draft], at_ns| {
        let within = |draft: &Draft| (draft.start_ns..=draft.end_ns).contains(&at_ns);
        drafts
            .iter()
            .position(|draft| within(draft) && !draft.certain && draft.kind != Kind::Ssh && draft.announced.is_empty())
    };
    for heard in &material.announcements {
        if heard.announcement.kind == AnnouncementKind::Rarp
            && !macs.contains(&heard.announcement.mac)
            && let Some(draft) = known(drafts, heard.announcement.at_ns)
        {
            drafts[draft].resumes_early = true;
            macs = attribute_rarp(drafts, material);
        }
    }
    // A gratuitous ARP counts where its sender is known to be the virtual machine: hosts send them for many reasons.
    for (index, heard) in material.announcements.iter().enumerate() {
        let named = material.config.vm.iter().any(|name| match name {
            VmName::Mac(mac) => *mac == heard.announcement.mac,
            VmName::Ip(address) => Some(*address) == heard.address,
        });
        if heard.announcement.kind == AnnouncementKind::Garp
            && (named || macs.contains(&heard.announcement.mac))
            && let Some(draft) = ended_by(drafts, material, heard.announcement.at_ns)
        {
            drafts[draft].announced.push(index);
        }
    }
    for draft in drafts {
        draft.announced.sort_unstable();
    }
}

/// Gives each announcement by RARP to its migration, anew; whose they are.
fn attribute_rarp(drafts: &mut [Draft], material: &Material) -> Vec<Mac> {
    for draft in drafts.iter_mut() {
        draft.announced.clear();
    }
    let mut macs = Vec::new();
    for (index, heard) in material.announcements.iter().enumerate() {
        if heard.announcement.kind == AnnouncementKind::Rarp
            && let Some(draft) = ended_by(drafts, material, heard.announcement.at_ns)
        {
            drafts[draft].announced.push(index);
            macs.push(heard.announcement.mac);
        }
    }
    macs
}

/// The migration whose end an announcement at this time follows closest. One whose bytes say that it is a migration
/// comes before one that needs the announcement for a proof.
fn ended_by(drafts: &[Draft], material: &Material, at_ns: i64) -> Option<usize> {
    (0..drafts.len())
        .filter_map(|index| {
            let draft = &drafts[index];
            let within_ns = if draft.certain || draft.kind != Kind::Ssh {
                ANNOUNCED_WITHIN_NS
            } else {
                // What was announced first must have come soon; the rest may follow.
                match first_rarp(draft, material) {
                    Some(first) if first <= at_ns => PROVEN_WITHIN_NS + TOGETHER_NS,
                    _ => PROVEN_WITHIN_NS,
                }
            };
            let from_ns = if draft.resumes_early {
                draft.start_ns
            } else {
                draft.end_ns.saturating_sub(EARLY_NS)
            };
            let after_ns = at_ns.saturating_sub(draft.end_ns).max(0);
            (at_ns >= from_ns && after_ns <= within_ns).then_some((!draft.certain, after_ns, index))
        })
        .min()
        .map(|(_, _, index)| index)
}

/// What only a port or a shape speaks for needs an announcement, unless the capture could not hold it.
fn is_credible(draft: &Draft, material: &Material) -> bool {
    if draft.certain || !draft.announced.is_empty() {
        return true;
    }
    if draft.kind == Kind::Ssh || draft.encrypted {
        return false;
    }
    let ends_in_sight = draft.end_ns.saturating_add(PROVEN_WITHIN_NS) <= material.span.last_ns();
    let refuted = draft
        .state
        .iter()
        .any(|&index| material.connections[index].is_refuted());
    // QEMU's ports lie among those of ordinary clients; the others are used by nobody else.
    draft.kind == Kind::Unknown || !ends_in_sight && !refuted
}

/// Announcements that end no migration whose connections were captured, as at a client.
fn arrivals(drafts: &mut Vec<Draft>, material: &Material) {
    let mut arrivals: Vec<Draft> = Vec::new();
    for (index, heard) in material.announcements.iter().enumerate() {
        let at_ns = heard.announcement.at_ns;
        if drafts.iter().any(|draft| draft.announced.contains(&index)) {
            continue;
        }
        let known = arrivals
            .iter_mut()
            .rev()
            .find(|arrival| at_ns.saturating_sub(arrival.end_ns) <= TOGETHER_NS);
        match (known, heard.announcement.kind) {
            (Some(arrival), AnnouncementKind::Rarp) => {
                arrival.announced.push(index);
                arrival.end_ns = at_ns;
            }
            (Some(arrival), AnnouncementKind::Garp) => {
                let mac = heard.announcement.mac;
                let same = |&index: &usize| material.announcements[index].announcement.mac == mac;
                if arrival.announced.iter().any(same) {
                    arrival.announced.push(index);
                }
            }
            (None, AnnouncementKind::Rarp) => arrivals.push(Draft {
                kind: Kind::Unknown,
                encrypted: false,
                system: None,
                nodes: None,
                target_socket: None,
                certain: false,
                main: None,
                state: Vec::new(),
                disks: Vec::new(),
                announced: vec![index],
                resumes_early: false,
                start_ns: at_ns,
                end_ns: at_ns,
            }),
            (None, AnnouncementKind::Garp) => {}
        }
    }
    drafts.append(&mut arrivals);
}
