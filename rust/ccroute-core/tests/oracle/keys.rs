//! What the names of a command stand for in the real router, and the command itself.
//! What a command does not name is a key that does not exist.

use std::sync::Arc;

use ccroute_core::{
    AdoptedPhase, AgentKey, AgentSettings, Capacity, Command, ContactKey, LineKey, NewContact,
    Observed, ObservedPhase, OfferKey, Plan, Preferred, QueueKey, Requirement, ScoreRow,
    SkillLevel, Span, Value,
};

use super::commands::{Arrival, Observed as ScriptObserved, ScriptCommand, Table, Update};
use super::driver::Engine;
use super::rules::{Link, Profile};

/// The names of a command, looked up.
pub(super) struct Keys<'a> {
    agent: AgentKey,
    contact: ContactKey,
    offer: OfferKey,
    queue: QueueKey,
    settings: Settings<'a>,
    requirement: Option<Requirement>,
    attributes: Vec<(&'a str, Value)>,
    preferred: Vec<Preferred<'a>>,
    codes: Vec<&'a str>,
    agents: Vec<AgentKey>,
    line: LineKey,
    kpi: ccroute_core::KpiKey,
    table: ccroute_core::TableKey,
    rows: Vec<ScoreRow<'a>>,
    plan: Option<Arc<Plan>>,
    arrivals: Vec<Newcomer<'a>>,
    /// Who the contacts observed, or adopted, are engaged with.
    engaged: Vec<Option<AgentKey>>,
}

/// An agent's settings, looked up.
#[derive(Default)]
struct Settings<'a> {
    skills: Option<Vec<SkillLevel>>,
    labels: Option<Vec<(&'a str, Value)>>,
    queues: Option<Vec<ccroute_core::Link>>,
    capacity: Option<Vec<Capacity>>,
    budget: Option<u32>,
    lines: Option<Vec<LineKey>>,
}

/// A contact that comes in, looked up.
struct Newcomer<'a> {
    arrival: &'a Arrival,
    queue: Option<QueueKey>,
    channel: ccroute_core::ChannelKey,
    requirement: Option<Requirement>,
    attributes: Vec<(&'a str, Value)>,
    preferred: Vec<Preferred<'a>>,
    excluded: Vec<(&'a str, Option<Span>)>,
}

impl<'a> Settings<'a> {
    fn of(engine: &Engine, profile: &'a Profile) -> Self {
        let link = |link: &Link| ccroute_core::Link {
            queue: engine.queue(&link.queue),
            rank: link.rank,
            position: link.position,
            delay: link.delay,
            help_waiting: link.help_waiting,
            help_waited: link.help_waited,
        };
        let room = |(name, slots): &(String, u16)| Capacity {
            channel: engine.channel(name),
            slots: *slots,
        };
        let lines = |lines: &Vec<String>| lines.iter().map(|line| engine.line(line)).collect();
        Self {
            skills: profile.skills.as_ref().map(|skills| engine.levels(skills)),
            labels: profile.labels.as_ref().map(|labels| borrowed(labels)),
            queues: profile.links.as_ref().map(|links| links.iter().map(link).collect()),
            capacity: profile.capacity.as_ref().map(|rooms| rooms.iter().map(room).collect()),
            budget: profile.budget,
            lines: profile.lines.as_ref().map(lines),
        }
    }

    fn settings(&self) -> AgentSettings<'_> {
        AgentSettings {
            skills: self.skills.as_deref(),
            labels: self.labels.as_deref(),
            queues: self.queues.as_deref(),
            capacity: self.capacity.as_deref(),
            budget: self.budget,
            lines: self.lines.as_deref(),
        }
    }
}

impl<'a> Newcomer<'a> {
    fn of(engine: &Engine, arrival: &'a Arrival) -> Self {
        let excluded = arrival.excluded.iter();
        Self {
            arrival,
            queue: arrival.queue.as_ref().map(|queue| engine.queue(queue)),
            channel: engine.channel(&arrival.channel),
            requirement: arrival.need.as_ref().map(|need| engine.requirement(need)),
            attributes: borrowed(&arrival.attributes),
            preferred: preferred(&arrival.preferred),
            excluded: excluded.map(|(agent, lasts)| (agent.as_str(), *lasts)).collect(),
        }
    }

    fn contact(&self) -> NewContact<'_> {
        let arrival = self.arrival;
        NewContact {
            id: &arrival.contact,
            queue: self.queue,
            channel: self.channel,
            band: arrival.band,
            head_start: arrival.head_start,
            requirement: self.requirement.as_ref(),
            attributes: &self.attributes,
            preferred: &self.preferred,
            excluded: &self.excluded,
            entered_at: arrival.entered_at,
            not_before: arrival.not_before,
            customer: arrival.customer.as_deref(),
            conversation: arrival.conversation.as_deref(),
            previous: arrival.previous.as_deref(),
        }
    }
}

impl<'a> Keys<'a> {
    pub(super) fn of(engine: &Engine, command: &'a ScriptCommand) -> Self {
        let mut keys = Self {
            agent: engine.agent(""),
            contact: engine.contact(""),
            offer: engine.offer(0),
            queue: engine.queue(""),
            settings: Settings::default(),
            requirement: None,
            attributes: Vec::new(),
            preferred: Vec::new(),
            codes: Vec::new(),
            agents: Vec::new(),
            line: engine.line(""),
            kpi: engine.kpi(""),
            table: engine.table(""),
            rows: Vec::new(),
            plan: None,
            arrivals: Vec::new(),
            engaged: Vec::new(),
        };
        keys.look_up(engine, command);
        keys
    }

    fn look_up(&mut self, engine: &Engine, command: &'a ScriptCommand) {
        use ScriptCommand as C;
        match command {
            C::Advance => {}
            C::SignIn { profile, .. } => self.settings = Settings::of(engine, profile),
            C::Change { agent, profile } => {
                self.agent = engine.agent(agent);
                self.settings = Settings::of(engine, profile);
            }
            C::SignOut { agent }
            | C::Ready { agent }
            | C::NotReady { agent, .. }
            | C::SetDevice { agent, .. } => self.agent = engine.agent(agent),
            C::ReadyAll { agents } => {
                self.agents = agents.iter().map(|it| engine.agent(it)).collect()
            }
            C::Enqueue(arrival) => self.arrivals = vec![Newcomer::of(engine, arrival)],
            C::Adopt { arrival, engaged } => {
                self.arrivals = vec![Newcomer::of(engine, arrival)];
                self.engaged = vec![engaged.as_ref().map(|agent| engine.agent(agent))];
            }
            C::Reconcile { observed, .. } => self.look_up_report(engine, observed),
            C::Update { contact, update } => self.look_up_update(engine, contact, update),
            C::Accept { offer } | C::Decline { offer, .. } => self.offer = engine.offer(*offer),
            C::Cancel { contact, .. }
            | C::Reprioritise { contact, .. }
            | C::Reclassify { contact }
            | C::Exclude { contact, .. }
            | C::Connected { contact }
            | C::Hold { contact }
            | C::Resume { contact }
            | C::Press { contact, .. }
            | C::RequestCallback { contact, .. }
            | C::FailConnection { contact, .. }
            | C::FailCallback { contact, .. }
            | C::Suspend { contact, .. }
            | C::Reinstate { contact }
            | C::Release { contact, .. } => self.contact = engine.contact(contact),
            C::Transfer { contact, queue, .. } => {
                (self.contact, self.queue) = (engine.contact(contact), engine.queue(queue));
            }
            C::Join { contact, agent, .. }
            | C::Leave { contact, agent }
            | C::HandOver { contact, agent }
            | C::Readmit { contact, agent }
            | C::Pick { contact, agent }
            | C::ExtendWrapUp { contact, agent, .. }
            | C::EndWrapUp { contact, agent } => {
                (self.contact, self.agent) = (engine.contact(contact), engine.agent(agent));
            }
            C::Dispose { contact, codes } => {
                self.contact = engine.contact(contact);
                self.codes = codes.iter().map(String::as_str).collect();
            }
            C::SetQueueOpen { queue, .. } => self.queue = engine.queue(queue),
            C::SetLine { line, .. } => self.line = engine.line(line),
            C::ObserveKpi { kpi, .. } => self.kpi = engine.kpi(kpi),
            C::SetScores(it) => (self.table, self.rows) = (engine.table(&it.table), rows(it)),
            C::SetPlan { plan } => self.plan = Some(Arc::clone(engine.plan(plan))),
        }
    }

    fn look_up_report(&mut self, engine: &Engine, observed: &'a [ScriptObserved]) {
        let arrivals = observed.iter().filter_map(|seen| seen.arrival.as_ref());
        self.arrivals = arrivals.map(|arrival| Newcomer::of(engine, arrival)).collect();
        let engaged = observed.iter().map(|seen| seen.engaged.as_ref());
        self.engaged = engaged.map(|agent| agent.map(|agent| engine.agent(agent))).collect();
    }

    fn look_up_update(&mut self, engine: &Engine, contact: &str, update: &'a Update) {
        self.contact = engine.contact(contact);
        self.requirement = update.need.as_ref().map(|need| engine.requirement(need));
        self.attributes = borrowed(&update.attributes);
        self.preferred = preferred(update.preferred.as_deref().unwrap_or_default());
    }

    /// Runs with the command itself; with none for the bare passing of time.
    pub(super) fn with_command<T>(
        &self,
        script: &ScriptCommand,
        run: impl FnOnce(Option<Command<'_>>) -> T,
    ) -> T {
        if let ScriptCommand::Reconcile { observed, among } = script {
            let mut arrivals = self.arrivals.iter();
            let observed: Vec<Observed<'_>> = observed
                .iter()
                .zip(&self.engaged)
                .map(|(seen, engaged)| Observed {
                    id: &seen.contact,
                    phase: engaged.map_or(ObservedPhase::Present, ObservedPhase::Engaged),
                    contact: seen
                        .arrival
                        .as_ref()
                        .and_then(|_| arrivals.next())
                        .map(Newcomer::contact),
                })
                .collect();
            let among = among.as_ref().map(|(key, value)| (key.as_str(), value));
            return run(Some(Command::Reconcile { observed: &observed, among }));
        }
        run(self.command(script))
    }

    fn command<'c>(&'c self, script: &'c ScriptCommand) -> Option<Command<'c>> {
        let Self { agent, contact, offer, queue, .. } = *self;
        use ScriptCommand as C;
        Some(match script {
            C::Advance => return None,
            C::SignIn { agent: id, .. } => Command::SignIn { agent: id, settings: self.profile() },
            C::SignOut { .. } => Command::SignOut(agent),
            C::Ready { .. } => Command::Ready(agent),
            C::ReadyAll { .. } => Command::ReadyAll(&self.agents),
            C::NotReady { reason, .. } => Command::NotReady { agent, reason: reason.as_deref() },
            C::SetDevice { device, .. } => Command::SetDevice { agent, device: *device },
            C::Change { .. } => Command::Change { agent, settings: self.profile() },
            C::Accept { .. } => Command::Accept(offer),
            C::Decline { failure, reason, .. } => {
                Command::Decline { offer, failure: *failure, reason: reason.as_deref() }
            }
            C::Pick { .. } => Command::Pick { agent, contact },
            C::Join { role, .. } => Command::Join { contact, agent, role: *role },
            C::Leave { .. } => Command::Leave { contact, agent },
            C::HandOver { .. } => Command::HandOver { contact, agent },
            C::ExtendWrapUp { by, .. } => Command::ExtendWrapUp { agent, contact, by: *by },
            C::EndWrapUp { .. } => Command::EndWrapUp { agent, contact },
            C::SetQueueOpen { open, .. } => Command::SetQueueOpen { queue, open: *open },
            C::SetLine { up, .. } => Command::SetLine { line: self.line, up: *up },
            C::ObserveKpi { numerator, denominator, .. } => Command::ObserveKpi {
                kpi: self.kpi,
                numerator: *numerator,
                denominator: *denominator,
            },
            C::SetScores(table) => Command::SetScores {
                table: self.table,
                version: table.version,
                expires: table.expires,
                rows: &self.rows,
            },
            C::SetPlan { .. } => Command::SetPlan(self.plan.as_ref().expect("looked up")),
            C::Transfer { keep_age: age, .. } => {
                Command::Transfer { contact, queue, keep_age: *age }
            }
            C::Enqueue(_)
            | C::Cancel { .. }
            | C::Reprioritise { .. }
            | C::Update { .. }
            | C::Reclassify { .. }
            | C::Exclude { .. }
            | C::Readmit { .. }
            | C::Connected { .. }
            | C::Hold { .. }
            | C::Resume { .. }
            | C::Release { .. }
            | C::Dispose { .. }
            | C::Press { .. }
            | C::RequestCallback { .. }
            | C::FailConnection { .. }
            | C::FailCallback { .. }
            | C::Suspend { .. }
            | C::Reinstate { .. }
            | C::Adopt { .. }
            | C::Reconcile { .. } => self.contact_command(script),
        })
    }

    fn profile(&self) -> AgentSettings<'_> {
        self.settings.settings()
    }

    /// The commands that are about one contact alone.
    fn contact_command<'c>(&'c self, script: &'c ScriptCommand) -> Command<'c> {
        let contact = self.contact;
        use ScriptCommand as C;
        match script {
            C::Enqueue(_) => Command::Enqueue(self.arrivals[0].contact()),
            C::Adopt { .. } => {
                let phase = self.engaged[0].map_or(AdoptedPhase::Waiting, AdoptedPhase::Engaged);
                Command::Adopt { contact: self.arrivals[0].contact(), phase }
            }
            C::Cancel { cause, .. } => Command::Cancel { contact, cause: *cause },
            C::Reprioritise { band, head_start, .. } => {
                Command::Reprioritise { contact, band: *band, head_start: *head_start }
            }
            C::Update { update, .. } => Command::Update {
                contact,
                requirement: self.requirement.as_ref(),
                attributes: &self.attributes,
                preferred: update.preferred.as_ref().map(|_| &*self.preferred),
            },
            C::Reclassify { .. } => Command::Reclassify(contact),
            C::Exclude { agent, lasts, .. } => Command::Exclude { contact, agent, lasts: *lasts },
            C::Readmit { .. } => Command::Readmit { contact, agent: self.agent },
            C::Connected { .. } => Command::Connected(contact),
            C::Hold { .. } => Command::Hold(contact),
            C::Resume { .. } => Command::Resume(contact),
            C::Release { by, .. } => Command::Release { contact, by: *by },
            C::Dispose { .. } => Command::Dispose { contact, codes: &self.codes },
            C::Press { key, .. } => Command::Press { contact, key },
            C::RequestCallback { at, .. } => Command::RequestCallback { contact, at: *at },
            C::FailConnection { cause, .. } => Command::FailConnection { contact, cause: *cause },
            C::FailCallback { cause, .. } => Command::FailCallback { contact, cause: *cause },
            C::Suspend { lasts, .. } => Command::Suspend { contact, lasts: *lasts },
            C::Reinstate { .. } => Command::Reinstate(contact),
            C::Advance
            | C::SignIn { .. }
            | C::SignOut { .. }
            | C::Ready { .. }
            | C::ReadyAll { .. }
            | C::NotReady { .. }
            | C::SetDevice { .. }
            | C::Change { .. }
            | C::Accept { .. }
            | C::Decline { .. }
            | C::Pick { .. }
            | C::Transfer { .. }
            | C::Join { .. }
            | C::Leave { .. }
            | C::HandOver { .. }
            | C::ExtendWrapUp { .. }
            | C::EndWrapUp { .. }
            | C::SetQueueOpen { .. }
            | C::SetLine { .. }
            | C::ObserveKpi { .. }
            | C::SetScores(_)
            | C::SetPlan { .. }
            | C::Reconcile { .. } => unreachable!("made before"),
        }
    }
}

fn borrowed(pairs: &[(String, Value)]) -> Vec<(&str, Value)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

fn rows(table: &Table) -> Vec<ScoreRow<'_>> {
    let rows = table.rows.iter();
    rows.map(|(kind, agent, score)| ScoreRow { kind, agent, score: *score }).collect()
}

fn preferred(pairs: &[(String, u16)]) -> Vec<Preferred<'_>> {
    pairs.iter().map(|(agent, score)| Preferred { agent, score: *score }).collect()
}
