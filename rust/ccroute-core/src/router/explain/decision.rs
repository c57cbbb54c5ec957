//! Why just this agent: the candidates of one offer, as they were ranked.

use super::Eliminated;
use crate::event::words;
use crate::ids::{AgentKey, ContactKey};
use crate::matching::Choice;
use crate::plan::Strategy;
use crate::router::Router;
use crate::time::Timestamp;

/// How many candidates are laid open.
const SHOWN: usize = 10;

/// One of those who could have taken a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub agent: AgentKey,
    /// How much the contact preferred them; `None`: not.
    pub preferred: Option<u16>,
    /// What each key of the queue's ranking made of them; less is better, and the greatest
    /// number says that it made nothing of them.
    pub values: Vec<i128>,
    /// Since when they had been idle, which decides at last.
    pub idle_since: Timestamp,
}

words!(
    /// How it was settled who is offered a contact.
    How {
        /// It was their turn, and the queue's strategy chose among those whose turn it was.
        Turn = "turn",
        /// They asked for it.
        Picked = "picked",
        /// Contacts were shared out for the best total score.
        Together = "together",
    }
);

/// How one offer came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// The contact.
    pub contact: ContactKey,
    /// Whom it was offered to.
    pub agent: AgentKey,
    /// How that was settled.
    pub how: How,
    /// How many of its queue went before it.
    pub ahead: usize,
    /// The keys the agents were ranked by.
    pub keys: Vec<Strategy>,
    /// How many could have taken it.
    pub eligible: u32,
    /// The first ten of them, as the strategy ranks them; of those whose turn it was, who was
    /// offered it comes first.
    pub candidates: Vec<Candidate>,
    /// All other agents, by what stopped them.
    pub eliminated: Vec<Eliminated>,
}

/// An offer that is to be laid open when it is made.
#[derive(Clone, Debug)]
pub(in crate::router) struct Traced {
    /// The sequence number of its event.
    event: u64,
    decision: Option<Decision>,
}

impl Router {
    /// Lays open how the offer comes about whose event will have this sequence number; see
    /// [`Self::traced_decision`]. To be asked of a router set up again from before it.
    pub fn trace(&mut self, event: u64) {
        self.traced = Some(Box::new(Traced { event, decision: None }));
    }

    /// How the offer came about that was to be laid open; `None`: it has not been made, or
    /// the event was no offer.
    #[must_use]
    pub fn traced_decision(&self) -> Option<&Decision> {
        self.traced.as_ref()?.decision.as_ref()
    }

    /// Lays open an offer that is about to be made, if that is wanted.
    pub(in crate::router) fn trace_offer(&mut self, key: ContactKey, choice: Choice, how: How) {
        let wanted = self.sequence + 1;
        if self.traced.as_ref().is_some_and(|traced| traced.event == wanted) {
            let decision = self.decision(key, choice, how);
            if let Some(traced) = &mut self.traced {
                traced.decision = Some(decision);
            }
        }
    }

    fn decision(&self, key: ContactKey, choice: Choice, how: How) -> Decision {
        let contact = self.contact(key);
        let mut left = self.eligible(key);
        let mut all: Vec<AgentKey> = left.iter().map(AgentKey::new).collect();
        let mut candidates = Vec::new();
        if how == How::Turn {
            candidates.push(self.candidate(key, choice.agent));
            left.set(choice.agent, false);
        }
        while candidates.len() < SHOWN {
            let Some(next) = self.best_of(key, &left) else { break };
            candidates.push(self.candidate(key, next.agent));
            left.set(next.agent, false);
        }
        Decision {
            at: self.now,
            contact: key,
            agent: AgentKey::new(choice.agent),
            how,
            ahead: self.ahead_of(contact).unwrap_or_default(),
            keys: self.rules(contact).strategy.by.clone(),
            eligible: u32::try_from(all.len()).expect("keys count in 32 bits"),
            candidates,
            eliminated: {
                all.push(AgentKey::new(choice.agent));
                self.eliminated(contact, &all)
            },
        }
    }

    fn candidate(&self, key: ContactKey, agent: usize) -> Candidate {
        let contact = self.contact(key);
        let values = self.with_ranked(contact, |ranked| {
            let unknown = ranked.scores.is_none();
            let values = ranked.ranking.by.iter().zip(self.matcher.values(&ranked, agent));
            let says = |(key, value): (&Strategy, i128)| {
                if *key == Strategy::Scores && unknown { i128::MAX } else { value }
            };
            values.map(says).collect()
        });
        let agent = AgentKey::new(agent);
        let preferred = contact.preferred().iter().find(|(known, _)| *known == agent);
        Candidate {
            agent,
            preferred: preferred.map(|(_, score)| *score),
            values,
            idle_since: self.matcher.idle_since(agent),
        }
    }
}
