//! Which contact goes where, and what rules give it to need.

use ccroute_core::{EventKind, RejectionCode, Value};

use super::choice::draw;
use super::happening::Happening;
use super::need::{Need, Where};
use super::router::{Answer, Contact, Oracle, Phase, Seq};
use super::rules::{Attached, ClassRule};
use super::state::{AttachedNeed, Place};

/// What the rules say of a contact.
pub(crate) struct Classified {
    /// From 1.
    number: u32,
    name: Option<String>,
    pub(crate) queue: String,
    place: Place,
    attached: Vec<AttachedNeed>,
}

impl Oracle {
    /// "A contact that comes without a queue goes by the first of `classification.rules` whose
    /// `when` holds or that has none; without any: `unclassified`."
    pub(crate) fn classify(
        &self,
        contact: &Contact,
        at_entry: bool,
    ) -> Result<Classified, RejectionCode> {
        let holds = |condition: &Option<ccroute_core::Condition>| match condition {
            None => true,
            Some(condition) if at_entry => self.holds_at_entry(condition, contact),
            Some(condition) => self.holds(condition, contact),
        };
        let rule = self.rules.classes.iter().position(|rule| holds(&rule.when));
        let at = rule.ok_or(RejectionCode::Unclassified)?;
        let rule = &self.rules.classes[at];
        // "The contact gets the rule's band, head start, slope and `requires`, and every entry
        // of `attach` that applies."
        let mut attached = vec![AttachedNeed { need: rule.need.clone(), lasts: None }];
        for entry in self.rules.attach.iter().filter(|entry| holds(&entry.when)) {
            let need = self.attached_need(&entry.asks, contact);
            attached.extend(need.map(|need| AttachedNeed { need, lasts: entry.lasts }));
        }
        Ok(Classified {
            number: u32::try_from(at + 1).expect("few rules"),
            name: rule.name.clone(),
            queue: self.destination(rule, contact.seq),
            place: Place { band: rule.band, head_start: rule.head_start, slope: rule.slope },
            attached,
        })
    }

    /// "Of a `split` the destination is drawn: the decision is the contact's sequence number,
    /// the one 0, the draw modulo the sum of shares falls into the shares in order."
    fn destination(&self, rule: &ClassRule, seq: Seq) -> String {
        let shares: u64 = rule.to.iter().map(|&(_, share)| u64::from(share)).sum();
        let mut left = draw(self.rules.seed, seq, 0) % shares;
        for (queue, share) in &rule.to {
            match left.checked_sub(u64::from(*share)) {
                Some(rest) => left = rest,
                None => return queue.clone(),
            }
        }
        unreachable!("the draw falls into some share")
    }

    /// "With `skill_of` the skill that the attribute names at `level` (a value that names no
    /// skill: a need nobody meets), nothing without the attribute; with `label_of` the label
    /// must equal the attribute."
    fn attached_need(&self, asks: &Attached, contact: &Contact) -> Option<Need> {
        let attribute = |name: &str| {
            contact.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
        };
        match asks {
            Attached::Fixed(need) => Some(need.clone()),
            Attached::SkillOf { attribute: name, level } => {
                let value = attribute(name)?;
                let skill = self.rules.skills.iter().find(|skill| match value {
                    Value::Text(text) => **text == ***skill,
                    Value::Number(_) | Value::Flag(_) => false,
                });
                Some(match skill {
                    Some(skill) => Need { all: vec![(skill.clone(), *level)], ..Need::default() },
                    None => Need { wheres: vec![Where::nobody()], ..Need::default() },
                })
            }
            Attached::LabelOf { attribute: name, label } => {
                let condition = Where::label_is(label, attribute(name)?);
                Some(Need { wheres: vec![condition], ..Need::default() })
            }
        }
    }

    /// "→ `contact_classified` (number: the rule from 1, reason: its name, queue: where)."
    pub(crate) fn take_class(&mut self, seq: Seq, class: Classified) -> String {
        let contact = self.contact_mut(seq);
        (contact.ruled, contact.attached) = (class.place, class.attached);
        let event = self.about(seq, EventKind::ContactClassified);
        self.emit(Happening {
            number: class.number,
            reason: class.name,
            queue: Some(class.queue.clone()),
            ..event
        });
        class.queue
    }

    /// "**reclassify** – waiting or offered. The rules are asked anew, with its attributes, as
    /// it stands. → `contact_classified`; another queue than its own: [`offer_withdrawn`s],
    /// `contact_left` (transferred), then as *transfer* with its age. Else an offer stands, and
    /// need and place are the rule's."
    pub(crate) fn reclassify(&mut self, id: &str) -> Answer {
        let seq = self.find_contact(id)?;
        let contact = self.contact(seq);
        if !matches!(contact.phase, Phase::Waiting | Phase::Offered) {
            return Err(RejectionCode::WrongPhase);
        }
        let class = self.classify(contact, false)?;
        let queue = self.take_class(seq, class);
        if queue != self.contact(seq).queue {
            self.leave_queue(seq, EventKind::ContactLeft, ccroute_core::Cause::Transferred);
            self.go_on_in(seq, &queue, true, ccroute_core::Cause::None);
        }
        Ok(String::new())
    }
}
