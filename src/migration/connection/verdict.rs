//! What a connection is: by the bytes that it begins with, by those in its middle, by the port where neither says.

use super::{Connection, Side};
use crate::migration::follow::Follower;
use crate::migration::model::Role;
use crate::migration::multifd::Channel;
use crate::migration::nbd::Client;
use crate::migration::ports::Owner;
use crate::migration::qemu::{MainStream, ReturnPath};
use crate::migration::reader::Reader;
use crate::migration::recognise::Content;
use crate::migration::stream::Stream;

/// A connection that showed nothing of interest in so many bytes is left alone from then on.
const UNDECIDED_BYTES: u64 = 1 << 16;

/// What is known of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migration) enum Verdict {
    /// Too little was seen.
    Undecided,
    /// Nothing of a migration's.
    Dull,
    /// It carries this; a direction only where the content says which.
    Carries(Role, Option<usize>),
}

impl Connection {
    /// A segment in the middle of a stream showed what the stream is.
    pub(super) fn middle(&mut self, direction: usize, content: Content, offset: u64) {
        let other = 1 - direction;
        let (role, forward) = match content {
            Content::Qemu => {
                let main = MainStream::from_middle(offset);
                self.sides[direction].reader = Reader::Main(Box::new(Follower::new(main)));
                self.sides[other].reader = Reader::Return(Box::new(Follower::new(ReturnPath::from_middle())));
                (Role::QemuMain, direction)
            }
            Content::Multifd => {
                self.sides[direction].reader = Reader::Channel(Box::new(Follower::new(Channel::from_middle())));
                self.sides[other].reader = Reader::Nobody;
                (Role::QemuChannel, direction)
            }
            Content::NbdClient => {
                self.sides[direction].reader = Reader::Disk(Box::new(Follower::new(Client::from_middle())));
                self.sides[other].reader = Reader::Nobody;
                (Role::Storage, direction)
            }
            Content::NbdServer => {
                self.sides[other].reader = Reader::Disk(Box::new(Follower::new(Client::from_middle())));
                self.sides[direction].reader = Reader::Nobody;
                (Role::Storage, other)
            }
            _ => return,
        };
        self.sides[direction].stream = Stream::starting_at(offset);
        self.verdict = Verdict::Carries(role, Some(forward));
    }

    /// Looks at the beginnings of both directions, and at the port where these say nothing.
    pub(super) fn decide(&mut self) {
        let mut open = false;
        let mut unseen = false;
        for direction in 0..2 {
            match self.sides[direction].reader.head() {
                Some(Content::Nothing) => {}
                Some(Content::Unseen) => unseen = true,
                Some(content) => {
                    self.begins_with(direction, content);
                    return;
                }
                None => open |= self.sides[direction].ledger.first_ns().is_some(),
            }
        }
        let total: u64 = self.sides.iter().map(|side| side.ledger.unique_bytes()).sum();
        let silent = self.sides.iter().any(|side| side.ledger.first_ns().is_none());
        if open || (silent && total < UNDECIDED_BYTES && self.owner().is_none()) {
            return;
        }
        let from_start = self
            .sides
            .iter()
            .all(|side| side.ledger.first_ns().is_none() || side.ledger.has_start());
        match self.owner() {
            _ if unseen || !from_start => self.decide_in_the_middle(),
            Some(Owner::Xen | Owner::HyperV | Owner::Vmotion) if !silent || total >= UNDECIDED_BYTES => {
                let text = self
                    .sides
                    .iter()
                    .any(|side| side.reader.first_byte().is_some_and(|byte| byte.is_ascii_graphic()));
                self.settle(if text {
                    Verdict::Dull
                } else {
                    Verdict::Carries(Role::PortOnly, None)
                });
            }
            _ if !silent || total >= UNDECIDED_BYTES => self.settle(Verdict::Dull),
            _ => {}
        }
    }

    /// The beginning was not captured, and nothing was recognised so far.
    fn decide_in_the_middle(&mut self) {
        match self.owner() {
            Some(Owner::Ssh) => self.settle(Verdict::Carries(Role::Ssh, None)),
            // The readers go on looking for content, but for those of a beginning, which nobody will ask for.
            Some(_) => {
                self.verdict = Verdict::Carries(Role::PortOnly, None);
                let begun = |side: &&mut Side| side.ledger.first_ns().is_some();
                self.sides
                    .iter_mut()
                    .filter(begun)
                    .for_each(|side| side.reader.give_up_beginning());
            }
            None => {
                let given_up = |side: &Side| !matches!(side.reader, Reader::Middle(_));
                if self
                    .sides
                    .iter()
                    .all(|side| given_up(side) || side.ledger.first_ns().is_none())
                {
                    self.settle(Verdict::Dull);
                }
            }
        }
    }

    pub(super) fn settle(&mut self, verdict: Verdict) {
        self.verdict = verdict;
        for side in &mut self.sides {
            side.reader = Reader::Nobody;
            side.stream = Stream::default();
        }
    }

    fn begins_with(&mut self, direction: usize, content: Content) {
        let other = 1 - direction;
        match content {
            Content::Qemu => {
                self.sides[direction].reader.become_main();
                self.sides[other].reader.become_return();
                self.verdict = Verdict::Carries(Role::QemuMain, Some(direction));
            }
            Content::Multifd => {
                self.sides[direction].reader.become_channel();
                self.sides[other].reader = Reader::Nobody;
                self.verdict = Verdict::Carries(Role::QemuChannel, Some(direction));
            }
            Content::NbdServer => {
                self.sides[direction].reader = Reader::Nobody;
                self.sides[other].reader.become_disk();
                self.verdict = Verdict::Carries(Role::Storage, Some(other));
            }
            Content::NbdClient => {}
            Content::Ssh => self.settle(Verdict::Carries(Role::Ssh, None)),
            Content::Vmotion => self.settle(Verdict::Carries(Role::Vmotion, Some(direction))),
            Content::Tls => {
                let on_migration_port = self.owner().is_some_and(Owner::carries_qemu);
                self.settle(if on_migration_port {
                    Verdict::Carries(Role::Tls, None)
                } else {
                    Verdict::Dull
                });
            }
            Content::Nothing | Content::Unseen => {}
        }
    }
}
