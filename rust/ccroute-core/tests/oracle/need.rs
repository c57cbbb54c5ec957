//! What a contact asks of an agent, in names: when somebody meets it, how steps ease it,
//! and the two scores that follow from it.

use ccroute_core::{Comparison, Condition, MILLION, Node, Path, Scope, TextTest, Value};

use super::router::Agent;

/// A skill and a level.
pub(crate) type Level = (String, u8);

/// What a contact needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) all: Vec<Level>,
    pub(crate) any: Vec<Vec<Level>>,
    pub(crate) none: Vec<Level>,
    pub(crate) wheres: Vec<Where>,
}

/// A condition on an agent, as written and as it is by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Where {
    pub(crate) text: String,
    asked: Asked,
}

/// One part of a condition on an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Fixed(bool),
    Skill(String, Comparison, i64),
    Label(String, Comparison, Value),
    LabelText(String, TextTest, String),
    HasLabel(String),
    Name(Comparison, String),
    Not(Box<Asked>),
    All(Vec<Asked>),
    Any(Vec<Asked>),
}

/// How an escalation step eases a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relaxing {
    Drop(String),
    Lower(String, u8),
}

impl Need {
    /// "The stricter level where several name a skill in `all_of`; the other parts side
    /// by side"; what is said twice is said once.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.all.extend(other.all.iter().cloned());
        both.any.extend(other.any.iter().cloned());
        both.none.extend(other.none.iter().cloned());
        both.wheres.extend(other.wheres.iter().cloned());
        both.plain()
    }

    /// Each skill once in `all`, in `none` and in a group, each group and condition once.
    fn plain(mut self) -> Self {
        self.all.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
        self.all.dedup_by(|next, kept| next.0 == kept.0);
        for levels in self.any.iter_mut().chain([&mut self.none]) {
            levels.sort();
            levels.dedup_by(|next, kept| next.0 == kept.0);
        }
        self.any.sort();
        self.any.dedup();
        let mut kept: Vec<Where> = Vec::new();
        for asked in std::mem::take(&mut self.wheres) {
            if !kept.contains(&asked) {
                kept.push(asked);
            }
        }
        self.wheres = kept;
        self
    }

    /// "`drop` removes the skill from `all_of` and `none_of`, and removes every group of
    /// `any_of` that names it; in a `where`, a comparison of the skill becomes *true*, and
    /// one under a `!` *false*; `lower` brings the level in `all_of` and in the groups of
    /// `any_of` down to the one given, never up".
    pub(crate) fn relaxed(mut self, by: &[Relaxing]) -> Self {
        for relaxing in by {
            match relaxing {
                Relaxing::Drop(skill) => {
                    self.all.retain(|(named, _)| named != skill);
                    self.any.retain(|group| group.iter().all(|(named, _)| named != skill));
                    self.none.retain(|(named, _)| named != skill);
                }
                Relaxing::Lower(skill, to) => {
                    for (named, level) in self.all.iter_mut().chain(self.any.iter_mut().flatten()) {
                        if named == skill {
                            *level = (*level).min(*to);
                        }
                    }
                }
            }
            for condition in &mut self.wheres {
                condition.asked = condition.asked.relaxed(relaxing, true).simple();
            }
            self.wheres.retain(|condition| condition.asked != Asked::Fixed(true));
        }
        self.plain()
    }

    /// "All of these, at least one of each group, none of those", and every condition.
    pub(crate) fn met_by(&self, agent: &Agent) -> bool {
        let has = |(skill, least): &Level| agent.proficiency(skill) >= i64::from(*least);
        self.all.iter().all(has)
            && self.any.iter().all(|group| group.iter().any(has))
            && !self.none.iter().any(has)
            && self.wheres.iter().all(|condition| condition.asked.holds(agent))
    }

    /// "The sum of proficiencies in the skills of `all_of`, plus for every group of
    /// `any_of` the greatest proficiency in one of its skills."
    pub(crate) fn proficiency(&self, agent: &Agent) -> i64 {
        let of = |(skill, _): &Level| agent.proficiency(skill);
        let best = |group: &Vec<Level>| group.iter().map(of).max();
        self.all.iter().map(of).sum::<i64>() + self.any.iter().filter_map(best).sum::<i64>()
    }

    /// "Each part of the need is a criterion: a level of `all_of`, the best of a group of
    /// `any_of`, a level of `none_of`, and in a `where` each part of the outermost `&&`.
    /// … In millionths, each rounded, the mean rounded again; without criteria a million."
    pub(crate) fn match_score(&self, agent: &Agent) -> i64 {
        let beyond = |(skill, level): &Level| {
            logistic(agent.proficiency(skill), i64::from(*level), Comparison::AtLeast)
        };
        let below = |(skill, level): &Level| {
            logistic(agent.proficiency(skill), i64::from(*level), Comparison::Less)
        };
        let mut criteria: Vec<i64> = self.all.iter().map(beyond).collect();
        criteria.extend(self.any.iter().filter_map(|group| group.iter().map(beyond).max()));
        criteria.extend(self.none.iter().map(below));
        for condition in &self.wheres {
            match &condition.asked {
                Asked::All(parts) => criteria.extend(parts.iter().map(|part| part.score(agent))),
                whole @ (Asked::Fixed(_)
                | Asked::Skill(..)
                | Asked::Label(..)
                | Asked::LabelText(..)
                | Asked::HasLabel(_)
                | Asked::Name(..)
                | Asked::Not(_)
                | Asked::Any(_)) => criteria.push(whole.score(agent)),
            }
        }
        let count = i64::try_from(criteria.len()).expect("few criteria");
        let sum: i64 = criteria.iter().sum();
        if count == 0 { MILLION } else { (sum * 2 + count) / (count * 2) }
    }

    /// Every skill it names.
    pub(crate) fn skills(&self) -> Vec<&str> {
        let levels = self.all.iter().chain(self.any.iter().flatten()).chain(&self.none);
        let named = levels.map(|(skill, _)| skill.as_str());
        named.chain(self.wheres.iter().flat_map(|condition| condition.asked.skills())).collect()
    }
}

/// "A bound on a level or a numeric label counts `1 / (1 + e^-((held − bound) / bound))`
/// for `>=` and `>`, the same with bound − held for `<=`, `<` … (`bound` at least 1 below
/// the line …)". A float is exact enough: the values are millionths apart from a half,
/// but for one half itself.
fn logistic(held: i64, bound: i64, how: Comparison) -> i64 {
    let beyond = match how {
        Comparison::AtLeast | Comparison::Greater => held - bound,
        Comparison::AtMost | Comparison::Less => bound - held,
        Comparison::Equal | Comparison::NotEqual => unreachable!("no bound"),
    };
    let exponent = beyond as f64 / bound.max(1) as f64;
    (MILLION as f64 / (1.0 + (-exponent).exp())).round() as i64
}

fn is_bound(how: Comparison) -> bool {
    !matches!(how, Comparison::Equal | Comparison::NotEqual)
}

impl Where {
    /// Reads a condition on an agent; what is wrong with it otherwise.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let condition = Condition::new(text, Scope::Agent).map_err(|error| error.message)?;
        let asked = asked(condition.root()).ok_or("beyond what can be asked of an agent")?;
        Ok(Self { text: text.to_owned(), asked })
    }

    /// "With `label_of` the label must equal the attribute."
    pub(crate) fn label_is(label: &str, value: &Value) -> Self {
        let asked = Asked::Label(label.to_owned(), Comparison::Equal, value.clone());
        Self { text: format!("labels[\"{label}\"] == {value}"), asked }
    }

    /// "A need nobody meets."
    pub(crate) fn nobody() -> Self {
        Self { text: "nobody".to_owned(), asked: Asked::Fixed(false) }
    }
}

/// A checked text as the parts that agents can be asked.
fn asked(node: &Node) -> Option<Asked> {
    let all = |parts: &[Node]| parts.iter().map(asked).collect::<Option<Vec<_>>>();
    Some(match node {
        Node::Literal(Value::Flag(flag)) => Asked::Fixed(*flag),
        Node::Not(part) => Asked::Not(Box::new(asked(part)?)),
        Node::All(parts) => Asked::All(all(parts)?),
        Node::Any(parts) => Asked::Any(all(parts)?),
        Node::Has(Path::Label(label)) => Asked::HasLabel(label.to_string()),
        Node::Has(Path::Skill(skill)) => Asked::Skill(skill.to_string(), Comparison::AtLeast, 1),
        Node::Name(path @ Path::Label(_)) => compared(path, Comparison::Equal, &Value::Flag(true))?,
        Node::Compare(how, sides) => match &**sides {
            [Node::Name(path), Node::Literal(value)] => compared(path, *how, value)?,
            [Node::Literal(value), Node::Name(path)] => compared(path, how.turned(), value)?,
            [..] => return None,
        },
        Node::In(sought, list) => {
            let Node::Name(path) = &**sought else { return None };
            let is = |item: &Node| match item {
                Node::Literal(value) => compared(path, Comparison::Equal, value),
                Node::Name(_)
                | Node::Has(_)
                | Node::Not(_)
                | Node::All(_)
                | Node::Any(_)
                | Node::Compare(..)
                | Node::In(..)
                | Node::Sum(..)
                | Node::Choose(_)
                | Node::Test(..)
                | Node::Size(_)
                | Node::Int(_) => None,
            };
            Asked::Any(list.iter().map(is).collect::<Option<_>>()?)
        }
        Node::Test(how, sides) => match &**sides {
            [Node::Name(Path::Label(label)), Node::Literal(Value::Text(part))] => {
                Asked::LabelText(label.to_string(), *how, part.to_string())
            }
            [..] => return None,
        },
        Node::Literal(_)
        | Node::Has(_)
        | Node::Name(_)
        | Node::Sum(..)
        | Node::Choose(_)
        | Node::Size(_)
        | Node::Int(_) => return None,
    })
}

fn compared(path: &Path, how: Comparison, value: &Value) -> Option<Asked> {
    match (path, value) {
        (Path::Skill(skill), Value::Number(level)) => {
            Some(Asked::Skill(skill.to_string(), how, *level))
        }
        (Path::Label(label), value) => Some(Asked::Label(label.to_string(), how, value.clone())),
        (Path::Agent, Value::Text(name)) => Some(Asked::Name(how, name.to_string())),
        (
            Path::Skill(_) | Path::Agent | Path::Attribute(_) | Path::Contact(_) | Path::Queue(_),
            _,
        ) => None,
    }
}

impl Asked {
    /// "A comparison of a label that is not there is *false*; values of two kinds are
    /// unequal, and neither is the greater."
    fn holds(&self, agent: &Agent) -> bool {
        match self {
            Self::Fixed(flag) => *flag,
            Self::Skill(skill, how, level) => how.holds(&agent.proficiency(skill), level),
            Self::Label(label, how, value) => match (agent.label(label), value) {
                (None, _) => false,
                (Some(Value::Number(held)), Value::Number(value)) => how.holds(held, value),
                (Some(Value::Text(held)), Value::Text(value)) => how.holds(held, value),
                (Some(Value::Flag(held)), Value::Flag(value)) => how.holds(held, value),
                (Some(Value::Number(_) | Value::Text(_) | Value::Flag(_)), _) => {
                    *how == Comparison::NotEqual
                }
            },
            Self::LabelText(label, how, part) => match agent.label(label) {
                Some(Value::Text(held)) => how.holds(held, part),
                Some(Value::Number(_) | Value::Flag(_)) | None => false,
            },
            Self::HasLabel(label) => agent.label(label).is_some(),
            Self::Name(how, name) => how.holds(&agent.name, name),
            Self::Not(part) => !part.holds(agent),
            Self::All(parts) => parts.iter().all(|part| part.holds(agent)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(agent)),
        }
    }

    /// A criterion: bounds count by how far they are met, "everything else 1 or 0";
    /// "a numeric label that is absent counts 0".
    fn score(&self, agent: &Agent) -> i64 {
        if let Self::Skill(skill, how, level) = self
            && is_bound(*how)
        {
            return logistic(agent.proficiency(skill), *level, *how);
        }
        if let Self::Label(label, how, Value::Number(bound)) = self
            && let Some(Value::Number(held)) = agent.label(label)
            && is_bound(*how)
        {
            return logistic(*held, *bound, *how);
        }
        if self.holds(agent) { MILLION } else { 0 }
    }

    /// "Lower: in a `where`, not under a `!`, `>=` and `>` come down to it, and `==` with
    /// a higher number becomes `>=` it." Two `!` are none.
    fn relaxed(&self, by: &Relaxing, wanted: bool) -> Self {
        match (self, by) {
            (Self::Skill(skill, ..), Relaxing::Drop(dropped)) if skill == dropped => {
                Self::Fixed(wanted)
            }
            (Self::Skill(skill, how, level), Relaxing::Lower(lowered, to))
                if skill == lowered && wanted =>
            {
                let to = i64::from(*to);
                let (how, level) = match how {
                    Comparison::AtLeast => (*how, (*level).min(to)),
                    Comparison::Greater => (*how, (*level).min(to - 1)),
                    Comparison::Equal if *level > to => (Comparison::AtLeast, to),
                    Comparison::Equal
                    | Comparison::NotEqual
                    | Comparison::Less
                    | Comparison::AtMost => (*how, *level),
                };
                Self::Skill(skill.clone(), how, level)
            }
            (Self::Not(part), _) => Self::Not(Box::new(part.relaxed(by, !wanted))),
            (Self::All(parts), _) => {
                Self::All(parts.iter().map(|part| part.relaxed(by, wanted)).collect())
            }
            (Self::Any(parts), _) => {
                Self::Any(parts.iter().map(|part| part.relaxed(by, wanted)).collect())
            }
            (
                Self::Fixed(_)
                | Self::Skill(..)
                | Self::Label(..)
                | Self::LabelText(..)
                | Self::HasLabel(_)
                | Self::Name(..),
                _,
            ) => self.clone(),
        }
    }

    /// The same without parts that are fixed by now: those are no criteria any more.
    fn simple(&self) -> Self {
        match self {
            Self::Not(part) => {
                let part = part.simple();
                if let Self::Fixed(flag) = part {
                    Self::Fixed(!flag)
                } else {
                    Self::Not(Box::new(part))
                }
            }
            Self::All(parts) => Self::joined(parts, true),
            Self::Any(parts) => Self::joined(parts, false),
            Self::Fixed(_)
            | Self::Skill(..)
            | Self::Label(..)
            | Self::LabelText(..)
            | Self::HasLabel(_)
            | Self::Name(..) => self.clone(),
        }
    }

    /// `&&` (of which *true* is nothing) or `||`.
    fn joined(parts: &[Self], all: bool) -> Self {
        let mut kept: Vec<Self> = parts.iter().map(Self::simple).collect();
        kept.retain(|part| *part != Self::Fixed(all));
        if kept.is_empty() {
            Self::Fixed(all)
        } else if kept.contains(&Self::Fixed(!all)) {
            Self::Fixed(!all)
        } else if all {
            Self::All(kept)
        } else {
            Self::Any(kept)
        }
    }

    fn skills(&self) -> Vec<&str> {
        match self {
            Self::Skill(skill, ..) => vec![skill],
            Self::Not(part) => part.skills(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::skills).collect(),
            Self::Fixed(_)
            | Self::Label(..)
            | Self::LabelText(..)
            | Self::HasLabel(_)
            | Self::Name(..) => Vec::new(),
        }
    }
}
