//! Conversations of visits: hold, hand-over, end, and the wrap-up that may follow. Waits and
//! offers are in `visits.rs`; what a fact counts is in `facts.rs`.

use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use super::counters::{Counters, Uncounted};
use super::facts::{Ending, Fact, LONGEST, Place, What};
use super::visits::{Folded, Phase, Told, Visit, VisitKey, Visits, told};
use crate::event::{Cause, Event, EventKind, Role};
use crate::ids::AgentKey;
use crate::time::{Span, Timestamp};

/// A wrap-up that begins longer than this after its conversation ended is an orphan. Ours
/// begin at the same instant; platforms that report the two apart need a moment.
pub(crate) const WRAP_UP_GRACE: Span = Span::secs(60);

/// The primary agent's part in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) agent: Option<AgentKey>,
    pub(super) since: Timestamp,
    pub(super) held_since: Option<Timestamp>,
    /// When the last hold ended, or it began: nothing of it can be earlier, whatever the clock.
    pub(super) spoken_since: Timestamp,
    pub(super) hold: Span,
    pub(super) holds: u32,
}

impl Part {
    pub(super) fn new(agent: Option<AgentKey>, since: Timestamp) -> Self {
        let (held_since, spoken_since) = (None, since);
        Self { agent, since, held_since, spoken_since, hold: Span::ZERO, holds: 0 }
    }
}

/// A conversation that ended and may yet be followed by wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    pub(super) place: Place,
    pub(super) ended: Timestamp,
    /// Whether the visit was over with it.
    pub(super) closed: bool,
    pub(super) conversed: Span,
    pub(super) wrapping_since: Option<Timestamp>,
}

impl Tail {
    /// What it comes to when no wrap-up follows.
    fn without_wrap_up(self, key: VisitKey, agent: Option<AgentKey>) -> Told {
        let what = What::Handled { handle: self.conversed, wrap_up: Span::ZERO };
        self.told(key, Fact::new(self.ended, agent, what))
    }

    fn told(self, key: VisitKey, fact: Fact) -> Told {
        let completed = self.closed.then_some(self.ended);
        Told { key, place: self.place, fact, completed }
    }
}

impl Visits {
    /// A code, given in the conversation or in the wrap-up after it.
    pub(super) fn dispose(&mut self, key: VisitKey, event: &Event) -> Folded {
        let name = event.reason.ok_or(Uncounted::Incomplete)?;
        let what = What::Code { name, set: event.number };
        let fact = Fact::new(event.at, event.agent, what);
        match (self.open.get(&key), self.tails.get((key, event.agent))) {
            (Some(visit), _) => told(key, visit.place, event, event.agent, what),
            (None, Some(tail)) => Ok(Some(tail.told(key, fact))),
            (None, None) => Err(Uncounted::Orphan),
        }
    }

    pub(super) fn hold(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let Some(Visit { phase: Phase::Engaged(part), place, .. }) = self.open.get_mut(&key) else {
            return Err(Uncounted::Orphan);
        };
        let held = event.kind == EventKind::ContactHeld;
        match (part.held_since, held) {
            (None, true) => {
                counters.backwards += u64::from(event.at < part.spoken_since);
                part.held_since = Some(event.at.max(part.spoken_since));
                part.holds += 1;
                Ok(None)
            }
            (Some(since), false) => {
                part.held_since = None;
                let length = counters.elapsed(since, event.at);
                part.hold = part.hold + length;
                part.spoken_since = since.max(event.at);
                told(key, *place, event, part.agent, What::Held { length })
            }
            (None, false) | (Some(_), true) => Err(Uncounted::Orphan),
        }
    }

    pub(super) fn end(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let Entry::Occupied(mut open) = self.open.entry(key) else {
            return Err(Uncounted::Orphan);
        };
        let Visit { place, phase, .. } = *open.get();
        let part = match phase {
            Phase::Engaged(part) => part,
            Phase::Waiting { .. } => return Err(Uncounted::Orphan),
            Phase::HandedOver { .. } => {
                // The agent it was handed to never joined: over, with nothing to count.
                self.remove(key);
                self.over.push((key, place, event.at));
                return Err(Uncounted::Orphan);
            }
        };
        counters.backwards += u64::from(event.at < part.spoken_since);
        let ended = event.at.max(part.spoken_since);
        let ending = ending(event, part.held_since.is_some());
        let closed = ending != Ending::HandedOver;
        if closed {
            open.remove();
            self.ages.remove(place.entered, key);
        } else {
            open.get_mut().phase = Phase::HandedOver { since: ended };
        }
        let completed = closed.then_some(ended);
        let tell = |what| {
            let fact = Fact::new(ended, part.agent, what);
            Told { key, place, fact, completed }
        };
        let last_hold = part.held_since.map(|since| counters.elapsed(since, ended));
        let conversed = counters.elapsed(part.since, ended);
        // Holds lie within the conversation, unless the clock jumped.
        let hold = (part.hold + last_hold.unwrap_or_default()).min(conversed);
        let talk = Timestamp::ZERO + conversed;
        let talk = talk.since(Timestamp::ZERO + hold);
        let tail = Tail { place, ended, closed, conversed, wrapping_since: None };
        // Handed over and back within the grace: the agent's earlier conversation is done.
        if let Some(earlier) = self.tails.insert((key, part.agent), tail) {
            self.settled.push_back(earlier.without_wrap_up(key, part.agent));
        }
        self.settling.insert(key.source, ended, (key, part.agent));
        self.expect(key.source, ended, WRAP_UP_GRACE);
        if let Some(length) = last_hold {
            // The conversation comes after it, and closes the visit.
            self.settled.push_back(Told { completed: None, ..tell(What::Held { length }) });
        }
        Ok(Some(tell(What::Conversed { talk, hold, holds: part.holds, ending })))
    }

    pub(super) fn join(&mut self, key: VisitKey, event: &Event) -> Folded {
        let visit = self.open.get_mut(&key).ok_or(Uncounted::Orphan)?;
        match (event.role, visit.phase) {
            (Role::Primary, Phase::HandedOver { .. }) => {
                visit.phase = Phase::Engaged(Part::new(event.agent, event.at));
                Ok(None)
            }
            (Role::Primary, Phase::Waiting { .. } | Phase::Engaged(_)) => Err(Uncounted::Orphan),
            (Role::Consult | Role::Conference | Role::Monitor, _) => Ok(None),
        }
    }

    pub(super) fn start_wrap_up(&mut self, key: VisitKey, event: &Event) -> Folded {
        let tail = self.tails.get_mut((key, event.agent)).ok_or(Uncounted::Orphan)?;
        if tail.wrapping_since.is_some() || event.at.since(tail.ended) > WRAP_UP_GRACE {
            return Err(Uncounted::Orphan);
        }
        tail.wrapping_since = Some(event.at);
        self.wrapping.insert(key.source, event.at, (key, event.agent));
        self.expect(key.source, event.at, LONGEST);
        Ok(None)
    }

    pub(super) fn end_wrap_up(
        &mut self,
        key: VisitKey,
        event: &Event,
        counters: &mut Counters,
    ) -> Folded {
        let whose = (key, event.agent);
        let tail = self.tails.take(whose, |tail| tail.wrapping_since.is_some());
        let tail = tail.ok_or(Uncounted::Orphan)?;
        let since = tail.wrapping_since.ok_or(Uncounted::Orphan)?;
        self.wrapping.remove(key.source, since, whose);
        let wrap_up = counters.elapsed(since, event.at);
        let what = What::Handled { handle: tail.conversed + wrap_up, wrap_up };
        Ok(Some(tail.told(key, Fact::new(event.at, event.agent, what))))
    }

    /// The next conversation of `source` that will have no wrap-up, its grace having passed
    /// at `now` by that source's clock. To be asked after every event until there is none.
    pub(crate) fn settle(&mut self, source: u16, now: Timestamp) -> Option<Told> {
        let is_due = |ended| now.since(ended) > WRAP_UP_GRACE;
        while let Some((ended, key)) = self.settling.take_first_if(source, is_due) {
            let due = |tail: &Tail| tail.wrapping_since.is_none() && tail.ended == ended;
            let tail = self.tails.take(key, due);
            // A platform may not say to whom it was handed over: its part in it is done.
            // Only that hand-over: a later one of the same visit has its own grace.
            let handed_over = Phase::HandedOver { since: ended };
            if !tail.is_some_and(|tail| tail.closed)
                && let Some(visit) = self.open.get(&key.0)
                && visit.phase == handed_over
            {
                self.over.push((key.0, visit.place, ended));
                self.remove(key.0);
            }
            if let Some(tail) = tail {
                return Some(tail.without_wrap_up(key.0, key.1));
            }
        }
        None
    }

    /// A wrap-up of `source` that has lasted too long at `now`: its conversation as if none had
    /// followed. To be asked until there is none.
    pub(crate) fn wrapped_too_long(&mut self, source: u16, now: Timestamp) -> Option<Told> {
        let is_due = |since| now.since(since) > LONGEST;
        while let Some((since, key)) = self.wrapping.take_first_if(source, is_due) {
            let lost = |tail: &Tail| tail.wrapping_since == Some(since);
            if let Some(tail) = self.tails.take(key, lost) {
                return Some(tail.without_wrap_up(key.0, key.1));
            }
        }
        None
    }

    /// What readers must add to the cells: conversations that are done unless a wrap-up
    /// begins after all.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = Told> {
        self.tails
            .iter()
            .filter(|(_, tail)| tail.wrapping_since.is_none())
            .map(|((key, agent), tail)| tail.without_wrap_up(key, agent))
    }
}

fn ending(event: &Event, on_hold: bool) -> Ending {
    match (event.kind, event.cause) {
        (EventKind::ContactTransferred, Cause::HandedOver) => Ending::HandedOver,
        (EventKind::ContactTransferred, _) => Ending::Transferred,
        (_, Cause::Customer) => Ending::ByCustomer { on_hold },
        (_, Cause::Agent) => Ending::ByAgent,
        _ => Ending::BySystem,
    }
}
