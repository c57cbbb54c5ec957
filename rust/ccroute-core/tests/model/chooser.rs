//! The commands of a generated run: which agent, contact or offer each is about, mostly one
//! for whom it makes sense, now and then one for whom it is wrong in some way.

use ccroute_core::{Cause, Device, Failure, Millionths, Role, Span, Timestamp, Value};

use crate::dice::Dice;
use crate::intents::{
    Deed, Kind, NO_OFFER, is_called_back, is_connecting, is_out_of_line, is_suspendable,
    is_unconnected, is_waiting,
};
use crate::oracle::{Arrival, Contact, Observed, Oracle, Phase, ScriptCommand as C, Table, Update};
use crate::plans::{AGENTS, CODES, KEYS, KPIS, LINES, TABLES};

/// How contacts are cancelled; who releases them; how calling back fails. The last of each is
/// no such cause.
const ENDS: [Cause; 8] = [
    Cause::Abandoned,
    Cause::Abandoned,
    Cause::Withdrawn,
    Cause::TimedOut,
    Cause::NoAgents,
    Cause::ExitedByKey,
    Cause::Failed,
    Cause::Customer,
];
const SIDES: [Cause; 5] =
    [Cause::Customer, Cause::Agent, Cause::Agent, Cause::System, Cause::Missed];
const FAILURES: [Cause; 5] =
    [Cause::Missed, Cause::Busy, Cause::Unreachable, Cause::Failed, Cause::Declined];

pub(crate) struct Chooser<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) oracle: &'a Oracle,
}

fn is_open(contact: &Contact) -> bool {
    contact.phase != Phase::Closed
}

impl Chooser<'_> {
    pub(crate) fn command(&mut self, kind: Kind) -> C {
        match kind {
            Kind::Advance => C::Advance,
            Kind::SignIn => C::SignIn { agent: self.one(&AGENTS), profile: self.profile(true) },
            Kind::SignOut => C::SignOut { agent: self.agent() },
            Kind::Ready => C::Ready { agent: self.agent() },
            Kind::ReadyAll => C::ReadyAll { agents: self.agents() },
            Kind::NotReady => C::NotReady { agent: self.agent(), reason: self.reason() },
            Kind::SetDevice => {
                C::SetDevice { agent: self.agent(), device: self.among(Device::ALL) }
            }
            Kind::Change => C::Change { agent: self.agent(), profile: self.profile(false) },
            Kind::Accept => C::Accept { offer: self.offer() },
            Kind::Decline => {
                let (offer, failure) = (self.offer(), self.among(Failure::ALL));
                C::Decline { offer, failure, reason: self.reason() }
            }
            Kind::Pick => C::Pick { agent: self.agent(), contact: self.contact(is_waiting) },
            Kind::Leave => self.part(|contact, agent| C::Leave { contact, agent }),
            Kind::HandOver => self.part(|contact, agent| C::HandOver { contact, agent }),
            Kind::ExtendWrapUp => {
                let (agent, contact) = self.wrapping();
                C::ExtendWrapUp { agent, contact, by: self.seconds(7) }
            }
            Kind::EndWrapUp => {
                let (agent, contact) = self.wrapping();
                C::EndWrapUp { agent, contact }
            }
            Kind::SetQueueOpen => {
                C::SetQueueOpen { queue: self.queue(), open: self.dice.chance(2, 3) }
            }
            Kind::SetLine => {
                let line = if self.dice.chance(1, 20) { "l9".to_owned() } else { self.one(&LINES) };
                C::SetLine { line, up: self.dice.chance(1, 2) }
            }
            Kind::ObserveKpi => self.figure(),
            Kind::SetScores => self.scores(),
            Kind::SetPlan => C::SetPlan { plan: self.plan() },
            Kind::Reconcile => self.report(),
            Kind::Adopt => {
                let engaged = self.dice.chance(1, 2).then(|| self.agent());
                C::Adopt { arrival: self.arrival(), engaged }
            }
            Kind::About(deed) => self.about_contact(deed),
        }
    }

    fn about_contact(&mut self, deed: Deed) -> C {
        match deed {
            Deed::Enqueue => C::Enqueue(self.arrival()),
            Deed::Cancel => {
                C::Cancel { contact: self.contact(is_unconnected), cause: self.among(&ENDS) }
            }
            Deed::Reprioritise => C::Reprioritise {
                contact: self.contact(is_unconnected),
                band: self.dice.chance(1, 2).then(|| self.band()),
                head_start: self.dice.chance(1, 2).then(|| self.head_start()),
            },
            Deed::Update => C::Update { contact: self.contact(is_open), update: self.update() },
            Deed::Reclassify => C::Reclassify { contact: self.contact(is_waiting) },
            Deed::Exclude => {
                let (contact, agent) = (self.contact(is_open), self.any_agent());
                C::Exclude { contact, agent, lasts: self.lasts() }
            }
            Deed::Readmit => {
                let (contact, agent) = self.excluded();
                C::Readmit { contact, agent }
            }
            Deed::Connected => C::Connected { contact: self.contact(is_connecting) },
            Deed::Hold => C::Hold { contact: self.contact(Contact::is_engaged) },
            Deed::Resume => C::Resume { contact: self.contact(Contact::is_engaged) },
            Deed::Transfer => {
                let (contact, queue) = (self.contact(is_open), self.queue());
                C::Transfer { contact, queue, keep_age: self.dice.chance(1, 2) }
            }
            Deed::Join => {
                let (contact, agent) = (self.contact(Contact::is_engaged), self.agent());
                C::Join { contact, agent, role: self.among(Role::ALL) }
            }
            Deed::Release => {
                C::Release { contact: self.contact(Contact::is_engaged), by: self.among(&SIDES) }
            }
            Deed::Dispose => {
                let contact = self.contact(|contact| !contact.conversations.is_empty());
                let codes = (0..self.dice.below(4)).map(|_| self.one(&CODES)).collect();
                C::Dispose { contact, codes }
            }
            Deed::Press => {
                C::Press { contact: self.contact(Contact::is_in_queue), key: self.one(&KEYS) }
            }
            Deed::RequestCallback => {
                let contact = self.contact(Contact::is_in_queue);
                C::RequestCallback { contact, at: self.dice.chance(1, 2).then(|| self.instant()) }
            }
            Deed::FailCallback => {
                let contact = self.contact(is_called_back);
                C::FailCallback { contact, cause: self.among(&FAILURES) }
            }
            Deed::FailConnection => {
                let contact = self.contact(is_connecting);
                C::FailConnection { contact, cause: self.among(Cause::OF_CONNECTION) }
            }
            Deed::Suspend => {
                let lasts = self.dice.chance(1, 2).then(|| self.seconds(14));
                C::Suspend { contact: self.contact(is_suspendable), lasts }
            }
            Deed::Reinstate => C::Reinstate { contact: self.contact(is_out_of_line) },
        }
    }

    fn agents(&mut self) -> Vec<String> {
        (0..self.dice.below(4) + 1).map(|_| self.agent()).collect()
    }

    fn figure(&mut self) -> C {
        let kpi = if self.dice.chance(1, 20) { "k9".to_owned() } else { self.one(&KPIS) };
        let numerator = self.among(&[-1, 0, 1, 2, 3, 5, 7, 9]);
        C::ObserveKpi { kpi, numerator, denominator: self.among(&[-1, 0, 1, 2, 2, 3, 4]) }
    }

    fn plan(&mut self) -> String {
        let plans: Vec<&str> = self.oracle.plans.iter().map(|(name, _)| name.as_str()).collect();
        self.one(&plans)
    }

    /// A contact and an agent excluded from it, mostly.
    fn excluded(&mut self) -> (String, String) {
        let contact = self.contact(|contact| !contact.excluded.is_empty());
        let known = self.oracle.contacts.iter().find(|known| known.id == contact);
        let excluded = known.and_then(|known| known.excluded.first());
        match excluded.filter(|_| self.dice.chance(3, 4)) {
            Some(excluded) => (contact, excluded.agent.clone()),
            None => (contact, self.agent()),
        }
    }

    fn update(&mut self) -> Update {
        Update {
            need: self.dice.chance(1, 2).then(|| self.need()),
            attributes: self.attributes(),
            preferred: self.dice.chance(1, 3).then(|| self.preferred()),
        }
    }

    fn scores(&mut self) -> C {
        let table = if self.dice.chance(1, 20) { "t9".to_owned() } else { self.one(&TABLES) };
        let rows = (0..self.dice.below(8)).map(|_| {
            let kind = self.one(&["gold", "silver", "s1", "s2"]);
            let score = self.among(&[0, 1, 1, 500_000, -2_000_000, 7_250_000]);
            (kind, self.any_agent(), Millionths::new(score))
        });
        let rows = rows.collect();
        let version = self.dice.below(1_000) as u64;
        C::SetScores(Table { table, version, expires: self.instant(), rows })
    }

    /// What a platform may report: our contacts mostly as they are, some otherwise, some
    /// missing, and some that are new.
    fn report(&mut self) -> C {
        let mut observed = Vec::new();
        for contact in &self.oracle.contacts {
            if self.dice.chance(1, 6) || (contact.phase == Phase::Closed && self.dice.chance(4, 5))
            {
                continue;
            }
            let primary = contact.parts.iter().find(|(_, role)| *role == Role::Primary);
            let as_it_is = primary.map(|(agent, _)| agent.clone());
            let otherwise = self.dice.chance(1, 5);
            let other = self.dice.chance(1, 2).then(|| self.agent());
            let engaged = if otherwise { other } else { as_it_is };
            let arrival = self
                .dice
                .chance(1, 8)
                .then(|| Arrival { contact: contact.id.clone(), ..self.arrival() });
            observed.push(Observed { contact: contact.id.clone(), engaged, arrival });
        }
        for _ in 0..self.dice.below(3) {
            let arrival = self.arrival();
            let mut contact = arrival.contact.clone();
            if observed.iter().any(|seen| seen.contact == contact) && self.dice.chance(7, 8) {
                contact = format!("x{}", self.dice.below(1_000));
            }
            let engaged = self.dice.chance(1, 2).then(|| self.agent());
            let arrival = Arrival { contact: contact.clone(), ..arrival };
            let arrival = self.dice.chance(3, 4).then_some(arrival);
            observed.push(Observed { contact, engaged, arrival });
        }
        let among = self.dice.chance(1, 3).then(|| ("tier".to_owned(), Value::from("gold")));
        C::Reconcile { among, observed }
    }

    /// An agent in wrap-up and after which contact, mostly.
    fn wrapping(&mut self) -> (String, String) {
        let wrapping = self.dice.pick(&self.oracle.wrap_ups);
        match wrapping.filter(|_| self.dice.chance(7, 8)) {
            Some(wrap) => (wrap.agent.clone(), wrap.id.clone()),
            None => (self.agent(), self.contact(|contact| !contact.conversations.is_empty())),
        }
    }

    pub(crate) fn among<T: Copy>(&mut self, values: &[T]) -> T {
        *self.dice.pick(values).expect("there are values")
    }

    pub(crate) fn one(&mut self, names: &[&str]) -> String {
        self.among(names).to_owned()
    }

    pub(crate) fn seconds(&mut self, below: usize) -> Span {
        Span::secs(u32::try_from(self.dice.below(below)).expect("few"))
    }

    /// Before or after now, by some seconds.
    fn instant(&mut self) -> Timestamp {
        let from = self.oracle.now - Span::secs(4);
        from + self.seconds(20)
    }

    /// Before now, mostly.
    fn earlier(&mut self) -> Timestamp {
        let ahead = self.dice.chance(1, 40);
        if ahead { self.instant() } else { self.oracle.now - self.seconds(15) }
    }

    fn lasts(&mut self) -> Option<Span> {
        self.dice.chance(2, 3).then(|| self.seconds(10))
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

    /// An agent's name, known or not.
    fn any_agent(&mut self) -> String {
        if self.dice.chance(1, 60) { "a9".to_owned() } else { self.one(&AGENTS) }
    }

    /// A contact that fits mostly, now and then any, or one that never came.
    fn contact(&mut self, fits: impl Fn(&Contact) -> bool) -> String {
        let contacts = &self.oracle.contacts;
        let fitting: Vec<&Contact> = contacts.iter().filter(|contact| fits(contact)).collect();
        if fitting.is_empty() || self.dice.chance(1, 12) {
            let any = self.dice.pick(contacts).filter(|_| self.dice.chance(3, 4));
            return any.map_or_else(|| "c0".to_owned(), |contact| contact.id.clone());
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
        let known: Vec<&str> = self.oracle.rules.channels.iter().map(String::as_str).collect();
        if self.dice.chance(1, 60) || known.len() > 10 {
            self.one(&["fax", "voice"])
        } else {
            self.one(&known)
        }
    }

    fn reason(&mut self) -> Option<String> {
        self.dice.chance(2, 3).then(|| self.one(&["lunch", "away", "meeting"]))
    }

    fn arrival(&mut self) -> Arrival {
        let contacts = &self.oracle.contacts;
        // Sometimes an id that is in use, or was.
        let known = self.dice.chance(1, 14) && !contacts.is_empty();
        let contact = if known {
            self.dice.pick(contacts).expect("there are some").id.clone()
        } else {
            format!("c{}", self.oracle.entered + 1)
        };
        let classes = !self.oracle.rules.classes.is_empty();
        let placed = if classes { self.dice.chance(1, 2) } else { !self.dice.chance(1, 30) };
        let few = |this: &mut Self| this.dice.chance(1, 4);
        let story = |this: &mut Self, letter: char| {
            let number = this.dice.below(3) + 1;
            this.dice.chance(1, 2).then(|| format!("{letter}{number}"))
        };
        Arrival {
            contact,
            queue: placed.then(|| self.queue()),
            channel: self.channel(),
            band: few(self).then(|| self.band()),
            head_start: few(self).then(|| self.head_start()),
            need: few(self).then(|| self.need()),
            attributes: self.attributes(),
            preferred: if few(self) { self.preferred() } else { Vec::new() },
            excluded: if few(self) { vec![(self.any_agent(), self.lasts())] } else { Vec::new() },
            entered_at: few(self).then(|| self.earlier()),
            not_before: few(self).then(|| self.instant()),
            customer: story(self, 'u'),
            conversation: story(self, 'v'),
            previous: story(self, 'c'),
        }
    }

    fn preferred(&mut self) -> Vec<(String, u16)> {
        let several = 0..self.dice.below(4);
        several.map(|_| (self.any_agent(), self.score())).collect()
    }

    fn score(&mut self) -> u16 {
        if self.dice.chance(1, 80) { 1_001 } else { self.among(&[0, 100, 100, 200, 1_000]) }
    }
}
