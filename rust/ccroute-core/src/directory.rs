//! External names <-> dense indexes. Text is hashed here, once, and nowhere else.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names in order of first appearance.
///
/// ```
/// let mut names = ccroute_core::Directory::default();
/// assert_eq!(names.intern("billing"), 0);
/// assert_eq!(names.intern("sales"), 1);
/// assert_eq!(names.find("billing"), Some(0));
/// assert_eq!(names.name(1), "sales");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Directory {
    names: Vec<Box<str>>,
    index: FxHashMap<Box<str>, u32>,
}

impl Directory {
    /// The index of `name`, given now if it is new.
    pub fn intern(&mut self, name: &str) -> usize {
        if let Some(&known) = self.index.get(name) {
            return known as usize;
        }
        let fresh = self.names.len();
        let raw = u32::try_from(fresh).expect("fewer than 2^32 names");
        self.names.push(name.into());
        self.index.insert(name.into(), raw);
        fresh
    }

    /// The index of `name`, if it has one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).map(|&index| index as usize)
    }

    /// Whether `name` is the first, where nearly all that is asked for is the first: told without
    /// a look at the others.
    #[inline]
    pub(crate) fn is_first(&self, name: &str) -> bool {
        self.names.first().is_some_and(|first| **first == *name)
    }

    /// The name of a known index.
    ///
    /// # Panics
    /// When `index` was never given out.
    #[must_use]
    pub fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    /// All names, in order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The same names in the same order; the index follows from them.
impl PartialEq for Directory {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Eq for Directory {}

impl Serialize for Directory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Directory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut directory = Self::default();
        for name in Vec::<Box<str>>::deserialize(deserializer)? {
            directory.intern(&name);
        }
        Ok(directory)
    }
}
