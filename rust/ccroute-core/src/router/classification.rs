//! Classification: where the plan's rules send a contact, and what they make it ask for.

use std::borrow::Cow;

use super::Router;
use super::contacts::known;
use super::state::Phase;
use crate::command::NewContact;
use crate::condition::{Condition, ContactField, Names, Path, Value};
use crate::draw::drawn;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{ContactKey, QueueKey};
use crate::number::Millionths;
use crate::plan::{AttachedNeed, Rule};
use crate::skill::{Requirement, SkillLevel, Where};
use crate::time::{Shift, Span};

/// What a rule says of one contact.
pub(super) struct Classified {
    /// Which rule, from 1.
    number: u32,
    name: Option<String>,
    pub(super) queue: QueueKey,
    band: Option<i16>,
    head_start: Option<Shift>,
    slope: Option<Millionths>,
    needs: Vec<(Requirement, Option<Span>)>,
}

impl Router {
    /// What the first rule that matches says of a newcomer.
    pub(super) fn rule_for(&self, new: &NewContact<'_>) -> Result<Classified, Rejection> {
        let names = Newcomer { router: self, new };
        let attribute = |name: &str| names.attribute(name).cloned();
        self.classified(new.id, self.entered + 1, &names, attribute)
    }

    fn classified(
        &self,
        id: &str,
        sequence: u64,
        names: &impl Names,
        attribute: impl Fn(&str) -> Option<Value>,
    ) -> Result<Classified, Rejection> {
        let rules = &self.plan.classification;
        let holds = |when: &Option<Condition>| {
            when.as_ref().is_none_or(|when| when.holds(names) == Ok(true))
        };
        let mut numbered = (1..).zip(&rules.rules);
        let Some((number, rule)) = numbered.find(|(_, rule)| holds(&rule.when)) else {
            let message = format!(
                "no rule of the plan says where contact '{id}' goes: name its queue, or end the \
                 rules with one without `when`"
            );
            return Err(Rejection::new(RejectionCode::Unclassified, message));
        };
        let mut needs = Vec::new();
        if !rule.requirement.is_nothing() {
            needs.push((rule.requirement.clone(), None));
        }
        for entry in rules.attach.iter().filter(|entry| holds(&entry.when)) {
            let need = self.need_of(&entry.need, &attribute);
            needs.extend(need.map(|need| (need, entry.lasts)));
        }
        Ok(Classified {
            number,
            name: rule.name.clone(),
            queue: self.drawn_queue(rule, sequence),
            band: rule.band,
            head_start: rule.head_start,
            slope: rule.slope,
            needs,
        })
    }

    /// Where a rule sends a contact: by shares, drawn by its sequence number.
    fn drawn_queue(&self, rule: &Rule, sequence: u64) -> QueueKey {
        let all: u64 = rule.to.iter().map(|(_, share)| u64::from(*share)).sum();
        let mut left = drawn(self.plan.seed, sequence, 0) % all.max(1);
        for &(queue, share) in &rule.to {
            match left.checked_sub(u64::from(share)) {
                None => return queue,
                Some(rest) => left = rest,
            }
        }
        unreachable!("a rule has a destination, and the draw lies within the shares")
    }

    /// What an attachment makes a contact ask for; `None`: nothing, for want of the
    /// attribute.
    fn need_of(
        &self,
        need: &AttachedNeed,
        attribute: impl Fn(&str) -> Option<Value>,
    ) -> Option<Requirement> {
        match need {
            AttachedNeed::Fixed(requirement) => Some(requirement.clone()),
            AttachedNeed::SkillOf { attribute: name, level } => {
                let value = attribute(name)?;
                let skill = match &value {
                    Value::Text(name) => self.plan.find_skill(name),
                    Value::Number(_) | Value::Flag(_) => None,
                };
                Some(match skill {
                    Some(skill) => Requirement {
                        all_of: vec![SkillLevel { skill, level: *level }],
                        ..Requirement::default()
                    },
                    None => Requirement {
                        wheres: vec![Where::never(&format!("skill of {name} = {value}"))],
                        ..Requirement::default()
                    },
                })
            }
            AttachedNeed::LabelOf { attribute: name, label } => Some(Requirement {
                wheres: vec![Where::label_is(label, attribute(name)?)],
                ..Requirement::default()
            }),
        }
    }

    /// Gives a contact what a rule says, and tells which rule it was.
    pub(super) fn follow_rule(&mut self, key: ContactKey, rule: &Classified) {
        let plain =
            rule.needs.is_empty() && (rule.band, rule.head_start, rule.slope) == (None, None, None);
        let contact = self.contact_mut(key);
        if !plain || contact.more.is_some() {
            let more = contact.more_mut();
            (more.band, more.head_start, more.slope) = (rule.band, rule.head_start, rule.slope);
            more.attached = rule.needs.clone();
        }
        let reason = rule.name.as_deref().map(|name| self.intern(name));
        let event = self.contact_event(EventKind::ContactClassified, key);
        let (queue, number) = (Some(rule.queue), rule.number);
        self.emit(Event { queue, number, reason, ..event });
    }

    pub(super) fn reclassify_contact(&mut self, key: ContactKey) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !matches!(contact.phase, Phase::Waiting | Phase::Offered) {
            return Err(Self::wrong_phase(contact, "only a contact that waits is classified anew"));
        }
        let names = self.names_of(contact);
        let attribute = |name: &str| contact.attribute(name).cloned();
        let rule = self.classified(&contact.id, contact.sequence, &names, attribute)?;
        drop(names);
        let here = contact.queue;
        self.follow_rule(key, &rule);
        if rule.queue != here {
            self.leave_visit(key, Cause::Transferred);
            self.go_to(key, rule.queue, true, Cause::None);
            return Ok(());
        }
        self.reclassify(key);
        Ok(())
    }
}

/// What names stand for, of a contact that is not in yet.
struct Newcomer<'a> {
    router: &'a Router,
    new: &'a NewContact<'a>,
}

impl Newcomer<'_> {
    fn attribute(&self, name: &str) -> Option<&Value> {
        // The last mention wins, as when they are set.
        self.new.attributes.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Names for Newcomer<'_> {
    fn value(&self, name: &Path) -> Option<Cow<'_, Value>> {
        let Self { router, new } = *self;
        let text = |text: Option<&str>| known(text).map(|text| Cow::Owned(Value::from(&*text)));
        let number = |number: i64| Some(Cow::Owned(Value::Number(number)));
        match name {
            Path::Attribute(name) => self.attribute(name).map(Cow::Borrowed),
            Path::Contact(field) => match field {
                ContactField::Channel => text(Some(router.plan.channels.name(new.channel.index()))),
                ContactField::Queue => None,
                ContactField::Customer => text(new.customer),
                ContactField::Conversation => text(new.conversation),
                ContactField::Previous => text(new.previous),
                ContactField::Band => number(new.band.unwrap_or_default().into()),
                ContactField::Callback => Some(Cow::Owned(Value::Flag(false))),
                ContactField::Offers | ContactField::Missed | ContactField::Attempts => number(0),
            },
            Path::Queue(_) | Path::Skill(_) | Path::Label(_) | Path::Agent => None,
        }
    }
}
