//! Pairs of hosts, and the one pair that the user asked for.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::measure::timeline::Timeline;
use crate::options::Host;
use crate::packet::Mac;

/// Entries that all timelines together may hold: about 100 MiB.
const MAX_ENTRIES: usize = 120_000;

/// The traffic between two hosts, or between the two nodes where the user named them.
///
/// What every frame touches stands first.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub struct Pair {
    /// The timeline was given up to bound memory, since the pair carries so little.
    pub dropped: bool,
    /// Only conversations with the user's port are in it.
    pub has_port: bool,
    /// Frames by direction, copies included.
    pub packets: [u64; 2],
    /// Bytes on the wire by direction, copies included.
    pub wire_bytes: [u64; 2],
    /// Along time.
    pub timeline: Timeline,
    /// Direction 0 runs from the first to the second. Of the nodes, where named: source, target.
    pub hosts: [IpAddr; 2],
    /// Conversations.
    pub conversations: u64,
}

impl Pair {
    /// Reads a word of each cache line that the next frame will touch; see [`super::engine`].
    #[inline]
    pub fn fetch(&self) -> u64 {
        self.packets[0] ^ self.timeline.fetch()
    }
}

/// The nodes that the user named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Source.
    pub source: Option<Host>,
    /// Target.
    pub target: Option<Host>,
    /// Port at either end.
    pub port: Option<u16>,
}

/// All pairs.
#[derive(Debug, Default)]
pub struct Pairs {
    named: Named,
    by_hosts: FxHashMap<(IpAddr, IpAddr, bool), u32>,
    selected: Option<u32>,
    list: Vec<Pair>,
    check_at: usize,
}

/// True where `address` or `mac` is one of the host's.
pub fn is_host(host: &Host, address: IpAddr, mac: Option<Mac>) -> bool {
    match host {
        Host::Addresses(addresses) => addresses.contains(&address),
        Host::Mac(wanted) => mac == Some(*wanted),
    }
}

impl Pairs {
    /// Pairs of a capture whose nodes the user named, or not.
    pub fn new(named: Named) -> Self {
        Self {
            named,
            check_at: MAX_ENTRIES,
            ..Self::default()
        }
    }

    /// The pair of a new conversation whose first packet goes from `ends.0` to `ends.1`, and whether that is from its
    /// second host to its first.
    pub fn place(&mut self, ends: (IpAddr, IpAddr), ports: Option<(u16, u16)>, macs: [Option<Mac>; 2]) -> (u32, bool) {
        let (src, dst) = ends;
        let has_port = match (self.named.port, ports) {
            (None, _) => true,
            (Some(port), Some((from, to))) => from == port || to == port,
            (Some(_), None) => false,
        };
        if has_port && let (Some(source), Some(target)) = (&self.named.source, &self.named.target) {
            let from_source = is_host(source, src, macs[0]) && is_host(target, dst, macs[1]);
            let from_target = is_host(target, src, macs[0]) && is_host(source, dst, macs[1]);
            if from_source || from_target {
                let hosts = if from_source { [src, dst] } else { [dst, src] };
                let index = match self.selected {
                    Some(index) => index,
                    None => self.push(hosts, true),
                };
                self.selected = Some(index);
                self.list[index as usize].conversations += 1;
                return (index, !from_source);
            }
        }
        let swapped = src > dst;
        let key = if swapped {
            (dst, src, has_port)
        } else {
            (src, dst, has_port)
        };
        let index = match self.by_hosts.get(&key) {
            Some(&index) => index,
            None => {
                let index = self.push([src, dst], has_port);
                self.by_hosts.insert(key, index);
                index
            }
        };
        let pair = &mut self.list[index as usize];
        pair.conversations += 1;
        (index, pair.hosts[0] != src)
    }

    /// The pair of this number.
    pub fn get(&self, index: u32) -> Option<&Pair> {
        self.list.get(index as usize)
    }

    /// The pair of this number.
    pub fn get_mut(&mut self, index: u32) -> Option<&mut Pair> {
        self.list.get_mut(index as usize)
    }

    /// All pairs, in order of their first frame.
    pub fn list(&self) -> &[Pair] {
        &self.list
    }

    /// To be called after the last frame.
    pub fn settle(&mut self) {
        self.list.iter_mut().for_each(|pair| pair.timeline.settle());
    }

    /// The pair of the named nodes, if any of their frames was seen.
    pub fn selected(&self) -> Option<u32> {
        self.selected
    }

    /// Gives up the timelines of the smallest pairs once all together hold too many entries. Called now and then.
    pub fn bound(&mut self) {
        let entries: usize = self.list.iter().map(|pair| pair.timeline.len()).sum();
        if entries < self.check_at {
            return;
        }
        let mut order: Vec<usize> = (0..self.list.len())
            .filter(|&index| Some(index as u32) != self.selected && !self.list[index].timeline.is_empty())
            .collect();
        order.sort_by_key(|&index| (self.list[index].wire_bytes.iter().sum::<u64>(), index));
        let mut left = entries;
        // The largest pairs stay whatever they cost: one of them will be chosen.
        for &index in &order[..order.len().saturating_sub(8)] {
            if left <= MAX_ENTRIES / 2 {
                break;
            }
            let pair = &mut self.list[index];
            left -= pair.timeline.len();
            pair.timeline = Timeline::default();
            pair.dropped = true;
        }
        self.check_at = left + MAX_ENTRIES / 2;
    }

    fn push(&mut self, hosts: [IpAddr; 2], has_port: bool) -> u32 {
        self.list.push(Pair {
            hosts,
            packets: [0; 2],
            wire_bytes: [0; 2],
            conversations: 0,
            timeline: Timeline::default(),
            dropped: false,
            has_port,
        });
        (self.list.len() - 1) as u32
    }
}
