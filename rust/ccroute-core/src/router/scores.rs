//! Tables of scores that the host fills: how well a type of contact and an agent go
//! together. A table that is absent or has expired says nothing, and that is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Router;
use super::state::Contact;
use crate::command::ScoreRow;
use crate::condition::Value;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Event, EventKind};
use crate::ids::{ContactKey, TableKey};
use crate::plan::Strategy;
use crate::time::Timestamp;

/// One table as it stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ScoreState {
    version: u64,
    expires: Timestamp,
    /// By type of contact, then by agent.
    rows: BTreeMap<Box<str>, Vec<Option<i64>>>,
    /// Offers that went without it, because it was absent, expired or without the type.
    fallbacks: u64,
}

impl Router {
    pub(super) fn set_scores(
        &mut self,
        table: TableKey,
        version: u64,
        expires: Timestamp,
        given: &[ScoreRow<'_>],
    ) -> Result<(), Rejection> {
        if table.index() >= self.scores.len() {
            let known = super::known::listed(self.plan.table_names.iter());
            let message =
                format!("no score table with key {}: the plan has {known}", table.index());
            return Err(Rejection::new(RejectionCode::UnknownTable, message));
        }
        for row in given {
            super::known::valid_name("agent", row.agent)?;
            super::known::valid_name("contact type", row.kind)?;
        }
        let mut rows: BTreeMap<Box<str>, Vec<Option<i64>>> = BTreeMap::new();
        for row in given {
            let agent = self.agent_named(row.agent).index();
            let scores = rows.entry(row.kind.into()).or_default();
            if scores.len() <= agent {
                scores.resize(agent + 1, None);
            }
            scores[agent] = Some(row.score.raw());
        }
        let state = &mut self.scores[table.index()];
        (state.version, state.expires, state.rows) = (version, expires, rows);
        let name = self.plan.table_names.name(table.index()).to_owned();
        let reason = Some(self.intern(&name));
        self.emit(Event { reason, time: Some(expires), ..Event::new(EventKind::ScoresSet) });
        Ok(())
    }

    /// The scores of a table for a contact's type, by agent; `None`: it says nothing.
    pub(super) fn scores_for(&self, table: TableKey, contact: &Contact) -> Option<&[Option<i64>]> {
        let state = &self.scores[table.index()];
        if state.expires <= self.as_of {
            return None;
        }
        let attribute = &self.plan.tables[table.index()].attribute;
        match contact.attribute(attribute)? {
            Value::Text(kind) => state.rows.get(kind).map(Vec::as_slice),
            value @ (Value::Number(_) | Value::Flag(_)) => {
                state.rows.get(value.to_string().as_str()).map(Vec::as_slice)
            }
        }
    }

    /// Counts an offer for which its queue's table said nothing.
    pub(super) fn count_fallback(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let strategy = &self.rules(contact).strategy;
        let table = strategy.table.filter(|_| strategy.uses(Strategy::Scores));
        if let Some(table) = table.filter(|table| self.scores_for(*table, contact).is_none()) {
            self.scores[table.index()].fallbacks += 1;
        }
    }

    /// How many offers went without a score table because it was absent, had expired or
    /// did not have the contact's type; `None`: there is no such table.
    #[must_use]
    pub fn score_fallbacks(&self, table: TableKey) -> Option<u64> {
        self.scores.get(table.index()).map(|state| state.fallbacks)
    }

    /// The version the host gave a score table, and until when it holds; `None`: there is
    /// no such table.
    #[must_use]
    pub fn scores_version(&self, table: TableKey) -> Option<(u64, Timestamp)> {
        self.scores.get(table.index()).map(|state| (state.version, state.expires))
    }
}
