//! The reference of a plan's keys, for `docs/plan.md`.

use core::fmt::Write as _;

use super::{Kind, PLAN, Section};
use crate::plan::Plan;

impl Plan {
    /// Every key of a plan with its value, default and meaning, as tables in Markdown,
    /// one a section; `docs/plan.md` holds them.
    #[must_use]
    pub fn reference() -> String {
        let mut sections: Vec<&Section> = vec![&PLAN];
        let mut text = String::new();
        let mut at = 0;
        while let Some(&section) = sections.get(at) {
            at += 1;
            let inner = section.keys.iter().filter_map(|key| key.kind.section());
            for inner in inner.filter(|inner| !inner.keys.is_empty()) {
                if sections.iter().all(|known| known.path != inner.path) {
                    sections.push(inner);
                }
            }
            let title = if section.path.is_empty() {
                "The whole".into()
            } else {
                format!("`{}`", section.path)
            };
            write!(text, "### {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n")
                .expect("a String takes all");
            for key in section.keys {
                let value = key.kind.in_words();
                let (name, default, meaning) = (key.name, key.default, key.meaning);
                writeln!(text, "| `{name}` | {value} | {default} | {meaning} |")
                    .expect("a String takes all");
            }
            text.push('\n');
        }
        text
    }
}

impl Kind {
    pub(in crate::plan) fn section(&self) -> Option<&'static Section> {
        match self {
            Self::Table(section)
            | Self::List(section)
            | Self::Map(section)
            | Self::Links(section) => Some(section),
            Self::Duration { .. }
            | Self::DurationOr(_)
            | Self::Shift
            | Self::Name
            | Self::Names
            | Self::Whole(..)
            | Self::WholeOr(..)
            | Self::Number(..)
            | Self::Flag
            | Self::Word(_)
            | Self::Words(_)
            | Self::Reasons
            | Self::Condition
            | Self::Levels
            | Self::Weights
            | Self::Counts(..)
            | Self::Lists
            | Self::Labels
            | Self::Change
            | Self::Intervals
            | Self::Dates => None,
        }
    }

    fn in_words(&self) -> String {
        let words = |words: &[&str]| {
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            quoted.join(", ")
        };
        match self {
            Self::Duration { above_zero: false } => "duration".into(),
            Self::Duration { above_zero: true } => "duration above zero".into(),
            Self::DurationOr(word) => format!("duration above zero, or `\"{word}\"`"),
            Self::Shift => "duration, may be negative".into(),
            Self::Name => "name".into(),
            Self::Names => "list of names".into(),
            Self::Whole(least, most) => format!("{least} to {most}"),
            Self::WholeOr(least, most, word) => format!("{least} to {most}, or `\"{word}\"`"),
            Self::Number(least, most) => format!("number from {least} to {most}"),
            Self::Flag => "true or false".into(),
            Self::Word(all) if all().len() > 8 => "one of many words".into(),
            Self::Word(all) => words(&all()),
            Self::Words(all) => format!("one or a list of {}", words(&all())),
            Self::Reasons => "list of reasons, or a word".into(),
            Self::Condition => "condition".into(),
            Self::Levels => "skills with levels".into(),
            Self::Weights => "skills with numbers".into(),
            Self::Counts(least, most) => format!("table, channel to {least} to {most}"),
            Self::Lists => "table, channel to a list of channels".into(),
            Self::Labels => "table, name to text, whole number, true or false".into(),
            Self::Change => "rank, or `\"+2\"`, `\"-2\"`".into(),
            Self::Intervals => "list of intervals".into(),
            Self::Dates => "table, date to a list of intervals".into(),
            Self::Table(_) => "table".into(),
            Self::List(_) => "list of tables".into(),
            Self::Map(_) => "table of tables, by name".into(),
            Self::Links(_) => "list of queues, or table of queues".into(),
        }
    }
}
