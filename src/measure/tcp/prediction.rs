//! The short way of a segment in order against the general one: the same figures and the same state, whatever comes.

use proptest::prelude::*;

use super::standard::TcpTracker;
use super::wireshark::WiresharkAnalyser;
use crate::flow::Direction;
use crate::packet::Tcp;

/// A segment, told from where its sender stands.
#[derive(Debug, Clone, Copy)]
struct Step {
    from_b: bool,
    flags: u16,
    payload: u32,
    /// From where the sender's payload ended.
    seq_from_end: i32,
    /// From where the receiver's payload ended.
    ack_from_end: i32,
    window: u16,
    /// Timestamps as steps of both clocks; none where the first is negative.
    ticks: (i32, i32),
    /// A SACK block so far above the acknowledgement, one that says bytes again where negative.
    sack: Option<i32>,
    window_scale: Option<u8>,
    options_cut: bool,
    after_ns: i64,
}

/// Mostly segments in order, so that the short way is taken from every state, and everything else between them.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flags = prop_oneof![
        24 => Just(Tcp::ACK),
        1 => Just(Tcp::SYN),
        1 => Just(Tcp::SYN | Tcp::ACK),
        1 => Just(Tcp::FIN | Tcp::ACK),
        1 => Just(Tcp::RST),
        1 => Just(0),
    ];
    let payload = prop_oneof![4 => Just(0_u32), 6 => Just(1448_u32), 1 => Just(1_u32), 1 => 2..5000_u32];
    let seq = prop_oneof![12 => Just(0), 1 => Just(-1), 1 => -6000..6000_i32, 1 => any::<i32>()];
    let ack = prop_oneof![10 => Just(0), 3 => -6000..=0_i32, 1 => -6000..6000_i32, 1 => any::<i32>()];
    let window = prop_oneof![10 => Just(1000_u16), 1 => Just(0_u16), 1 => 0..5000_u16];
    let ticks = prop_oneof![6 => (0..2_i32, -2..1_i32), 1 => Just((-1, 0)), 1 => (0..9_i32, -9..9_i32)];
    let sack = prop_oneof![9 => Just(None), 1 => (-3000..3000_i32).prop_map(Some)];
    let scale = prop_oneof![20 => Just(None), 1 => (0..15_u8).prop_map(Some)];
    let after = prop_oneof![6 => 0..200_000_i64, 1 => 0..50_000_000_i64, 1 => -100_000..0_i64];
    let step = (
        any::<bool>(),
        flags,
        payload,
        seq,
        ack,
        window,
        ticks,
        sack,
        (scale, 0..20_u8),
        after,
    );
    let step = step.prop_map(
        |(from_b, flags, payload, seq, ack, window, ticks, sack, (scale, cut), after_ns)| Step {
            from_b,
            flags,
            payload,
            seq_from_end: seq,
            ack_from_end: ack,
            window,
            ticks,
            sack,
            window_scale: scale,
            options_cut: cut == 0,
            after_ns,
        },
    );
    proptest::collection::vec(step, 1..120)
}

/// The segments, with their times and directions.
fn segments(steps: &[Step], start: [u32; 2]) -> Vec<(Direction, i64, Tcp, u32)> {
    let mut ends = start;
    let (mut tick, mut time_ns) = (1_000_u32, 1_000_000_000_i64);
    let segment = |step: &Step| {
        let (own, other) = (usize::from(step.from_b), usize::from(!step.from_b));
        time_ns += step.after_ns;
        let seq = ends[own].wrapping_add_signed(step.seq_from_end);
        let ack = ends[other].wrapping_add_signed(step.ack_from_end);
        let taken = u32::from(step.flags & (Tcp::SYN | Tcp::FIN) != 0);
        let end = seq.wrapping_add(step.payload + taken);
        if (end.wrapping_sub(ends[own]) as i32) > 0 {
            ends[own] = end;
        }
        tick = tick.wrapping_add_signed(step.ticks.0.max(0));
        let sack = step.sack.map(|offset| {
            let left = ack.wrapping_add_signed(offset);
            (left, left.wrapping_add(1448))
        });
        let tcp = Tcp {
            src_port: 1,
            dst_port: 2,
            seq,
            ack,
            flags: step.flags,
            window: step.window,
            header_len: 32,
            window_scale: step.window_scale,
            mss: None,
            timestamps: (step.ticks.0 >= 0).then(|| (tick, tick.wrapping_add_signed(step.ticks.1))),
            sack_blocks: u8::from(sack.is_some()),
            sack_permitted: false,
            sack: [sack.unwrap_or_default(), (0, 0)],
            options_cut: step.options_cut,
        };
        let direction = if step.from_b { Direction::Ba } else { Direction::Ab };
        (direction, time_ns, tcp, step.payload)
    };
    steps.iter().map(segment).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_estimators_say_the_same_by_either_way(steps in steps(), start in any::<[u32; 2]>()) {
        let (mut short, mut general) = (TcpTracker::default(), TcpTracker::default());
        for (direction, time_ns, tcp, payload) in segments(&steps, start) {
            let one = short.take(direction, time_ns, Some(7), payload, &tcp);
            let other = general.take_any(direction, time_ns, Some(7), payload, &tcp);
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(format!("{short:?}"), format!("{general:?}"));
    }

    #[test]
    fn wiresharks_flags_are_the_same_by_either_way(steps in steps(), start in any::<[u32; 2]>()) {
        let (mut short, mut general) = (WiresharkAnalyser::new(), WiresharkAnalyser::new());
        for (direction, time_ns, tcp, payload) in segments(&steps, start) {
            let one = short.segment(direction, time_ns, &tcp, payload);
            let other = general.any_segment(direction, time_ns, &tcp, payload);
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(format!("{short:?}"), format!("{general:?}"));
    }
}

#[test]
fn the_random_segments_go_both_ways() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut taken = [[0_u32; 2]; 2];
    for _ in 0..200 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (mut standard, mut wireshark) = (TcpTracker::default(), WiresharkAnalyser::new());
        for (direction, time_ns, tcp, payload) in segments(&steps, [1000, 5000]) {
            let header = super::header::PlainHeader::of(time_ns, &tcp, payload);
            let by_short = [
                header.is_some_and(|header| standard.clone().take_in_order(direction, header).is_some()),
                header.is_some_and(|header| wireshark.clone().take_in_order(direction, header)),
            ];
            for (taken, short) in taken.iter_mut().zip(by_short) {
                taken[usize::from(short)] += 1;
            }
            standard.take(direction, time_ns, Some(7), payload, &tcp);
            wireshark.segment(direction, time_ns, &tcp, payload);
        }
    }
    for [general, short] in taken {
        assert!(general > 1000 && short > 1000, "{taken:?}");
    }
}
