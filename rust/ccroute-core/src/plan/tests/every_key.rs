//! Every key there is: read, written, read again; and the text that has them all does.

use std::collections::BTreeSet;

use super::super::document::{Node, Value};
use super::super::grammar::{Kind, PLAN, Section};
use super::*;

#[test]
fn every_key_is_written_so_that_it_is_read_back() {
    let plan = Plan::from_toml(EVERY_KEY).unwrap_or_else(|error| panic!("{error}"));
    let written = plan.to_toml();
    assert_eq!(Plan::from_toml(&written).as_ref(), Ok(&plan), "{written}");
    assert_eq!(Plan::from_document(&plan.to_document()).as_ref(), Ok(&plan));
    assert!(plan.is_sound());
    // What is written are settings: a preset is gone into them, a word for reasons too.
    let there = keys(&plan.to_document());
    let mut gone = keys(&PlanDocument::from_toml(EVERY_KEY).expect("it is TOML"));
    gone.retain(|key| !there.contains(key));
    let presets: Vec<_> = gone.into_iter().collect();
    assert_eq!(presets, [("queues.<name>", "preset")]);
}

#[test]
fn the_text_has_every_key() {
    let document = PlanDocument::from_toml(EVERY_KEY).expect("it is TOML");
    let written = keys(&document);
    let mut all = BTreeSet::new();
    every(&PLAN, &mut all);
    let missing: Vec<_> = all.difference(&written).collect();
    assert_eq!(missing, Vec::<&(&str, &str)>::new());
}

#[test]
fn a_plan_follows_itself_and_keeps_what_it_drops() {
    let before = Plan::from_toml(EVERY_KEY).expect("the plan is right");
    assert_eq!(before.succeeding(&before).as_ref(), Ok(&before));
    let next = Plan::from_toml("channels = [\"fax\"]\n[queues.new]\n[queues.billing]").unwrap();
    let both = next.succeeding(&before).expect("they fit together");
    let names: Vec<&str> = both.queue_names.iter().collect();
    assert_eq!(names, ["billing", "after_hours", "new"]);
    let retired: Vec<bool> = both.queues.iter().map(|queue| queue.retired).collect();
    assert_eq!(retired, [false, true, false]);
    assert_eq!(both.channels.iter().collect::<Vec<_>>(), ["voice", "chat", "email", "fax"]);
    assert_eq!(both.queues[0], QueuePlan::default());
    assert!(both.is_sound());
}

/// Every key of a document, by section.
fn keys(document: &PlanDocument) -> BTreeSet<(&'static str, &'static str)> {
    let mut seen = BTreeSet::new();
    note(&PLAN, &document.root, &mut seen);
    seen
}

/// Every key of a section and of those in it.
fn every(section: &'static Section, all: &mut BTreeSet<(&'static str, &'static str)>) {
    for key in section.keys {
        if all.insert((section.path, key.name))
            && let Some(inner) = key.kind.section()
        {
            every(inner, all);
        }
    }
}

fn note(section: &Section, node: &Node, seen: &mut BTreeSet<(&'static str, &'static str)>) {
    let Value::Table(entries) = &node.value else { return };
    if section.keys.is_empty() {
        // Its keys are names of skills.
        return;
    }
    for entry in entries {
        let key = section.keys.iter().find(|key| key.name == entry.key);
        let key = key.unwrap_or_else(|| panic!("{} has no {}", section.path, entry.key));
        seen.insert((section.path, key.name));
        match (&key.kind, &entry.node.value) {
            (Kind::Table(inner), _) => note(inner, &entry.node, seen),
            (Kind::List(inner), Value::List(items)) => {
                items.iter().for_each(|item| note(inner, item, seen));
            }
            (Kind::Map(inner) | Kind::Links(inner), Value::Table(named)) => {
                named.iter().for_each(|of| note(inner, &of.node, seen));
            }
            _ => {}
        }
    }
}
