//! The charts of a report: the four figures over time, the distribution of delay, and the four figures of the virtual
//! machine's own traffic.
//!
//! Here a run's figures become series, its grading tables become bands and its migrations become spans; what the result
//! looks like is [`chart`](super::chart)'s business.

mod bands;
mod delay;
mod spans;
mod timeline;

use rayon::prelude::*;

use super::chart::{Chart, NumberStyle, layout};
use super::document::{Document, Picture, PictureKind};
use super::files::Drawn;
use crate::error::Result;

/// What a report shows in a chart; `None` where there is nothing to show.
type Make = fn(&Document<'_>) -> Option<Chart>;

/// Draws the charts of one run's report, each as PNG and as SVG.
///
/// # Errors
/// A chart that cannot be drawn.
pub fn draw(document: &Document<'_>) -> Result<Vec<Drawn>> {
    let charts: [(PictureKind, &str, Make); 3] = [
        (PictureKind::Timeline, "timeline", |d| Some(timeline::nodes(d))),
        (PictureKind::DelayDistribution, "delay", |d| Some(delay::chart(d))),
        (PictureKind::Service, "service", timeline::service),
    ];
    let drawn = charts.into_par_iter().filter_map(|(kind, stem, chart)| {
        let chart = chart(document)?;
        Some(drawn(kind, stem, &chart))
    });
    drawn.collect()
}

fn drawn(kind: PictureKind, stem: &str, chart: &Chart) -> Result<Drawn> {
    let scene = layout(chart);
    let (png, svg) = rayon::join(|| scene.png(), || scene.svg());
    let file = format!("{stem}.png");
    Ok(Drawn {
        files: vec![(file.clone(), png?), (format!("{stem}.svg"), svg?.into_bytes())],
        picture: Picture { kind, file },
    })
}

/// How numbers on axes are written.
fn numbers(document: &Document<'_>) -> NumberStyle {
    match document.style.decimal_comma {
        true => NumberStyle::COMMA,
        false => NumberStyle::POINT,
    }
}

#[cfg(test)]
mod tests {
    use crate::report::locale::Style;
    use crate::report::sample;

    #[test]
    fn a_report_has_every_chart_in_both_formats() {
        let drawn = sample::with_document(30, &Style::default(), |document| super::draw(document).unwrap());
        let names: Vec<&str> = drawn.iter().flat_map(|d| &d.files).map(|(n, _)| n.as_str()).collect();
        let stems = ["timeline", "delay", "service"];
        let expected: Vec<String> = stems
            .iter()
            .flat_map(|s| [format!("{s}.png"), format!("{s}.svg")])
            .collect();
        assert_eq!(names, expected);
        for (name, bytes) in drawn.iter().flat_map(|d| &d.files) {
            let magic: &[u8] = if name.ends_with("png") { b"\x89PNG" } else { b"<svg" };
            assert!(bytes.starts_with(magic), "{name}");
        }
        assert_eq!(drawn[0].picture.file, "timeline.png");
    }
}
