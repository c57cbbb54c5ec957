//! Keys for the contacts of sources that know them by text alone: recorded logs and foreign
//! platforms. A text is forgotten when facts of its last visit are no longer kept, so that
//! memory is bounded by the contacts under way and the records. What is counted does not belong here.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::conversations::WRAP_UP_GRACE;
use super::few::Few;
use super::rising::Rising;
use crate::ids::ContactKey;
use crate::time::{Span, Timestamp};

/// Marks our keys, so that they cannot meet those of a source that numbers its contacts.
const OURS: u64 = 1 << 63;

/// However few facts are kept, so many of the closed of each source.
const FEWEST: usize = 1_000;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Contacts {
    #[serde(with = "canonical")]
    keys: FxHashMap<Box<str>, Few<(u16, u64)>>,
    #[serde(with = "canonical")]
    named: FxHashMap<u64, Named>,
    /// The closed, in order of closing.
    leaving: Rising<u64>,
    given: u64,
    /// How long the closed are remembered: what is told of a contact whose facts are kept
    /// must find them.
    kept: Span,
    /// How many of the closed are remembered of a source at most, but for those of the last
    /// moments: an event may follow its key at once.
    most: usize,
}

impl Contacts {
    pub(crate) fn new(retention: Span, most: usize) -> Self {
        let (kept, most) = (retention.max(WRAP_UP_GRACE), most.max(FEWEST));
        Self { kept, most, ..Self::default() }
    }

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
            let closed = Some(now);
            self.named.insert(raw, Named { source, id: id.into(), under_way: 0, closed });
            self.leaving.insert(source, now, raw);
            raw
        };
        ContactKey::from_raw(raw).expect("the mark is in the high half")
    }

    /// The text of a key that was given here.
    pub(crate) fn id(&self, raw: u64) -> Option<&str> {
        Self::is_ours(raw).then(|| self.named.get(&raw)).flatten().map(|named| named.id.as_ref())
    }

    /// Whether a key was given here.
    pub(crate) fn is_ours(raw: u64) -> bool {
        raw & OURS != 0
    }

    /// Notes that an event changed what is under way of a contact from `before` to `after`.
    pub(crate) fn note(&mut self, raw: u64, before: u32, after: u32, now: Timestamp) {
        if let Some(named) = self.named.get_mut(&raw) {
            named.under_way = (named.under_way + after).saturating_sub(before);
            let mut last = now;
            if let Some(closed) = named.closed.take() {
                self.leaving.remove(named.source, closed, raw);
                // Visits may be told of in any order: the last of them counts.
                last = last.max(closed);
            }
            if named.under_way == 0 {
                named.closed = Some(last);
                self.leaving.insert(named.source, last, raw);
            }
        }
    }

    fn forget(&mut self, source: u16, now: Timestamp) {
        self.date(source, now);
        while let Some((closed, raw)) = self.leaving.first_of(source)
            && let is_crowd = self.leaving.len_of(source) > self.most
            && now.since(closed) > if is_crowd { WRAP_UP_GRACE } else { self.kept }
        {
            self.leaving.remove(source, closed, raw);
            if let Some(Named { id, .. }) = self.named.remove(&raw)
                && let Some(keys) = self.keys.get_mut(&id)
            {
                keys.take(|&(from, _)| from == source);
                if keys.is_empty() {
                    self.keys.remove(&id);
                }
            }
        }
    }

    /// What was named before its source had a clock is as old as the clock.
    fn date(&mut self, source: u16, now: Timestamp) {
        while let Some((Timestamp::ZERO, raw)) = self.leaving.first_of(source)
            && now > Timestamp::ZERO
        {
            self.leaving.remove(source, Timestamp::ZERO, raw);
            self.leaving.insert(source, now, raw);
            if let Some(named) = self.named.get_mut(&raw) {
                named.closed = Some(now);
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
