//! The real router behind names: commands in names go in as keys, events come out as
//! names again.

use ccroute_core::{
    AgentKey, Capacity, ChannelKey, Command, ContactKey, Envelope, Event, NewContact, OfferKey,
    Plan, QueueKey, Rejection, Reply, Requirement, Router, SkillKey, SkillLevel, Timestamp,
};

use super::commands::{Arrival, Profile, ScriptCommand, Step};
use super::happening::Happening;
use super::rules::{Level, Need};
use super::{Outcome, Subject};

/// A row nobody ever filled: what an unknown name becomes, so that the router itself has
/// to refuse it.
const NOWHERE: usize = 4_000_000;

/// The router, and the names of what it forgets or never names.
pub(crate) struct Engine {
    pub(crate) router: Router,
    /// By ordinal, from 1.
    offers: Vec<OfferKey>,
    contacts: Vec<(ContactKey, String)>,
    events_seen: u64,
}

impl Engine {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { router: Router::new(plan), offers: Vec::new(), contacts: Vec::new(), events_seen: 0 }
    }

    /// The same engine, its router taken down and set up again from a snapshot.
    pub(crate) fn restored(&self) -> Self {
        let router = Router::restore(&self.router.snapshot()).expect("a snapshot just taken");
        Self {
            router,
            offers: self.offers.clone(),
            contacts: self.contacts.clone(),
            events_seen: self.events_seen,
        }
    }

    fn run(&mut self, step: &Step) -> Result<Reply, Rejection> {
        let keys = Keys::of(self, &step.command);
        let Some(command) = keys.command(&step.command) else {
            return self.router.advance(step.at).map(|()| Reply::Done);
        };
        match &step.id {
            None => self.router.apply(step.at, command),
            Some(id) => {
                let envelope = Envelope { command_id: Some(id), actor: None, reason: None };
                self.router.apply_enveloped(step.at, &envelope, command)
            }
        }
    }

    fn agent(&self, name: &str) -> AgentKey {
        self.router.find_agent(name).unwrap_or_else(|| AgentKey::new(NOWHERE))
    }

    /// The contact of that id, live or retained.
    fn contact(&self, id: &str) -> ContactKey {
        let never = ContactKey::from_raw((1 << 32) | NOWHERE as u64).expect("a key's shape");
        self.router.find_contact(id).unwrap_or(never)
    }

    fn offer(&self, ordinal: usize) -> OfferKey {
        let never = OfferKey::from_raw((1 << 32) | NOWHERE as u64).expect("a key's shape");
        let known = ordinal.checked_sub(1).and_then(|row| self.offers.get(row));
        known.copied().unwrap_or(never)
    }

    fn queue(&self, name: &str) -> QueueKey {
        self.router.plan().find_queue(name).unwrap_or_else(|| QueueKey::new(NOWHERE))
    }

    fn channel(&self, name: &str) -> ChannelKey {
        self.router.plan().find_channel(name).unwrap_or_else(|| ChannelKey::new(NOWHERE))
    }

    fn levels(&self, levels: &[Level]) -> Vec<SkillLevel> {
        let plan = self.router.plan();
        let skill = |name: &str| plan.find_skill(name).unwrap_or_else(|| SkillKey::new(NOWHERE));
        levels
            .iter()
            .map(|(name, level)| SkillLevel { skill: skill(name), level: *level })
            .collect()
    }

    fn requirement(&self, need: &Need) -> Requirement {
        Requirement {
            all_of: self.levels(&need.all),
            any_of: need.any.iter().map(|group| self.levels(group)).collect(),
            none_of: self.levels(&need.none),
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

/// What the names of a command stand for; what a command does not name is a key that
/// does not exist.
struct Keys<'a> {
    agent: AgentKey,
    contact: ContactKey,
    offer: OfferKey,
    queue: QueueKey,
    channel: ChannelKey,
    skills: Option<Vec<SkillLevel>>,
    queues: Option<Vec<QueueKey>>,
    capacity: Option<Vec<Capacity>>,
    requirement: Option<Requirement>,
    attributes: Vec<(&'a str, &'a str)>,
    codes: Vec<&'a str>,
}

impl<'a> Keys<'a> {
    fn of(engine: &Engine, command: &'a ScriptCommand) -> Self {
        let mut keys = Self {
            agent: engine.agent(""),
            contact: engine.contact(""),
            offer: engine.offer(0),
            queue: engine.queue(""),
            channel: engine.channel(""),
            skills: None,
            queues: None,
            capacity: None,
            requirement: None,
            attributes: Vec::new(),
            codes: Vec::new(),
        };
        use ScriptCommand as C;
        match command {
            C::Advance => {}
            C::SignIn { profile, .. } => keys.take_profile(engine, profile),
            C::Change { agent, profile } => {
                keys.agent = engine.agent(agent);
                keys.take_profile(engine, profile);
            }
            C::SignOut { agent }
            | C::Ready { agent }
            | C::NotReady { agent, .. }
            | C::SetDevice { agent, .. } => keys.agent = engine.agent(agent),
            C::Enqueue(Arrival { queue, channel, need, attributes, .. }) => {
                (keys.queue, keys.channel) = (engine.queue(queue), engine.channel(channel));
                keys.requirement = need.as_ref().map(|need| engine.requirement(need));
                keys.attributes = borrowed(attributes);
            }
            C::Update { contact, need, attributes } => {
                keys.contact = engine.contact(contact);
                keys.requirement = need.as_ref().map(|need| engine.requirement(need));
                keys.attributes = borrowed(attributes);
            }
            C::Accept { offer } | C::Decline { offer, .. } => keys.offer = engine.offer(*offer),
            C::Cancel { contact, .. }
            | C::Reprioritise { contact, .. }
            | C::Connected { contact }
            | C::Hold { contact }
            | C::Resume { contact }
            | C::Release { contact, .. } => keys.contact = engine.contact(contact),
            C::Transfer { contact, queue, .. } => {
                (keys.contact, keys.queue) = (engine.contact(contact), engine.queue(queue));
            }
            C::Join { contact, agent, .. }
            | C::Leave { contact, agent }
            | C::HandOver { contact, agent }
            | C::ExtendWrapUp { contact, agent, .. }
            | C::EndWrapUp { contact, agent } => {
                (keys.contact, keys.agent) = (engine.contact(contact), engine.agent(agent));
            }
            C::Dispose { contact, codes } => {
                keys.contact = engine.contact(contact);
                keys.codes = codes.iter().map(String::as_str).collect();
            }
        }
        keys
    }

    /// The command itself; none for the bare passing of time.
    fn command(&'a self, script: &'a ScriptCommand) -> Option<Command<'a>> {
        let Self { agent, contact, offer, queue, .. } = *self;
        let (skills, queues) = (self.skills.as_deref(), self.queues.as_deref());
        let (capacity, requirement) = (self.capacity.as_deref(), self.requirement.as_ref());
        let (attributes, codes) = (&*self.attributes, &*self.codes);
        use ScriptCommand as C;
        Some(match script {
            C::Advance => return None,
            C::SignIn { agent, .. } => Command::SignIn {
                agent,
                skills: skills.unwrap_or_default(),
                queues: queues.unwrap_or_default(),
                capacity: capacity.unwrap_or_default(),
            },
            C::SignOut { .. } => Command::SignOut(agent),
            C::Ready { .. } => Command::Ready(agent),
            C::NotReady { reason, .. } => Command::NotReady { agent, reason: reason.as_deref() },
            C::SetDevice { device, .. } => Command::SetDevice { agent, device: *device },
            C::Change { .. } => Command::Change { agent, skills, queues, capacity },
            C::Enqueue(arrival) => Command::Enqueue(NewContact {
                band: arrival.band,
                head_start: arrival.head_start,
                requirement,
                attributes,
                ..NewContact::new(&arrival.contact, queue, self.channel)
            }),
            C::Cancel { cause, .. } => Command::Cancel { contact, cause: *cause },
            C::Reprioritise { band, head_start, .. } => {
                Command::Reprioritise { contact, band: *band, head_start: *head_start }
            }
            C::Update { .. } => Command::Update { contact, requirement, attributes },
            C::Accept { .. } => Command::Accept(offer),
            C::Decline { reason, .. } => Command::Decline { offer, reason: reason.as_deref() },
            C::Connected { .. } => Command::Connected(contact),
            C::Hold { .. } => Command::Hold(contact),
            C::Resume { .. } => Command::Resume(contact),
            C::Transfer { keep_age, .. } => {
                Command::Transfer { contact, queue, keep_age: *keep_age }
            }
            C::Join { role, .. } => Command::Join { contact, agent, role: *role },
            C::Leave { .. } => Command::Leave { contact, agent },
            C::HandOver { .. } => Command::HandOver { contact, agent },
            C::Release { by, .. } => Command::Release { contact, by: *by },
            C::ExtendWrapUp { by, .. } => Command::ExtendWrapUp { agent, contact, by: *by },
            C::EndWrapUp { .. } => Command::EndWrapUp { agent, contact },
            C::Dispose { .. } => Command::Dispose { contact, codes },
        })
    }

    fn take_profile(&mut self, engine: &Engine, profile: &Profile) {
        let queues = |names: &Vec<String>| names.iter().map(|name| engine.queue(name)).collect();
        let room = |(name, slots): &(String, u16)| Capacity {
            channel: engine.channel(name),
            slots: *slots,
        };
        let rooms = |capacity: &Vec<(String, u16)>| capacity.iter().map(room).collect();
        self.skills = profile.skills.as_ref().map(|skills| engine.levels(skills));
        self.queues = profile.queues.as_ref().map(queues);
        self.capacity = profile.capacity.as_ref().map(rooms);
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
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
