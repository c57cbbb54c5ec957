//! What the names in conditions on contacts stand for.

use std::borrow::Cow;

use ccroute_core::{Condition, ContactField, Names, Path, QueueField, Value};

use super::router::{Contact, Oracle};

/// A contact as conditions see it.
struct Seen<'a> {
    oracle: &'a Oracle,
    contact: &'a Contact,
    /// "At entry `contact.queue` is absent and `contact.band` is what it came with, or 0."
    at_entry: bool,
}

impl Names for Seen<'_> {
    fn value(&self, name: &Path) -> Option<Cow<'_, Value>> {
        match name {
            Path::Attribute(name) => {
                let mut attributes = self.contact.attributes.iter();
                attributes.find(|(key, _)| **key == **name).map(|(_, value)| Cow::Borrowed(value))
            }
            Path::Contact(field) => self.field(*field).map(Cow::Owned),
            Path::Queue(field) => Some(Cow::Owned(self.queue(*field))),
            Path::Skill(_) | Path::Label(_) | Path::Agent => None,
        }
    }
}

impl Seen<'_> {
    /// "`contact.channel`, `.queue`, `.customer`, `.conversation`, `.previous` (absent where
    /// the contact has none), `.band` (with what steps added), `.offers` and `.missed` (in this
    /// visit …), `.callback` (whether it is one), `.attempts` (of calling back)."
    fn field(&self, field: ContactField) -> Option<Value> {
        let contact = self.contact;
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        Some(match field {
            ContactField::Channel => contact.channel.as_str().into(),
            ContactField::Queue if self.at_entry => return None,
            ContactField::Queue => contact.queue.as_str().into(),
            ContactField::Customer => return text(&contact.customer),
            ContactField::Conversation => return text(&contact.conversation),
            ContactField::Previous => return text(&contact.previous),
            ContactField::Band if self.at_entry => {
                i64::from(contact.came_with.band.unwrap_or(0)).into()
            }
            ContactField::Band => i64::from(self.oracle.band(contact)).into(),
            ContactField::Offers => i64::from(contact.offers).into(),
            ContactField::Missed => i64::from(contact.missed).into(),
            ContactField::Callback => Value::Flag(contact.asked_in.is_some()),
            ContactField::Attempts => i64::from(contact.attempts).into(),
        })
    }

    /// "`queue.waiting` (its length), and of agents with a link of their own to it:
    /// `queue.signed_in`, `.ready`, `.free` (open on the contact's channel), `.able` (signed in
    /// and able, as far as need and window go)."
    fn queue(&self, field: QueueField) -> Value {
        let (oracle, queue) = (self.oracle, &self.contact.queue);
        let agents = oracle.agents.iter().filter(|agent| agent.link(queue).is_some());
        let count = match field {
            QueueField::Waiting => oracle.length(queue),
            QueueField::SignedIn => agents.filter(|agent| agent.is_signed_in()).count(),
            QueueField::Ready => agents.filter(|agent| agent.is_ready()).count(),
            QueueField::Free => {
                agents.filter(|agent| oracle.is_open(agent, &self.contact.channel)).count()
            }
            QueueField::Able => {
                let asking = oracle.asking(self.contact.seq);
                let able = agents.filter(|agent| agent.is_signed_in());
                able.filter(|agent| oracle.is_able(agent, &asking)).count()
            }
        };
        i64::try_from(count).expect("few").into()
    }
}

impl Oracle {
    /// "A condition holds when it evaluates to true; one that names what is not there, or
    /// compares values of two kinds, or leaves 64 bits, does not."
    pub(crate) fn holds(&self, condition: &Condition, contact: &Contact) -> bool {
        condition.holds(&Seen { oracle: self, contact, at_entry: false }) == Ok(true)
    }

    /// The same for a contact that is not in a queue yet.
    pub(crate) fn holds_at_entry(&self, condition: &Condition, contact: &Contact) -> bool {
        condition.holds(&Seen { oracle: self, contact, at_entry: true }) == Ok(true)
    }
}
