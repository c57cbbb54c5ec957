//! The checked form of a condition: a tree that can only say what the subset can.

use core::fmt;

use serde::{Deserialize, Serialize};

/// What a name stands for: text, a whole number or a yes and no.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(Box<str>),
}

/// A name of the scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// `attributes.name`, or `name` alone: the host's data on the contact.
    Attribute(Box<str>),
    /// `contact.name`.
    Contact(ContactField),
    /// `queue.name`.
    Queue(QueueField),
    /// `skills.name`: the agent's proficiency, 0 without it.
    Skill(Box<str>),
    /// `labels.name`.
    Label(Box<str>),
    /// `agent`: the agent's name.
    Agent,
}

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal: $kind:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in a text.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub(super) const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)+ }
            }

            pub(super) fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.word() == word)
            }
        }
    };
}

fields!(
    /// What is known of every contact.
    ContactField {
        /// Its medium.
        Channel = "channel": Text,
        /// The queue it is in; of a newcomer, not known.
        Queue = "queue": Text,
        /// The host's id of who asks.
        Customer = "customer": Text,
        /// The host's id of the story it belongs to.
        Conversation = "conversation": Text,
        /// The host's id of the contact before this one.
        Previous = "previous": Text,
        /// Its strict class.
        Band = "band": Number,
        /// How many offers of it were made in this visit.
        Offers = "offers": Number,
        /// How many offers of it came to nothing by the agent's doing in this visit.
        Missed = "missed": Number,
        /// Whether it is a callback: the customer is not on the line.
        Callback = "callback": Flag,
        /// How many attempts to call the customer back failed.
        Attempts = "attempts": Number,
    }
);

fields!(
    /// What the queue is like.
    QueueField {
        /// Contacts in it that are not connected yet.
        Waiting = "waiting": Number,
        /// Agents who serve it and are signed in.
        SignedIn = "signed_in": Number,
        /// Agents who serve it and are ready.
        Ready = "ready": Number,
        /// Agents who serve it and could be offered a contact of this channel now.
        Free = "free": Number,
        /// Agents who serve it, are signed in and meet the contact's requirement.
        Able = "able": Number,
    }
);

/// Which kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Number,
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
        })
    }
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether it holds between two values of a kind.
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }

    /// The same with the sides changed over.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }
}

/// What two numbers come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sum {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, towards zero
    Divide,
    /// `%`, with the sign of the dividend
    Remainder,
}

/// What one text says of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TextTest {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
}

impl TextTest {
    /// Whether the whole begins, ends or goes so.
    #[must_use]
    pub fn holds(self, whole: &str, part: &str) -> bool {
        match self {
            Self::StartsWith => whole.starts_with(part),
            Self::EndsWith => whole.ends_with(part),
            Self::Contains => whole.contains(part),
        }
    }
}

/// One part of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A value as written.
    Literal(Value),
    /// What a name stands for.
    Name(Path),
    /// `has(name)`: whether it stands for anything.
    Has(Path),
    /// `!x`.
    Not(Box<Node>),
    /// `a && b && …`.
    All(Vec<Node>),
    /// `a || b || …`.
    Any(Vec<Node>),
    /// `a == b` and its kin.
    Compare(Comparison, Box<[Node; 2]>),
    /// `x in [a, b]`.
    In(Box<Node>, Vec<Node>),
    /// `a + b` and its kin.
    Sum(Sum, Box<[Node; 2]>),
    /// `c ? a : b`.
    Choose(Box<[Node; 3]>),
    /// `a.startsWith(b)` and its kin.
    Test(TextTest, Box<[Node; 2]>),
    /// `size(a)`: how many characters.
    Size(Box<Node>),
    /// `int(a)`: the number a text writes.
    Int(Box<Node>),
}

impl Node {
    /// The names it asks for, each time it asks.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Name(path) | Self::Has(path) => vec![path],
            Self::Not(part) | Self::Size(part) | Self::Int(part) => part.paths(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Compare(_, sides) | Self::Sum(_, sides) | Self::Test(_, sides) => {
                sides.iter().flat_map(Self::paths).collect()
            }
            Self::Choose(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::In(part, list) => {
                part.paths().into_iter().chain(list.iter().flat_map(Self::paths)).collect()
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "attributes.{name}"),
            Self::Contact(field) => write!(f, "contact.{}", field.word()),
            Self::Queue(field) => write!(f, "queue.{}", field.word()),
            Self::Skill(name) => write!(f, "skills.{name}"),
            Self::Label(name) => write!(f, "labels.{name}"),
            Self::Agent => f.write_str("agent"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{}\"", text.escape_debug()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
