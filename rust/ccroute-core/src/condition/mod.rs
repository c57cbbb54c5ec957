//! Conditions: texts in CEL, the Common Expression Language, that a plan's rules ask.
//!
//! A text is parsed and checked once, when the plan is read (`compile.rs`; the grammar is
//! the crate `cel`'s), and then evaluated any number of times (`evaluate.rs`) by code of
//! our own: a subset without comprehensions, regular expressions, clock and floating
//! point, bounded in size, so that a replay is exact and a decision's cost known. Which
//! names a condition may use is its [`Scope`]; what they stand for is the caller's.

mod ast;
mod compile;
mod evaluate;

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::ast::{Comparison, ContactField, Node, Path, QueueField, TextTest, Value};
pub use self::compile::ConditionError;
pub use self::evaluate::{Fault, Names};

/// Which names a condition may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Attributes of the contact, by their bare names or `attributes.name`, and
    /// `contact.channel`, `contact.customer` and so on.
    Contact,
    /// As [`Self::Contact`], and what the queue is like: `queue.waiting` and so on.
    Step,
    /// What an agent is: `skills.name`, `labels.name` and `agent`.
    Agent,
}

/// A checked condition. Equal when the text and the scope are.
///
/// ```
/// use ccroute_core::{Condition, Scope};
/// let gold = Condition::new(r#"segment == "gold" && value > 1000"#, Scope::Contact).unwrap();
/// let error = Condition::new("segment = 'gold'", Scope::Contact).unwrap_err();
/// assert_eq!((error.line, error.column), (1, 9));
/// ```
#[derive(Clone)]
pub struct Condition {
    text: Box<str>,
    scope: Scope,
    root: Node,
}

impl Condition {
    /// Parses and checks a text.
    ///
    /// # Errors
    /// Where it is no condition, by line and column, and what was expected.
    pub fn new(text: &str, scope: Scope) -> Result<Self, ConditionError> {
        let root = compile::compile(text, scope)?;
        Ok(Self { text: text.into(), scope, root })
    }

    /// The text it was made of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The checked form.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The skills it names, each time.
    #[must_use]
    pub fn skills(&self) -> Vec<&str> {
        let mut skills = Vec::new();
        for path in self.root.paths() {
            if let Path::Skill(name) = path {
                skills.push(&**name);
            }
        }
        skills
    }

    /// Whether it holds for what `names` stand for.
    ///
    /// # Errors
    /// Why it says neither yes nor no: an attribute that is not there, values that do
    /// not compare. For a rule that is as good as no.
    pub fn holds(&self, names: &impl Names) -> Result<bool, Fault> {
        evaluate::holds(&self.root, names)
    }

    /// Whether nothing at all could make it hold: it says no whatever the names stand
    /// for, or asks one name to equal two values.
    #[must_use]
    pub fn never_holds(&self) -> bool {
        evaluate::never_holds(&self.root)
    }

    /// Whether it holds whatever the names stand for.
    #[must_use]
    pub fn always_holds(&self) -> bool {
        evaluate::always_holds(&self.root)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.scope) == (&other.text, other.scope)
    }
}

impl Eq for Condition {}

impl core::hash::Hash for Condition {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (&self.text, self.scope).hash(state);
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// Text and scope are the condition; the tree follows from them.
impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.text, self.scope).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (text, scope) = <(Box<str>, Scope)>::deserialize(deserializer)?;
        Self::new(&text, scope).map_err(serde::de::Error::custom)
    }
}
