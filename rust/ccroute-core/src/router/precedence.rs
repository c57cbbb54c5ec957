//! Which contact an agent takes next: over all queues it serves, by rank, weight, band
//! and what the plan compares queues by, down to the sequence number, so that nothing
//! ties and no two queues can wait for each other.

use core::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use super::Router;
use super::state::Contact;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::plan::{Across, QueueOrder, Strategy};
use crate::queue::{OrderKey, PriorityQueue};
use crate::time::Span;

/// A fraction that grows with urgency; compared by cross-multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Urgency {
    above: i128,
    below: i128,
}

impl Urgency {
    fn whole(above: i128) -> Self {
        Self { above, below: 1 }
    }
}

impl Ord for Urgency {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.above * other.below).cmp(&(other.above * self.below))
    }
}

impl PartialOrd for Urgency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Urgency {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Urgency {}

/// Where a contact stands among those of all queues, whoever looks; less goes first.
pub(super) type Precedence = (Reverse<i16>, Reverse<Urgency>, u64);

/// What an agent would take.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) contact: ContactKey,
    pub(super) precedence: Precedence,
    /// Contacts of the queue before it in order, which a better score overtakes.
    pub(super) overtaken: Vec<ContactKey>,
}

/// Whether there are contacts enough for all who are free for a head, as long as nobody was
/// offered anything.
pub(super) type Scarce = BTreeMap<ContactKey, bool>;

/// The first of a queue for an agent.
struct Head {
    rank: u32,
    queue: QueueKey,
    turn: Turn,
}

impl Router {
    /// The first contact in order that an agent may take.
    pub(super) fn turn_of(&self, agent: AgentKey, scarce: &mut Scarce) -> Option<Turn> {
        self.turn_by(self.heads_for(agent), scarce)
    }

    /// The first in order of some contacts, as if an agent could take them all.
    pub(super) fn turn_among(&self, agent: AgentKey, contacts: &[ContactKey]) -> Option<Turn> {
        let mut by_queue: BTreeMap<QueueKey, Vec<ContactKey>> = BTreeMap::new();
        for &key in contacts {
            by_queue.entry(self.contact(key).queue).or_default().push(key);
        }
        let heads = by_queue.into_iter().map(|(queue, mut first)| {
            first.sort_by(|a, b| self.compare_in_queue(self.contact(*a), self.contact(*b)));
            first.truncate(usize::from(self.plan.queue(queue).order.pick.oldest));
            self.head_of(agent, queue, &first)
        });
        self.turn_by(heads.collect(), &mut Scarce::default())
    }

    fn turn_by(&self, mut heads: Vec<Head>, scarce: &mut Scarce) -> Option<Turn> {
        if self.plan.order.ranked {
            let lowest = heads.iter().map(|head| head.rank).min()?;
            heads.retain(|head| head.rank == lowest);
        }
        if heads.len() > 1 {
            self.leave_to_heavier(&mut heads, scarce);
        }
        heads.into_iter().map(|head| head.turn).min_by_key(|turn| turn.precedence)
    }

    /// For every queue an agent may take contacts of, the one it would take.
    fn heads_for(&self, agent: AgentKey) -> Vec<Head> {
        let mut queues: Vec<QueueKey> = Vec::new();
        for (demand, _) in self.matcher.groups_for(agent) {
            if !queues.contains(&demand.queue) {
                queues.push(demand.queue);
            }
        }
        for &contact in &self.agent(agent).preferred_by {
            let queue = self.contact(contact).queue;
            if !queues.contains(&queue) {
                queues.push(queue);
            }
        }
        queues.into_iter().filter_map(|queue| self.head_for(agent, queue)).collect()
    }

    fn head_for(&self, agent: AgentKey, queue: QueueKey) -> Option<Head> {
        let oldest = usize::from(self.plan.queue(queue).order.pick.oldest);
        let first = self.first_of(agent, queue, oldest);
        (!first.is_empty()).then(|| self.head_of(agent, queue, &first))
    }

    /// The one of the first few of a queue that an agent takes.
    fn head_of(&self, agent: AgentKey, queue: QueueKey, first: &[ContactKey]) -> Head {
        let (contact, overtaken) =
            if first.len() > 1 { self.pick(agent, queue, first) } else { (first[0], Vec::new()) };
        let precedence = self.precedence_of(self.contact(contact));
        let rank = self.matcher.link_rank(agent, self.contact(contact).demand());
        Head { rank, queue, turn: Turn { contact, precedence, overtaken } }
    }

    /// The first few contacts of a queue, in its order, that an agent may take.
    fn first_of(&self, agent: AgentKey, queue: QueueKey, most: usize) -> Vec<ContactKey> {
        let mut first: Vec<ContactKey> = Vec::new();
        for (demand, waiting) in self.matcher.groups_of(queue) {
            if self.matcher.is_open(agent, demand.channel)
                && self.matcher.is_able(agent, demand.class)
            {
                first.extend(self.of_group(agent, waiting, most));
            }
        }
        // Whom a contact prefers may lack its skills: its group does not show it.
        for &key in &self.agent(agent).preferred_by {
            let contact = self.contact(key);
            if contact.queue == queue
                && contact.place.is_some()
                && !self.matcher.is_able(agent, contact.demand().class)
                && self.is_eligible(agent, key)
            {
                first.push(key);
            }
        }
        first.sort_by(|a, b| self.compare_in_queue(self.contact(*a), self.contact(*b)));
        first.truncate(most);
        first
    }

    fn of_group<'a>(
        &'a self,
        agent: AgentKey,
        waiting: &'a PriorityQueue,
        most: usize,
    ) -> impl Iterator<Item = ContactKey> + 'a {
        let keys = waiting.iter().map(|(_, item)| self.contact_key(item));
        keys.filter(move |key| self.is_eligible(agent, *key)).take(most)
    }

    /// Two contacts of one queue, by its order.
    fn compare_in_queue(&self, a: &Contact, b: &Contact) -> Ordering {
        let slopes = [a, b].map(|contact| {
            let class = contact.class.expect("a contact that waits holds a class");
            self.matcher.ask(class).slope
        });
        if self.plan.queue(a.queue).order.by != QueueOrder::Aged || slopes[0] == slopes[1] {
            let place = |contact: &Contact| contact.place.expect("it stands in line");
            return place(a).cmp(&place(b));
        }
        let aged = |contact: &Contact| {
            let (band, arrival) = self.standing_of(contact);
            (Reverse(band), Reverse(self.aged(contact, arrival)), contact.sequence)
        };
        aged(a).cmp(&aged(b))
    }

    /// Drops heads that must leave the agent to a heavier queue: one with contacts enough
    /// for all who are free for it.
    fn leave_to_heavier(&self, heads: &mut Vec<Head>, scarce: &mut Scarce) {
        let weight = |head: &Head| self.plan.queue(head.queue).order.weight;
        let mut heaviest: Vec<&Head> = heads.iter().collect();
        heaviest.sort_by_key(|head| Reverse(weight(head)));
        let lightest = heaviest.last().map(|head| weight(head)).unwrap_or_default();
        let heavier = heaviest.into_iter().filter(|head| weight(head) > lightest);
        let least = heavier.filter(|head| self.is_scarce(head, scarce)).map(weight).next();
        if let Some(least) = least {
            heads.retain(|head| weight(head) >= least);
        }
    }

    fn is_scarce(&self, head: &Head, scarce: &mut Scarce) -> bool {
        *scarce.entry(head.turn.contact).or_insert_with(|| {
            let free = self.eligible(head.turn.contact).len();
            self.matcher.waiting_in(head.queue) as usize >= free
        })
    }

    /// Where a contact stands among those of all queues.
    pub(super) fn precedence_of(&self, contact: &Contact) -> Precedence {
        let (band, arrival) = self.standing_of(contact);
        (Reverse(band), Reverse(self.urgency_of(contact, arrival)), contact.sequence)
    }

    fn urgency_of(&self, contact: &Contact, arrival: i64) -> Urgency {
        let rules = self.plan.queue(contact.queue);
        match self.plan.order.across {
            Across::Age => Urgency::whole(self.aged(contact, arrival)),
            Across::DueDate => {
                Urgency::whole(-i128::from(arrival) - i128::from(rules.target.within.micros()))
            }
            Across::Ratio => {
                let own = i128::from(self.matcher.waiting_in(contact.queue));
                let all = i128::from(self.matcher.waiting_in_all());
                let shares = i128::from(self.in_use.shares);
                Urgency::whole(own * shares - i128::from(rules.order.share) * all)
            }
            Across::MarginalCost => {
                let cost = &rules.order.cost;
                // Ten years are waited long enough; more would not fit the products.
                let waited = self.as_of.since(contact.since).min(Span::LONGEST_SETTING);
                let waited = i128::from(waited.micros());
                let above = i128::from(cost.constant.raw()) * 60_000_000
                    + i128::from(cost.per_minute.raw()) * waited;
                // Thousandths of a second are fine enough, and the products stay in range.
                let below = i128::from(cost.handle_time.micros() / 1_000).max(1);
                Urgency { above, below }
            }
        }
    }

    /// How long a contact has waited since its virtual arrival, times its slope.
    fn aged(&self, contact: &Contact, arrival: i64) -> i128 {
        let class = contact.class.expect("a contact that waits holds a class");
        let slope = self.matcher.ask(class).slope;
        i128::from(slope.raw()) * i128::from(self.as_of.micros() - arrival)
    }

    /// Of the first few of a queue the one that suits an agent best, what its wait is worth
    /// included; and those before it. Who was overtaken often enough goes first.
    fn pick(
        &self,
        agent: AgentKey,
        queue: QueueKey,
        first: &[ContactKey],
    ) -> (ContactKey, Vec<ContactKey>) {
        let rule = self.plan.queue(queue).order.pick;
        let (band, _) = self.standing_of(self.contact(first[0]));
        let alike = first.iter().take_while(|key| self.standing_of(self.contact(**key)).0 == band);
        let alike: Vec<ContactKey> = alike.copied().collect();
        let overtaken =
            |key: &ContactKey| self.contact(*key).more.as_deref().map_or(0, |more| more.overtaken);
        if let Some(at) = alike.iter().position(|key| overtaken(key) >= rule.overtakes) {
            return (alike[at], alike[..at].to_vec());
        }
        let worth = |key: &ContactKey| {
            let contact = self.contact(*key);
            let waited = i128::from(self.as_of.since(contact.since).micros());
            let for_waiting = waited * i128::from(rule.per_minute.raw()) / 60_000_000;
            i128::from(self.suits(contact, agent)) + for_waiting
        };
        let (at, key) = alike
            .iter()
            .enumerate()
            .max_by_key(|(at, key)| (worth(key), Reverse(*at)))
            .expect("there is a first one");
        (*key, alike[..at].to_vec())
    }

    /// How well an agent suits a contact, in millionths: the score of the queue's strategy.
    pub(super) fn suits(&self, contact: &Contact, agent: AgentKey) -> i64 {
        let by_level = self.rules(contact).strategy.scored() == Some(Strategy::MostProficient);
        let scale = if by_level { crate::number::MILLION } else { 1 };
        self.with_ranked(contact, |ranked| {
            self.matcher.score(&ranked, agent.index()).saturating_mul(scale)
        })
    }

    /// How many of its queue go before a contact.
    pub(super) fn ahead_of(&self, contact: &Contact) -> Option<usize> {
        let place: OrderKey = contact.place?;
        let one_slope = self.matcher.groups_of(contact.queue).all(|(demand, _)| {
            self.matcher.ask(demand.class).slope == self.matcher.ask(contact.demand().class).slope
        });
        if one_slope {
            return Some(self.matcher.rank_in(contact.queue, place));
        }
        let others = self.matcher.waiting(contact.queue);
        let before = others.filter(|&(_, item)| {
            let other = self.contacts.at(item as usize).expect("a waiting contact is live");
            self.compare_in_queue(other, contact) == Ordering::Less
        });
        Some(before.count())
    }
}
