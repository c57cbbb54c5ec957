//! The durations of a cell, of every kind. Most cells have few: they lie in one list, each
//! with its kind, and everything is read from them. Of a kind with more than 256 counts are
//! kept instead. What is read of them is in `spread.rs`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::distribution::Distribution;
use super::fields::Timing;
use super::ladder::Thresholds;
use super::samples::{Sample, Samples};
use super::spread::Spread;
use super::wide::{EXACT, Wide};
use crate::time::Span;

const KINDS: usize = Timing::ALL.len();

/// Of each kind with many.
type Many = [Option<Box<Wide>>; KINDS];

/// Durations of every kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timings {
    zeros: [u32; KINDS],
    /// How many of each kind are in the list.
    listed: [u16; KINDS],
    few: Samples,
    many: Option<Box<Many>>,
}

impl Timings {
    /// Counts one duration.
    #[inline(always)]
    pub(crate) fn record(&mut self, kind: Timing, span: Span, ladder: &Thresholds) {
        let (row, micros) = (kind as usize, span.micros());
        if micros == 0 {
            let zeros = self.zeros[row].checked_add(1);
            self.zeros[row] = zeros.expect("a cell counts less than 2^32 things");
        } else if usize::from(self.listed[row]) < EXACT && self.many.is_none() {
            self.listed[row] += 1;
            self.few.push(Sample::of(kind, micros));
        } else {
            self.record_among_many(kind, micros, ladder);
        }
    }

    #[inline(never)]
    fn record_among_many(&mut self, kind: Timing, micros: i64, ladder: &Thresholds) {
        let row = kind as usize;
        if let Some(wide) = self.many.as_mut().and_then(|many| many[row].as_mut()) {
            wide.record(micros, ladder);
        } else if usize::from(self.listed[row]) < EXACT {
            self.listed[row] += 1;
            self.few.push(Sample::of(kind, micros));
        } else {
            self.widen(kind, ladder).record(micros, ladder);
        }
    }

    /// Goes from the list to counts.
    fn widen(&mut self, kind: Timing, ladder: &Thresholds) -> &mut Wide {
        let Self { listed, few, many, .. } = self;
        let wide = &mut many.get_or_insert_default()[kind as usize];
        wide.get_or_insert_with(|| {
            let ours = few.iter().filter(|sample| sample.is(kind));
            let wide = Wide::of(ours.map(|sample| sample.micros()), ladder);
            few.take_all(kind);
            listed[kind as usize] = 0;
            Box::new(wide)
        })
    }

    /// Takes away one duration that was counted. Returns whether what is left of its kind must
    /// be rebuilt from its samples.
    pub(crate) fn retract(&mut self, kind: Timing, span: Span, ladder: &Thresholds) -> bool {
        let (row, micros) = (kind as usize, span.micros());
        if micros == 0 {
            let zeros = self.zeros[row].checked_sub(1);
            self.zeros[row] = zeros.expect("what is taken was counted");
            return false;
        }
        if let Some(many) = &mut self.many
            && let Some(wide) = &mut many[row]
        {
            let stale = wide.retract(micros, ladder);
            if wide.samples == 0 {
                many[row] = None;
                if many.iter().all(Option::is_none) {
                    self.many = None;
                }
                return false;
            }
            return stale;
        }
        let was_there = self.few.take(Sample::of(kind, micros));
        assert!(was_there, "what is taken was counted");
        self.listed[row] -= 1;
        false
    }

    /// Adds all of `other`.
    pub(crate) fn merge(&mut self, other: &Self, ladder: &Thresholds) {
        for (ours, &theirs) in self.zeros.iter_mut().zip(&other.zeros) {
            *ours = ours.checked_add(theirs).expect("a cell counts less than 2^32 things");
        }
        if let Some(many) = &other.many {
            for (&kind, wide) in Timing::ALL.iter().zip(many.iter()) {
                if let Some(wide) = wide {
                    self.widen(kind, ladder).merge(wide);
                }
            }
        }
        for sample in other.few.iter() {
            self.record_among_many(sample.kind(), sample.micros(), ladder);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.zeros == [0; KINDS] && self.few.is_empty() && self.many.is_none()
    }

    /// Whether there are more of a kind than are kept one by one.
    pub(crate) fn is_wide(&self, kind: Timing) -> bool {
        self.many(kind).is_some()
    }

    /// Adds the durations of a kind to a distribution; it is made when there are any.
    pub(crate) fn add_to(
        &self,
        kind: Timing,
        to: &mut Option<Box<Distribution>>,
        ladder: &Thresholds,
    ) {
        let zeros = u64::from(self.zeros[kind as usize]);
        match self.many(kind) {
            Some(wide) => to.get_or_insert_default().add_many(zeros, wide, ladder),
            None if zeros > 0 || self.listed[kind as usize] > 0 => {
                to.get_or_insert_default().add_few(zeros, self.few(kind), ladder);
            }
            None => {}
        }
    }

    /// How durations of a kind are read; `sorted` is room for those kept one by one.
    pub(crate) fn spread<'a>(&'a self, kind: Timing, sorted: &'a mut Vec<i64>) -> Spread<'a> {
        let zeros = u64::from(self.zeros[kind as usize]);
        if let Some(wide) = self.many(kind) {
            return Spread::many(zeros, wide);
        }
        sorted.clear();
        sorted.extend(self.few(kind));
        sorted.sort_unstable();
        Spread::few(zeros, sorted)
    }

    fn few(&self, kind: Timing) -> impl Iterator<Item = i64> + Clone + '_ {
        self.few.iter().filter(move |sample| sample.is(kind)).map(|sample| sample.micros())
    }

    fn many(&self, kind: Timing) -> Option<&Wide> {
        self.many.as_ref().and_then(|many| many[kind as usize].as_deref())
    }
}

/// What it is, without the order in which the samples came.
#[derive(PartialEq, Serialize, Deserialize)]
struct Content {
    zeros: [u32; KINDS],
    few: Vec<Sample>,
    many: Option<Box<Many>>,
}

impl From<&Timings> for Content {
    fn from(all: &Timings) -> Self {
        let mut few: Vec<_> = all.few.iter().collect();
        few.sort_unstable();
        Self { zeros: all.zeros, few, many: all.many.clone() }
    }
}

impl PartialEq for Timings {
    fn eq(&self, other: &Self) -> bool {
        Content::from(self) == Content::from(other)
    }
}

impl Eq for Timings {}

impl Serialize for Timings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Content { zeros, few, many } = Content::deserialize(deserializer)?;
        let listed = Timing::ALL.iter().map(|&kind| few.iter().filter(|all| all.is(kind)).count());
        let mut all = Self { zeros, listed: [0; KINDS], few: Samples::default(), many };
        for (row, listed) in listed.enumerate() {
            all.listed[row] = u16::try_from(listed).map_err(serde::de::Error::custom)?;
        }
        all.few = few.into_iter().collect();
        Ok(all)
    }
}
