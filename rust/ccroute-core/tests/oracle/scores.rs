//! Score tables.

use ccroute_core::{EventKind, RejectionCode, Value};

use super::commands::Table;
use super::happening::Happening;
use super::router::{Answer, Contact, Oracle};
use super::state::Scores;

impl Oracle {
    /// "**set_scores** – the table, else `unknown_table`. Replaces all its rows (of equal ones
    /// the last counts). → `scores_set` (reason: the table, time: expires). It says nothing from
    /// `expires` on."
    pub(crate) fn set_scores(&mut self, table: &Table) -> Answer {
        if self.rules.tables.iter().all(|(name, _)| *name != table.table) {
            return Err(RejectionCode::UnknownTable);
        }
        for (_, agent, _) in &table.rows {
            self.get_to_know(agent);
        }
        let rows = table.rows.iter();
        let rows = rows.map(|(kind, agent, score)| (kind.clone(), agent.clone(), score.raw()));
        let filled = Scores {
            table: table.table.clone(),
            version: table.version,
            expires: table.expires,
            rows: rows.collect(),
        };
        self.scores.retain(|known| known.table != table.table);
        self.scores.push(filled);
        let event = self.event(EventKind::ScoresSet);
        let reason = Some(table.table.clone());
        self.emit(Happening { reason, time: Some(table.expires), ..event });
        Ok(String::new())
    }

    /// What a contact's table says of its type: agents and scores; `None`: nothing.
    pub(crate) fn table_rows(&self, contact: &Contact) -> Option<Vec<(String, i64)>> {
        let table = self.rules_for(contact).table.as_ref()?;
        let (_, attribute) = self.rules.tables.iter().find(|(name, _)| name == table)?;
        let kind = contact.attributes.iter().find(|(name, _)| name == attribute)?;
        let kind = match &kind.1 {
            Value::Text(text) => text.to_string(),
            Value::Number(_) | Value::Flag(_) => return None,
        };
        let scores = self.scores.iter().find(|known| known.table == *table)?;
        let rows = scores.rows.iter().filter(|(of, ..)| *of == kind);
        let rows: Vec<(String, i64)> =
            rows.map(|(_, agent, score)| (agent.clone(), *score)).collect();
        (self.as_of < scores.expires && !rows.is_empty()).then_some(rows)
    }
}
