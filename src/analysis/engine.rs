//! The ordered fold: takes every frame of a run once, in the file's order, and keeps what the answers need.

use rustc_hash::FxHashMap;

use super::conversation::{Conversation, TcpState};
use super::pairs::{Named, Pairs};
use super::pipeline::DecodedBlock;
use super::quality::Quality;
use crate::capture::Frame;
use crate::flow::duplicates::DuplicateFinder;
use crate::flow::table::{Endpoint, FlowTable, Tuple};
use crate::measure::echo::{EchoEvent, EchoOutcome, EchoTracker};
use crate::measure::rtp::RtpTracker;
use crate::measure::tally::{FrameSample, RtpPart};
use crate::measure::tcp::standard::{RttSample, TcpTracker};
use crate::measure::tcp::tcptrace::announced_payload_len;
use crate::measure::tcp::wireshark::{Flag, WiresharkAnalyser};
use crate::migration::{self, Migration, MigrationTracker, Moves, Role};
use crate::options::{AnalysisOptions, Host, TimePoint};
use crate::packet::{FragmentTracker, Ip, Network, Packet, Tcp, Transport};

/// How many blocks pass between two looks at the memory that the timelines take.
const BLOCKS_PER_BOUND_CHECK: u32 = 32;

/// Stages told apart. A migration makes about six, multifd two more for each channel.
const MAX_STAGES: u32 = 256;

/// What is kept of a run while its frames pass.
#[derive(Debug)]
pub struct Engine {
    interval_ns: i64,
    from: Option<TimePoint>,
    to: Option<TimePoint>,
    /// Keep what only `inspect` prints.
    detail: bool,
    number: u64,
    blocks: u32,
    table: FlowTable,
    duplicates: DuplicateFinder,
    fragments: FragmentTracker,
    /// Conversations in order of their first frame.
    pub conversations: Vec<Conversation>,
    /// Pairs of hosts.
    pub pairs: Pairs,
    /// The capture itself.
    pub quality: Quality,
    /// ICMP and UDP echo.
    pub echo: EchoTracker,
    echo_events: Vec<EchoEvent>,
    /// RTP streams; made with the first datagram.
    pub rtp: Option<RtpTracker>,
    /// Migrations.
    pub migration: MigrationTracker,
    /// Rises whenever a migration begins, ends or shows that the machine has moved: the series of every pair of hosts
    /// are cut there, so that what went before, during and after can be told apart.
    stage: u32,
    /// IP packets left out by `--from` and `--to`: frames and wire bytes.
    pub outside_time: (u64, u64),
}

impl Engine {
    /// An engine that has seen nothing. `detail` keeps tcptrace's figures per conversation.
    pub fn new(options: &AnalysisOptions, detail: bool) -> Self {
        let vm = match &options.vm {
            None => Vec::new(),
            Some(Host::Mac(mac)) => vec![migration::VmName::Mac(*mac)],
            Some(Host::Addresses(addresses)) => addresses.iter().copied().map(migration::VmName::Ip).collect(),
        };
        Self {
            interval_ns: options.interval_ns.max(1),
            from: options.from,
            to: options.to,
            detail,
            number: 0,
            blocks: 0,
            table: FlowTable::default(),
            duplicates: DuplicateFinder::default(),
            fragments: FragmentTracker::new(),
            conversations: Vec::new(),
            pairs: Pairs::new(Named {
                source: options.source.clone(),
                target: options.target.clone(),
                port: options.port,
            }),
            quality: Quality::default(),
            echo: EchoTracker::new(options.echo_timeout_ns),
            echo_events: Vec::new(),
            rtp: None,
            migration: MigrationTracker::new(migration::Config { vm }),
            stage: 0,
            outside_time: (0, 0),
        }
    }

    /// Takes the next block of the run.
    pub fn block(&mut self, decoded: &DecodedBlock) {
        for (frame, packet) in decoded.block.frames.iter().zip(&decoded.packets) {
            self.frame(frame, packet, decoded.block.bytes(frame));
        }
        self.blocks += 1;
        if self.blocks.is_multiple_of(BLOCKS_PER_BOUND_CHECK) {
            self.pairs.bound();
        }
    }

    fn frame(&mut self, frame: &Frame, packet: &Packet, bytes: &[u8]) {
        self.number += 1;
        let bin = self.quality.record(frame, packet, self.interval_ns);
        // A frame without a time stands where the one before it stood.
        let time_ns = frame.time_ns.unwrap_or_else(|| self.quality.latest_ns());
        if let Network::Ip(ip) = &packet.network {
            self.ip(time_ns, bin, packet, ip, bytes);
        } else if self.migration.other(None, time_ns, packet, &[]) {
            self.stage = (self.stage + 1).min(MAX_STAGES);
        }
    }

    fn ip(&mut self, time_ns: i64, bin: i64, packet: &Packet, ip: &Ip, bytes: &[u8]) {
        let payload = captured_payload(ip, bytes);
        // The frame that completes a datagram stands for it; the other fragments belong to no transport.
        let completed = self.fragments.push(ip).map(|datagram| Ip {
            protocol: datagram.protocol,
            transport: datagram.transport,
            payload_len: datagram.payload_len,
            payload_captured: 0,
            fragment: None,
            ..*ip
        });
        let (frames_ip, frames_payload) = (ip, payload);
        let payload = if completed.is_some() { &[] } else { payload };
        let ip = completed.as_ref().unwrap_or(ip);
        let tuple = tuple_of(ip);
        let mut place = self.table.place(&tuple);
        let mut reused = false;
        if let (false, Transport::Tcp(tcp)) = (place.new, &ip.transport)
            && let Some(state) = self.conversations[place.conversation as usize].tcp.as_deref()
            && state.wireshark.opens_new_stream(place.direction, tcp)
        {
            place = self.table.reopen(&tuple);
            reused = true;
        }
        if place.new {
            self.open(packet, ip, &tuple, reused);
        }
        let duplicate = self.duplicates.is_duplicate(time_ns, &place, frames_ip, frames_payload);
        self.quality.duplicates += u64::from(duplicate);
        let Some(conversation) = self.conversations.get_mut(place.conversation as usize) else {
            return;
        };
        let direction = place.direction.index();
        conversation.packets[direction] += 1;
        conversation.wire_bytes[direction] += u64::from(packet.wire_len);
        if duplicate {
            conversation.copied_bytes += u64::from(packet.wire_len);
        }
        conversation.time = Some(
            conversation
                .time
                .map_or((time_ns, time_ns), |(first, _)| (first, time_ns)),
        );

        let mut sample = FrameSample {
            time_ns,
            direction: conversation.pair_direction(direction),
            wire_bytes: u64::from(packet.wire_len),
            ip_bytes: u64::from(ip.total_len),
            duplicate,
            ..FrameSample::default()
        };
        let mut carries_state = false;
        let mut opens = false;
        match (&ip.transport, conversation.tcp.as_deref_mut()) {
            (Transport::Tcp(tcp), Some(state)) => {
                let flags = state.wireshark.packet(place.direction, time_ns, packet, ip, tcp);
                state.flags.add(flags);
                if let Some(tcptrace) = &mut state.tcptrace {
                    let payload_len = announced_payload_len(packet, ip, tcp, bytes);
                    tcptrace.segment(place.direction, time_ns, payload_len, tcp);
                }
                sample.lost_segment = flags.contains(Flag::LostSegment);
                if !sample.duplicate {
                    sample.tcp = state.tracker.segment(place.direction, time_ns, ip, tcp);
                    state.record(direction, &sample.tcp);
                    let hint = self
                        .migration
                        .segment(place.conversation, direction, time_ns, packet, tcp, payload);
                    let state_payload = hint.role.is_some_and(Role::is_state);
                    let changed = conversation.role != hint.role;
                    conversation.role = hint.role;
                    opens = tcp.flags & (Tcp::SYN | Tcp::ACK) == Tcp::SYN || hint.begins_phase;
                    let turns = changed || tcp.has(Tcp::FIN | Tcp::RST) && state_payload;
                    if turns && let Some(pair) = self.pairs.get_mut(conversation.pair) {
                        pair.timeline.begin_epoch();
                    }
                    if turns || hint.begins_phase {
                        self.stage = (self.stage + 1).min(MAX_STAGES);
                    }
                }
                // A copy of such payload too: the span goes on until its last copy.
                carries_state = conversation.role.is_some_and(Role::is_state) && ip.payload_len > 0;
            }
            _ => {
                sample.datagram_payload = u64::from(ip.payload_len);
                if matches!(ip.transport, Transport::Udp { .. }) {
                    // Copies too: tshark counts them, and a copy adds nothing to the standard figures.
                    let rtp = self
                        .rtp
                        .get_or_insert_with(|| RtpTracker::new(self.quality.start_ns.unwrap_or(time_ns)))
                        .packet(packet, payload);
                    sample.rtp = rtp.map(|rtp| RtpPart {
                        expected: rtp.expected,
                        received: rtp.expected.saturating_sub(rtp.lost) + u64::from(rtp.recovered_at_ns.is_some()),
                        jitter_ns: rtp.jitter_ns,
                    });
                }
                if !sample.duplicate {
                    self.migration
                        .other(Some((place.conversation, direction)), time_ns, packet, payload);
                    self.echo
                        .packet(place.conversation, direction, packet, payload, &mut self.echo_events);
                }
            }
        }
        let Some(pair) = self.pairs.get_mut(conversation.pair) else {
            return;
        };
        if outside(self.from, self.to, self.quality.start_ns, time_ns) {
            self.outside_time.0 += 1;
            self.outside_time.1 += u64::from(packet.wire_len);
            return;
        }
        pair.packets[sample.direction] += 1;
        pair.wire_bytes[sample.direction] += sample.wire_bytes;
        if pair.dropped {
            return;
        }
        pair.timeline.enter(self.stage);
        if opens {
            pair.timeline.cut();
        }
        pair.timeline.record(&sample, bin, carries_state);
        if let Some(spurious) = &sample.tcp.spurious {
            let resent_bin = self.quality.bin(spurious.resent_ns, self.interval_ns);
            pair.timeline.take_back(spurious, resent_bin, 1 - sample.direction);
        }
        if !self.echo_events.is_empty() {
            self.book_echo();
        }
    }

    /// To be called once, after the last block.
    pub fn finish(&mut self) {
        let end_ns = self.quality.time.map_or(0, |(_, last)| last);
        self.echo.finish(end_ns, &mut self.echo_events);
        self.book_echo();
        self.pairs.settle();
    }

    /// Books what became of echo requests: sent and lost in the second of the request, the round trip in that of the
    /// reply.
    fn book_echo(&mut self) {
        for event in self.echo_events.drain(..) {
            let Some(conversation) = self.conversations.get(event.conversation as usize) else {
                continue;
            };
            let direction = conversation.pair_direction(event.direction);
            let Some(pair) = self.pairs.get_mut(conversation.pair) else {
                continue;
            };
            let bin = |time_ns: i64| self.quality.bin(time_ns, self.interval_ns);
            let (sent_ns, lost) = (event.sent_ns, event.outcome == EchoOutcome::Lost);
            if let Some(tally) = pair.timeline.datagrams_mut(sent_ns, bin(sent_ns), direction) {
                tally.echo_sent += 1;
                tally.echo_lost += u64::from(lost);
            }
            if lost {
                pair.timeline.note_lost_echo(sent_ns, bin(sent_ns), direction);
            }
            if let EchoOutcome::Answered {
                received_ns,
                rtt_ns,
                change_ns,
            } = event.outcome
                && let Some(tally) = pair.timeline.datagrams_mut(received_ns, bin(received_ns), direction)
            {
                tally.echo_rtt.record(&RttSample { rtt_ns, change_ns });
                pair.timeline.record_echo(received_ns, rtt_ns, direction);
            }
        }
    }

    fn open(&mut self, packet: &Packet, ip: &Ip, tuple: &Tuple, reused: bool) {
        let ports = tuple.has_ports.then_some((tuple.src.port, tuple.dst.port));
        let (pair, flipped) = self.pairs.place(ip, ports, [packet.src_mac, packet.dst_mac]);
        let tcp = (tuple.has_ports && matches!(ip.transport, Transport::Tcp(_))).then(|| {
            let mut state = TcpState {
                wireshark: if reused {
                    WiresharkAnalyser::on_reused_ports()
                } else {
                    WiresharkAnalyser::new()
                },
                tracker: TcpTracker::default(),
                ..TcpState::default()
            };
            if self.detail {
                state.tcptrace = Some(Box::default());
            }
            Box::new(state)
        });
        self.conversations.push(Conversation {
            protocol: tuple.protocol,
            has_ports: tuple.has_ports,
            a: tuple.src,
            b: tuple.dst,
            time: None,
            packets: [0; 2],
            wire_bytes: [0; 2],
            copied_bytes: 0,
            pair,
            flipped,
            role: None,
            tcp,
        });
    }

    /// The migrations, with the conversations that they name.
    pub fn moves(&self, migrations: Vec<Migration>, chosen: Option<usize>) -> Moves {
        let numbers = migrations.iter().flat_map(Migration::conversations);
        let conversations = numbers
            .filter_map(|number| Some((number, self.conversations.get(number as usize)?.named())))
            .collect();
        Moves {
            migrations,
            chosen,
            phase_metrics: Vec::new(),
            conversations,
        }
    }

    /// Hosts by their bytes on the wire, the largest first; for the message that lists who is there.
    pub fn hosts(&self) -> Vec<(std::net::IpAddr, u64)> {
        let mut bytes: FxHashMap<std::net::IpAddr, u64> = FxHashMap::default();
        for conversation in &self.conversations {
            let sum = conversation.wire_bytes.iter().sum::<u64>();
            *bytes.entry(conversation.a.address).or_default() += sum;
            *bytes.entry(conversation.b.address).or_default() += sum;
        }
        let mut hosts: Vec<_> = bytes.into_iter().collect();
        hosts.sort_by_key(|&(address, bytes)| (std::cmp::Reverse(bytes), address));
        hosts
    }
}

fn captured_payload<'a>(ip: &Ip, bytes: &'a [u8]) -> &'a [u8] {
    let start = ip.payload_offset as usize;
    bytes
        .get(start..start.saturating_add(ip.payload_captured as usize))
        .unwrap_or_default()
}

fn tuple_of(ip: &Ip) -> Tuple {
    let ports = match (&ip.fragment, &ip.transport) {
        (Some(_), _) => None,
        (None, Transport::Tcp(tcp)) => Some((tcp.src_port, tcp.dst_port)),
        (None, Transport::Udp { src_port, dst_port } | Transport::Ports { src_port, dst_port }) => {
            Some((*src_port, *dst_port))
        }
        (None, _) => None,
    };
    let (src_port, dst_port) = ports.unwrap_or_default();
    Tuple {
        protocol: ip.protocol,
        has_ports: ports.is_some(),
        src: Endpoint {
            address: ip.src,
            port: src_port,
        },
        dst: Endpoint {
            address: ip.dst,
            port: dst_port,
        },
    }
}

fn outside(from: Option<TimePoint>, to: Option<TimePoint>, start_ns: Option<i64>, time_ns: i64) -> bool {
    let absolute = |point: TimePoint| match point {
        TimePoint::Absolute(ns) => ns,
        TimePoint::Relative(ns) => start_ns.unwrap_or(0).saturating_add(ns),
    };
    from.is_some_and(|from| time_ns < absolute(from)) || to.is_some_and(|to| time_ns >= absolute(to))
}
