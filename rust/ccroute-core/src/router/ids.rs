//! Contacts by the host's ids. The ids themselves are in the contacts' records, and nowhere
//! else: here is only where each stands.

use core::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::state::Contact;
use crate::ids::ContactKey;
use crate::slab::Slab;

/// Rows of contacts by the hash of their id. Look-ups only: the order of a hash never shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids(HashTable<u32>);

impl Ids {
    /// The contact of that id.
    pub(super) fn find(&self, id: &str, contacts: &Slab<Contact>) -> Option<ContactKey> {
        let row = *self.0.find(hash(id), |&row| id_in(contacts, row) == id)?;
        let generation = contacts.generation(row as usize).expect("a contact with an id is there");
        Some(ContactKey::new(row, generation))
    }

    /// Enters a contact whose record is there, under an id that is free.
    pub(super) fn insert(&mut self, row: u32, contacts: &Slab<Contact>) {
        let of = |row: &u32| hash(id_in(contacts, *row));
        self.0.insert_unique(of(&row), row, of);
    }

    /// Takes out a contact whose record is there.
    pub(super) fn remove(&mut self, row: u32, contacts: &Slab<Contact>) {
        let found = self.0.find_entry(hash(id_in(contacts, row)), |&known| known == row);
        if let Ok(entry) = found {
            entry.remove();
        }
    }

    /// All contacts by the ids they have now.
    pub(super) fn of(contacts: &Slab<Contact>) -> Self {
        let mut ids = Self(HashTable::with_capacity(contacts.len()));
        contacts.iter().for_each(|(row, ..)| ids.insert(row, contacts));
        ids
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn id_in(contacts: &Slab<Contact>, row: u32) -> &str {
    &contacts.at(row as usize).expect("a contact with an id is there").id
}

fn hash(id: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(id)
}
