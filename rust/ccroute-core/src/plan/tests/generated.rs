//! Plans drawn from the grammar: any keys, with values of their kinds. Most that are read
//! have something of everything; whatever is read is written and read again.

use std::fmt::Write as _;

use super::super::grammar::{Key, Kind, PLAN, Section};
use super::*;
use crate::draw::drawn;

/// Draws one after the other.
struct Draws(u64, u64);

impl Draws {
    fn below(&mut self, most: u64) -> u64 {
        self.1 += 1;
        drawn(self.0, self.1, 0) % most
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let most = u64::try_from(of.len()).expect("few");
        of[usize::try_from(self.below(most)).expect("few")]
    }

    fn chance(&mut self, in_a_hundred: u64) -> bool {
        self.below(100) < in_a_hundred
    }
}

const QUEUES: [&str; 3] = ["billing", "sales", "after_hours"];
const SKILLS: [&str; 3] = ["es", "en", "vip care"];
const CHANNELS: [&str; 2] = ["voice", "chat"];

/// A table with some of a section's keys.
fn table(draws: &mut Draws, section: &Section, often: u64) -> String {
    let mut text = String::from("{ ");
    let mut first = true;
    for key in section.keys {
        // What stands for itself or excludes others comes rarely.
        let rare = ["preset", "split", "skill_of", "label_of", "waiting", "above"];
        let often = if rare.contains(&key.name) { often / 5 } else { often };
        if !draws.chance(often) {
            continue;
        }
        let comma = if first { "" } else { ", " };
        first = false;
        write!(text, "{comma}{} = {}", key.name, value(draws, key)).expect("a String takes all");
    }
    text + " }"
}

fn value(draws: &mut Draws, key: &Key) -> String {
    let names = |draws: &mut Draws, of: &[&str]| {
        let some: Vec<String> =
            of.iter().filter(|_| draws.chance(50)).map(|name| format!("\"{name}\"")).collect();
        format!("[{}]", some.join(", "))
    };
    let pairs = |draws: &mut Draws, of: &[&str], most: u64| {
        let mut some: Vec<String> = Vec::new();
        for name in of {
            if draws.chance(50) {
                some.push(format!("\"{name}\" = {}", 1 + draws.below(most)));
            }
        }
        format!("{{ {} }}", some.join(", "))
    };
    match &key.kind {
        Kind::Duration { .. } | Kind::DurationOr(_) => format!("{}", 1 + draws.below(5_000)),
        Kind::Shift => format!("{}", i64::try_from(draws.below(900)).expect("small") - 300),
        Kind::Name => named(draws, key.name),
        Kind::Names => match key.name {
            "drop" | "skills" => names(draws, &SKILLS),
            "widen" | "for" | "from" => format!("[\"{}\"]", draws.one(&QUEUES)),
            _ => names(draws, &["a", "b"]),
        },
        Kind::Whole(least, most) | Kind::WholeOr(least, most, _) => {
            let span = u64::try_from((most - least).min(20)).expect("in order") + 1;
            format!("{}", least.max(&-2) + i64::try_from(draws.below(span)).expect("small"))
        }
        Kind::Number(least, most) => {
            let number = draws.below(1_000) as f64 / 8.0;
            format!("{:.3}", number.max(*least).min(*most))
        }
        Kind::Flag => draws.one(&["true", "false"]).into(),
        Kind::Word(words) => format!("\"{}\"", draws.one(&words())),
        Kind::Words(words) => {
            let all = words();
            let plain: Vec<&str> =
                all.into_iter().filter(|w| !["weighted_score", "scores"].contains(w)).collect();
            format!("[\"{}\", \"longest_idle\"]", draws.one(&plain))
                .replace("[\"longest_idle\", \"longest_idle\"]", "\"longest_idle\"")
        }
        Kind::Reasons => draws.one(&["\"strict\"", "[\"paused\", \"wrap_up\"]"]).into(),
        Kind::Condition => condition(draws, key.name),
        Kind::Levels => pairs(draws, &SKILLS, 10),
        Kind::Weights => pairs(draws, &SKILLS, 50),
        Kind::Counts(..) => pairs(draws, &CHANNELS, 5),
        Kind::Lists => format!("{{ voice = {} }}", names(draws, &CHANNELS)),
        Kind::Labels => "{ site = \"lima\", age = 3, remote = true }".into(),
        Kind::Change => draws.one(&["1", "\"+2\"", "\"-1\""]).into(),
        Kind::Intervals => "[\"09:00-13:00\", \"14:00-24:00\"]".into(),
        Kind::Dates => "{ 2026-12-24 = [\"09:00-13:00\"], 2026-12-31 = [] }".into(),
        Kind::Table(section) if section.keys.is_empty() => "{}".into(),
        Kind::Table(section) => table(draws, section, 40),
        Kind::List(section) if section.keys.is_empty() => "[{ es = 5, en = 2 }]".into(),
        Kind::List(section) => list(draws, section),
        Kind::Map(section) | Kind::Links(section) => map(draws, key.name, section),
    }
}

fn named(draws: &mut Draws, key: &str) -> String {
    let name = match key {
        "queue" | "move_to" | "otherwise" => draws.one(&QUEUES),
        "scores" => "fit",
        "hours" => "office",
        "zone" => "America/Bogota",
        "holidays" => "CO",
        "channel" => draws.one(&CHANNELS),
        _ => draws.one(&["product", "language", "site"]),
    };
    format!("\"{name}\"")
}

fn condition(draws: &mut Draws, key: &str) -> String {
    let of_agents = ["skills.es >= 3", "labels.site == 'lima' || !(skills.en > 2)"];
    let of_contacts = ["vip == true && value > 100", "contact.channel in ['voice', 'chat']"];
    let condition = if key == "where" { draws.one(&of_agents) } else { draws.one(&of_contacts) };
    format!("\"{condition}\"")
}

/// Up to three tables; what must ascend or be given does and is.
fn list(draws: &mut Draws, section: &Section) -> String {
    let count = draws.below(4);
    let items: Vec<String> = (1..=count)
        .map(|at| {
            let inner = table(draws, section, 25);
            let open = inner.strip_prefix("{ ").expect("a table");
            let joint = if open == " }" { "" } else { ", " };
            let given = |key: &str| open.starts_with(key) || open.contains(&format!(", {key}"));
            let must = match section.path {
                path if path.ends_with("escalation[]") => {
                    format!("after = {}, name = \"s\"", at * 60)
                }
                path if path.ends_with("help[]") => {
                    "from = [\"sales\"], kpi = \"k\", below = 0.5, until = 1".into()
                }
                path if path.ends_with("split[]") => "queue = \"sales\", share = 2".into(),
                path if path.ends_with("rules[]") => {
                    format!("when = \"n == {at}\", queue = \"sales\"")
                }
                path if path.ends_with("attach[]") => "skill_of = \"language\"".into(),
                _ => return inner,
            };
            let kept: Vec<&str> = must
                .split(", ")
                .filter(|pair| !given(pair.split(' ').next().expect("a key")))
                .collect();
            let joint = if kept.is_empty() { "" } else { joint };
            format!("{{ {}{joint}{open}", kept.join(", "))
        })
        .collect();
    format!("[{}]", items.join(", "))
}

fn map(draws: &mut Draws, key: &str, section: &Section) -> String {
    let names: &[&str] = match key {
        "queues" => &QUEUES,
        "agents" => &["ana", "luis o'neil"],
        "scores" => &["fit"],
        "calendars" => &["office"],
        _ => &["1", "#"],
    };
    let entries: Vec<String> = names
        .iter()
        .map(|name| {
            let inner = match section.path {
                "scores.<name>" => "{ by = \"product\" }".into(),
                "calendars.<name>" => format!(
                    "{{ zone = \"America/Lima\", weekly = {} }}",
                    "{ mon = [\"09:00-12:00\"] }"
                ),
                path if path.ends_with("exits.<key>") => {
                    draws.one(&["{ end = true }", "{ move_to = \"sales\" }"]).into()
                }
                _ => table(draws, section, 12),
            };
            format!("\"{name}\" = {inner}")
        })
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// A whole plan, in which what others refer to is there.
fn plan(seed: u64) -> String {
    let mut draws = Draws(seed, 0);
    let mut text = String::new();
    for key in PLAN.keys {
        let there = ["queues", "scores", "calendars", "channels"].contains(&key.name);
        if !there && !draws.chance(50) {
            continue;
        }
        let written = match key.name {
            "channels" => "[\"voice\", \"chat\"]".into(),
            "skills" => "[\"es\", \"en\", \"vip care\", \"spare\"]".into(),
            _ => value(&mut draws, key),
        };
        writeln!(text, "{} = {written}", key.name).expect("a String takes all");
    }
    text
}

/// A plan that reads, whatever it says, is written so that it reads again. Whether it reads.
fn survives(text: &str) -> bool {
    let Ok(plan) = Plan::from_toml(text) else { return false };
    assert_eq!(Plan::from_toml(&plan.to_toml()).as_ref(), Ok(&plan), "{text}");
    assert_eq!(Plan::from_document(&plan.to_document()), Ok(plan), "{text}");
    true
}

#[test]
fn plans_drawn_from_the_grammar_are_written_as_they_are_read() {
    let read = (0..3_000).filter(|&seed| survives(&plan(seed))).count();
    assert!(read > 600, "only {read} of 3000 make sense");
}
