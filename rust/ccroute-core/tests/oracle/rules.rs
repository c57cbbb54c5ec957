//! A plan in names: what the oracle obeys. `translation` makes it of a checked plan.

use ccroute_core::{
    Cause, Condition, ContactField, Millionths, OfferPolicy, OrderPlan, OrderRule, Path,
    PreferredRule, RankChange, RankWindow, Retry, Shift, Span, StaffReason, Strategy, Value,
    WrapUp,
};

use super::need::{Level, Need, Relaxing};

/// What becomes of a contact by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Move(String),
    End(Cause),
    OfferCallback,
}

/// Whether a condition asks how often a contact was offered, or missed.
fn asks_for_offers(condition: &Condition) -> bool {
    let paths = condition.root().paths();
    let offers = Path::Contact(ContactField::Offers);
    let missed = Path::Contact(ContactField::Missed);
    paths.into_iter().any(|path| *path == offers || *path == missed)
}

impl QueueRules {
    pub(crate) fn asks_for_offers(&self) -> bool {
        let conditions = self.steps.iter().flat_map(|step| [&step.when, &step.only_if]);
        conditions.flatten().any(asks_for_offers)
    }
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueRules {
    pub(crate) name: String,
    pub(crate) keys: Vec<Strategy>,
    pub(crate) weights: Vec<(String, Millionths)>,
    pub(crate) table: Option<String>,
    pub(crate) need: Need,
    pub(crate) ranks: RankWindow,
    pub(crate) preferred: PreferredRule,
    pub(crate) order: OrderRule,
    pub(crate) offer: OfferPolicy,
    pub(crate) wrap_up: WrapUp,
    pub(crate) dispositions: Vec<String>,
    pub(crate) within: Span,
    pub(crate) steps: Vec<StepRules>,
    pub(crate) admission: Admission,
    pub(crate) leaving: Leaving,
    pub(crate) hours: Option<Hours>,
    pub(crate) exits: Vec<(String, Deed)>,
    pub(crate) callback: Option<Callback>,
    pub(crate) keep_free: Option<KeepFree>,
    pub(crate) help: Vec<Help>,
    pub(crate) lines: Vec<String>,
    pub(crate) resets_idle: bool,
    pub(crate) suspension: Span,
    pub(crate) frozen: bool,
    pub(crate) expected_wait: bool,
    /// Not in the plan any more.
    pub(crate) retired: bool,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StepRules {
    pub(crate) name: Option<String>,
    pub(crate) after: Option<Span>,
    pub(crate) when: Option<Condition>,
    pub(crate) only_if: Option<Condition>,
    pub(crate) relax: Vec<Relaxing>,
    pub(crate) ranks: RankChange,
    pub(crate) widen: Vec<String>,
    pub(crate) band: i16,
    pub(crate) head_start: Shift,
    pub(crate) deed: Option<Deed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    pub(crate) longest: Option<u32>,
    pub(crate) staff: Vec<StaffReason>,
    pub(crate) otherwise: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) staff: Vec<StaffReason>,
    pub(crate) after: Span,
    pub(crate) grace: Span,
    pub(crate) move_to: Option<String>,
    pub(crate) resume_within: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hours {
    pub(crate) otherwise: Option<String>,
    /// `None`: they stay.
    pub(crate) waiting: Option<Deed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    pub(crate) queue: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) retry: Retry,
    pub(crate) owner_first: Span,
    pub(crate) connect_within: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeepFree {
    pub(crate) agents: usize,
    pub(crate) queues: Vec<String>,
    pub(crate) channel: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) from: Vec<String>,
    pub(crate) kpi: String,
    pub(crate) when_low: bool,
    pub(crate) bad: Millionths,
    pub(crate) good: Millionths,
    pub(crate) hold: Span,
}

/// An agent's link to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) queue: String,
    pub(crate) rank: u32,
    pub(crate) position: u32,
    pub(crate) delay: Span,
    pub(crate) help_waiting: Option<u32>,
    pub(crate) help_waited: Option<Span>,
}

impl Link {
    /// A plain link.
    pub(crate) fn new(queue: &str) -> Self {
        Self {
            queue: queue.to_owned(),
            rank: 0,
            position: 0,
            delay: Span::ZERO,
            help_waiting: None,
            help_waited: None,
        }
    }
}

/// What an agent is and serves; what is `None` was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) skills: Option<Vec<Level>>,
    pub(crate) labels: Option<Vec<(String, Value)>>,
    pub(crate) links: Option<Vec<Link>>,
    pub(crate) capacity: Option<Vec<(String, u16)>>,
    pub(crate) budget: Option<u32>,
    pub(crate) lines: Option<Vec<String>>,
}

/// An agent of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentRules {
    pub(crate) name: String,
    pub(crate) profile: Profile,
}

/// A rule of classification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassRule {
    pub(crate) name: Option<String>,
    pub(crate) when: Option<Condition>,
    pub(crate) to: Vec<(String, u32)>,
    pub(crate) band: Option<i16>,
    pub(crate) head_start: Option<Shift>,
    pub(crate) slope: Option<Millionths>,
    pub(crate) need: Need,
}

/// An entry of `attach`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) when: Option<Condition>,
    pub(crate) asks: Attached,
    pub(crate) lasts: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attached {
    Fixed(Need),
    SkillOf { attribute: String, level: u8 },
    LabelOf { attribute: String, label: String },
}

/// How much agents can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CapacityRules {
    pub(crate) budget: Option<u32>,
    pub(crate) cost: Vec<(String, u32)>,
    /// Channels that do not let all in, and whom they let in.
    pub(crate) interrupted_by: Vec<(String, Vec<String>)>,
    pub(crate) offers: Option<u16>,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) skills: Vec<String>,
    pub(crate) channels: Vec<String>,
    pub(crate) lines: Vec<String>,
    pub(crate) kpis: Vec<String>,
    pub(crate) queues: Vec<QueueRules>,
    pub(crate) agents: Vec<AgentRules>,
    pub(crate) retention: Span,
    pub(crate) seed: u64,
    pub(crate) order: OrderPlan,
    pub(crate) capacity: CapacityRules,
    pub(crate) classes: Vec<ClassRule>,
    pub(crate) attach: Vec<Attachment>,
    /// Score tables: name, and the attribute that says a contact's type.
    pub(crate) tables: Vec<(String, String)>,
    pub(crate) assign_together: usize,
}

impl Rules {
    /// The rules of a queue that exists.
    pub(crate) fn queue(&self, name: &str) -> &QueueRules {
        self.queues.iter().find(|queue| queue.name == name).expect("the queue was looked up")
    }

    /// What a contact takes of the budget, one unless said.
    pub(crate) fn cost(&self, channel: &str) -> u64 {
        let costs = &self.capacity.cost;
        costs.iter().find(|(named, _)| named == channel).map_or(1, |&(_, cost)| u64::from(cost))
    }

    /// "… some condition of the plan in force … asks for them."
    pub(crate) fn asks_for_offers(&self) -> bool {
        let rules = self.classes.iter().map(|rule| &rule.when);
        let attached = self.attach.iter().map(|entry| &entry.when);
        rules.chain(attached).flatten().any(asks_for_offers)
            || self.queues.iter().any(QueueRules::asks_for_offers)
    }

    /// "The plan's follow-up": names that were known stay known; queues that are gone stay,
    /// retired; tables that are gone stay.
    pub(crate) fn succeeding(mut self, before: &Self) -> Self {
        let merged = |old: &[String], new: Vec<String>| {
            let mut all = old.to_vec();
            for name in new {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
            all
        };
        self.skills = merged(&before.skills, self.skills);
        self.channels = merged(&before.channels, self.channels);
        self.lines = merged(&before.lines, self.lines);
        self.kpis = merged(&before.kpis, self.kpis);
        let mut queues: Vec<QueueRules> = Vec::new();
        for old in &before.queues {
            let new = self.queues.iter().find(|queue| queue.name == old.name);
            queues.push(match new {
                Some(new) => new.clone(),
                None => QueueRules { retired: true, ..old.clone() },
            });
        }
        let known = |name: &String| before.queues.iter().any(|old| old.name == *name);
        queues.extend(self.queues.iter().filter(|queue| !known(&queue.name)).cloned());
        self.queues = queues;
        let mut tables = before.tables.clone();
        for (name, attribute) in std::mem::take(&mut self.tables) {
            match tables.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = attribute,
                None => tables.push((name, attribute)),
            }
        }
        self.tables = tables;
        self
    }
}

/// "Where the queue has no rule: the defaults."
pub(crate) fn default_callback() -> Callback {
    let rule = ccroute_core::CallbackRule::default();
    Callback {
        queue: None,
        attempts: u32::from(rule.attempts),
        retry: rule.retry,
        owner_first: rule.owner_first,
        connect_within: rule.connect_within,
    }
}
