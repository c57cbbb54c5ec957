//! Facts given whole: rows of a call-detail table, and corrections of what was counted. A
//! fact of a greater revision takes the place of the one before, which is taken back from
//! every cell; so the order in which facts come, and how often, makes no difference. How
//! events become facts is in `visits.rs`.

use core::cmp::Ordering;

use super::aggregator::KpiAggregator;
use super::bulk::under_way;
use super::cell::Sign;
use super::facts::{Ending, Fact, Hears, LONGEST, Place, What};
use super::fields::Dimension;
use super::records::Record;
use super::visits::VisitKey;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event};
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::time::{Span, Timestamp};

/// The most holds a fact may say.
pub(super) const MOST_HOLDS: u32 = 10_000;

/// How a conversation ended, by its cause; by the system where it is another.
const ENDINGS: [(Cause, Ending); 4] = [
    (Cause::Customer, Ending::ByCustomer { on_hold: false }),
    (Cause::Agent, Ending::ByAgent),
    (Cause::Transferred, Ending::Transferred),
    (Cause::HandedOver, Ending::HandedOver),
];

/// What became of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Joined with an agent.
    Answered,
    /// The customer left while waiting.
    Abandoned,
    /// It ended unserved for another cause.
    Left(Cause),
    /// There was none: only what is marked of the contact counts, such as an attempt to call.
    None,
}

/// One visit as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitFact {
    /// Whose contact it is.
    pub source: u16,
    /// The contact, by the source's number or from [`KpiAggregator::contact`].
    pub contact: ContactKey,
    /// Which stay of the contact in a queue, from 1; 0 for none.
    pub visit: u32,
    /// Of two facts of one visit the one of the greater revision stands; from 1, since what
    /// events say is revision 0.
    pub revision: u32,
    /// The queue.
    pub queue: QueueKey,
    /// The channel.
    pub channel: Option<ChannelKey>,
    /// Direction, client, campaign, the caller's own dimensions and the tenant, each from
    /// [`KpiAggregator::label`] or 0.
    pub labels: [u32; 8],
    /// The customer as a hash; 0 when unknown.
    pub customer: u64,
    /// When the visit began.
    pub entered: Timestamp,
    /// What became of it.
    pub course: Course,
    /// From the entry to the answer, or to the end where there was none.
    pub wait: Span,
    /// Who answered.
    pub agent: Option<AgentKey>,
    /// The conversation without hold.
    pub talk: Span,
    /// The hold in all.
    pub hold: Span,
    /// How often the customer was put on hold.
    pub holds: u32,
    /// The wrap-up.
    pub wrap_up: Span,
    /// How the conversation ended: transferred, handed over, by customer, agent or system.
    pub ending: Cause,
    /// From the entry to the agent's first message, where answers are messages.
    pub first_response: Option<Span>,
}

/// What became of a fact that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Counted; what was known of it before was taken back.
    Counted,
    /// Known already, word for word.
    Duplicate,
    /// Older than what is known.
    Superseded,
    /// It says something else than a fact of the same revision; the greater stands.
    Conflict,
    /// What it corrects is no longer kept, or might have been counted: not counted.
    Late,
    /// A mark of a visit that nothing is known of yet: counted once the visit is.
    Held,
}

/// What a fact says of a visit, by names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Said<'a> {
    entered: Timestamp,
    completed: Option<Timestamp>,
    facts: Vec<(Timestamp, Option<&'a str>, What)>,
    labels: Vec<Option<&'a str>>,
    customer: u64,
}

impl KpiAggregator {
    /// Counts one visit given as a whole, in place of what was known of it.
    ///
    /// # Errors
    /// `invalid_value` for a duration over 31 days, talk without an answer, or revision 0;
    /// `wrong_phase` for a visit under way that, by its source's clock, is not over yet.
    pub fn post_visit(&mut self, fact: &VisitFact) -> Result<Posted, Rejection> {
        fact.check()?;
        self.post_checked_visit(fact)
    }

    /// As [`Self::post_visit`], of a visit that has passed [`VisitFact::check`].
    ///
    /// # Errors
    /// `wrong_phase` for a visit under way that, by its source's clock, is not over yet.
    pub fn post_checked_visit(&mut self, fact: &VisitFact) -> Result<Posted, Rejection> {
        if self.lets_pass() {
            self.pass_one(fact);
            return Ok(Posted::Counted);
        }
        if self.is_under_way(fact, self.clocks.of(fact.source).latest) {
            return Err(under_way(fact));
        }
        let mut posted = Posted::Late;
        self.correct(|all| posted = all.put_visit(fact));
        Ok(posted)
    }

    /// Counts a visit that can be and is not under way, as part of a correction.
    pub(super) fn put_visit(&mut self, fact: &VisitFact) -> Posted {
        let key = VisitKey { contact: fact.contact.raw(), visit: fact.visit, source: fact.source };
        let known = self.records.get(key);
        if known.is_none() && !self.can_be_new(fact) {
            self.counters.late += 1;
            return Posted::Late;
        }
        let known_revision = known.map(|record| record.revision);
        if known_revision.is_some_and(|revision| revision > fact.revision) {
            self.counters.superseded += 1;
            return Posted::Superseded;
        }
        let record = self.record_of(fact);
        let mut posted = Posted::Counted;
        if known_revision == Some(fact.revision) {
            let known = self.records.get(key).expect("its revision was seen");
            let order = self.course(known).cmp(&self.course(&record));
            if order == Ordering::Equal {
                self.counters.duplicates += 1;
                return Posted::Duplicate;
            }
            self.counters.conflicts += 1;
            posted = Posted::Conflict;
            if order == Ordering::Greater {
                return posted;
            }
        }
        self.end_unsaid(key, fact);
        self.replace(key, record);
        self.mark_known();
        posted
    }

    /// Whether a visit is still under way, so that it cannot be given as a whole. One that the
    /// fact says was over before what its source was `heard` of until is not: its end was lost.
    pub(super) fn is_under_way(&self, fact: &VisitFact, heard: Timestamp) -> bool {
        let key = VisitKey { contact: fact.contact.raw(), visit: fact.visit, source: fact.source };
        let open = self.records.get(key).filter(|record| record.completed.is_none());
        open.is_some_and(|record| {
            let over = fact.completed();
            over < record.place.entered || over > heard
        })
    }

    /// Whether an event is of a visit that was given whole: what it says is counted.
    pub(super) fn was_given_whole(&self, key: VisitKey, event: &Event) -> bool {
        self.records.get(key).is_some_and(|record| record.tells_of(event.at))
    }

    /// All that two facts of one visit may differ in, but the marks; by names, since keys are
    /// given in the order of arrival, which must not decide which of the two stands.
    fn course(&self, record: &Record) -> Said<'_> {
        let labels = self.slices.labels(record.place.slice);
        let name = |(&dimension, label): (&Dimension, u32)| {
            let index = (label as usize).checked_sub(1)?;
            Some(self.slices.names(dimension).name(index))
        };
        let agent = |key: AgentKey| self.slices.names(Dimension::Agent).name(key.index());
        let facts = record.facts.iter().filter(|fact| !fact.is_mark());
        Said {
            entered: record.place.entered,
            completed: record.completed,
            facts: facts.map(|fact| (fact.at, fact.agent.map(agent), fact.what)).collect(),
            labels: Dimension::ALL.iter().zip(labels).map(name).collect(),
            customer: record.customer,
        }
    }

    /// Whether a fact of a visit that is not known can be taken for its first. A correction
    /// may say of a visit that was forgotten that it lasted longer: it goes by the entry.
    fn can_be_new(&self, fact: &VisitFact) -> bool {
        let known_by = if fact.revision > 1 { fact.entered } else { fact.completed() };
        !self.records.are_kept() || self.records.reaches(fact.source, known_by)
    }

    /// Puts a record in the place of that of the same visit. Marks stay.
    fn replace(&mut self, key: VisitKey, mut record: Record) {
        if self.records.get(key).is_some() {
            self.post_so_far();
        }
        if let Some(known) = self.records.get(key) {
            let known = known.clone();
            self.post_all(known.place, &known.facts[..], known.completed, Sign::Take);
            self.forget_customer(known.place, known.counted_customer());
            // They are of whoever answered, as it is known now.
            let agent = record.answered_by();
            let marks = known.facts.iter().filter(|fact| fact.is_mark());
            let marks = marks.map(|&fact| self.in_team(Fact { agent, ..fact }));
            record.facts.extend(marks);
        }
        self.post_all(record.place, &record.facts[..], record.completed, Sign::Add);
        self.count_customer(record.place, record.counted_customer());
        // A wrap-up that may still come is said by the fact.
        let under_way = self.visits.close(key);
        let over = record.completed.unwrap_or_default();
        self.come_to_fact(key.source, over);
        self.contacts.note(key.contact, under_way, 0, over);
        if self.records.are_kept() {
            self.records.insert(key, record);
            self.early_marks.visit_is_known(key);
            self.evict(key.source);
        } else {
            self.records.complete(key, over);
            self.records.lose(key.source, &record);
        }
    }

    /// Where a visit counts.
    #[inline]
    pub(super) fn place_of(&mut self, fact: &VisitFact) -> Place {
        let slice = self.slices.visit(fact.queue, fact.channel, &fact.labels);
        Place { slice, entered: fact.entered }
    }

    fn record_of(&mut self, fact: &VisitFact) -> Record {
        let place = self.place_of(fact);
        let mut facts = Vec::with_capacity(4);
        fact.each_fact(0, &mut |&fact: &Fact| facts.push(self.in_team(fact)));
        Record {
            revision: fact.revision,
            unposted: 0,
            noted_at: 0,
            place,
            id: self.contacts.id(fact.contact.raw()).map(Into::into),
            customer: fact.customer,
            completed: Some(fact.completed()),
            facts,
        }
    }
}

impl Record {
    pub(super) fn answered_by(&self) -> Option<AgentKey> {
        let answered = |fact: &&Fact| matches!(fact.what, What::Answered { .. });
        self.facts.iter().find(answered).and_then(|fact| fact.agent)
    }
}

impl Fact {
    /// Whether it is said beside the course of the visit.
    pub(super) fn is_mark(&self) -> bool {
        matches!(self.what, What::Marked { .. } | What::Code { .. })
    }

    pub(super) fn is_mark_of(&self, wanted: TextKey) -> bool {
        matches!(self.what, What::Marked { name, .. } if name == wanted)
    }
}

impl VisitFact {
    /// Whether it can be so.
    ///
    /// # Errors
    /// As [`KpiAggregator::post_visit`], but for what only the aggregator knows.
    #[inline]
    pub fn check(&self) -> Result<(), Rejection> {
        let refuse = |message: String| Err(Rejection::new(RejectionCode::InvalidValue, message));
        let response = self.first_response.unwrap_or_default();
        let longest = self.wait.max(self.talk).max(self.hold).max(self.wrap_up).max(response);
        if longest > LONGEST {
            let spans = [
                ("wait", self.wait),
                ("talk", self.talk),
                ("hold", self.hold),
                ("wrap_up", self.wrap_up),
                ("first_response", response),
            ];
            let (what, span) = spans.into_iter().find(|&(_, span)| span > LONGEST).expect("one is");
            return refuse(format!("{what} {span}: give at most 31 days"));
        }
        if self.holds > MOST_HOLDS {
            return refuse(format!("holds {}: give at most {MOST_HOLDS}", self.holds));
        }
        let talked = self.talk + self.hold + self.wrap_up > Span::ZERO || self.holds > 0;
        match self.course {
            _ if self.revision == 0 => {
                refuse("revision 0 is what events say: number facts from 1".to_owned())
            }
            Course::Abandoned | Course::Left(_) | Course::None if talked => {
                refuse("talk, hold or wrap-up without an answer: give 0 or say answered".to_owned())
            }
            Course::Answered | Course::Abandoned | Course::Left(_) | Course::None => Ok(()),
        }
    }

    /// When the visit was over: at the end of its conversation, or of its wait.
    #[inline]
    pub(super) fn completed(&self) -> Timestamp {
        self.entered + self.wait + (self.talk + self.hold)
    }

    /// Tells each fact it comes to; `team`: that of its agent.
    #[inline(always)]
    pub(super) fn each_fact(&self, team: u32, to: &mut impl Hears) {
        let (entered, ended) = (self.entered, self.entered + self.wait);
        let waiting = |at, what| Fact::new(at, None, what);
        let agents = |at, what| Fact { at, agent: self.agent, team, what };
        if self.course != Course::None {
            to.hear(&waiting(entered, What::Entered { first: self.visit <= 1 }));
        }
        let wait = self.wait;
        match self.course {
            Course::Answered => {
                let over = self.completed();
                let (talk, hold, wrap_up) = (self.talk, self.hold, self.wrap_up);
                let holds = self.holds.max(u32::from(hold > Span::ZERO));
                let ending = ENDINGS.iter().find(|&&(cause, _)| cause == self.ending);
                let ending = ending.map_or(Ending::BySystem, |&(_, ending)| ending);
                let handle = talk + hold + wrap_up;
                let connecting = Span::ZERO;
                to.hear(&agents(ended, What::Answered { wait, connecting }));
                if hold > Span::ZERO {
                    // Where in the conversation nobody said: taken as its end.
                    to.hear(&agents(over, What::Held { length: hold }));
                }
                to.hear(&agents(over, What::Conversed { talk, hold, holds, ending }));
                to.hear(&agents(over + wrap_up, What::Handled { handle, wrap_up }));
            }
            Course::Abandoned => to.hear(&waiting(ended, What::Abandoned { wait })),
            Course::Left(cause) => to.hear(&waiting(ended, What::Left { wait, cause })),
            Course::None => {}
        }
        if let Some(wait) = self.first_response {
            to.hear(&agents(entered + wait, What::Responded { wait }));
        }
    }
}
