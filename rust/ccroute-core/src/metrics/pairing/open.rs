//! Which visits are open: a row by contact and visit, in a table of as many places as it takes.
//! Most logs are in the order of time: few visits are open at once, and all lie in a near cache.

/// Where a visit stands; contact 0 is nobody's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    contact: u64,
    /// When it began, and then when it was answered.
    pub(super) since: i64,
    visit: u32,
    /// Its row, and whether it was answered.
    row: u32,
}

/// Set in the row of a visit that was answered.
const ANSWERED: u32 = 1 << 31;

/// More rows than there may be.
pub(super) const MOST_ROWS: u32 = ANSWERED - 1;

impl Entry {
    #[inline(always)]
    pub(super) fn row(&self) -> usize {
        (self.row & !ANSWERED) as usize
    }

    #[inline(always)]
    pub(super) fn is_answered(&self) -> bool {
        self.row & ANSWERED != 0
    }

    #[inline(always)]
    pub(super) fn answer(&mut self, at: i64) {
        self.since = at;
        self.row |= ANSWERED;
    }
}

/// Open visits. Never more than a quarter full, so that a search ends at once.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// A power of two of them.
    entries: Vec<Entry>,
    len: usize,
    /// So many bits of a hash are not used.
    shift: u32,
}

impl Open {
    pub(super) fn new() -> Self {
        const BITS: u32 = 11;
        Self { entries: vec![Entry::default(); 1 << BITS], len: 0, shift: u64::BITS - BITS }
    }

    /// The place that a visit would have if no other had it. The upper bits of the product depend
    /// on all bits of both numbers.
    #[inline(always)]
    fn home(&self, contact: u64, visit: u32) -> usize {
        let mixed = contact ^ u64::from(visit).rotate_right(16);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// The place of a visit, or the free one where its search ends.
    #[inline(always)]
    fn place(&self, contact: u64, visit: u32) -> usize {
        let most = self.entries.len() - 1;
        let mut place = self.home(contact, visit);
        loop {
            let entry = &self.entries[place & most];
            if (entry.contact == contact && entry.visit == visit) || entry.contact == 0 {
                return place & most;
            }
            place += 1;
        }
    }

    /// The place of an open visit.
    #[inline(always)]
    pub(super) fn find(&self, contact: u64, visit: u32) -> Option<usize> {
        let place = self.place(contact, visit);
        (self.entries[place].contact != 0).then_some(place)
    }

    #[inline(always)]
    pub(super) fn at(&mut self, place: usize) -> &mut Entry {
        &mut self.entries[place]
    }

    /// Opens a visit of a contact that is somebody; whether it was not open.
    #[inline(always)]
    pub(super) fn insert(&mut self, contact: u64, visit: u32, row: u32, since: i64) -> bool {
        let place = self.place(contact, visit);
        let entry = &mut self.entries[place];
        if entry.contact != 0 {
            return false;
        }
        *entry = Entry { contact, since, visit, row };
        self.len += 1;
        if 4 * self.len > self.entries.len() {
            self.grow();
        }
        true
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let more = vec![Entry::default(); 2 * self.entries.len()];
        self.shift -= 1;
        for entry in core::mem::replace(&mut self.entries, more) {
            if entry.contact != 0 {
                let place = self.place(entry.contact, entry.visit);
                self.entries[place] = entry;
            }
        }
    }

    /// Closes the visit at a place.
    #[inline(always)]
    pub(super) fn close(&mut self, place: usize) {
        let most = self.entries.len() - 1;
        self.len -= 1;
        let (mut free, mut next) = (place, place);
        loop {
            next = (next + 1) & most;
            let entry = self.entries[next];
            if entry.contact == 0 {
                break;
            }
            // Whose search passes the free place moves there, so that it still finds it.
            let home = self.home(entry.contact, entry.visit);
            if (next.wrapping_sub(home) & most) >= (next.wrapping_sub(free) & most) {
                self.entries[free] = entry;
                free = next;
            }
        }
        self.entries[free] = Entry::default();
    }

    /// The rows of all visits that still wait, ascending.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let waits = |entry: &&Entry| entry.contact != 0 && !entry.is_answered();
        let mut rows: Vec<usize> = self.entries.iter().filter(waits).map(Entry::row).collect();
        rows.sort_unstable();
        rows
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_what_a_map_holds(
            acts in prop::collection::vec((any::<bool>(), 1u64..400, 0u32..3), 0..3000),
            step in prop::sample::select(vec![1u64, 1 << 10, 1 << 32, 1 << 54]),
        ) {
            let (mut open, mut map) = (Open::new(), BTreeMap::new());
            for (row, (begins, contact, visit)) in (0..).zip(acts) {
                let contact = contact.wrapping_mul(step).max(1);
                let known = map.get(&(contact, visit)).copied();
                let place = open.find(contact, visit);
                prop_assert_eq!(place.map(|place| open.at(place).row() as u32), known);
                if begins {
                    prop_assert_eq!(open.insert(contact, visit, row, 7), known.is_none());
                    map.entry((contact, visit)).or_insert(row);
                } else if let Some(place) = place {
                    map.remove(&(contact, visit));
                    open.close(place);
                }
            }
            let mut rows: Vec<usize> = map.values().map(|&row| row as usize).collect();
            rows.sort_unstable();
            prop_assert_eq!(open.waiting(), rows);
        }
    }

    #[test]
    fn grows_by_what_is_open_only() {
        let mut open = Open::new();
        for contact in 1..=100_000u64 {
            assert!(open.insert(contact, 1, contact as u32, 0));
            let place = open.find(contact, 1).unwrap();
            if contact % 1_000 > 0 {
                open.close(place);
            }
        }
        assert_eq!(open.entries.len(), 1 << 11);
        for contact in 200_000..=250_000u64 {
            assert!(open.insert(contact, 1, 7, 0));
            let place = open.find(contact, 1).unwrap();
            open.at(place).answer(1);
        }
        assert_eq!(open.waiting(), (1..=100).map(|n| n * 1_000).collect::<Vec<_>>());
    }
}
