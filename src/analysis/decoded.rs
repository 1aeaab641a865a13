//! What decoding makes of a block: all that can be said of its frames without knowing those before them.

use std::net::IpAddr;

use super::quality::FrameCounts;
use crate::capture::Block;
use crate::flow::Direction;
use crate::flow::duplicates::Print;
use crate::flow::ends::BlockFlows;
use crate::measure::tcp::standard::{RttSamples, TcpSample};
use crate::packet::{Completed, DecodeOptions, Ends, Mac, Packet, Segment, decode, segment_v4, segment_v6};

/// See [`DecodedBlock::has_many_flows`].
const MANY_FLOWS: usize = 128;

/// A block and its decoded frames.
#[derive(Debug, Default)]
pub struct DecodedBlock {
    /// The frames and their bytes.
    pub block: Block,
    /// `records[i]` is `block.frames[i]`, decoded.
    pub records: Vec<Record>,
    /// The frames that are no segments of an open connection, in order.
    pub others: Vec<Packet>,
    /// The flows of those that are.
    pub flows: BlockFlows,
    /// Counts over all frames.
    pub counts: FrameCounts,
    /// `placed[i]` is where `records[i]` belongs, once the block was placed.
    pub placed: Vec<Placed>,
    /// The same of `others`, what it says more.
    pub others_placed: Vec<OtherPlaced>,
    /// What TCP segments add that are not in order, in order of the frames, once the block was placed.
    pub samples: Vec<TcpSample>,
    /// The RTTs that those in order give.
    pub rtts: Vec<RttSamples>,
    /// The conversations that begin in this block, in order.
    pub opened: Vec<Opened>,
    options: DecodeOptions,
}

/// Where a frame belongs.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// The bin that it falls into.
    pub bin: i64,
    /// Number of its conversation.
    pub conversation: u32,
    /// It goes from the conversation's b to its a.
    pub reverse: bool,
    /// The capture held it already.
    pub duplicate: bool,
    /// Wireshark flags a lost segment before it.
    pub lost_segment: bool,
    /// What the estimators made of it.
    pub taken: Taken,
}

/// What the estimators made of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing: it is a copy, or no TCP segment.
    Nothing,
    /// It goes on in order and gives no RTT: all of its payload is new.
    InOrder,
    /// It goes on in order; the next of [`DecodedBlock::rtts`] is what it gives.
    InOrderWithRtt,
    /// The next of [`DecodedBlock::samples`].
    Sample,
}

impl Placed {
    /// A frame that belongs to no conversation.
    pub const NOWHERE: Self = Self {
        bin: 0,
        conversation: u32::MAX,
        reverse: false,
        duplicate: false,
        lost_segment: false,
        taken: Taken::Nothing,
    };

    /// The estimators found it in order.
    #[inline(always)]
    pub fn is_in_order(&self) -> bool {
        matches!(self.taken, Taken::InOrder | Taken::InOrderWithRtt)
    }

    /// Which way it goes within its conversation.
    #[inline(always)]
    pub fn direction(&self) -> Direction {
        if self.reverse { Direction::Ba } else { Direction::Ab }
    }
}

/// What placing says more of a frame that is no segment of an open connection.
#[derive(Debug, Clone, Copy)]
pub struct OtherPlaced {
    /// Its time; where it has none, that of the frame before it.
    pub time_ns: i64,
    /// The datagram that it completes.
    pub completed: Option<Completed>,
}

/// The first packet of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// Its sender.
    pub src: IpAddr,
    /// Its receiver.
    pub dst: IpAddr,
    /// Source and destination port, where the protocol has them.
    pub ports: Option<(u16, u16)>,
    /// The same of the link layer.
    pub macs: [Option<Mac>; 2],
    /// A TCP conversation.
    pub is_tcp: bool,
}

/// A frame in one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Record {
    /// What it holds; nothing where it is one of the others.
    pub segment: Segment,
    /// Tells copies of it.
    pub print: Print,
    flow: u32,
}

impl Record {
    const OTHER: Self = Self {
        segment: Segment::EMPTY,
        print: Print::NONE,
        flow: u32::MAX,
    };

    #[inline(always)]
    fn set(&mut self, (segment, ends): (Segment, Ends), flows: &mut BlockFlows) {
        let identification = segment.identification().unwrap_or(0);
        *self = Self {
            segment,
            print: Print::of_tcp(identification, segment.total_len(), &segment.tcp((0, 0))),
            flow: flows.number(&ends),
        };
    }

    /// Number of its flow within the block; `None` where it is one of the others.
    #[inline]
    pub fn flow(&self) -> Option<usize> {
        (self.flow != u32::MAX).then_some(self.flow as usize)
    }
}

impl DecodedBlock {
    /// Decodes `block`.
    pub fn decode(&mut self, options: DecodeOptions) {
        self.others.clear();
        self.flows.clear();
        self.options = options;
        let mut counts = FrameCounts::default();
        // The records of the block before are written over.
        self.records.resize(self.block.frames.len(), Record::OTHER);
        for (frame, record) in self.block.frames.iter().zip(&mut self.records) {
            let bytes = self.block.bytes(frame);
            counts.frame(frame);
            if let Some(segment) = segment_v4(frame, bytes) {
                counts.ip(frame.wire_len);
                record.set(segment, &mut self.flows);
            } else if let Some(segment) = segment_v6(frame, bytes) {
                counts.ip(frame.wire_len);
                record.set(segment, &mut self.flows);
            } else {
                let packet = decode(frame, bytes, options);
                counts.network(&packet);
                self.others.push(packet);
                *record = Record::OTHER;
            }
        }
        self.counts = counts;
    }

    /// So many that their states, a few KiB each, do not stay in a core's cache from one block to the next. Counted by
    /// direction, and of segments that have a record alone.
    #[inline]
    pub fn has_many_flows(&self) -> bool {
        self.flows.keys().len() >= MANY_FLOWS
    }

    /// The captured bytes of a frame.
    pub fn bytes(&self, index: usize) -> &[u8] {
        let frame = self.block.frames.get(index);
        frame.map(|frame| self.block.bytes(frame)).unwrap_or_default()
    }

    /// All fields of a frame whose record says less.
    pub fn packet(&self, index: usize) -> Option<Packet> {
        let frame = self.block.frames.get(index)?;
        Some(decode(frame, self.block.bytes(frame), self.options))
    }
}
