//! Which kind of command comes next, and when: weights, and what the oracle's present state
//! makes sensible.

use ccroute_core::Timestamp;

use crate::chooser::Chooser;
use crate::dice::Dice;
use crate::oracle::{Contact, Oracle, Phase, Step, Subject};

/// What kind of command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Advance,
    SignIn,
    SignOut,
    Ready,
    ReadyAll,
    NotReady,
    SetDevice,
    Change,
    Accept,
    Decline,
    Pick,
    Leave,
    HandOver,
    ExtendWrapUp,
    EndWrapUp,
    SetQueueOpen,
    SetLine,
    ObserveKpi,
    SetScores,
    SetPlan,
    Adopt,
    Reconcile,
    /// About a contact alone, or one and an agent of the host's choice.
    About(Deed),
}

/// What is done to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Enqueue,
    Cancel,
    Reprioritise,
    Update,
    Reclassify,
    Exclude,
    Readmit,
    Connected,
    FailConnection,
    Hold,
    Resume,
    Transfer,
    Join,
    Release,
    Dispose,
    Press,
    RequestCallback,
    FailCallback,
    Suspend,
    Reinstate,
}

/// How often each kind is meant.
const WEIGHTS: [(Kind, usize); 42] = [
    (Kind::Advance, 9),
    (Kind::SignIn, 7),
    (Kind::SignOut, 2),
    (Kind::Ready, 10),
    (Kind::ReadyAll, 4),
    (Kind::NotReady, 2),
    (Kind::SetDevice, 3),
    (Kind::Change, 3),
    (Kind::About(Deed::Enqueue), 20),
    (Kind::About(Deed::Cancel), 3),
    (Kind::About(Deed::Reprioritise), 2),
    (Kind::About(Deed::Update), 3),
    (Kind::About(Deed::Reclassify), 3),
    (Kind::About(Deed::Exclude), 2),
    (Kind::About(Deed::Readmit), 1),
    (Kind::Accept, 11),
    (Kind::Decline, 6),
    (Kind::Pick, 3),
    (Kind::About(Deed::Connected), 10),
    (Kind::About(Deed::FailConnection), 3),
    (Kind::About(Deed::Hold), 2),
    (Kind::About(Deed::Resume), 2),
    (Kind::About(Deed::Transfer), 4),
    (Kind::About(Deed::Join), 4),
    (Kind::Leave, 2),
    (Kind::HandOver, 2),
    (Kind::About(Deed::Release), 7),
    (Kind::ExtendWrapUp, 3),
    (Kind::EndWrapUp, 4),
    (Kind::About(Deed::Dispose), 3),
    (Kind::About(Deed::Press), 3),
    (Kind::About(Deed::RequestCallback), 4),
    (Kind::About(Deed::FailCallback), 4),
    (Kind::About(Deed::Suspend), 3),
    (Kind::About(Deed::Reinstate), 3),
    (Kind::SetQueueOpen, 4),
    (Kind::SetLine, 3),
    (Kind::ObserveKpi, 4),
    (Kind::SetScores, 3),
    (Kind::SetPlan, 2),
    (Kind::Adopt, 2),
    (Kind::Reconcile, 2),
];

/// What a run of commands likes to do: each kind more often than usual, or less.
pub(crate) struct Mood(Vec<(Kind, usize)>);

impl Mood {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let plain = dice.chance(1, 4);
        let swayed = WEIGHTS.map(|(kind, weight)| {
            let times = if plain { 2 } else { *dice.pick(&[1, 1, 2, 2, 2, 8]).expect("some") };
            let never = !plain && dice.chance(1, 6);
            let needed = matches!(
                kind,
                Kind::SignIn | Kind::Ready | Kind::About(Deed::Enqueue) | Kind::Accept
            );
            (kind, if never && !needed { 0 } else { weight * times })
        });
        Self(swayed.to_vec())
    }

    fn kind(&self, dice: &mut Dice) -> Kind {
        let sum: usize = self.0.iter().map(|(_, weight)| weight).sum();
        let mut left = dice.below(sum);
        for &(kind, weight) in &self.0 {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return kind,
            }
        }
        unreachable!("the number is below the sum")
    }
}

/// An offer that never was.
pub(crate) const NO_OFFER: usize = 1_000_000;

/// Contacts in line beyond which no more come: the oracle looks at every pair.
const CROWD: usize = 9;

/// The next step of a run, in the oracle's present state; the first ones bring agents.
pub(crate) fn step(dice: &mut Dice, mood: &Mood, oracle: &Oracle, at: usize) -> Step {
    let opening = at < 10 && oracle.agents.len() < 4;
    let kind = match at % 2 {
        0 if opening => Kind::SignIn,
        _ if opening => Kind::Ready,
        _ => mood.kind(dice),
    };
    let kind = sensible(kind, dice, oracle);
    let time = if opening { oracle.now } else { pause(dice, oracle) };
    let id = dice.chance(1, 12).then(|| format!("k{}", dice.below(8)));
    let id = id.filter(|_| kind != Kind::Advance);
    Step { at: time, id, command: Chooser { dice, oracle }.command(kind) }
}

/// When it happens: mostly now, often at a deadline, now and then past many of them.
fn pause(dice: &mut Dice, oracle: &Oracle) -> Timestamp {
    let now = oracle.now.micros();
    let number = |dice: &mut Dice, below: usize| i64::try_from(dice.below(below)).expect("few");
    let micros = match dice.below(100) {
        0..=49 => now,
        50..=79 => now + (number(dice, 5) + 1) * 500_000,
        80..=91 => {
            let due = oracle.next_deadline().map_or(now, Timestamp::micros);
            (due + number(dice, 3) - 1).max(now)
        }
        92..=97 => now + (number(dice, 20) + 4) * 1_000_000,
        98 => now + (number(dice, 90) + 20) * 1_000_000,
        _ => (now - 1).max(0),
    };
    Timestamp::from_micros(micros).expect("an instant of the next hours")
}

pub(crate) fn is_unconnected(contact: &Contact) -> bool {
    !contact.is_engaged() && contact.phase != Phase::Closed
}

pub(crate) fn is_connecting(contact: &Contact) -> bool {
    contact.connecting_with().is_some()
}

pub(crate) fn is_called_back(contact: &Contact) -> bool {
    is_connecting(contact) && contact.asked_in.is_some()
}

pub(crate) fn is_suspendable(contact: &Contact) -> bool {
    is_waiting(contact) || is_connecting(contact)
}

pub(crate) fn is_waiting(contact: &Contact) -> bool {
    matches!(contact.phase, Phase::Waiting | Phase::Offered)
}

pub(crate) fn is_out_of_line(contact: &Contact) -> bool {
    matches!(contact.phase, Phase::Scheduled { .. } | Phase::Suspended)
}

/// The kind, or, when there is nothing it could be about, mostly what brings the work nearer
/// to it.
fn sensible(kind: Kind, dice: &mut Dice, oracle: &Oracle) -> Kind {
    let any = |fits: fn(&Contact) -> bool| oracle.contacts.iter().any(fits);
    let crowded = oracle.contacts.iter().filter(|contact| is_waiting(contact)).count() > CROWD;
    if crowded && matches!(kind, Kind::About(Deed::Enqueue) | Kind::Adopt) {
        return Kind::About(Deed::Cancel);
    }
    let possible = match kind {
        Kind::Accept | Kind::Decline => !oracle.offers.is_empty(),
        Kind::About(Deed::Connected | Deed::FailConnection) => any(is_connecting),
        Kind::About(Deed::FailCallback) => any(is_called_back),
        Kind::About(Deed::Hold) | Kind::About(Deed::Join) | Kind::About(Deed::Release) => {
            any(Contact::is_engaged)
        }
        Kind::About(Deed::Resume) => any(|contact| contact.phase == Phase::Engaged { held: true }),
        Kind::Leave | Kind::HandOver => any(|contact| contact.parts.len() > 1),
        Kind::ExtendWrapUp | Kind::EndWrapUp => !oracle.wrap_ups.is_empty(),
        Kind::About(Deed::Dispose) => any(|contact| !contact.conversations.is_empty()),
        Kind::About(Deed::Reinstate) => any(is_out_of_line),
        Kind::About(Deed::Suspend) => any(is_suspendable),
        Kind::About(Deed::Reclassify) | Kind::Pick => any(is_waiting),
        Kind::About(Deed::Press) | Kind::About(Deed::RequestCallback) => any(Contact::is_in_queue),
        Kind::About(Deed::Readmit) => any(|contact| !contact.excluded.is_empty()),
        Kind::About(Deed::Cancel)
        | Kind::About(Deed::Reprioritise)
        | Kind::About(Deed::Update)
        | Kind::About(Deed::Transfer)
        | Kind::About(Deed::Exclude) => any(is_unconnected),
        Kind::Advance
        | Kind::SignIn
        | Kind::SignOut
        | Kind::Ready
        | Kind::ReadyAll
        | Kind::NotReady
        | Kind::SetDevice
        | Kind::Change
        | Kind::About(Deed::Enqueue)
        | Kind::SetQueueOpen
        | Kind::SetLine
        | Kind::ObserveKpi
        | Kind::SetScores
        | Kind::SetPlan
        | Kind::Adopt
        | Kind::Reconcile => true,
    };
    if possible || dice.chance(1, 10) {
        kind
    } else if kind == Kind::About(Deed::FailCallback) && any(Contact::is_in_queue) {
        Kind::About(Deed::RequestCallback)
    } else if any(is_connecting) && dice.chance(1, 2) {
        Kind::About(Deed::Connected)
    } else if !oracle.offers.is_empty() {
        Kind::Accept
    } else {
        *dice.pick(&[Kind::About(Deed::Enqueue), Kind::Ready, Kind::Change]).expect("some")
    }
}
