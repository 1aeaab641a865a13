//! Segments in order of one connection that follow one another, as those of a bulk transfer and their acknowledgements
//! do: what they add to is looked up once.

use std::slice::Iter;

use super::Measurer;
use crate::analysis::decoded::{Placed, Record, Taken};
use crate::measure::tally::PlainSample;
use crate::measure::tcp::standard::RttSamples;

impl Measurer {
    /// Takes the segments that `records` begin with, as long as they are in order, of one conversation and one bin, and
    /// nothing but their pair need be looked at. Says how many these are; nothing has changed where there are none.
    #[inline(always)]
    pub(super) fn run(&mut self, records: &[Record], placed: &[Placed], rtts: &mut Iter<'_, RttSamples>) -> usize {
        let (Some(record), Some(first)) = (records.first(), placed.first()) else {
            return 0;
        };
        if !first.is_in_order() || !self.takes_short_ways() {
            return 0;
        }
        let Some(course) = self.courses.get(first.conversation as usize) else {
            return 0;
        };
        let Some(pair) = self.pairs.get_mut(course.pair).filter(|pair| !pair.dropped) else {
            return 0;
        };
        let (packets, wire_bytes) = (&mut pair.packets, &mut pair.wire_bytes);
        let Some(mut stretch) = pair.timeline.stretch(self.stage, first.bin) else {
            return 0;
        };
        let Some(mut senders) = self.migration.senders(first.conversation) else {
            return 0;
        };
        self.start_ns.get_or_insert(record.segment.time_ns);
        let mut taken = 0;
        for (record, placed) in records.iter().zip(placed) {
            let (segment, direction) = (&record.segment, placed.direction().index());
            let goes_on = placed.conversation == first.conversation && placed.bin == first.bin;
            if !goes_on || !placed.is_in_order() {
                break;
            }
            let payload_len = u32::from(segment.payload_len);
            if !senders.pass(direction, segment.time_ns, segment.interface.into(), payload_len) {
                break;
            }
            let sample = PlainSample {
                time_ns: segment.time_ns,
                direction: course.pair_direction(direction),
                wire_bytes: segment.wire_len.into(),
                ip_bytes: segment.total_len().into(),
                tcp_payload: payload_len.into(),
                unique_payload: payload_len.into(),
                lost_segment: placed.lost_segment,
                rtt: match placed.taken {
                    Taken::InOrderWithRtt => rtts.next().copied().unwrap_or_default(),
                    _ => RttSamples::default(),
                },
            };
            packets[sample.direction] += 1;
            wire_bytes[sample.direction] += sample.wire_bytes;
            stretch.record(&sample);
            taken += 1;
        }
        taken
    }
}
