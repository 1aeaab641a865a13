//! When each side of every conversation was heard: from this the virtual machine's silence is read off once an
//! announcement has told which frames were its own.
//!
//! The announcement comes after the switchover, so that the frames before it must have been noted when nobody knew
//! yet whose they were. What is kept of a side is small: the times of its first and last frame, and its longest gaps.

mod gaps;

use std::net::IpAddr;

use crate::packet::Mac;

use gaps::{Gap, Wanted};

/// Interfaces told apart per sender.
const MAX_INTERFACES: usize = 16;
/// No capture describes so many interfaces that one has this number.
const NO_INTERFACE: u32 = u32::MAX;

/// One side of a conversation, as a sender. An answer is a frame of it with payload, or an echo reply.
///
/// A capture may hold tens of thousands of these, and then each frame finds its own in memory, not in the cache: what
/// nearly every frame touches is one cache line, and the rest of it lies elsewhere.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Sender {
    /// The interface of frames that need only be noted here, or [`NO_INTERFACE`].
    quick_interface: u32,
    /// Frames that are no answers, and answers. `Rest` says how often these numbers ran over.
    quiet: u32,
    answers: u32,
    /// How many of `gaps` are in use.
    used: u8,
    /// Some gaps are wanted.
    wants: bool,
    speaks_tcp: bool,
    /// The latest frame that is no answer, and no earlier than the first frame of either kind.
    quiet_last_ns: i64,
    /// The latest answer.
    last_ns: i64,
    /// Shorter gaps between answers are not looked at; 0 before the first answer.
    shortest_ns: u64,
    /// In ascending order, then places not in use.
    gaps: Box<[Gap]>,
    /// Absent until the first frame.
    rest: Option<Box<Rest>>,
}

/// What few frames touch.
#[derive(Debug)]
struct Rest {
    mac: Option<Mac>,
    address: IpAddr,
    /// The interface of its first frame.
    interface: u32,
    /// The earliest frame on that interface, as long as there was none on another.
    first_ns: i64,
    /// The earliest answer.
    first_answer_ns: i64,
    quiet_overflows: u32,
    answer_overflows: u32,
    /// The frames on each interface in the order of their first ones, once there are several.
    heard: Vec<Heard>,
    wanted: Option<Box<Wanted>>,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            quick_interface: NO_INTERFACE,
            quiet: 0,
            answers: 0,
            used: 0,
            wants: false,
            speaks_tcp: false,
            quiet_last_ns: i64::MIN,
            last_ns: i64::MIN,
            shortest_ns: 0,
            gaps: Box::default(),
            rest: None,
        }
    }
}

/// Frames on one capture interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) interface: u32,
    pub(super) frames: u64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
}

impl Heard {
    fn frame(&mut self, time_ns: i64) {
        self.frames += 1;
        self.first_ns = self.first_ns.min(time_ns);
        self.last_ns = self.last_ns.max(time_ns);
    }
}

impl Sender {
    /// Who it is, as its first frame tells, which is [taken](Self::frame) next.
    pub(super) fn is_first_heard(&mut self, mac: Option<Mac>, address: IpAddr, interface: u32, time_ns: i64) {
        self.quiet_last_ns = time_ns;
        self.rest = Some(Box::new(Rest {
            mac,
            address,
            interface,
            first_ns: time_ns,
            first_answer_ns: i64::MAX,
            quiet_overflows: 0,
            answer_overflows: 0,
            heard: Vec::new(),
            wanted: None,
        }));
    }

    /// A frame of it was seen.
    pub(super) fn is_known(&self) -> bool {
        self.rest.is_some()
    }

    /// A TCP segment of it was seen.
    #[inline]
    pub(super) fn speaks_tcp(&self) -> bool {
        self.speaks_tcp
    }

    /// A TCP segment of it was seen.
    pub(super) fn set_speaks_tcp(&mut self) {
        self.speaks_tcp = true;
    }

    /// Whether [`quick_frame`](Self::quick_frame) may take its frames.
    pub(super) fn set_quick(&mut self, is_quick: bool) {
        let interface = self.rest.as_ref().filter(|rest| is_quick && rest.heard.is_empty());
        self.quick_interface = interface.map_or(NO_INTERFACE, |rest| rest.interface);
    }

    /// Its frames need only be noted.
    #[inline]
    pub(super) fn is_quick(&self) -> bool {
        self.quick_interface != NO_INTERFACE
    }

    /// Its hardware address in its first frame.
    pub(super) fn mac(&self) -> Option<Mac> {
        self.rest.as_ref().and_then(|rest| rest.mac)
    }

    /// Its address.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.rest.as_ref().map(|rest| rest.address)
    }

    /// Reads a word of the cache line that its next frame will touch.
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        self.last_ns as u64
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub(super) fn fetch_owned(&self) -> u64 {
        self.gaps.get(usize::from(self.used)).map_or(0, |gap| gap.0 as u64)
    }

    /// The same where it is not quick.
    pub(super) fn fetch_rest(&self) -> u64 {
        self.rest.as_ref().map_or(0, |rest| u64::from(rest.interface))
    }

    /// Takes a frame to a single receiver, if it is such a one as nearly all are: of a sender [set](Self::set_quick) to
    /// be quick, on its only interface. Else it does nothing, and says so.
    #[inline(always)]
    pub(super) fn quick_frame(&mut self, interface: u32, time_ns: i64, is_answer: bool) -> bool {
        let is_quick = self.quick_interface == interface;
        if is_quick {
            self.note(time_ns, is_answer);
        }
        is_quick
    }

    /// Takes any frame to a single receiver.
    pub(super) fn frame(&mut self, interface: u32, time_ns: i64, is_answer: bool) {
        let on_several = self
            .rest
            .as_ref()
            .is_some_and(|rest| rest.interface != interface || !rest.heard.is_empty());
        if on_several {
            self.on_several(interface, time_ns);
            if is_answer {
                self.answer(time_ns);
            }
        } else {
            self.note(time_ns, is_answer);
        }
    }

    /// Takes a frame on its only interface.
    #[inline(always)]
    fn note(&mut self, time_ns: i64, is_answer: bool) {
        if is_answer {
            self.answer(time_ns);
            return;
        }
        self.quiet = self.quiet.wrapping_add(1);
        if self.quiet == 0 {
            self.overflow(|rest| &mut rest.quiet_overflows);
        }
        if time_ns >= self.quiet_last_ns {
            self.quiet_last_ns = time_ns;
        } else {
            self.earlier(time_ns);
        }
    }

    /// Takes the time of an answer; they need not come in order.
    #[inline(always)]
    fn answer(&mut self, time_ns: i64) {
        self.answers = self.answers.wrapping_add(1);
        if self.answers == 0 {
            self.overflow(|rest| &mut rest.answer_overflows);
        }
        // Exact, as the first number is no less than the second.
        if time_ns >= self.last_ns && (time_ns.wrapping_sub(self.last_ns) as u64) < self.shortest_ns {
            self.last_ns = time_ns;
        } else {
            self.distant_answer(time_ns);
        }
    }

    #[cold]
    fn overflow(&mut self, number: impl FnOnce(&mut Rest) -> &mut u32) {
        if let Some(rest) = &mut self.rest {
            *number(rest) += 1;
        }
    }

    /// A frame from before the latest of its kind.
    #[cold]
    fn earlier(&mut self, time_ns: i64) {
        if let Some(rest) = &mut self.rest {
            rest.first_ns = rest.first_ns.min(time_ns);
        }
    }

    /// A frame of a sender that was heard on more than one interface.
    #[cold]
    fn on_several(&mut self, interface: u32, time_ns: i64) {
        self.quick_interface = NO_INTERFACE;
        let before = self.on_the_first();
        let Some(rest) = &mut self.rest else {
            return;
        };
        if rest.heard.is_empty() {
            rest.heard.extend(before);
        }
        if let Some(known) = rest.heard.iter_mut().find(|known| known.interface == interface) {
            known.frame(time_ns);
        } else if rest.heard.len() < MAX_INTERFACES {
            rest.heard.push(Heard {
                interface,
                frames: 1,
                first_ns: time_ns,
                last_ns: time_ns,
            });
        }
    }

    /// Its frames, where all were on one interface.
    fn on_the_first(&self) -> Option<Heard> {
        let rest = self.rest.as_ref()?;
        let quiet = whole(rest.quiet_overflows, self.quiet);
        Some(Heard {
            interface: rest.interface,
            frames: quiet + self.answers(),
            first_ns: rest.first_ns,
            last_ns: self.quiet_last_ns.max(self.last_ns),
        })
    }

    /// Its frames to a single receiver, per capture interface.
    pub(super) fn heard(&self) -> impl Iterator<Item = Heard> {
        let several = self.rest.as_ref().map_or(&[][..], |rest| &rest.heard);
        let only = self.on_the_first().filter(|_| several.is_empty());
        only.into_iter().chain(several.iter().copied())
    }

    /// How many of its frames answer a client.
    pub(super) fn answers(&self) -> u64 {
        let overflows = self.rest.as_ref().map_or(0, |rest| rest.answer_overflows);
        whole(overflows, self.answers)
    }
}

/// A number of which the lower half is counted where every frame touches it.
fn whole(overflows: u32, low: u32) -> u64 {
    u64::from(overflows) << 32 | u64::from(low)
}

/// Both sides of a conversation.
pub(super) type Pair = [Sender; 2];

#[cfg(test)]
mod tests {
    use super::*;

    /// A sender whose first frame, on interface 0 at this time, comes next.
    pub(super) fn sender(time_ns: i64) -> Sender {
        let mut sender = Sender::default();
        sender.is_first_heard(None, IpAddr::from([10, 0, 0, 1]), 0, time_ns);
        sender
    }

    fn heard(interface: u32, frames: u64, first_ns: i64, last_ns: i64) -> Heard {
        Heard {
            interface,
            frames,
            first_ns,
            last_ns,
        }
    }

    #[test]
    fn a_frame_touches_one_cache_line_of_its_sender() {
        assert_eq!((size_of::<Sender>(), align_of::<Sender>()), (64, 64));
    }

    #[test]
    fn frames_are_counted_with_their_first_and_last_time_whatever_their_kind_and_order() {
        // (time, is an answer)
        let frames = [(50, false), (70, true), (40, true), (60, false), (45, false)];
        for order in [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
            let mut sender = sender(frames[order[0]].0);
            for (time_ns, is_answer) in order.map(|index| frames[index]) {
                sender.frame(0, time_ns, is_answer);
            }
            assert_eq!(sender.heard().collect::<Vec<_>>(), [heard(0, 5, 40, 70)], "{order:?}");
            assert_eq!(sender.answers(), 2);
        }
    }

    #[test]
    fn frames_are_told_apart_by_their_interface_from_the_second_one_on() {
        let mut sender = sender(10);
        sender.set_quick(true);
        for (interface, time_ns, is_answer) in [
            (0, 10, true),
            (0, 12, false),
            (1, 11, true),
            (0, 9, true),
            (2, 8, false),
        ] {
            if !sender.quick_frame(interface, time_ns, is_answer) {
                sender.frame(interface, time_ns, is_answer);
            }
        }
        let all: Vec<Heard> = sender.heard().collect();
        assert_eq!(all, [heard(0, 3, 9, 12), heard(1, 1, 11, 11), heard(2, 1, 8, 8)]);
        assert_eq!(sender.answers(), 3);
        assert!(!sender.quick_frame(0, 20, true));
        sender.set_quick(true);
        assert!(!sender.quick_frame(0, 20, true));
    }

    #[test]
    fn more_frames_than_a_small_number_holds_are_counted_too() {
        let mut sender = sender(0);
        (sender.quiet, sender.answers) = (u32::MAX, u32::MAX - 1);
        for time_ns in 0..3 {
            sender.frame(0, time_ns, false);
            sender.frame(0, time_ns, true);
        }
        assert_eq!(sender.answers(), (1 << 32) + 1);
        assert_eq!(sender.heard().map(|heard| heard.frames).sum::<u64>(), (1 << 33) + 3);
    }
}
