//! Page headers among the captured beginnings of segments: how a stream is recognised whose own beginning was not
//! captured.
//!
//! A header's high bits are zero, since no machine has 2^44 bytes of memory, and its low bits hold one of two flags.
//! Chance makes such a word once in 2^31 places; data made of small numbers makes it more often. What neither makes is
//! a row of them whose addresses rise at least as fast as the stream grows.

/// Segments looked at before giving up.
const MAX_SEGMENTS: u32 = 20_000;
/// So many segments of a stream of pages would have shown some headers, had so much of each been captured.
const ENOUGH_SEGMENTS: u32 = 2000;
const ENOUGH_BYTES: usize = 40;
/// Bytes looked at in each.
const MAX_BYTES: usize = 256;
/// Headers in a row that prove a stream.
const PROOF: u32 = 4;
const PAGE_BYTES: u64 = 4096;
const HEADER_BYTES: u64 = 8;
/// Flags of a whole page and of a zero one, both of the same block as the page before.
const PAGE_FLAGS: u64 = 0x28;
const ZERO_FLAGS: u64 = 0x22;
/// Addresses below are left out: small numbers.
const LOWEST_ADDRESS: u64 = 1 << 20;
const HIGHEST_ADDRESS: u64 = 1 << 44;

/// Looks for headers.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct PageTrail {
    segments: u32,
    /// Segments of which enough was captured.
    telling: u32,
    last: Option<(u64, u64)>,
    row: u32,
}

impl PageTrail {
    /// Looks at a segment's captured payload, whose first byte is at `offset`. True once it is certain.
    pub(in super::super) fn look(&mut self, offset: u64, payload: &[u8]) -> bool {
        if self.row >= PROOF {
            return true;
        }
        if self.given_up() {
            return false;
        }
        self.segments += 1;
        self.telling += u32::from(payload.len() >= ENOUGH_BYTES);
        let payload = &payload[..payload.len().min(MAX_BYTES)];
        for (place, window) in (offset..).zip(payload.windows(HEADER_BYTES as usize)) {
            // The two highest bytes and the flags leave almost nothing over.
            if window[0] != 0 || window[1] != 0 || window[7] != PAGE_FLAGS as u8 && window[7] != ZERO_FLAGS as u8 {
                continue;
            }
            let word = window.iter().fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
            let (address, flags) = (word & !(PAGE_BYTES - 1), word & (PAGE_BYTES - 1));
            let is_header = flags == PAGE_FLAGS || flags == ZERO_FLAGS;
            if is_header && (LOWEST_ADDRESS..HIGHEST_ADDRESS).contains(&address) {
                self.header(place, address);
            }
        }
        self.row >= PROOF
    }

    /// This is no stream of pages that can be read.
    pub(in super::super) fn refuted(&self) -> bool {
        self.row < PROOF && self.telling >= ENOUGH_SEGMENTS
    }

    /// Nothing was found, and nothing will be looked for any more.
    pub(in super::super) fn given_up(&self) -> bool {
        self.segments >= MAX_SEGMENTS
    }

    fn header(&mut self, place: u64, address: u64) {
        let follows = self.last.is_some_and(|(last_place, last_address)| {
            let grown = place.saturating_sub(last_place);
            let pages = address.saturating_sub(last_address) / PAGE_BYTES;
            grown > 0 && pages > 0 && grown <= pages * (PAGE_BYTES + HEADER_BYTES)
        });
        self.row = if follows { self.row + 1 } else { 1 };
        self.last = Some((place, address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_whose_addresses_rise_with_the_stream_prove_it() {
        let mut trail = PageTrail::default();
        for page in 0..4_u64 {
            let word = (0x10_0000 + page * 20 * 4096) | 0x28;
            let mut payload = vec![0xab; 60];
            payload[20..28].copy_from_slice(&word.to_be_bytes());
            assert_eq!(trail.look(page * 20 * 4104, &payload), page == 3);
        }
    }

    #[test]
    fn small_numbers_and_repeated_words_prove_nothing() {
        let mut trail = PageTrail::default();
        for segment in 0..1000_u64 {
            let mut payload = vec![0; 60];
            payload[15] = 0x28;
            payload[40..48].copy_from_slice(&0x20_0028_u64.to_be_bytes());
            assert!(!trail.look(segment * 1448, &payload));
        }
    }
}
