//! The grading tables against the figures of docs/GRADING.md, copied here by hand.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use migqos::figure::{Figure, Reason};
use migqos::grade::{
    Category, Figures, Grader, LinkCapacity, OverallCategory, Parameter, Profile, TableKind, grade, variants,
};
use migqos::language::Language;
use proptest::prelude::*;

/// An edge, and the index just below it, at it and just above it.
type Edge = (f64, Option<u8>, u8, u8);

fn indices(profile: &Profile, kind: TableKind) -> impl Fn(f64) -> Option<u8> {
    let table = profile.table(kind).unwrap().clone();
    move |value| table.place(value).map(|placement| placement.band.index)
}

fn check_edges(profile: &Profile, kind: TableKind, edges: &[Edge]) {
    let index = indices(profile, kind);
    for &(edge, below, at, above) in edges {
        let place = format!("{} {}, edge {edge}", profile.label(), kind.key());
        assert_eq!(index(edge.next_down()), below, "{place}: just below");
        assert_eq!(index(edge), Some(at), "{place}: at");
        assert_eq!(index(edge.next_up()), Some(above), "{place}: just above");
    }
    let printed: usize = profile.table(kind).unwrap().bands().len();
    // A band of one point has its two edges in one place.
    let points = profile
        .table(kind)
        .unwrap()
        .bands()
        .iter()
        .filter(|band| band.range.low() == band.range.high());
    assert_eq!(
        edges.len() + points.count(),
        printed,
        "{} {}: an edge is not checked",
        profile.label(),
        kind.key()
    );
}

const TIPHON_THROUGHPUT_PCT: [Edge; 4] = [
    (0.0, None, 1, 1),
    (25.0, Some(1), 2, 2),
    (50.0, Some(2), 2, 3),
    (75.0, Some(3), 3, 4),
];
const TIPHON_THROUGHPUT_KBPS: [Edge; 5] = [
    (0.0, None, 0, 0),
    (338.0, Some(0), 1, 1),
    (700.0, Some(1), 2, 2),
    (1200.0, Some(2), 3, 3),
    (2100.0, Some(3), 3, 4),
];
const TIPHON_LOSS: [Edge; 3] = [(0.0, None, 4, 3), (3.0, Some(3), 3, 2), (15.0, Some(2), 2, 1)];
const TIPHON_JITTER: [Edge; 3] = [(0.0, None, 4, 3), (75.0, Some(3), 3, 2), (125.0, Some(2), 2, 1)];
const TIPHON_DELAY: [Edge; 4] = [
    (0.0, None, 4, 4),
    (150.0, Some(4), 3, 3),
    (300.0, Some(3), 2, 2),
    (450.0, Some(2), 1, 1),
];

const LOSS_RANGE: [Edge; 4] = [
    (0.0, None, 4, 4),
    (3.0, Some(4), 3, 3),
    (15.0, Some(3), 2, 2),
    (25.0, Some(2), 1, 1),
];
const LOSS_INTEGER: [Edge; 4] = [
    (0.0, None, 4, 4),
    (2.0, Some(4), 4, 3),
    (14.0, Some(3), 3, 2),
    (24.0, Some(2), 2, 1),
];
const LOSS_G1010: [Edge; 4] = [
    (0.0, None, 4, 4),
    (1.0, Some(4), 4, 3),
    (3.0, Some(3), 3, 2),
    (15.0, Some(2), 2, 1),
];
const LOSS_TIGHT5: [Edge; 4] = [
    (0.0, None, 4, 4),
    (1.0, Some(4), 4, 3),
    (3.0, Some(3), 3, 2),
    (5.0, Some(2), 2, 1),
];
const JITTER_SHIFTED: [Edge; 4] = [
    (0.0, None, 4, 4),
    (75.0, Some(4), 3, 3),
    (125.0, Some(3), 2, 2),
    (225.0, Some(2), 1, 1),
];
const JITTER_TIGHT: [Edge; 4] = [
    (0.0, None, 4, 4),
    (20.0, Some(4), 4, 3),
    (50.0, Some(3), 3, 2),
    (100.0, Some(2), 2, 1),
];
const DELAY_CLOSED: [Edge; 4] = [
    (0.0, None, 4, 4),
    (150.0, Some(4), 4, 3),
    (300.0, Some(3), 3, 2),
    (450.0, Some(2), 2, 1),
];
const DELAY_MIXED: [Edge; 4] = [
    (0.0, None, 4, 4),
    (150.0, Some(4), 3, 3),
    (300.0, Some(3), 3, 2),
    (450.0, Some(2), 2, 1),
];
const THROUGHPUT_PLN: [Edge; 3] = [(0.0, None, 1, 1), (25.0, Some(1), 2, 2), (50.0, Some(2), 3, 3)];

#[test]
fn every_edge_of_tiphon_lies_as_methods_print_it() {
    let tiphon = Profile::named("tiphon").unwrap();
    check_edges(&tiphon, TableKind::ThroughputPct, &TIPHON_THROUGHPUT_PCT);
    check_edges(&tiphon, TableKind::ThroughputKbps, &TIPHON_THROUGHPUT_KBPS);
    check_edges(&tiphon, TableKind::Loss, &TIPHON_LOSS);
    check_edges(&tiphon, TableKind::Jitter, &TIPHON_JITTER);
    check_edges(&tiphon, TableKind::Delay, &TIPHON_DELAY);
}

#[test]
fn every_edge_of_tiphon_lenient_lies_as_methods_print_it() {
    let lenient = Profile::named("tiphon-lenient").unwrap();
    assert_eq!(lenient.label(), "tiphon-lenient");
    check_edges(&lenient, TableKind::ThroughputPct, &TIPHON_THROUGHPUT_PCT);
    check_edges(&lenient, TableKind::ThroughputKbps, &TIPHON_THROUGHPUT_KBPS);
    check_edges(&lenient, TableKind::Loss, &LOSS_RANGE);
    check_edges(&lenient, TableKind::Jitter, &JITTER_SHIFTED);
    check_edges(&lenient, TableKind::Delay, &TIPHON_DELAY);
}

#[test]
fn every_edge_of_every_variant_lies_as_methods_print_it() {
    let cases: [(&str, TableKind, &[Edge]); 9] = [
        ("loss=range", TableKind::Loss, &LOSS_RANGE),
        ("loss=integer", TableKind::Loss, &LOSS_INTEGER),
        ("loss=g1010", TableKind::Loss, &LOSS_G1010),
        ("loss=tight5", TableKind::Loss, &LOSS_TIGHT5),
        ("jitter=shifted", TableKind::Jitter, &JITTER_SHIFTED),
        ("jitter=tight", TableKind::Jitter, &JITTER_TIGHT),
        ("delay=closed", TableKind::Delay, &DELAY_CLOSED),
        ("delay=mixed", TableKind::Delay, &DELAY_MIXED),
        ("throughput=percent-pln", TableKind::ThroughputPct, &THROUGHPUT_PLN),
    ];
    assert_eq!(variants().len(), cases.len());
    let tiphon = Profile::named("tiphon").unwrap();
    for (bands, kind, edges) in cases {
        let profile = tiphon.with_bands(bands).unwrap();
        assert_eq!(profile.label(), format!("tiphon ({bands})"));
        check_edges(&profile, kind, edges);
        // The other tables stay.
        for other in TableKind::ALL
            .into_iter()
            .filter(|other| other.parameter() != kind.parameter())
        {
            assert_eq!(profile.table(other), tiphon.table(other));
        }
        let back = profile
            .with_bands(&format!("{}=tiphon", kind.parameter().key()))
            .unwrap();
        assert!(back.tables().eq(tiphon.tables()));
    }
}

#[test]
fn every_edge_of_the_itu_profiles_is_a_limit_that_still_passes() {
    for (name, delay) in [("y1541-class0", 100.0), ("y1541-class1", 400.0)] {
        let profile = Profile::named(name).unwrap();
        check_edges(&profile, TableKind::Delay, &[(0.0, None, 4, 4), (delay, Some(4), 4, 0)]);
        check_edges(&profile, TableKind::Jitter, &[(0.0, None, 4, 4), (50.0, Some(4), 4, 0)]);
        // 1e-3 is 0.1 percent.
        check_edges(&profile, TableKind::Loss, &[(0.0, None, 4, 4), (0.1, Some(4), 4, 0)]);
        assert!(profile.table(TableKind::ThroughputPct).is_none());
    }
    let g114 = Profile::named("g114").unwrap();
    check_edges(
        &g114,
        TableKind::Delay,
        &[(0.0, None, 4, 4), (150.0, Some(4), 4, 2), (400.0, Some(2), 2, 0)],
    );
    let at = |value: f64| {
        g114.table(TableKind::Delay)
            .unwrap()
            .place(value)
            .unwrap()
            .band
            .category
    };
    assert_eq!(
        [150.0, 400.0, 400f64.next_up()].map(at),
        [Category::Pass, Category::Pass, Category::Fail]
    );
}

#[test]
fn values_beyond_the_last_printed_point_are_marked() {
    let tiphon = Profile::named("tiphon").unwrap();
    let off = |kind, value: f64| tiphon.table(kind).unwrap().place(value).unwrap().off_table;
    for (kind, edge) in [(TableKind::Loss, 25.0), (TableKind::Jitter, 225.0)] {
        assert!(!off(kind, edge) && off(kind, edge.next_up()), "{edge}");
    }
    assert!(off(TableKind::ThroughputKbps, 338f64.next_down()) && !off(TableKind::ThroughputKbps, 338.0));
    assert!(off(TableKind::ThroughputKbps, 0.0));
    assert!(!off(TableKind::Delay, 1e9) && !off(TableKind::ThroughputPct, 0.0));
    let range = tiphon.with_bands("loss=range").unwrap();
    let range = range.table(TableKind::Loss).unwrap();
    assert!(!range.place(100.0).unwrap().off_table && range.place(100f64.next_up()).unwrap().off_table);
}

#[test]
fn categories_have_the_names_of_both_languages() {
    let tiphon = Profile::named("tiphon").unwrap();
    let category = |kbps: f64| {
        tiphon
            .table(TableKind::ThroughputKbps)
            .unwrap()
            .place(kbps)
            .unwrap()
            .band
            .category
    };
    for (kbps, english, indonesian) in [
        (3000.0, "Excellent", "Sangat Bagus"),
        (1500.0, "Good", "Bagus"),
        (800.0, "Fair", "Sedang"),
        (400.0, "Poor", "Jelek"),
        (100.0, "Poor", "Jelek"),
    ] {
        assert_eq!(category(kbps).name(Language::English), english);
        assert_eq!(category(kbps).name(Language::Indonesian), indonesian);
    }
}

fn figures(bps: f64, loss: f64, jitter: f64, delay: f64) -> Figures {
    Figures {
        throughput_bps: Figure::Value(bps),
        loss_pct: Figure::Value(loss),
        jitter_ms: Figure::Value(jitter),
        delay_ms: Figure::Value(delay),
    }
}

#[test]
fn throughput_is_graded_by_percent_where_a_capacity_is_given_else_by_kbps() {
    let tiphon = Profile::named("tiphon").unwrap();
    let run = figures(750_000_000.0, 0.0, 0.0, 1.0);
    let gbit: LinkCapacity = "1Gbit".parse().unwrap();
    let percent = grade(&run, &tiphon, Some(gbit));
    assert_eq!(percent.throughput.value, Figure::Value(75.0));
    assert_eq!((percent.throughput.unit, percent.throughput.index), ("%", Some(3)));
    assert_eq!(percent.capacity, Some(gbit));
    assert_eq!(percent.overall.index, Some(3.75));
    assert_eq!(percent.overall.percent, Some(93.75));
    assert_eq!(percent.overall.category, Some(OverallCategory::Satisfying));
    let kbps = grade(&run, &tiphon, None);
    assert_eq!(kbps.throughput.value, Figure::Value(750_000.0));
    assert_eq!((kbps.throughput.unit, kbps.throughput.index), ("kbps", Some(4)));
    assert_eq!(kbps.overall.category, Some(OverallCategory::VerySatisfying));

    // Whoever names a table of percent is not graded by kbps.
    let pln = tiphon.with_bands("throughput=percent-pln").unwrap();
    let without = grade(&run, &pln, None);
    assert_eq!(
        (without.throughput.index, without.throughput.reason),
        (None, Some(Reason::NoCapacity))
    );
    assert_eq!(grade(&run, &pln, Some(gbit)).throughput.index, Some(3));
}

#[test]
fn the_overall_grade_rests_on_the_figures_that_exist_and_says_which_are_missing() {
    let tiphon = Profile::named("tiphon").unwrap();
    let mut run = figures(3_000_000.0, 1.0, 10.0, 10.0);
    run.loss_pct = Figure::Absent(Reason::NothingToLose);
    run.jitter_ms = Figure::Absent(Reason::TooFewSamples);
    let grades = grade(&run, &tiphon, None);
    assert_eq!(grades.overall.index, Some(4.0));
    assert_eq!(grades.overall.missing, [Parameter::Loss, Parameter::Jitter]);
    assert_eq!(grades.loss.reason, Some(Reason::NothingToLose));
    assert_eq!(Grader::new(&tiphon, None).mean_index(&run), Some(4.0));

    let nothing = Figures {
        throughput_bps: Figure::Absent(Reason::NoPackets),
        loss_pct: Figure::Absent(Reason::NoPackets),
        jitter_ms: Figure::Absent(Reason::NoPackets),
        delay_ms: Figure::Value(-37.5),
    };
    let grades = grade(&nothing, &tiphon, None);
    assert_eq!(
        (grades.overall.index, grades.overall.percent, grades.overall.category),
        (None, None, None)
    );
    assert_eq!(grades.overall.missing, Parameter::ALL);
    assert_eq!(grades.delay.reason, Some(Reason::Negative));
}

#[test]
fn a_pass_or_fail_profile_fails_where_any_figure_fails() {
    let class0 = Profile::named("y1541-class0").unwrap();
    let pass = grade(&figures(1e6, 0.1, 50.0, 100.0), &class0, None);
    assert_eq!(pass.overall.category, Some(OverallCategory::Pass));
    assert_eq!(pass.overall.percent, Some(100.0));
    assert_eq!(pass.overall.missing, [Parameter::Throughput]);
    assert_eq!(pass.throughput.reason, Some(Reason::NotInProfile));
    let fail = grade(&figures(1e6, 0.1, 50.1, 100.0), &class0, None);
    assert_eq!(fail.overall.category, Some(OverallCategory::Fail));
    assert_eq!(fail.jitter.category, Some(Category::Fail));
}

/// `docs/GRADING.md` shows a whole profile file; it is cut out of the page and loaded.
#[test]
fn the_example_of_the_documentation_loads() {
    let page = include_str!("../docs/GRADING.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    for text in [
        example.to_owned(),
        example.replace('\n', "\r\n"),
        format!("\u{feff}{example}"),
        format!("\u{feff}{}", example.replace('\n', "\r\n")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dosen pembimbing \u{e9}.toml");
        std::fs::write(&path, text).unwrap();
        let profile = Profile::load(&path).unwrap();
        assert_eq!(profile.name(), "lab-jaringan");
        assert_eq!(profile.origin(), Some(path.as_path()));
        check_edges(
            &profile,
            TableKind::Loss,
            &[
                (0.0, None, 4, 4),
                (0.5, Some(4), 4, 3),
                (2.5, Some(3), 3, 2),
                (10.0, Some(2), 2, 1),
            ],
        );
        check_edges(&profile, TableKind::Jitter, &JITTER_SHIFTED);
        check_edges(&profile, TableKind::Delay, &TIPHON_DELAY);
        let loss = profile.table(TableKind::Loss).unwrap();
        assert!(loss.place(30.0).unwrap().off_table && !loss.place(25.0).unwrap().off_table);
    }
}

fn error_of(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, text).unwrap();
    let error = Profile::load(&path).expect_err(text).to_string();
    error
        .strip_prefix(&format!("{}: ", path.display()))
        .expect("the file is named")
        .to_owned()
}

#[test]
fn an_error_of_a_users_profile_names_table_and_band_and_what_to_do() {
    let with = |bands: &str| error_of(&format!("name = \"mine\"\n[delay]\nbands = [\n{bands}\n]\n"));
    for (bands, message) in [
        (
            "{ range = \"[0, 150)\", index = 4 },\n{ range = \"(150, inf)\", index = 3 }",
            "delay, band 2: hole at 150: (150, inf) beside band 1, [0, 150) (close the edge 150 in one of the two bands)",
        ),
        (
            "{ range = \"[0, 150]\", index = 4 },\n{ range = \"[150, inf)\", index = 3 }",
            "delay, band 2: overlap at 150: [150, inf) beside band 1, [0, 150] (close the edge 150 in one band only)",
        ),
        (
            "{ range = \"[0, 150)\", index = 4 },\n{ range = \"[150, 300)\", index = 3 }",
            "delay, band 2: hole from 300 to infinity: the highest band is [150, 300) (write \"inf)\")",
        ),
        (
            "{ range = \"[0, 150)\", index = 7 }",
            "delay, band 1: [0, 150) has index 7 (an index is 0, 1, 2, 3 or 4)",
        ),
        (
            "{ range = \"[0, 150)\", index = 3.5 }",
            "delay, band 1: [0, 150) has index 3.5 (an index is 0, 1, 2, 3 or 4)",
        ),
        (
            "{ range = \"[0, 150)\" }",
            "delay, band 1: [0, 150) has no index ({ range = \"[0, 150)\", index = 4 })",
        ),
        (
            "{ range = \"[0, 0,75)\", index = 4 }",
            "delay, band 1: range \"[0, 0,75)\": 3 numbers where an interval has two \
             (two edges; with decimal commas part them by a semicolon, as in \"[0; 0,1)\")",
        ),
        (
            "{ range = \"[0, inf)\", index = 4, categori = \"good\" }",
            "delay, band 1: unknown key \"categori\" (a band has range, index, category, off_table, note)",
        ),
        (
            "{ range = \"[0, inf)\", index = 4, category = \"lulus\" }",
            "delay, band 1: [0, inf): category \"lulus\" (excellent, good, fair, poor)",
        ),
        (
            "{ range = \"[0, inf)\", index = 4, category = \"pass\" }",
            "delay, band 1: [0, inf): category \"pass\" on a profile of scale \"quality\" \
             (excellent, good, fair, poor, or set scale = \"pass-fail\")",
        ),
        (
            "{ range = \"[0, 9)\", index = 4, off_table = \"(8, inf)\" }, { range = \"[9, inf)\", index = 1 }",
            "delay, band 1: off_table (8, inf) reaches out of [0, 9) (the mark covers a part of its own band)",
        ),
        ("", "delay: no bands (give its bands, or leave the table out)"),
    ] {
        assert_eq!(with(bands), message);
    }
}

#[test]
fn a_file_that_is_no_profile_is_refused_with_advice() {
    let tables = "throughput_pct, throughput_kbps, loss, jitter, delay";
    for (text, message) in [
        ("name = \"mine\"\n", format!("no table (give at least one of {tables})")),
        (
            "name = \"mine\"\n[delays]\n",
            format!(
                "unknown key \"delays\" (a profile has name, about, source, scale, based_on, variants; tables: {tables})"
            ),
        ),
        (
            "name = \"tiphon\"\nbased_on = \"tiphon\"\n",
            "name \"tiphon\" is a shipped profile's (give the profile a name of its own: it is printed beside every \
             grade)"
                .to_owned(),
        ),
        (
            "based_on = \"tipfon\"\n",
            "based_on = \"tipfon\" (tiphon, tiphon-lenient, y1541-class0, y1541-class1, g114)".to_owned(),
        ),
        (
            "based_on = 3\n",
            "based_on is integer where a text belongs (put it in quotes)".to_owned(),
        ),
        (
            "scale = \"marks\"\n",
            "scale = \"marks\" (\"quality\" or \"pass-fail\")".to_owned(),
        ),
        (
            "based_on = \"tiphon\"\nvariants = \"loss=lenient\"\n",
            "no bands \"lenient\" for loss (g1010, integer, range, tight5, tiphon)".to_owned(),
        ),
        (
            "[delay]\nbands = 4\n",
            "delay: bands is integer where a list belongs (bands = [ { range = \"[0, 150)\", index = 4 }, ... ])"
                .to_owned(),
        ),
    ] {
        assert_eq!(error_of(text), message);
    }
    let syntax = error_of("name = \"mine\"\r\n[delay\r\n");
    assert!(syntax.starts_with("line 2: not TOML: "), "{syntax}");
}

#[test]
fn unreadable_files_are_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let load = |bytes: &[u8]| {
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, bytes).unwrap();
        Profile::load(&path).unwrap_err().to_string()
    };
    assert!(load(b"\xff\xfen\0").ends_with("text in UTF-16 (save the file as UTF-8)"));
    assert!(load(b"name = \"\xe9\"").ends_with("byte 8: not UTF-8 text (save the file as UTF-8)"));
    assert!(load(&vec![b'#'; 2 << 20]).contains("too many"));
    assert!(
        Profile::load(folder.path())
            .unwrap_err()
            .to_string()
            .contains("a folder")
    );
    let missing = Profile::resolve("no such folder/mine.toml").unwrap_err().to_string();
    assert!(
        missing.starts_with("no such folder/mine.toml: cannot read the profile: "),
        "{missing}"
    );
}

#[test]
fn bands_that_do_not_exist_are_refused_with_the_ones_that_do() {
    let tiphon = Profile::named("tiphon").unwrap();
    for (bands, message) in [
        ("loss", "no \"=\" in bands \"loss\" (as in loss=range,jitter=shifted)"),
        (
            "losses=range",
            "no parameter \"losses\" in bands \"losses=range\" (throughput, loss, jitter, delay)",
        ),
        ("jitter=range", "no bands \"range\" for jitter (shifted, tight, tiphon)"),
        ("loss=range,loss=g1010", "bands for loss twice (name one variant)"),
        ("", "no bands named (as in loss=range,jitter=shifted)"),
    ] {
        assert_eq!(tiphon.with_bands(bands).unwrap_err().to_string(), message);
    }
    let mixed = Profile::named("g114")
        .unwrap()
        .with_bands("delay=closed")
        .unwrap_err()
        .to_string();
    assert!(mixed.starts_with("profile g114 says pass or fail"), "{mixed}");
    assert_eq!(
        tiphon.with_bands(" jitter = tight , loss = range ").unwrap().label(),
        "tiphon (loss=range, jitter=tight)"
    );
}

proptest! {
    #[test]
    fn every_finite_value_of_0_or_more_lies_in_exactly_one_band(bits in any::<u64>(), small in 0.0..3000.0f64) {
        let any_double = f64::from_bits(bits).abs();
        for value in [any_double, small].into_iter().filter(|value| value.is_finite()) {
            let shipped: Vec<Profile> = Profile::names().iter().map(|name| Profile::named(name).unwrap()).collect();
            let tables = shipped.iter().flat_map(Profile::tables).chain(variants().iter().map(|variant| &variant.table));
            for table in tables {
                let bands = table.bands().iter().filter(|band| band.range.contains(value)).count();
                // A table of percent may end at 100, where its last band holds on.
                let beyond = value > 100.0 && table.kind().unit() == "%" && bands == 0;
                prop_assert!(bands == 1 || beyond, "{} in {} bands of {}", value, bands, table.kind().key());
                prop_assert!(table.place(value).is_some());
            }
        }
    }

    #[test]
    fn a_printed_value_never_shows_another_band(value in 0.0..500.0f64, decimals in 0usize..4) {
        let tiphon = Profile::named("tiphon").unwrap();
        for table in tiphon.tables() {
            for near in [value, value.round() - 1e-4, value.round(), value.round() + 1e-7] {
                if near < 0.0 {
                    continue;
                }
                let shown: f64 = table.text(near, decimals, Default::default()).replace(',', "").parse().unwrap();
                prop_assert_eq!(table.place(shown), table.place(near));
            }
        }
    }
}
