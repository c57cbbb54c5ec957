//! How many different customers: exact while few, then estimated. Who a customer is does not
//! belong here: callers give a hash of 64 bits, the same for the same customer everywhere.
//!
//! The estimate is HyperLogLog with 4,096 registers, by `datasketches`, the Apache project's
//! own library. Of the kept crates it alone fits: it depends on nothing, has no unsafe code,
//! hashes by a fixed seed, takes unions, gives an estimate that depends on the registers
//! alone, and writes the format its sisters in Java, C++ and Python read. `hyperloglog`
//! (ISC) and `hyperloglockless` (by `foldhash`, Zlib) are licensed otherwise than we ship;
//! `hyperloglogplus` saves in hash order, `cardinality-estimator` in order of arrival and
//! with unsafe code; `simple_hll` brings a hasher that differs between machines.

use datasketches::hll::{HllSketch, HllType, HllUnion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Values kept as they are: a list as long as the registers. The library keeps a list of
/// its own, in no certain order, up to 384 values; with more than that from the beginning a
/// sketch consists of registers only, and equal content gives equal bytes.
const EXACT: usize = 512;
/// Two to this power is the number of registers.
const PRECISION: u8 = 12;

#[derive(Clone, Debug)]
enum Store {
    /// Ascending.
    Exact(Vec<u64>),
    Sketch(Box<HllSketch>),
}

/// A set of which only the size can be asked. Merging is order-free: any merge tree over
/// the same values gives the same set.
#[derive(Clone, Debug)]
pub struct Uniques {
    store: Store,
}

impl Default for Uniques {
    fn default() -> Self {
        Self { store: Store::Exact(Vec::new()) }
    }
}

impl Uniques {
    /// Adds a value, unless it is in it.
    pub fn insert(&mut self, value: u64) {
        match &mut self.store {
            Store::Exact(values) => {
                if let Err(row) = values.binary_search(&value) {
                    values.insert(row, value);
                }
            }
            Store::Sketch(sketch) => sketch.update(value),
        }
        self.leave_exact();
    }

    /// Adds every value of `other`.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.store, &other.store) {
            (_, Store::Exact(values)) => values.iter().for_each(|&value| self.insert(value)),
            (Store::Sketch(ours), Store::Sketch(theirs)) => {
                **ours = union(&[ours, theirs]).to_sketch(HllType::Hll8);
            }
            (Store::Exact(values), Store::Sketch(theirs)) => {
                let mut sketch = theirs.clone();
                values.iter().for_each(|&value| sketch.update(value));
                self.store = Store::Sketch(sketch);
            }
        }
    }

    /// How many different values: exact while [`Self::is_exact`], else with a standard
    /// error of 1.6 %.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.store {
            Store::Exact(values) => values.len() as u64,
            // Not `estimate`, which depends on the order of arrival.
            Store::Sketch(sketch) => sketch.composite_estimate().round() as u64,
        }
    }

    /// Whether the count is exact: at most 512 different values so far.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.store, Store::Exact(_))
    }

    fn leave_exact(&mut self) {
        if let Store::Exact(values) = &self.store
            && values.len() > EXACT
        {
            let mut sketch = empty();
            values.iter().for_each(|&value| sketch.update(value));
            self.store = Store::Sketch(Box::new(sketch));
        }
    }
}

fn empty() -> HllSketch {
    HllSketch::new(PRECISION, HllType::Hll8).expect("the library takes 4 to 21")
}

fn union(sketches: &[&HllSketch]) -> HllUnion {
    let mut union = HllUnion::new(PRECISION).expect("the library takes 4 to 21");
    sketches.iter().for_each(|sketch| union.update(sketch));
    union
}

/// What a set is, without how it came about.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Content {
    Exact(Vec<u64>),
    /// In the library's format, packed to six bits a register.
    Sketch(Vec<u8>),
}

impl From<&Uniques> for Content {
    fn from(uniques: &Uniques) -> Self {
        match &uniques.store {
            Store::Exact(values) => Self::Exact(values.clone()),
            // The union with itself has no history, only registers.
            Store::Sketch(sketch) => {
                Self::Sketch(union(&[sketch, sketch]).to_sketch(HllType::Hll6).serialize())
            }
        }
    }
}

impl PartialEq for Uniques {
    fn eq(&self, other: &Self) -> bool {
        Content::from(self) == Content::from(other)
    }
}

impl Eq for Uniques {}

impl Serialize for Uniques {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Uniques {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Content::deserialize(deserializer)? {
            Content::Exact(values) => {
                let mut uniques = Self::default();
                values.into_iter().for_each(|value| uniques.insert(value));
                Ok(uniques)
            }
            Content::Sketch(bytes) => {
                let sketch = HllSketch::deserialize(&bytes).map_err(D::Error::custom)?;
                if (sketch.lg_config_k(), sketch.target_type()) != (PRECISION, HllType::Hll6) {
                    return Err(D::Error::custom("a sketch that is not ours"));
                }
                // Through a union, which reckons from the registers and not from what the
                // bytes say of them.
                let sketch = union(&[&sketch, &sketch]).to_sketch(HllType::Hll8);
                Ok(Self { store: Store::Sketch(Box::new(sketch)) })
            }
        }
    }
}
