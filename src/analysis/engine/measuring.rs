//! The second half of the fold: the pairs' series, echoes and streams, and what migrations do.

mod booking;
mod in_order;

use super::fetch;
use super::{captured_payload, whole};
use crate::analysis::conversation::Course;
use crate::analysis::decoded::{DecodedBlock, Opened, OtherPlaced, Placed, Record, Taken};
use crate::analysis::pairs::{Named, Pairs};
use crate::flow::Direction;
use crate::measure::echo::{EchoEvent, EchoTracker};
use crate::measure::rtp::RtpTracker;
use crate::measure::tally::{FrameSample, PlainSample, RtpPart};
use crate::measure::tcp::standard::{RttSamples, TcpSample};
use crate::migration::{self, MigrationTracker, Role, TrackerHint};
use crate::options::{AnalysisOptions, Host, TimePoint};
use crate::packet::{Ip, Network, Packet, Segment, Tcp, Transport};

/// How many blocks pass between two looks at the memory that the timelines take.
const BLOCKS_PER_BOUND_CHECK: u32 = 16;
/// Stages told apart. A migration makes about six, multifd two more for each channel.
const MAX_STAGES: u32 = 256;

/// Measures placed frames.
#[derive(Debug)]
pub struct Measurer {
    interval_ns: i64,
    from: Option<TimePoint>,
    to: Option<TimePoint>,
    blocks: u32,
    /// Time of the first frame that has one.
    start_ns: Option<i64>,
    /// Of the conversations in order of their first frame.
    pub(super) courses: Vec<Course>,
    pub(super) pairs: Pairs,
    pub(super) echo: EchoTracker,
    echo_events: Vec<EchoEvent>,
    pub(super) rtp: Option<RtpTracker>,
    pub(super) migration: MigrationTracker,
    /// Rises whenever a migration begins, ends or shows that the machine has moved: the series of every pair of hosts
    /// are cut there, so that what went before, during and after can be told apart.
    stage: u32,
    pub(super) outside_time: (u64, u64),
    /// Segments that runs have taken.
    #[cfg(test)]
    in_runs: usize,
}

/// A packet that was placed, with what every transport is asked for.
#[derive(Debug, Clone, Copy)]
struct Arrival<'a> {
    time_ns: i64,
    placed: Placed,
    interface: u32,
    wire_len: u32,
    total_len: u32,
    /// What the estimators made of it; `None` of a copy.
    taken: Option<&'a TcpSample>,
    payload_len: u32,
    /// What was captured of the payload.
    payload: &'a [u8],
}

/// A packet as it was decoded; `ip` is the datagram that it completes where it is a fragment.
#[derive(Debug, Clone, Copy)]
struct Whole<'a> {
    packet: &'a Packet,
    ip: &'a Ip,
}

impl Arrival<'_> {
    fn direction(&self) -> Direction {
        self.placed.direction()
    }

    /// What it adds to the pair, as far as that is the same for every transport.
    fn sample(&self, course: &Course) -> FrameSample {
        FrameSample {
            plain: PlainSample {
                time_ns: self.time_ns,
                direction: course.pair_direction(self.direction().index()),
                wire_bytes: u64::from(self.wire_len),
                ip_bytes: u64::from(self.total_len),
                lost_segment: self.placed.lost_segment,
                ..PlainSample::default()
            },
            duplicate: self.placed.duplicate,
            ..FrameSample::default()
        }
    }
}

impl Measurer {
    /// A half that has seen nothing.
    pub fn new(options: &AnalysisOptions) -> Self {
        let vm = match &options.vm {
            None => Vec::new(),
            Some(Host::Mac(mac)) => vec![migration::VmName::Mac(*mac)],
            Some(Host::Addresses(addresses)) => addresses.iter().copied().map(migration::VmName::Ip).collect(),
        };
        Self {
            interval_ns: options.interval_ns.max(1),
            from: options.from,
            to: options.to,
            blocks: 0,
            start_ns: None,
            courses: Vec::new(),
            pairs: Pairs::new(Named {
                source: options.source.clone(),
                target: options.target.clone(),
                port: options.port,
            }),
            echo: EchoTracker::new(options.echo_timeout_ns),
            echo_events: Vec::new(),
            rtp: None,
            migration: MigrationTracker::new(migration::Config { vm }),
            stage: 0,
            outside_time: (0, 0),
            #[cfg(test)]
            in_runs: 0,
        }
    }

    /// Takes the next block of the run, which the placer has taken.
    pub fn block(&mut self, decoded: &DecodedBlock) {
        let mut opened = decoded.opened.iter();
        let mut others = decoded.others.iter().zip(&decoded.others_placed);
        let (mut rtts, mut samples) = (decoded.rtts.iter(), decoded.samples.iter());
        let many_flows = decoded.has_many_flows();
        let batch_len = fetch::batch(many_flows);
        let batches = decoded.records.chunks(batch_len).zip(decoded.placed.chunks(batch_len));
        for (batch, (records, placed)) in batches.enumerate() {
            self.fetch(records, placed, many_flows);
            let mut at = 0;
            while let (Some(record), Some(here)) = (records.get(at), placed.get(at)) {
                let run = self.run(&records[at..], &placed[at..], &mut rtts);
                if run > 0 {
                    at += run;
                    continue;
                }
                let index = batch * batch_len + at;
                at += 1;
                if here.conversation as usize == self.courses.len()
                    && let Some(opened) = opened.next()
                {
                    self.open(opened);
                }
                let (rtt, sample) = match here.taken {
                    Taken::InOrderWithRtt => (rtts.next().copied().unwrap_or_default(), None),
                    Taken::Sample => (RttSamples::default(), samples.next()),
                    Taken::InOrder | Taken::Nothing => (RttSamples::default(), None),
                };
                if record.flow().is_some() {
                    self.segment(decoded, index, record, here, rtt, sample);
                } else if let Some((packet, other)) = others.next() {
                    self.packet(packet, other, *here, sample, decoded.bytes(index));
                }
            }
        }
        self.blocks += 1;
        if self.blocks.is_multiple_of(BLOCKS_PER_BOUND_CHECK) {
            self.pairs.bound();
        }
    }

    fn open(&mut self, opened: &Opened) {
        let (pair, flipped) = self.pairs.place((opened.src, opened.dst), opened.ports, opened.macs);
        self.courses.push(Course {
            pair,
            flipped,
            is_tcp: opened.is_tcp,
            role: None,
        });
    }

    /// Takes a segment of an open connection, which gave `rtt` where it is in order, else `sample`.
    #[inline(always)]
    fn segment(
        &mut self,
        decoded: &DecodedBlock,
        index: usize,
        record: &Record,
        placed: &Placed,
        rtt: RttSamples,
        sample: Option<&TcpSample>,
    ) {
        let segment = &record.segment;
        self.start_ns.get_or_insert(segment.time_ns);
        if !self.in_order(decoded, segment, placed, rtt) {
            let in_order = || TcpSample::in_order(segment.payload_len.into(), rtt);
            let sample = (placed.taken != Taken::Nothing).then(|| sample.copied().unwrap_or_else(in_order));
            self.any_segment(decoded, index, segment, placed, sample.as_ref());
        }
    }

    /// Gives a segment in order to the migration that its connection may carry; whether it is payload of one's, and
    /// whether a phase begins with it.
    fn follow(&mut self, decoded: &DecodedBlock, segment: &Segment, placed: &Placed) -> (bool, bool) {
        let payload_len = u32::from(segment.payload_len);
        let hint = self.migration.segment_of_known(
            placed.conversation,
            placed.direction().index(),
            segment.time_ns,
            segment.interface.into(),
            payload_len,
            &segment.tcp((0, 0)),
            payload_of(decoded, segment),
        );
        self.turn(placed.conversation, &hint, false);
        (
            payload_len > 0 && hint.role.is_some_and(Role::is_state),
            hint.begins_phase,
        )
    }

    /// Takes over what a segment has shown of its connection; `closes`: it is a FIN or RST.
    fn turn(&mut self, number: u32, hint: &TrackerHint, closes: bool) {
        let Some(course) = self.courses.get_mut(number as usize) else {
            return;
        };
        let changed = std::mem::replace(&mut course.role, hint.role) != hint.role;
        let turns = changed || closes && hint.role.is_some_and(Role::is_state);
        if turns && let Some(pair) = self.pairs.get_mut(course.pair) {
            pair.timeline.begin_epoch();
        }
        if turns || hint.begins_phase {
            self.next_stage();
        }
    }

    fn next_stage(&mut self) {
        self.stage = (self.stage + 1).min(MAX_STAGES);
    }

    #[inline(never)]
    fn any_segment(
        &mut self,
        decoded: &DecodedBlock,
        index: usize,
        segment: &Segment,
        placed: &Placed,
        sample: Option<&TcpSample>,
    ) {
        let arrival = Arrival {
            time_ns: segment.time_ns,
            placed: *placed,
            interface: segment.interface.into(),
            wire_len: segment.wire_len,
            total_len: segment.total_len(),
            taken: sample,
            payload_len: segment.payload_len.into(),
            payload: payload_of(decoded, segment),
        };
        let tcp = segment.tcp((0, 0));
        if self.migration.knows(placed.conversation, arrival.direction().index()) {
            self.tcp(&arrival, &tcp, None);
        } else if let Some(packet) = decoded.packet(index) {
            self.unknown_sender(&arrival, &packet);
        }
    }

    /// Takes a segment of a connection that is open already, but whose sender was not heard so far.
    #[cold]
    fn unknown_sender(&mut self, arrival: &Arrival<'_>, packet: &Packet) {
        if let Network::Ip(ip) = &packet.network {
            self.transport(arrival, Whole { packet, ip });
        }
    }

    /// Takes any other frame.
    fn packet(
        &mut self,
        packet: &Packet,
        other: &OtherPlaced,
        placed: Placed,
        sample: Option<&TcpSample>,
        bytes: &[u8],
    ) {
        if let Some(time_ns) = packet.time_ns {
            self.start_ns.get_or_insert(time_ns);
        }
        let Network::Ip(ip) = &packet.network else {
            if self.migration.other(None, other.time_ns, packet, &[]) {
                self.next_stage();
            }
            return;
        };
        let payload = if other.completed.is_some() {
            &[]
        } else {
            captured_payload(ip, bytes)
        };
        let datagram = whole(ip, other.completed);
        let ip = datagram.as_ref().unwrap_or(ip);
        let arrival = Arrival {
            time_ns: other.time_ns,
            placed,
            interface: packet.interface,
            wire_len: packet.wire_len,
            total_len: ip.total_len,
            taken: sample,
            payload_len: ip.payload_len,
            payload,
        };
        self.transport(&arrival, Whole { packet, ip });
    }

    fn transport(&mut self, arrival: &Arrival<'_>, whole: Whole<'_>) {
        let course = self.courses.get(arrival.placed.conversation as usize);
        match &whole.ip.transport {
            // Without a state the connection's ports were first seen in a header that was cut behind them.
            Transport::Tcp(tcp) if course.is_some_and(|course| course.is_tcp) => {
                self.tcp(arrival, tcp, Some(whole));
            }
            transport => self.datagram(arrival, transport, whole.packet),
        }
    }

    /// Gives a TCP segment to everything that follows its connection; `whole` where its record does not tell all, or its
    /// sender is not known yet.
    fn tcp(&mut self, arrival: &Arrival<'_>, tcp: &Tcp, whole: Option<Whole<'_>>) {
        let number = arrival.placed.conversation;
        let Some(course) = self.courses.get(number as usize) else {
            return;
        };
        let (mut sample, pair, mut role) = (arrival.sample(course), course.pair, course.role);
        let Arrival {
            time_ns,
            interface,
            payload_len,
            payload,
            ..
        } = *arrival;
        let direction = arrival.direction().index();
        let mut opens = false;
        if let Some(taken) = arrival.taken {
            sample.set_tcp(taken);
            let hint = match whole {
                Some(whole) => self
                    .migration
                    .segment(number, direction, time_ns, whole.packet, tcp, payload),
                None => {
                    self.migration
                        .segment_of_known(number, direction, time_ns, interface, payload_len, tcp, payload)
                }
            };
            self.turn(number, &hint, tcp.has(Tcp::FIN | Tcp::RST));
            role = hint.role;
            opens = tcp.flags & (Tcp::SYN | Tcp::ACK) == Tcp::SYN || hint.begins_phase;
        }
        // A copy of such payload too: the span goes on until its last copy.
        let carries_state = role.is_some_and(Role::is_state) && payload_len > 0;
        if self.book(pair, &sample, arrival.placed.bin, opens, carries_state) {
            if let Some(spurious) = arrival.taken.and_then(|taken| taken.spurious) {
                self.take_back(pair, sample.plain.direction, &spurious);
            }
            self.book_echo();
        }
    }

    /// A packet of any transport but TCP.
    fn datagram(&mut self, arrival: &Arrival<'_>, transport: &Transport, packet: &Packet) {
        let (time_ns, number, payload) = (arrival.time_ns, arrival.placed.conversation, arrival.payload);
        let direction = arrival.direction().index();
        let Some(course) = self.courses.get(number as usize) else {
            return;
        };
        let mut sample = arrival.sample(course);
        sample.plain.unique_payload = u64::from(arrival.payload_len);
        if matches!(transport, Transport::Udp { .. }) {
            // Copies too: tshark counts them, and a copy adds nothing to the standard figures.
            let start_ns = self.start_ns.unwrap_or(time_ns);
            let rtp = self
                .rtp
                .get_or_insert_with(|| RtpTracker::new(start_ns))
                .packet(packet, payload);
            sample.rtp = rtp.map(|rtp| RtpPart {
                expected: rtp.expected,
                received: rtp.expected.saturating_sub(rtp.lost) + u64::from(rtp.recovered_at_ns.is_some()),
                jitter_ns: rtp.jitter_ns,
            });
        }
        let pair = course.pair;
        if !sample.duplicate {
            self.migration
                .other(Some((number, direction)), time_ns, packet, payload);
            self.echo
                .packet(number, direction, packet, payload, &mut self.echo_events);
        }
        if self.book(pair, &sample, arrival.placed.bin, false, false) {
            self.book_echo();
        }
    }
}

/// What was captured of a segment's payload.
#[inline(always)]
fn payload_of<'a>(decoded: &'a DecodedBlock, segment: &Segment) -> &'a [u8] {
    let start = segment.payload_at as usize;
    let end = start + usize::from(segment.payload_captured);
    decoded.block.data.get(start..end).unwrap_or_default()
}
