//! The columns of a table, as they are given, and a block of their rows at a time, in which a
//! column that was left out is one of nothing.

use core::num::NonZeroU32;
use core::ops::{BitOr, Range};

use crate::error::{Rejection, RejectionCode};
use crate::event::Cause;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::metrics::corrections::{Course, MOST_HOLDS, VisitFact};
use crate::metrics::facts::LONGEST;
use crate::time::{Span, Timestamp};

/// Rows that are looked at together: few enough to stay in the nearest cache.
pub(super) const BLOCK: usize = 256;

/// What is known of visits, a column each, as plain numbers. All are as long as `entered`, or
/// left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct VisitColumns<'a> {
    /// When each visit began, in microseconds since the epoch.
    pub entered: &'a [i64],
    /// Which stay of its contact it is, from 1; left out: the first.
    pub visit: Option<&'a [u32]>,
    /// 0 answered, 1 abandoned, 2 left, 3 none; left out: answered.
    pub course: Option<&'a [u8]>,
    /// Why it left, or how its conversation ended: the code of a [`Cause`].
    pub cause: Option<&'a [u8]>,
    /// From the entry to the answer or the end, in microseconds.
    pub wait: Option<&'a [i64]>,
    /// The conversation without hold, in microseconds.
    pub talk: Option<&'a [i64]>,
    /// The hold in all, in microseconds.
    pub hold: Option<&'a [i64]>,
    /// How often the customer was put on hold.
    pub holds: Option<&'a [u32]>,
    /// The wrap-up, in microseconds.
    pub wrap_up: Option<&'a [i64]>,
    /// From the entry to the agent's first message, in microseconds; -1: none.
    pub first_response: Option<&'a [i64]>,
    /// The customer as a hash; 0: unknown.
    pub customer: Option<&'a [u64]>,
}

/// Rows of a table, one after the other, every column there.
pub(super) struct Block<'a> {
    /// Which columns were given: the others need no check.
    given: VisitColumns<'a>,
    entered: &'a [i64],
    visit: &'a [u32],
    course: &'a [u8],
    cause: &'a [u8],
    wait: &'a [i64],
    talk: &'a [i64],
    hold: &'a [i64],
    holds: &'a [u32],
    wrap_up: &'a [i64],
    first_response: &'a [i64],
    agent: &'a [i32],
    customer: &'a [u64],
}

static NO_TIME: [i64; BLOCK] = [0; BLOCK];
static NO_RESPONSE: [i64; BLOCK] = [-1; BLOCK];
static NOBODY: [i32; BLOCK] = [-1; BLOCK];
static UNKNOWN: [u64; BLOCK] = [0; BLOCK];
static NO_HOLDS: [u32; BLOCK] = [0; BLOCK];
static FIRST: [u32; BLOCK] = [1; BLOCK];
static NO_CODE: [u8; BLOCK] = [0; BLOCK];

impl<'a> VisitColumns<'a> {
    /// How many visits there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.entered.len()
    }

    /// How long each column is that was given.
    pub(super) fn lengths(&self) -> Vec<(&'static str, usize)> {
        let found = [
            ("visit", self.visit.map(<[_]>::len)),
            ("course", self.course.map(<[_]>::len)),
            ("cause", self.cause.map(<[_]>::len)),
            ("wait", self.wait.map(<[_]>::len)),
            ("talk", self.talk.map(<[_]>::len)),
            ("hold", self.hold.map(<[_]>::len)),
            ("holds", self.holds.map(<[_]>::len)),
            ("wrap_up", self.wrap_up.map(<[_]>::len)),
            ("first_response", self.first_response.map(<[_]>::len)),
            ("customer", self.customer.map(<[_]>::len)),
        ];
        found.into_iter().filter_map(|(name, len)| Some((name, len?))).collect()
    }

    /// The rows from one on, with the places of their agents.
    pub(super) fn block(&self, first: usize, agent: Option<&'a [i32]>) -> Block<'a> {
        fn of<'a, T>(
            column: Option<&'a [T]>,
            nothing: &'static [T; BLOCK],
            rows: &Range<usize>,
        ) -> &'a [T] {
            column.map_or(&nothing[..rows.len()], |column| &column[rows.clone()])
        }
        let rows = first..self.rows().min(first + BLOCK);
        Block {
            given: Self { entered: &[], ..*self },
            entered: &self.entered[rows.clone()],
            visit: of(self.visit, &FIRST, &rows),
            course: of(self.course, &NO_CODE, &rows),
            cause: of(self.cause, &NO_CODE, &rows),
            wait: of(self.wait, &NO_TIME, &rows),
            talk: of(self.talk, &NO_TIME, &rows),
            hold: of(self.hold, &NO_TIME, &rows),
            holds: of(self.holds, &NO_HOLDS, &rows),
            wrap_up: of(self.wrap_up, &NO_TIME, &rows),
            first_response: of(self.first_response, &NO_RESPONSE, &rows),
            agent: of(agent, &NOBODY, &rows),
            customer: of(self.customer, &UNKNOWN, &rows),
        }
    }
}

/// Whether any value of a column does not fit. All are looked at: it is the same work, and the
/// machine does several at once.
fn any<T: Copy>(column: &[T], is_wrong: impl Fn(T) -> bool) -> bool {
    column.iter().map(|&value| is_wrong(value)).fold(false, BitOr::bitor)
}

/// Whether any microsecond count of a column may be past a bound: what all their bits together
/// cannot be past none of them is.
fn may_pass(column: &[i64], bound: i64) -> bool {
    column.iter().fold(0, |all, &micros| all | micros.cast_unsigned()) > bound.cast_unsigned()
}

fn is_too_long(micros: i64) -> bool {
    micros.cast_unsigned() > LONGEST.micros().cast_unsigned()
}

impl Block<'_> {
    pub(super) fn len(&self) -> usize {
        self.entered.len()
    }

    #[inline(always)]
    pub(super) fn entered(&self, row: usize) -> Timestamp {
        Timestamp::from_micros(self.entered[row]).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn course(&self, row: usize) -> u8 {
        self.course[row]
    }

    #[inline(always)]
    pub(super) fn is_first(&self, row: usize) -> bool {
        self.visit[row] <= 1
    }

    pub(super) fn waits(&self) -> &[i64] {
        self.wait
    }

    #[inline(always)]
    pub(super) fn customer(&self, row: usize) -> u64 {
        self.customer[row]
    }

    /// Whether every row can be.
    ///
    /// # Errors
    /// The first that cannot, by its place in the block, and what is wrong with it.
    pub(super) fn check(&self) -> Result<(), (usize, Rejection)> {
        let (given, last) = (&self.given, Timestamp::MAX.micros());
        let are_too_long =
            |column: &[i64]| may_pass(column, LONGEST.micros()) && any(column, is_too_long);
        let is_wrong = may_pass(self.entered, last)
            || given.wait.is_some() && are_too_long(self.wait)
            || given.talk.is_some() && are_too_long(self.talk)
            || given.hold.is_some() && are_too_long(self.hold)
            || given.wrap_up.is_some() && are_too_long(self.wrap_up)
            || given.holds.is_some() && any(self.holds, |holds| holds > MOST_HOLDS)
            || given.cause.is_some() && any(self.cause, |code| Cause::from_code(code).is_none())
            || given.course.is_some() && any(self.course, |course| course > 3)
            || given.first_response.is_some()
                && any(self.first_response, |micros| micros != -1 && is_too_long(micros))
            || self.tells_of_talk() && self.talks_unanswered();
        if !is_wrong {
            return Ok(());
        }
        (0..self.len()).try_for_each(|row| self.check_row(row).map_err(|why| (row, why)))
    }

    fn tells_of_talk(&self) -> bool {
        let VisitColumns { talk, hold, wrap_up, holds, .. } = self.given;
        [talk, hold, wrap_up].iter().any(Option::is_some) || holds.is_some()
    }

    /// Whether a row tells of a conversation that none began.
    fn talks_unanswered(&self) -> bool {
        (0..self.len()).any(|row| {
            let talked = self.talk[row] | self.hold[row] | self.wrap_up[row];
            self.course[row] != 0 && (talked != 0 || self.holds[row] != 0)
        })
    }

    fn check_row(&self, row: usize) -> Result<(), Rejection> {
        let refuse = |message| Err(Rejection::new(RejectionCode::InvalidValue, message));
        let entered = self.entered[row];
        if Timestamp::from_micros(entered).is_none() {
            return refuse(format!(
                "entered_us {entered}: give microseconds since the epoch, not negative"
            ));
        }
        for (name, column) in [
            ("wait_us", self.wait),
            ("talk_us", self.talk),
            ("hold_us", self.hold),
            ("wrap_up_us", self.wrap_up),
        ] {
            let micros = column[row];
            if Span::from_micros(micros).is_none() {
                return refuse(format!("{name} {micros}: give microseconds, not negative"));
            }
        }
        let response = self.first_response[row];
        if response != -1 && Span::from_micros(response).is_none() {
            return refuse(format!(
                "first_response_us {response}: give microseconds, or -1 for none"
            ));
        }
        let (course, cause) = (self.course[row], self.cause[row]);
        if course > 3 {
            return refuse(format!(
                "course {course}: give 0 answered, 1 abandoned, 2 left, 3 none"
            ));
        }
        if Cause::from_code(cause).is_none() {
            return refuse(format!("cause {cause}: give a code of CAUSES"));
        }
        self.visit(row).check()
    }

    /// A visit, which was checked. Its names are not in it: they are counted by, not counted.
    #[inline(always)]
    pub(super) fn visit(&self, row: usize) -> VisitFact {
        let span = |micros| Span::from_micros(micros).unwrap_or_default();
        let cause = Cause::from_code(self.cause[row]).unwrap_or(Cause::None);
        VisitFact {
            source: 0,
            contact: ContactKey::new(0, NonZeroU32::MIN),
            visit: self.visit[row],
            revision: 1,
            queue: QueueKey::new(0),
            channel: None,
            labels: [0; 8],
            customer: 0,
            entered: self.entered(row),
            course: match self.course[row] {
                0 => Course::Answered,
                1 => Course::Abandoned,
                2 => Course::Left(cause),
                _ => Course::None,
            },
            wait: span(self.wait[row]),
            agent: usize::try_from(self.agent[row]).ok().map(AgentKey::new),
            talk: span(self.talk[row]),
            hold: span(self.hold[row]),
            holds: self.holds[row],
            wrap_up: span(self.wrap_up[row]),
            ending: cause,
            first_response: Span::from_micros(self.first_response[row]),
        }
    }
}
