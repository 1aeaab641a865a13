//! Segments in order, as nearly all are: they go a short way. Where those of one connection follow one another, as those
//! of a bulk transfer and their acknowledgements do, what they add to is looked up once.

use std::slice::Iter;

use super::Measurer;
use crate::analysis::conversation::Course;
use crate::analysis::decoded::{DecodedBlock, Placed, Record, Taken};
use crate::measure::tally::PlainSample;
use crate::measure::tcp::standard::RttSamples;
use crate::packet::Segment;

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
        let mut taken = 0;
        for (record, placed) in records.iter().zip(placed) {
            let (segment, direction) = (&record.segment, placed.direction().index());
            let goes_on = placed.conversation == first.conversation && placed.bin == first.bin;
            if !goes_on || !placed.is_in_order() {
                break;
            }
            if !senders.pass(
                direction,
                segment.time_ns,
                segment.interface.into(),
                segment.payload_len.into(),
            ) {
                break;
            }
            let rtt = match placed.taken {
                Taken::InOrderWithRtt => rtts.next().copied().unwrap_or_default(),
                _ => RttSamples::default(),
            };
            let sample = plain_sample(course, segment, placed, rtt);
            packets[sample.direction] += 1;
            wire_bytes[sample.direction] += sample.wire_bytes;
            stretch.record(&sample);
            taken += 1;
        }
        if taken > 0 {
            self.start_ns.get_or_insert(record.segment.time_ns);
            #[cfg(test)]
            {
                self.in_runs += taken;
            }
        }
        taken
    }

    /// A segment in order need not be asked whether it counts, and has nobody's echo to book.
    #[inline(always)]
    fn takes_short_ways(&self) -> bool {
        self.from.is_none() && self.to.is_none() && self.echo_events.is_empty()
    }

    /// Takes a segment in order for which nothing but its pair and a migration must be looked at: one that a
    /// [run](Self::run) leaves, since it is the first of its interval or stage, or its connection is followed. False
    /// where there is more to it; nothing has changed then.
    #[inline(always)]
    pub(super) fn in_order(
        &mut self,
        decoded: &DecodedBlock,
        segment: &Segment,
        placed: &Placed,
        rtt: RttSamples,
    ) -> bool {
        let (number, direction, time_ns) = (placed.conversation, placed.direction(), segment.time_ns);
        let payload_len = u32::from(segment.payload_len);
        if !placed.is_in_order() || !self.takes_short_ways() {
            return false;
        }
        let Some(course) = self.courses.get(number as usize) else {
            return false;
        };
        let pair = course.pair;
        let sample = plain_sample(course, segment, placed, rtt);
        let interface = segment.interface.into();
        let passes = self
            .migration
            .pass(number, direction.index(), time_ns, interface, payload_len);
        let (carries_state, begins_phase) = if passes {
            (false, false)
        } else {
            self.follow(decoded, segment, placed)
        };
        let Some(pair) = self.pairs.get_mut(pair) else {
            return true;
        };
        pair.packets[sample.direction] += 1;
        pair.wire_bytes[sample.direction] += sample.wire_bytes;
        if !pair.dropped {
            pair.timeline.enter(self.stage);
            if begins_phase {
                pair.timeline.cut();
            }
            pair.timeline.record_plain(&sample, placed.bin, carries_state);
        }
        true
    }
}

/// What a segment in order adds to its pair.
#[inline(always)]
fn plain_sample(course: &Course, segment: &Segment, placed: &Placed, rtt: RttSamples) -> PlainSample {
    let payload = segment.payload_len.into();
    PlainSample {
        time_ns: segment.time_ns,
        direction: course.pair_direction(placed.direction().index()),
        wire_bytes: segment.wire_len.into(),
        ip_bytes: segment.total_len().into(),
        tcp_payload: payload,
        unique_payload: payload,
        lost_segment: placed.lost_segment,
        rtt,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::analysis::decoded::DecodedBlock;
    use crate::analysis::engine::{Measurer, Placer};
    use crate::capture::{Input, ReadOptions, Reader};
    use crate::options::{AnalysisOptions, TimePoint};
    use crate::packet::DecodeOptions;

    fn fixtures() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut captures: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().contains(".pcap")).collect();
        captures.sort();
        captures
    }

    #[test]
    fn runs_add_up_to_what_one_segment_at_a_time_does() {
        let by_runs = AnalysisOptions::default();
        // Leaves nothing out, but every segment must be asked.
        let one_by_one = AnalysisOptions {
            from: Some(TimePoint::Absolute(i64::MIN)),
            ..AnalysisOptions::default()
        };
        let mut in_runs = 0;
        for capture in fixtures() {
            let mut placer = Placer::new(&by_runs, false);
            let mut measurers = [&by_runs, &one_by_one].map(Measurer::new);
            let mut reader = Reader::open(&Input::Path(capture.clone()), &ReadOptions::default()).unwrap();
            let mut decoded = DecodedBlock::default();
            while let Some(block) = reader.next_block(std::mem::take(&mut decoded.block)).unwrap() {
                decoded.block = block;
                decoded.decode(DecodeOptions::default());
                placer.block(&mut decoded);
                measurers.iter_mut().for_each(|measurer| measurer.block(&decoded));
            }
            in_runs += measurers[0].in_runs;
            assert_eq!(measurers[1].in_runs, 0);
            let end_ns = placer.quality.time.last_ns();
            let [runs, single] = measurers.map(|mut measurer| {
                measurer.finish(end_ns);
                assert_eq!(measurer.outside_time, (0, 0));
                (
                    format!("{:?}", measurer.pairs),
                    format!("{:?}", measurer.migration.finish()),
                )
            });
            assert!(runs == single, "{}", capture.display());
        }
        assert!(in_runs > 10_000, "{in_runs}");
    }
}
