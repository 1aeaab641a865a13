//! What decoding makes of a block: all that can be said of its frames without knowing those before them.

use super::quality::FrameCounts;
use crate::capture::Block;
use crate::flow::duplicates::Print;
use crate::flow::ends::BlockFlows;
use crate::packet::{DecodeOptions, Packet, Segment, decode, segment};

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
    options: DecodeOptions,
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

    /// Number of its flow within the block; `None` where it is one of the others.
    #[inline]
    pub fn flow(&self) -> Option<usize> {
        (self.flow != u32::MAX).then_some(self.flow as usize)
    }
}

impl DecodedBlock {
    /// Decodes `block`.
    pub fn decode(&mut self, options: DecodeOptions) {
        self.records.clear();
        self.others.clear();
        self.flows.clear();
        self.options = options;
        let mut counts = FrameCounts::default();
        for frame in &self.block.frames {
            let bytes = self.block.bytes(frame);
            counts.frame(frame);
            let record = if let Some((segment, ends)) = segment(frame, bytes) {
                counts.ip(frame.wire_len);
                let identification = segment.identification().unwrap_or(0);
                Record {
                    segment,
                    print: Print::of_tcp(identification, segment.total_len(), &segment.tcp(ends.ports())),
                    flow: self.flows.number(&ends),
                }
            } else {
                let packet = decode(frame, bytes, options);
                counts.network(&packet);
                self.others.push(packet);
                Record::OTHER
            };
            self.records.push(record);
        }
        self.counts = counts;
    }

    /// All fields of a frame whose record says less.
    pub fn packet(&self, index: usize) -> Option<Packet> {
        let frame = self.block.frames.get(index)?;
        Some(decode(frame, self.block.bytes(frame), self.options))
    }
}
