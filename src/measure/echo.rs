//! Echo: requests that come back, by ICMP or UDP. Loss, round-trip time, and the longest time without a reply.
//!
//! An ICMP or ICMPv6 reply belongs to the request of the same client, server, identifier and sequence number. For UDP,
//! conversations that are echoes are found by their content ([`probation`]), unless both ends use one port, and a reply
//! belongs to the request of the same payload. An ICMP error that quotes a request is no reply.
//!
//! - A request is *lost* when its timeout passed without a reply. Requests of the capture's last moments, whose timeout
//!   had not passed at its end, are neither lost nor answered ([`EchoFlow::unanswered_at_end`]). `tshark -z icmp,srt`
//!   knows no timeout: it counts them as lost, and takes a reply however late.
//! - The round-trip time is the one at the capture point. A program that pings measures its own and its kernel's way
//!   too: in the captures taken at the client, 10 to 40 us more in the mean.
//! - The *longest gap* is the longest time without a reply while requests were sent: between two replies that follow
//!   each other, as a client's log shows it. Where the client asked nothing for longer than the timeout, it was idle
//!   (or its requests went another way): the gap ends with the request before, and another may begin with the next
//!   one. Before the first reply it begins with the first request; after the last one it reaches to the last request
//!   that was lost.
//!
//! Frames that are copies of others (mirror ports) are to be left out by the caller: a copy would be a request of its
//! own, and lost.

mod flow;
pub mod pending;
pub mod probation;
mod silence;

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::flow::{EchoEnd, EchoFlow, EchoGap, EchoKind};
pub use self::silence::Silence;

use self::pending::{Fate, Name, Pending};
use self::probation::{Mark, Probation, Recognised, Verdict};
use crate::packet::{Ip, Network, Packet, Transport};

/// `--echo-timeout` where it is not given.
pub const DEFAULT_TIMEOUT_NS: i64 = 2_000_000_000;

/// Most clients and servers that are told apart.
const FLOWS: usize = 65_536;

/// Half of the UDP conversations that may be on probation at a time.
const ON_PROBATION: usize = 16_384;

/// Most conversations of which it is remembered that they are no echo.
const REJECTED: usize = 1 << 20;

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// What became of a request. Told when it is known, which may be long after the request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EchoEvent {
    /// Number of the flow, counted from 0: index into [`EchoTracker::flows`].
    pub flow: usize,
    /// Number of the conversation, as the caller counts them.
    pub conversation: u32,
    /// The conversation's direction from client to server.
    pub direction: usize,
    /// When the request was seen.
    pub sent_ns: i64,
    /// What became of it.
    pub outcome: EchoOutcome,
}

/// Answered or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoOutcome {
    /// A reply came in time.
    Answered {
        /// When the reply was seen.
        received_ns: i64,
        /// From request to reply, nanoseconds.
        rtt_ns: u64,
        /// Absolute difference to the round trip of the flow's reply before; `None` for the first.
        change_ns: Option<u64>,
    },
    /// None came within the timeout.
    Lost,
}

/// Finds echo requests and their replies.
#[derive(Debug)]
pub struct EchoTracker {
    flows: Vec<EchoFlow>,
    pending: Pending,
    /// ICMP: flow by conversation and direction of the requests.
    icmp: FxHashMap<(u32, usize), u32>,
    /// UDP: conversations that are echoes: their flow, and whether replies equal requests throughout.
    udp: FxHashMap<u32, (u32, bool)>,
    rejected: FxHashSet<u32>,
    /// Two generations: when `young` is full it becomes `old`, and what was old is forgotten.
    young: FxHashMap<u32, Probation>,
    old: FxHashMap<u32, Probation>,
    left_out: u64,
}

impl Default for EchoTracker {
    fn default() -> Self {
        Self::new(DEFAULT_TIMEOUT_NS)
    }
}

impl EchoTracker {
    /// A tracker that waits for a reply for `timeout_ns`.
    pub fn new(timeout_ns: i64) -> Self {
        Self {
            flows: Vec::new(),
            pending: Pending::new(timeout_ns),
            icmp: FxHashMap::default(),
            udp: FxHashMap::default(),
            rejected: FxHashSet::default(),
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            left_out: 0,
        }
    }

    /// Takes the next packet in the file's order, `payload` being what was captured of its transport payload, in
    /// `direction` (0 or 1) of `conversation` (same addresses, protocol and ports, whichever way). Appends to `events`
    /// what became known. Packets of other transports, and frames without a time, are passed over.
    pub fn packet(
        &mut self,
        conversation: u32,
        direction: usize,
        packet: &Packet,
        payload: &[u8],
        events: &mut Vec<EchoEvent>,
    ) {
        let (Network::Ip(ip), Some(time_ns)) = (&packet.network, packet.time_ns) else {
            return;
        };
        match ip.transport {
            // Fragments without their ports make one conversation of several.
            Transport::Udp { src_port, dst_port } if ip.fragment.is_none() && !are_peers(src_port, dst_port) => {
                let ports = (Some(src_port), Some(dst_port));
                self.udp(conversation, direction, (ip, ports), time_ns, payload, events);
            }
            Transport::Icmp {
                kind,
                identifier,
                sequence,
                ..
            } => {
                let key = u64::from(identifier) << 16 | u64::from(sequence);
                match (ip.protocol, kind) {
                    (ICMP, 8) | (ICMPV6, 128) => self.icmp_request(conversation, direction, ip, time_ns, key, events),
                    (ICMP, 0) | (ICMPV6, 129) => self.icmp_reply(conversation, direction, time_ns, key, events),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The capture is over; `end_ns` is the time of its last frame. Call once.
    pub fn finish(&mut self, end_ns: i64, events: &mut Vec<EchoEvent>) {
        self.expire(end_ns, events);
        let flows = &mut self.flows;
        self.pending.drain(|flow, _| {
            if let Some(flow) = flows.get_mut(flow as usize) {
                flow.unanswered_at_end += 1;
            }
        });
        self.flows.iter_mut().for_each(EchoFlow::finish);
    }

    /// All flows, in the order in which they were recognised. Complete after [`EchoTracker::finish`].
    pub fn flows(&self) -> &[EchoFlow] {
        &self.flows
    }

    /// Requests and echo conversations beyond the bound on how many flows are followed, not measured.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn icmp_request(
        &mut self,
        conversation: u32,
        direction: usize,
        ip: &Ip,
        time_ns: i64,
        key: u64,
        events: &mut Vec<EchoEvent>,
    ) {
        if is_group(ip) {
            return;
        }
        let known = self.icmp.get(&(conversation, direction)).copied();
        let Some(flow) = known.or_else(|| {
            let number = self.open(EchoKind::Icmp, ip, (None, None), (conversation, direction), time_ns)?;
            self.icmp.insert((conversation, direction), number);
            Some(number)
        }) else {
            return;
        };
        self.request(Name { flow, key }, 0, time_ns, events);
    }

    fn icmp_reply(&mut self, conversation: u32, direction: usize, time_ns: i64, key: u64, events: &mut Vec<EchoEvent>) {
        if let Some(&flow) = self.icmp.get(&(conversation, 1 - (direction & 1))) {
            self.reply(Name { flow, key }, 0, false, time_ns, events);
        }
    }

    fn udp(
        &mut self,
        conversation: u32,
        direction: usize,
        (ip, ports): (&Ip, (Option<u16>, Option<u16>)),
        time_ns: i64,
        payload: &[u8],
        events: &mut Vec<EchoEvent>,
    ) {
        if self.rejected.contains(&conversation) {
            return;
        }
        let Some(mark) = Mark::of(payload, ip.payload_len) else {
            return;
        };
        if let Some(&(flow, exact)) = self.udp.get(&conversation) {
            let name = Name { flow, key: mark.key };
            let asks = self
                .flows
                .get(flow as usize)
                .is_some_and(|flow| flow.direction == direction);
            if asks {
                self.request(name, mark.content, time_ns, events);
            } else {
                self.reply(name, mark.content, exact || mark.strict, time_ns, events);
            }
            return;
        }
        if is_group(ip) {
            return;
        }
        let timeout_ns = self.pending.timeout_ns();
        match self
            .on_probation(conversation)
            .datagram(direction, mark, time_ns, timeout_ns)
        {
            Verdict::Undecided => {}
            Verdict::No => self.reject(conversation),
            Verdict::Yes(found) => {
                self.young.remove(&conversation);
                self.recognise(conversation, direction, (ip, ports), &found, events);
            }
        }
    }

    fn on_probation(&mut self, conversation: u32) -> &mut Probation {
        if !self.young.contains_key(&conversation) {
            let known = self.old.remove(&conversation).unwrap_or_default();
            if self.young.len() >= ON_PROBATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(conversation, known);
        }
        self.young.entry(conversation).or_default()
    }

    fn reject(&mut self, conversation: u32) {
        self.young.remove(&conversation);
        if self.rejected.len() >= REJECTED {
            // They will have to prove themselves again, that is all.
            self.rejected.clear();
        }
        self.rejected.insert(conversation);
    }

    /// Makes up for what was seen on probation, in the order in which it happened. `direction` is this datagram's.
    fn recognise(
        &mut self,
        conversation: u32,
        direction: usize,
        (ip, ports): (&Ip, (Option<u16>, Option<u16>)),
        found: &Recognised,
        events: &mut Vec<EchoEvent>,
    ) {
        let first_ns = found.requests.first().map_or(0, |&(sent_ns, ..)| sent_ns);
        let place = (conversation, found.client);
        let flow = if direction == found.client {
            self.open(EchoKind::Udp, ip, ports, place, first_ns)
        } else {
            let turned = Ip {
                src: ip.dst,
                dst: ip.src,
                ..*ip
            };
            self.open(EchoKind::Udp, &turned, (ports.1, ports.0), place, first_ns)
        };
        let Some(number) = flow else {
            self.reject(conversation);
            return;
        };
        self.udp.insert(conversation, (number, found.exact));
        if let Some(flow) = self.flows.get_mut(number as usize) {
            flow.sent += found.unanswered;
            flow.lost += found.unanswered;
        }
        let requests = found.requests.iter().map(|&(sent_ns, mark, _)| (sent_ns, mark, false));
        let replies = found
            .requests
            .iter()
            .filter_map(|&(_, mark, reply_ns)| Some((reply_ns?, mark, true)));
        let mut past: Vec<_> = requests.chain(replies).collect();
        past.sort_by_key(|&(time_ns, _, is_reply)| (time_ns, is_reply));
        for (time_ns, mark, is_reply) in past {
            let name = Name {
                flow: number,
                key: mark.key,
            };
            if is_reply {
                self.reply(name, mark.content, false, time_ns, events);
            } else {
                self.request(name, mark.content, time_ns, events);
            }
        }
    }

    fn open(
        &mut self,
        kind: EchoKind,
        ip: &Ip,
        ports: (Option<u16>, Option<u16>),
        place: (u32, usize),
        first_ns: i64,
    ) -> Option<u32> {
        if self.flows.len() >= FLOWS {
            self.left_out += 1;
            return None;
        }
        let number = u32::try_from(self.flows.len()).ok()?;
        let client = EchoEnd {
            address: ip.src,
            port: ports.0,
        };
        let server = EchoEnd {
            address: ip.dst,
            port: ports.1,
        };
        self.flows.push(EchoFlow::new(kind, (client, server), place, first_ns));
        Some(number)
    }

    fn request(&mut self, name: Name, content: u64, time_ns: i64, events: &mut Vec<EchoEvent>) {
        let timeout_ns = self.pending.timeout_ns();
        if let Some(flow) = self.flows.get_mut(name.flow as usize) {
            flow.request(time_ns, timeout_ns);
        }
        self.pending.insert(name, content, time_ns);
        self.expire(time_ns, events);
    }

    fn reply(&mut self, name: Name, content: u64, exact: bool, time_ns: i64, events: &mut Vec<EchoEvent>) {
        let sent_ns = self.pending.answer(name, content, exact, time_ns);
        let Some(flow) = self.flows.get_mut(name.flow as usize) else {
            return;
        };
        match sent_ns {
            None => flow.stray_replies += 1,
            Some(sent_ns) => {
                let (rtt_ns, change_ns) = flow.reply(sent_ns, time_ns);
                events.push(EchoEvent {
                    flow: name.flow as usize,
                    conversation: flow.conversation,
                    direction: flow.direction,
                    sent_ns,
                    outcome: EchoOutcome::Answered {
                        received_ns: time_ns,
                        rtt_ns,
                        change_ns,
                    },
                });
            }
        }
        self.expire(time_ns, events);
    }

    fn expire(&mut self, now_ns: i64, events: &mut Vec<EchoEvent>) {
        let flows = &mut self.flows;
        self.pending.expire(now_ns, |number, sent_ns, fate| {
            let Some(flow) = flows.get_mut(number as usize) else {
                return;
            };
            match fate {
                Fate::Forgotten => flow.forgotten += 1,
                Fate::Lost => {
                    flow.lose(sent_ns);
                    events.push(EchoEvent {
                        flow: number as usize,
                        conversation: flow.conversation,
                        direction: flow.direction,
                        sent_ns,
                        outcome: EchoOutcome::Lost,
                    });
                }
            }
        });
    }
}

/// A client takes a port of its own. Where both ends use one and the same, peers pass messages on to each other: a
/// cluster's token comes round as it went, and is no probe of the path.
fn are_peers(src_port: u16, dst_port: u16) -> bool {
    const ECHO: u16 = 7;
    src_port == dst_port && src_port != ECHO
}

/// Sent to a group: whoever answers does so from another address.
fn is_group(ip: &Ip) -> bool {
    match ip.dst {
        std::net::IpAddr::V4(address) => address.is_multicast() || address.is_broadcast(),
        std::net::IpAddr::V6(address) => address.is_multicast(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::lab;
    use crate::packet::LengthSource;
    use std::net::IpAddr;

    const MS: i64 = 1_000_000;

    struct Bench {
        tracker: EchoTracker,
        events: Vec<EchoEvent>,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                tracker: EchoTracker::default(),
                events: Vec::new(),
            }
        }

        fn take(&mut self, time_ms: i64, direction: usize, protocol: u8, transport: Transport, payload: &[u8]) {
            let hosts: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
            let packet = Packet {
                time_ns: Some(time_ms * MS),
                wire_len: 100,
                captured_len: 100,
                interface: 0,
                src_mac: None,
                dst_mac: None,
                network: Network::Ip(Ip {
                    src: hosts[direction],
                    dst: hosts[1 - direction],
                    protocol,
                    ttl: 64,
                    identification: None,
                    total_len: 86,
                    length_source: LengthSource::Header,
                    fragment: None,
                    transport,
                    payload_len: payload.len() as u32,
                    payload_offset: 42,
                    payload_captured: payload.len() as u32,
                }),
            };
            self.tracker
                .packet(u32::from(protocol), direction, &packet, payload, &mut self.events);
        }

        fn icmp(&mut self, time_ms: i64, direction: usize, kind: u8, sequence: u16) {
            let transport = Transport::Icmp {
                kind,
                code: 0,
                identifier: 77,
                sequence,
            };
            let protocol = if kind >= 128 { ICMPV6 } else { ICMP };
            self.take(time_ms, direction, protocol, transport, &[]);
        }

        fn udp(&mut self, time_ms: i64, direction: usize, number: u64) {
            let (src_port, dst_port) = if direction == 0 { (5000, 7) } else { (7, 5000) };
            let payload = [&number.to_be_bytes()[..], &[0x55; 20]].concat();
            self.take(time_ms, direction, 17, Transport::Udp { src_port, dst_port }, &payload);
        }

        fn finish(mut self, end_ms: i64) -> (Vec<EchoFlow>, Vec<EchoEvent>) {
            self.tracker.finish(end_ms * MS, &mut self.events);
            (self.tracker.flows().to_vec(), self.events)
        }
    }

    fn counts(flow: &EchoFlow) -> [u64; 4] {
        assert_eq!(
            flow.sent,
            flow.answered + flow.lost + flow.unanswered_at_end + flow.forgotten
        );
        [flow.sent, flow.lost, flow.unanswered_at_end, flow.stray_replies]
    }

    #[test]
    fn requests_are_answered_lost_or_still_open_at_the_end() {
        let mut bench = Bench::new();
        for (sequence, time) in [(1, 0), (2, 1000), (3, 2000), (4, 3000)] {
            bench.icmp(time, 0, 8, sequence);
            if sequence != 2 {
                bench.icmp(time + 7, 1, 0, sequence);
            }
        }
        bench.icmp(4000, 0, 8, 5);
        bench.icmp(3_500, 1, 0, 9);
        let (flows, events) = bench.finish(5500);
        let flow = &flows[0];
        assert_eq!(counts(flow), [5, 1, 1, 1]);
        assert_eq!(
            (flow.client.to_string(), flow.server.to_string()),
            ("10.0.0.1".into(), "10.0.0.2".into())
        );
        assert_eq!(
            (flow.rtt_ns.min(), flow.rtt_ns.max()),
            (Some(7_000_000), Some(7_000_000))
        );
        // Sent at 1000 ms, known to be lost when 2000 ms more had passed: with the request of 4000 ms.
        let told: Vec<_> = events
            .iter()
            .map(|event| (event.sent_ns / MS, event.outcome == EchoOutcome::Lost))
            .collect();
        assert_eq!(told, [(0, false), (2000, false), (3000, false), (1000, true)]);
        let EchoOutcome::Answered {
            received_ns,
            rtt_ns,
            change_ns,
        } = events[1].outcome
        else {
            panic!()
        };
        assert_eq!((received_ns, rtt_ns, change_ns), (2007 * MS, 7_000_000, Some(0)));
    }

    #[test]
    fn a_reply_after_the_timeout_does_not_save_its_request() {
        let mut bench = Bench::new();
        bench.icmp(0, 0, 128, 1);
        bench.icmp(2001, 1, 129, 1);
        let (flows, _) = bench.finish(2001);
        assert_eq!(counts(&flows[0]), [1, 1, 0, 1]);
        assert_eq!(flows[0].rtt_ns.count(), 0);
    }

    #[test]
    fn an_error_that_quotes_the_request_is_no_reply() {
        let mut bench = Bench::new();
        bench.icmp(0, 0, 8, 1);
        for kind in [3, 11, 5, 12] {
            bench.icmp(1, 1, kind, 1);
        }
        assert_eq!(counts(&bench.finish(3000).0[0]), [1, 1, 0, 0]);
    }

    #[test]
    fn each_side_may_ask_the_other() {
        let mut bench = Bench::new();
        bench.icmp(0, 0, 8, 1);
        bench.icmp(1, 1, 8, 1);
        bench.icmp(2, 0, 0, 1);
        bench.icmp(5, 1, 0, 1);
        let (flows, _) = bench.finish(3000);
        let told: Vec<_> = flows
            .iter()
            .map(|flow| (flow.client.to_string(), flow.direction, flow.rtt_ns.max()))
            .collect();
        assert_eq!(
            told,
            [
                ("10.0.0.1".into(), 0, Some(5_000_000)),
                ("10.0.0.2".into(), 1, Some(1_000_000))
            ]
        );
    }

    #[test]
    fn a_token_that_goes_round_between_peers_is_no_probe() {
        let mut bench = Bench::new();
        for (port, expected) in [(5405, 0), (7, 1)] {
            for n in 0..40_u8 {
                let (src_port, dst_port) = (port, port);
                bench.take(
                    i64::from(n),
                    usize::from(n % 2),
                    17,
                    Transport::Udp { src_port, dst_port },
                    &[n / 2; 20],
                );
            }
            assert_eq!(bench.tracker.flows().len(), expected, "port {port}");
        }
    }

    #[test]
    fn what_happened_on_probation_is_told_when_it_is_over() {
        let mut bench = Bench::new();
        bench.udp(0, 0, 1);
        for number in 2..=4 {
            bench.udp(number as i64 * 10, 0, number);
            assert!(bench.events.is_empty());
            bench.udp(number as i64 * 10 + 3, 1, number);
        }
        assert_eq!(bench.events.len(), 3);
        bench.udp(50, 0, 5);
        bench.udp(51, 1, 5);
        let (flows, events) = bench.finish(9000);
        assert_eq!(counts(&flows[0]), [5, 1, 0, 0]);
        assert_eq!(
            (flows[0].client.to_string(), flows[0].server.to_string()),
            ("10.0.0.1:5000".into(), "10.0.0.2:7".into())
        );
        assert_eq!((flows[0].rtt_ns.sum(), flows[0].first_ns), (10_000_000, 0));
        assert_eq!(
            events.last().map(|event| (event.sent_ns, event.outcome)),
            Some((0, EchoOutcome::Lost))
        );
    }

    #[test]
    fn the_server_is_named_rightly_when_the_reply_ends_the_probation_or_the_request_was_missed() {
        let mut bench = Bench::new();
        bench.udp(0, 1, 99);
        for number in 0..6 {
            bench.udp(number as i64 * 10, 0, number);
            bench.udp(number as i64 * 10 + 3, 1, number);
        }
        let (flows, _) = bench.finish(9000);
        assert_eq!(flows[0].client.to_string(), "10.0.0.1:5000");
        assert_eq!(counts(&flows[0]), [6, 0, 0, 0]);
    }

    #[test]
    fn a_datagram_that_says_nothing_or_goes_to_a_group_is_passed_over() {
        let mut bench = Bench::new();
        for n in 0..10 {
            bench.take(
                n,
                0,
                17,
                Transport::Udp {
                    src_port: 1,
                    dst_port: 2,
                },
                &[],
            );
            bench.take(
                n,
                1,
                17,
                Transport::Udp {
                    src_port: 2,
                    dst_port: 1,
                },
                &[],
            );
        }
        assert!(bench.finish(9000).0.is_empty());
    }

    #[test]
    fn probation_is_bounded_and_rejection_is_remembered() {
        let mut bench = Bench::new();
        let network = |src: u8| {
            let mut packet = lab::udp_packet(0, 20);
            if let Network::Ip(ip) = &mut packet.network {
                ip.src = IpAddr::from([10, 0, 0, src]);
            }
            packet
        };
        for n in 0..100_000_u32 {
            let payload = [&n.to_be_bytes()[..], &[7; 16]].concat();
            bench.tracker.packet(n, 0, &network(1), &payload, &mut bench.events);
        }
        assert!(bench.tracker.young.len() + bench.tracker.old.len() <= 2 * ON_PROBATION);
        for n in 0..200_u8 {
            bench
                .tracker
                .packet(7, usize::from(n % 2), &network(n % 2), &[n; 20], &mut bench.events);
        }
        assert!(bench.tracker.rejected.contains(&7));
        assert!(bench.tracker.flows().is_empty());
    }

    proptest::proptest! {
        #[test]
        fn every_request_has_one_fate_whatever_comes(
            steps in proptest::collection::vec((0..4000_i64, 0..2_usize, 0..5_u8, 0..4_u16), 1..200),
        ) {
            let mut bench = Bench::new();
            for (time, direction, what, number) in steps {
                match what {
                    0 => bench.icmp(time, direction, 8, number),
                    1 => bench.icmp(time, direction, 0, number),
                    _ => bench.udp(time, direction, u64::from(number)),
                }
            }
            let (flows, events) = bench.finish(4000);
            let requests = flows.iter().map(|flow| counts(flow)[0] - flow.unanswered_at_end).sum::<u64>();
            proptest::prop_assert!(events.len() as u64 <= requests);
            for flow in flows {
                proptest::prop_assert_eq!(flow.rtt_ns.count(), flow.answered);
            }
        }
    }

    /// The flows of a shared capture.
    fn measured(capture: &str) -> Option<Vec<EchoFlow>> {
        let mut tracker = EchoTracker::default();
        let mut events = Vec::new();
        let end_ns = lab::each_packet(capture, |conversation, direction, packet, payload| {
            tracker.packet(conversation, direction, packet, payload, &mut events);
        })?;
        tracker.finish(end_ns, &mut events);
        let lost = events.iter().filter(|event| event.outcome == EchoOutcome::Lost).count();
        let told = ((events.len() - lost) as u64, lost as u64);
        let sum = |of: fn(&EchoFlow) -> u64| tracker.flows().iter().map(of).sum::<u64>();
        assert_eq!(told, (sum(|f| f.answered), sum(|f| f.lost)));
        Some(tracker.flows().to_vec())
    }

    #[test]
    fn shared_client_logs_agree_on_requests_losses_and_the_longest_gap() {
        // Requests and losses as its log says; the gap between replies within half a millisecond.
        for folder in lab::folders() {
            for capture in ["client.pcap", "client.pcap.zst", "src.pcap.zst"] {
                // Where the VM stayed on the source, the source saw all of it.
                let stayed = ["08-cancelled", "12-no-migration", "17-ssh-bulk"].contains(&folder.as_str());
                if capture.starts_with("src") && !stayed {
                    continue;
                }
                let Some(flows) = measured(&format!("lab/{folder}/{capture}")) else {
                    continue;
                };
                for (kind, key) in [(EchoKind::Udp, "udp"), (EchoKind::Icmp, "ping")] {
                    let truth = lab::truth(&folder);
                    let Some(client) = truth.get("client").and_then(|client| client.get(key)) else {
                        continue;
                    };
                    let number = |key: &str| client.get(key).and_then(|value| value.as_f64());
                    let sent = number("sent").unwrap();
                    let lost = number("lost").unwrap_or_else(|| sent - number("received").unwrap());
                    let flows: Vec<_> = flows.iter().filter(|flow| flow.kind == kind).collect();
                    let [flow] = flows[..] else {
                        panic!("{folder} {key}: {flows:#?}")
                    };
                    assert_eq!((flow.sent as f64, flow.lost as f64), (sent, lost), "{folder} {key}");
                    let gap_ms = flow.longest_gap.unwrap().len_ns() as f64 / 1e6;
                    let said = number("longest_reply_gap_ms").unwrap();
                    assert!((gap_ms - said).abs() < 0.5, "{folder} {key}: {gap_ms} for {said}");
                    let rtt = client.get("rtt_ms");
                    let said: Vec<f64> = match rtt {
                        Some(rtt) => ["mean", "min", "max"]
                            .map(|key| rtt.get(key).unwrap().as_f64().unwrap())
                            .into(),
                        None => lab::ping_rtt(client.get("summary").unwrap().as_str().unwrap()),
                    };
                    let ours = [
                        flow.rtt_ns.mean_ns().unwrap() / 1e6,
                        flow.rtt_ns.min().unwrap() as f64 / 1e6,
                        flow.rtt_ns.max().unwrap() as f64 / 1e6,
                    ];
                    if capture.starts_with("src") {
                        continue;
                    }
                    // The client's time holds its own and its kernel's way besides.
                    for (ours, said) in ours.iter().zip(&said) {
                        assert!(
                            (0.0..0.5).contains(&(said - ours)),
                            "{folder} {key}: {ours} for {said} ms"
                        );
                    }
                    assert!(
                        said[0] - ours[0] < 0.05,
                        "{folder} {key}: mean {ours:?} for {said:?} ms"
                    );
                }
            }
        }
    }

    #[test]
    fn shared_captures_without_echo_hold_none_and_cluster_chatter_is_none() {
        // 12 and 17: iperf3, corosync's traffic and a copy by SSH beside one client's UDP probes and ping.
        for folder in ["12-no-migration", "17-ssh-bulk"] {
            for capture in ["src.pcap.zst", "dst.pcap.zst", "client.pcap.zst"] {
                let Some(flows) = measured(&format!("lab/{folder}/{capture}")) else {
                    continue;
                };
                let clients: Vec<_> = flows.iter().map(|flow| flow.client.address.to_string()).collect();
                assert!(
                    clients.iter().all(|client| client == "10.132.4.50"),
                    "{folder} {capture}: {clients:?}"
                );
            }
        }
    }

    #[test]
    fn shared_corpus_pings_agree_with_tshark() {
        for row in lab::corpus_truth("icmp.tsv") {
            let [file, _, sent, answered, lost, _, min, max, mean] = &row[..9] else {
                panic!("{row:?}")
            };
            let capture = format!("corpus/accuracy/{file}");
            let (mut fragments, mut unknown, mut backwards, mut before) = (false, false, false, 0_i64);
            lab::each_frame(&capture, |packet| {
                unknown |= packet.network == Network::UnknownLink;
                fragments |= matches!(packet.network, Network::Ip(ip) if ip.fragment.is_some());
                backwards |= packet
                    .time_ns
                    .is_some_and(|time_ns| before.saturating_sub(time_ns) > 1_000_000_000);
                before = packet.time_ns.unwrap_or(before);
            });
            // A link type that is not known here, and a file whose clock jumps by years.
            if unknown || backwards {
                continue;
            }
            let flows = measured(&capture).unwrap();
            let mut rtt = crate::measure::histogram::Histogram::new();
            let [mut ours_sent, mut ours_answered, mut ours_lost] = [0; 3];
            for flow in flows.iter().filter(|flow| flow.kind == EchoKind::Icmp) {
                rtt.merge(&flow.rtt_ns);
                ours_sent += flow.sent;
                ours_answered += flow.answered;
                // tshark knows no timeout, and so no request that may still be answered.
                ours_lost += flow.lost + flow.unanswered_at_end;
            }
            let counts = [ours_sent, ours_answered, ours_lost].map(|count| count.to_string());
            assert_eq!(counts, [sent.clone(), answered.clone(), lost.clone()], "{file}");
            let ours = [
                rtt.min().map(|ns| ns as f64),
                rtt.max().map(|ns| ns as f64),
                rtt.mean_ns(),
            ];
            for (ours, theirs) in ours
                .map(|ns| ns.unwrap_or_default() / 1e6)
                .into_iter()
                .zip([min, max, mean])
            {
                if fragments {
                    // tshark takes the time of the last fragment, here the first one speaks.
                    let theirs: f64 = theirs.parse().unwrap();
                    assert!((theirs - ours).abs() < 0.5, "{file}: {ours} for {theirs}");
                } else {
                    assert_eq!(format!("{ours:.3}"), *theirs, "{file}");
                }
            }
        }
    }
}
