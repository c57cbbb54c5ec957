//! Events as columns, paired by contact: a row a visit, as tables of visits have them. An event
//! means here what it means to an aggregator (`../visits.rs`, `../conversations.rs`), as far as a
//! row of a table can say it; what becomes of a row is not decided here.

mod open;
mod talks;

use self::open::{MOST_ROWS, Open};
use self::talks::Talks;
use super::facts::LONGEST;
use super::visit_table::NoFigures;
use crate::error::{ConfigError, Rejection, RejectionCode};
use crate::event::{Cause, EventKind};
use crate::time::Timestamp;

/// Events, a column each, in the order in which they happened. All are as long as `contact`, or
/// left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventColumns<'a> {
    /// Whose events they are; 0: nobody's.
    pub contact: &'a [u64],
    /// What happened: places in `kinds`.
    pub kind: &'a [u8],
    /// What may happen.
    pub kinds: &'a [EventKind],
    /// When, in microseconds since the epoch.
    pub at: &'a [i64],
    /// Which stay of the contact it concerns; left out: the first.
    pub visit: Option<&'a [u32]>,
    /// The code of a [`Cause`]; left out: none.
    pub cause: Option<&'a [u8]>,
    /// The queue, as a place in names, -1 for none; left out: all are of one.
    pub queue: Option<&'a [i32]>,
    /// The agent, likewise; left out: unknown.
    pub agent: Option<&'a [i32]>,
}

/// What became of events that were paired, so that none is dropped in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounters {
    /// Events in all.
    pub events: u64,
    /// Beginnings of visits that had begun and were not over.
    pub duplicates: u64,
    /// Ends without a beginning, second ends, and what the state of the visit rules out.
    pub orphans: u64,
    /// Beginnings without a contact or queue.
    pub incomplete: u64,
    /// Durations that would have been negative, taken as zero.
    pub backwards: u64,
    /// Durations longer than 31 days, cut there.
    pub overlong: u64,
    /// Events that have no bearing on a row.
    pub unused: u64,
    /// Visits that still wait: no row says so.
    pub waiting: u64,
    /// Rows whose conversation has no end: their talk is zero. None where nothing is told of any
    /// conversation: there a visit is over with its answer.
    pub talking: u64,
}

/// A row a visit whose wait is over, in the order of their beginnings.
#[derive(Clone, Debug, Default)]
pub struct Paired {
    /// The event that began each: what is said of the visit is said there.
    pub begins: Vec<u32>,
    /// The event that answered each, or one past all where none did, if agents were given.
    pub answers: Option<Vec<u32>>,
    /// 0 answered, 1 abandoned, 2 left.
    pub course: Vec<u8>,
    /// Why it left, or how its conversation ended: the code of a [`Cause`]. Only where causes
    /// were given, or any was transferred.
    pub cause: Option<Vec<u8>>,
    /// In microseconds.
    pub wait: Vec<i64>,
    /// Conversations without hold, in microseconds, where any ended.
    pub talk: Option<Vec<i64>>,
    /// Holds in microseconds, and how many, where there were any.
    pub hold: Option<(Vec<i64>, Vec<u32>)>,
    /// In microseconds, where there was any.
    pub wrap_up: Option<Vec<i64>>,
    /// The events that began visits which still wait.
    pub waiting: Vec<u32>,
    /// What became of the events.
    pub counters: PairCounters,
}

/// What an event is to a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begins,
    /// It ends the wait, by an answer or otherwise: the course of its visit from then on.
    EndsWait(u8),
    Talks(talks::Step),
    Unused,
    /// No kind has this place.
    Unknown,
}

const ANSWERED: u8 = 0;
const ABANDONED: u8 = 1;
const LEFT: u8 = 2;

/// No event, and more than there may be.
const NO_EVENT: u32 = MOST_ROWS;

/// Pairs events by contact and visit, in their order.
///
/// ```
/// use ccroute_core::{EventColumns, EventKind, pair_visits};
///
/// let kinds = [EventKind::ContactQueued, EventKind::ContactConnected, EventKind::ContactAbandoned];
/// let events = EventColumns {
///     contact: &[7, 8, 8, 7, 9],
///     kind: &[0, 0, 2, 1, 2],
///     kinds: &kinds,
///     at: &[0, 1_000_000, 4_000_000, 9_000_000, 9_000_000],
///     ..EventColumns::default()
/// };
/// let paired = pair_visits(&events).unwrap();
/// assert_eq!(paired.begins, [0, 1]);
/// assert_eq!(paired.course, [0, 1]);
/// assert_eq!(paired.wait, [9_000_000, 3_000_000]);
/// assert_eq!(paired.counters.orphans, 1);
/// ```
///
/// # Errors
/// Columns of different lengths, or too many rows; the first event that cannot be, and what is
/// wrong with it.
pub fn pair_visits(events: &EventColumns<'_>) -> Result<Paired, NoFigures> {
    check_lengths(events).map_err(NoFigures::Config)?;
    let steps = steps(events.kinds);
    check(events, &steps).map_err(|(row, refusal)| NoFigures::Row(row, refusal))?;
    let mut pairing = Pairing::new(events, &steps);
    match events.visit {
        None => pairing.pair(&steps, |_| 1),
        Some(visit) => pairing.pair(&steps, |event| visit[event]),
    }
    Ok(pairing.done())
}

/// What the events of each kind are to a visit, by place.
fn steps(kinds: &[EventKind]) -> [Step; 256] {
    let mut steps = [Step::Unknown; 256];
    for (step, &kind) in steps.iter_mut().zip(kinds) {
        *step = Step::of(kind);
    }
    steps
}

/// An event: its place, and what it says.
#[derive(Clone, Copy)]
struct Now {
    event: usize,
    at: i64,
    contact: u64,
    visit: u32,
}

/// Visits while they are paired.
struct Pairing<'a> {
    events: EventColumns<'a>,
    open: Open,
    talks: Talks,
    /// Whether anything is told of a conversation; else a visit is over with its answer.
    are_told: bool,
    paired: Paired,
}

impl<'a> Pairing<'a> {
    fn new(events: &EventColumns<'a>, steps: &[Step; 256]) -> Self {
        let of_kind = counts(events.kind);
        let many = |what: &dyn Fn(Step) -> bool| -> usize {
            let all = steps.iter().zip(of_kind).filter(|&(&step, _)| what(step));
            all.map(|(_, count)| count as usize).sum()
        };
        let rows = many(&|step| step == Step::Begins);
        let any = |what: &dyn Fn(Step) -> bool| many(what) > 0;
        let is = |wanted| any(&|step| step == Step::Talks(wanted));
        let are_told = any(&|step| matches!(step, Step::Talks(_)));
        let column = |is_there: bool| is_there.then(|| vec![0; rows]);
        let talk = column(is(talks::Step::Transferred) || is(talks::Step::Released));
        let hold = column(is(talks::Step::Held));
        let wrap_up = column(is(talks::Step::WrapUpEnded));
        let has_cause = events.cause.is_some() || is(talks::Step::Transferred);
        let talks = Talks::new(is(talks::Step::WrapUpStarted));
        let paired = Paired {
            begins: Vec::with_capacity(rows),
            answers: events.agent.map(|_| vec![NO_EVENT; rows]),
            course: vec![0; rows],
            cause: has_cause.then(|| vec![0; rows]),
            wait: vec![0; rows],
            talk,
            hold: hold.map(|hold| (hold, vec![0; rows])),
            wrap_up,
            counters: PairCounters { events: events.contact.len() as u64, ..Default::default() },
            ..Paired::default()
        };
        Self { events: *events, open: Open::new(), talks, are_told, paired }
    }

    #[inline(always)]
    fn pair(&mut self, steps: &[Step; 256], visit: impl Fn(usize) -> u32) {
        let EventColumns { contact: contacts, kind: kinds, at, .. } = self.events;
        for (event, ((&contact, &kind), &at)) in contacts.iter().zip(kinds).zip(at).enumerate() {
            let now = Now { event, at, contact, visit: visit(event) };
            match steps[usize::from(kind)] {
                Step::Begins => self.begin(now),
                Step::EndsWait(course) => self.end_wait(now, course),
                Step::Talks(step) => {
                    let (events, open) = (&self.events, &mut self.open);
                    let fits = self.talks.tell(step, now, events, open, &mut self.paired);
                    self.paired.counters.orphans += u64::from(!fits);
                }
                Step::Unused | Step::Unknown => self.paired.counters.unused += 1,
            }
        }
    }

    #[inline(always)]
    fn begin(&mut self, now: Now) {
        let paired = &mut self.paired;
        let has_queue = self.events.queue.is_none_or(|queue| queue[now.event] != -1);
        if now.contact == 0 || !has_queue {
            paired.counters.incomplete += 1;
        } else if self.open.insert(now.contact, now.visit, paired.begins.len() as u32, now.at) {
            paired.begins.push(now.event as u32);
        } else {
            paired.counters.duplicates += 1;
        }
    }

    #[inline(always)]
    fn end_wait(&mut self, now: Now, course: u8) {
        let (open, paired) = (&mut self.open, &mut self.paired);
        let place = open.find(now.contact, now.visit);
        let Some(place) = place.filter(|&place| !open.at(place).is_answered()) else {
            paired.counters.orphans += 1;
            return;
        };
        let entry = open.at(place);
        let row = entry.row();
        paired.wait[row] = paired.counters.elapsed(entry.since, now.at);
        paired.course[row] = course;
        if self.are_told && course == ANSWERED {
            paired.counters.talking += 1;
            entry.answer(now.at);
        } else {
            open.close(place);
        }
        if let Some(answers) = &mut paired.answers
            && course == ANSWERED
        {
            answers[row] = now.event as u32;
        }
        if let (Some(causes), Some(cause)) = (&mut paired.cause, self.events.cause)
            && course == LEFT
        {
            causes[row] = cause[now.event];
        }
    }

    /// All rows but those of visits that still wait.
    fn done(self) -> Paired {
        let mut paired = self.paired;
        let rows = paired.begins.len();
        let still = self.open.waiting();
        paired.waiting = still.iter().map(|&row| paired.begins[row]).collect();
        paired.counters.waiting = still.len() as u64;
        let keep = |column: &mut dyn Keep| column.keep(rows, &still);
        keep(&mut paired.begins);
        paired.answers.iter_mut().for_each(|answers| keep(answers));
        keep(&mut paired.course);
        paired.cause.iter_mut().for_each(|cause| keep(cause));
        keep(&mut paired.wait);
        paired.talk.iter_mut().for_each(|talk| keep(talk));
        paired.hold.iter_mut().for_each(|(hold, holds)| {
            keep(hold);
            keep(holds);
        });
        paired.wrap_up.iter_mut().for_each(|wrap_up| keep(wrap_up));
        paired
    }
}

impl Step {
    fn of(kind: EventKind) -> Self {
        use EventKind as Kind;
        match kind {
            Kind::ContactQueued => Self::Begins,
            Kind::ContactConnected => Self::EndsWait(ANSWERED),
            Kind::ContactAbandoned => Self::EndsWait(ABANDONED),
            Kind::ContactLeft => Self::EndsWait(LEFT),
            Kind::ContactHeld => Self::Talks(talks::Step::Held),
            Kind::ContactResumed => Self::Talks(talks::Step::Resumed),
            Kind::ContactTransferred => Self::Talks(talks::Step::Transferred),
            Kind::ContactReleased => Self::Talks(talks::Step::Released),
            Kind::WrapUpStarted => Self::Talks(talks::Step::WrapUpStarted),
            Kind::WrapUpEnded => Self::Talks(talks::Step::WrapUpEnded),
            Kind::ContactRequeued
            | Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
            | Kind::ContactDisposed
            | Kind::ContactClassified
            | Kind::ContactRefused
            | Kind::ContactScheduled
            | Kind::ContactSuspended
            | Kind::OfferMade
            | Kind::OfferAccepted
            | Kind::OfferDeclined
            | Kind::OfferMissed
            | Kind::OfferWithdrawn
            | Kind::OfferLost
            | Kind::WrapUpExtended
            | Kind::AgentJoined
            | Kind::AgentLeft
            | Kind::AgentSignedIn
            | Kind::AgentSignedOut
            | Kind::AgentReady
            | Kind::AgentNotReady
            | Kind::AgentDevice
            | Kind::AgentChanged
            | Kind::ReservationReleased
            | Kind::CallbackOffered
            | Kind::CallbackFailed
            | Kind::BackOffStarted
            | Kind::BackOffEnded
            | Kind::QueueOpened
            | Kind::QueueClosed
            | Kind::HelpStarted
            | Kind::HelpEnded
            | Kind::LineWentDown
            | Kind::LineCameUp
            | Kind::PlanChanged
            | Kind::ScoresSet => Self::Unused,
        }
    }
}

impl Paired {
    /// Of each row what a column says of the event that began it.
    #[must_use]
    pub fn of<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.begins.iter().map(|&event| column[event as usize]).collect()
    }

    /// Of each row what a column says of the event that answered it, or that there was none.
    #[must_use]
    pub fn of_answers<T: Copy>(&self, column: &[T], none: T) -> Vec<T> {
        let answers = self.answers.iter().flatten();
        answers.map(|&event| column.get(event as usize).copied().unwrap_or(none)).collect()
    }
}

impl PairCounters {
    /// As [`super::Counters::elapsed`], in microseconds.
    #[inline(always)]
    fn elapsed(&mut self, earlier: i64, later: i64) -> i64 {
        let elapsed = later - earlier;
        self.backwards += u64::from(elapsed < 0);
        self.overlong += u64::from(elapsed > LONGEST.micros());
        elapsed.clamp(0, LONGEST.micros())
    }
}

/// How many events are of each kind. Four are counted side by side: the next need not wait for the
/// one before of its kind.
fn counts(kinds: &[u8]) -> [u64; 256] {
    let mut counts = [[0u64; 4]; 256];
    let (fours, rest) = kinds.as_chunks::<4>();
    for four in fours {
        for (place, &kind) in four.iter().enumerate() {
            counts[usize::from(kind)][place] += 1;
        }
    }
    rest.iter().for_each(|&kind| counts[usize::from(kind)][0] += 1);
    counts.map(|four| four.iter().sum())
}

/// A column of rows, of which some are left out.
trait Keep {
    /// Keeps the first so many, but not those at some places, ascending.
    fn keep(&mut self, rows: usize, without: &[usize]);
}

impl<T: Copy> Keep for Vec<T> {
    fn keep(&mut self, rows: usize, without: &[usize]) {
        self.truncate(rows);
        let Some(&(mut to)) = without.first() else { return };
        let ends = without[1..].iter().copied().chain([rows]);
        for (&gone, end) in without.iter().zip(ends) {
            self.copy_within(gone + 1..end, to);
            to += end - gone - 1;
        }
        self.truncate(to);
    }
}

fn check_lengths(events: &EventColumns<'_>) -> Result<(), ConfigError> {
    let rows = events.contact.len();
    if rows >= NO_EVENT as usize {
        let most = NO_EVENT;
        return Err(ConfigError::new(format!("{rows} events: give fewer than {most} at a time")));
    }
    let columns = [
        ("kind", Some(events.kind.len())),
        ("at", Some(events.at.len())),
        ("visit", events.visit.map(<[_]>::len)),
        ("cause", events.cause.map(<[_]>::len)),
        ("queue", events.queue.map(<[_]>::len)),
        ("agent", events.agent.map(<[_]>::len)),
    ];
    match columns.into_iter().find(|&(_, len)| len.is_some_and(|len| len != rows)) {
        None => Ok(()),
        Some((name, len)) => Err(ConfigError::new(format!(
            "column '{name}' has {} rows where {rows} are needed: give one each",
            len.unwrap_or_default()
        ))),
    }
}

/// Whether every event can be: all are looked at before any is paired.
fn check(events: &EventColumns<'_>, steps: &[Step; 256]) -> Result<(), (usize, Rejection)> {
    let last = Timestamp::MAX.micros();
    let all = events.at.iter().fold(0, |all, &micros| all | micros.cast_unsigned());
    let kinds = events.kinds.len();
    let is_wrong = all > last.cast_unsigned()
        || events.kind.iter().fold(false, |any, &kind| any | (usize::from(kind) >= kinds))
        || events.cause.is_some_and(|cause| cause.iter().any(|&c| Cause::from_code(c).is_none()));
    if !is_wrong {
        return Ok(());
    }
    let refuse = |row, message| Err((row, Rejection::new(RejectionCode::InvalidValue, message)));
    for (row, (&kind, &at)) in events.kind.iter().zip(events.at).enumerate() {
        if steps[usize::from(kind)] == Step::Unknown {
            return refuse(row, format!("kind {kind}: give a place in the {kinds} kinds"));
        }
        if Timestamp::from_micros(at).is_none() {
            let remedy = "give microseconds since the epoch, not negative";
            return refuse(row, format!("at_us {at}: {remedy}"));
        }
        let cause = events.cause.map_or(0, |cause| cause[row]);
        if Cause::from_code(cause).is_none() {
            return refuse(row, format!("cause {cause}: give a code of CAUSES"));
        }
    }
    Ok(())
}
