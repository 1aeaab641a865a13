//! What an index is called.

use crate::language::Language;

/// Whether a profile grades on TIPHON's scale or says pass or fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Four categories, from Poor to Excellent.
    Quality,
    /// Two categories, Pass and Fail.
    PassFail,
}

impl Scale {
    /// As a profile's file says it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::PassFail => "pass-fail",
        }
    }

    /// The category that a band of this index has where its file names none.
    pub fn default_category(self, index: u8) -> Category {
        match (self, index) {
            (Self::PassFail, 0) => Category::Fail,
            (Self::PassFail, _) => Category::Pass,
            (Self::Quality, 4..) => Category::Excellent,
            (Self::Quality, 3) => Category::Good,
            (Self::Quality, 2) => Category::Fair,
            (Self::Quality, _) => Category::Poor,
        }
    }
}

/// The category of one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Sangat Bagus, index 4.
    Excellent,
    /// Bagus, index 3.
    Good,
    /// Sedang, index 2.
    Fair,
    /// Jelek, index 1, and index 0 where a table has one.
    Poor,
    /// Within the limit of a pass-or-fail profile.
    Pass,
    /// Beyond it.
    Fail,
}

impl Category {
    /// All of them, best first.
    pub const ALL: [Self; 6] = [
        Self::Excellent,
        Self::Good,
        Self::Fair,
        Self::Poor,
        Self::Pass,
        Self::Fail,
    ];

    /// Stable name, as profiles' files spell it and translations are looked up by.
    pub fn key(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    /// The name in a language: `Good`, `Bagus`.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Excellent => language.pick("Excellent", "Sangat Bagus"),
            Self::Good => language.pick("Good", "Bagus"),
            Self::Fair => language.pick("Fair", "Sedang"),
            Self::Poor => language.pick("Poor", "Jelek"),
            Self::Pass => language.pick("Pass", "Memenuhi"),
            Self::Fail => language.pick("Fail", "Tidak Memenuhi"),
        }
    }

    /// The category of a key, or of a name in either language, whatever the case.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|category| {
            text == category.key()
                || [Language::English, Language::Indonesian]
                    .into_iter()
                    .any(|language| text == category.name(language).to_lowercase())
        })
    }

    /// The scale that it belongs to.
    pub fn scale(self) -> Scale {
        match self {
            Self::Pass | Self::Fail => Scale::PassFail,
            _ => Scale::Quality,
        }
    }

    /// Its place in [`Category::ALL`], for tables of counts.
    pub(crate) fn position(self) -> usize {
        self as usize
    }
}

/// The category of the four figures together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OverallCategory {
    /// Sangat Memuaskan: a mean index of 3.8 or more.
    VerySatisfying,
    /// Memuaskan: 3 or more.
    Satisfying,
    /// Kurang Memuaskan: 2 or more.
    LessSatisfying,
    /// Jelek: less than 2.
    Poor,
    /// No graded figure fails.
    Pass,
    /// At least one fails.
    Fail,
}

impl OverallCategory {
    /// All of them, best first.
    pub const ALL: [Self; 6] = [
        Self::VerySatisfying,
        Self::Satisfying,
        Self::LessSatisfying,
        Self::Poor,
        Self::Pass,
        Self::Fail,
    ];

    /// The least mean index of each category of the quality scale, best first. Half-open, so that no mean falls
    /// between two categories.
    pub const LEAST_INDEX: [(Self, f64); 4] = [
        (Self::VerySatisfying, 3.8),
        (Self::Satisfying, 3.0),
        (Self::LessSatisfying, 2.0),
        (Self::Poor, 0.0),
    ];

    /// The category of a mean index on the quality scale. Give the mean as one division of an exact sum, so that a
    /// mean of 3.8 is 3.8.
    pub fn of_index(index: f64) -> Self {
        Self::LEAST_INDEX
            .into_iter()
            .find(|&(_, least)| index >= least)
            .map_or(Self::Poor, |(category, _)| category)
    }

    /// Stable name.
    pub fn key(self) -> &'static str {
        match self {
            Self::VerySatisfying => "very_satisfying",
            Self::Satisfying => "satisfying",
            Self::LessSatisfying => "less_satisfying",
            Self::Poor => "poor",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    /// The name in a language: `Satisfying`, `Memuaskan`.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::VerySatisfying => language.pick("Very satisfying", "Sangat Memuaskan"),
            Self::Satisfying => language.pick("Satisfying", "Memuaskan"),
            Self::LessSatisfying => language.pick("Less satisfying", "Kurang Memuaskan"),
            Self::Poor => language.pick("Poor", "Jelek"),
            Self::Pass => Category::Pass.name(language),
            Self::Fail => Category::Fail.name(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overall_scale_has_no_holes() {
        for (index, category) in [
            (4.0, OverallCategory::VerySatisfying),
            (3.8, OverallCategory::VerySatisfying),
            (19.0 / 5.0, OverallCategory::VerySatisfying),
            (3.8f64.next_down(), OverallCategory::Satisfying),
            (3.79, OverallCategory::Satisfying),
            (3.0, OverallCategory::Satisfying),
            (3.0f64.next_down(), OverallCategory::LessSatisfying),
            (2.0, OverallCategory::LessSatisfying),
            (2.0f64.next_down(), OverallCategory::Poor),
            (0.0, OverallCategory::Poor),
        ] {
            assert_eq!(OverallCategory::of_index(index), category, "{index}");
        }
    }

    #[test]
    fn a_category_is_found_by_its_name_in_either_language() {
        assert_eq!(Category::from_text("Sangat Bagus"), Some(Category::Excellent));
        assert_eq!(Category::from_text("jelek"), Some(Category::Poor));
        assert_eq!(Category::from_text(" FAIR "), Some(Category::Fair));
        assert_eq!(Category::from_text("bad"), None);
    }

    #[test]
    fn the_position_is_that_of_the_list() {
        for (at, category) in Category::ALL.into_iter().enumerate() {
            assert_eq!(category.position(), at);
        }
    }
}
