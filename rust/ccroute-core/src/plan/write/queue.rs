//! A queue written down.

use super::super::document::Value;
use super::super::{
    Action, Admission, CallbackRule, Change, Help, Hours, KeepFree, Leaving, MarginalCost,
    OfferPolicy, OrderRule, Pick, Plan, PreferredRule, QueuePlan, RankChange, RankWindow, Retry,
    StaffReasons, Step,
};
use super::{decimal, filled, integer, names, rows, shift, table, text, unless};
use crate::skill::Relax;
use crate::time::{Shift, Span};

impl Plan {
    pub(super) fn queue_value(&self, queue: &QueuePlan) -> Value {
        let default = QueuePlan::default();
        let by: Vec<&str> = queue.strategy.by.iter().map(|key| key.word()).collect();
        let strategy = match *by {
            [only] => text(only),
            [..] => names(by.into_iter()),
        };
        let weights = queue
            .strategy
            .weights
            .iter()
            .map(|&(skill, worth)| (self.skills.name(skill.index()), decimal(worth)));
        let scores = queue.strategy.table.map(|key| text(self.table_names.name(key.index())));
        let steps = queue.escalation.iter().map(|step| self.step_value(step).into()).collect();
        let exits = queue.exits.iter().map(|(key, action)| (&**key, self.exit_value(*action)));
        let (hours, closed) = self.hours_values(queue.hours);
        let help = queue.help.iter().map(|help| self.help_value(help).into()).collect();
        let flag = |flag: &bool| Value::Bool(*flag);
        table([
            ("strategy", Some(strategy)),
            ("weights", filled(rows(weights))),
            ("scores", scores),
            ("preferred", filled(preferred_value(&queue.preferred))),
            ("requires", filled(self.requirement_value(&queue.requirement))),
            ("ranks", filled(ranks_value(&queue.ranks))),
            ("order", filled(order_value(&queue.order))),
            ("offer", Some(offer_value(&queue.offer))),
            (
                "wrap_up",
                Some(table([
                    ("mode", Some(text(queue.wrap_up.mode.word()))),
                    ("limit", Some(Value::Span(queue.wrap_up.limit))),
                    ("extension", Some(Value::Span(queue.wrap_up.extension))),
                ])),
            ),
            ("dispositions", filled(names(queue.dispositions.iter().map(String::as_str)))),
            (
                "service_level",
                Some(table([
                    ("within", Some(Value::Span(queue.target.within))),
                    ("short_abandon", Some(Value::Span(queue.target.short_abandon))),
                ])),
            ),
            ("escalation", filled(Value::List(steps))),
            ("admission", filled(self.admission_value(&queue.admission))),
            ("leaving", filled(self.leaving_value(&queue.leaving))),
            ("hours", hours),
            ("closed", closed),
            ("exits", filled(rows(exits))),
            ("callback", queue.callback.as_ref().map(|rule| self.callback_value(rule))),
            ("keep_free", queue.keep_free.as_ref().map(|rule| self.keep_free_value(rule))),
            ("help", filled(Value::List(help))),
            ("lines", filled(self.lines_value(&queue.lines))),
            ("resets_idle", unless(&queue.resets_idle, &default.resets_idle, flag)),
            ("suspension", unless(&queue.suspension, &default.suspension, span)),
            ("frozen", unless(&queue.frozen, &default.frozen, flag)),
            ("expected_wait", unless(&queue.expected_wait, &default.expected_wait, flag)),
        ])
    }

    fn step_value(&self, step: &Step) -> Value {
        let Step { name, after, when, only_if, relax, ranks, widen, band, head_start, action } =
            step;
        let (mut dropped, mut lowered) = (Vec::new(), Vec::new());
        for relax in relax {
            match *relax {
                Relax::Drop(skill) => dropped.push(self.skills.name(skill.index())),
                Relax::Lower(to) => lowered.push(to),
            }
        }
        let [mut move_to, mut end, mut offer_callback] = [const { None }; 3];
        match action {
            Some(Action::Move(queue)) => move_to = Some(self.queue_text(*queue)),
            Some(Action::End(cause)) => end = Some(text(cause.word())),
            Some(Action::OfferCallback) => offer_callback = Some(Value::Bool(true)),
            None => {}
        }
        table([
            ("name", name.clone().map(Value::Text)),
            ("after", after.map(Value::Span)),
            ("when", when.as_ref().map(|when| text(when.text()))),
            ("if", only_if.as_ref().map(|asked| text(asked.text()))),
            ("drop", filled(names(dropped.into_iter()))),
            ("lower", filled(self.levels_value(&lowered))),
            ("ranks", filled(rank_change_value(ranks))),
            ("widen", filled(self.queues_value(widen))),
            (
                "raise",
                filled(table([
                    ("band", unless(band, &0, |band| integer(*band))),
                    ("head_start", unless(head_start, &Shift::ZERO, shift)),
                ])),
            ),
            ("move_to", move_to),
            ("offer_callback", offer_callback),
            ("end", end),
        ])
    }

    fn exit_value(&self, action: Action) -> Value {
        match action {
            Action::Move(queue) => table([("move_to", Some(self.queue_text(queue)))]),
            Action::OfferCallback => table([("offer_callback", Some(Value::Bool(true)))]),
            Action::End(_) => table([("end", Some(Value::Bool(true)))]),
        }
    }

    fn admission_value(&self, rule: &Admission) -> Value {
        table([
            ("longest", rule.longest.map(integer)),
            ("staff_free_of", reasons(rule.staff)),
            ("otherwise", rule.otherwise.map(|queue| self.queue_text(queue))),
        ])
    }

    fn leaving_value(&self, rule: &Leaving) -> Value {
        let Leaving { staff, after, grace, action, resume_within } = rule;
        let move_to = match action {
            Action::Move(queue) => Some(self.queue_text(*queue)),
            Action::End(_) | Action::OfferCallback => None,
        };
        table([
            ("staff_free_of", reasons(*staff)),
            ("after", unless(after, &Span::ZERO, span)),
            ("grace", unless(grace, &Span::ZERO, span)),
            ("move_to", move_to),
            ("resume_within", unless(resume_within, &Span::ZERO, span)),
        ])
    }

    fn hours_values(&self, hours: Option<Hours>) -> (Option<Value>, Option<Value>) {
        let Some(Hours { calendar, otherwise, waiting }) = hours else { return (None, None) };
        let (waiting, move_to) = match waiting {
            Some(Action::Move(queue)) => (None, Some(self.queue_text(queue))),
            Some(Action::End(_) | Action::OfferCallback) => (Some(text("end")), None),
            None => (None, None),
        };
        let closed = table([
            ("otherwise", otherwise.map(|queue| self.queue_text(queue))),
            ("waiting", waiting),
            ("move_to", move_to),
        ]);
        (Some(text(self.calendar_names.name(calendar.index()))), filled(closed))
    }

    fn callback_value(&self, rule: &CallbackRule) -> Value {
        let CallbackRule { queue, attempts, retry, owner_first, connect_within } = rule;
        let Retry { missed, busy, unreachable } = *retry;
        table([
            ("queue", queue.map(|queue| self.queue_text(queue))),
            ("attempts", Some(integer(*attempts))),
            (
                "retry",
                Some(table([
                    ("missed", Some(Value::Span(missed))),
                    ("busy", Some(Value::Span(busy))),
                    ("unreachable", Some(Value::Span(unreachable))),
                ])),
            ),
            ("owner_first", Some(Value::Span(*owner_first))),
            ("connect_within", Some(Value::Span(*connect_within))),
        ])
    }

    fn keep_free_value(&self, rule: &KeepFree) -> Value {
        table([
            ("agents", Some(integer(rule.agents))),
            ("for", Some(self.queues_value(&rule.queues))),
            ("channel", Some(self.channel_text(rule.channel))),
        ])
    }

    fn help_value(&self, help: &Help) -> Value {
        let Help { from, kpi, when_low, bad, good, hold } = help;
        table([
            ("from", Some(self.queues_value(from))),
            ("kpi", Some(text(self.kpis.name(kpi.index())))),
            (if *when_low { "below" } else { "above" }, Some(decimal(*bad))),
            ("until", Some(decimal(*good))),
            ("hold", Some(Value::Span(*hold))),
        ])
    }
}

fn span(span: &Span) -> Value {
    Value::Span(*span)
}

fn reasons(staff: StaffReasons) -> Option<Value> {
    filled(names(staff.iter().map(|reason| reason.word())))
}

fn preferred_value(rule: &PreferredRule) -> Value {
    let PreferredRule { first, without_skills, last_agent, keep_on_transfer } = rule;
    let flag = |flag: &bool| Value::Bool(*flag);
    table([
        ("first", unless(first, &Span::ZERO, span)),
        ("without_skills", unless(without_skills, &false, flag)),
        ("last_agent", unless(last_agent, &Span::ZERO, span)),
        ("keep_on_transfer", unless(keep_on_transfer, &false, flag)),
    ])
}

fn ranks_value(window: &RankWindow) -> Value {
    let number = |number: &u32| integer(*number);
    table([
        ("min", unless(&window.min, &0, number)),
        ("max", unless(&window.max, &u32::MAX, number)),
        ("raise", unless(&window.raise, &0, number)),
        ("ignored_up_to", unless(&window.ignored_up_to, &0, number)),
    ])
}

fn rank_change_value(change: &RankChange) -> Value {
    let change_value = |change: Change| match change {
        Change::To(rank) => integer(rank),
        Change::By(more) => Value::Text(format!("{more:+}")),
    };
    table([
        ("min", change.min.map(change_value)),
        ("max", change.max.map(change_value)),
        ("raise", change.raise.map(change_value)),
    ])
}

fn order_value(rule: &OrderRule) -> Value {
    let default = OrderRule::default();
    let OrderRule { by, band, head_start, slope, weight, share, cost, pick } = rule;
    let number = |number: &u32| integer(*number);
    let MarginalCost { constant, per_minute, handle_time } = cost;
    let cost_value = table([
        ("constant", unless(constant, &default.cost.constant, |worth| decimal(*worth))),
        ("per_minute", unless(per_minute, &default.cost.per_minute, |worth| decimal(*worth))),
        ("handle_time", unless(handle_time, &default.cost.handle_time, span)),
    ]);
    let Pick { oldest, per_minute, overtakes } = pick;
    let count = |count: &u16| integer(*count);
    let pick_value = table([
        ("oldest", unless(oldest, &default.pick.oldest, count)),
        ("per_minute", unless(per_minute, &default.pick.per_minute, |worth| decimal(*worth))),
        ("overtakes", unless(overtakes, &default.pick.overtakes, count)),
    ]);
    table([
        ("by", unless(by, &default.by, |word| text(word.word()))),
        ("band", unless(band, &default.band, |band| integer(*band))),
        ("head_start", unless(head_start, &default.head_start, shift)),
        ("slope", unless(slope, &default.slope, |slope| decimal(*slope))),
        ("weight", unless(weight, &default.weight, number)),
        ("share", unless(share, &default.share, number)),
        ("cost", filled(cost_value)),
        ("pick", filled(pick_value)),
    ])
}

fn offer_value(offer: &OfferPolicy) -> Value {
    let default = OfferPolicy::default();
    let flag = |flag: &bool| Value::Bool(*flag);
    let parallel = |parallel: &u16| match *parallel {
        OfferPolicy::ALL => text("all"),
        number => integer(number),
    };
    let back_off = table([
        ("missed", unless(&offer.back_off.missed, &Span::ZERO, span)),
        ("declined", unless(&offer.back_off.declined, &Span::ZERO, span)),
        ("busy", unless(&offer.back_off.busy, &Span::ZERO, span)),
        ("unreachable", unless(&offer.back_off.unreachable, &Span::ZERO, span)),
    ]);
    let count = |count: &u16| integer(*count);
    let limits = table([
        ("missed", unless(&offer.limits.missed, &1, count)),
        ("declined", unless(&offer.limits.declined, &0, count)),
        ("busy", unless(&offer.limits.busy, &0, count)),
        ("unreachable", unless(&offer.limits.unreachable, &0, count)),
    ]);
    table([
        ("timeout", Some(Value::Span(offer.timeout))),
        ("connect_within", Some(Value::Span(offer.connect_within))),
        ("on_missed", Some(text(offer.on_missed.word()))),
        ("exclude_for", Some(offer.exclude_for.map_or_else(|| text("step"), Value::Span))),
        ("parallel", unless(&offer.parallel, &default.parallel, parallel)),
        ("one_rank", unless(&offer.one_rank, &default.one_rank, flag)),
        ("add_every", offer.add_every.map(Value::Span)),
        ("auto_accept", unless(&offer.auto_accept, &default.auto_accept, flag)),
        ("grace", unless(&offer.grace, &default.grace, span)),
        ("back_off", filled(back_off)),
        ("limits", filled(limits)),
    ])
}
