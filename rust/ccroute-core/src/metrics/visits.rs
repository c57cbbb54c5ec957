//! What is still open: visits that wait or are being handled. Turns events into facts; counts
//! nothing itself. Conversations and their wrap-up are in `conversations.rs`.

use core::hash::{Hash, Hasher};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::ages::Ages;
use super::canonical;
use super::conversations::{Part, Tail};
use super::counters::{Counters, Uncounted};
use super::facts::{Fact, LONGEST, Place, What};
use super::few::Few;
use super::rising::Rising;
use super::slices::SliceKey;
use super::tails::{TailKey, Tails};
use crate::event::{Event, EventKind};
use crate::ids::AgentKey;
use crate::time::Timestamp;

/// One visit of one contact of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct VisitKey {
    pub(crate) contact: u64,
    pub(crate) visit: u32,
    pub(crate) source: u16,
}

/// In two words: every event is looked up by it, more than once.
impl Hash for VisitKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.contact);
        state.write_u64(u64::from(self.visit) << 16 | u64::from(self.source));
    }
}

impl VisitKey {
    /// The key of an event's visit; contact 0 where it names none.
    pub(crate) fn of(source: u16, event: &Event) -> Self {
        let contact = event.contact.map_or(0, |key| key.raw());
        Self { contact, visit: event.visit, source }
    }
}

/// Something that lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Open {
    Wait {
        place: Place,
    },
    Conversation {
        place: Place,
        agent: Option<AgentKey>,
        since: Timestamp,
        held_since: Option<Timestamp>,
    },
    WrapUp {
        place: Place,
        agent: Option<AgentKey>,
        since: Timestamp,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// `connecting`: the agent who accepted and is not joined yet, and since when.
    Waiting {
        connecting: Connecting,
    },
    Engaged(Part),
    /// Between `contact_transferred` (handed over, at `since`) and the new primary's
    /// `agent_joined`.
    HandedOver {
        since: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(super) place: Place,
    pub(super) phase: Phase,
    /// The offers that ring, and since when.
    offers: Few<(AgentKey, Timestamp)>,
}

impl Visit {
    /// One handed over is so only once another agent has joined.
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.phase, Phase::HandedOver { .. })
    }
}

/// A fact, and the visit it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) key: VisitKey,
    pub(crate) place: Place,
    pub(crate) fact: Fact,
    /// When the visit was over, if it is with this fact or was before.
    pub(crate) completed: Option<Timestamp>,
}

/// Who accepted and is not joined yet, and since when.
type Connecting = Option<(AgentKey, Timestamp)>;

/// How offers end that were not accepted.
const VAIN_OFFERS: [(EventKind, What); 4] = [
    (EventKind::OfferDeclined, What::OfferDeclined),
    (EventKind::OfferMissed, What::OfferMissed),
    (EventKind::OfferWithdrawn, What::OfferWithdrawn),
    (EventKind::OfferLost, What::OfferLost),
];

/// All that is open, of every source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Visits {
    #[serde(with = "canonical")]
    pub(super) open: FxHashMap<VisitKey, Visit>,
    /// The open, by their entry.
    pub(super) ages: Ages,
    /// Visits that have not begun yet.
    scheduled: BTreeSet<VisitKey>,
    pub(super) tails: Tails,
    /// Tails in order of ending, to be settled when the grace has passed.
    pub(super) settling: Rising<TailKey>,
    /// Wrap-ups under way, in order of beginning.
    pub(super) wrapping: Rising<TailKey>,
    /// By source the instant until which nothing of it is due, as far as that is known.
    #[serde(skip)]
    pub(super) quiet: Vec<Timestamp>,
    /// Facts of what the last event settled, until they are asked for.
    #[serde(skip)]
    pub(super) settled: VecDeque<Told>,
    /// Visits that were over without a fact to say so, until they are asked for.
    pub(super) over: Vec<(VisitKey, Place, Timestamp)>,
}

pub(super) type Folded = Result<Option<Told>, Uncounted>;

impl Visits {
    /// The fact an event comes to, if any; those of what it settles are first to be asked for
    /// of [`Self::settled`]. `slice`: of the visit it begins, when it begins one or would.
    pub(crate) fn fold(
        &mut self,
        key: VisitKey,
        event: &Event,
        slice: Option<SliceKey>,
        counters: &mut Counters,
    ) -> Folded {
        use EventKind as Kind;
        match event.kind {
            Kind::ContactQueued => self.queue(key, event, slice),
            Kind::ContactRequeued => self.requeue(key),
            Kind::OfferMade
            | Kind::OfferAccepted
            | Kind::OfferDeclined
            | Kind::OfferMissed
            | Kind::OfferWithdrawn
            | Kind::OfferLost => self.offer(key, event, counters),
            Kind::CallbackOffered => self.note(key, event, What::CallbackOffered),
            Kind::CallbackFailed => {
                self.requeue(key)?;
                self.note(key, event, What::CallbackFailed)
            }
            Kind::ContactScheduled => self.schedule(key),
            Kind::ContactRefused => self.refuse(key, event, slice),
            Kind::ContactDisposed => self.dispose(key, event),
            Kind::ContactConnected => self.connect(key, event, counters),
            Kind::ContactHeld | Kind::ContactResumed => self.hold(key, event, counters),
            Kind::ContactAbandoned | Kind::ContactLeft => self.leave(key, event, counters),
            Kind::ContactTransferred | Kind::ContactReleased => self.end(key, event, counters),
            Kind::AgentJoined => self.join(key, event),
            Kind::AgentLeft => self.open.get(&key).map(|_| None).ok_or(Uncounted::Orphan),
            Kind::WrapUpStarted => self.start_wrap_up(key, event),
            Kind::WrapUpEnded => self.end_wrap_up(key, event, counters),
            // No bearing on any visit's figures.
            Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
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
        }
    }

    /// The next fact of what the last event settled, before that event's own.
    pub(crate) fn settled(&mut self) -> Option<Told> {
        self.settled.pop_front()
    }

    /// The agent whose time an event concerns: for what ends a conversation or an attempt
    /// at one, whoever had a part in it, whatever the source says.
    pub(crate) fn agent_of(&self, key: VisitKey, event: &Event) -> Option<AgentKey> {
        use EventKind as Kind;
        let phase = || self.open.get(&key).map(|visit| visit.phase);
        match event.kind {
            Kind::ContactRequeued | Kind::ContactAbandoned | Kind::ContactLeft => match phase()? {
                Phase::Waiting { connecting } => connecting.map(|(agent, _)| agent),
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
        let wrap_up = self.tails.get((key, agent)).is_some_and(wrapping);
        u32::from(self.open.get(&key).is_some_and(Visit::is_under_way)) + u32::from(wrap_up)
    }

    fn queue(&mut self, key: VisitKey, event: &Event, slice: Option<SliceKey>) -> Folded {
        let (Some(slice), true) = (slice, key.contact > 0) else {
            return Err(Uncounted::Incomplete);
        };
        let Entry::Vacant(open) = self.open.entry(key) else {
            return Err(Uncounted::Duplicate);
        };
        self.scheduled.remove(&key);
        // The wait counts from the entry into this queue: `time`, the origin of the age,
        // lies before it when the age was inherited from an earlier visit.
        let place = Place { slice, entered: event.at };
        let phase = Phase::Waiting { connecting: None };
        open.insert(Visit { place, phase, offers: Few::default() });
        self.ages.insert(event.at, key);
        self.expect(key.source, event.at, LONGEST);
        let what = What::Entered { first: key.visit <= 1 };
        told(key, place, event, None, what)
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

    fn refuse(&mut self, key: VisitKey, event: &Event, slice: Option<SliceKey>) -> Folded {
        let (Some(slice), true) = (slice, key.contact > 0) else {
            return Err(Uncounted::Incomplete);
        };
        self.scheduled.remove(&key);
        let place = Place { slice, entered: event.at };
        let fact = Fact::new(event.at, None, What::Refused { cause: event.cause });
        Ok(Some(Told { key, place, fact, completed: Some(event.at) }))
    }

    /// Something that is so of a visit, whatever its phase.
    fn note(&mut self, key: VisitKey, event: &Event, what: What) -> Folded {
        let place = self.open.get(&key).ok_or(Uncounted::Orphan)?.place;
        told(key, place, event, event.agent, what)
    }

    /// A visit that waits, and who is being connected.
    fn waiting(&mut self, key: VisitKey) -> Result<(&mut Visit, Connecting), Uncounted> {
        let visit = self.open.get_mut(&key).ok_or(Uncounted::Orphan)?;
        match visit.phase {
            Phase::Waiting { connecting } => Ok((visit, connecting)),
            Phase::Engaged(_) | Phase::HandedOver { .. } => Err(Uncounted::Orphan),
        }
    }

    fn requeue(&mut self, key: VisitKey) -> Folded {
        self.waiting(key)?.0.phase = Phase::Waiting { connecting: None };
        Ok(None)
    }

    fn offer(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let agent = event.agent.ok_or(Uncounted::Incomplete)?;
        // Of a ring-all, the offers that were not taken end after the answer.
        let visit = self.open.get_mut(&key).ok_or(Uncounted::Orphan)?;
        let place = visit.place;
        let rings = |&(rung, _): &(AgentKey, Timestamp)| rung == agent;
        if event.kind == EventKind::OfferMade {
            // To whom it rings already: the end of the offer before was lost.
            match visit.offers.find_mut(rings) {
                Some((_, since)) => *since = event.at,
                None => visit.offers.push((agent, event.at)),
            }
            return told(key, place, event, Some(agent), What::OfferMade);
        }
        let since = visit.offers.take(rings).map_or(event.at, |(_, since)| since);
        let vain = VAIN_OFFERS.iter().find(|&&(kind, _)| kind == event.kind);
        let what = vain.map_or_else(
            || {
                if let Phase::Waiting { connecting } = &mut visit.phase {
                    *connecting = Some((agent, event.at));
                }
                What::OfferAccepted { ringing: counters.elapsed(since, event.at) }
            },
            |&(_, what)| what,
        );
        told(key, place, event, Some(agent), what)
    }

    fn connect(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        let (visit, connecting) = self.waiting(key)?;
        visit.phase = Phase::Engaged(Part::new(event.agent, event.at));
        let place = visit.place;
        let since = connecting.map_or(event.at, |(_, since)| since);
        let connecting = counters.elapsed(since, event.at);
        let wait = counters.elapsed(place.entered, event.at);
        told(key, place, event, event.agent, What::Answered { wait, connecting })
    }

    fn leave(&mut self, key: VisitKey, event: &Event, counters: &mut Counters) -> Folded {
        if self.scheduled.remove(&key) {
            return Ok(None);
        }
        let place = self.waiting(key)?.0.place;
        self.remove(key);
        let wait = counters.elapsed(place.entered, event.at);
        let what = if event.kind == EventKind::ContactAbandoned {
            What::Abandoned { wait }
        } else {
            What::Left { wait, cause: event.cause }
        };
        let fact = Fact::new(event.at, None, what);
        Ok(Some(Told { key, place, fact, completed: Some(event.at) }))
    }

    /// A visit that is over without a fact to say so, and when it was. To be asked after every
    /// event until there is none.
    pub(crate) fn over_unsaid(&mut self) -> Option<(VisitKey, Place, Timestamp)> {
        self.over.pop()
    }

    /// What is open as it stands, for the split basis: waits, conversations, wrap-ups.
    pub(crate) fn open(&self) -> impl Iterator<Item = Open> {
        let visits = canonical::sorted(&self.open).into_iter().filter_map(|(_, visit)| {
            let place = visit.place;
            match visit.phase {
                Phase::Waiting { .. } => Some(Open::Wait { place }),
                Phase::Engaged(Part { agent, since, held_since, .. }) => {
                    Some(Open::Conversation { place, agent, since, held_since })
                }
                Phase::HandedOver { .. } => None,
            }
        });
        let tails = self.tails.iter();
        visits.chain(tails.filter_map(|((_, agent), tail)| {
            tail.wrapping_since.map(|since| Open::WrapUp { place: tail.place, agent, since })
        }))
    }

    /// Where a visit that is open belongs.
    pub(crate) fn place(&self, key: VisitKey) -> Option<Place> {
        self.open.get(&key).map(|visit| visit.place)
    }

    /// The visit is not open any more.
    pub(super) fn remove(&mut self, key: VisitKey) -> Option<Visit> {
        let visit = self.open.remove(&key)?;
        self.ages.remove(visit.place.entered, key);
        Some(visit)
    }

    /// Whether nothing is open, and no wrap-up can still end.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.tails.is_empty()
    }

    /// When the first visit was over of which a wrap-up may still end.
    pub(crate) fn earliest_over(&self) -> Option<Timestamp> {
        self.tails.any_order().map(|tail| tail.ended).min()
    }

    /// When the first of what is still open began.
    pub(crate) fn earliest(&self) -> Option<Timestamp> {
        let open = self.ages.first().map(|(entered, _)| entered).into_iter();
        open.chain(self.tails.any_order().map(|tail| tail.place.entered)).min()
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
                    let connecting = connecting.map(|(whom, since)| (agent(whom), since));
                    Phase::Waiting { connecting }
                }
                Phase::Engaged(part) => {
                    Phase::Engaged(Part { agent: part.agent.map(&agent), ..part })
                }
                Phase::HandedOver { since } => Phase::HandedOver { since },
            };
            let offers = theirs.offers.iter().map(|&(whom, since)| (agent(whom), since)).collect();
            let theirs = Visit { place: place(theirs.place), phase, offers };
            let key = visit(key);
            let ours = self.open.entry(key).or_insert(theirs);
            self.ages.insert(ours.place.entered, key);
        }
        self.scheduled.extend(other.scheduled.iter().map(|&key| visit(key)));
        for ((key, theirs), tail) in other.tails.iter() {
            let whose = (visit(key), theirs.map(&agent));
            if self.tails.get(whose).is_none() {
                self.tails.insert(whose, Tail { place: place(tail.place), ..*tail });
            }
        }
        let dated = |(_, at, (key, theirs)): (u16, Timestamp, TailKey)| {
            let key = visit(key);
            (key.source, at, (key, theirs.map(&agent)))
        };
        self.quiet.clear();
        self.settling.extend(other.settling.iter().map(dated));
        self.wrapping.extend(other.wrapping.iter().map(dated));
    }
}

/// A fact of a visit that goes on.
#[expect(clippy::unnecessary_wraps, reason = "the shape every kind of event folds to")]
pub(super) fn told(
    key: VisitKey,
    place: Place,
    event: &Event,
    agent: Option<AgentKey>,
    what: What,
) -> Folded {
    Ok(Some(Told { key, place, fact: Fact::new(event.at, agent, what), completed: None }))
}
