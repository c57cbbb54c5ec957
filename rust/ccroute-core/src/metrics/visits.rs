//! What is still open: visits that wait or are being handled, and conversations whose
//! wrap-up may still come. Turns events into facts; counts nothing itself.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::facts::{Counters, Fact, Place, Uncounted, What};
use crate::event::{Cause, Event, EventKind, Role};
use crate::ids::AgentKey;
use crate::time::{Span, Timestamp};

/// A wrap-up that begins longer than this after its conversation ended is an orphan. Ours
/// begin at the same instant; platforms that report the two apart need a moment.
pub(crate) const WRAP_UP_GRACE: Span = Span::secs(60);

/// One visit of one contact of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct VisitKey {
    pub(crate) contact: u64,
    pub(crate) visit: u32,
    pub(crate) source: u16,
}

impl VisitKey {
    /// The key of an event's visit; contact 0 where it names none.
    pub(crate) fn of(source: u16, event: &Event) -> Self {
        let contact = event.contact.map_or(0, |key| key.raw());
        Self { contact, visit: event.visit, source }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// `connecting`: the agent who accepted and is not joined yet.
    Waiting {
        connecting: Option<AgentKey>,
    },
    Engaged(Part),
    /// Between `contact_transferred` (handed over, at `since`) and the new primary's
    /// `agent_joined`.
    HandedOver {
        since: Timestamp,
    },
}

/// The primary agent's part in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    agent: Option<AgentKey>,
    since: Timestamp,
    held_since: Option<Timestamp>,
    hold: Span,
    holds: u32,
}

impl Part {
    fn new(agent: Option<AgentKey>, since: Timestamp) -> Self {
        Self { agent, since, held_since: None, hold: Span::ZERO, holds: 0 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visit {
    place: Place,
    phase: Phase,
}

/// A conversation that ended and may yet be followed by wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tail {
    place: Place,
    ended: Timestamp,
    conversed: Span,
    wrapping_since: Option<Timestamp>,
}

impl Tail {
    /// The fact it comes to when no wrap-up follows.
    fn without_wrap_up(self, agent: Option<AgentKey>) -> Fact {
        let what = What::Handled { handle: self.conversed, wrap_up: Span::ZERO };
        Fact { place: self.place, at: self.ended, agent, what }
    }
}

type TailKey = (VisitKey, Option<AgentKey>);

/// All that is open, of every source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visits {
    #[serde(with = "canonical")]
    open: FxHashMap<VisitKey, Visit>,
    /// Visits that have not begun yet.
    scheduled: BTreeSet<VisitKey>,
    #[serde(with = "canonical")]
    tails: FxHashMap<TailKey, Tail>,
    /// Tails by source and in order of ending, to be settled when the grace has passed.
    settling: BTreeSet<(u16, Timestamp, TailKey)>,
}

type Folded = Result<Option<Fact>, Uncounted>;

/// The facts an event comes to: its own, and that of a conversation it settles.
pub(crate) type Facts = [Option<Fact>; 2];

impl Visits {
    /// The facts an event comes to, if any.
    pub(crate) fn fold(
        &mut self,
        key: VisitKey,
        event: &Event,
        counters: &mut Counters,
    ) -> Result<Facts, Uncounted> {
        use EventKind as Kind;
        let fact = match event.kind {
            Kind::ContactQueued => self.queue(key, event),
            Kind::ContactRequeued => self.requeue(key),
            Kind::OfferMade => self.offer(key, event, What::OfferMade),
            Kind::OfferAccepted => self.offer(key, event, What::OfferAccepted),
            Kind::OfferDeclined => self.offer(key, event, What::OfferDeclined),
            Kind::OfferMissed => self.offer(key, event, What::OfferMissed),
            Kind::OfferWithdrawn => self.offer(key, event, What::OfferWithdrawn),
            Kind::OfferLost => self.offer(key, event, What::OfferLost),
            Kind::CallbackFailed => self.requeue(key),
            Kind::ContactScheduled => self.schedule(key),
            Kind::ContactRefused => self.refuse(key, event),
            Kind::ContactConnected => self.connect(key, event, counters),
            Kind::ContactHeld | Kind::ContactResumed => self.hold(key, event, counters),
            Kind::ContactAbandoned | Kind::ContactLeft => self.leave(key, event, counters),
            Kind::ContactTransferred | Kind::ContactReleased => {
                return self.end(key, event, counters);
            }
            Kind::AgentJoined => self.join(key, event),
            Kind::AgentLeft => self.open.get(&key).map(|_| None).ok_or(Uncounted::Orphan),
            Kind::WrapUpStarted => self.start_wrap_up(key, event),
            Kind::WrapUpEnded => self.end_wrap_up(key, event, counters),
            // No bearing on any visit's figures.
            Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
            | Kind::ContactDisposed
            | Kind::WrapUpExtended
            | Kind::AgentSignedIn
            | Kind::AgentSignedOut
            | Kind::AgentReady
            | Kind::AgentNotReady
            | Kind::AgentDevice
            | Kind::AgentChanged
            | Kind::ContactClassified
            | Kind::ContactSuspended
            | Kind::ReservationReleased
            | Kind::CallbackOffered
            | Kind::BackOffStarted
            | Kind::BackOffEnded
            | Kind::QueueOpened
            | Kind::QueueClosed
            | Kind::HelpStarted
            | Kind::HelpEnded
            | Kind::LineWentDown
            | Kind::LineCameUp
            | Kind::PlanChanged
            | Kind::ScoresSet => Ok(None),
        };
        fact.map(|fact| [fact, None])
    }

    /// The agent whose time an event concerns: for what ends a conversation or an attempt
    /// at one, whoever had a part in it, whatever the source says.
    pub(crate) fn agent_of(&self, key: VisitKey, event: &Event) -> Option<AgentKey> {
        use EventKind as Kind;
        let phase = || self.open.get(&key).map(|visit| visit.phase);
        match event.kind {
            Kind::ContactRequeued | Kind::ContactAbandoned | Kind::ContactLeft => match phase()? {
                Phase::Waiting { connecting } => connecting,
                Phase::Engaged(_) | Phase::HandedOver { .. } => None,
            },
            Kind::ContactHeld
            | Kind::ContactResumed
            | Kind::ContactTransferred
            | Kind::ContactReleased => match phase()? {
                Phase::Engaged(part) => part.agent,
                Phase::Waiting { .. } | Phase::HandedOver { .. } => None,
            },
            Kind::ContactQueued
            | Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
            | Kind::ContactDisposed
            | Kind::OfferMade
            | Kind::OfferAccepted
            | Kind::OfferDeclined
            | Kind::OfferMissed
            | Kind::OfferWithdrawn
            | Kind::ContactConnected
            | Kind::WrapUpStarted
            | Kind::WrapUpExtended
            | Kind::WrapUpEnded
            | Kind::AgentJoined
            | Kind::AgentLeft
            | Kind::AgentSignedIn
            | Kind::AgentSignedOut
            | Kind::AgentReady
            | Kind::AgentNotReady
            | Kind::AgentDevice
            | Kind::AgentChanged
            | Kind::ContactClassified
            | Kind::ContactRefused
            | Kind::ContactScheduled
            | Kind::ContactSuspended
            | Kind::OfferLost
            | Kind::ReservationReleased
            | Kind::CallbackOffered
            | Kind::CallbackFailed
            | Kind::BackOffStarted
            | Kind::BackOffEnded
            | Kind::QueueOpened
            | Kind::QueueClosed
            | Kind::HelpStarted
            | Kind::HelpEnded
            | Kind::LineWentDown
            | Kind::LineCameUp
            | Kind::PlanChanged
            | Kind::ScoresSet => event.agent,
        }
    }

    /// How much of a visit is under way: the visit itself, the agent's wrap-up after it.
    /// One handed over is so only once another agent has joined.
    pub(crate) fn under_way(&self, key: VisitKey, agent: Option<AgentKey>) -> u32 {
        let wrapping = |tail: &Tail| tail.wrapping_since.is_some();
        let wrap_up = self.tails.get(&(key, agent)).is_some_and(wrapping);
        let here = |visit: &Visit| !matches!(visit.phase, Phase::HandedOver { .. });
        u32::from(self.open.get(&key).is_some_and(here)) + u32::from(wrap_up)
    }

    fn queue(&mut self, key: VisitKey, event: &Event) -> Folded {
        let (Some(queue), true) = (event.queue, key.contact > 0) else {
            return Err(Uncounted::Incomplete);
        };
        if self.open.contains_key(&key) {
            return Err(Uncounted::Duplicate);
        }
        self.scheduled.remove(&key);
        // The wait counts from the entry into this queue: `time`, the origin of the age,
        // lies before it when the age was inherited from an earlier visit.
        let place = Place { queue, channel: event.channel, entered: event.at };
        self.open.insert(key, Visit { place, phase: Phase::Waiting { connecting: None } });
        Ok(Some(Fact { place, at: event.at, agent: None, what: What::Entered }))
    }

    /// A contact whose time has not come: of its visit nothing counts before it begins.
    fn schedule(&mut self, key: VisitKey) -> Folded {
        if key.contact == 0 {
            return Err(Uncounted::Incomplete);
        }
        if !self.open.contains_key(&key) {
            self.scheduled.insert(key);
        }
        Ok(None)
    }

    fn refuse(&mut self, key: VisitKey, event: &Event) -> Folded {
        let (Some(queue), true) = (event.queue, key.contact > 0) else {
            return Err(Uncounted::Incomplete);
        };
        self.scheduled.remove(&key);
        let place = Place { queue, channel: event.channel, entered: event.at };
        Ok(Some(Fact { place, at: event.at, agent: None, what: What::Refused }))
    }

    fn waiting(&mut self, key: VisitKey) -> Result<(Place, &mut Option<AgentKey>), Uncounted> {
        match self.open.get_mut(&key) {
            Some(Visit { place, phase: Phase::Waiting { connecting } }) => Ok((*place, connecting)),
            Some(Visit { phase: Phase::Engaged(_) | Phase::HandedOver { .. }, .. }) | None => {
                Err(Uncounted::Orphan)
            }
        }
    }

    fn requeue(&mut self, key: VisitKey) -> Folded {
        *self.waiting(key)?.1 = None;
        Ok(None)
    }

    fn offer(&mut self, key: VisitKey, event: &Event, what: What) -> Folded {
        let agent = Some(event.agent.ok_or(Uncounted::Incomplete)?);
        // Of a ring-all, the offers that were not taken end after the answer.
        let place = self.open.get(&key).ok_or(Uncounted::Orphan)?.place;
        if let (What::OfferAccepted, Ok((_, connecting))) = (what, self.waiting(key)) {
            *connecting = agent;
        }
        Ok(Some(Fact { place, at: event.at, agent, what }))
    }

    fn connect(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let (place, _) = self.waiting(key)?;
        let wait = counters.elapsed(place.entered, event.at);
        let phase = Phase::Engaged(Part::new(event.agent, event.at));
        self.open.insert(key, Visit { place, phase });
        let what = What::Answered { wait };
        Ok(Some(Fact { place, at: event.at, agent: event.agent, what }))
    }

    fn hold(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let Some(Visit { phase: Phase::Engaged(part), .. }) = self.open.get_mut(&key) else {
            return Err(Uncounted::Orphan);
        };
        let held = event.kind == EventKind::ContactHeld;
        match (part.held_since, held) {
            (None, true) => {
                part.held_since = Some(event.at);
                part.holds += 1;
            }
            (Some(since), false) => {
                part.held_since = None;
                part.hold = part.hold + counters.elapsed(since, event.at);
            }
            (None, false) | (Some(_), true) => return Err(Uncounted::Orphan),
        }
        Ok(None)
    }

    fn leave(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        if self.scheduled.remove(&key) {
            return Ok(None);
        }
        let (place, _) = self.waiting(key)?;
        self.open.remove(&key);
        let wait = counters.elapsed(place.entered, event.at);
        let what = if event.kind == EventKind::ContactAbandoned {
            What::Abandoned { wait }
        } else {
            What::Left { wait, cause: event.cause }
        };
        Ok(Some(Fact { place, at: event.at, agent: None, what }))
    }

    fn end(
        &mut self,
        key: VisitKey,
        event: &Event,
        counters: &mut Counters,
    ) -> Result<Facts, Uncounted> {
        let Visit { place, phase } = *self.open.get(&key).ok_or(Uncounted::Orphan)?;
        let part = match phase {
            Phase::Engaged(part) => part,
            Phase::Waiting { .. } => return Err(Uncounted::Orphan),
            Phase::HandedOver { .. } => {
                // The agent it was handed to never joined: over, with nothing to count.
                self.open.remove(&key);
                return Err(Uncounted::Orphan);
            }
        };
        let transferred = event.kind == EventKind::ContactTransferred;
        if transferred && event.cause == Cause::HandedOver {
            self.open.insert(key, Visit { place, phase: Phase::HandedOver { since: event.at } });
        } else {
            self.open.remove(&key);
        }
        let last_hold =
            part.held_since.map_or(Span::ZERO, |since| counters.elapsed(since, event.at));
        let conversed = counters.elapsed(part.since, event.at);
        // Holds lie within the conversation, unless the clock jumped.
        let hold = (part.hold + last_hold).min(conversed);
        let talk = Timestamp::ZERO + conversed;
        let talk = talk.since(Timestamp::ZERO + hold);
        let tail = Tail { place, ended: event.at, conversed, wrapping_since: None };
        // Handed over and back within the grace: the agent's earlier conversation is done.
        let earlier = self.tails.insert((key, part.agent), tail);
        let earlier = earlier.map(|tail| tail.without_wrap_up(part.agent));
        self.settling.insert((key.source, event.at, (key, part.agent)));
        let what = What::Conversed { talk, hold, holds: part.holds, transferred };
        Ok([Some(Fact { place, at: event.at, agent: part.agent, what }), earlier])
    }

    fn join(&mut self, key: VisitKey, event: &Event) -> Folded {
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

    fn start_wrap_up(&mut self, key: VisitKey, event: &Event) -> Folded {
        let tail = self.tails.get_mut(&(key, event.agent)).ok_or(Uncounted::Orphan)?;
        if tail.wrapping_since.is_some() || event.at.since(tail.ended) > WRAP_UP_GRACE {
            return Err(Uncounted::Orphan);
        }
        tail.wrapping_since = Some(event.at);
        Ok(None)
    }

    fn end_wrap_up(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let key = (key, event.agent);
        let tail = self.tails.get(&key).copied().ok_or(Uncounted::Orphan)?;
        let since = tail.wrapping_since.ok_or(Uncounted::Orphan)?;
        self.tails.remove(&key);
        let wrap_up = counters.elapsed(since, event.at);
        let what = What::Handled { handle: tail.conversed + wrap_up, wrap_up };
        Ok(Some(Fact { place: tail.place, at: event.at, agent: event.agent, what }))
    }

    /// The next conversation of `source` that will have no wrap-up, its grace having passed
    /// at `now` by that source's clock. To be asked after every event until there is none.
    pub(crate) fn settle(&mut self, source: u16, now: Timestamp) -> Option<Fact> {
        let least = (VisitKey { contact: 0, visit: 0, source: 0 }, None);
        let first = (source, Timestamp::ZERO, least);
        while let Some(&(from, ended, key)) = self.settling.range(first..).next()
            && from == source
            && now.since(ended) > WRAP_UP_GRACE
        {
            self.settling.remove(&(from, ended, key));
            // A platform may not say to whom it was handed over: its part in it is done.
            // Only that hand-over: a later one of the same visit has its own grace.
            let handed_over = Phase::HandedOver { since: ended };
            if self.open.get(&key.0).is_some_and(|visit| visit.phase == handed_over) {
                self.open.remove(&key.0);
            }
            let due = |tail: &Tail| tail.wrapping_since.is_none() && tail.ended == ended;
            if let Some(tail) = self.tails.get(&key).copied().filter(due) {
                self.tails.remove(&key);
                return Some(tail.without_wrap_up(key.1));
            }
        }
        None
    }

    /// What readers must add to the cells: conversations that are done unless a wrap-up
    /// begins after all.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = Fact> {
        canonical::sorted(&self.tails)
            .into_iter()
            .filter(|(_, tail)| tail.wrapping_since.is_none())
            .map(|(&(_, agent), tail)| tail.without_wrap_up(agent))
    }

    /// The visits that wait, in the order of their keys.
    pub(crate) fn waits(&self) -> impl Iterator<Item = Place> {
        canonical::sorted(&self.open).into_iter().filter_map(|(_, visit)| match visit.phase {
            Phase::Waiting { .. } => Some(visit.place),
            Phase::Engaged(_) | Phase::HandedOver { .. } => None,
        })
    }

    /// Adds what is open in `other`; `place` and `agent` translate its keys, `visit` its
    /// visits. What is open in both stays as it is here.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        place: impl Fn(Place) -> Place,
        agent: impl Fn(AgentKey) -> AgentKey,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        for (&key, theirs) in canonical::sorted(&other.open) {
            let phase = match theirs.phase {
                Phase::Waiting { connecting } => {
                    Phase::Waiting { connecting: connecting.map(&agent) }
                }
                Phase::Engaged(part) => {
                    Phase::Engaged(Part { agent: part.agent.map(&agent), ..part })
                }
                Phase::HandedOver { since } => Phase::HandedOver { since },
            };
            let theirs = Visit { place: place(theirs.place), phase };
            self.open.entry(visit(key)).or_insert(theirs);
        }
        self.scheduled.extend(other.scheduled.iter().map(|&key| visit(key)));
        for (&(key, theirs), tail) in canonical::sorted(&other.tails) {
            let tail = Tail { place: place(tail.place), ..*tail };
            self.tails.entry((visit(key), theirs.map(&agent))).or_insert(tail);
        }
        let settling = other.settling.iter();
        self.settling.extend(settling.map(|&(_, at, (key, theirs))| {
            let key = visit(key);
            (key.source, at, (key, theirs.map(&agent)))
        }));
    }
}
