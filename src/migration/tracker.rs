//! One pass over the frames: which connections may carry a migration, and what they did.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::measure::time_span::TimeSpan;
use crate::packet::{Ip, Mac, Network, Packet, Tcp, Transport};

use super::activity::{Pair, Sender};
use super::announce::Announcements;
use super::assemble;
use super::connection::{Connection, Verdict};
use super::model::{Migration, Role};

/// The virtual machine as the user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmName {
    /// By its hardware address.
    Mac(Mac),
    /// By its IP address.
    Ip(IpAddr),
}

/// What the user said about the migration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `--vm`; empty: found by the announcement.
    pub vm: Vec<VmName>,
}

/// What a connection looks like after the segment just seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackerHint {
    /// What the segment's connection is to a migration, as far as can be said at this moment. A role may become
    /// known late, and one that rests on the port or the shape may be replaced by what the bytes say.
    pub role: Option<Role>,
    /// The direction that runs from source to target (0 = a to b); meaningless without a role.
    pub forward: usize,
    /// A phase of the migration begins with this segment, as far as its stream can be read.
    pub begins_phase: bool,
}

/// What [`MigrationTracker::finish`] hands back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// In order of their beginning.
    pub migrations: Vec<Migration>,
}

/// Whether a conversation is followed.
#[derive(Debug, Default)]
enum Watch {
    /// No TCP segment yet.
    #[default]
    New,
    /// It may carry a migration.
    Followed(Box<Connection>),
    /// It does not.
    Dull,
}

/// Follows every connection that may carry a migration.
#[derive(Debug)]
pub struct MigrationTracker {
    config: Config,
    /// Both sides of each conversation: all that a frame of one that is not followed touches.
    pairs: Vec<Pair>,
    /// Whether it is followed. Conversations without a TCP segment may be missing at the end.
    watches: Vec<Watch>,
    /// Connections whose ports were taken again by another one.
    past: Vec<Connection>,
    /// Source, target and port of the main streams recognised.
    mains: Vec<(IpAddr, SocketAddr)>,
    announcements: Announcements,
    /// Of the frames that no sender was heard with.
    span: TimeSpan,
}

/// Main streams remembered for the connections that open beside them.
const MAX_MAINS: usize = 1024;
/// Connections on ports taken again that are kept.
const MAX_PAST: usize = 4096;

impl Default for MigrationTracker {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

/// Both senders of a conversation.
#[derive(Debug)]
pub struct Senders<'a>(&'a mut Pair);

impl Senders<'_> {
    /// See [`MigrationTracker::pass`].
    #[inline(always)]
    pub fn pass(&mut self, direction: usize, time_ns: i64, interface: u32, payload_len: u32) -> bool {
        // What is in order goes on from an earlier segment of its sender, which this tracker was given.
        debug_assert!(self.0[direction & 1].speaks_tcp());
        // The span of the capture holds what its senders were heard at: this time need not be noted there too.
        self.0[direction & 1].quick_frame(interface, time_ns, payload_len > 0)
    }
}

impl MigrationTracker {
    /// A tracker that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            pairs: Vec::new(),
            watches: Vec::new(),
            past: Vec::new(),
            mains: Vec::new(),
            announcements: Announcements::default(),
            span: TimeSpan::default(),
        }
    }

    /// Takes a TCP segment, with or without payload, in the capture's order, duplicates already dropped.
    ///
    /// `conversation` is a dense number (0, 1, 2, ...) that all protocols share; `direction` is 0 for frames sent by
    /// the endpoint that sent the conversation's first frame. `payload` holds the captured bytes of the payload;
    /// its length on the wire is the packet's.
    #[inline]
    pub fn segment(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        packet: &Packet,
        tcp: &Tcp,
        payload: &[u8],
    ) -> TrackerHint {
        let Network::Ip(ip) = &packet.network else {
            return TrackerHint::default();
        };
        let direction = direction & 1;
        self.first_of_sender(conversation, direction, time_ns, packet, ip, tcp);
        self.segment_of_known(
            conversation,
            direction,
            time_ns,
            packet.interface,
            ip.payload_len,
            tcp,
            payload,
        )
    }

    /// Notes who the sender of a TCP segment is, and that the conversation is one of TCP, where this was not known.
    fn first_of_sender(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        packet: &Packet,
        ip: &Ip,
        tcp: &Tcp,
    ) {
        let pair = place(&mut self.pairs, conversation);
        if pair[direction].speaks_tcp() {
            return;
        }
        let sender = &mut pair[direction];
        if !sender.is_known() {
            sender.is_first_heard(packet.src_mac, ip.src, packet.interface, time_ns);
        }
        sender.set_speaks_tcp();
        let watch = place(&mut self.watches, conversation);
        if matches!(watch, Watch::New) {
            let mut ends = [
                SocketAddr::new(ip.src, tcp.src_port),
                SocketAddr::new(ip.dst, tcp.dst_port),
            ];
            if direction == 1 {
                ends.swap(0, 1);
            }
            *watch = Watch::Followed(Box::new(Connection::new(conversation, ends, time_ns)));
        }
        let is_dull = matches!(watch, Watch::Dull);
        pair.iter_mut().for_each(|sender| sender.set_quick(is_dull));
    }

    /// True where [`segment`](Self::segment) was given a segment of this sender already.
    #[inline]
    pub fn knows(&self, conversation: u32, direction: usize) -> bool {
        let pair = self.pairs.get(conversation as usize);
        pair.is_some_and(|pair| pair[direction & 1].speaks_tcp())
    }

    /// Takes a segment of a sender that is [known](Self::knows), if it need only be noted, since its connection carries
    /// nothing of a migration's. False where there is more to it, and [`segment_of_known`](Self::segment_of_known) must
    /// have it.
    #[inline(always)]
    pub fn pass(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        interface: u32,
        payload_len: u32,
    ) -> bool {
        let senders = self.senders(conversation);
        senders.is_some_and(|mut senders| senders.pass(direction, time_ns, interface, payload_len))
    }

    /// The senders of a conversation, to which several segments can be given that need only be noted.
    #[inline(always)]
    pub fn senders(&mut self, conversation: u32) -> Option<Senders<'_>> {
        self.pairs.get_mut(conversation as usize).map(Senders)
    }

    /// Reads a word of each cache line that the next segment of this conversation will touch, so that the memory can be
    /// asked for those of several segments at once.
    #[inline]
    pub fn fetch(&self, conversation: u32, direction: usize) -> u64 {
        let pair = self.pairs.get(conversation as usize);
        pair.map_or(0, |pair| pair[direction & 1].fetch())
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub fn fetch_owned(&self, conversation: u32, direction: usize) -> u64 {
        let direction = direction & 1;
        let Some(pair) = self.pairs.get(conversation as usize) else {
            return 0;
        };
        let watch = self.watches.get(conversation as usize);
        match watch.filter(|_| !pair[direction].is_quick()) {
            Some(Watch::Followed(connection)) => connection.fetch(direction) ^ pair[direction].fetch_rest(),
            _ => pair[direction].fetch_owned(),
        }
    }

    /// The same for what lies behind that.
    #[inline]
    pub fn fetch_behind(&self, conversation: u32, direction: usize) -> u64 {
        let direction = direction & 1;
        let pair = self.pairs.get(conversation as usize);
        match self.watches.get(conversation as usize) {
            Some(Watch::Followed(connection)) if pair.is_some_and(|pair| !pair[direction].is_quick()) => {
                connection.fetch_owned(direction)
            }
            _ => 0,
        }
    }

    /// The same as [`segment`](Self::segment) for a sender that is [known](Self::knows), given what is used of the
    /// packet: its interface and the length of its payload.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what is used of a packet, unpacked")]
    pub fn segment_of_known(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        interface: u32,
        payload_len: u32,
        tcp: &Tcp,
        payload: &[u8],
    ) -> TrackerHint {
        if self.pass(conversation, direction, time_ns, interface, payload_len) {
            return TrackerHint::default();
        }
        let direction = direction & 1;
        place(&mut self.pairs, conversation)[direction].frame(interface, time_ns, payload_len > 0);
        self.span.record(time_ns);
        self.follow(conversation, direction, time_ns, payload_len, tcp, payload)
    }

    /// The same for a connection that may carry a migration.
    fn follow(
        &mut self,
        conversation: u32,
        direction: usize,
        time_ns: i64,
        payload_len: u32,
        tcp: &Tcp,
        payload: &[u8],
    ) -> TrackerHint {
        let Some(watch) = self.watches.get_mut(conversation as usize) else {
            return TrackerHint::default();
        };
        if let Watch::Followed(connection) = watch
            && connection.is_other(direction, tcp)
        {
            let other = Box::new(Connection::new(conversation, connection.ends, time_ns));
            if let Watch::Followed(past) = std::mem::replace(watch, Watch::Followed(other))
                && past.role().is_some()
                && self.past.len() < MAX_PAST
            {
                self.past.push(*past);
            }
        }
        let Watch::Followed(connection) = watch else {
            return TrackerHint::default();
        };
        let before = connection.verdict;
        connection.segment(direction, time_ns, tcp, payload_len, payload);
        let begins_phase = payload_len > 0 && connection.phase_began();
        if connection.verdict != before {
            match connection.verdict {
                Verdict::Carries(Role::QemuMain, Some(forward)) if self.mains.len() < MAX_MAINS => {
                    let main = (connection.ends[forward].ip(), connection.ends[1 - forward]);
                    self.mains.push(main);
                }
                Verdict::Dull if self.mains.iter().any(|main| runs_beside(connection, main)) => {
                    connection.join_as_channel();
                }
                Verdict::Dull => {
                    *watch = Watch::Dull;
                    let pair = place(&mut self.pairs, conversation);
                    pair.iter_mut().for_each(|sender| sender.set_quick(true));
                    return TrackerHint::default();
                }
                _ => {}
            }
        }
        connection
            .role()
            .map_or_else(TrackerHint::default, |(role, forward)| TrackerHint {
                role: Some(role),
                forward,
                begins_phase,
            })
    }

    /// Takes any other frame: ARP, RARP, UDP, ICMP, whatever is not TCP. `conversation` as in
    /// [`segment`](Self::segment), where the frame belongs to one. True where it announces that a virtual machine has
    /// changed hosts.
    pub fn other(&mut self, conversation: Option<(u32, usize)>, time_ns: i64, packet: &Packet, payload: &[u8]) -> bool {
        let _ = payload;
        self.span.record(time_ns);
        match &packet.network {
            Network::Arp(arp) => {
                let arrival = self.announcements.arp(time_ns, packet.interface, arp);
                if let Some(mac) = arrival {
                    self.arrived(mac, time_ns);
                }
                arrival.is_some()
            }
            Network::Ip(ip) => {
                if let Some((conversation, direction)) = conversation
                    && !is_for_many(packet, ip)
                {
                    let sender = &mut place(&mut self.pairs, conversation)[direction & 1];
                    if !sender.is_known() {
                        sender.is_first_heard(packet.src_mac, ip.src, packet.interface, time_ns);
                        let watch = self.watches.get(conversation as usize);
                        sender.set_quick(!matches!(watch, Some(Watch::Followed(_))));
                    }
                    if !sender.quick_frame(packet.interface, time_ns, is_exchange(ip)) {
                        sender.frame(packet.interface, time_ns, is_exchange(ip));
                    }
                }
                false
            }
            _ => false,
        }
    }

    /// What was found.
    pub fn finish(self) -> Findings {
        let mut connections = self.past;
        for watch in self.watches {
            if let Watch::Followed(connection) = watch {
                connections.push(*connection);
            }
        }
        let mut span = self.span;
        for heard in self.pairs.iter().flatten().flat_map(Sender::heard) {
            span.record(heard.first_ns);
            span.record(heard.last_ns);
        }
        for connection in &mut connections {
            if connection.verdict == Verdict::Undecided && self.mains.iter().any(|main| runs_beside(connection, main)) {
                connection.join_as_channel();
            }
            connection.finish();
        }
        // A small connection on the port of a bulky one is of the same migration.
        let bulky: Vec<_> = connections.iter().filter_map(Connection::unread_bulk).collect();
        for connection in &mut connections {
            if let Some(bulk) = bulky.iter().find(|bulk| connection.is_beside(bulk)) {
                connection.join(bulk);
            }
        }
        connections.retain(|connection| connection.role().is_some());
        assemble::migrations(assemble::Material {
            config: self.config,
            connections,
            pairs: self.pairs,
            would_show: self.announcements.would_show,
            announcements: self.announcements.in_order(),
            span,
        })
    }

    /// A virtual machine arrived: the gaps of its flows around this moment are wanted.
    fn arrived(&mut self, mac: Mac, time_ns: i64) {
        let senders = self.pairs.iter_mut().flatten();
        for sender in senders.filter(|sender| sender.mac() == Some(mac)) {
            sender.want(time_ns);
        }
    }
}

fn place<T: Default>(places: &mut Vec<T>, conversation: u32) -> &mut T {
    let index = conversation as usize;
    if index >= places.len() {
        places.resize_with(index + 1, T::default);
    }
    &mut places[index]
}

/// The connection goes from the source of a main stream to where that stream went.
fn runs_beside(connection: &Connection, main: &(IpAddr, SocketAddr)) -> bool {
    let [a, b] = connection.ends;
    (a.ip() == main.0 && b == main.1) || (b.ip() == main.0 && a == main.1)
}

/// The frame is for more than one receiver, so that it is seen everywhere.
fn is_for_many(packet: &Packet, ip: &Ip) -> bool {
    let broadcast = ip.dst == IpAddr::V4(Ipv4Addr::BROADCAST);
    packet.dst_mac.is_some_and(|mac| mac.0[0] & 1 != 0) || ip.dst.is_multicast() || broadcast
}

/// A datagram or an echo; not the messages that keep a network together.
fn is_exchange(ip: &Ip) -> bool {
    // Echo reply and request, of ICMP and ICMPv6.
    const ECHO: [u8; 4] = [0, 8, 129, 128];
    match ip.transport {
        Transport::Udp { .. } | Transport::Ports { .. } => ip.payload_len > 0,
        Transport::Icmp { kind, .. } => ECHO.contains(&kind),
        _ => false,
    }
}
