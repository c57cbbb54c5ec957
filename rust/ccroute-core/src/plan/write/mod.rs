//! The checked form written down again: names for keys, every setting spelt out that is
//! not what it would be without it.
//!
//! `to_document` says what is written, `to_toml` (in `toml.rs`) how it looks. What was
//! written is read back as the same plan.

mod queue;
mod toml;

use super::document::{Entry, PlanDocument, Value};
use super::{
    AgentPlan, AttachedNeed, Attachment, Calendar, CapacityPlan, Link, OpenInterval, Plan, Rule,
    grammar,
};
use crate::condition;
use crate::ids::{ChannelKey, LineKey, QueueKey};
use crate::number::Millionths;
use crate::skill::{Requirement, SkillLevel};
use crate::time::{Shift, Span};

pub(super) use toml::is_bare;

impl Plan {
    /// The plan as a document, durations in seconds.
    #[must_use]
    pub fn to_document(&self) -> PlanDocument {
        let queues = self.queue_names.iter().zip(&self.queues);
        let queues = queues.filter(|(_, queue)| !queue.retired);
        let agents = self.agents.iter();
        let tables = self.table_names.iter().zip(&self.tables).filter(|(_, table)| !table.retired);
        let calendars = self.calendar_names.iter().zip(&self.calendars);
        let calendars = calendars.filter(|(_, calendar)| !calendar.retired);
        PlanDocument::new(table([
            ("skills", filled(names(self.skills.iter()))),
            ("channels", Some(names(self.channels.iter()))),
            ("retention", Some(Value::Span(self.retention))),
            ("seed", unless(&self.seed, &0, |seed| integer(*seed))),
            (
                "assign_together",
                unless(&self.assign_together, &0, |most| integer(u64::from(*most))),
            ),
            ("order", filled(self.order_value())),
            ("capacity", filled(self.capacity_value(&self.capacity))),
            (
                "scores",
                filled(rows(tables.map(|(name, of)| {
                    (name, table([("by", Some(Value::Text(of.attribute.clone())))]))
                }))),
            ),
            (
                "calendars",
                filled(rows(calendars.map(|(name, calendar)| (name, calendar_value(calendar))))),
            ),
            ("queues", filled(rows(queues.map(|(name, queue)| (name, self.queue_value(queue)))))),
            ("classification", filled(self.classification_value())),
            ("agents", filled(rows(agents.map(|agent| (&*agent.name, self.agent_value(agent)))))),
        ]))
    }

    /// The plan in TOML. What [`Self::from_toml`] accepted, it accepts again as an
    /// equal plan; what was built in code is not checked here.
    ///
    /// ```
    /// use ccroute_core::Plan;
    /// let plan = Plan::from_toml("[queues.sales]\noffer.timeout = 20").unwrap();
    /// assert!(plan.to_toml().contains("offer = { timeout = \"20s\", "));
    /// assert_eq!(Plan::from_toml(&plan.to_toml()).unwrap(), plan);
    /// ```
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::written(self.to_document())
    }

    fn order_value(&self) -> Value {
        let default = super::OrderPlan::default();
        table([
            ("across", unless(&self.order.across, &default.across, |word| text(word.word()))),
            ("ranked", unless(&self.order.ranked, &default.ranked, |flag| Value::Bool(*flag))),
        ])
    }

    fn capacity_value(&self, capacity: &CapacityPlan) -> Value {
        let CapacityPlan { budget, cost, interrupted_by, offers } = capacity;
        let channels = |index: usize| self.channels.name(index);
        let costs = cost.iter().enumerate().map(|(at, cost)| (channels(at), integer(*cost)));
        let by = interrupted_by.iter().enumerate().filter_map(|(at, by)| {
            let by = by.as_ref()?;
            Some((channels(at), names(by.iter().map(|by| channels(by.index())))))
        });
        table([
            ("budget", budget.map(integer)),
            ("cost", filled(rows(costs))),
            ("interrupted_by", filled(rows(by))),
            ("offers", offers.map(integer)),
        ])
    }

    fn classification_value(&self) -> Value {
        let rules = self.classification.rules.iter().map(|rule| self.rule_value(rule).into());
        let attach = self.classification.attach.iter();
        let attach = attach.map(|entry| self.attachment_value(entry).into());
        table([
            ("rules", filled(Value::List(rules.collect()))),
            ("attach", filled(Value::List(attach.collect()))),
        ])
    }

    fn rule_value(&self, rule: &Rule) -> Value {
        let Rule { name, when, to, band, head_start, slope, requirement } = rule;
        let part = |&(queue, share): &(QueueKey, u32)| {
            let keys = [("queue", Some(self.queue_text(queue))), ("share", Some(integer(share)))];
            table(keys).into()
        };
        let (queue, split) = match **to {
            [(queue, 1)] => (Some(self.queue_text(queue)), None),
            [..] => (None, Some(Value::List(to.iter().map(part).collect()))),
        };
        table([
            ("name", name.clone().map(Value::Text)),
            ("when", when.as_ref().map(|when| text(when.text()))),
            ("queue", queue),
            ("split", split),
            ("band", band.map(integer)),
            ("head_start", head_start.map(Value::Shift)),
            ("slope", slope.map(decimal)),
            ("requires", filled(self.requirement_value(requirement))),
        ])
    }

    fn attachment_value(&self, entry: &Attachment) -> Value {
        let Attachment { when, need, lasts } = entry;
        let [mut requires, mut skill_of, mut level, mut label_of, mut label] = [const { None }; 5];
        match need {
            AttachedNeed::Fixed(need) => requires = Some(self.requirement_value(need)),
            AttachedNeed::SkillOf { attribute, level: least } => {
                skill_of = Some(text(attribute));
                level = Some(integer(*least));
            }
            AttachedNeed::LabelOf { attribute, label: named } => {
                label_of = Some(text(attribute));
                label = Some(text(named));
            }
        }
        table([
            ("when", when.as_ref().map(|when| text(when.text()))),
            ("requires", requires),
            ("skill_of", skill_of),
            ("level", level),
            ("label_of", label_of),
            ("label", label),
            ("lasts", lasts.map(Value::Span)),
        ])
    }

    fn requirement_value(&self, requirement: &Requirement) -> Value {
        let groups = requirement.any_of.iter().map(|group| self.levels_value(group).into());
        // Several conditions come of presets and rules put together.
        let wheres: Vec<&str> = requirement.wheres.iter().map(|asked| &*asked.text).collect();
        let condition = match *wheres {
            [] => None,
            [only] => Some(text(only)),
            [..] => Some(Value::Text(format!("({})", wheres.join(") && (")))),
        };
        table([
            ("all_of", filled(self.levels_value(&requirement.all_of))),
            ("any_of", filled(Value::List(groups.collect()))),
            ("none_of", filled(self.levels_value(&requirement.none_of))),
            ("where", condition),
        ])
    }

    fn agent_value(&self, agent: &AgentPlan) -> Value {
        let AgentPlan { name: _, skills, labels, queues, capacity, budget, lines } = agent;
        let label = |value: &condition::Value| match value {
            condition::Value::Flag(flag) => Value::Bool(*flag),
            condition::Value::Number(number) => Value::Integer(*number),
            condition::Value::Text(text) => Value::Text(text.to_string()),
        };
        let capacity = capacity.iter().map(|held| {
            let name = self.channels.name(held.channel.index());
            (name, integer(held.slots))
        });
        table([
            ("skills", filled(self.levels_value(skills))),
            ("labels", filled(rows(labels.iter().map(|(name, value)| (name, label(value)))))),
            ("queues", filled(self.links_value(queues))),
            ("capacity", filled(rows(capacity))),
            ("budget", budget.map(integer)),
            ("lines", filled(self.lines_value(lines))),
        ])
    }

    fn links_value(&self, links: &[Link]) -> Value {
        if links.iter().all(|link| *link == Link::new(link.queue)) {
            return self.queues_value(&links.iter().map(|link| link.queue).collect::<Vec<_>>());
        }
        rows(links.iter().map(|link| {
            let Link { queue, rank, position, delay, help_waiting, help_waited } = *link;
            let help = table([
                ("waiting", help_waiting.map(integer)),
                ("waited", help_waited.map(Value::Span)),
            ]);
            let settings = table([
                ("rank", unless(&rank, &0, |rank| integer(*rank))),
                ("position", unless(&position, &0, |position| integer(*position))),
                ("delay", unless(&delay, &Span::ZERO, |delay| Value::Span(*delay))),
                ("help_when", filled(help)),
            ]);
            (self.queue_names.name(queue.index()), settings)
        }))
    }

    fn levels_value(&self, levels: &[SkillLevel]) -> Value {
        let level = |held: &SkillLevel| (self.skills.name(held.skill.index()), integer(held.level));
        rows(levels.iter().map(level))
    }

    fn queue_text(&self, queue: QueueKey) -> Value {
        text(self.queue_names.name(queue.index()))
    }

    fn queues_value(&self, queues: &[QueueKey]) -> Value {
        names(queues.iter().map(|queue| self.queue_names.name(queue.index())))
    }

    fn lines_value(&self, lines: &[LineKey]) -> Value {
        names(lines.iter().map(|line| self.lines.name(line.index())))
    }

    fn channel_text(&self, channel: ChannelKey) -> Value {
        text(self.channels.name(channel.index()))
    }
}

fn calendar_value(calendar: &Calendar) -> Value {
    let Calendar { zone, weekly, holidays, special, retired: _ } = calendar;
    let interval = |interval: &OpenInterval| {
        let OpenInterval { from, to } = *interval;
        Value::Text(format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60))
    };
    let intervals =
        |day: &[OpenInterval]| Value::List(day.iter().map(|of| interval(of).into()).collect());
    let days = grammar::DAYS.names().into_iter().zip(weekly);
    let days = days.filter(|(_, day)| !day.is_empty()).map(|(name, day)| (name, intervals(day)));
    table([
        ("zone", Some(Value::Text(zone.clone()))),
        ("weekly", filled(rows(days))),
        ("holidays", holidays.clone().map(Value::Text)),
        ("special", filled(rows(special.iter().map(|(date, day)| (&**date, intervals(day)))))),
    ])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn integer(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().ok().expect("settings are small"))
}

fn decimal(number: Millionths) -> Value {
    if number.raw() % crate::number::MILLION == 0 {
        return Value::Integer(number.raw() / crate::number::MILLION);
    }
    Value::Float(number.to_f64())
}

fn shift(shift: &Shift) -> Value {
    Value::Shift(*shift)
}

/// A value that is not the one it would be without.
fn unless<T: PartialEq>(value: &T, default: &T, written: impl Fn(&T) -> Value) -> Option<Value> {
    (value != default).then(|| written(value))
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> Value {
    Value::List(names.map(|name| text(name).into()).collect())
}

fn rows<'n>(rows: impl Iterator<Item = (&'n str, Value)>) -> Value {
    let entry = |(key, value): (&str, Value)| Entry { key: key.into(), at: 0, node: value.into() };
    Value::Table(rows.map(entry).collect())
}

fn table<const N: usize>(keys: [(&str, Option<Value>); N]) -> Value {
    rows(keys.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))))
}

/// A value worth writing: not an empty list or table.
fn filled(value: Value) -> Option<Value> {
    let empty = match &value {
        Value::List(items) => items.is_empty(),
        Value::Table(entries) => entries.is_empty(),
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Span(_)
        | Value::Shift(_)
        | Value::Foreign(_) => false,
    };
    (!empty).then_some(value)
}
