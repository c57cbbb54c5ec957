//! Commands at random for any plan: whatever a host could ask that knows nothing of the
//! rules. Most make sense at the time, some name what is not there.

// Each test binary takes the part it needs.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::sync::Arc;

use ccroute_core::{
    AdoptedPhase, AgentKey, AgentSettings, Capacity, Cause, ChannelKey, Command, ContactKey,
    Device, EventKind, Failure, KpiKey, LineKey, Link, Millionths, NewContact, Observed,
    ObservedPhase, OfferKey, Plan, Preferred, QueueKey, Rejection, Reply, Requirement, Role,
    Router, ScoreRow, Shift, SkillKey, SkillLevel, Span, TableKey, Timestamp, Value,
};

/// Where choices come from: dice, or the bytes of a fuzzer.
pub(crate) trait Choices {
    /// A number below `sides`.
    fn below(&mut self, sides: usize) -> usize;

    fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    fn among<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Somebody, or sometimes nothing.
    fn maybe<T>(&mut self, times: usize, what: impl FnOnce(&mut Self) -> T) -> Option<T>
    where
        Self: Sized,
    {
        self.chance(times, 10).then(|| what(self))
    }
}

/// How many of the latest commands are remembered.
const TOLD: usize = 200;
const NAMES: [&str; 6] = ["ana", "ben", "cyd", "dan", "eve", "fay"];
const WORDS: [&str; 5] = ["language", "segment", "es", "gold", "1"];
const NOW_AND_THEN: [u32; 16] = [0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 8, 16, 40, 120, 4_000];

/// Who has come up so far, and what time it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    pub(crate) now: Timestamp,
    contacts: Vec<ContactKey>,
    offers: Vec<OfferKey>,
    entered: usize,
    /// The latest commands, for whoever asks what went wrong.
    told: VecDeque<String>,
}

impl Crowd {
    /// A crowd before a router that is not new.
    pub(crate) fn at(now: Option<Timestamp>) -> Self {
        Self { now: now.unwrap_or_default(), ..Self::default() }
    }

    /// The latest commands, line by line.
    pub(crate) fn told(&self) -> String {
        let told: Vec<&str> = self.told.iter().map(String::as_str).collect();
        told.join("\n")
    }

    /// One command at random, and what the router says to it.
    pub(crate) fn step(
        &mut self,
        router: &mut Router,
        plans: &[Arc<Plan>],
        choices: &mut impl Choices,
    ) -> Result<Reply, Rejection> {
        self.now = self.now + Span::secs(choices.among(&NOW_AND_THEN));
        let reply = match choices.below(16) {
            0..=2 => self.arrival(router, choices),
            3 | 4 => self.shift(router, choices),
            5..=7 => self.presence(router, choices),
            8..=12 => self.offer_or_conversation(router, choices),
            13 => self.waiting(router, choices),
            14 => self.after(router, choices),
            _ => self.whole(router, plans, choices),
        };
        for event in router.events() {
            let contact = event.contact.and_then(|key| router.contact_id(key)).unwrap_or("");
            let agent = event.agent.map_or("", |key| router.agent_name(key));
            self.told.push_back(format!("  {} {contact} {agent} {}", event.kind, event.cause));
            if event.kind == EventKind::OfferMade {
                self.offers.extend(event.offer);
            }
            if event.kind == EventKind::ContactQueued {
                self.contacts.extend(event.contact.filter(|of| !self.contacts.contains(of)));
            }
        }
        router.clear_events();
        self.offers.drain(..self.offers.len().saturating_sub(12));
        self.contacts.drain(..self.contacts.len().saturating_sub(30));
        reply
    }

    fn tell(&mut self, router: &mut Router, command: Command<'_>) -> Outcome {
        // A plan is long, and known to whoever reads this.
        let whole = !matches!(command, Command::SetPlan(_));
        let told = if whole { format!("{command:?}") } else { command.word().to_owned() };
        self.told.push_back(format!("{} {told}", self.now));
        self.told.drain(..self.told.len().saturating_sub(TOLD));
        router.apply(self.now, command)
    }

    fn agent(&self, router: &Router, choices: &mut impl Choices) -> AgentKey {
        let known = router.agent_names().len();
        let unknown = usize::from(known == 0 || choices.chance(1, 30));
        AgentKey::new(choices.below(known + unknown))
    }

    fn contact(&self, choices: &mut impl Choices) -> ContactKey {
        if self.contacts.is_empty() || choices.chance(1, 40) {
            return ContactKey::from_raw((7 << 32) | 70_000).expect("a key's shape");
        }
        choices.among(&self.contacts)
    }

    fn offer(&self, choices: &mut impl Choices) -> OfferKey {
        if self.offers.is_empty() {
            return OfferKey::from_raw((7 << 32) | 70_000).expect("a key's shape");
        }
        // The latest ones are likelier to be live.
        let back = choices.below(self.offers.len()).min(choices.below(self.offers.len()));
        self.offers[self.offers.len() - 1 - back]
    }

    fn arrival(&mut self, router: &mut Router, choices: &mut impl Choices) -> Outcome {
        self.entered += usize::from(!choices.chance(1, 30));
        let id = format!("c{}", self.entered);
        let phase = choices.chance(1, 12).then(|| {
            let agent = self.agent(router, choices);
            choices.among(&[AdoptedPhase::Waiting, AdoptedPhase::Engaged(agent)])
        });
        let own = needs(router.plan(), choices);
        let attributes = attributes(choices);
        let preferred = [preferred(choices), preferred(choices)];
        let excluded = [(choices.among(&NAMES), choices.maybe(5, span))];
        let contact = NewContact {
            queue: choices.maybe(7, |choices| queue(router.plan(), choices)),
            band: choices.maybe(3, |choices| choices.below(4) as i16 - 1),
            head_start: choices.maybe(3, shift),
            requirement: choices.chance(3, 10).then_some(&own),
            attributes: &attributes,
            preferred: &preferred[..choices.below(3)],
            excluded: &excluded[..usize::from(choices.chance(1, 8))],
            entered_at: choices.maybe(1, |_| self.now),
            not_before: choices.maybe(1, |choices| self.now + span(choices)),
            customer: choices.maybe(5, |choices| choices.among(&NAMES)),
            ..NewContact::unplaced(&id, channel(router.plan(), choices))
        };
        let command =
            phase.map_or(Command::Enqueue(contact), |phase| Command::Adopt { contact, phase });
        self.tell(router, command)
    }

    fn shift(&mut self, router: &mut Router, choices: &mut impl Choices) -> Outcome {
        let plan = router.plan();
        let skills: Vec<SkillLevel> = (0..choices.below(4)).map(|_| skill(plan, choices)).collect();
        let labels = attributes(choices);
        let queues: Vec<Link> = (0..plan.queues.len())
            .map(|queue| link(QueueKey::new(queue), choices))
            .filter(|link| !link.rank.is_multiple_of(4))
            .collect();
        let capacity: Vec<Capacity> = (0..plan.channels.len())
            .map(|channel| (ChannelKey::new(channel), choices.below(4) as u16))
            .filter(|(_, slots)| *slots > 0)
            .map(|(channel, slots)| Capacity { channel, slots })
            .collect();
        let lines: Vec<LineKey> =
            (0..plan.lines.len()).filter(|_| choices.chance(1, 2)).map(LineKey::new).collect();
        let given = |choices: &mut _| Choices::chance(choices, 4, 5);
        let settings = AgentSettings {
            skills: given(choices).then_some(&skills),
            labels: given(choices).then_some(&labels),
            queues: given(choices).then_some(&queues),
            capacity: given(choices).then_some(&capacity),
            budget: choices.maybe(1, |choices| choices.below(200) as u32),
            lines: choices.chance(1, 5).then_some(&lines),
        };
        let agent = self.agent(router, choices);
        let command = match choices.below(12) {
            0..=8 => Command::SignIn { agent: choices.among(&NAMES), settings },
            9 | 10 => Command::Change { agent, settings },
            _ => Command::SignOut(agent),
        };
        self.tell(router, command)
    }

    fn presence(&mut self, router: &mut Router, choices: &mut impl Choices) -> Outcome {
        let agent = self.agent(router, choices);
        let all: Vec<AgentKey> = (0..router.agent_names().len()).map(AgentKey::new).collect();
        let command = match choices.below(12) {
            0..=7 => Command::Ready(agent),
            8 => Command::ReadyAll(&all),
            9 => Command::NotReady { agent, reason: choices.maybe(5, |_| "break") },
            _ => Command::SetDevice { agent, device: choices.among(Device::ALL) },
        };
        self.tell(router, command)
    }

    fn offer_or_conversation(
        &mut self,
        router: &mut Router,
        choices: &mut impl Choices,
    ) -> Outcome {
        let offer = self.offer(choices);
        let contact = self.contact(choices);
        let agent = self.agent(router, choices);
        let queue = queue(router.plan(), choices);
        let command = match choices.below(16) {
            0..=4 => Command::Accept(offer),
            5 => Command::Decline {
                offer,
                failure: choices.among(Failure::ALL),
                reason: choices.maybe(3, |_| "lunch"),
            },
            6..=8 => Command::Connected(contact),
            9 => Command::Hold(contact),
            10 => Command::Resume(contact),
            11 => Command::Transfer { contact, queue, keep_age: choices.chance(1, 2) },
            12 => Command::Join { contact, agent, role: choices.among(Role::ALL) },
            13 => Command::Leave { contact, agent },
            14 => Command::HandOver { contact, agent },
            _ => Command::Release { contact, by: choices.among(Cause::OF_RELEASE) },
        };
        self.tell(router, command)
    }

    fn waiting(&mut self, router: &mut Router, choices: &mut impl Choices) -> Outcome {
        let contact = self.contact(choices);
        let agent = self.agent(router, choices);
        let own = needs(router.plan(), choices);
        let attributes = attributes(choices);
        let preferred = [preferred(choices)];
        let command = match choices.below(12) {
            0 => Command::Cancel { contact, cause: choices.among(Cause::OF_CANCEL) },
            1 => Command::Reprioritise {
                contact,
                band: choices.maybe(5, |choices| choices.below(5) as i16 - 2),
                head_start: choices.maybe(5, shift),
            },
            2 | 3 => Command::Update {
                contact,
                requirement: choices.chance(1, 2).then_some(&own),
                attributes: &attributes,
                preferred: choices.chance(1, 3).then_some(&preferred),
            },
            4 => Command::Reclassify(contact),
            5 => {
                let lasts = choices.maybe(5, span);
                Command::Exclude { contact, agent: choices.among(&NAMES), lasts }
            }
            6 => Command::Readmit { contact, agent },
            7 => Command::Pick { agent, contact },
            8 => Command::Suspend { contact, lasts: choices.maybe(5, span) },
            9 => Command::Reinstate(contact),
            10 => Command::Press { contact, key: choices.among(&["1", "2", "9"]) },
            _ => {
                let at = choices.maybe(3, |choices| self.now + span(choices));
                Command::RequestCallback { contact, at }
            }
        };
        self.tell(router, command)
    }

    fn after(&mut self, router: &mut Router, choices: &mut impl Choices) -> Outcome {
        let contact = self.contact(choices);
        let agent = self.agent(router, choices);
        let codes: Vec<String> =
            router.plan().queues.iter().flat_map(|queue| queue.dispositions.clone()).collect();
        let codes: Vec<&str> =
            codes.iter().map(String::as_str).filter(|_| choices.chance(1, 2)).collect();
        let command = match choices.below(7) {
            0 => Command::Release { contact, by: Cause::Customer },
            1 => Command::ExtendWrapUp { agent, contact, by: span(choices) },
            2 | 3 => Command::EndWrapUp { agent, contact },
            4 => Command::Dispose { contact, codes: &codes },
            5 => Command::FailConnection { contact, cause: choices.among(Cause::OF_CONNECTION) },
            _ => Command::FailCallback { contact, cause: choices.among(Cause::OF_ATTEMPT) },
        };
        self.tell(router, command)
    }

    /// What concerns the whole: queues, lines, figures, tables, the plan, the platform.
    fn whole(
        &mut self,
        router: &mut Router,
        plans: &[Arc<Plan>],
        choices: &mut impl Choices,
    ) -> Outcome {
        let agent = self.agent(router, choices);
        let row = |choices: &mut _| ScoreRow {
            kind: Choices::among(choices, &WORDS),
            agent: Choices::among(choices, &NAMES),
            score: Millionths::new(Choices::below(choices, 2_000_000) as i64 - 1_000_000),
        };
        let rows = [row(choices), row(choices), row(choices)];
        let ids = [format!("c{}", self.entered), format!("c{}", self.entered.saturating_sub(3))];
        let seen = |choices: &mut _, id| {
            let id: &str = id;
            let phases = [ObservedPhase::Present, ObservedPhase::Engaged(agent)];
            Observed { id, phase: Choices::among(choices, &phases), contact: None }
        };
        let observed = [seen(choices, &ids[0]), seen(choices, &ids[1])];
        let command = match choices.below(7) {
            0 => Command::SetQueueOpen {
                queue: queue(router.plan(), choices),
                open: choices.chance(2, 3),
            },
            1 => {
                let line = LineKey::new(choices.below(router.plan().lines.len() + 1));
                Command::SetLine { line, up: choices.chance(2, 3) }
            }
            2 => Command::ObserveKpi {
                kpi: KpiKey::new(choices.below(router.plan().kpis.len() + 1)),
                numerator: choices.below(100) as i64,
                denominator: choices.below(4) as i64,
            },
            3 => Command::SetScores {
                table: TableKey::new(choices.below(router.plan().tables.len() + 1)),
                version: 1,
                expires: self.now + span(choices),
                rows: &rows[..choices.below(4)],
            },
            4 if !plans.is_empty() => Command::SetPlan(&plans[choices.below(plans.len())]),
            5 if choices.chance(1, 3) => Command::Reconcile { observed: &observed, among: None },
            _ => return router.advance(self.now).map(|()| Reply::Done),
        };
        self.tell(router, command)
    }
}

type Outcome = Result<Reply, Rejection>;

fn span(choices: &mut impl Choices) -> Span {
    Span::secs(1 + choices.below(90) as u32)
}

fn shift(choices: &mut impl Choices) -> Shift {
    Shift::from_micros((choices.below(240) as i64 - 60) * 1_000_000).expect("some minutes")
}

fn queue(plan: &Plan, choices: &mut impl Choices) -> QueueKey {
    let unknown = usize::from(choices.chance(1, 40));
    QueueKey::new(choices.below((plan.queues.len() + unknown).max(1)))
}

fn channel(plan: &Plan, choices: &mut impl Choices) -> ChannelKey {
    let first = choices.chance(2, 3);
    ChannelKey::new(if first { 0 } else { choices.below(plan.channels.len()) })
}

fn skill(plan: &Plan, choices: &mut impl Choices) -> SkillLevel {
    let skill = SkillKey::new(choices.below(plan.skills.len().max(1)));
    SkillLevel { skill, level: 1 + choices.below(10) as u8 }
}

fn needs(plan: &Plan, choices: &mut impl Choices) -> Requirement {
    let mut levels = |most: usize| -> Vec<SkillLevel> {
        (0..choices.below(most)).map(|_| skill(plan, choices)).collect()
    };
    let (all_of, group, none_of) = (levels(2), levels(3), levels(2));
    let any_of = if group.is_empty() { Vec::new() } else { vec![group] };
    Requirement { all_of, any_of, none_of, ..Requirement::default() }
}

fn attributes(choices: &mut impl Choices) -> Vec<(&'static str, Value)> {
    let value = |choices: &mut _| match Choices::below(choices, 3) {
        0 => Value::Flag(true),
        1 => Value::Number(Choices::below(choices, 5) as i64),
        _ => Value::Text(Choices::among(choices, &WORDS).into()),
    };
    (0..choices.below(3)).map(|_| (choices.among(&WORDS), value(choices))).collect()
}

fn preferred(choices: &mut impl Choices) -> Preferred<'static> {
    Preferred { agent: choices.among(&NAMES), score: choices.below(1_001) as u16 }
}

fn link(queue: QueueKey, choices: &mut impl Choices) -> Link {
    Link {
        queue,
        rank: choices.below(5) as u32,
        position: choices.below(4) as u32,
        delay: choices.maybe(1, span).unwrap_or(Span::ZERO),
        help_waiting: choices.maybe(1, |choices| 1 + choices.below(3) as u32),
        help_waited: choices.maybe(1, span),
    }
}
