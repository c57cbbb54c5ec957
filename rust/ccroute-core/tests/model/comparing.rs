//! One step of engine and oracle, compared: answer, events, deadline, and whatever of the
//! state can be seen from outside.

use ccroute_core::EventKind;

use crate::intents::NO_OFFER;
use crate::oracle::{Engine, Oracle, Outcome, ScriptCommand, Step, Subject, consequences};

/// One step of both; what differs.
pub(crate) fn compare(
    oracle: &mut Oracle,
    engine: &mut Engine,
    step: &Step,
) -> Result<Outcome, String> {
    let before = may_be_refused(step).then(|| engine.restored());
    let got = engine.take(step);
    // Where several pairings are best, the oracle follows the engine's.
    oracle.advice = pairs(&got);
    let expected = oracle.take(step);
    if got != expected {
        let (got, expected) = (consequences(&got).join("; "), consequences(&expected).join("; "));
        return Err(format!("{step}\n  the engine: {got}\n  the oracle: {expected}"));
    }
    engine.check().map_err(|broken| format!("after {step}: {broken}"))?;
    if expected.answer.is_err()
        && step.id.is_none()
        && let Some(mut other) = before
    {
        // Time that runs backwards is refused, and changes nothing either.
        let _ = other.router.advance(step.at);
        if other.router.state_hash() != engine.router.state_hash() {
            return Err(format!("the refused {step} changed the state"));
        }
    }
    let (ours, theirs) = (oracle.next_deadline(), engine.next_deadline());
    if ours != theirs {
        return Err(format!("after {step}: next deadline {theirs:?}, expected {ours:?}"));
    }
    Ok(expected)
}

/// Some steps, to see whether a refusal leaves a trace: a snapshot of each would take long.
fn may_be_refused(step: &Step) -> bool {
    step.at.micros() % 5 == 0 && step.id.is_none()
}

/// The contacts and agents of the offers of one step.
fn pairs(outcome: &Outcome) -> Vec<(String, String)> {
    let made = outcome.events.iter().filter(|event| event.kind == EventKind::OfferMade);
    made.filter_map(|event| Some((event.contact.clone()?, event.agent.clone()?))).collect()
}

/// The first difference along some steps, and at which.
pub(crate) fn difference(
    oracle: &mut Oracle,
    engine: &mut Engine,
    steps: &[Step],
) -> Option<(usize, String)> {
    for (at, step) in steps.iter().enumerate() {
        // Nobody can answer an offer before hearing of it.
        if let ScriptCommand::Accept { offer } | ScriptCommand::Decline { offer, .. } = step.command
            && offer > oracle.offers_made
            && offer < NO_OFFER
        {
            return None;
        }
        let compared = compare(oracle, engine, step);
        let differs = compared.err().or_else(|| state_difference(oracle, engine));
        if let Some(what) = differs {
            return Some((at, what));
        }
    }
    None
}

/// Where an engine that is set up again from a snapshot before each step goes another way.
pub(crate) fn turn(engine: &mut Engine, steps: &[Step]) -> Option<(usize, String)> {
    let mut other = engine.restored();
    for (at, step) in steps.iter().enumerate() {
        other = other.restored();
        let (got, expected) = (other.take(step), engine.take(step));
        if got != expected {
            let (got, went) = (consequences(&got).join("; "), consequences(&expected).join("; "));
            return Some((at, format!("{step}\n  set up again: {got}\n  the same one: {went}")));
        }
        if other.router.state_hash() != engine.router.state_hash() {
            return Some((at, format!("after {step} the states differ")));
        }
    }
    None
}

/// What of the state differs, of contacts, agents and queues.
pub(crate) fn state_difference(oracle: &Oracle, engine: &Engine) -> Option<String> {
    let contacts = oracle.contacts.iter().find_map(|contact| {
        let (ours, theirs) = (oracle.seen_contact(contact), engine.seen_contact(&contact.id));
        (ours != theirs).then(|| format!("{}: {theirs}\n  expected {ours}", contact.id))
    });
    let agents = || {
        oracle.agents.iter().find_map(|agent| {
            let (ours, theirs) = (oracle.seen_agent(agent), engine.seen_agent(&agent.name));
            (ours != theirs).then(|| format!("{}: {theirs}\n  expected {ours}", agent.name))
        })
    };
    let whole = || {
        let (ours, theirs) = (oracle.seen_whole(), engine.seen_whole());
        (ours != theirs).then(|| format!("{theirs}\n  expected {ours}"))
    };
    contacts.or_else(agents).or_else(whole)
}

/// The rare turns, which a model that never takes them would not test.
pub(crate) const TURNS: &[&str] = &[
    "agent_not_ready connect_timeout",
    "agent_not_ready missed",
    "back_off_ended agent",
    "contact_escalated passed_over",
    "contact_left transferred",
    "contact_requeued connect_timeout",
    "contact_requeued declined",
    "contact_requeued limit",
    "contact_requeued missed",
    "contact_requeued not_ready",
    "contact_requeued signed_out",
    "contact_requeued unreachable",
    "contact_transferred agent",
    "contact_transferred handed_over",
    "offer_withdrawn abandoned",
    "offer_withdrawn line_down",
    "offer_withdrawn transferred",
    "reservation_released limit",
    "wrap_up_ended agent",
    "wrap_up_ended limit",
    "wrap_up_ended signed_out",
];
