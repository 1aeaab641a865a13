//! Transfers over a path that says what it did to each frame, recorded at both ends (fixtures/transfers): other conditions
//! than those of the migrations.

use serde_json::Value;

use crate::common::{analyze, fixture, json, number};

struct Transfer {
    name: String,
    truth: Value,
    /// The captures of the source and of the target.
    found: [Value; 2],
}

impl Transfer {
    fn read(name: &str) -> Self {
        let nodes = ["--source", "10.9.0.1", "--target", "10.9.0.2"];
        let at = |end: &str| analyze(&fixture(&format!("transfers/{name}-{end}.pcap.zst")), &nodes);
        Self {
            name: name.to_owned(),
            truth: json(&fixture(&format!("transfers/{name}.truth.json"))),
            found: [at("source"), at("target")],
        }
    }

    fn loss_pct(&self) -> f64 {
        number(&self.truth, "/ab/data_dropped") * 100.0 / number(&self.truth, "/ab/data_in")
    }

    fn figures(&self, key: &str) -> [f64; 2] {
        let of = |found| number(found, &format!("/metrics/standard/{key}"));
        [of(&self.found[0]), of(&self.found[1])]
    }

    /// The loss of the path at both ends, and on its side of each.
    fn loses_what_the_path_lost(&self) {
        let truth = self.loss_pct();
        let tolerance = f64::max(0.01, truth * 0.05);
        let name = &self.name;
        for loss in self.figures("loss_pct") {
            assert!(
                (loss - truth).abs() <= tolerance,
                "{name}: {loss} %, the path lost {truth} %"
            );
        }
        let elsewhere = [
            self.figures("loss_upstream_pct")[0],
            self.figures("loss_downstream_pct")[1],
        ];
        assert!(elsewhere.iter().all(|&loss| loss <= tolerance), "{name}: {elsewhere:?}");
    }

    /// The round trip of the path at both ends: 5 % below and 15 % and 3 ms above, 20 % below where more than 1 % is lost.
    fn takes_what_the_path_took(&self) {
        let path_ms = number(&self.truth, "/ab/delay_ms") + number(&self.truth, "/ba/delay_ms");
        let is_heavy = self.loss_pct() > 1.0;
        let name = &self.name;
        let rtts = self.figures("rtt_ms");
        for rtt in rtts {
            let least = path_ms * if is_heavy { 0.80 } else { 0.95 };
            assert!(
                (least..=path_ms * 1.15 + 3.0).contains(&rtt),
                "{name}: RTT {rtt} ms, the path takes {path_ms} ms"
            );
        }
        let apart = (rtts[0] / rtts[1] - 1.0).abs();
        assert!(apart <= if is_heavy { 0.20 } else { 0.12 }, "{name}: RTT {rtts:?}");
    }
}

macro_rules! transfers {
    ($($test:ident: $name:literal;)*) => {
        $(
            #[test]
            fn $test() {
                let transfer = Transfer::read($name);
                transfer.loses_what_the_path_lost();
                transfer.takes_what_the_path_took();
            }
        )*
    };
}

transfers! {
    segments_and_acks_lost_at_random: "loss";
    a_delay_that_varies_within_the_order: "jitter";
    losses_that_come_in_bursts: "bursts";
    a_long_path_with_a_queue_that_overflows: "long-path";
    frames_that_overtake_each_other: "reordering";
    frames_that_come_twice: "duplicates";
    acks_lost_and_no_data: "lost-acks";
    data_both_ways: "both-ways";
}

#[test]
fn resends_that_the_receiver_had_no_need_of_are_no_loss() {
    let transfer = Transfer::read("reordering");
    assert_eq!(number(&transfer.truth, "/ab/data_dropped"), 0.0);
    assert!(transfer.figures("spurious_bytes").iter().all(|&bytes| bytes > 0.0));
    assert_eq!(transfer.figures("loss_pct"), [0.0; 2]);
}

#[test]
fn what_the_path_sends_twice_is_counted_once() {
    let transfer = Transfer::read("duplicates");
    let there = number(&transfer.truth, "/ab/duplicated");
    let back = number(&transfer.truth, "/ba/duplicated");
    // Each end holds the copies of what came to it.
    let held = [0, 1].map(|end| number(&transfer.found[end], "/capture/duplicate_packets"));
    assert_eq!(held, [back, there]);
    let [source, target] = transfer.figures("ip_bytes");
    assert_eq!(source, target);
}
