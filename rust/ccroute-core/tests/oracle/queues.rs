//! Queues that open and close, lines, and help by figures.

use ccroute_core::{Cause, EventKind, RejectionCode};

use super::happening::Happening;
use super::router::{Answer, Oracle, Phase, Seq, Timer};
use super::rules::{Deed, Help};
use super::state::Helping;

impl Oracle {
    /// "**set_queue_open** – same: nothing. → `queue_opened` / `queue_closed`. When it closes,
    /// each contact that waits there without an offer, by sequence, does what `closed` says:
    /// stays, is moved by rule (unless it is or was there at this very instant), or ends
    /// (`contact_left`, closed)."
    pub(crate) fn set_queue_open(&mut self, queue: &str, open: bool) -> Answer {
        self.known_queue(queue)?;
        if self.is_closed(queue) != open {
            return Ok(String::new());
        }
        if open {
            self.open_queue(queue);
            return Ok(String::new());
        }
        self.closed_queues.push(queue.to_owned());
        let event = self.event(EventKind::QueueClosed);
        self.emit(Happening { queue: Some(queue.to_owned()), ..event });
        let hours = self.rules.queue(queue).hours.as_ref();
        let Some(deed) = hours.and_then(|hours| hours.waiting.clone()) else {
            return Ok(String::new());
        };
        let waiting = self
            .contacts
            .iter()
            .filter(|contact| contact.queue == queue && contact.phase == Phase::Waiting);
        let mut waiting: Vec<Seq> = waiting.map(|contact| contact.seq).collect();
        waiting.sort_unstable();
        for seq in waiting {
            match &deed {
                Deed::Move(to) => {
                    if self.may_move_by_rule(self.contact(seq), to) {
                        self.move_by_rule(seq, to, Cause::Overflowed);
                    }
                }
                Deed::End(cause) => {
                    self.leave_queue(seq, EventKind::ContactLeft, *cause);
                    self.close(seq);
                }
                Deed::OfferCallback => unreachable!("no plan says so"),
            }
        }
        Ok(String::new())
    }

    pub(crate) fn open_queue(&mut self, queue: &str) {
        self.closed_queues.retain(|closed| closed != queue);
        let event = self.event(EventKind::QueueOpened);
        self.emit(Happening { queue: Some(queue.to_owned()), ..event });
    }

    pub(crate) fn known_line(&self, line: &str) -> Result<(), RejectionCode> {
        let known = self.rules.lines.iter().any(|known| known == line);
        if known { Ok(()) } else { Err(RejectionCode::UnknownLine) }
    }

    /// "**set_line** – same: nothing. Down: each offer over it, in order of making,
    /// `offer_withdrawn` (line_down). → `line_went_down` / `line_came_up` (reason: the line).
    /// Then the contacts without another offer `contact_requeued` (line_down)."
    pub(crate) fn set_line(&mut self, line: &str, up: bool) -> Answer {
        self.known_line(line)?;
        if self.lines_down.iter().any(|down| down == line) != up {
            return Ok(String::new());
        }
        if up {
            self.lines_down.retain(|down| down != line);
            let event = self.event(EventKind::LineCameUp);
            self.emit(Happening { reason: Some(line.to_owned()), ..event });
            return Ok(String::new());
        }
        let over = self.offers.iter().filter(|offer| offer.line.as_deref() == Some(line));
        let over: Vec<(usize, Seq)> = over.map(|offer| (offer.ordinal, offer.contact)).collect();
        for &(ordinal, _) in &over {
            self.withdraw(ordinal, Cause::LineDown);
        }
        self.lines_down.push(line.to_owned());
        let event = self.event(EventKind::LineWentDown);
        self.emit(Happening { reason: Some(line.to_owned()), ..event });
        let bare: Vec<Seq> = over.into_iter().map(|(_, seq)| seq).collect();
        self.requeue_bare(&bare, Cause::LineDown);
        Ok(String::new())
    }

    /// The queues that lend to one now.
    pub(crate) fn lenders(&self, queue: &str) -> Vec<String> {
        let rules = &self.rules.queue(queue).help;
        let helping = self.helping.iter().filter(|helping| helping.queue == queue);
        helping.flat_map(|helping| rules[helping.rule].from.clone()).collect()
    }

    /// "**observe_kpi** – a figure some rule of help names, of this plan or one before, else
    /// `unknown_kpi`; denominator not negative, else `invalid_value`; 0: nothing. Every rule of help with the figure, by queue
    /// and order: begins when it is below `below` (above `above`): `help_started` …. Once it
    /// helps: when it has come back to `until` (at least, or at most), and `hold` has passed
    /// since it began, `help_ended`; before that, at the end of `hold`, unless the figure is
    /// observed worse than `until` before."
    pub(crate) fn observe_kpi(&mut self, kpi: &str, numerator: i64, denominator: i64) -> Answer {
        if self.rules.kpis.iter().all(|known| known != kpi) {
            return Err(RejectionCode::UnknownKpi);
        }
        if denominator < 0 {
            return Err(RejectionCode::InvalidValue);
        }
        if denominator == 0 {
            return Ok(String::new());
        }
        self.figures.retain(|(named, ..)| named != kpi);
        self.figures.push((kpi.to_owned(), numerator, denominator));
        let names: Vec<String> = self.rules.queues.iter().map(|queue| queue.name.clone()).collect();
        for queue in names {
            for rule in 0..self.rules.queue(&queue).help.len() {
                if self.rules.queue(&queue).help[rule].kpi == kpi {
                    self.follow_figure(&queue, rule);
                }
            }
        }
        Ok(String::new())
    }

    /// One rule of help looks at its figure, if there is one.
    pub(crate) fn follow_figure(&mut self, queue: &str, at: usize) {
        let rule = self.rules.queue(queue).help[at].clone();
        let figure = self.figures.iter().find(|(named, ..)| *named == rule.kpi);
        let Some(&(_, numerator, denominator)) = figure else { return };
        let figure = (i128::from(numerator) * 1_000_000, i128::from(denominator));
        let timer = Timer::Help(queue.to_owned(), at);
        let helps = self.helping.iter().find(|h| h.queue == queue && h.rule == at);
        match helps.map(|helping| helping.since) {
            None if is_bad(&rule, figure) => {
                self.helping.push(Helping { queue: queue.to_owned(), rule: at, since: self.now });
                self.tell_help(EventKind::HelpStarted, queue, at);
            }
            None => {}
            Some(since) if is_good(&rule, figure) => {
                // "*help*: when a figure is good again before `hold` is over."
                let pending = self.timers.iter().any(|(.., set)| *set == timer);
                if self.now >= since + rule.hold {
                    self.end_help(queue, at);
                } else if !pending {
                    self.set_timer(since + rule.hold, timer);
                }
            }
            Some(_) => self.cancel_timer(&timer),
        }
    }

    pub(crate) fn end_help(&mut self, queue: &str, at: usize) {
        self.cancel_timer(&Timer::Help(queue.to_owned(), at));
        self.helping.retain(|helping| helping.queue != queue || helping.rule != at);
        self.tell_help(EventKind::HelpEnded, queue, at);
    }

    /// "`help_started` (queue, number of the rule from 1, reason: the figure)."
    fn tell_help(&mut self, kind: EventKind, queue: &str, at: usize) {
        let kpi = self.rules.queue(queue).help[at].kpi.clone();
        let event = self.event(kind);
        self.emit(Happening {
            queue: Some(queue.to_owned()),
            number: u32::try_from(at + 1).expect("few rules"),
            reason: Some(kpi),
            ..event
        });
    }
}

fn is_bad(rule: &Help, (numerator, denominator): (i128, i128)) -> bool {
    let bad = i128::from(rule.bad.raw()) * denominator;
    if rule.when_low { numerator < bad } else { numerator > bad }
}

fn is_good(rule: &Help, (numerator, denominator): (i128, i128)) -> bool {
    let good = i128::from(rule.good.raw()) * denominator;
    if rule.when_low { numerator >= good } else { numerator <= good }
}
