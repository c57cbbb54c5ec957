//! Simulation: callers drawn beforehand, run through the router itself on a virtual clock.
//!
//! Here is what surrounds the engine in a run: the agenda of what comes next, and what
//! became of whom. Who goes next and who takes it is the router's business; how
//! arrivals, service and patience are drawn, the caller's.
//!
//! Whoever is offered a contact takes it and is connected at once. At one instant the
//! router's own deadlines come first, then conversations that end, then patience that
//! ends, then newcomers; each in the order of the callers' rows.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::command::{Command, NewContact};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, EventKind, words};
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey};
use crate::router::{Reply, Router};
use crate::time::{Span, Timestamp};

/// Who comes: columns of the same length, a row a caller.
#[derive(Clone, Copy, Debug)]
pub struct Callers<'a> {
    /// When each comes, in order.
    pub entered: &'a [Timestamp],
    /// For which queue.
    pub queues: &'a [QueueKey],
    /// How long each talks once connected.
    pub service: &'a [Span],
    /// How long each waits at most; `None`: for ever.
    pub patience: Option<&'a [Span]>,
    /// The medium of all of them.
    pub channel: ChannelKey,
}

words!(
    /// What became of a caller.
    CallerOutcome {
        /// Still there when nothing could happen any more.
        Waiting = "waiting",
        /// Connected, and talked to the end.
        Answered = "answered",
        /// Out of patience.
        Abandoned = "abandoned",
        /// Left the queue by rule.
        Left = "left",
        /// Let into no queue.
        Refused = "refused",
    }
);

/// What became of a caller, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// What.
    pub outcome: CallerOutcome,
    /// Who talked with the caller.
    pub agent: Option<AgentKey>,
    /// From coming to connection or to leaving; of one who still waits, so far.
    pub wait: Span,
    /// When the conversation ended or the caller left; of one who still waits, when the
    /// run ended.
    pub ended: Timestamp,
}

/// Runs callers through a router in which agents are ready; one row of the answer for each.
///
/// Contacts are named by the number of their row. Those that were there before are left
/// alone. Deadlines of the plan fire at their own instants.
///
/// ```
/// use ccroute_core::*;
/// let mut router = Router::new(Plan::from_toml("[queues.support]").unwrap());
/// let settings = AgentSettings {
///     queues: Some(&[Link::new(QueueKey::new(0))]),
///     capacity: Some(&[Capacity { channel: ChannelKey::new(0), slots: 1 }]),
///     ..AgentSettings::default()
/// };
/// router.apply(Timestamp::ZERO, Command::SignIn { agent: "ana", settings }).unwrap();
/// router.apply(Timestamp::ZERO, Command::Ready(router.find_agent("ana").unwrap())).unwrap();
///
/// let at = |seconds| Timestamp::ZERO + Span::secs(seconds);
/// let callers = Callers {
///     entered: &[at(0), at(1), at(2)],
///     queues: &[QueueKey::new(0); 3],
///     service: &[Span::secs(10); 3],
///     patience: Some(&[Span::secs(5), Span::secs(5), Span::secs(60)]),
///     channel: ChannelKey::new(0),
/// };
/// let ends = simulate(&mut router, &callers).unwrap();
/// assert_eq!(ends[1].outcome, CallerOutcome::Abandoned);
/// assert_eq!((ends[2].wait, ends[2].ended), (Span::secs(8), at(20)));
/// ```
///
/// # Errors
/// A [`Rejection`] for columns of different lengths, for newcomers out of order, and for what
/// the router refuses: a queue it does not know, an instant before its own.
pub fn simulate(router: &mut Router, callers: &Callers<'_>) -> Result<Vec<Simulated>, Rejection> {
    callers.check()?;
    let rows = callers.entered.len();
    let mut run = Run {
        router,
        callers: *callers,
        now: Timestamp::ZERO,
        next: 0,
        undecided: 0,
        agenda: BinaryHeap::new(),
        contacts: Vec::with_capacity(rows),
        rows: Vec::new(),
        ends: Vec::with_capacity(rows),
        id: String::new(),
    };
    while run.step()? {}
    Ok(run.over())
}

/// What is on the agenda; its number breaks ties of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    /// The conversation of a caller is over.
    ServiceEnds(u32),
    /// The patience of a caller is over, if it still waits.
    PatienceEnds(u32),
}

struct Run<'a> {
    router: &'a mut Router,
    callers: Callers<'a>,
    now: Timestamp,
    /// The row of who comes next.
    next: usize,
    /// How many wait.
    undecided: usize,
    agenda: BinaryHeap<Reverse<(Timestamp, Entry)>>,
    /// By row of the callers, as far as they came.
    contacts: Vec<ContactKey>,
    /// The caller's row, by row of the router's contacts.
    rows: Vec<u32>,
    /// By row of the callers, as far as they came.
    ends: Vec<Simulated>,
    id: String,
}

impl Run<'_> {
    /// Lets the next thing happen; whether there was one.
    fn step(&mut self) -> Result<bool, Rejection> {
        let planned = self.agenda.peek().map(|Reverse((at, _))| *at);
        let coming = self.callers.entered.get(self.next).copied();
        let at = match (planned, coming) {
            (Some(planned), Some(coming)) => Some(planned.min(coming)),
            (planned, coming) => planned.or(coming),
        };
        if let Some(due) = self.due_by(at) {
            self.now = due;
            self.router.advance(due)?;
            self.follow()?;
            return Ok(true);
        }
        let Some(at) = at else { return Ok(false) };
        self.now = at;
        if planned == Some(at) {
            let entry = self.agenda.pop().map(|Reverse((_, entry))| entry);
            self.carry_out(entry.expect("it was planned"))?;
        } else {
            self.let_in()?;
        }
        Ok(true)
    }

    /// The router's next deadline, unless something else comes before it, or nobody is there
    /// whom it could matter to.
    fn due_by(&self, at: Option<Timestamp>) -> Option<Timestamp> {
        if at.is_none() && self.undecided == 0 {
            return None;
        }
        // At the end of time deadlines meet and never end.
        let due = self.router.next_deadline()?;
        let waits = due > self.now && due < Timestamp::MAX && at.is_none_or(|at| due <= at);
        waits.then_some(due)
    }

    fn let_in(&mut self) -> Result<(), Rejection> {
        let row = self.next;
        self.next += 1;
        write_decimal(row as u64, &mut self.id);
        let new = NewContact::new(&self.id, self.callers.queues[row], self.callers.channel);
        let Reply::Contact(key) = self.router.apply(self.now, Command::Enqueue(new))? else {
            unreachable!("enqueue answers with a contact")
        };
        let number = u32::try_from(row).expect("fewer than 2^32 callers");
        if self.rows.len() <= key.index() {
            self.rows.resize(key.index() + 1, 0);
        }
        self.rows[key.index()] = number;
        self.contacts.push(key);
        let (wait, ended) = (Span::ZERO, self.now);
        let waiting = Simulated { outcome: CallerOutcome::Waiting, agent: None, wait, ended };
        self.ends.push(waiting);
        self.undecided += 1;
        self.follow()?;
        if let Some(patience) = self.callers.patience
            && self.ends[row].outcome == CallerOutcome::Waiting
        {
            let until = self.now + patience[row];
            self.agenda.push(Reverse((until, Entry::PatienceEnds(number))));
        }
        Ok(())
    }

    fn carry_out(&mut self, entry: Entry) -> Result<(), Rejection> {
        let command = match entry {
            Entry::ServiceEnds(row) => {
                let contact = self.contacts[row as usize];
                self.ends[row as usize].ended = self.now;
                Command::Release { contact, by: Cause::Customer }
            }
            Entry::PatienceEnds(row) => {
                if self.ends[row as usize].outcome != CallerOutcome::Waiting {
                    return Ok(());
                }
                let contact = self.contacts[row as usize];
                Command::Cancel { contact, cause: Cause::Abandoned }
            }
        };
        self.router.apply(self.now, command)?;
        self.follow()
    }

    /// Lets whoever was offered a caller take the call, and notes what became of whom.
    fn follow(&mut self) -> Result<(), Rejection> {
        let mut read = 0;
        while let Some(event) = self.router.events().get(read) {
            read += 1;
            let (kind, agent, offer) = (event.kind, event.agent, event.offer);
            let Some((row, contact)) = event.contact.and_then(|key| Some((self.row(key)?, key)))
            else {
                continue;
            };
            if kind == EventKind::OfferMade {
                // Taken by rule at once, or lost to who took it before, it is not live any more.
                if let Some(offer) = offer.filter(|_| self.router.live_offer_of(contact) == offer) {
                    self.router.apply(self.now, Command::Accept(offer))?;
                }
            } else if kind == EventKind::OfferAccepted {
                self.router.apply(self.now, Command::Connected(contact))?;
                self.note(row, CallerOutcome::Answered);
                self.ends[row].agent = agent;
                let until = self.now + self.callers.service[row];
                let number = u32::try_from(row).expect("fewer than 2^32 callers");
                self.agenda.push(Reverse((until, Entry::ServiceEnds(number))));
            } else if kind == EventKind::ContactAbandoned {
                self.note(row, CallerOutcome::Abandoned);
            } else if kind == EventKind::ContactLeft && self.is_last_of(contact, read) {
                self.note(row, CallerOutcome::Left);
            } else if kind == EventKind::ContactRefused && self.is_last_of(contact, read) {
                self.note(row, CallerOutcome::Refused);
            }
        }
        self.router.clear_events();
        Ok(())
    }

    /// The row of a contact of ours.
    fn row(&self, contact: ContactKey) -> Option<usize> {
        let row = *self.rows.get(contact.index())? as usize;
        (self.contacts.get(row) == Some(&contact)).then_some(row)
    }

    /// Whether no more events of a contact are there to read: what left or was refused went
    /// nowhere else.
    fn is_last_of(&self, contact: ContactKey, read: usize) -> bool {
        self.router.events()[read..].iter().all(|event| event.contact != Some(contact))
    }

    /// A caller waits no longer.
    fn note(&mut self, row: usize, outcome: CallerOutcome) {
        let (now, entered) = (self.now, self.callers.entered[row]);
        let end = &mut self.ends[row];
        (end.outcome, end.wait, end.ended) = (outcome, now.since(entered), now);
        self.undecided -= 1;
    }

    fn over(mut self) -> Vec<Simulated> {
        for (end, entered) in self.ends.iter_mut().zip(self.callers.entered) {
            if end.outcome == CallerOutcome::Waiting {
                (end.wait, end.ended) = (self.now.since(*entered), self.now);
            }
        }
        self.ends
    }
}

impl Callers<'_> {
    fn check(&self) -> Result<(), Rejection> {
        let wrong = |message| Err(Rejection::new(RejectionCode::InvalidValue, message));
        let rows = self.entered.len();
        let patience = self.patience.map_or(rows, <[Span]>::len);
        for (column, found) in
            [("queues", self.queues.len()), ("service", self.service.len()), ("patience", patience)]
        {
            if found != rows {
                return wrong(format!("{column} has {found} rows where {rows} callers come"));
            }
        }
        if let Some(row) = self.entered.windows(2).position(|pair| pair[1] < pair[0]) {
            return wrong(format!(
                "caller {} comes at {}, before caller {row}: give callers in the order in which \
                 they come",
                row + 1,
                self.entered[row + 1]
            ));
        }
        Ok(())
    }
}

/// Puts a number in its digits in the place of a text.
fn write_decimal(mut number: u64, to: &mut String) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    to.clear();
    to.push_str(core::str::from_utf8(&digits[first..]).expect("digits are text"));
}
