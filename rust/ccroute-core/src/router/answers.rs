//! Answers given under a command id: a request that arrives twice is answered twice
//! and carried out once.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::Outcome;
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
    expiry: VecDeque<(Timestamp, Box<str>)>,
}

impl Answers {
    pub(super) fn find(&self, id: &str) -> Option<&Answer> {
        self.by_id.get(id)
    }

    pub(super) fn remember(&mut self, id: &str, answer: Answer, until: Timestamp) {
        self.by_id.insert(id.into(), answer);
        self.expiry.push_back((until, id.into()));
    }

    pub(super) fn forget(&mut self, now: Timestamp) {
        while self.expiry.front().is_some_and(|(until, _)| *until <= now)
            && let Some((_, id)) = self.expiry.pop_front()
        {
            self.by_id.remove(&id);
        }
    }
}
