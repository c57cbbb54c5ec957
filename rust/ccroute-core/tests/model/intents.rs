//! Generated commands: an intent says what kind and rolls the dice; which agent, contact
//! or offer it means is settled against the oracle's state, so that most commands make
//! sense and shrinking a sequence keeps them so.

use ccroute_core::{Cause, Device, Role, Span, Timestamp};
use proptest::prelude::*;

use crate::dice::Dice;
use crate::oracle::{
    Arrival, Contact, Need, Oracle, Phase, Profile, ScriptCommand as C, Step, Subject,
};

/// What kind of command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Advance,
    SignIn,
    SignOut,
    Ready,
    NotReady,
    SetDevice,
    Change,
    Enqueue,
    Cancel,
    Reprioritise,
    Update,
    Accept,
    Decline,
    Connected,
    Hold,
    Resume,
    Transfer,
    Join,
    Leave,
    HandOver,
    Release,
    ExtendWrapUp,
    EndWrapUp,
    Dispose,
}

/// How much time passes before it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pause {
    Nothing,
    Halves(i64),
    /// To the next deadline, and that many microseconds past it.
    Deadline(i64),
    Long(i64),
    Back,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Intent {
    kind: Kind,
    pause: Pause,
    seed: u32,
}

pub(crate) fn intent() -> impl Strategy<Value = Intent> {
    let pause = prop_oneof![
        55 => Just(Pause::Nothing),
        34 => (1..=5_i64).prop_map(Pause::Halves),
        8 => (-1..=1_i64).prop_map(Pause::Deadline),
        2 => (15..=90_i64).prop_map(Pause::Long),
        1 => Just(Pause::Back),
    ];
    (kind(), pause, any::<u32>()).prop_map(|(kind, pause, seed)| Intent { kind, pause, seed })
}

/// A few agents who come in and are ready, so that work begins early.
pub(crate) fn opening() -> impl Strategy<Value = Vec<Intent>> {
    let come = any::<[u32; 2]>().prop_map(|seeds| {
        let kinds = [Kind::SignIn, Kind::Ready].into_iter().zip(seeds);
        kinds.map(|(kind, seed)| Intent { kind, pause: Pause::Nothing, seed }).collect::<Vec<_>>()
    });
    proptest::collection::vec(come, 0..=6).prop_map(|comings| comings.concat())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Advance),
        6 => Just(Kind::SignIn),
        2 => Just(Kind::SignOut),
        10 => Just(Kind::Ready),
        2 => Just(Kind::NotReady),
        3 => Just(Kind::SetDevice),
        3 => Just(Kind::Change),
        18 => Just(Kind::Enqueue),
        3 => Just(Kind::Cancel),
        3 => Just(Kind::Reprioritise),
        3 => Just(Kind::Update),
        12 => Just(Kind::Accept),
        4 => Just(Kind::Decline),
        13 => Just(Kind::Connected),
        4 => Just(Kind::Hold),
        4 => Just(Kind::Resume),
        5 => Just(Kind::Transfer),
        5 => Just(Kind::Join),
        2 => Just(Kind::Leave),
        3 => Just(Kind::HandOver),
        7 => Just(Kind::Release),
        5 => Just(Kind::ExtendWrapUp),
        6 => Just(Kind::EndWrapUp),
        6 => Just(Kind::Dispose),
    ]
}

/// An offer that never was.
pub(crate) const NO_OFFER: usize = 1_000_000;

const AGENTS: [&str; 5] = ["a1", "a2", "a3", "a4", "a5"];

impl Intent {
    /// The step it means in the oracle's present state.
    pub(crate) fn step(self, oracle: &Oracle) -> Step {
        let mut dice = Dice::new(u64::from(self.seed));
        let at = self.pause.end(oracle);
        let id = dice.chance(1, 12).then(|| format!("k{}", dice.below(8)));
        let id = id.filter(|_| !matches!(self.kind, Kind::Advance));
        let mut chooser = Chooser { dice, oracle };
        let kind = chooser.sensible(self.kind);
        let command = chooser.command(kind);
        Step { at, id, command }
    }
}

impl Pause {
    fn end(self, oracle: &Oracle) -> Timestamp {
        let now = oracle.now;
        let micros = match self {
            Self::Nothing => now.micros(),
            Self::Halves(halves) => now.micros() + halves * 500_000,
            Self::Deadline(past) => {
                let due = oracle.next_deadline().unwrap_or(now);
                (due.micros() + past).max(now.micros())
            }
            Self::Long(seconds) => now.micros() + seconds * 1_000_000,
            Self::Back => (now.micros() - 1).max(0),
        };
        Timestamp::from_micros(micros).expect("an instant of the next hours")
    }
}

fn is_unconnected(contact: &Contact) -> bool {
    !matches!(contact.phase, Phase::Engaged { .. } | Phase::Closed)
}

fn is_connecting(contact: &Contact) -> bool {
    matches!(contact.phase, Phase::Connecting { .. })
}

fn is_engaged(contact: &Contact) -> bool {
    matches!(contact.phase, Phase::Engaged { .. })
}

struct Chooser<'a> {
    dice: Dice,
    oracle: &'a Oracle,
}

impl Chooser<'_> {
    /// The kind, or, when there is nothing it could be about, mostly what brings the work
    /// nearer to it.
    fn sensible(&mut self, kind: Kind) -> Kind {
        let oracle = self.oracle;
        let any = |fits: fn(&Contact) -> bool| oracle.contacts.iter().any(fits);
        let possible = match kind {
            Kind::Accept | Kind::Decline => !oracle.offers.is_empty(),
            Kind::Connected => any(is_connecting),
            Kind::Hold | Kind::Join | Kind::Release => any(is_engaged),
            Kind::Resume => any(|contact| contact.phase == Phase::Engaged { held: true }),
            Kind::Leave | Kind::HandOver => any(|contact| contact.parts.len() > 1),
            Kind::ExtendWrapUp | Kind::EndWrapUp => !oracle.wrap_ups.is_empty(),
            Kind::Dispose => any(|contact| !contact.conversations.is_empty()),
            Kind::Cancel | Kind::Reprioritise | Kind::Update | Kind::Transfer => {
                any(is_unconnected)
            }
            Kind::Advance | Kind::SignIn | Kind::SignOut | Kind::Ready | Kind::NotReady => true,
            Kind::SetDevice | Kind::Change | Kind::Enqueue => true,
        };
        if possible || self.dice.chance(1, 8) {
            kind
        } else if any(is_connecting) {
            Kind::Connected
        } else if !oracle.offers.is_empty() {
            Kind::Accept
        } else {
            self.among(&[Kind::Enqueue, Kind::Ready, Kind::Change])
        }
    }

    fn command(&mut self, kind: Kind) -> C {
        let open = |contact: &Contact| contact.phase != Phase::Closed;
        match kind {
            Kind::Advance => C::Advance,
            Kind::SignIn => C::SignIn { agent: self.one(&AGENTS), profile: self.profile(true) },
            Kind::SignOut => C::SignOut { agent: self.agent() },
            Kind::Ready => C::Ready { agent: self.agent() },
            Kind::NotReady => C::NotReady { agent: self.agent(), reason: self.reason() },
            Kind::SetDevice => {
                C::SetDevice { agent: self.agent(), device: self.among(Device::ALL) }
            }
            Kind::Change => C::Change { agent: self.agent(), profile: self.profile(false) },
            Kind::Enqueue => C::Enqueue(self.arrival()),
            Kind::Cancel => {
                let causes = [Cause::Abandoned, Cause::Withdrawn, Cause::TimedOut, Cause::Customer];
                C::Cancel { contact: self.contact(is_unconnected), cause: self.among(&causes) }
            }
            Kind::Reprioritise => self.reprioritise(is_unconnected),
            Kind::Update => self.update(open),
            Kind::Accept => C::Accept { offer: self.offer() },
            Kind::Decline => C::Decline { offer: self.offer(), reason: self.reason() },
            Kind::Connected => C::Connected { contact: self.contact(is_connecting) },
            Kind::Hold => C::Hold { contact: self.contact(is_engaged) },
            Kind::Resume => C::Resume { contact: self.contact(is_engaged) },
            Kind::Transfer => {
                let (contact, queue) = (self.contact(open), self.queue());
                C::Transfer { contact, queue, keep_age: self.dice.chance(1, 2) }
            }
            Kind::Join => {
                let (contact, agent) = (self.contact(is_engaged), self.agent());
                C::Join { contact, agent, role: self.among(Role::ALL) }
            }
            Kind::Leave => self.part(|contact, agent| C::Leave { contact, agent }),
            Kind::HandOver => self.part(|contact, agent| C::HandOver { contact, agent }),
            Kind::Release => {
                let causes =
                    [Cause::Customer, Cause::Agent, Cause::Agent, Cause::System, Cause::Missed];
                C::Release { contact: self.contact(is_engaged), by: self.among(&causes) }
            }
            Kind::ExtendWrapUp => self.extend_wrap_up(),
            Kind::EndWrapUp => {
                let (agent, contact) = self.wrapping();
                C::EndWrapUp { agent, contact }
            }
            Kind::Dispose => self.dispose(),
        }
    }

    fn reprioritise(&mut self, fits: impl Fn(&Contact) -> bool) -> C {
        C::Reprioritise {
            contact: self.contact(fits),
            band: self.dice.chance(1, 2).then(|| self.band()),
            head_start: self.dice.chance(1, 2).then(|| self.head_start()),
        }
    }

    fn update(&mut self, fits: impl Fn(&Contact) -> bool) -> C {
        C::Update {
            contact: self.contact(fits),
            need: self.dice.chance(3, 4).then(|| self.need()),
            attributes: self.attributes(),
        }
    }

    /// An agent in wrap-up and after which contact, mostly.
    fn wrapping(&mut self) -> (String, String) {
        let wrapping = self.dice.pick(&self.oracle.wrap_ups);
        match wrapping.filter(|_| self.dice.chance(7, 8)) {
            Some(wrap) => (wrap.agent.clone(), wrap.id.clone()),
            None => (self.agent(), self.contact(|contact| !contact.conversations.is_empty())),
        }
    }

    fn extend_wrap_up(&mut self) -> C {
        let (agent, contact) = self.wrapping();
        let by = Span::secs(u32::try_from(self.dice.below(7)).expect("few"));
        C::ExtendWrapUp { agent, contact, by }
    }

    fn dispose(&mut self) -> C {
        let (_, contact) = self.wrapping();
        let codes = (0..self.dice.below(4)).map(|_| format!("d{}", self.dice.below(3) + 1));
        C::Dispose { contact, codes: codes.collect() }
    }

    fn among<T: Copy>(&mut self, values: &[T]) -> T {
        *self.dice.pick(values).expect("there are values")
    }

    fn one(&mut self, names: &[&str]) -> String {
        self.among(names).to_owned()
    }

    /// Known agents mostly, now and then one who never came.
    fn agent(&mut self) -> String {
        let known: Vec<&str> = self.oracle.agents.iter().map(|agent| &*agent.name).collect();
        if known.is_empty() || self.dice.chance(1, 40) {
            self.one(&AGENTS)
        } else {
            self.one(&known)
        }
    }

    /// A contact that fits mostly, now and then any, or one that never came.
    fn contact(&mut self, fits: impl Fn(&Contact) -> bool) -> String {
        let contacts = &self.oracle.contacts;
        let fitting: Vec<&Contact> = contacts.iter().filter(|contact| fits(contact)).collect();
        if fitting.is_empty() || self.dice.chance(1, 12) {
            return format!("c{}", self.dice.below(contacts.len() + 3) + 1);
        }
        self.dice.pick(&fitting).expect("not empty").id.clone()
    }

    /// A live offer mostly, now and then an ended one, or one that never was.
    fn offer(&mut self) -> usize {
        let live = self.dice.pick(&self.oracle.offers).map(|offer| offer.ordinal);
        match live.filter(|_| !self.dice.chance(1, 12)) {
            Some(ordinal) => ordinal,
            None if self.dice.chance(1, 4) => NO_OFFER,
            None => self.dice.below(self.oracle.offers_made + 1),
        }
    }

    /// About a contact and an agent with a part in it, mostly not the primary.
    fn part(&mut self, command: fn(String, String) -> C) -> C {
        let contacts = self.oracle.contacts.iter();
        let parts: Vec<(&str, &str)> = contacts
            .flat_map(|contact| {
                let parts = contact.parts.iter().filter(|(_, role)| *role != Role::Primary);
                parts.map(|(agent, _)| (&*contact.id, &**agent))
            })
            .collect();
        match self.dice.pick(&parts).filter(|_| !self.dice.chance(1, 8)) {
            Some(&(contact, agent)) => command(contact.to_owned(), agent.to_owned()),
            None => command(self.contact(|contact| !contact.parts.is_empty()), self.agent()),
        }
    }

    fn queue(&mut self) -> String {
        let queues: Vec<&str> = self.oracle.rules.queues.iter().map(|queue| &*queue.name).collect();
        if self.dice.chance(1, 40) { "q9".to_owned() } else { self.one(&queues) }
    }

    fn channel(&mut self) -> String {
        let fax = self.dice.chance(1, 60);
        if fax { "fax".to_owned() } else { self.one(&["voice", "voice", "chat"]) }
    }

    fn reason(&mut self) -> Option<String> {
        self.dice.chance(2, 3).then(|| self.one(&["lunch", "busy", "meeting"]))
    }

    fn arrival(&mut self) -> Arrival {
        let contacts = &self.oracle.contacts;
        // Sometimes an id that may be in use, or may have been.
        let known = self.dice.chance(1, 10) && !contacts.is_empty();
        let number = if known {
            self.dice.below(usize::try_from(self.oracle.entered).expect("few")) + 1
        } else {
            usize::try_from(self.oracle.entered).expect("few") + 1
        };
        Arrival {
            contact: format!("c{number}"),
            queue: self.queue(),
            channel: self.channel(),
            band: if self.dice.chance(1, 4) { self.band() } else { 0 },
            head_start: if self.dice.chance(1, 4) { self.head_start() } else { Span::ZERO },
            need: self.dice.chance(1, 5).then(|| self.need()),
            attributes: self.attributes(),
        }
    }

    fn attributes(&mut self) -> Vec<(String, String)> {
        let some = self.dice.chance(1, 6);
        let value = self.one(&["gold", "silver"]);
        if some { vec![("tier".to_owned(), value)] } else { Vec::new() }
    }

    fn band(&mut self) -> i16 {
        self.among(&[-1, 0, 1, 2, i16::MIN, i16::MAX])
    }

    fn head_start(&mut self) -> Span {
        let eleven_years = Span::secs(11 * 365 * 86_400);
        let seconds = u32::try_from(self.dice.below(40)).expect("few");
        if self.dice.chance(1, 30) { eleven_years } else { Span::secs(seconds) }
    }

    fn level(&mut self) -> Option<(String, u8)> {
        if self.dice.chance(1, 60) {
            return Some(("s9".to_owned(), 1));
        }
        let skill = self.dice.pick(&self.oracle.rules.skills)?.clone();
        let out = [0, 11];
        let wrong = self.dice.chance(1, 60);
        let level = if wrong { out[self.dice.below(2)] } else { self.dice.below(10) as u8 + 1 };
        Some((skill, level))
    }

    fn levels(&mut self, most: usize) -> Vec<(String, u8)> {
        let mut levels: Vec<(String, u8)> = Vec::new();
        for _ in 0..self.dice.below(most + 1) {
            let level = self.level();
            let fresh = level.filter(|(skill, _)| levels.iter().all(|(named, _)| named != skill));
            levels.extend(fresh);
        }
        levels
    }

    fn need(&mut self) -> Need {
        let mut need =
            Need { all: self.levels(2), any: vec![self.levels(2)], none: self.levels(1) };
        need.any.retain(|group| !group.is_empty());
        need
    }

    /// What an agent brings; in full at a sign-in.
    fn profile(&mut self, full: bool) -> Profile {
        let (skills, queues) = (self.levels(5), self.queues());
        let slots = |dice: &mut Dice, most: u16| dice.below(usize::from(most) + 1) as u16;
        let mut capacity = vec![
            ("voice".to_owned(), slots(&mut self.dice, 2)),
            ("chat".to_owned(), slots(&mut self.dice, 4)),
        ];
        if self.dice.chance(1, 60) {
            capacity.push(("fax".to_owned(), 1));
        }
        let mut keep = || full || self.dice.chance(1, 2);
        Profile {
            skills: keep().then_some(skills),
            queues: keep().then_some(queues),
            capacity: keep().then_some(capacity),
        }
    }

    fn queues(&mut self) -> Vec<String> {
        let all = self.oracle.rules.queues.iter().map(|queue| queue.name.clone());
        let mut queues: Vec<String> = all.filter(|_| self.dice.chance(3, 4)).collect();
        if self.dice.chance(1, 60) {
            queues.push("q9".to_owned());
        }
        queues
    }
}
