//! Where a contact stands, and how long it may still wait.

use ccroute_core::{Span, Timestamp};

use super::asking::Asking;
use super::router::{Agent, Oracle, Seq};

/// "Within the last half hour (of the last 256)".
const LOOKED_BACK: Span = Span::secs(1_800);
const REMEMBERED: usize = 256;

/// What is foretold of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub(crate) position: Option<usize>,
    pub(crate) competing: usize,
    pub(crate) expected: Option<Span>,
    pub(crate) foretold: Option<Span>,
}

impl Oracle {
    /// "*Position*: how many of its queue that stand in line go before it within the queue,
    /// plus one. … *Expected* wait: (competing + 1) × the time since the first of the
    /// conversations begun within the last half hour … by agents who are signed in, linked to
    /// its queue and able, divided by their number; unknown with fewer than two."
    pub(crate) fn estimate(&self, seq: Seq) -> Estimate {
        let asking = self.asking(seq);
        let contact = asking.contact;
        let ahead = self.contacts.iter().filter(|other| {
            other.queue == contact.queue
                && self.stands_in_line(other)
                && self.goes_first(other, contact).is_lt()
        });
        let position = self.stands_in_line(contact).then(|| ahead.count() + 1);
        let competing = self.competing(&asking);
        let able = |name: &String| self.could_take(self.agent(name), &asking);
        let begun =
            self.begun.iter().filter(|(at, agent)| self.now <= *at + LOOKED_BACK && able(agent));
        let begun: Vec<Timestamp> = begun.map(|&(at, _)| at).collect();
        let expected = begun.first().filter(|_| begun.len() >= 2).map(|&first| {
            let since = i128::from(self.now.since(first).micros());
            let wait = since * (competing as i128 + 1) / begun.len() as i128;
            Span::from_micros(i64::try_from(wait).expect("not for ever")).expect("not for ever")
        });
        Estimate { position, competing, expected, foretold: contact.foretold }
    }

    /// "*Competing*: how many contacts that stand in line, of all queues, go before it by
    /// precedence and are of a group (queue, need, channel) for which somebody who is signed
    /// in, has a link to the queue and is able, could also take this one."
    fn competing(&self, asking: &Asking<'_>) -> usize {
        let ahead = self.contacts.iter().filter(|other| {
            self.stands_in_line(other) && self.precedes(other, asking.contact).is_lt()
        });
        let shares = |seq: Seq| {
            let other = self.asking(seq);
            let mut agents = self.agents.iter();
            agents.any(|agent| self.could_take(agent, &other) && self.could_take(agent, asking))
        };
        ahead.filter(|other| other.seq != asking.contact.seq && shares(other.seq)).count()
    }

    fn could_take(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        agent.is_signed_in()
            && agent.link(&asking.contact.queue).is_some()
            && self.is_able(agent, asking)
    }

    pub(crate) fn note_begun(&mut self, agent: String) {
        self.begun.push((self.now, agent));
        if self.begun.len() > REMEMBERED {
            self.begun.remove(0);
        }
    }

    /// "Where a queue asks for `expected_wait`, it is noted at entry".
    pub(crate) fn foretell(&mut self, seq: Seq) {
        let asked = self.queue_of(seq).expected_wait;
        let expected = if asked { self.estimate(seq).expected } else { None };
        self.contact_mut(seq).foretold = expected;
    }

    /// "And for those connected the sum of errors, with and without sign, is kept."
    pub(crate) fn compare_with_foretold(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        let Some(foretold) = contact.foretold else { return };
        let off = self.now.since(contact.entered).micros() - foretold.micros();
        let queue = contact.queue.clone();
        if self.foretold.iter().all(|(named, ..)| *named != queue) {
            self.foretold.push((queue.clone(), 0, 0, 0));
        }
        let known = self.foretold.iter_mut().find(|(named, ..)| *named == queue);
        let (_, count, bias, error) = known.expect("it is there by now");
        (*count, *bias, *error) = (*count + 1, *bias + off, *error + off.unsigned_abs());
    }
}
