//! The tallies of one pair of hosts along time: a list of bins that costs nothing where there are no packets.
//!
//! Overall figures are of a migration's span, whose ends do not fall on bin borders and are known only afterwards. So a
//! bin is cut where a span may begin (a connection opens: the *part* number rises), and where it may end: frames after
//! the last payload of a migration's connection are held back until the next such payload shows that the span goes on.
//! A span is then a set of whole entries, and its figures are exact.

use super::histogram::Histogram;
use super::tally::{DatagramTally, FrameSample, PlainSample, Tally};
use super::tcp::loss::Spurious;
use super::time_span::TimeSpan;

/// Frames held back after the last payload of a migration, before they get an entry of their own.
const MAX_HELD: usize = 64;

/// Distributions kept apart; a capture with more migrations than this shares the last one among the rest.
const MAX_EPOCHS: usize = 64;

/// Lost echo requests kept one by one.
const MAX_LOST_ECHOES: usize = 4096;

/// Consecutive frames of one bin and one part.
#[derive(Debug, Clone, PartialEq)]
#[repr(C)]
pub struct Entry {
    /// Number of the bin, counted from the capture's first frame.
    pub bin: i64,
    /// Rises whenever a connection opens.
    pub part: u32,
    /// Times of its frames.
    pub time: TimeSpan,
    /// The totals.
    pub tally: Tally,
}

impl Entry {
    fn add(&mut self, sample: &FrameSample) {
        self.tally.record(sample);
        self.time.record(sample.plain.time_ns);
    }

    /// Its earliest and its latest frame.
    pub fn time(&self) -> (i64, i64) {
        // An entry is made for a frame.
        (self.time.first_ns(), self.time.last_ns())
    }
}

/// RTT distributions of a stretch of time: by half-path, then by method (data and ACK, timestamps).
#[derive(Debug, Clone, Default)]
pub struct Epoch {
    /// Times of its samples.
    pub time: TimeSpan,
    /// `rtt[half][method]`.
    pub rtt: [[Histogram; 2]; 2],
    /// Round trips of echo requests, by the direction of the request.
    pub echo: [Histogram; 2],
}

/// An echo request that nobody answered, by itself: a migration loses them in a moment, and the border between two spans
/// may fall within the entry that counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostEcho {
    /// When it was sent.
    pub sent_ns: i64,
    /// The entry that counts it.
    pub entry: usize,
    /// Its direction.
    pub direction: usize,
}

/// The series of one pair; what every frame touches stands first.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct Timeline {
    entries: Vec<Entry>,
    part: u32,
    stage: u32,
    /// A migration went between the two hosts.
    carries_state: bool,
    /// The last entry ends with the payload of a migration.
    sealed: bool,
    held: Vec<FrameSample>,
    epochs: Vec<Epoch>,
    lost_echoes: Vec<LostEcho>,
}

impl Timeline {
    /// Adds a frame. `carries_state`: it is payload of a migration's connection, so that a span that includes it
    /// includes everything before it.
    pub fn record(&mut self, sample: &FrameSample, bin: i64, carries_state: bool) {
        self.carries_state |= carries_state;
        if self.goes_on(bin, carries_state)
            && let Some(entry) = self.entries.last_mut()
        {
            entry.add(sample);
        } else {
            self.place(sample, bin, carries_state);
        }
        if !sample.duplicate {
            record_rtt(&mut self.epochs, &sample.plain);
        }
    }

    /// The same for a frame that adds no more than every frame does.
    #[inline(always)]
    pub fn record_plain(&mut self, sample: &PlainSample, bin: i64, carries_state: bool) {
        if !self.goes_on(bin, carries_state) {
            return self.open_plain(*sample, bin, carries_state);
        }
        self.carries_state |= carries_state;
        if let Some(entry) = self.entries.last_mut() {
            let epochs = &mut self.epochs;
            Stretch { entry, epochs }.record(sample);
        }
    }

    /// The last entry, where frames of this bin that carry no state go to it as it stands, in a run that has come to
    /// `stage`.
    #[inline(always)]
    pub fn stretch(&mut self, stage: u32, bin: i64) -> Option<Stretch<'_>> {
        if self.stage != stage || !self.goes_on(bin, false) {
            return None;
        }
        Some(Stretch {
            entry: self.entries.last_mut()?,
            epochs: &mut self.epochs,
        })
    }

    // By value, so that the caller's need not lie in memory.
    #[cold]
    fn open_plain(&mut self, plain: PlainSample, bin: i64, carries_state: bool) {
        let sample = FrameSample {
            plain,
            ..FrameSample::default()
        };
        self.record(&sample, bin, carries_state);
    }

    /// A frame goes to the last entry as it stands.
    #[inline(always)]
    fn goes_on(&self, bin: i64, carries_state: bool) -> bool {
        let last = self.entries.last();
        carries_state == self.sealed
            && self.held.is_empty()
            && last.is_some_and(|entry| entry.bin == bin && entry.part == self.part)
    }

    /// Adds a frame that opens an entry, is held back, or ends the holding back.
    fn place(&mut self, sample: &FrameSample, bin: i64, carries_state: bool) {
        let part = self.part;
        let same = self
            .entries
            .last()
            .is_some_and(|entry| entry.bin == bin && entry.part == part);
        if carries_state {
            if same {
                self.take_held_back(sample.plain.time_ns);
            } else {
                self.release();
            }
            self.add(sample, bin, part, same);
            self.sealed = true;
        } else if self.sealed && same && self.held.len() < MAX_HELD {
            self.held.push(*sample);
        } else {
            self.release();
            self.add(sample, bin, part, same);
            self.sealed = false;
        }
    }

    /// Reads a word of each cache line that the next frame will touch; see `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self) -> u64 {
        self.held.len() as u64
    }

    /// The same for what it owns elsewhere; the frame goes in `direction`, with payload or without.
    #[inline]
    pub fn fetch_owned(&self, direction: usize, has_payload: bool) -> u64 {
        let entry = self.entries.last().map_or(0, |entry| {
            let [this, peer] = [direction & 1, 1 - (direction & 1)].map(|index| &entry.tally.directions[index]);
            let rtt = if has_payload { 0 } else { peer.data_ack.rtt.count };
            entry.bin as u64 ^ entry.tally.wireshark.packets ^ this.packets ^ rtt
        });
        let epoch = self.epochs.last().filter(|_| !has_payload).map_or(0, |epoch| {
            epoch.time.last_ns() as u64 ^ epoch.rtt[1 - (direction & 1)][0].count()
        });
        entry ^ epoch
    }

    /// A connection opens: a span may begin with the next frame.
    pub fn cut(&mut self) {
        self.part += 1;
    }

    /// The run has come to `stage`: where that is another than before, a span may begin with the next frame. Unlike a
    /// [cut](Self::cut), it concerns every pair of hosts, and costs nothing where there are no frames. The pair that
    /// carries the migration has its own cuts, which are exact.
    pub fn enter(&mut self, stage: u32) {
        if self.stage != stage {
            self.stage = stage;
            self.part += u32::from(!self.carries_state);
        }
    }

    /// Starts new distributions: a migration's connection was recognised, or ended.
    pub fn begin_epoch(&mut self) {
        if self.epochs.len() < MAX_EPOCHS && self.epochs.last().is_some_and(|epoch| epoch.time.get().is_some()) {
            self.epochs.push(Epoch::default());
        }
    }

    /// Books a loss back that was recorded at `spurious.resent_ns`, in bin `bin`. `direction` sent the bytes.
    pub fn take_back(&mut self, spurious: &Spurious, bin: i64, direction: usize) {
        self.release();
        let entry = self.entries.iter_mut().rev().find(|entry| {
            entry.bin == bin && entry.time().0 <= spurious.resent_ns && {
                let tally = &entry.tally.directions[direction];
                tally.lost(spurious.side) >= spurious.bytes
            }
        });
        if let Some(entry) = entry {
            let tally = &mut entry.tally.directions[direction];
            match spurious.side {
                super::tcp::loss::Side::Upstream => tally.spurious_upstream += spurious.bytes,
                super::tcp::loss::Side::Downstream => tally.spurious_downstream += spurious.bytes,
            }
        }
    }

    /// The RTP and echo totals of the time `time_ns`, which lies in `bin`, for figures that become known later (an
    /// echo's timeout). `None` where the bin has no frames.
    pub fn datagrams_mut(&mut self, time_ns: i64, bin: i64, direction: usize) -> Option<&mut DatagramTally> {
        let index = self.entry_at(time_ns, bin)?;
        let tally = &mut self.entries.get_mut(index)?.tally.directions[direction];
        Some(tally.datagrams.get_or_insert_default())
    }

    /// Notes that the request sent at `sent_ns`, which lies in `bin`, was lost; [`Timeline::datagrams_mut`] counts it.
    pub fn note_lost_echo(&mut self, sent_ns: i64, bin: i64, direction: usize) {
        if self.lost_echoes.len() < MAX_LOST_ECHOES
            && let Some(entry) = self.entry_at(sent_ns, bin)
        {
            self.lost_echoes.push(LostEcho {
                sent_ns,
                entry,
                direction,
            });
        }
    }

    /// The entry of `bin` that `time_ns` falls into.
    fn entry_at(&self, time_ns: i64, bin: i64) -> Option<usize> {
        let last_of_bin = self.entries.iter().rposition(|entry| entry.bin == bin)?;
        let of_bin = self.entries.get(..=last_of_bin)?.iter().enumerate().rev();
        let begun = of_bin
            .take_while(|(_, entry)| entry.bin == bin)
            .find(|(_, entry)| entry.time().0 <= time_ns);
        Some(begun.map_or(last_of_bin, |(index, _)| index))
    }

    /// Adds the round trip of an echo request that went in `direction` and was answered at `time_ns`.
    pub fn record_echo(&mut self, time_ns: i64, rtt_ns: u64, direction: usize) {
        if let Some(histogram) = epoch_at(&mut self.epochs, time_ns).echo.get_mut(direction) {
            histogram.record(rtt_ns);
        }
    }

    /// To be called after the last frame: what was held back gets its place.
    pub fn settle(&mut self) {
        self.release();
    }

    /// All entries, in the order of their first frames in the file; complete after [`Timeline::settle`].
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of entries: what the series costs.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True where no frame was recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Requests that nobody answered, as far as they are kept.
    pub fn lost_echoes(&self) -> &[LostEcho] {
        &self.lost_echoes
    }

    /// Distributions, in order of time.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    fn add(&mut self, sample: &FrameSample, bin: i64, part: u32, same: bool) {
        if !same {
            self.entries.push(Entry {
                bin,
                part,
                time: TimeSpan::default(),
                tally: Tally::default(),
            });
        }
        if let Some(entry) = self.entries.last_mut() {
            entry.add(sample);
        }
    }

    /// The migration goes on until `time_ns`: what was held back and is not later lies inside its span. A switch's
    /// capture may hold the close of a connection before the last copies of its payload.
    fn take_held_back(&mut self, time_ns: i64) {
        if self.held.is_empty() {
            return;
        }
        if let Some(entry) = self.entries.last_mut() {
            self.held.retain(|sample| {
                let inside = sample.plain.time_ns <= time_ns;
                if inside {
                    entry.add(sample);
                }
                !inside
            });
        }
    }

    /// Gives what was held back an entry of its own.
    fn release(&mut self) {
        let Some((bin, part)) = self.entries.last().map(|entry| (entry.bin, entry.part)) else {
            return;
        };
        self.sealed &= self.held.is_empty();
        let held = std::mem::take(&mut self.held);
        for (index, sample) in held.iter().enumerate() {
            self.add(sample, bin, part, index > 0);
        }
        self.held = held;
        self.held.clear();
    }
}

/// Where frames go that follow one another and add no more than every frame does.
#[derive(Debug)]
pub struct Stretch<'a> {
    entry: &'a mut Entry,
    epochs: &'a mut Vec<Epoch>,
}

impl Stretch<'_> {
    /// Adds a frame.
    #[inline(always)]
    pub fn record(&mut self, sample: &PlainSample) {
        self.entry.tally.record_plain(sample);
        self.entry.time.record(sample.time_ns);
        if !sample.rtt.is_empty() {
            record_rtt(self.epochs, sample);
        }
    }
}

#[inline]
fn record_rtt(epochs: &mut Vec<Epoch>, sample: &PlainSample) {
    if sample.rtt.is_empty() {
        return;
    }
    // An acknowledgement measures the half-path of the data, which goes the other way.
    let half = &mut epoch_at(epochs, sample.time_ns).rtt[1 - sample.direction];
    for (histogram, rtt) in half.iter_mut().zip([sample.rtt.data_ack, sample.rtt.timestamps]) {
        if let Some(rtt) = rtt {
            histogram.record(rtt.rtt_ns);
        }
    }
}

/// The epoch that a sample of this time goes to: the current one.
fn epoch_at(epochs: &mut Vec<Epoch>, time_ns: i64) -> &mut Epoch {
    if epochs.is_empty() {
        epochs.push(Epoch::default());
    }
    let last = epochs.len() - 1;
    let epoch = &mut epochs[last];
    epoch.time.record(time_ns);
    epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(time_ns: i64) -> FrameSample {
        FrameSample {
            plain: PlainSample {
                time_ns,
                wire_bytes: 100,
                ..PlainSample::default()
            },
            ..FrameSample::default()
        }
    }

    fn inside(timeline: &mut Timeline, start: i64, end: i64) -> u64 {
        timeline.settle();
        let entries = timeline.entries().iter();
        entries
            .filter(|e| e.time().0 >= start && e.time().1 <= end)
            .map(|e| e.tally.wireshark.packets)
            .sum()
    }

    #[test]
    fn a_span_holds_the_frames_up_to_the_last_payload_and_no_more() {
        let mut timeline = Timeline::default();
        timeline.record(&frame(1), 0, false);
        timeline.cut();
        timeline.record(&frame(5), 0, false);
        timeline.record(&frame(6), 0, true);
        timeline.record(&frame(7), 0, false);
        timeline.record(&frame(8), 0, true);
        timeline.record(&frame(9), 0, false);
        timeline.record(&frame(12), 1, false);
        assert_eq!(inside(&mut timeline, 5, 8), 4);
        assert_eq!(inside(&mut timeline, 0, 100), 7);
    }

    #[test]
    fn a_close_that_stands_before_copies_of_the_payload_was_counted_into_the_span() {
        let mut timeline = Timeline::default();
        timeline.record(&frame(5), 0, true);
        timeline.record(&frame(8), 0, true);
        timeline.record(&frame(20), 0, false);
        // The copies of both, as a switch writes them.
        timeline.record(&frame(6), 0, true);
        timeline.record(&frame(9), 0, true);
        timeline.record(&frame(21), 0, false);
        assert_eq!(inside(&mut timeline, 5, 9), 4);
        assert_eq!(inside(&mut timeline, 5, 21), 6);
    }

    #[test]
    fn what_becomes_known_later_is_booked_in_the_stage_in_which_it_was() {
        let mut timeline = Timeline::default();
        timeline.record(&frame(5), 0, false);
        timeline.enter(1);
        timeline.record(&frame(10), 0, false);
        timeline.enter(1);
        timeline.record(&frame(15), 0, false);
        assert_eq!(timeline.len(), 2);
        for (time, sent) in [(5, 1), (7, 2), (10, 1), (99, 2), (0, 3)] {
            let tally = timeline.datagrams_mut(time, 0, 0).unwrap();
            tally.echo_sent += 1;
            assert_eq!(tally.echo_sent, sent, "at {time}");
        }
        assert!(timeline.datagrams_mut(5, 1, 0).is_none());
    }

    #[test]
    fn a_pause_longer_than_the_held_frames_does_not_end_the_span() {
        let mut timeline = Timeline::default();
        timeline.record(&frame(0), 0, true);
        for time in 1..=200 {
            timeline.record(&frame(time), 0, false);
        }
        timeline.record(&frame(300), 0, true);
        timeline.record(&frame(301), 0, false);
        assert_eq!(inside(&mut timeline, 0, 300), 202);
        assert_eq!(inside(&mut timeline, 0, 301), 203);
    }
}
