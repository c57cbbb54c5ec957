//! Taking what is personal out of a router, so that its state can leave the house: every
//! text about customers becomes a keyed pseudonym, the same everywhere, and every decision
//! stays what it was.
//!
//! What a plan's conditions ask of a text, its pseudonym answers in the same way; where none
//! can, the text stays: it is then written in the plan, or the plan looks into it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::Router;
use super::answers::Answers;
use super::ids::Ids;
use super::known::valid_name;
use crate::condition::{Comparison, Condition, ContactField, Node, Path, TextTest, Value};
use crate::directory::Directory;
use crate::plan::{AttachedNeed, Plan};

const BLOCK: usize = 64;
/// How many words are tried for a text before it stays.
const ATTEMPTS: u8 = 32;
const ALPHABETS: [&[u8; 16]; 3] = [b"0123456789abcdef", b"bcdfghjklmnpqrst", b"!#$%&()*+,-./:;<"];

/// One thing that a plan asks of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Compare(Comparison, Box<str>),
    Test(TextTest, Box<str>),
}

impl Asked {
    /// Whether it holds of a text.
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Compare(how, literal) => how.holds(&text, &&**literal),
            Self::Test(how, part) => how.holds(text, part),
        }
    }
}

/// How texts are renamed: by a key, and by what plans ask of them.
///
/// ```
/// use ccroute_core::Redaction;
/// let redaction = Redaction::new(&[7; 32]);
/// let caller = redaction.text("+34600111222");
/// assert_eq!(caller, redaction.text("+34600111222"));
/// assert!(!caller.contains("600"));
/// ```
#[derive(Clone)]
pub struct Redaction {
    /// The key, as the inner and the outer hash of an HMAC take it.
    inner: [u8; BLOCK],
    outer: [u8; BLOCK],
    asked: BTreeSet<Asked>,
    /// Words of plans.
    words: BTreeSet<Box<str>>,
    /// Attributes whose numbers some condition reads.
    read: BTreeSet<Box<str>>,
    /// Attributes, and ids of contacts, whose texts are looked into.
    kept: BTreeSet<Box<str>>,
    kept_fields: BTreeSet<&'static str>,
}

impl Redaction {
    /// One under a key, which nobody should keep.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        Self {
            inner: padded(0x36),
            outer: padded(0x5c),
            asked: BTreeSet::new(),
            words: BTreeSet::new(),
            read: BTreeSet::new(),
            kept: BTreeSet::new(),
            kept_fields: BTreeSet::new(),
        }
    }

    /// Has pseudonyms answer what a plan asks. Heed every plan that is in force at some time,
    /// before the first text.
    pub fn heed(&mut self, plan: &Plan) {
        plan.conditions().for_each(|condition| self.heed_condition(condition));
        for entry in &plan.classification.attach {
            match &entry.need {
                AttachedNeed::Fixed(_) => {}
                AttachedNeed::SkillOf { attribute, .. }
                | AttachedNeed::LabelOf { attribute, .. } => self.keep(attribute),
            }
        }
        plan.tables.iter().for_each(|table| self.keep(&table.attribute));
        let rules = plan.classification.rules.iter().filter_map(|rule| rule.name.as_deref());
        let queues = || plan.queues.iter();
        let steps = queues().flat_map(|queue| &queue.escalation);
        let codes = queues().flat_map(|queue| &queue.dispositions);
        let exits = queues().flat_map(|queue| &queue.exits);
        let said = rules
            .chain(steps.filter_map(|step| step.name.as_deref()))
            .chain(codes.map(String::as_str))
            .chain(exits.map(|(key, _)| key.as_str()))
            .chain(plan.lines.iter())
            .chain(plan.kpis.iter())
            .chain(plan.table_names.iter());
        self.words.extend(said.map(Box::from));
    }

    /// As [`Self::heed`], for the plan of a router and the rules that some of its contacts keep
    /// from plans before.
    pub fn heed_router(&mut self, router: &Router) {
        self.heed(&router.plan);
        for (_, _, contact) in router.contacts.iter() {
            let rules = contact.kept_rules();
            for step in rules.into_iter().flat_map(|rules| &rules.escalation) {
                let conditions = [&step.when, &step.only_if].into_iter().flatten();
                conditions.for_each(|condition| self.heed_condition(condition));
            }
            let exits = rules.into_iter().flat_map(|rules| &rules.exits);
            self.words.extend(exits.map(|(key, _)| Box::from(key.as_str())));
        }
    }

    fn keep(&mut self, attribute: &str) {
        self.kept.insert(attribute.into());
        self.read.insert(attribute.into());
    }

    fn heed_condition(&mut self, condition: &Condition) {
        for path in condition.root().paths() {
            if let Path::Attribute(name) = path {
                self.read.insert(name.clone());
            }
        }
        self.heed_node(condition.root(), true);
    }

    /// `flag`: whether the node is asked for yes or no, which no text answers.
    fn heed_node(&mut self, node: &Node, flag: bool) {
        match node {
            Node::Literal(_) | Node::Has(_) => {}
            Node::Name(path) => {
                if !flag {
                    self.keep_path(path);
                }
            }
            Node::Not(part) => self.heed_node(part, true),
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().for_each(|part| self.heed_node(part, true));
            }
            Node::Compare(how, sides) => match &**sides {
                [Node::Name(_), Node::Literal(value)] => self.ask(*how, value),
                [Node::Literal(value), Node::Name(_)] => self.ask(how.turned(), value),
                sides => sides.iter().for_each(|side| self.heed_node(side, false)),
            },
            Node::In(part, list) => {
                let plain = matches!(**part, Node::Name(_))
                    && list.iter().all(|item| matches!(item, Node::Literal(_)));
                if !plain {
                    self.heed_node(part, false);
                }
                for item in list {
                    if let Node::Literal(value) = item {
                        self.ask(Comparison::Equal, value);
                    }
                    self.heed_node(item, false);
                }
            }
            Node::Test(how, sides) => match &**sides {
                [Node::Name(_), Node::Literal(Value::Text(part))] => {
                    self.asked.insert(Asked::Test(*how, part.clone()));
                }
                sides => sides.iter().for_each(|side| self.heed_node(side, false)),
            },
            Node::Sum(_, sides) => sides.iter().for_each(|side| self.heed_node(side, false)),
            Node::Choose(parts) => {
                let [asked, then, otherwise] = &**parts;
                self.heed_node(asked, true);
                self.heed_node(then, flag);
                self.heed_node(otherwise, flag);
            }
            Node::Size(part) | Node::Int(part) => self.heed_node(part, false),
        }
    }

    fn ask(&mut self, how: Comparison, value: &Value) {
        match value {
            Value::Text(literal) => {
                self.asked.insert(Asked::Compare(how, literal.clone()));
            }
            Value::Number(_) | Value::Flag(_) => {}
        }
    }

    fn keep_path(&mut self, path: &Path) {
        match path {
            Path::Attribute(name) => self.keep(name),
            Path::Contact(field) => {
                self.kept_fields.insert(field.word());
            }
            Path::Queue(_) | Path::Skill(_) | Path::Label(_) | Path::Agent => {}
        }
    }

    // -- Renaming -----------------------------------------------------------------------

    /// The pseudonym of a text. What is empty stays, and what a plan itself names; what no
    /// pseudonym can stand for gets one that plans may answer otherwise.
    #[must_use]
    pub fn text(&self, text: &str) -> Box<str> {
        if text.is_empty() {
            return text.into();
        }
        let valid = |text: &str| valid_name("", text).is_ok();
        // What was no name before must be none after, to be refused alike.
        let end = if valid(text) { "" } else { "\u{7f}" };
        let alike = |made: &String| {
            valid(made) == end.is_empty()
                && self.asked.iter().all(|asked| asked.holds(made) == asked.holds(text))
        };
        let frames = self.frames(text);
        for attempt in 0..ATTEMPTS {
            let hash = self.word(text, attempt);
            let made = frames.iter().map(|(head, tail)| format!("{head}{hash}{tail}{end}"));
            if let Some(made) = made.into_iter().find(alike) {
                return made.into();
            }
        }
        let named =
            |asked: &Asked| matches!(asked, Asked::Compare(_, literal) if **literal == *text);
        if self.asked.iter().any(named) {
            return text.into();
        }
        format!("{}{end}", self.word(text, 0)).into()
    }

    /// A word that stands for a text, another at each attempt.
    fn word(&self, text: &str, attempt: u8) -> String {
        let letters = &ALPHABETS[usize::from(attempt) % ALPHABETS.len()];
        let hash = self.hash(&[text.as_bytes(), &[0xff, attempt]].concat());
        let digits = hash[..8].iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let word = digits.map(|digit| char::from(letters[usize::from(digit)]));
        core::iter::once('~').chain(word).collect()
    }

    /// What a pseudonym may begin and end with, to be like a text: parts of what plans ask.
    fn frames(&self, text: &str) -> Vec<(&str, String)> {
        let mut frames = vec![("", String::new())];
        let (mut head, mut tail, mut middle) = ("", "", String::new());
        for asked in self.asked.iter().filter(|asked| asked.holds(text)) {
            match asked {
                Asked::Test(TextTest::StartsWith, part) if part.len() > head.len() => head = part,
                Asked::Test(TextTest::EndsWith, part) if part.len() > tail.len() => tail = part,
                Asked::Test(TextTest::Contains, part) => middle.push_str(part),
                Asked::Test(TextTest::StartsWith | TextTest::EndsWith, _) | Asked::Compare(..) => {}
            }
        }
        middle.push_str(tail);
        frames.push((head, middle.clone()));
        // Where texts are asked which comes first: before all others, or just after one.
        frames.push(("!", String::new()));
        for asked in &self.asked {
            if let Asked::Compare(_, literal) = asked {
                frames.push((&**literal, middle.clone()));
            }
        }
        frames
    }

    /// The first bytes of an HMAC-SHA256.
    fn hash(&self, message: &[u8]) -> [u8; 32] {
        let inside = Sha256::new().chain_update(self.inner).chain_update(message).finalize();
        Sha256::new().chain_update(self.outer).chain_update(inside).finalize().into()
    }

    /// The pseudonym of free words; those of a plan stay.
    #[must_use]
    pub fn reason(&self, text: &str) -> Box<str> {
        if self.words.contains(text) { text.into() } else { self.text(text) }
    }

    /// The pseudonym of a customer, a conversation or a contact before.
    #[must_use]
    pub fn story(&self, field: ContactField, text: &str) -> Box<str> {
        if self.kept_fields.contains(field.word()) { text.into() } else { self.text(text) }
    }

    /// Who asked: the host itself, links and agents stay, whom states and plans name.
    #[must_use]
    pub fn actor(&self, actor: &str) -> Box<str> {
        match actor.split_once(':') {
            Some(("agent" | "link", _)) => actor.into(),
            Some((kind @ "supervisor", name)) => format!("{kind}:{}", self.text(name)).into(),
            None if matches!(actor, "host" | "hours" | "time" | "operator") => actor.into(),
            Some(_) | None => self.text(actor),
        }
    }

    /// The value of an attribute: a text's pseudonym, and of a number that no plan reads
    /// another number.
    #[must_use]
    pub fn value(&self, attribute: &str, value: &Value) -> Value {
        match value {
            Value::Flag(_) => value.clone(),
            Value::Number(number) if self.read.contains(attribute) => Value::Number(*number),
            Value::Number(number) => {
                let hash = self.hash(&number.to_le_bytes());
                let wide = hash[..6].iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte));
                Value::Number(wide)
            }
            Value::Text(_) if self.kept.contains(attribute) => value.clone(),
            Value::Text(text) => Value::Text(self.text(text)),
        }
    }
}

impl Router {
    /// Renames all that is personal in the state; read the events first, which name by keys.
    /// What commands say afterwards must be renamed alike.
    pub fn redact(&mut self, redaction: &Redaction) {
        for contact in self.contacts.iter_mut() {
            contact.id = redaction.text(&contact.id);
            let told = |field, text: &Option<Box<str>>| {
                text.as_deref().map(|text| redaction.story(field, text))
            };
            contact.customer = told(ContactField::Customer, &contact.customer);
            contact.conversation = told(ContactField::Conversation, &contact.conversation);
            contact.previous = told(ContactField::Previous, &contact.previous);
            for (name, value) in &mut contact.attributes {
                *value = redaction.value(name, value);
            }
        }
        let mut texts = Directory::default();
        for text in self.texts.iter() {
            texts.intern(&redaction.reason(text));
        }
        self.texts = texts;
        let customer = |text: &str| redaction.story(ContactField::Customer, text);
        self.last_agents.rename(|name| customer(name));
        self.resumable.rename(|(queue, name)| (*queue, customer(name)));
        self.answers.redact(redaction);
        self.departed.clear();
        self.ids = Ids::of(&self.contacts);
    }

    /// Leaves of remembered refusals the code alone: their sentences name what was asked.
    pub fn forget_sentences(&mut self) {
        self.answers.forget_sentences();
    }
}

impl Answers {
    fn redact(&mut self, redaction: &Redaction) {
        self.rename(|id| redaction.text(id));
        for answer in self.each() {
            answer.actor = answer.actor.as_deref().map(|actor| redaction.actor(actor));
            answer.reason = answer.reason.as_deref().map(|reason| redaction.reason(reason));
        }
        self.forget_sentences();
    }

    fn forget_sentences(&mut self) {
        for answer in self.each() {
            if let Err(refusal) = &mut answer.result {
                refusal.message = refusal.code.word().to_owned();
            }
        }
    }
}
