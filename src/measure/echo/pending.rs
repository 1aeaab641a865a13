//! Requests that wait for their replies, all flows together, in bounded memory.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

/// Most requests that are remembered at a time: two seconds of 60,000 a second, twice over.
const MAX_REQUESTS: usize = 262_144;

/// Most requests of one key that a reply is compared with.
const MAX_COMPARED: usize = 64;

/// What a request can be recognised by in its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    /// Number of the flow.
    pub flow: u32,
    /// ICMP: identifier and sequence number. UDP: the first 8 bytes of the payload.
    pub key: u64,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    name: Name,
    /// Tells requests of one key apart where it can: a hash of the payload.
    content: u64,
    sent_ns: i64,
    answered: bool,
    /// Number of the request before this one that has the same name.
    before: Option<u64>,
}

/// What became of a request without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The timeout passed.
    Lost,
    /// There was no room to remember it.
    Forgotten,
}

/// The requests of the last moments, answered or not, numbered in the order in which they came.
#[derive(Debug)]
pub struct Pending {
    timeout_ns: i64,
    requests: VecDeque<Request>,
    /// Number of the first request in `requests`.
    first: u64,
    newest: FxHashMap<Name, u64>,
}

impl Pending {
    /// No requests yet; each will wait for `timeout_ns`.
    pub fn new(timeout_ns: i64) -> Self {
        Self {
            timeout_ns: timeout_ns.max(0),
            requests: VecDeque::new(),
            first: 0,
            newest: FxHashMap::default(),
        }
    }

    /// How long a request waits for its reply.
    pub fn timeout_ns(&self) -> i64 {
        self.timeout_ns
    }

    /// Remembers a request. `content` tells it from others of the same name.
    pub fn insert(&mut self, name: Name, content: u64, sent_ns: i64) {
        let number = self.first + self.requests.len() as u64;
        let before = self.newest.insert(name, number);
        self.requests.push_back(Request {
            name,
            content,
            sent_ns,
            answered: false,
            before,
        });
    }

    /// The time at which the request was sent that a reply of `time_ns` answers, which is answered from now on.
    ///
    /// Several requests of one name: the newest of the same content, else, unless `exact`, the newest. Not the oldest,
    /// for after one loss each reply would be taken for that of the request before, and the loss never seen; where
    /// replies come late in a bunch instead, round trips are mixed up among themselves, and their sum is right.
    pub fn answer(&mut self, name: Name, content: u64, exact: bool, time_ns: i64) -> Option<i64> {
        let mut found = None;
        let mut next = self.newest.get(&name).copied();
        for _ in 0..MAX_COMPARED {
            let Some((number, request)) = next.and_then(|number| Some((number, self.get(number)?))) else {
                break;
            };
            if !request.answered && time_ns.saturating_sub(request.sent_ns) <= self.timeout_ns {
                if request.content == content {
                    found = Some(number);
                    break;
                }
                if !exact {
                    found = found.or(Some(number));
                }
            }
            next = request.before;
        }
        let index = usize::try_from(found?.checked_sub(self.first)?).ok()?;
        let request = self.requests.get_mut(index)?;
        request.answered = true;
        Some(request.sent_ns)
    }

    /// Forgets requests whose time is up at `now_ns`, and the oldest of too many: calls `gone` with the flow, the time
    /// of sending and the fate of each that was not answered.
    pub fn expire(&mut self, now_ns: i64, mut gone: impl FnMut(u32, i64, Fate)) {
        while let Some(request) = self.requests.front() {
            let late = now_ns.saturating_sub(request.sent_ns) > self.timeout_ns;
            if !late && self.requests.len() <= MAX_REQUESTS {
                break;
            }
            let fate = if late { Fate::Lost } else { Fate::Forgotten };
            self.pop(|request| gone(request.name.flow, request.sent_ns, fate));
        }
    }

    /// Forgets all, at the end of a capture: calls `gone` with the flow and the time of sending of each that was not
    /// answered.
    pub fn drain(&mut self, mut gone: impl FnMut(u32, i64)) {
        while !self.requests.is_empty() {
            self.pop(|request| gone(request.name.flow, request.sent_ns));
        }
    }

    fn pop(&mut self, unanswered: impl FnOnce(&Request)) {
        let Some(request) = self.requests.pop_front() else {
            return;
        };
        if self.newest.get(&request.name) == Some(&self.first) {
            self.newest.remove(&request.name);
        }
        self.first += 1;
        if !request.answered {
            unanswered(&request);
        }
    }

    fn get(&self, number: u64) -> Option<&Request> {
        let index = number.checked_sub(self.first)?;
        self.requests.get(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Name = Name { flow: 1, key: 7 };

    fn gone(pending: &mut Pending, now_ns: i64) -> Vec<(u32, i64, Fate)> {
        let mut list = Vec::new();
        pending.expire(now_ns, |flow, sent, fate| list.push((flow, sent, fate)));
        list
    }

    #[test]
    fn a_reply_answers_its_request_once_and_within_the_timeout() {
        let mut pending = Pending::new(1000);
        pending.insert(NAME, 0, 100);
        assert_eq!(pending.answer(Name { key: 8, ..NAME }, 0, true, 200), None);
        assert_eq!(pending.answer(Name { flow: 2, ..NAME }, 0, true, 200), None);
        assert_eq!(pending.answer(NAME, 0, true, 1101), None, "too late by 1 ns");
        assert_eq!(pending.answer(NAME, 0, true, 1100), Some(100));
        assert_eq!(pending.answer(NAME, 0, true, 1100), None, "a second reply");
        assert_eq!(gone(&mut pending, 5000), []);
        assert!(pending.newest.is_empty());
    }

    #[test]
    fn what_was_not_answered_is_lost_when_its_time_is_up() {
        let mut pending = Pending::new(1000);
        pending.insert(NAME, 0, 100);
        pending.insert(NAME, 0, 300);
        assert_eq!(gone(&mut pending, 1100), []);
        assert_eq!(gone(&mut pending, 1101), [(1, 100, Fate::Lost)]);
        assert_eq!(pending.answer(NAME, 0, true, 1200), Some(300));
        assert_eq!(gone(&mut pending, 9000), []);
    }

    #[test]
    fn requests_of_one_name_are_told_apart_by_content_first() {
        let mut pending = Pending::new(1000);
        for (content, sent) in [(1, 10), (2, 20), (3, 30)] {
            pending.insert(NAME, content, sent);
        }
        assert_eq!(pending.answer(NAME, 2, true, 40), Some(20));
        assert_eq!(pending.answer(NAME, 9, true, 40), None);
        assert_eq!(pending.answer(NAME, 9, false, 40), Some(30));
        assert_eq!(pending.answer(NAME, 9, false, 40), Some(10));
        assert_eq!(pending.answer(NAME, 9, false, 40), None);
    }

    #[test]
    fn the_oldest_give_way_when_there_are_too_many() {
        let mut pending = Pending::new(i64::MAX);
        for number in 0..MAX_REQUESTS as u64 + 2 {
            pending.insert(Name { flow: 0, key: number }, 0, number as i64);
            let forgotten = gone(&mut pending, number as i64);
            let expected = number.checked_sub(MAX_REQUESTS as u64);
            assert_eq!(
                forgotten,
                Vec::from_iter(expected.map(|n| (0, n as i64, Fate::Forgotten)))
            );
        }
        assert_eq!(pending.newest.len(), MAX_REQUESTS);
    }
}
