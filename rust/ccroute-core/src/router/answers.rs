//! Answers given under a command id: a request that arrives twice is answered twice
//! and carried out once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::expiring::Ends;
use crate::time::Timestamp;

/// The first answer to a request, and who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The command's name.
    pub command: Box<str>,
    /// When it was given.
    pub at: Timestamp,
    /// Who asked, in the host's word.
    pub actor: Option<Box<str>>,
    /// Why, in the host's word.
    pub reason: Option<Box<str>>,
    /// What was answered.
    pub result: Outcome,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Answers {
    by_id: BTreeMap<Box<str>, Answer>,
    ends: Ends<Box<str>>,
}

impl Answers {
    pub(super) fn find(&self, id: &str) -> Option<&Answer> {
        self.by_id.get(id)
    }

    pub(super) fn remember(&mut self, id: &str, answer: Answer, until: Timestamp) {
        self.by_id.insert(id.into(), answer);
        self.ends.insert(until, id.into());
    }

    /// Gives every id another name.
    pub(super) fn rename(&mut self, name: impl Fn(&str) -> Box<str>) {
        let known = std::mem::take(&mut self.by_id);
        self.by_id = known.into_iter().map(|(id, answer)| (name(&id), answer)).collect();
        self.ends.rename(|id| name(id));
    }

    /// All answers, to change.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Answer> {
        self.by_id.values_mut()
    }

    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some(id) = self.ends.take(now) {
            self.by_id.remove(&id);
        }
    }
}
