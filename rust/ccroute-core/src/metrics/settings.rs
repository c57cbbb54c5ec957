//! What an aggregator is created with.

use super::fields::{Basis, Dimension};
use super::ladder::Thresholds;
use super::slices::LABELS;
use crate::error::ConfigError;
use crate::time::Span;

/// The cells' usual length: a quarter of an hour, which every time zone is a multiple of.
pub const DEFAULT_INTERVAL: Span = Span::secs(900);

/// What tables call their other columns.
const COLUMNS: [&str; 8] =
    ["interval", "start", "end", "final", "revision", "source", "contact", "visit"];

/// How an aggregator counts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The thresholds that are counted by, whatever the number of waits.
    pub thresholds: Thresholds,
    /// The length of the cells.
    pub interval: Span,
    /// The bases cells are kept for.
    pub kept_bases: Vec<Basis>,
    /// Up to four dimensions of the caller's own, by name.
    pub dimensions: Vec<String>,
    /// How long facts are kept after their visit is over; zero: not at all.
    pub retention: Span,
    /// How many of them are kept at most.
    pub most_records: usize,
    /// How far behind its latest event a source may still be heard of before an interval is
    /// final.
    pub lateness: Span,
    /// Most queues, agents or teams; what goes past it counts under `__other__`.
    pub most_names: u32,
    /// Most names of any other dimension, and most reasons, codes and names of marks in all.
    pub most_labels: u32,
}

impl Default for Settings {
    /// Quarters of an hour under every basis, facts for 48 hours and at most a million,
    /// 100,000 names and 1,000 labels a dimension, 120 seconds of lateness.
    fn default() -> Self {
        Self {
            thresholds: Thresholds::default(),
            interval: DEFAULT_INTERVAL,
            kept_bases: Basis::ALL.to_vec(),
            dimensions: Vec::new(),
            retention: Span::secs(48 * 3600),
            most_records: 1_000_000,
            lateness: Span::secs(120),
            most_names: 100_000,
            most_labels: 1_000,
        }
    }
}

impl Settings {
    pub(crate) fn bases(&self) -> u8 {
        let bits = self.kept_bases.iter().fold(0, |bits, &basis| bits | 1 << basis as u8);
        // Answers and abandonments within the threshold are those of the events.
        let events = bits & 1 << Basis::ServiceLevelEvent as u8 > 0;
        bits | u8::from(events) << Basis::Event as u8
    }

    pub(crate) fn caps(&self) -> [u32; LABELS + 2] {
        let mut caps = [self.most_labels; LABELS + 2];
        for named in [Dimension::Queue, Dimension::Agent, Dimension::Team] {
            caps[named as usize] = self.most_names;
        }
        caps
    }

    /// Whether an aggregator can be of them.
    ///
    /// # Errors
    /// A dimension or a cap that cannot be; the message says what would do.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.dimensions.len() > 4 {
            let count = self.dimensions.len();
            return Err(ConfigError::new(format!(
                "{count} dimensions of your own: give at most 4"
            )));
        }
        for (row, name) in self.dimensions.iter().enumerate() {
            let word =
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if name.is_empty() || !word || name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(ConfigError::new(format!(
                    "dimension '{name}': give lower-case letters, digits and underscores"
                )));
            }
            let taken = Dimension::from_word(name).is_some() || COLUMNS.contains(&name.as_str());
            if taken || self.dimensions[..row].contains(name) {
                return Err(ConfigError::new(format!(
                    "dimension '{name}' is there already: choose another name"
                )));
            }
        }
        if self.most_names == 0 || self.most_labels == 0 {
            return Err(ConfigError::new("a dimension of no names: give a cap above zero"));
        }
        Ok(())
    }
}
