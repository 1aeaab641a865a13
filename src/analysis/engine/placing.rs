//! The first half of the fold: to which conversation a frame belongs, whether it is a copy, and what it means to its TCP
//! connection, by Wireshark's rules and by the standard estimators.
//!
//! A segment of a TCP connection that is known already goes a short way: it is told by its record alone, and nearly all
//! frames are of this kind.

use super::fetch::{self, BATCH};
use super::{captured_payload, tuple_of, whole};
use crate::analysis::conversation::{Known, TcpState};
use crate::analysis::decoded::{DecodedBlock, Opened, OtherPlaced, Placed, Record, Taken};
use crate::analysis::quality::Quality;
use crate::flow::Direction;
use crate::flow::duplicates::{DuplicateFinder, Mark, Print};
use crate::flow::table::{FlowKey, FlowTable, Guess, Place};
use crate::measure::tcp::header::PlainHeader;
use crate::measure::tcp::standard::{RttSamples, TcpSample};
use crate::measure::tcp::tcptrace::announced_payload_len;
use crate::measure::tcp::wireshark::{Flag, FlagSet, WiresharkAnalyser};
use crate::measure::time_span::TimeSpan;
use crate::options::AnalysisOptions;
use crate::packet::{FragmentTracker, Ip, Network, Packet, Segment, Tcp, Transport};

/// Places frames.
#[derive(Debug)]
pub struct Placer {
    interval_ns: i64,
    /// Keep what only `inspect` prints.
    detail: bool,
    table: FlowTable,
    /// Where the flows of the block at hand belong, as far as that was asked; stays good until a flow is opened anew.
    places: Vec<Option<Place>>,
    pub(super) duplicates: DuplicateFinder,
    fragments: FragmentTracker,
    /// Conversations in order of their first frame.
    pub(super) conversations: Vec<Known>,
    /// The capture itself.
    pub(super) quality: Quality,
}

/// Where a segment belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Number of its conversation; `u32::MAX` where that is not known.
    pub(super) conversation: u32,
    pub(super) direction: Direction,
    pub(super) mark: Mark,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            conversation: u32::MAX,
            direction: Direction::Ab,
            mark: Mark::default(),
        }
    }
}

impl Placer {
    /// A half that has seen nothing. `detail` keeps tcptrace's figures per conversation.
    pub fn new(options: &AnalysisOptions, detail: bool) -> Self {
        Self {
            interval_ns: options.interval_ns.max(1),
            detail,
            table: FlowTable::default(),
            places: Vec::new(),
            duplicates: DuplicateFinder::default(),
            fragments: FragmentTracker::new(),
            conversations: Vec::new(),
            quality: Quality::default(),
        }
    }

    /// Takes the next block of the run.
    pub fn block(&mut self, decoded: &mut DecodedBlock) {
        self.quality.count(decoded.records.len(), &decoded.counts);
        self.places.clear();
        self.places.resize(decoded.flows.keys().len(), None);
        let mut placed = std::mem::take(&mut decoded.placed);
        let mut opened = std::mem::take(&mut decoded.opened);
        let mut others_placed = std::mem::take(&mut decoded.others_placed);
        let mut estimates = Estimates {
            samples: std::mem::take(&mut decoded.samples),
            rtts: std::mem::take(&mut decoded.rtts),
        };
        placed.clear();
        opened.clear();
        others_placed.clear();
        estimates.samples.clear();
        estimates.rtts.clear();
        let flows = decoded.flows.keys();
        let many_flows = decoded.has_many_flows();
        let mut others = decoded.others.iter();
        let batch_len = fetch::batch(many_flows);
        let mut batch = [Found::default(); BATCH];
        for (number, records) in decoded.records.chunks(batch_len).enumerate() {
            self.find_all(records, flows, many_flows, &mut batch);
            let mut stale = false;
            self.fetch(records, &batch[..records.len()], many_flows);
            for (index, record) in records.iter().enumerate() {
                if stale {
                    batch[index] = self.found_again(record, flows);
                }
                if let Some(place) = self.segment(record, &batch[index], &mut estimates) {
                    placed.push(place);
                    continue;
                }
                let open = opened.len();
                let index = number * batch_len + index;
                let place = if record.flow().is_some() {
                    let packet = decoded.packet(index);
                    packet.map(|packet| self.frame(&packet, decoded.bytes(index), &mut opened, &mut estimates).0)
                } else {
                    others.next().map(|packet| {
                        let (place, other) = self.frame(packet, decoded.bytes(index), &mut opened, &mut estimates);
                        others_placed.push(other);
                        place
                    })
                };
                placed.push(place.unwrap_or(Placed::NOWHERE));
                // The flow of a later record may be the new one, or its ports may have been taken again.
                stale |= opened.len() > open;
            }
        }
        decoded.placed = placed;
        decoded.opened = opened;
        decoded.others_placed = others_placed;
        decoded.samples = estimates.samples;
        decoded.rtts = estimates.rtts;
    }

    /// Looks up where `records` belong, as far as they are segments of known conversations.
    #[inline]
    fn find_all(&mut self, records: &[Record], flows: &[FlowKey], many_flows: bool, batch: &mut [Found; BATCH]) {
        if many_flows {
            self.look_up(records, flows);
        }
        for (record, found) in records.iter().zip(batch) {
            *found = self.found(record, flows);
        }
    }

    #[inline(always)]
    fn found(&mut self, record: &Record, flows: &[FlowKey]) -> Found {
        match record.flow().and_then(|flow| self.place(flow, flows)) {
            Some(place) => Found {
                conversation: place.conversation,
                direction: place.direction,
                mark: record.print.mark(&place),
            },
            None => Found::default(),
        }
    }

    /// Looks up the flows of `records` that were not yet, all of them at once.
    #[inline(never)]
    fn look_up(&mut self, records: &[Record], flows: &[FlowKey]) {
        let mut guesses = [Guess::NONE; BATCH];
        let mut fetched = 0;
        for (record, guess) in records.iter().zip(&mut guesses) {
            let unknown = record
                .flow()
                .filter(|&flow| matches!(self.places.get(flow), Some(None)));
            if let Some(key) = unknown.and_then(|flow| flows.get(flow)) {
                *guess = self.table.guess(key);
                fetched ^= self.table.fetch(*guess);
            }
        }
        std::hint::black_box(fetched);
        for (record, guess) in records.iter().zip(guesses) {
            if let Some(flow) = record.flow()
                && let (Some(key), Some(place @ None)) = (flows.get(flow), self.places.get_mut(flow))
            {
                *place = self.table.confirm(key, guess);
            }
        }
    }

    /// What was [found](Self::found), asked again; apart from the loop that takes segments.
    #[cold]
    #[inline(never)]
    fn found_again(&mut self, record: &Record, flows: &[FlowKey]) -> Found {
        self.found(record, flows)
    }

    /// Where a flow of the block belongs, if its conversation is known.
    #[inline]
    fn place(&mut self, flow: usize, flows: &[FlowKey]) -> Option<Place> {
        match self.places.get(flow) {
            Some(Some(place)) => Some(*place),
            _ => self.find(flow, flows),
        }
    }

    #[inline(never)]
    fn find(&mut self, flow: usize, flows: &[FlowKey]) -> Option<Place> {
        let place = self.table.find(flows.get(flow)?)?;
        *self.places.get_mut(flow)? = Some(place);
        Some(place)
    }

    /// Takes a segment the short way; `None` where it must go the general way.
    #[inline(always)]
    fn segment(&mut self, record: &Record, found: &Found, estimates: &mut Estimates) -> Option<Placed> {
        let known = self.conversations.get_mut(found.conversation as usize)?;
        let state = known.tcp.as_deref_mut()?;
        let (segment, direction) = (&record.segment, found.direction);
        let bin = self
            .quality
            .at(Some(segment.time_ns), segment.wire_len, self.interval_ns);
        let duplicate = self.duplicates.is_copy(segment.time_ns, found.mark);
        let header = PlainHeader::of_segment(segment);
        let unflagged = header.is_some_and(|header| state.wireshark.take_in_order(direction, header));
        let lost_segment = !unflagged && flag(state, direction, segment);
        if self.detail {
            trace(state, direction, segment);
        }
        known.packets[direction.index()] += 1;
        known.wire_bytes[direction.index()] += u64::from(segment.wire_len);
        known.time.record(segment.time_ns);
        let taken = if duplicate {
            self.quality.duplicates += 1;
            known.copied_bytes += u64::from(segment.wire_len);
            Taken::Nothing
        } else {
            match header.and_then(|header| state.tracker.take_in_order(direction, header)) {
                Some(rtt) => {
                    let payload = segment.payload_len.into();
                    state.record_bytes(direction, payload, payload, &rtt);
                    if rtt.is_empty() {
                        Taken::InOrder
                    } else {
                        estimates.rtts.push(rtt);
                        Taken::InOrderWithRtt
                    }
                }
                None => estimates.take_segment(state, direction, segment),
            }
        };
        Some(Placed {
            bin,
            conversation: found.conversation,
            reverse: direction == Direction::Ba,
            duplicate,
            lost_segment,
            taken,
        })
    }

    /// Takes any frame the general way.
    fn frame(
        &mut self,
        packet: &Packet,
        bytes: &[u8],
        opened: &mut Vec<Opened>,
        estimates: &mut Estimates,
    ) -> (Placed, OtherPlaced) {
        let bin = self.quality.at(packet.time_ns, packet.wire_len, self.interval_ns);
        // A frame without a time stands where the one before it stood.
        let time_ns = packet.time_ns.unwrap_or_else(|| self.quality.latest_ns());
        let Network::Ip(frames_ip) = &packet.network else {
            let other = OtherPlaced {
                time_ns,
                completed: None,
            };
            return (Placed::NOWHERE, other);
        };
        let completed = self.fragments.push(frames_ip);
        let datagram = whole(frames_ip, completed);
        let ip = datagram.as_ref().unwrap_or(frames_ip);
        let place = self.place_packet(packet, ip, opened);
        let print = Print::new(frames_ip, captured_payload(frames_ip, bytes));
        let duplicate = self.duplicates.is_copy(time_ns, print.mark(&place));
        self.quality.duplicates += u64::from(duplicate);
        let mut flags = FlagSet::EMPTY;
        let mut taken = Taken::Nothing;
        if let Some(known) = self.conversations.get_mut(place.conversation as usize) {
            known.count(place.direction, time_ns, packet.wire_len);
            known.copied_bytes += u64::from(packet.wire_len) * u64::from(duplicate);
            if let (Transport::Tcp(tcp), Some(state)) = (&ip.transport, known.tcp.as_deref_mut()) {
                flags = state.wireshark.packet(place.direction, time_ns, packet, ip, tcp);
                state.flags.add(flags);
                if let Some(tcptrace) = &mut state.tcptrace {
                    let announced = announced_payload_len(packet, ip, tcp, bytes);
                    tcptrace.segment(place.direction, time_ns, announced, tcp);
                }
                if !duplicate {
                    let of_ip = (ip.identification, ip.payload_len);
                    taken = estimates.take(state, place.direction, time_ns, of_ip, tcp);
                }
            }
        }
        (
            Placed {
                bin,
                conversation: place.conversation,
                reverse: place.direction == Direction::Ba,
                duplicate,
                lost_segment: flags.contains(Flag::LostSegment),
                taken,
            },
            OtherPlaced { time_ns, completed },
        )
    }

    /// The conversation of a packet, opened where it is the first one's.
    fn place_packet(&mut self, packet: &Packet, ip: &Ip, opened: &mut Vec<Opened>) -> Place {
        let tuple = tuple_of(ip);
        let key = FlowKey::of(&tuple);
        let mut place = self.table.place(&key);
        let mut reused = false;
        if let (false, Transport::Tcp(tcp)) = (place.new, &ip.transport)
            && let Some(known) = self.conversations.get(place.conversation as usize)
            && let Some(state) = known.tcp.as_deref()
            && state.wireshark.opens_new_stream(place.direction, tcp)
        {
            place = self.table.open(&key);
            self.places.fill(None);
            reused = true;
        }
        if place.new {
            let is_tcp = tuple.has_ports && matches!(ip.transport, Transport::Tcp(_));
            opened.push(Opened {
                src: ip.src,
                dst: ip.dst,
                ports: tuple.has_ports.then_some((tuple.src.port, tuple.dst.port)),
                macs: [packet.src_mac, packet.dst_mac],
                is_tcp,
            });
            self.conversations.push(Known {
                protocol: tuple.protocol,
                has_ports: tuple.has_ports,
                a: tuple.src,
                b: tuple.dst,
                time: TimeSpan::default(),
                packets: [0; 2],
                wire_bytes: [0; 2],
                copied_bytes: 0,
                tcp: is_tcp.then(|| {
                    let wireshark = if reused {
                        WiresharkAnalyser::on_reused_ports()
                    } else {
                        WiresharkAnalyser::new()
                    };
                    Box::new(TcpState {
                        wireshark,
                        tcptrace: self.detail.then(Box::default),
                        ..TcpState::default()
                    })
                }),
            });
        }
        place
    }
}

/// What the estimators made of a block's segments, in order.
struct Estimates {
    samples: Vec<TcpSample>,
    rtts: Vec<RttSamples>,
}

impl Estimates {
    /// Gives the estimators a segment of any kind; `of_ip` is the identification and the payload's length.
    fn take(
        &mut self,
        state: &mut TcpState,
        direction: Direction,
        time_ns: i64,
        (identification, payload_len): (Option<u32>, u32),
        tcp: &Tcp,
    ) -> Taken {
        let sample = state.tracker.take(direction, time_ns, identification, payload_len, tcp);
        self.keep(state, direction, sample)
    }

    /// The same of a segment in short form that is not in order.
    #[inline(never)]
    fn take_segment(&mut self, state: &mut TcpState, direction: Direction, segment: &Segment) -> Taken {
        let (identification, payload_len) = (segment.identification(), segment.payload_len.into());
        let tcp = segment.tcp((0, 0));
        let sample = state
            .tracker
            .take_any(direction, segment.time_ns, identification, payload_len, &tcp);
        self.keep(state, direction, sample)
    }

    fn keep(&mut self, state: &mut TcpState, direction: Direction, sample: TcpSample) -> Taken {
        state.record(direction, &sample);
        self.samples.push(sample);
        Taken::Sample
    }
}

/// Gives a segment that is not in order to Wireshark's rules; true where others are missing before it.
#[inline(never)]
fn flag(state: &mut TcpState, direction: Direction, segment: &Segment) -> bool {
    let tcp = segment.tcp((0, 0));
    let payload_len = segment.payload_len.into();
    let flags = state
        .wireshark
        .any_segment(direction, segment.time_ns, &tcp, payload_len);
    state.flags.add(flags);
    flags.contains(Flag::LostSegment)
}

/// Gives a segment to tcptrace's rules. Its record says that it ends within its frame: there the length that the IP
/// header announces is that of the payload.
#[inline(never)]
fn trace(state: &mut TcpState, direction: Direction, segment: &Segment) {
    if let Some(tcptrace) = &mut state.tcptrace {
        let payload_len = segment.payload_len.into();
        tcptrace.segment(direction, segment.time_ns, payload_len, &segment.tcp((0, 0)));
    }
}
