//! What a source says of a contact beside its events: labels and the customer. Kept until a
//! day after the contact was last heard of. What is counted does not belong here.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::aggregator::KpiAggregator;
use super::canonical;
use super::rising::Rising;
use crate::time::{Span, Timestamp};

/// How long after a contact was last heard of its labels are kept.
const KEPT: Span = Span::secs(86_400);

/// Labels beyond queue and channel: direction, client, campaign, four of one's own, tenant.
pub(crate) type MoreLabels = [u32; 8];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// What the source calls the contact.
    pub(crate) id: Option<Box<str>>,
    pub(crate) labels: MoreLabels,
    /// As a hash; 0 when unknown.
    pub(crate) customer: u64,
    pub(crate) touched: Timestamp,
}

impl KpiAggregator {
    /// A customer's id as a number that does not give it away; never 0, which is nobody.
    #[must_use]
    pub fn customer(id: &str) -> u64 {
        let digest = Sha256::digest(id.as_bytes());
        digest.iter().take(8).fold(0, |head, &byte| head << 8 | u64::from(byte)).max(1)
    }
}

/// By source and contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extras {
    #[serde(with = "canonical")]
    known: FxHashMap<(u16, u64), Extra>,
    /// By when they were last heard of.
    leaving: Rising<u64>,
}

impl Extras {
    pub(crate) fn set(&mut self, source: u16, contact: u64, fresh: Extra) {
        let now = fresh.touched;
        if let Some(known) = self.known.insert((source, contact), fresh) {
            self.leaving.remove(source, known.touched, contact);
        }
        // What was said before the source's first event has no age yet.
        if now > Timestamp::ZERO {
            self.leaving.insert(source, now, contact);
        }
        while let Some((touched, old)) = self.leaving.first_of(source)
            && now.since(touched) > KEPT
        {
            self.leaving.remove(source, touched, old);
            self.known.remove(&(source, old));
        }
    }

    /// What was said of a contact that is heard of again.
    pub(crate) fn get(&mut self, source: u16, contact: u64, now: Timestamp) -> Option<&Extra> {
        if self.known.is_empty() {
            return None;
        }
        let extra = self.known.get_mut(&(source, contact))?;
        if extra.touched != now {
            self.leaving.remove(source, extra.touched, contact);
            if now > Timestamp::ZERO {
                self.leaving.insert(source, now, contact);
            }
            extra.touched = now;
        }
        Some(extra)
    }

    /// Adds what is known in `other`; `label` translates a label, `visit` source and contact.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        label: impl Fn(usize, u32) -> u32,
        visit: impl Fn(u16, u64) -> (u16, u64),
    ) {
        for (&(source, contact), theirs) in canonical::sorted(&other.known) {
            let (source, contact) = visit(source, contact);
            let mut fresh = theirs.clone();
            let labels = fresh.labels.iter_mut().enumerate();
            labels.for_each(|(row, known)| *known = label(row, *known));
            self.set(source, contact, fresh);
        }
    }
}
