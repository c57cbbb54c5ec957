//! The real router behind names: commands in names go in as keys, events come out as
//! names again.

use std::sync::Arc;

use ccroute_core::{
    AgentKey, ChannelKey, Command, ContactKey, Envelope, Event, KpiKey, LineKey, OfferKey, Plan,
    QueueKey, Rejection, Reply, Requirement, Router, SkillKey, SkillLevel, TableKey, Timestamp,
};

use super::commands::Step;
use super::happening::Happening;
use super::keys::Keys;
use super::need::{Level, Need};
use super::{Outcome, Subject};

/// A row nobody ever filled: what an unknown name becomes, so that the router itself has
/// to refuse it.
const NOWHERE: usize = 4_000_000;

/// The router, and the names of what it forgets or never names.
pub(crate) struct Engine {
    pub(crate) router: Router,
    /// What `set_plan` may name.
    plans: Vec<(String, Arc<Plan>)>,
    /// By ordinal, from 1.
    offers: Vec<OfferKey>,
    contacts: Vec<(ContactKey, String)>,
    events_seen: u64,
}

impl Engine {
    pub(crate) fn new(plan: Plan) -> Self {
        Self::with_plans(plan, &[])
    }

    /// The same, with plans that `set_plan` may name.
    pub(crate) fn with_plans(plan: Plan, further: &[(String, Plan)]) -> Self {
        let shared = |(name, plan): &(String, Plan)| (name.clone(), Arc::new(plan.clone()));
        Self {
            router: Router::new(plan),
            plans: further.iter().map(shared).collect(),
            offers: Vec::new(),
            contacts: Vec::new(),
            events_seen: 0,
        }
    }

    /// The same engine, its router taken down and set up again from a snapshot.
    pub(crate) fn restored(&self) -> Self {
        let router = Router::restore(&self.router.snapshot()).expect("a snapshot just taken");
        Self {
            router,
            plans: self.plans.clone(),
            offers: self.offers.clone(),
            contacts: self.contacts.clone(),
            events_seen: self.events_seen,
        }
    }

    fn run(&mut self, step: &Step) -> Result<Reply, Rejection> {
        let keys = Keys::of(self, &step.command);
        keys.with_command(&step.command, |command| match (command, &step.id) {
            (None, _) => self.router.advance(step.at).map(|()| Reply::Done),
            (Some(command), None) => self.router.apply(step.at, command),
            (Some(command), Some(id)) => {
                let envelope = Envelope { command_id: Some(id), actor: None, reason: None };
                self.router.apply_enveloped(step.at, &envelope, command)
            }
        })
    }

    pub(super) fn agent(&self, name: &str) -> AgentKey {
        self.router.find_agent(name).unwrap_or_else(|| AgentKey::new(NOWHERE))
    }

    /// The contact of that id, live or retained.
    pub(super) fn contact(&self, id: &str) -> ContactKey {
        let never = ContactKey::from_raw((1 << 32) | NOWHERE as u64).expect("a key's shape");
        self.router.find_contact(id).unwrap_or(never)
    }

    pub(super) fn offer(&self, ordinal: usize) -> OfferKey {
        let never = OfferKey::from_raw((1 << 32) | NOWHERE as u64).expect("a key's shape");
        let known = ordinal.checked_sub(1).and_then(|row| self.offers.get(row));
        known.copied().unwrap_or(never)
    }

    pub(super) fn queue(&self, name: &str) -> QueueKey {
        self.router.plan().find_queue(name).unwrap_or_else(|| QueueKey::new(NOWHERE))
    }

    pub(super) fn channel(&self, name: &str) -> ChannelKey {
        self.router.plan().find_channel(name).unwrap_or_else(|| ChannelKey::new(NOWHERE))
    }

    pub(super) fn line(&self, name: &str) -> LineKey {
        LineKey::new(self.router.plan().lines.find(name).unwrap_or(NOWHERE))
    }

    pub(super) fn kpi(&self, name: &str) -> KpiKey {
        KpiKey::new(self.router.plan().kpis.find(name).unwrap_or(NOWHERE))
    }

    pub(super) fn table(&self, name: &str) -> TableKey {
        self.router.plan().find_table(name).unwrap_or_else(|| TableKey::new(NOWHERE))
    }

    pub(super) fn plan(&self, name: &str) -> &Arc<Plan> {
        let named = self.plans.iter().find(|(known, _)| known == name);
        &named.unwrap_or_else(|| panic!("no plan {name} in the header")).1
    }

    fn skill(&self, name: &str) -> SkillKey {
        self.router.plan().find_skill(name).unwrap_or_else(|| SkillKey::new(NOWHERE))
    }

    pub(super) fn levels(&self, levels: &[Level]) -> Vec<SkillLevel> {
        let level = |(name, level): &Level| SkillLevel { skill: self.skill(name), level: *level };
        levels.iter().map(level).collect()
    }

    pub(super) fn requirement(&self, need: &Need) -> Requirement {
        let wheres = need.wheres.iter().map(|condition| {
            let made = ccroute_core::Where::new(&condition.text, |name| Some(self.skill(name)));
            made.expect("it was read before")
        });
        Requirement {
            all_of: self.levels(&need.all),
            any_of: need.any.iter().map(|group| self.levels(group)).collect(),
            none_of: self.levels(&need.none),
            wheres: wheres.collect(),
        }
    }

    /// Events since the last look, in names.
    fn drain(&mut self) -> Vec<Happening> {
        let events = self.router.events().to_vec();
        self.router.clear_events();
        events.iter().map(|event| self.in_names(event)).collect()
    }

    fn in_names(&mut self, event: &Event) -> Happening {
        self.events_seen += 1;
        assert_eq!(event.sequence, self.events_seen, "events are numbered without gaps");
        if event.kind == ccroute_core::EventKind::OfferMade {
            self.offers.push(event.offer.expect("offer_made names its offer"));
        }
        let plan = self.router.plan();
        let queue = event.queue.map(|key| plan.queue_names.name(key.index()).to_owned());
        let channel = event.channel.map(|key| plan.channels.name(key.index()).to_owned());
        Happening {
            at: event.at,
            kind: event.kind,
            cause: event.cause,
            role: event.role,
            channel,
            contact: event.contact.map(|key| self.contact_id(key)),
            visit: event.visit,
            queue,
            agent: event.agent.map(|key| self.router.agent_name(key).to_owned()),
            offer: event.offer.map(|key| self.ordinal(key)),
            reason: event.reason.map(|key| self.router.text(key).to_owned()),
            number: event.number,
            time: event.time,
        }
    }

    /// A contact's id, also after the router forgot it.
    fn contact_id(&mut self, key: ContactKey) -> String {
        if let Some((_, id)) = self.contacts.iter().rev().find(|(known, _)| *known == key) {
            return id.clone();
        }
        let id = self.router.contact_id(key).expect("an event names a live contact").to_owned();
        self.contacts.push((key, id.clone()));
        id
    }

    fn ordinal(&self, key: OfferKey) -> usize {
        let row = self.offers.iter().rposition(|&known| known == key);
        row.expect("an offer is made before anything else happens to it") + 1
    }
}

impl Subject for Engine {
    fn take(&mut self, step: &Step) -> Outcome {
        let reply = self.run(step);
        let events = self.drain();
        let answer = match reply {
            Ok(Reply::Done) => Ok(String::new()),
            Ok(Reply::Agent(key)) => Ok(self.router.agent_name(key).to_owned()),
            Ok(Reply::Contact(key)) => Ok(self.contact_id(key)),
            Err(rejection) => Err(rejection.code),
        };
        Outcome { events, answer }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.router.next_deadline()
    }

    fn check(&self) -> Result<(), String> {
        self.router.check()
    }
}
