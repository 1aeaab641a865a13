//! How many seconds lie in each category: what a mean hides.

use super::band::Parameter;
use super::category::Category;
use super::grader::{Figures, Grader};

/// The seconds of one parameter by index and by category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParameterShares {
    /// Seconds in which the figure exists and was graded: what the shares are of.
    pub graded: u64,
    /// Seconds without a grade.
    pub absent: u64,
    /// Graded seconds that lie off the table.
    pub off_table: u64,
    by_index: [u64; 5],
    by_category: [u64; Category::ALL.len()],
}

impl ParameterShares {
    /// Seconds of an index.
    pub fn seconds(&self, index: u8) -> u64 {
        self.by_index.get(usize::from(index)).copied().unwrap_or(0)
    }

    /// Seconds of a category.
    pub fn category_seconds(&self, category: Category) -> u64 {
        self.by_category.get(category.position()).copied().unwrap_or(0)
    }

    /// The part of the graded seconds that has this index, 0 to 1; `None` where no second was graded.
    pub fn share(&self, index: u8) -> Option<f64> {
        (self.graded > 0).then(|| self.seconds(index) as f64 / self.graded as f64)
    }

    /// The part of the graded seconds in this category, 0 to 1; `None` where no second was graded.
    pub fn category_share(&self, category: Category) -> Option<f64> {
        (self.graded > 0).then(|| self.category_seconds(category) as f64 / self.graded as f64)
    }
}

/// The shares of the four parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    parameters: [ParameterShares; 4],
}

impl Shares {
    /// Counts one second.
    pub fn add(&mut self, grader: &Grader<'_>, figures: &Figures) {
        self.add_seconds(grader, figures, 1);
    }

    /// Counts `seconds` seconds alike: bins without packets that no row stands for.
    pub fn add_seconds(&mut self, grader: &Grader<'_>, figures: &Figures, seconds: u64) {
        for (parameter, counts) in Parameter::ALL.into_iter().zip(&mut self.parameters) {
            let value = figures
                .get(parameter)
                .value()
                .map(|value| grader.in_table_unit(parameter, value));
            let placement = match (grader.table(parameter), value) {
                (Ok(table), Some(value)) => table.place(value),
                _ => None,
            };
            let Some(placement) = placement else {
                counts.absent += seconds;
                continue;
            };
            counts.graded += seconds;
            if placement.off_table {
                counts.off_table += seconds;
            }
            if let Some(count) = counts.by_index.get_mut(usize::from(placement.band.index)) {
                *count += seconds;
            }
            if let Some(count) = counts.by_category.get_mut(placement.band.category.position()) {
                *count += seconds;
            }
        }
    }

    /// The counts of a parameter.
    pub fn get(&self, parameter: Parameter) -> &ParameterShares {
        let [throughput, loss, jitter, delay] = &self.parameters;
        match parameter {
            Parameter::Throughput => throughput,
            Parameter::Loss => loss,
            Parameter::Jitter => jitter,
            Parameter::Delay => delay,
        }
    }
}

/// The shares of a series of seconds.
pub fn shares<'f>(grader: &Grader<'_>, seconds: impl IntoIterator<Item = &'f Figures>) -> Shares {
    let mut shares = Shares::default();
    for figures in seconds {
        shares.add(grader, figures);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Figure, Reason};
    use crate::grade::Profile;

    #[test]
    fn shares_are_of_the_seconds_that_have_a_grade() {
        let second = |bps, loss| Figures {
            throughput_bps: Figure::Value(bps),
            loss_pct: loss,
            jitter_ms: Figure::Absent(Reason::TooFewSamples),
            delay_ms: Figure::Value(1.0),
        };
        let absent = Figure::Absent(Reason::NothingToLose);
        // Throughput in kbps: 0 -> index 0 off the table, 500 -> 1, 3000 -> 4. Loss: 0 -> 4, 30 -> 1 off the table.
        let seconds = [
            second(0.0, absent),
            second(500_000.0, Figure::Value(0.0)),
            second(3_000_000.0, Figure::Value(0.0)),
            second(3_000_000.0, Figure::Value(30.0)),
        ];
        let profile = Profile::named("tiphon").unwrap();
        let shares = shares(&Grader::new(&profile, None), &seconds);
        let throughput = shares.get(Parameter::Throughput);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|index| throughput.share(index)),
            [Some(0.25), Some(0.25), Some(0.0), Some(0.0), Some(0.5)]
        );
        assert_eq!(throughput.category_share(Category::Poor), Some(0.5));
        assert_eq!(throughput.off_table, 1);
        let loss = shares.get(Parameter::Loss);
        assert_eq!((loss.graded, loss.absent, loss.off_table), (3, 1, 1));
        assert_eq!(loss.share(4), Some(2.0 / 3.0));
        assert_eq!(shares.get(Parameter::Jitter).share(4), None);
        assert_eq!(shares.get(Parameter::Delay).share(4), Some(1.0));
    }
}
