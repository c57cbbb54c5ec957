//! Conditions on agents in keys: made of a checked text once, asked of many agents.

use serde::{Deserialize, Serialize};

use super::{MAX_LEVEL, Profile, Relax, SkillLevel};
use crate::condition::{Comparison, Condition, ConditionError, Node, Path, Scope, TextTest, Value};
use crate::ids::SkillKey;

/// A condition on an agent: the text people read, and what it asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Where {
    /// What it asks.
    pub clause: Clause,
    /// As it was written; steps ease the clause and leave the text.
    pub text: Box<str>,
}

/// One part of what is asked of an agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clause {
    /// Everybody.
    Always,
    /// Nobody.
    Never,
    /// The proficiency in a skill, 0 without it, compares so with a number.
    Skill(SkillKey, Comparison, i64),
    /// A label compares so with a value; without the label: no.
    Label(Box<str>, Comparison, Value),
    /// A label's text begins, ends or goes so.
    LabelText(Box<str>, TextTest, Box<str>),
    /// The agent has the label.
    HasLabel(Box<str>),
    /// The agent's name compares so with a text.
    Name(Comparison, Box<str>),
    /// Not that.
    Not(Box<Clause>),
    /// All of them.
    All(Vec<Clause>),
    /// One of them at least.
    Any(Vec<Clause>),
}

impl Where {
    /// Checks a text; `skill` gives the key of a skill's name.
    ///
    /// # Errors
    /// Where it is no condition on an agent, or names a skill there is not.
    pub fn new(
        text: &str,
        skill: impl Fn(&str) -> Option<SkillKey>,
    ) -> Result<Self, ConditionError> {
        let condition = Condition::new(text, Scope::Agent)?;
        let clause = clause(condition.root(), &skill).map_err(|message| ConditionError {
            line: 1,
            column: 1,
            message,
        })?;
        Ok(Self { clause, text: text.into() })
    }

    /// What asks for a label's value.
    #[must_use]
    pub fn label_is(label: &str, value: Value) -> Self {
        let text = format!("labels[\"{}\"] == {value}", label.escape_debug()).into();
        Self { clause: Clause::Label(label.into(), Comparison::Equal, value), text }
    }

    /// What nobody meets, for the reason `text` gives.
    #[must_use]
    pub fn never(text: &str) -> Self {
        Self { clause: Clause::Never, text: text.into() }
    }
}

type Made = Result<Clause, String>;

fn clause(node: &Node, skill: &impl Fn(&str) -> Option<SkillKey>) -> Made {
    let all = |parts: &[Node]| -> Result<Vec<Clause>, String> {
        parts.iter().map(|part| clause(part, skill)).collect()
    };
    Ok(match node {
        Node::Literal(Value::Flag(true)) => Clause::Always,
        Node::Literal(Value::Flag(false)) => Clause::Never,
        Node::Not(part) => Clause::Not(Box::new(clause(part, skill)?)),
        Node::All(parts) => Clause::All(all(parts)?),
        Node::Any(parts) => Clause::Any(all(parts)?),
        Node::Has(Path::Label(name)) => Clause::HasLabel(name.clone()),
        Node::Has(path @ Path::Skill(_)) => {
            comparison(path, Comparison::AtLeast, &1.into(), skill)?
        }
        Node::Name(path @ Path::Label(_)) => {
            comparison(path, Comparison::Equal, &Value::Flag(true), skill)?
        }
        Node::Compare(how, sides) => match &**sides {
            [Node::Name(path), Node::Literal(value)] => comparison(path, *how, value, skill)?,
            [Node::Literal(value), Node::Name(path)] => {
                comparison(path, how.turned(), value, skill)?
            }
            [..] => return Err(beyond()),
        },
        Node::In(sought, list) => {
            let Node::Name(path) = &**sought else { return Err(beyond()) };
            let mut any = Vec::with_capacity(list.len());
            for item in list {
                let Node::Literal(value) = item else { return Err(beyond()) };
                any.push(comparison(path, Comparison::Equal, value, skill)?);
            }
            Clause::Any(any)
        }
        Node::Test(how, sides) => match &**sides {
            [Node::Name(Path::Label(label)), Node::Literal(Value::Text(text))] => {
                Clause::LabelText(label.clone(), *how, text.clone())
            }
            [..] => return Err(beyond()),
        },
        Node::Literal(_)
        | Node::Has(_)
        | Node::Name(_)
        | Node::Sum(..)
        | Node::Choose(_)
        | Node::Size(_)
        | Node::Int(_) => return Err(beyond()),
    })
}

fn beyond() -> String {
    "expected skills and labels compared with numbers and texts, by &&, || and !".to_owned()
}

fn comparison(
    path: &Path,
    how: Comparison,
    value: &Value,
    skill: &impl Fn(&str) -> Option<SkillKey>,
) -> Made {
    match (path, value) {
        (Path::Skill(name), Value::Number(level)) => {
            let key = skill(name).ok_or_else(|| format!("no skill `{name}` in the plan"))?;
            Ok(Clause::Skill(key, how, *level))
        }
        (Path::Label(name), _) => Ok(Clause::Label(name.clone(), how, value.clone())),
        (Path::Agent, Value::Text(name)) => Ok(Clause::Name(how, name.clone())),
        (
            Path::Skill(_) | Path::Agent | Path::Attribute(_) | Path::Contact(_) | Path::Queue(_),
            _,
        ) => Err(beyond()),
    }
}

impl Clause {
    /// Whether an agent meets it.
    #[must_use]
    pub fn met_by(&self, agent: &Profile) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Skill(skill, how, level) => {
                how.holds(&i64::from(agent.skills.level(*skill)), level)
            }
            Self::Label(name, how, value) => {
                agent.labels.get(name).is_some_and(|held| label_holds(held, *how, value))
            }
            Self::LabelText(name, how, text) => match agent.labels.get(name) {
                Some(Value::Text(held)) => how.holds(held, text),
                Some(Value::Number(_) | Value::Flag(_)) | None => false,
            },
            Self::HasLabel(name) => agent.labels.get(name).is_some(),
            Self::Name(how, name) => how.holds(&agent.name, name),
            Self::Not(part) => !part.met_by(agent),
            Self::All(parts) => parts.iter().all(|part| part.met_by(agent)),
            Self::Any(parts) => parts.iter().any(|part| part.met_by(agent)),
        }
    }

    /// Eases it by one rule. What asks for a skill (`wanted`) asks nothing once it is
    /// dropped; what rules it out, under a `!`, rules out nothing.
    pub(super) fn relax(&mut self, rule: Relax, wanted: bool) {
        match self {
            Self::Skill(skill, how, level) => match rule {
                Relax::Drop(dropped) if dropped == *skill => {
                    *self = if wanted { Self::Always } else { Self::Never };
                }
                Relax::Lower(to) if to.skill == *skill && wanted => {
                    lower(how, level, i64::from(to.level));
                }
                Relax::Drop(_) | Relax::Lower(_) => {}
            },
            Self::Not(part) => {
                part.relax(rule, !wanted);
                match **part {
                    Self::Never => *self = Self::Always,
                    Self::Always => *self = Self::Never,
                    Self::Skill(..)
                    | Self::Label(..)
                    | Self::LabelText(..)
                    | Self::HasLabel(_)
                    | Self::Name(..)
                    | Self::Not(_)
                    | Self::All(_)
                    | Self::Any(_) => {}
                }
            }
            Self::All(parts) => {
                parts.iter_mut().for_each(|part| part.relax(rule, wanted));
                parts.retain(|part| *part != Self::Always);
                if parts.is_empty() {
                    *self = Self::Always;
                } else if parts.contains(&Self::Never) {
                    *self = Self::Never;
                }
            }
            Self::Any(parts) => {
                parts.iter_mut().for_each(|part| part.relax(rule, wanted));
                parts.retain(|part| *part != Self::Never);
                if parts.is_empty() {
                    *self = Self::Never;
                } else if parts.contains(&Self::Always) {
                    *self = Self::Always;
                }
            }
            Self::Always
            | Self::Never
            | Self::Label(..)
            | Self::LabelText(..)
            | Self::HasLabel(_)
            | Self::Name(..) => {}
        }
    }

    /// Every skill it names, with the level that would do where that can be said.
    pub fn skills(&self) -> Vec<SkillLevel> {
        match self {
            Self::Skill(skill, _, level) => {
                let level = u8::try_from(*level).unwrap_or(MAX_LEVEL).clamp(1, MAX_LEVEL);
                vec![SkillLevel { skill: *skill, level }]
            }
            Self::Not(part) => part.skills(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::skills).collect(),
            Self::Always
            | Self::Never
            | Self::Label(..)
            | Self::LabelText(..)
            | Self::HasLabel(_)
            | Self::Name(..) => Vec::new(),
        }
    }
}

/// Values of different kinds are unequal, and neither is the greater.
fn label_holds(held: &Value, how: Comparison, value: &Value) -> bool {
    match (held, value) {
        (Value::Number(held), Value::Number(value)) => how.holds(held, value),
        (Value::Text(held), Value::Text(value)) => how.holds(held, value),
        (Value::Flag(held), Value::Flag(value)) => how.holds(held, value),
        (Value::Number(_) | Value::Text(_) | Value::Flag(_), _) => how == Comparison::NotEqual,
    }
}

/// Eases one comparison so that a level of `to` meets it.
fn lower(how: &mut Comparison, level: &mut i64, to: i64) {
    match how {
        Comparison::AtLeast => *level = (*level).min(to),
        Comparison::Greater => *level = (*level).min(to - 1),
        Comparison::Equal if *level > to => (*how, *level) = (Comparison::AtLeast, to),
        Comparison::Equal | Comparison::NotEqual | Comparison::Less | Comparison::AtMost => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skill::{Labels, Requirement, SkillSet};

    const ES: usize = 0;
    const EN: usize = 1;

    fn made(text: &str) -> Where {
        let key = |name: &str| ["es", "en"].iter().position(|known| *known == name);
        Where::new(text, |name| key(name).map(SkillKey::new)).expect(text)
    }

    fn agent(es: u8, site: &str) -> Profile {
        let skills = SkillSet::new(&[SkillLevel { skill: SkillKey::new(ES), level: es }]);
        let labels = Labels::new([("site", site.into()), ("tier", Value::Number(2))]);
        Profile { name: "ana".into(), skills, labels }
    }

    #[test]
    fn asks_skills_labels_and_names_in_any_combination() {
        let ana = agent(6, "bogota");
        for (text, met) in [
            ("skills.es >= 5", true),
            ("5 <= skills.es", true),
            ("skills.es > 6 || skills.en > 0", false),
            ("skills.en == 0 && labels.site == 'bogota'", true),
            ("!(labels.site in ['bogota', 'lima'])", false),
            ("labels.tier < 3 && labels.tier != 'x'", true),
            ("labels.tier > 'x'", false),
            ("labels.none != 1", false),
            ("has(labels.site) && !has(labels.none)", true),
            ("labels.site.startsWith('bog')", true),
            ("agent in ['ana', 'bo']", true),
            ("agent != 'ana'", false),
            ("has(skills.es)", true),
            ("labels.vip", false),
        ] {
            assert_eq!(made(text).clause.met_by(&ana), met, "{text}");
        }
        let refuse = |text| Where::new(text, |_| None).unwrap_err().message;
        assert!(refuse("skills.fr >= 1").contains("no skill `fr`"));
        assert!(refuse("size('x') == labels.a").starts_with("expected skills and labels"));
    }

    #[test]
    fn easing_only_ever_widens() {
        let es = SkillKey::new(ES);
        let cases = [
            ("skills.es >= 8", Relax::Lower(SkillLevel { skill: es, level: 4 }), true),
            ("skills.es == 8", Relax::Lower(SkillLevel { skill: es, level: 4 }), true),
            ("skills.es > 8", Relax::Lower(SkillLevel { skill: es, level: 6 }), true),
            ("skills.es > 8", Relax::Lower(SkillLevel { skill: es, level: 7 }), false),
            ("skills.es >= 8 && labels.site == 'bogota'", Relax::Drop(es), true),
            ("skills.es >= 8 && labels.site == 'lima'", Relax::Drop(es), false),
            ("skills.es >= 8 || skills.en >= 8", Relax::Drop(es), true),
            ("!(skills.es >= 5)", Relax::Drop(es), true),
            ("!(skills.es >= 5)", Relax::Lower(SkillLevel { skill: es, level: 1 }), false),
            ("!(skills.es < 8)", Relax::Drop(es), true),
        ];
        for (text, relax, met) in cases {
            let need = Requirement { wheres: vec![made(text)], ..Requirement::default() };
            assert!(!need.met_by(&agent(6, "bogota")), "{text}");
            let eased = need.relaxed(&[relax]);
            assert_eq!(eased.met_by(&agent(6, "bogota")), met, "{text}");
        }
        let two = made("skills.es >= 5 && skills.en >= 5").clause.skills();
        assert_eq!(two.iter().map(|need| need.skill.index()).collect::<Vec<_>>(), [ES, EN]);
    }
}
