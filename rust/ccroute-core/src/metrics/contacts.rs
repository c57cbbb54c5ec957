//! Keys for the contacts of sources that know them by text alone: recorded logs and foreign
//! platforms. A text is forgotten a while after the last of its visits, so that memory is
//! bounded by the contacts under way. What is counted does not belong here.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::visits::WRAP_UP_GRACE;
use crate::ids::ContactKey;
use crate::time::Timestamp;

/// Marks our keys, so that they cannot meet those of a source that numbers its contacts.
const OURS: u64 = 1 << 63;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    source: u16,
    id: Box<str>,
    /// Visits and wrap-ups under way.
    under_way: u32,
    /// When it was last seen with nothing under way.
    closed: Option<Timestamp>,
}

/// Texts and keys of contacts under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contacts {
    #[serde(with = "canonical")]
    keys: FxHashMap<Box<str>, Vec<(u16, u64)>>,
    #[serde(with = "canonical")]
    named: FxHashMap<u64, Named>,
    /// The closed, by source and in order of closing.
    leaving: BTreeSet<(u16, Timestamp, u64)>,
    given: u64,
}

impl Contacts {
    /// The key of a text, given now if it is new; `now` by the source's clock.
    pub(crate) fn intern(&mut self, source: u16, id: &str, now: Timestamp) -> ContactKey {
        self.forget(source, now);
        let known =
            self.keys.get(id).and_then(|keys| keys.iter().find(|&&(from, _)| from == source));
        let raw = if let Some(&(_, raw)) = known {
            raw
        } else {
            let raw = OURS | self.given;
            self.given += 1;
            self.keys.entry(id.into()).or_default().push((source, raw));
            self.named.insert(raw, Named { source, id: id.into(), under_way: 0, closed: None });
            raw
        };
        ContactKey::from_raw(raw).expect("the mark is in the high half")
    }

    /// Whether a key was given here.
    pub(crate) fn is_ours(raw: u64) -> bool {
        raw & OURS != 0
    }

    /// Notes that an event changed what is under way of a contact from `before` to `after`.
    pub(crate) fn note(&mut self, raw: u64, before: u32, after: u32, now: Timestamp) {
        if let Some(named) = self.named.get_mut(&raw) {
            named.under_way = (named.under_way + after).saturating_sub(before);
            if let Some(closed) = named.closed.take() {
                self.leaving.remove(&(named.source, closed, raw));
            }
            if named.under_way == 0 {
                named.closed = Some(now);
                self.leaving.insert((named.source, now, raw));
            }
        }
    }

    fn forget(&mut self, source: u16, now: Timestamp) {
        while let Some(&(from, closed, raw)) =
            self.leaving.range((source, Timestamp::ZERO, 0)..).next()
            && from == source
            && now.since(closed) > WRAP_UP_GRACE
        {
            self.leaving.remove(&(from, closed, raw));
            if let Some(Named { id, .. }) = self.named.remove(&raw)
                && let Some(keys) = self.keys.get_mut(&id)
            {
                keys.retain(|&(from, _)| from != source);
                if keys.is_empty() {
                    self.keys.remove(&id);
                }
            }
        }
    }

    /// Adds the contacts of `other`, whose sources `source` translates; returns its keys
    /// and ours, ascending by its.
    pub(crate) fn merge(&mut self, other: &Self, source: impl Fn(u16) -> u16) -> Vec<(u64, u64)> {
        let named = canonical::sorted(&other.named).into_iter();
        named
            .map(|(&raw, theirs)| {
                let ours = self.intern(source(theirs.source), &theirs.id, Timestamp::ZERO).raw();
                match theirs.closed {
                    Some(closed) => self.note(ours, 0, 0, closed),
                    None => self.note(ours, 0, theirs.under_way, Timestamp::ZERO),
                }
                (raw, ours)
            })
            .collect()
    }

    /// How many texts are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.named.len()
    }
}
