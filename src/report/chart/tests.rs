//! Whole charts: the rules of the layout on many inputs, and the files that come out.

use proptest::prelude::*;

use super::*;
use crate::report::folder::Folder;

const WORDS: &[&str] = &[
    "Laju",
    "transfer",
    "Kehilangan",
    "paket",
    "(Mbit/dtk)",
    "Waktu",
    "henti",
    "sejak",
    "bingkai",
    "pertama",
    "(ms)",
    "dipertanggungjawabkan",
    "Throughput",
    "of",
    "the",
    "Stop-and-copy",
    "Prasalin",
    "349",
    "<&>",
    "é",
    "",
];

fn words(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..WORDS.len(), 0..most)
        .prop_map(|picked| picked.iter().map(|index| WORDS[*index]).collect::<Vec<_>>().join(" "))
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        4 => (0.0f64..1000.0).prop_map(Some),
        2 => (-9.0f64..4.0).prop_map(|exponent| Some(10f64.powf(exponent))),
        2 => Just(None),
        1 => Just(Some(0.0)),
        1 => any::<f64>().prop_map(Some),
    ]
}

fn band() -> impl Strategy<Value = Band> {
    (0.0f64..500.0, 0.0f64..500.0, 0u8..6, words(5)).prop_map(|(from, size, index, label)| Band {
        from: if index == 5 { 0.0 } else { from },
        to: if index == 0 { f64::INFINITY } else { from + size },
        index,
        label,
    })
}

fn span() -> impl Strategy<Value = Span> {
    let kind = prop_oneof![
        Just(SpanKind::Phase),
        Just(SpanKind::Outage),
        Just(SpanKind::Mark),
        (0u8..6).prop_map(SpanKind::Band)
    ];
    (
        -5.0f64..70.0,
        prop_oneof![Just(0.0), 0.0f64..1.0, 0.0f64..60.0],
        words(9),
        kind,
    )
        .prop_map(|(from, size, label, kind)| Span {
            from,
            to: from + size,
            label,
            kind,
        })
}

fn scale() -> impl Strategy<Value = Scale> {
    prop_oneof![Just(Scale::Linear), Just(Scale::Log), Just(Scale::Auto)]
}

fn numbers() -> impl Strategy<Value = NumberStyle> {
    prop_oneof![Just(NumberStyle::POINT), Just(NumberStyle::COMMA)]
}

prop_compose! {
    fn timeline_panel(bins: usize)(
        label in words(14),
        scale in scale(),
        series in proptest::collection::vec((words(6), proptest::collection::vec(value(), bins)), 0..3),
        bands in proptest::collection::vec(band(), 0..6),
        absent in words(20),
    ) -> TimelinePanel {
        let series = series.into_iter().map(|(name, values)| TimelineSeries { name, values }).collect();
        TimelinePanel { label, scale, series, bands, absent }
    }
}

fn any_timeline() -> impl Strategy<Value = Timeline> {
    (0usize..70)
        .prop_flat_map(|bins| {
            let panels = proptest::collection::vec(timeline_panel(bins), 0..5);
            let spans = proptest::collection::vec(span(), 0..7);
            let step = prop_oneof![Just(1.0), 1e-3f64..1e5, Just(f64::NAN)];
            (Just(bins), panels, spans, step, words(25), numbers(), words(4))
        })
        .prop_map(|(bins, panels, spans, step, time_label, numbers, log_note)| Timeline {
            description: "a < b & \"c\" > d".into(),
            numbers,
            log_note,
            time_label,
            time_unit: TimeUnit::Second,
            interval_s: step,
            starts_s: (0..bins).map(|bin| bin as f64 * step).collect(),
            panels,
            spans,
        })
}

fn any_distribution() -> impl Strategy<Value = Distribution> {
    let bucket = (
        prop_oneof![Just(0.0), 1e-6f64..1e3, 99.0f64..101.0],
        0.0f64..0.1,
        0u64..1000,
    );
    (
        proptest::collection::vec(bucket, 0..60),
        proptest::collection::vec(span(), 0..8),
        scale(),
        numbers(),
        words(12),
    )
        .prop_map(|(mut raw, spans, scale, numbers, label)| {
            raw.sort_by(|one, two| one.0.total_cmp(&two.0));
            Distribution {
                description: String::new(),
                numbers,
                log_note: "skala logaritmik".into(),
                value_label: label.clone(),
                scale,
                share_label: label.clone(),
                cumulative_label: label,
                buckets: raw
                    .into_iter()
                    .map(|(low, width, count)| (low, low * (1.0 + width), count))
                    .collect(),
                spans,
                absent: "tidak ada sampel".into(),
            }
        })
}

fn any_scenarios() -> impl Strategy<Value = Chart> {
    let bar = |category| {
        (value(), value(), proptest::collection::vec(0.0f64..900.0, 0..30)).prop_map(move |(value, end, runs)| Bar {
            category,
            value,
            interval: value.zip(end).map(|(one, two)| (one.min(two), one.max(two))),
            runs,
        })
    };
    let boxed = |category| {
        (
            proptest::collection::vec(value(), 5),
            proptest::collection::vec(0.0f64..900.0, 0..9),
        )
            .prop_map(move |(five, runs)| {
                let mut five: Vec<f64> = five.into_iter().flatten().collect();
                five.sort_by(f64::total_cmp);
                BoxPlot {
                    category,
                    five: five.try_into().ok(),
                    runs,
                }
            })
    };
    (1usize..40)
        .prop_flat_map(move |count| {
            let bars: Vec<_> = (0..count).map(bar).collect();
            let boxes: Vec<_> = (0..count).map(boxed).collect();
            let names = proptest::collection::vec(words(5), count);
            (
                bars,
                boxes,
                names,
                proptest::collection::vec(band(), 0..5),
                scale(),
                words(40),
            )
        })
        .prop_map(|(bars, boxes, names, bands, scale, note)| {
            let panel = |values| Panel {
                label: "Laju transfer (Mbit/dtk)".into(),
                height_px: 300.0,
                scale,
                series: vec![Series {
                    name: String::new(),
                    values,
                }],
                bands: bands.clone(),
                absent: "tidak ada".into(),
            };
            Chart {
                description: String::new(),
                numbers: NumberStyle::COMMA,
                log_note: "skala logaritmik".into(),
                x: XAxis {
                    label: "Skenario".into(),
                    kind: XKind::Categories(names),
                },
                spans: Vec::new(),
                panels: vec![panel(Values::Bars(bars)), panel(Values::Boxes(boxes))],
                note,
            }
        })
}

/// No two texts overlap, and texts and panels lie on the canvas.
fn assert_readable(scene: &Scene) -> Result<(), TestCaseError> {
    let canvas = scene.canvas();
    for panel in &scene.panels {
        prop_assert!(
            canvas.holds(panel) && panel.right - panel.left > 400.0,
            "{panel:?} on {canvas:?}"
        );
    }
    let boxes: Vec<(&TextBox, Rect)> = scene.texts.iter().map(|text| (text, text.rect())).collect();
    for (index, (text, one)) in boxes.iter().enumerate() {
        prop_assert!(canvas.holds(one), "{text:?} beyond {canvas:?}");
        for (other, two) in boxes.iter().skip(index + 1) {
            prop_assert!(!one.overlaps(two), "{text:?} {one:?}\n{other:?} {two:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_of_a_timeline_overlaps_another_or_leaves_the_canvas(timeline in any_timeline()) {
        assert_readable(&layout(&timeline.chart()))?;
    }

    #[test]
    fn no_text_of_a_distribution_overlaps_another_or_leaves_the_canvas(distribution in any_distribution()) {
        assert_readable(&layout(&distribution.chart()))?;
    }

    #[test]
    fn no_text_of_a_comparison_overlaps_another_or_leaves_the_canvas(chart in any_scenarios()) {
        assert_readable(&layout(&chart))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_is_drawn_is_a_png_and_well_formed_svg(timeline in any_timeline()) {
        let scene = layout(&timeline.chart());
        let (width, height, _) = decoded(&scene.png().unwrap());
        prop_assert_eq!((f64::from(width), f64::from(height)), (WIDTH_PX, scene.height_px));
        assert_well_formed(&scene.svg().unwrap());
    }
}

fn decoded(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(png).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (png::ColorType::Rgb, png::BitDepth::Eight)
    );
    (info.width, info.height, pixels)
}

/// Every tag is closed in order, attributes are quoted, no bare ampersand: enough to find what a writer of XML gets
/// wrong.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut roots = 0;
    for (index, piece) in svg.split('<').enumerate() {
        if index == 0 {
            assert_eq!(piece, "");
            continue;
        }
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'));
        for escape in tag.split('&').skip(1).chain(text.split('&').skip(1)) {
            let name = escape.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{name}");
        }
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed));
            continue;
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        if open.is_empty() {
            roots += 1;
        }
        if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap().to_owned());
        }
    }
    assert!(open.is_empty() && roots == 1, "{open:?}");
}

fn run(numbers: NumberStyle, bins: usize) -> Timeline {
    let panel = |label: &str, value: &dyn Fn(usize) -> Option<f64>| TimelinePanel {
        label: label.into(),
        scale: Scale::Auto,
        series: vec![TimelineSeries {
            name: String::new(),
            values: (0..bins).map(value).collect(),
        }],
        bands: vec![
            Band {
                from: 0.0,
                to: 0.0,
                index: 4,
                label: "Sangat Bagus".into(),
            },
            Band {
                from: 0.0,
                to: 3.0,
                index: 3,
                label: "Bagus".into(),
            },
            Band {
                from: 3.0,
                to: f64::INFINITY,
                index: 2,
                label: "Sedang".into(),
            },
        ],
        absent: "tidak dapat diukur".into(),
    };
    Timeline {
        description: "Linimasa: A & B".into(),
        numbers,
        log_note: "skala logaritmik".into(),
        time_label: "Waktu (dtk)".into(),
        time_unit: TimeUnit::Second,
        interval_s: 1.0,
        starts_s: (0..bins).map(|bin| bin as f64).collect(),
        panels: vec![
            panel("Laju transfer (Mbit/dtk)", &|bin| Some(900.0 + (bin % 7) as f64)),
            panel("Kehilangan paket (%)", &|bin| (bin % 3 > 0).then_some((bin % 5) as f64)),
            panel("Jitter (ms)", &|bin| {
                (bin % 2 > 0).then_some(0.0001 * (bin + 1).pow(2) as f64)
            }),
            panel("Tundaan (ms)", &|_| Some(0.0)),
        ],
        spans: vec![
            Span {
                from: 0.1,
                to: 0.8 * bins as f64,
                label: "Prasalin".into(),
                kind: SpanKind::Phase,
            },
            Span {
                from: 0.8 * bins as f64,
                to: 0.81 * bins as f64,
                label: "Waktu henti 349 ms".into(),
                kind: SpanKind::Outage,
            },
        ],
    }
}

#[test]
fn a_png_is_sixteen_centimetres_at_three_hundred_dpi() {
    let png = layout(&run(NumberStyle::COMMA, 60).chart()).png().unwrap();
    let (width, height, _) = decoded(&png);
    // 16 cm / 2.54 cm * 300 = 1889.8; the four panels make about 14 cm.
    assert_eq!(width, 1890);
    assert!((1400..1800).contains(&height), "{height}");
    // pHYs: 300 / 0.0254 m = 11811 pixels to the metre (0x2e23) both ways, unit 1; before the pixels.
    let at = png.windows(4).position(|four| four == b"pHYs").unwrap();
    assert_eq!(png[at + 4..at + 13], [0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]);
    assert!(at < png.windows(4).position(|four| four == b"IDAT").unwrap());
}

#[test]
fn every_panel_holds_ink() {
    for bins in [1, 2, 3, 60, 5000] {
        let scene = layout(&run(NumberStyle::POINT, bins).chart());
        let (width, _, pixels) = decoded(&scene.png().unwrap());
        assert_eq!(scene.panels.len(), 4);
        for (number, panel) in scene.panels.iter().enumerate() {
            // Data are dark blue: neither a tint, nor a grid line, nor grey.
            let is_blue = |x: usize, y: usize| {
                let at = (y * width as usize + x) * 3;
                pixels[at] < 60 && pixels[at + 1] > 80 && pixels[at + 2] > 140
            };
            let rows = panel.top as usize..panel.bottom as usize;
            let ink = rows.map(|y| {
                (panel.left as usize..panel.right as usize)
                    .filter(|x| is_blue(*x, y))
                    .count()
            });
            let ink: usize = ink.sum();
            // Second 0 of the loss, and of the jitter, is a gap: with one bin they have none.
            let expected = if bins == 1 && (1..3).contains(&number) { 0 } else { 100 };
            assert!(
                ink >= expected && (expected > 0 || ink == 0),
                "{bins} bins, panel {number}: {ink}"
            );
        }
    }
}

#[test]
fn an_svg_is_well_formed_and_holds_every_label() {
    let scene = layout(&run(NumberStyle::COMMA, 60).chart());
    let svg = scene.svg().unwrap();
    assert_well_formed(&svg);
    for label in [
        "Laju transfer (Mbit/dtk)",
        "Kehilangan paket (%)",
        "Jitter (ms), skala logaritmik",
        "Tundaan (ms)",
        "Waktu (dtk)",
        "Prasalin",
        "Waktu henti 349 ms",
        "Sangat Bagus",
        "Linimasa: A &amp; B",
        "0,001",
    ] {
        assert!(svg.contains(label), "{label}");
    }
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"160.02mm\""),
        "{}",
        &svg[..200]
    );
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let files = || {
        let scene = layout(&run(NumberStyle::POINT, 300).chart());
        (scene.png().unwrap(), scene.svg().unwrap())
    };
    assert!(files() == files());
}

#[test]
fn a_long_capture_costs_no_more_shapes_than_pixels() {
    let svg = layout(&run(NumberStyle::POINT, 100_000).chart()).svg().unwrap();
    assert!(svg.len() < 1_000_000, "{}", svg.len());
}

#[test]
fn texts_are_as_wide_in_the_bitmap_as_the_layout_says() {
    // Dark pixels of the label on an otherwise empty chart reach from its box's left to its right end.
    let mut chart = run(NumberStyle::POINT, 1).chart();
    chart.panels.truncate(1);
    chart.panels[0].label = "HHHHHHHHHHHHHHHHHHHH".into();
    chart.spans.clear();
    let scene = layout(&chart);
    let (width, _, pixels) = decoded(&scene.png().unwrap());
    let label = scene
        .texts
        .iter()
        .find(|text| text.text.starts_with("HHH"))
        .unwrap()
        .rect();
    let dark =
        |x: usize| (label.top as usize..label.bottom as usize).any(|y| pixels[(y * width as usize + x) * 3] < 90);
    let (first, last) = (
        (0..width as usize).find(|x| dark(*x)).unwrap(),
        (0..width as usize).rev().find(|x| dark(*x)).unwrap(),
    );
    // An H has a bearing of some 0.08 em, 3 pixels, on either side.
    assert!(
        (first as f64 - label.left).abs() < 5.0 && (last as f64 - label.right).abs() < 5.0,
        "{first} {last} {label:?}"
    );
}

#[test]
fn saving_leaves_a_png_and_an_svg_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let folder = Folder::open(base.path().join("laporan")).unwrap();
    layout(&run(NumberStyle::POINT, 3).chart())
        .save(&folder, "timeline")
        .unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["timeline.png", "timeline.svg"]);
}
