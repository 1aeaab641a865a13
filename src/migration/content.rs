//! What the readers of a connection found, for those who draw figures from it.

use super::connection::Connection;
use super::follow::{Broken, Follower};
use super::multifd::Channel;
use super::nbd::Client;
use super::qemu::{MainStream, ReturnPath, is_description};
use super::reader::Reader;

impl Connection {
    /// QEMU's main stream, where this carries it.
    pub(super) fn main_stream(&self) -> Option<&Follower<MainStream>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Main(follower) => Some(&**follower),
            _ => None,
        })
    }

    /// True where the stream has shown, since this was last asked, a moment that divides a migration.
    pub(super) fn phase_began(&mut self) -> bool {
        let begun = self.main_stream().map_or(0, |main| {
            let main = &main.grammar;
            let moments = [&main.first_page, &main.stopped, &main.package_end];
            moments.into_iter().flatten().count()
        });
        let more = begun != self.phases_begun;
        self.phases_begun = begun;
        more
    }

    pub(super) fn return_path(&self) -> Option<&ReturnPath> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Return(follower) => Some(&follower.grammar),
            _ => None,
        })
    }

    pub(super) fn channel(&self) -> Option<&Follower<Channel>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Channel(follower) => Some(&**follower),
            _ => None,
        })
    }

    pub(super) fn disk(&self) -> Option<&Follower<Client>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Disk(follower) => Some(&**follower),
            _ => None,
        })
    }

    /// Where a grammar gave up.
    pub(super) fn broken(&self) -> Option<Broken> {
        self.sides.iter().find_map(|side| side.reader.broken())
    }

    /// The connection speaks multifd's own format.
    pub(super) fn is_multifd(&self) -> bool {
        self.channel().is_some()
    }

    /// The target was told to run before all pages were there.
    pub(super) fn is_postcopy(&self) -> bool {
        let ran = self
            .main_stream()
            .is_some_and(|main| main.grammar.package_end.is_some());
        ran || self.return_path().is_some_and(|path| path.requests > 0)
    }

    /// When the target said that it is about to run, in post-copy.
    pub(super) fn about_to_run_ns(&self) -> Option<i64> {
        self.return_path()
            .and_then(|path| path.about_to_run)
            .map(|at| at.time_ns)
    }

    /// The source sent everything: the stream's end mark, or the text that follows it.
    pub(super) fn came_to_its_end(&self) -> bool {
        let marked = self.main_stream().is_some_and(|main| main.grammar.end_mark.is_some());
        marked
            || self
                .role()
                .is_some_and(|(_, forward)| is_description(self.sides[forward].tail()))
    }

    /// Unique payload bytes from source to target.
    pub(super) fn forward_bytes(&self) -> u64 {
        self.role()
            .map_or(0, |(_, forward)| self.sides[forward].ledger.unique_bytes())
    }
}
