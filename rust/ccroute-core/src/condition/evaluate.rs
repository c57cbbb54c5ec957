//! What a condition says: each part is looked at once at most, so that the cost is
//! bounded by the size of the text. Where a part says nothing (an attribute that is
//! not there), `&&` and `||` go by the other side if that decides, as CEL has it.

use core::fmt;
use std::borrow::Cow;

use super::ast::{Comparison, Node, Path, Sum, Value};

/// What the names of a condition stand for.
pub trait Names {
    /// The value behind a name; `None` when there is none.
    fn value(&self, name: &Path) -> Option<Cow<'_, Value>>;
}

/// Why a condition says neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A name stands for nothing.
    Missing(Path),
    /// Values of kinds that do not go together.
    Kinds,
    /// A number out of range, or a division by zero.
    Arithmetic,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{path} is not there"),
            Self::Kinds => f.write_str("the values do not go together"),
            Self::Arithmetic => f.write_str("a number is out of range"),
        }
    }
}

pub(super) fn holds(root: &Node, names: &impl Names) -> Result<bool, Fault> {
    flag(value(root, names)?.as_ref())
}

fn flag(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Flag(flag) => Ok(*flag),
        Value::Number(_) | Value::Text(_) => Err(Fault::Kinds),
    }
}

fn number(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Number(number) => Ok(*number),
        Value::Flag(_) | Value::Text(_) => Err(Fault::Kinds),
    }
}

fn text(value: &Value) -> Result<&str, Fault> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Flag(_) | Value::Number(_) => Err(Fault::Kinds),
    }
}

type Found<'a> = Result<Cow<'a, Value>, Fault>;

fn value<'a>(node: &'a Node, names: &'a impl Names) -> Found<'a> {
    let said = match node {
        Node::Literal(value) => return Ok(Cow::Borrowed(value)),
        Node::Name(path) => {
            return names.value(path).ok_or_else(|| Fault::Missing(path.clone()));
        }
        Node::Choose(parts) => {
            let [asked, then, otherwise] = &**parts;
            return value(if holds(asked, names)? { then } else { otherwise }, names);
        }
        Node::Has(path) => Value::Flag(names.value(path).is_some()),
        Node::Not(part) => Value::Flag(!holds(part, names)?),
        Node::All(parts) => Value::Flag(decided(parts, names, false)?),
        Node::Any(parts) => Value::Flag(decided(parts, names, true)?),
        Node::Compare(how, sides) => {
            let [left, right] = &**sides;
            Value::Flag(compare(*how, &*value(left, names)?, &*value(right, names)?)?)
        }
        Node::In(part, list) => {
            let sought = value(part, names)?;
            let mut found = false;
            for item in list {
                found |= *sought == *value(item, names)?;
            }
            Value::Flag(found)
        }
        Node::Sum(how, sides) => {
            let [left, right] = &**sides;
            let (left, right) = (number(&*value(left, names)?)?, number(&*value(right, names)?)?);
            Value::Number(sum(*how, left, right).ok_or(Fault::Arithmetic)?)
        }
        Node::Test(how, sides) => {
            let [whole, part] = &**sides;
            let (whole, part) = (value(whole, names)?, value(part, names)?);
            let (whole, part) = (text(&whole)?, text(&part)?);
            Value::Flag(how.holds(whole, part))
        }
        Node::Size(part) => {
            let characters = text(&*value(part, names)?)?.chars().count();
            Value::Number(i64::try_from(characters).map_err(|_| Fault::Arithmetic)?)
        }
        Node::Int(part) => match &*value(part, names)? {
            Value::Number(number) => Value::Number(*number),
            Value::Text(text) => Value::Number(text.parse().map_err(|_| Fault::Arithmetic)?),
            Value::Flag(_) => return Err(Fault::Kinds),
        },
    };
    Ok(Cow::Owned(said))
}

/// `&&` (decided by a no) and `||` (decided by a yes): the side that decides wins over
/// one that says nothing.
fn decided(parts: &[Node], names: &impl Names, by: bool) -> Result<bool, Fault> {
    let mut fault = None;
    for part in parts {
        match holds(part, names) {
            Ok(said) if said == by => return Ok(by),
            Ok(_) => {}
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    fault.map_or(Ok(!by), Err)
}

fn compare(how: Comparison, left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Ok(how.holds(left, right)),
        (Value::Text(left), Value::Text(right)) => Ok(how.holds(left, right)),
        (Value::Flag(left), Value::Flag(right)) => Ok(how.holds(left, right)),
        // Values of different kinds are not equal, and that is no fault.
        (Value::Number(_) | Value::Text(_) | Value::Flag(_), _) => match how {
            Comparison::Equal => Ok(false),
            Comparison::NotEqual => Ok(true),
            Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast => {
                Err(Fault::Kinds)
            }
        },
    }
}

fn sum(how: Sum, left: i64, right: i64) -> Option<i64> {
    match how {
        Sum::Add => left.checked_add(right),
        Sum::Subtract => left.checked_sub(right),
        Sum::Multiply => left.checked_mul(right),
        Sum::Divide => left.checked_div(right),
        Sum::Remainder => left.checked_rem(right),
    }
}

/// Names of which nothing is known: what a condition still says, it says always.
struct Unknown;

impl Names for Unknown {
    fn value(&self, _: &Path) -> Option<Cow<'_, Value>> {
        None
    }
}

fn asks_presence(node: &Node) -> bool {
    match node {
        Node::Has(_) => true,
        Node::Literal(_) | Node::Name(_) => false,
        Node::Not(part) | Node::Size(part) | Node::Int(part) => asks_presence(part),
        Node::All(parts) | Node::Any(parts) => parts.iter().any(asks_presence),
        Node::Compare(_, sides) | Node::Sum(_, sides) | Node::Test(_, sides) => {
            sides.iter().any(asks_presence)
        }
        Node::Choose(parts) => parts.iter().any(asks_presence),
        Node::In(part, list) => asks_presence(part) || list.iter().any(asks_presence),
    }
}

/// What is said of nothing known is said always, unless it asks what is known.
fn fixed(node: &Node) -> Option<bool> {
    holds(node, &Unknown).ok().filter(|_| !asks_presence(node))
}

pub(super) fn always_holds(root: &Node) -> bool {
    fixed(root) == Some(true)
}

pub(super) fn never_holds(root: &Node) -> bool {
    match root {
        Node::All(parts) => parts.iter().any(never_holds) || contradicts(parts),
        Node::Any(parts) => parts.iter().all(never_holds),
        Node::In(_, list) if list.is_empty() => true,
        Node::Literal(_)
        | Node::Name(_)
        | Node::Has(_)
        | Node::Not(_)
        | Node::Compare(..)
        | Node::In(..)
        | Node::Sum(..)
        | Node::Choose(_)
        | Node::Test(..)
        | Node::Size(_)
        | Node::Int(_) => fixed(root) == Some(false),
    }
}

/// Whether two parts ask one name to equal different values.
fn contradicts(parts: &[Node]) -> bool {
    let equals: Vec<(&Path, &Value)> = parts.iter().filter_map(equality).collect();
    equals.iter().enumerate().any(|(at, (path, value))| {
        equals[..at].iter().any(|(other, earlier)| other == path && earlier != value)
    })
}

fn equality(node: &Node) -> Option<(&Path, &Value)> {
    let Node::Compare(Comparison::Equal, sides) = node else { return None };
    match &**sides {
        [Node::Name(path), Node::Literal(value)] | [Node::Literal(value), Node::Name(path)] => {
            Some((path, value))
        }
        [..] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Condition, Scope};

    struct Known(&'static [(&'static str, Value)]);

    impl Names for Known {
        fn value(&self, name: &Path) -> Option<Cow<'_, Value>> {
            let Path::Attribute(name) = name else { return None };
            let found = self.0.iter().find(|(known, _)| known == &&**name);
            found.map(|(_, value)| Cow::Borrowed(value))
        }
    }

    fn said(text: &str) -> Result<bool, Fault> {
        let known = [
            ("tier", Value::Number(3)),
            ("vip", Value::Flag(true)),
            ("code", Value::Text("".into())),
        ];
        let known: &'static [_] = Box::leak(Box::new(known));
        Condition::new(text, Scope::Contact).expect(text).holds(&Known(known))
    }

    #[test]
    fn says_what_cel_says() {
        for (text, expected) in [
            ("vip", true),
            ("!vip", false),
            ("tier == 3 && vip", true),
            ("tier > 3 || tier <= 2", false),
            ("tier in [1, 2, 3]", true),
            ("tier in []", false),
            ("tier * 2 - 1 == 5", true),
            ("7 / 2 == 3 && 7 % 2 == 1 && -7 / 2 == -3", true),
            ("'abc'.startsWith('ab') && 'abc'.endsWith('c') && 'abc'.contains('b')", true),
            ("size('año') == 3", true),
            ("int('-12') == -12 && int(tier) == 3", true),
            ("vip ? tier == 3 : nothing", true),
            ("has(attributes.tier) && !has(attributes.none)", true),
            ("attributes['tier'] == 3", true),
            ("'b' > 'a' && true > false", true),
            ("tier == 'three'", false),
            ("tier != 'three'", true),
            ("nothing == 1 || vip", true),
            ("nothing == 1 && !vip", false),
        ] {
            assert_eq!(said(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_nothing_where_cel_fails() {
        let missing = Fault::Missing(Path::Attribute("nothing".into()));
        assert_eq!(said("nothing == 1"), Err(missing.clone()));
        assert_eq!(said("nothing == 1 || !vip"), Err(missing));
        for text in ["tier > 'a'", "tier", "size(tier) > 1", "tier && vip", "code + 1 == 2"] {
            assert_eq!(said(text), Err(Fault::Kinds), "{text}");
        }
        for text in ["tier / 0 == 1", "int(code) == 1", "9223372036854775807 + tier > 0"] {
            assert_eq!(said(text), Err(Fault::Arithmetic), "{text}");
        }
    }

    #[test]
    fn what_can_never_hold_is_known_beforehand() {
        let never = |text| Condition::new(text, Scope::Contact).unwrap().never_holds();
        for text in [
            "false",
            "a == 1 && false",
            "a == 'x' && a == 'y'",
            "1 > 2",
            "a in []",
            "false || 1 == 2",
        ] {
            assert!(never(text), "{text}");
        }
        for text in ["a == 1", "a == 'x' || a == 'y'", "has(attributes.a)", "!has(attributes.a)"] {
            assert!(!never(text), "{text}");
        }
        let always = |text| Condition::new(text, Scope::Contact).unwrap().always_holds();
        assert!(always("true") && always("a == 1 || true") && !always("!has(attributes.a)"));
    }
}
