//! What is found in plans that a coordinator might write.

use super::{FindingCode, Severity};
use crate::plan::{Plan, PlanDocument};

/// Severity, code, path and line of everything found.
fn found(text: &str) -> Vec<(Severity, FindingCode, String, usize)> {
    let document = PlanDocument::from_toml(text).expect("it is TOML");
    let plan = document.check().unwrap_or_else(|errors| panic!("{errors:?}"));
    let findings = document.findings(&plan).into_iter();
    findings.map(|of| (of.severity, of.code, of.path, of.line.expect("it was text"))).collect()
}

#[track_caller]
fn finds(text: &str, expected: &[(Severity, FindingCode, &str, usize)]) {
    let found = found(text);
    let found: Vec<_> =
        found.iter().map(|(s, c, path, line)| (*s, *c, path.as_str(), *line)).collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn refused(text: &str, message: &str, line: usize) {
    let error = Plan::from_toml(text).expect_err("the plan is wrong");
    assert_eq!((error.message.as_str(), error.line), (message, Some(line)));
}

const END: &str = "escalation = [{ after = \"10m\", end = \"timed_out\" }]";

#[test]
fn contacts_that_go_round_are_refused() {
    let text = r#"
[queues.a]
escalation = [{ after = "1m", move_to = "b" }]
[queues.b]
escalation = [{ after = "2m", drop = ["x"] }, { after = "5m", move_to = "c" }]
[queues.c]
escalation = [{ after = "9m", move_to = "a" }]
"#;
    let message =
        "queues.a.escalation[0]: contacts go round: a → b → c → a; let one of the steps `end`";
    refused(text, message, 3);
}

#[test]
fn contacts_that_may_go_round_are_told() {
    let text = r#"
[queues.a]
escalation = [{ after = "1m", if = "queue.ready == 0", move_to = "b" }, { after = "9m", end = "timed_out" }]
[queues.b]
admission = { longest = 5, otherwise = "a" }
leaving = { staff_free_of = "strict", move_to = "b2" }
escalation = [{ after = "1m", end = "failed" }]
[queues.b2]
escalation = [{ after = "1m", end = "failed" }]
"#;
    let warned = (Severity::Warning, FindingCode::OverflowLoop);
    finds(text, &[(warned.0, warned.1, "queues.a.escalation[0]", 3)]);
}

#[test]
fn a_way_back_to_the_same_queue_is_a_circle() {
    let text = "[queues.a]\nescalation = [{ after = 60, move_to = \"a\" }]";
    let message = "queues.a.escalation[0]: contacts go round: a → a; let one of the steps `end`";
    refused(text, message, 2);
}

#[test]
fn a_rule_behind_one_that_takes_all_is_refused() {
    let text = r#"
[queues.a]
[[classification.rules]]
name = "all"
queue = "a"
[[classification.rules]]
when = "vip == true"
queue = "a"
"#;
    let message = "classification.rules[1]: can never match: rule all before it takes all of its \
                   contacts";
    refused(text, message, 6);
    let narrower = r#"
[queues.a]
[[classification.rules]]
when = "vip == true"
queue = "a"
[[classification.rules]]
when = "value > 5 && vip == true"
queue = "a"
"#;
    let message = "classification.rules[1]: can never match: rule 1 before it takes all of its \
                   contacts";
    refused(narrower, message, 6);
}

#[test]
fn conditions_that_never_hold_are_told() {
    let text = r#"
[queues.a]
escalation = [{ after = "1m", if = "contact.band > 1 && false", raise = { band = 1 } }]
[classification]
rules = [{ when = "x == 1 && x == 2", queue = "a" }, { queue = "a" }]
attach = [{ when = "false", skill_of = "language" }]
"#;
    let never = |path, line| (Severity::Warning, FindingCode::NeverMatches, path, line);
    finds(
        text,
        &[
            never("queues.a.escalation[0].if", 3),
            never("classification.rules[0].when", 5),
            never("classification.attach[0].when", 6),
            (Severity::Note, FindingCode::EndlessWait, "queues.a", 2),
        ],
    );
}

#[test]
fn what_nobody_can_serve_is_told() {
    let text = format!(
        r#"
skills = ["es", "fr", "en"]
[queues.a]
requires.all_of = {{ es = 5 }}
{END}
[queues.b]
requires.all_of = {{ fr = 1 }}
{END}
[queues.c]
{END}
[queues.d]
requires.all_of = {{ es = 9 }}
escalation = [{{ after = 30, lower = {{ es = 3 }} }}, {{ after = 60, end = "timed_out" }}]
[queues.e]
escalation = [{{ after = 30, widen = ["a"] }}, {{ after = 60, end = "timed_out" }}]
[agents.ana]
skills = {{ es = 4 }}
queues = ["a", "b", "d"]
[agents.luis]
"#
    );
    let warned = |code, path, line| (Severity::Warning, code, path, line);
    finds(
        &text,
        &[
            warned(FindingCode::NobodyHas, "skills", 2),
            warned(FindingCode::NobodyAble, "queues.a.requires", 4),
            warned(FindingCode::NobodyAble, "queues.b.requires", 7),
            warned(FindingCode::NobodyServes, "queues.c", 9),
            warned(FindingCode::ServesNothing, "agents.luis", 19),
        ],
    );
}

#[test]
fn a_plan_without_agents_leaves_them_to_the_host() {
    let text = format!("[queues.a]\nrequires.all_of = {{ es = 5 }}\n{END}");
    finds(&text, &[]);
}

#[test]
fn lines_that_never_meet_are_told() {
    let text = format!(
        "[queues.a]\nlines = [\"north\"]\n{END}\n[agents.ana]\nqueues = [\"a\"]\nlines = [\"south\"]"
    );
    finds(&text, &[(Severity::Warning, FindingCode::LinesNeverMeet, "agents.ana.lines", 6)]);
}

#[test]
fn ranks_that_decide_twice_are_told() {
    let text = format!(
        "[queues.a]\npreset = \"asterisk.rrmemory\"\n{END}\n[queues.b]\n{END}\n\
         [agents.ana.queues]\na = {{ rank = 2 }}\nb = {{}}"
    );
    finds(&text, &[(Severity::Warning, FindingCode::RanksDecideTwice, "queues.a.strategy", 1)]);
    finds(&format!("order.ranked = false\n{text}"), &[]);
}

#[test]
fn what_nothing_refers_to_is_told() {
    let text = "[scores.fit]\nby = \"product\"\n[calendars.office]\nzone = \"America/Lima\"";
    let unused = |path, line| (Severity::Note, FindingCode::Unused, path, line);
    finds(text, &[unused("scores.fit", 1), unused("calendars.office", 3)]);
}

#[test]
fn an_attached_skill_that_nobody_has_is_told() {
    let text = format!(
        "skills = [\"es\", \"fr\"]\n[[classification.attach]]\nrequires.all_of = {{ fr = 1 }}\n\
         [queues.a]\n{END}\n[agents.ana]\nskills = {{ es = 3 }}\nqueues = [\"a\"]"
    );
    finds(&text, &[(Severity::Warning, FindingCode::NobodyHas, "skills", 1)]);
}

#[test]
fn a_condition_that_always_holds_is_none() {
    for first in ["after = 9, if = \"true\"", "when = \"1 == 1\""] {
        let text = format!(
            "[queues.a]\nescalation = [\n{{ {first}, end = \"failed\" }},\n\
             {{ after = 30, raise = {{ band = 1 }} }},\n]"
        );
        let error = Plan::from_toml(&text).expect_err("the second step is never taken");
        assert!(error.message.contains("always takes the contact away"), "{}", error.message);
    }
    finds("[queues.a]\nescalation = [{ when = \"true\", end = \"failed\" }]", &[]);
}
