//! Which UDP conversations are an echo service and its client.
//!
//! A datagram answers an earlier one of the other direction if it begins with the same 8 bytes (or is the same, where
//! it is shorter). Much else than an echo does that now and then, so a conversation is on probation first, and evidence
//! is weighed:
//!
//! - 8 for a reply that equals its request throughout what was captured, if the request's first 8 bytes differ from
//!   those of the request before: they count or carry a time;
//! - 3 where only the first 8 bytes are equal, but differ from request to request (servers that change the rest), and 3
//!   where all is equal but always the same (keep-alives look like that too);
//! - minus 8 for each datagram of the server that answers nothing.
//!
//! 24 are enough: three clean replies, or eight doubtful ones. DNS, NTP, SNMP, QUIC, RTP in both directions, IKE and
//! tunnels do not get there: their answers differ from their questions in the first 8 bytes, or these never change.

use std::collections::VecDeque;
use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::measure::rtp::header::Header;

/// Datagrams of a conversation that are remembered while it is on probation.
const REMEMBERED: usize = 32;

/// Datagrams, both directions, after which a conversation that is no echo so far is never taken for one.
const PATIENCE: u64 = 128;

/// The same where only one direction was heard: nobody answers yet.
const PATIENCE_ONE_WAY: u64 = 100_000;

/// Bytes of the payload that are compared.
const COMPARED: usize = 64;

const ENOUGH: i64 = 24;
const CLEAN: i64 = 8;
const DOUBTFUL: i64 = 3;
const CONTRADICTION: i64 = 8;

/// What a datagram can be recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The first 8 bytes; shorter payloads fill up with zeros, and have their length in `content` alone.
    pub key: u64,
    /// A hash of the length and of the first bytes captured.
    pub content: u64,
    /// The first bytes of two payloads being equal does not make one the answer to the other: they read as RTP, whose
    /// streams in both directions may count alike.
    pub strict: bool,
}

impl Mark {
    /// The mark of a payload of `payload_len` bytes, of which `captured` are there; `None` where too little is.
    #[inline]
    pub fn of(captured: &[u8], payload_len: u32) -> Option<Self> {
        let mut first = [0; 8];
        let needed = (payload_len as usize).min(first.len());
        if needed == 0 {
            return None;
        }
        first.get_mut(..needed)?.copy_from_slice(captured.get(..needed)?);
        let mut hasher = FxHasher::default();
        hasher.write_u32(payload_len);
        hasher.write(captured.get(..COMPARED).unwrap_or(captured));
        let key = u64::from_be_bytes(first);
        // Short datagrams are equal only if they are of one length.
        let key = if needed < first.len() {
            key ^ u64::from(payload_len)
        } else {
            key
        };
        Some(Self {
            key,
            content: hasher.finish(),
            strict: Header::read(captured, payload_len).is_some(),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Datagram {
    direction: usize,
    mark: Mark,
    /// The first 8 bytes differ from those of the one before in the same direction.
    telling: bool,
    time_ns: i64,
    reply_ns: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Side {
    datagrams: u64,
    /// Datagrams that answered one of the other side.
    replies: u64,
    /// Of this side's datagrams that were answered: how many equalled their replies throughout.
    clean: i64,
    doubtful: i64,
    /// All replies equalled their requests throughout.
    exact: bool,
    last_key: Option<u64>,
    /// Datagrams that were forgotten before they could be answered.
    forgotten: u64,
}

/// A conversation that may turn out to be an echo.
#[derive(Debug, Default)]
pub struct Probation {
    datagrams: VecDeque<Datagram>,
    sides: [Side; 2],
}

/// Where a conversation's probation stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Go on.
    Undecided,
    /// Not an echo.
    No,
    /// An echo.
    Yes(Recognised),
}

/// An echo, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Direction of the requests.
    pub client: usize,
    /// Replies equal their requests throughout.
    pub exact: bool,
    /// Requests so far: time of sending, mark, time of the reply. In order of sending.
    pub requests: Vec<(i64, Mark, Option<i64>)>,
    /// Requests before those, none of them answered.
    pub unanswered: u64,
}

impl Probation {
    /// Takes the next datagram.
    pub fn datagram(&mut self, direction: usize, mark: Mark, time_ns: i64, timeout_ns: i64) -> Verdict {
        let direction = direction & 1;
        let client = 1 - direction;
        let answered = self.answer(direction, mark, time_ns, timeout_ns);
        let [a, b] = &mut self.sides;
        let (mine, theirs) = if direction == 0 { (a, b) } else { (b, a) };
        mine.datagrams += 1;
        if let Some(request) = answered {
            mine.replies += 1;
            let equal = request.mark.content == mark.content;
            theirs.exact = equal && (theirs.exact || theirs.clean + theirs.doubtful == 0);
            match (equal, request.telling) {
                (true, true) => theirs.clean += 1,
                (true, false) | (false, true) => theirs.doubtful += 1,
                (false, false) => {}
            }
            let contradictions = i64::try_from(mine.datagrams - mine.replies).unwrap_or(i64::MAX / CONTRADICTION);
            let evidence = theirs.clean * CLEAN + theirs.doubtful * DOUBTFUL;
            if evidence >= ENOUGH.saturating_add(contradictions.saturating_mul(CONTRADICTION)) {
                return Verdict::Yes(self.recognised(client));
            }
        } else {
            let telling = mine.last_key.replace(mark.key) != Some(mark.key);
            if self.datagrams.len() >= REMEMBERED
                && let Some(oldest) = self.datagrams.pop_front()
                && oldest.reply_ns.is_none()
            {
                let [a, b] = &mut self.sides;
                let side = if oldest.direction == 0 { a } else { b };
                side.forgotten += 1;
            }
            self.datagrams.push_back(Datagram {
                direction,
                mark,
                telling,
                time_ns,
                reply_ns: None,
            });
        }
        let [a, b] = self.sides.map(|side| side.datagrams);
        let patience = if a.min(b) > 0 { PATIENCE } else { PATIENCE_ONE_WAY };
        if a + b >= patience {
            Verdict::No
        } else {
            Verdict::Undecided
        }
    }

    fn answer(&mut self, direction: usize, mark: Mark, time_ns: i64, timeout_ns: i64) -> Option<Datagram> {
        // Most UDP that is not answered is not a conversation at all.
        let [a, b] = self.sides.map(|side| side.datagrams);
        if [b, a][direction] == 0 {
            return None;
        }
        let open = |request: &Datagram| {
            request.direction != direction
                && request.mark.key == mark.key
                && request.reply_ns.is_none()
                && time_ns.saturating_sub(request.time_ns) <= timeout_ns
        };
        let exact = |request: &Datagram| open(request) && request.mark.content == mark.content;
        let alike = |request: &Datagram| !mark.strict && open(request);
        let index = (self.datagrams.iter().rposition(exact)).or_else(|| self.datagrams.iter().rposition(alike))?;
        let request = self.datagrams.get_mut(index)?;
        request.reply_ns = Some(time_ns);
        Some(*request)
    }

    fn recognised(&mut self, client: usize) -> Recognised {
        let [a, b] = self.sides;
        let side = if client == 0 { a } else { b };
        let requests = self.datagrams.drain(..).filter(|datagram| datagram.direction == client);
        Recognised {
            client,
            exact: side.exact,
            requests: requests
                .map(|request| (request.time_ns, request.mark, request.reply_ns))
                .collect(),
            unanswered: side.forgotten,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// Feeds (direction, payload) a millisecond apart; the verdict and the number of datagrams that it took.
    fn judged(datagrams: impl IntoIterator<Item = (usize, Vec<u8>)>) -> (usize, Verdict) {
        let mut probation = Probation::default();
        let mut count = 0;
        for (direction, payload) in datagrams {
            count += 1;
            let Some(mark) = Mark::of(&payload, payload.len() as u32) else {
                continue;
            };
            let verdict = probation.datagram(direction, mark, count as i64 * MS, 2000 * MS);
            if verdict != Verdict::Undecided {
                return (count, verdict);
            }
        }
        (count, Verdict::Undecided)
    }

    fn is_echo(datagrams: impl IntoIterator<Item = (usize, Vec<u8>)>) -> bool {
        matches!(judged(datagrams).1, Verdict::Yes(_))
    }

    fn exchange(count: u8, question: impl Fn(u8) -> Vec<u8>, answer: impl Fn(u8) -> Vec<u8>) -> Vec<(usize, Vec<u8>)> {
        (0..count).flat_map(|n| [(0, question(n)), (1, answer(n))]).collect()
    }

    fn probe(n: u8) -> Vec<u8> {
        let mut payload = vec![0, 0, 0, n, 9, 9, 9, 9];
        payload.extend([0x55; 20]);
        payload
    }

    #[test]
    fn three_clean_replies_are_enough() {
        let (count, verdict) = judged(exchange(10, probe, probe));
        assert_eq!(count, 6);
        let Verdict::Yes(found) = verdict else {
            panic!("{verdict:?}")
        };
        assert_eq!((found.client, found.exact, found.unanswered), (0, true, 0));
        let times: Vec<_> = found
            .requests
            .iter()
            .map(|(sent, _, reply)| (sent / MS, reply.map(|at| at / MS)))
            .collect();
        assert_eq!(times, [(1, Some(2)), (3, Some(4)), (5, Some(6))]);
    }

    #[test]
    fn the_client_is_who_asks_even_if_a_reply_was_captured_first() {
        let mut datagrams = vec![(1, probe(200))];
        datagrams.extend(exchange(10, probe, probe));
        let (_, verdict) = judged(datagrams);
        assert!(
            matches!(verdict, Verdict::Yes(Recognised { client: 0, .. })),
            "{verdict:?}"
        );
    }

    #[test]
    fn a_server_that_changes_the_rest_needs_eight() {
        let answer = |n| [&probe(n)[..8], &[n, 1, 2]].concat();
        assert!(!is_echo(exchange(7, probe, answer)));
        let (count, verdict) = judged(exchange(20, probe, answer));
        assert_eq!(count, 16);
        assert!(
            matches!(verdict, Verdict::Yes(Recognised { exact: false, .. })),
            "{verdict:?}"
        );
    }

    #[test]
    fn short_and_constant_payloads_are_echoes_when_they_go_on() {
        let constant = |_| b"ping".to_vec();
        assert!(
            !is_echo(exchange(6, constant, constant)),
            "the first says 8, the others 3 each"
        );
        assert!(is_echo(exchange(7, constant, constant)));
        let short = |n| vec![n];
        assert!(is_echo(exchange(3, short, short)));
    }

    #[test]
    fn requests_before_anybody_answered_are_remembered_or_counted() {
        let mut datagrams: Vec<_> = (0..100).map(|n| (0, probe(n))).collect();
        datagrams.extend((100..103).flat_map(|n| [(0, probe(n)), (1, probe(n))]));
        let (_, verdict) = judged(datagrams);
        let Verdict::Yes(found) = verdict else {
            panic!("{verdict:?}")
        };
        assert_eq!(found.requests.len() as u64 + found.unanswered, 103);
        assert_eq!(found.requests.iter().filter(|(_, _, reply)| reply.is_some()).count(), 3);
    }

    #[test]
    fn questions_and_answers_are_no_echo() {
        let with_header = |n: u8, second: [u8; 6]| [&[n, 7][..], &second, &[0; 20]].concat();
        let dns = |flags: u8| move |n| with_header(n, [flags, 0, 0, 1, 0, 0]);
        assert!(!is_echo(exchange(250, dns(0x01), dns(0x81))), "DNS: the QR bit");
        let rpc = |reply: u8| move |n| with_header(n, [n, n, 0, 0, 0, reply]);
        assert!(!is_echo(exchange(250, rpc(0), rpc(1))), "ONC RPC: the message type");
        let snmp = |tag: u8| move |n: u8| [b"\x30\x29\x02\x01\x01\x04\x06public", &[tag, n, 0, 0][..]].concat();
        assert!(
            !is_echo(exchange(250, snmp(0xa0), snmp(0xa2))),
            "SNMP: the same beginning always"
        );
        let ike = |answer: bool| move |n: u8| [&[0xaa; 8][..], &[n, u8::from(answer)]].concat();
        assert!(
            !is_echo(exchange(250, ike(false), ike(true))),
            "IKE: the initiator's SPI first"
        );
    }

    #[test]
    fn media_in_both_directions_are_no_echo() {
        let rtp = |start: u8, ssrc: u8| {
            move |n: u8| [&[0x80, 0, 0, start.wrapping_add(n), 0, 0, n, 160][..], &[ssrc; 40]].concat()
        };
        assert!(!is_echo(exchange(250, rtp(0, 1), rtp(100, 2))));
        assert!(
            !is_echo(exchange(250, rtp(0, 1), rtp(0, 2))),
            "both count alike: the sources differ"
        );
        assert!(is_echo(exchange(3, rtp(0, 1), rtp(0, 1))), "an RTP loop is an echo");
    }

    #[test]
    fn too_little_captured_has_no_mark() {
        assert_eq!(Mark::of(&[], 0), None);
        assert_eq!(Mark::of(&[1, 2, 3], 20), None);
        assert!(Mark::of(&[1, 2, 3], 3).is_some());
        assert_ne!(Mark::of(&[1], 1).map(|m| m.key), Mark::of(&[1, 0], 2).map(|m| m.key));
    }
}
