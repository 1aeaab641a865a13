//! Charts: from a description in numbers and words to a PNG for Word and an SVG for print.
//!
//! ```text
//! Timeline, Distribution -> Chart -> Scene -> PNG, SVG
//!   what a report has        model   layout   painters
//! ```
//!
//! A [`Chart`] is what is shown: panels on one horizontal axis, series, grading bands, named spans. [`layout`] turns it
//! into a [`Scene`], in which every text and shape has its place; that step is pure, so that "no two labels touch" is
//! a test on numbers. plotters paints the scene onto a bitmap or into SVG. The cost of deciding everything before
//! plotters is that its own axes are not used; what it buys is one look in both formats, and labels of any length.
//!
//! Every chart is 16 cm wide at 300 dpi, in 8 and 9 point type.
//!
//! ```
//! use migqos::report::chart::{NumberStyle, Scale, TimeUnit, Timeline, TimelinePanel, TimelineSeries, layout};
//! let timeline = Timeline {
//!     description: "Delay second by second".into(),
//!     numbers: NumberStyle::POINT,
//!     log_note: "log scale".into(),
//!     time_label: "Time (s)".into(),
//!     time_unit: TimeUnit::Second,
//!     interval_s: 1.0,
//!     starts_s: vec![0.0, 1.0, 2.0],
//!     panels: vec![TimelinePanel {
//!         label: "Delay (ms)".into(),
//!         scale: Scale::Auto,
//!         series: vec![TimelineSeries { name: String::new(), values: vec![Some(0.4), None, Some(0.6)] }],
//!         bands: Vec::new(),
//!         absent: "no samples".into(),
//!     }],
//!     spans: Vec::new(),
//! };
//! let scene = layout(&timeline.chart());
//! assert!(scene.svg()?.contains("Delay (ms)"));
//! assert_eq!(&scene.png()?[1..4], b"PNG");
//! # Ok::<(), migqos::error::Error>(())
//! ```

mod axis;
mod canvas;
mod data;
mod distribution;
mod edge;
mod header;
mod layout;
mod model;
mod number;
mod output;
mod paint;
mod panel;
mod place;
mod range;
mod reduce;
mod scene;
mod sheet;
mod spans;
mod style;
mod text;
mod timeline;
mod unit;

#[cfg(test)]
mod tests;

pub use axis::Scale;
pub use distribution::Distribution;
pub use layout::layout;
pub use model::{Band, Bar, BoxPlot, Chart, Column, Panel, Series, Span, SpanKind, Values, XAxis, XKind};
pub use number::NumberStyle;
pub use range::sane_range;
pub use scene::{Anchor, PIXELS_PER_METRE, Rect, Scene, TextBox, WIDTH_PX};
pub use timeline::{Timeline, TimelinePanel, TimelineSeries};
pub use unit::{RateUnit, TimeUnit};
