//! What a chart shows, in numbers and words: the description that the layout turns into a picture.
//!
//! All words come in from the caller, in the reader's language; all numbers are in the unit that the axis names.

use super::axis::Scale;
use super::number::NumberStyle;

/// Panels, one below the other, on one shared horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What the picture shows, for those who cannot see it.
    pub description: String,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// What follows the label of a logarithmic axis: "log scale".
    pub log_note: String,
    /// The shared horizontal axis.
    pub x: XAxis,
    /// Stretches of the horizontal axis that all panels share, named at the top.
    pub spans: Vec<Span>,
    /// From the top down.
    pub panels: Vec<Panel>,
    /// A line below the chart, such as what the whiskers are; empty for none.
    pub note: String,
}

/// The horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub struct XAxis {
    /// With its unit.
    pub label: String,
    /// What is counted along it.
    pub kind: XKind,
}

/// What a horizontal axis counts.
#[derive(Debug, Clone, PartialEq)]
pub enum XKind {
    /// Numbers, over the values of the panels' series and at least over `range`.
    Numbers {
        /// How they are spread.
        scale: Scale,
        /// Values that the axis must reach.
        range: Option<(f64, f64)>,
    },
    /// Named places; the first lies at 0, the second at 1.
    Categories(Vec<String>),
}

/// A stretch of the horizontal axis with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends; equal to `from` for a single place.
    pub to: f64,
    /// Its name.
    pub label: String,
    /// How it is drawn.
    pub kind: SpanKind,
}

/// How a [`Span`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A grey shade: a phase of the migration.
    Phase,
    /// A thin strong line: the time in which the machine was gone.
    Outage,
    /// A thin dashed line at a value worth knowing, such as a percentile.
    Mark,
    /// The tint of a grading band with this index.
    Band(u8),
}

/// One plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Label of the vertical axis, with its unit.
    pub label: String,
    /// Height of the plot, in pixels at 300 to the inch.
    pub height_px: f64,
    /// How the vertical axis is spread.
    pub scale: Scale,
    /// What it shows.
    pub series: Vec<Series>,
    /// Grading bands behind it.
    pub bands: Vec<Band>,
    /// What stands in the plot when there is no value at all: the reason.
    pub absent: String,
}

/// A grading band of a vertical axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Lower edge; may be minus infinity.
    pub from: f64,
    /// Upper edge; may be infinite. Equal to `from` where the band is a single value.
    pub to: f64,
    /// 4 is the best, 1 the worst, 0 below the table.
    pub index: u8,
    /// Its name.
    pub label: String,
}

/// Values to draw, with a name that is shown where a panel has several.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name; empty where the panel's label says it.
    pub name: String,
    /// The values.
    pub values: Values,
}

/// The values of a [`Series`]. What is not finite counts as absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// A line through points in order of x; `None` breaks it.
    Line(Vec<(f64, Option<f64>)>),
    /// A line through points in order of x, without gaps or markers: a cumulative share, a regression.
    Curve(Vec<(f64, f64)>),
    /// Points by themselves.
    Points(Vec<(f64, f64)>),
    /// Touching columns from zero, as a histogram has.
    Columns(Vec<Column>),
    /// One bar for each category, from zero.
    Bars(Vec<Bar>),
    /// One box for each category.
    Boxes(Vec<BoxPlot>),
}

/// A column of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its left edge.
    pub from: f64,
    /// Its right edge.
    pub to: f64,
    /// Its height.
    pub value: f64,
}

/// A bar with its error bar, and the single values that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Which category it belongs to.
    pub category: usize,
    /// Its height; `None` leaves the place free.
    pub value: Option<f64>,
    /// Ends of the error bar.
    pub interval: Option<(f64, f64)>,
    /// The single values, shown as points.
    pub runs: Vec<f64>,
}

/// The five numbers of a box plot; the caller says in [`Chart::note`] what the whiskers are.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxPlot {
    /// Which category it belongs to.
    pub category: usize,
    /// Lower whisker, lower quartile, median, upper quartile, upper whisker; `None` leaves the place free.
    pub five: Option<[f64; 5]>,
    /// The single values, or those beyond the whiskers, shown as points.
    pub runs: Vec<f64>,
}
