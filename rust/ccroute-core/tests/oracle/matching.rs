//! Whose turn it is: heads, turns, and matching until nobody has a turn any more.

use std::cmp::Reverse;

use ccroute_core::EventKind;

use super::asking::Asking;
use super::happening::Happening;
use super::precedence::MINUTE;
use super::router::{Agent, Oracle, Phase, Seq};

/// A contact and the agent it is offered.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) contact: Seq,
    pub(crate) agent: String,
    /// "Those of the k before it."
    pub(crate) overtaken: Vec<Seq>,
}

/// One of an agent's heads.
struct Head {
    /// Which of all that stand in line.
    at: usize,
    overtaken: Vec<Seq>,
}

/// Everybody who stands in line, and who of the agents is eligible for whom.
struct Field<'a> {
    asked: Vec<Asking<'a>>,
    /// By contact, then by agent.
    eligible: Vec<Vec<bool>>,
}

impl Oracle {
    /// "**Matching**: … while some agent has a turn, take of all contacts that are some agent's
    /// turn the first by precedence, and offer it to the best, by choice, of the agents whose
    /// turn it is. … When no agent has a turn any more, the first waiting contact, by sequence,
    /// whose next step has a `when` that holds takes that step, and matching runs again; until
    /// there is none."
    pub(crate) fn match_waiting(&mut self) {
        loop {
            while let Some(pair) = self.next_pair(&[], &[]) {
                self.overtake(&pair);
                self.make_offer(pair.contact, &pair.agent);
                self.note_staff();
            }
            let next = self
                .contacts
                .iter()
                .filter(|contact| contact.phase == Phase::Waiting && self.next_step_wants(contact));
            let Some(contact) = next.map(|contact| contact.seq).min() else { return };
            self.take_step(contact);
            self.take_due_steps(contact);
        }
    }

    /// "Those of the k before it are *overtaken* when it is offered to this agent."
    pub(crate) fn overtake(&mut self, pair: &Pair) {
        for &contact in &pair.overtaken {
            self.contact_mut(contact).overtaken += 1;
        }
    }

    /// The next pair of matching, without some contacts and agents.
    pub(crate) fn next_pair(&self, but: &[Seq], without: &[String]) -> Option<Pair> {
        let field = self.field(but, without);
        let mut turns: Vec<(usize, &Agent, Head)> = Vec::new();
        for (row, agent) in self.agents.iter().enumerate() {
            if let Some(head) = self.turn(&field, row, agent) {
                turns.push((head.at, agent, head));
            }
        }
        let contact = |at: usize| field.asked[at].contact;
        let (first, ..) = turns.iter().min_by(|a, b| self.precedes(contact(a.0), contact(b.0)))?;
        let first = *first;
        turns.retain(|(at, ..)| *at == first);
        let agents: Vec<&Agent> = turns.iter().map(|(_, agent, _)| *agent).collect();
        let best = self.best(&field.asked[first], &agents).name.clone();
        let (.., head) = turns.into_iter().find(|(_, agent, _)| agent.name == best)?;
        Some(Pair { contact: contact(first).seq, agent: best, overtaken: head.overtaken })
    }

    fn field(&self, but: &[Seq], without: &[String]) -> Field<'_> {
        let in_line = self
            .contacts
            .iter()
            .filter(|contact| self.stands_in_line(contact) && !but.contains(&contact.seq));
        let asked: Vec<Asking<'_>> = in_line.map(|contact| self.asking(contact.seq)).collect();
        let row = |asking: &Asking<'_>| {
            let agents = self.agents.iter();
            let may = |agent: &Agent| !without.contains(&agent.name);
            agents.map(|agent| may(agent) && self.is_eligible(agent, asking)).collect()
        };
        let eligible = asked.iter().map(row).collect();
        Field { asked, eligible }
    }

    /// "An agent's **turn** is one of its heads."
    fn turn(&self, field: &Field<'_>, row: usize, agent: &Agent) -> Option<Head> {
        let queues = self.rules.queues.iter();
        let mut heads: Vec<Head> =
            queues.filter_map(|queue| self.head(field, row, agent, &queue.name)).collect();
        // "1. with `order.ranked`, only heads of the lowest link rank stay (the rank of the
        // agent's link, unraised)".
        if self.rules.order.ranked {
            let rank = |head: &Head| self.link_rank(agent, &field.asked[head.at]);
            let lowest = heads.iter().map(rank).min()?;
            heads.retain(|head| rank(head) == lowest);
        }
        // "2. a head yields when another of these heads is of a queue of greater
        // `order.weight` that is scarce: at least as many contacts stand in line there as
        // agents are eligible for that head; heads that yield drop out".
        let weight =
            |head: &Head| self.rules.queue(&field.asked[head.at].contact.queue).order.weight;
        let scarce = |head: &Head| {
            let eligible = field.eligible[head.at].iter().filter(|&&eligible| eligible).count();
            self.in_line(&field.asked[head.at].contact.queue) >= eligible
        };
        let greatest = heads.iter().filter(|head| scarce(head)).map(weight).max();
        heads.retain(|head| greatest.is_none_or(|greatest| weight(head) >= greatest));
        // "3. the first of the rest by precedence."
        let contact = |head: &Head| field.asked[head.at].contact;
        heads.into_iter().min_by(|a, b| self.precedes(contact(a), contact(b)))
    }

    /// "For an agent, the **head** of a queue is the first contact by the queue's order that
    /// the agent is eligible for. With `order.pick.oldest` = k > 1 it is one of the first k
    /// such contacts that share the first one's band: the first that was overtaken `overtakes`
    /// times already, else the one of greatest worth, of equals the first."
    fn head(&self, field: &Field<'_>, row: usize, agent: &Agent, queue: &str) -> Option<Head> {
        let here = 0..field.asked.len();
        let mut here: Vec<usize> = here
            .filter(|&at| field.asked[at].contact.queue == queue && field.eligible[at][row])
            .collect();
        let contact = |at: usize| field.asked[at].contact;
        here.sort_by(|&a, &b| self.goes_first(contact(a), contact(b)));
        let band = self.band(contact(*here.first()?));
        let pick = self.rules.queue(queue).order.pick;
        here.truncate(usize::from(pick.oldest));
        let alike = here.iter().take_while(|&&at| self.band(contact(at)) == band).count();
        here.truncate(alike);
        let overtakes = u32::from(pick.overtakes);
        let due = here.iter().position(|&at| contact(at).overtaken >= overtakes);
        let worth = |place: usize| self.worth(agent, &field.asked[here[place]]);
        let best = (0..here.len()).min_by_key(|&place| (Reverse(worth(place)), place));
        let place = if here.len() > 1 { due.or(best)? } else { 0 };
        let overtaken = here[..place].iter().map(|&at| contact(at).seq).collect();
        Some(Head { at: here[place], overtaken })
    }

    /// "Worth, in millionths, is the agent's score for the contact … plus `per_minute` for each
    /// minute since `since`", in whole millionths.
    fn worth(&self, agent: &Agent, asking: &Asking<'_>) -> i128 {
        let pick = self.rules.queue(&asking.contact.queue).order.pick;
        let waited = i128::from(pick.per_minute.raw()) * i128::from(asking.age.micros()) / MINUTE;
        i128::from(self.score_for(agent, asking)) + waited
    }

    /// → `offer_made`; "Offer; `time`: the offer's deadline".
    pub(crate) fn make_offer(&mut self, contact: Seq, agent: &str) {
        self.count_fallback(contact);
        self.propose(contact, agent, ccroute_core::Cause::None);
        // "With `auto_accept` this follows each `offer_made` at once."
        if self.rules_of(contact).offer.auto_accept {
            self.take_offer(self.offers_made);
        }
    }

    /// The offer itself, and what begins with it.
    pub(crate) fn propose(&mut self, contact: Seq, agent: &str, cause: ccroute_core::Cause) {
        let asking = self.asking(contact);
        let person = self.agent(agent);
        let rank = self.rank(person, &asking);
        let line = self.line_between(person, asking.contact).expect("the agent can be reached");
        let place = self.position(person, asking.contact);
        let queue = asking.contact.queue.clone();
        self.last_offered.retain(|(named, _)| *named != queue);
        self.last_offered.push((queue, place));
        self.offers_made += 1;
        let ordinal = self.offers_made;
        let policy = self.rules_of(contact).offer;
        let until = self.after(policy.timeout);
        let counts = self.counts_offers(contact);
        let known = self.contact_mut(contact);
        let first = known.phase == Phase::Waiting;
        known.phase = Phase::Offered;
        known.offers += u32::from(counts);
        // "Removed when the contact stops waiting."
        self.cancel_timer(&super::router::Timer::Escalation(contact));
        self.offers.push(super::router::Offer {
            ordinal,
            contact,
            agent: agent.to_owned(),
            rank,
            line: line.clone(),
        });
        let event = self.about_offer(ordinal, EventKind::OfferMade);
        self.emit(Happening { cause, reason: line, time: Some(until), ..event });
        // "*offer*: with `offer_made`, and after it, at the first offer of a round, *ring*".
        self.set_timer(until, super::router::Timer::Offer(ordinal));
        if let Some(every) = policy.add_every.filter(|_| first) {
            self.set_timer(self.after(every), super::router::Timer::Ring(contact));
        }
    }

    /// One agent more may be asked, "as long as the contact is offered".
    pub(crate) fn ring_one_more(&mut self, contact: Seq) {
        self.contact_mut(contact).added += 1;
        if let Some(every) = self.rules_of(contact).offer.add_every {
            self.set_timer(self.after(every), super::router::Timer::Ring(contact));
        }
    }
}
