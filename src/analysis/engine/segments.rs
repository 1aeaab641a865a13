//! The short way through the fold: a segment of a TCP connection that is known already.
//!
//! Such segments are nearly all frames. They are told by their record alone; what is unusual (the first segment of a
//! side, a SYN, options that say something) goes the general way. Both ways end in [`Engine::tcp`], so that they cannot
//! come to different answers.

use super::{Arrival, Engine};
use crate::analysis::conversation::Conversation;
use crate::analysis::decoded::{DecodedBlock, Record};
use crate::flow::table::{Endpoint, Place, Tuple};
use crate::measure::tcp::wireshark::Flag;
use crate::migration::Role;
use crate::packet::{Ends, Packet, Tcp};

/// Records whose state is fetched together: enough for the memory to be asked for many lines at once, few enough for
/// the caches.
const BATCH: usize = 32;
const PROTOCOL_TCP: u8 = 6;

impl Engine {
    /// Takes the frames of a block.
    pub(super) fn records(&mut self, decoded: &DecodedBlock) {
        let flows = decoded.flows.list();
        self.places.clear();
        self.places.resize(flows.len(), None);
        let mut others = decoded.others.iter();
        for (batch, records) in decoded.records.chunks(BATCH).enumerate() {
            self.fetch(records, flows);
            for (index, record) in records.iter().enumerate() {
                match record.flow() {
                    Some(flow) => {
                        if !self.segment(record, flow, flows, &decoded.block.data) {
                            let index = batch * BATCH + index;
                            if let Some(packet) = decoded.packet(index) {
                                self.packet(decoded, index, &packet);
                            }
                        }
                    }
                    None => {
                        if let Some(packet) = others.next() {
                            self.packet(decoded, batch * BATCH + index, packet);
                        }
                    }
                }
            }
        }
    }

    /// The general way.
    fn packet(&mut self, decoded: &DecodedBlock, index: usize, packet: &Packet) {
        let bytes = decoded.block.frames.get(index).map(|frame| decoded.block.bytes(frame));
        self.frame(packet, bytes.unwrap_or_default());
    }

    /// Where a flow of the block belongs, if its conversation is known.
    #[inline]
    pub(super) fn place(&mut self, flow: usize, flows: &[Ends]) -> Option<Place> {
        match self.places.get(flow) {
            Some(Some(place)) => Some(*place),
            _ => self.find(flow, flows),
        }
    }

    fn find(&mut self, flow: usize, flows: &[Ends]) -> Option<Place> {
        let ends = flows.get(flow)?;
        let (src, dst) = ends.addresses();
        let (src_port, dst_port) = ends.ports();
        let place = self.table.find(&Tuple {
            protocol: PROTOCOL_TCP,
            has_ports: true,
            src: Endpoint {
                address: src,
                port: src_port,
            },
            dst: Endpoint {
                address: dst,
                port: dst_port,
            },
        })?;
        *self.places.get_mut(flow)? = Some(place);
        Some(place)
    }

    /// Takes a segment the short way; false where it must go the general way.
    #[inline(always)]
    fn segment(&mut self, record: &Record, flow: usize, flows: &[Ends], data: &[u8]) -> bool {
        let Some(place) = self.place(flow, flows) else {
            return false;
        };
        let conversation = self.conversations.get(place.conversation as usize);
        if conversation.is_none_or(|conversation| conversation.tcp.is_none())
            || !self.migration.knows(place.conversation, place.direction.index())
        {
            return false;
        }
        let segment = &record.segment;
        let bin = self
            .quality
            .at(Some(segment.time_ns), segment.wire_len, self.interval_ns);
        let duplicate = self.duplicates.is_copy(segment.time_ns, &place, record.print);
        self.quality.duplicates += u64::from(duplicate);
        let start = segment.payload_at as usize;
        let arrival = Arrival {
            time_ns: segment.time_ns,
            bin,
            place,
            interface: segment.interface.into(),
            wire_len: segment.wire_len,
            total_len: segment.total_len(),
            identification: segment.identification(),
            payload_len: segment.payload_len.into(),
            payload: data
                .get(start..start + usize::from(segment.payload_captured))
                .unwrap_or_default(),
            duplicate,
        };
        let ports = flows.get(flow).map(Ends::ports).unwrap_or_default();
        self.tcp(&arrival, &segment.tcp(ports), Some(arrival.payload_len), None);
        true
    }

    /// Gives a TCP segment to everything that follows its connection. `wireshark_len` is its payload as Wireshark takes
    /// it; `packet` is its packet where its sender is not known yet.
    #[inline(always)]
    pub(super) fn tcp(
        &mut self,
        arrival: &Arrival<'_>,
        tcp: &Tcp,
        wireshark_len: Option<u32>,
        packet: Option<&Packet>,
    ) {
        let Some(conversation) = self.conversations.get_mut(arrival.place.conversation as usize) else {
            return;
        };
        conversation.count(arrival);
        let mut sample = arrival.sample(conversation);
        let Conversation {
            tcp: Some(state),
            role,
            pair,
            ..
        } = conversation
        else {
            return;
        };
        let Arrival {
            time_ns,
            place,
            interface,
            payload_len,
            payload,
            ..
        } = *arrival;
        let direction = place.direction.index();
        let flags = match wireshark_len {
            Some(len) => state.wireshark.segment(place.direction, time_ns, tcp, len),
            None => state.wireshark.unreadable(),
        };
        state.flags.add(flags);
        sample.lost_segment = flags.contains(Flag::LostSegment);
        let mut opens = false;
        if !sample.duplicate {
            let identification = arrival.identification;
            let tracked = state
                .tracker
                .take(place.direction, time_ns, identification, payload_len, tcp);
            state.record(direction, &tracked);
            sample.tcp = tracked;
            let number = place.conversation;
            let hint = match packet {
                Some(packet) => self.migration.segment(number, direction, time_ns, packet, tcp, payload),
                None => {
                    self.migration
                        .segment_of_known(number, direction, time_ns, interface, payload_len, tcp, payload)
                }
            };
            let state_payload = hint.role.is_some_and(Role::is_state);
            let changed = *role != hint.role;
            *role = hint.role;
            opens = tcp.flags & (Tcp::SYN | Tcp::ACK) == Tcp::SYN || hint.begins_phase;
            if (changed || tcp.has(Tcp::FIN | Tcp::RST) && state_payload)
                && let Some(pair) = self.pairs.get_mut(*pair)
            {
                pair.timeline.begin_epoch();
            }
        }
        // A copy of such payload too: the span goes on until its last copy.
        let carries_state = role.is_some_and(Role::is_state) && payload_len > 0;
        let pair = *pair;
        self.book(pair, &sample, arrival.bin, opens, carries_state);
    }
}
