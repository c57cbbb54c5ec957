//! Order is an order: of any two one goes first, whoever else waits, and the first in order
//! is the next to be taken. What has nothing to do with it does not change it.

use std::sync::Arc;

use ccroute_core::{
    AgentKey, Command, ContactKey, EventKind, LineKey, Link, NewContact, Plan, QueueKey, Shift,
    Span,
};

use crate::commands::Choices;
use crate::dice::Dice;
use crate::{Centre, contact};

const ACROSS: [&str; 4] = ["age", "ratio", "marginal_cost", "due_date"];

/// Queues that differ in all that order goes by; one agent who serves them all, not ready.
fn centre(dice: &mut Dice, across: &str, slopes: bool) -> Centre {
    let mut plan = format!("order = {{ across = \"{across}\", ranked = false }}\n");
    for queue in 0..3 {
        let by = dice.among(&["aged", "strict", "lifo", "due_date"]);
        let slope = if slopes { 1 + dice.below(4) } else { 1 };
        plan += &format!(
            "[queues.q{queue}]\nservice_level.within = {}\nlines = [\"north\", \"south\"]\n\
             order = {{ by = \"{by}\", slope = {slope}, share = {}, \
             cost = {{ constant = {}, per_minute = {}, handle_time = {} }} }}\n",
            5 + dice.below(60),
            1 + dice.below(4),
            dice.below(3),
            dice.below(3),
            60 + dice.below(300)
        );
    }
    let mut centre = Centre::new(&plan);
    let links: Vec<Link> = (0..3).map(QueueKey::new).map(Link::new).collect();
    centre.sign_in("ana", &[], &links, 1);
    centre
}

/// Contacts of all queues with bands, head starts and ages at random; many of them alike.
fn crowd(centre: &mut Centre, dice: &mut Dice, many: usize) -> Vec<ContactKey> {
    let newcomers = (0..many).map(|number| {
        centre.now = centre.now + Span::secs(dice.among(&[0, 0, 4, 11, 40]));
        let earlier = Shift::from_micros(dice.among(&[0, 0, 4, 60, -30]) * 1_000_000);
        let newcomer = NewContact {
            band: Some(dice.among(&[0, 0, 1, -1])),
            head_start: earlier,
            ..contact("", dice.below(3))
        };
        centre.enqueue(NewContact { id: &format!("c{number}"), ..newcomer })
    });
    newcomers.collect()
}

/// How many go before each, of all and within its queue; none for those not in line.
fn places(centre: &Centre, contacts: &[ContactKey]) -> Vec<Option<(usize, usize)>> {
    let place = |key: &ContactKey| {
        let estimate = centre.router.estimate_wait(*key).ok()?;
        Some((estimate.competing, estimate.position? - 1))
    };
    contacts.iter().map(place).collect()
}

fn leave(centre: &mut Centre, contact: ContactKey) {
    centre.tell(Command::Cancel { contact, cause: ccroute_core::Cause::Withdrawn });
}

/// The same centre with nobody but these in line.
fn without_others(centre: &Centre, all: &[ContactKey], stay: &[ContactKey]) -> Centre {
    let mut alone = Centre { router: centre.router.clone(), now: centre.now };
    for other in all.iter().filter(|of| !stay.contains(of)) {
        leave(&mut alone, *other);
    }
    alone
}

#[test]
fn of_any_two_one_goes_first_whoever_else_waits() {
    for seed in 0..120 {
        let mut dice = Dice::new(0x70a1 + seed);
        let across = ACROSS[seed as usize % ACROSS.len()];
        let mut centre = centre(&mut dice, across, true);
        let contacts = crowd(&mut centre, &mut dice, 9);
        centre.now = centre.now + Span::secs(dice.below(100) as u32);
        centre.router.advance(centre.now).expect("time moves on");
        let places: Vec<(usize, usize)> =
            places(&centre, &contacts).into_iter().map(|of| of.expect("all wait")).collect();
        // Places of all, and within each queue, are counted without gap or tie.
        let mut of_all: Vec<usize> = places.iter().map(|(all, _)| *all).collect();
        of_all.sort_unstable();
        assert_eq!(of_all, (0..contacts.len()).collect::<Vec<_>>(), "seed {seed}, {across}");
        for queue in (0..3).map(QueueKey::new) {
            let here = |at: &usize| centre.router.queue_of(contacts[*at]) == Some(queue);
            let mut within: Vec<usize> =
                (0..contacts.len()).filter(here).map(|at| places[at].1).collect();
            within.sort_unstable();
            assert_eq!(within, (0..within.len()).collect::<Vec<_>>(), "seed {seed}, {across}");
        }
        if across == "ratio" {
            // Who goes first hangs on how many others wait.
            continue;
        }
        let mut before = vec![vec![false; contacts.len()]; contacts.len()];
        for one in 0..contacts.len() {
            for other in (0..contacts.len()).filter(|other| *other != one) {
                let pair = [contacts[one], contacts[other]];
                let alone = without_others(&centre, &contacts, &pair);
                before[one][other] = self::places(&alone, &pair)[0].expect("it waits").0 == 0;
            }
        }
        for one in 0..contacts.len() {
            for other in (0..contacts.len()).filter(|other| *other != one) {
                assert_ne!(before[one][other], before[other][one], "seed {seed}, {across}");
                // The places of all say the same, so it is transitive.
                let first = places[one].0 < places[other].0;
                assert_eq!(before[one][other], first, "seed {seed}, {across}: {places:?}");
            }
        }
    }
}

#[test]
fn the_first_in_order_is_the_next_to_be_taken() {
    for seed in 0..120 {
        let mut dice = Dice::new(0xf125 + seed);
        let across = ACROSS[seed as usize % ACROSS.len()];
        let mut centre = centre(&mut dice, across, true);
        let contacts = crowd(&mut centre, &mut dice, 12);
        let ana = AgentKey::new(0);
        let mut left = contacts.len();
        while left > 0 {
            centre.now = centre.now + Span::secs(dice.below(20) as u32);
            centre.router.advance(centre.now).expect("time moves on");
            let places = places(&centre, &contacts);
            // Of the heads of the queues, the first of all.
            let heads = (0..contacts.len()).filter(|&at| places[at].is_some_and(|of| of.1 == 0));
            let next = heads.min_by_key(|&at| places[at]).expect("somebody waits");
            centre.router.clear_events();
            centre.tell(Command::Ready(ana));
            let offers = centre.offers();
            let what = format!("seed {seed}, {across}, {left} left: {places:?}");
            assert_eq!(offers.len(), 1, "{what}");
            assert_eq!(offers[0].1, contacts[next], "{what}");
            leave_with_offer(&mut centre, ana, contacts[next]);
            left -= 1;
        }
    }
}

/// The agent goes, and the contact that was offered leaves.
fn leave_with_offer(centre: &mut Centre, agent: AgentKey, contact: ContactKey) {
    centre.tell(Command::NotReady { agent, reason: None });
    leave(centre, contact);
}

#[test]
fn places_are_kept_through_plans_lines_and_missed_offers() {
    let mut offered = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(0x91ace + seed);
        // Costs and slopes may change the order as time goes by; here none may.
        let across = ["age", "ratio", "due_date"][seed as usize % 3];
        let mut centre = centre(&mut dice, across, false);
        let contacts = crowd(&mut centre, &mut dice, 10);
        let expected = places(&centre, &contacts);
        let plan = centre.router.shared_plan();
        let read_again = Arc::new(Plan::from_toml(&plan.to_toml()).expect("a plan it wrote"));
        let ana = AgentKey::new(0);
        let line = LineKey::new(0);
        for step in 0..40 {
            let done = match dice.below(5) {
                0 => {
                    let plan = dice.among(&[&plan, &read_again]);
                    centre.tell(Command::SetPlan(plan));
                    "set_plan"
                }
                1 => {
                    centre.tell(Command::SetLine { line, up: false });
                    centre.tell(Command::SetLine { line, up: true });
                    "a line"
                }
                2 => {
                    centre.tell(Command::Ready(ana));
                    // The offer is taken back with its line, and made over the other one.
                    centre.tell(Command::SetLine { line, up: false });
                    centre.tell(Command::NotReady { agent: ana, reason: None });
                    centre.tell(Command::SetLine { line, up: true });
                    "an offer over a line"
                }
                3 => {
                    centre.tell(Command::Ready(ana));
                    centre.now = centre.now + Span::secs(15);
                    centre.router.advance(centre.now).expect("time moves on");
                    "a missed offer"
                }
                _ => {
                    centre.now = centre.now + Span::secs(dice.below(300) as u32);
                    centre.router.advance(centre.now).expect("time moves on");
                    "time"
                }
            };
            let missed = |event: &&ccroute_core::Event| event.kind == EventKind::OfferMissed;
            let made = centre.router.events().iter().filter(missed).count();
            assert_eq!(made, usize::from(done == "a missed offer"), "seed {seed}: {done}");
            offered += made;
            centre.router.clear_events();
            let found = places(&centre, &contacts);
            assert_eq!(found, expected, "seed {seed}, {across}, step {step}: {done}");
        }
    }
    assert!(offered > 200, "{offered} offers were missed");
}
