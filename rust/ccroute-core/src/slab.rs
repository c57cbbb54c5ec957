//! Rows that come and go under versioned keys. Freed rows are used again last in,
//! first out, so that keys depend on the commands alone.

use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row<T> {
    generation: NonZeroU32,
    value: Option<T>,
}

/// A slab of `T`; the caller wraps (index, generation) in a key of its own type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Slab<T> {
    rows: Vec<Row<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Stores `value`; returns where, and under which generation.
    pub(crate) fn insert(&mut self, value: T) -> (u32, NonZeroU32) {
        self.insert_with(|index, generation| ((index, generation), value))
    }

    /// Stores the value that `make` builds for its own place, and returns the key that
    /// `make` names it by.
    pub(crate) fn insert_with<K>(&mut self, make: impl FnOnce(u32, NonZeroU32) -> (K, T)) -> K {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.rows.push(Row { generation: NonZeroU32::MIN, value: None });
                u32::try_from(self.rows.len() - 1).expect("fewer than 2^32 rows")
            }
        };
        let row = &mut self.rows[index as usize];
        let (key, value) = make(index, row.generation);
        row.value = Some(value);
        key
    }

    /// Takes the row out; its next tenant has another generation.
    pub(crate) fn remove(&mut self, index: usize, generation: u32) -> Option<T> {
        let row = self.rows.get_mut(index).filter(|row| row.generation.get() == generation)?;
        let value = row.value.take()?;
        row.generation = row.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        self.free.push(u32::try_from(index).expect("an index in use fits"));
        Some(value)
    }

    /// As [`Self::remove`], with the value dropped where it is.
    pub(crate) fn discard(&mut self, index: usize, generation: u32) {
        let row = self.rows.get_mut(index).filter(|row| row.generation.get() == generation);
        let row = row.filter(|row| row.value.is_some()).expect("only what is there is discarded");
        row.value = None;
        row.generation = row.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        self.free.push(u32::try_from(index).expect("an index in use fits"));
    }

    /// Takes out whoever is in a row, for owners who hold rows and not keys.
    pub(crate) fn take(&mut self, index: usize) -> Option<T> {
        let generation = self.generation(index)?;
        self.remove(index, generation.get())
    }

    pub(crate) fn get(&self, index: usize, generation: u32) -> Option<&T> {
        self.rows.get(index).filter(|row| row.generation.get() == generation)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, index: usize, generation: u32) -> Option<&mut T> {
        self.rows.get_mut(index).filter(|row| row.generation.get() == generation)?.value.as_mut()
    }

    /// The row at `index`, whoever its tenant is.
    pub(crate) fn at(&self, index: usize) -> Option<&T> {
        self.rows.get(index)?.value.as_ref()
    }

    /// As [`Self::at`], to change.
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut T> {
        self.rows.get_mut(index)?.value.as_mut()
    }

    /// The generation of a row in use.
    pub(crate) fn generation(&self, index: usize) -> Option<NonZeroU32> {
        self.rows.get(index).filter(|row| row.value.is_some()).map(|row| row.generation)
    }

    /// Rows in use, by index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, NonZeroU32, &T)> {
        self.rows.iter().zip(0u32..).filter_map(|(row, index)| {
            row.value.as_ref().map(|value| (index, row.generation, value))
        })
    }

    /// Rows in use, to change.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().filter_map(|row| row.value.as_mut())
    }

    /// How many rows are in use.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }
}
