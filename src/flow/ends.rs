//! Numbers the flows of a block, each direction for itself, so that the ordered fold looks a flow up once a block and not
//! once a packet.

use rustc_hash::FxHashMap;

use super::table::{Endpoint, FlowKey, Tuple};
use crate::packet::Ends;

const PROTOCOL_TCP: u8 = 6;

/// After so many flows of a block it is known whether they come again.
const SCATTERED: usize = 512;

/// The flows of one block, numbered from 0 in order of their segments.
#[derive(Debug)]
pub struct BlockFlows {
    numbers: FxHashMap<Ends, u32>,
    keys: Vec<FlowKey>,
    /// How often a flow was asked for.
    asked: usize,
    /// Most segments are of another flow: nothing is saved by looking them up, and a flow may have several numbers.
    scattered: bool,
    /// The flows that were looked up last: a bulk transfer is a run of segments with acknowledgements between them.
    recent: [(Ends, u32); 2],
}

impl Default for BlockFlows {
    fn default() -> Self {
        Self {
            numbers: FxHashMap::default(),
            keys: Vec::new(),
            asked: 0,
            scattered: false,
            recent: [(Ends::NONE, 0); 2],
        }
    }
}

impl BlockFlows {
    /// Forgets the flows of the block before.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.keys.clear();
        self.asked = 0;
        self.scattered = false;
        self.recent = [(Ends::NONE, 0); 2];
    }

    /// The number of the flow between these ends.
    #[inline(always)]
    pub fn number(&mut self, ends: &Ends) -> u32 {
        let [one, other] = &self.recent;
        if one.0 == *ends {
            one.1
        } else if other.0 == *ends {
            other.1
        } else {
            self.look_up(ends)
        }
    }

    #[inline(never)]
    fn look_up(&mut self, ends: &Ends) -> u32 {
        let next = self.keys.len() as u32;
        self.asked += 1;
        let number = if self.scattered {
            next
        } else {
            *self.numbers.entry(*ends).or_insert(next)
        };
        if number == next {
            self.keys.push(ends.into());
            if self.keys.len() == SCATTERED {
                self.scattered = self.asked < 2 * SCATTERED;
            }
        }
        self.recent = [(*ends, number), self.recent[0]];
        number
    }

    /// What the flows' conversations are looked up by, in order of their numbers.
    pub fn keys(&self) -> &[FlowKey] {
        &self.keys
    }
}

impl From<&Ends> for FlowKey {
    fn from(ends: &Ends) -> Self {
        let (src, dst) = ends.addresses();
        let (src_port, dst_port) = ends.ports();
        let end = |address, port| Endpoint { address, port };
        Self::of(&Tuple {
            protocol: PROTOCOL_TCP,
            has_ports: true,
            src: end(src, src_port),
            dst: end(dst, dst_port),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Frame, LinkType};
    use crate::packet::segment;

    /// An empty ACK from 10.0.0.`from` to 10.0.0.`to`.
    fn ends(from: u8, to: u8) -> Ends {
        let mut bytes = vec![0; 12];
        bytes.extend([8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0]);
        bytes.extend([10, 0, 0, from, 10, 0, 0, to]);
        bytes.extend([0, 7, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
        let frame = Frame {
            time_ns: Some(0),
            offset: 0,
            captured_len: bytes.len() as u32,
            wire_len: bytes.len() as u32,
            interface: 0,
            link_type: LinkType::ETHERNET,
        };
        segment(&frame, &bytes).unwrap().1
    }

    #[test]
    fn each_direction_has_its_number_whatever_came_between() {
        let mut flows = BlockFlows::default();
        let order = [(1, 2), (2, 1), (1, 2), (3, 4), (1, 2), (2, 1), (3, 4), (4, 3), (2, 1)];
        let numbers: Vec<u32> = order.iter().map(|&(from, to)| flows.number(&ends(from, to))).collect();
        assert_eq!(numbers, [0, 1, 0, 2, 0, 1, 2, 3, 1]);
        let end = |last, port| Endpoint {
            address: [10, 0, 0, last].into(),
            port,
        };
        let tuple = Tuple {
            protocol: 6,
            has_ports: true,
            src: end(3, 7),
            dst: end(4, 9),
        };
        assert_eq!(flows.keys()[2], FlowKey::of(&tuple));
    }

    #[test]
    fn a_number_leads_to_its_flow_however_many_there_are() {
        let pairs = (0..2 * SCATTERED).map(|index| (index as u8, (index >> 8) as u8));
        let all: Vec<Ends> = pairs.map(|(from, to)| ends(from, to)).collect();
        // All at once, and each three times within a few segments.
        for (apart, numbers) in [(all.len(), 3 * all.len()), (4, all.len())] {
            let mut flows = BlockFlows::default();
            for few in all.chunks(apart) {
                for ends in few.iter().chain(few).chain(few) {
                    let number = flows.number(ends) as usize;
                    assert_eq!(flows.keys()[number], FlowKey::from(ends));
                }
            }
            assert_eq!(flows.keys().len(), numbers);
        }
    }

    #[test]
    fn a_new_block_starts_over() {
        let mut flows = BlockFlows::default();
        flows.number(&ends(1, 2));
        flows.clear();
        assert_eq!((flows.number(&ends(2, 1)), flows.keys().len()), (0, 1));
    }
}
