//! A queue: its choice, order, offers, wrap-up and targets. Joining, leaving and
//! escalation have files of their own.

use super::super::lookup::Table;
use super::super::presets;
use super::super::{
    Failure, Help, KeepFree, MarginalCost, OfferPolicy, OnMissed, OrderRule, Pick, PreferredRule,
    QueueOrder, QueuePlan, RankWindow, Ranking, ServiceTarget, Strategy, WrapUp, WrapUpMode,
    grammar,
};
use super::Reader;
use crate::ids::{ChannelKey, KpiKey, TableKey};
use crate::time::Span;

/// The greatest rank, position and weight.
const GREATEST: i64 = 1_000_000;

impl Reader {
    pub(super) fn queue(&mut self, table: &Table<'_>) -> QueuePlan {
        self.problems.only(table, &grammar::QUEUE);
        let mut plan = self.preset(table);
        let ranking = self.ranking(table);
        plan.strategy = ranking.unwrap_or(plan.strategy);
        self.preferred(table, &mut plan.preferred);
        plan.requirement = plan.requirement.and(&self.requirement(table, "requires"));
        self.ranks(table, &mut plan.ranks);
        self.order_rule(table, &mut plan.order);
        self.offer(table, &mut plan.offer);
        let written = self.problems.names(table, "dispositions");
        let no_codes = written.as_ref().is_none_or(Vec::is_empty);
        let codes = written.unwrap_or_default();
        plan.dispositions = codes.iter().map(|code| code.text.to_owned()).collect();
        self.wrap_up(table, &mut plan.wrap_up, no_codes);
        self.target(table, &mut plan.target);
        plan.escalation = self.escalation(table);
        self.admission(table, &mut plan.admission);
        self.leaving(table, &mut plan.leaving);
        plan.hours = self.hours(table);
        plan.exits = self.exits(table);
        plan.callback = self.callback(table);
        plan.keep_free = self.keep_free(table);
        plan.help = self.help(table);
        plan.lines = self.line_list(table);
        let problems = &mut self.problems;
        plan.resets_idle = problems.flag(table, "resets_idle").unwrap_or(plan.resets_idle);
        let suspension = problems.span(table, "suspension", Span::SHORTEST);
        plan.suspension = suspension.unwrap_or(plan.suspension);
        plan.frozen = problems.flag(table, "frozen").unwrap_or(plan.frozen);
        let foretold = problems.flag(table, "expected_wait");
        plan.expected_wait = foretold.unwrap_or(plan.expected_wait);
        plan
    }

    fn preset(&mut self, table: &Table<'_>) -> QueuePlan {
        let word = self.problems.word(table, "preset", presets::PRESETS);
        word.map_or_else(QueuePlan::default, |preset| preset.queue())
    }

    fn ranking(&mut self, table: &Table<'_>) -> Option<Ranking> {
        let by = self.problems.words(table, "strategy", Strategy::ALL);
        let weights = self.weights(table, "weights");
        let scores = self.problems.name(table, "scores");
        let found = scores.and_then(|name| {
            let index = self.table_names.find(name.text);
            if index.is_none() {
                let path = table.path_of("scores");
                self.problems.unknown("score table", &name, &path, self.table_names.iter());
            }
            index.map(TableKey::new)
        });
        let place = table.place("strategy");
        let uses = |strategy| by.as_ref().is_some_and(|by| by.contains(&strategy));
        if uses(Strategy::WeightedScore) && weights.is_empty() {
            let valid = "`weights`, such as { es = 2.0 }, beside it";
            let path = table.path_of("strategy");
            self.problems.invalid(place, &path, "weighs by nothing", valid);
        }
        if uses(Strategy::Scores) && table.get("scores").is_none() {
            let valid = "`scores`, the name of a table of the plan, beside it";
            let path = table.path_of("strategy");
            self.problems.invalid(place, &path, "has no table of scores", valid);
        }
        if by.as_ref().is_some_and(Vec::is_empty) {
            let path = table.path_of("strategy");
            self.problems.invalid(place, &path, "is empty", "at least one key");
        }
        let written = by.is_some() || !weights.is_empty() || found.is_some();
        let by = by.unwrap_or_else(|| vec![Strategy::LongestIdle]);
        written.then_some(Ranking { by, weights, table: found })
    }

    fn preferred(&mut self, queue: &Table<'_>, rule: &mut PreferredRule) {
        let section = self.problems.section(queue, "preferred", &grammar::PREFERRED);
        let Some(table) = section else { return };
        let problems = &mut self.problems;
        rule.first = problems.span(&table, "first", Span::ZERO).unwrap_or(rule.first);
        let without = problems.flag(&table, "without_skills");
        rule.without_skills = without.unwrap_or(rule.without_skills);
        let last = problems.span(&table, "last_agent", Span::ZERO);
        rule.last_agent = last.unwrap_or(rule.last_agent);
        let keep = problems.flag(&table, "keep_on_transfer");
        rule.keep_on_transfer = keep.unwrap_or(rule.keep_on_transfer);
    }

    fn ranks(&mut self, queue: &Table<'_>, window: &mut RankWindow) {
        let Some(table) = self.problems.section(queue, "ranks", &grammar::RANKS) else { return };
        let problems = &mut self.problems;
        for (key, number) in [
            ("min", &mut window.min),
            ("max", &mut window.max),
            ("raise", &mut window.raise),
            ("ignored_up_to", &mut window.ignored_up_to),
        ] {
            *number = problems.whole(&table, key, 0, GREATEST).unwrap_or(*number);
        }
        if window.min > window.max || window.raise > window.max {
            let what =
                format!("min {} and raise {} with max {}", window.min, window.raise, window.max);
            problems.invalid(table.at, &table.path, &what, "both at most `max`");
        }
    }

    fn order_rule(&mut self, queue: &Table<'_>, rule: &mut OrderRule) {
        let section = self.problems.section(queue, "order", &grammar::ORDER_RULE);
        let Some(table) = section else { return };
        let problems = &mut self.problems;
        rule.by = problems.word(&table, "by", QueueOrder::ALL).unwrap_or(rule.by);
        rule.band =
            problems.whole(&table, "band", i16::MIN.into(), i16::MAX.into()).unwrap_or(rule.band);
        rule.head_start = problems.shift(&table, "head_start").unwrap_or(rule.head_start);
        rule.slope = problems.decimal(&table, "slope", 0.000_001, 1_000.0).unwrap_or(rule.slope);
        rule.weight = problems.whole(&table, "weight", 0, GREATEST).unwrap_or(rule.weight);
        rule.share = problems.whole(&table, "share", 1, GREATEST).unwrap_or(rule.share);
        if let Some(cost) = problems.section(&table, "cost", &grammar::COST) {
            let MarginalCost { constant, per_minute, handle_time } = &mut rule.cost;
            *constant = problems.decimal(&cost, "constant", 0.0, 1e6).unwrap_or(*constant);
            *per_minute = problems.decimal(&cost, "per_minute", 0.0, 1e6).unwrap_or(*per_minute);
            let time = problems.span(&cost, "handle_time", Span::SHORTEST);
            *handle_time = time.unwrap_or(*handle_time);
        }
        if let Some(pick) = problems.section(&table, "pick", &grammar::PICK) {
            let Pick { oldest, per_minute, overtakes } = &mut rule.pick;
            *oldest = problems.whole(&pick, "oldest", 1, 1_000).unwrap_or(*oldest);
            *per_minute = problems.decimal(&pick, "per_minute", 0.0, 1e6).unwrap_or(*per_minute);
            *overtakes = problems.whole(&pick, "overtakes", 0, 65_535).unwrap_or(*overtakes);
        }
    }

    fn offer(&mut self, queue: &Table<'_>, offer: &mut OfferPolicy) {
        let Some(table) = self.problems.section(queue, "offer", &grammar::OFFER) else { return };
        let parallel = self.count_or(&table, "parallel", 1_000, "all", OfferPolicy::ALL);
        offer.parallel = parallel.unwrap_or(offer.parallel);
        let problems = &mut self.problems;
        for (key, span) in [
            ("timeout", &mut offer.timeout),
            ("connect_within", &mut offer.connect_within),
            ("grace", &mut offer.grace),
        ] {
            *span = problems.span(&table, key, Span::SHORTEST).unwrap_or(*span);
        }
        let missed = problems.word(&table, "on_missed", OnMissed::ALL);
        offer.on_missed = missed.unwrap_or(offer.on_missed);
        let exclude = problems.span_or(&table, "exclude_for", Span::SHORTEST, "step");
        offer.exclude_for = exclude.unwrap_or(offer.exclude_for);
        let add = problems.span(&table, "add_every", Span::SHORTEST);
        offer.add_every = add.or(offer.add_every);
        let one_rank = problems.flag(&table, "one_rank");
        offer.one_rank = one_rank.unwrap_or(offer.one_rank);
        let accept = problems.flag(&table, "auto_accept");
        offer.auto_accept = accept.unwrap_or(offer.auto_accept);
        if let Some(back_off) = problems.section(&table, "back_off", &grammar::BACK_OFF) {
            for &failure in Failure::ALL {
                let span = problems.span(&back_off, failure.word(), Span::ZERO);
                let known = offer.back_off.of_mut(failure);
                *known = span.unwrap_or(*known);
            }
        }
        let limits = problems.section(&table, "limits", &grammar::LIMITS);
        if missed == Some(OnMissed::StayReady) {
            // A preset's limit of missed offers goes with its `not_ready`.
            offer.limits.missed = OfferPolicy::default().limits.missed;
        }
        let mut limits_missed = false;
        if let Some(limits) = limits {
            for &failure in Failure::ALL {
                let limit = problems.whole(&limits, failure.word(), 0, 65_535);
                limits_missed |= failure == Failure::Missed && limit.is_some_and(|most| most > 0);
                let known = offer.limits.of_mut(failure);
                *known = limit.unwrap_or(*known);
            }
            if missed.is_none() && offer.limits.missed > 0 {
                offer.on_missed = OnMissed::NotReady;
            }
        }
        self.offer_makes_sense(&table, offer, limits_missed);
    }

    fn offer_makes_sense(&mut self, table: &Table<'_>, offer: &OfferPolicy, limits_missed: bool) {
        let mut wrong = |key: &str, what: &str, valid: &str| {
            self.problems.invalid(table.place(key), &table.path_of(key), what, valid);
        };
        let many = offer.parallel > 1 || offer.add_every.is_some();
        if offer.auto_accept && many {
            wrong(
                "auto_accept",
                "is true, but several agents are offered it",
                "one agent at a time",
            );
        }
        if offer.add_every.is_some() && offer.parallel == OfferPolicy::ALL {
            wrong("add_every", "adds to all", "`parallel` with a number, or no `add_every`");
        }
        if offer.on_missed == OnMissed::StayReady && limits_missed {
            let what = "is \"stay_ready\", but `limits.missed` says when agents do not stay so";
            wrong("on_missed", what, "one of the two");
        }
    }

    fn wrap_up(&mut self, queue: &Table<'_>, rule: &mut WrapUp, no_codes: bool) {
        let Some(table) = self.problems.section(queue, "wrap_up", &grammar::WRAP_UP) else {
            return;
        };
        let problems = &mut self.problems;
        rule.mode = problems.word(&table, "mode", WrapUpMode::ALL).unwrap_or(rule.mode);
        if rule.mode == WrapUpMode::Mandatory && no_codes {
            let what = "is \"mandatory\", but the queue has no codes to give";
            let valid = "`dispositions` with at least one code, or another mode";
            problems.invalid(table.place("mode"), &table.path_of("mode"), what, valid);
        }
        rule.limit = problems.span(&table, "limit", Span::SHORTEST).unwrap_or(rule.limit);
        rule.extension = problems.span(&table, "extension", Span::ZERO).unwrap_or(rule.extension);
    }

    fn target(&mut self, queue: &Table<'_>, target: &mut ServiceTarget) {
        let section = self.problems.section(queue, "service_level", &grammar::SERVICE_LEVEL);
        let Some(table) = section else { return };
        let problems = &mut self.problems;
        target.within = problems.span(&table, "within", Span::SHORTEST).unwrap_or(target.within);
        let short = problems.span(&table, "short_abandon", Span::ZERO);
        target.short_abandon = short.unwrap_or(target.short_abandon);
    }

    fn keep_free(&mut self, queue: &Table<'_>) -> Option<KeepFree> {
        let table = self.problems.section(queue, "keep_free", &grammar::KEEP_FREE)?;
        let agents = self.problems.whole(&table, "agents", 1, GREATEST);
        let agents = agents
            .or_else(|| self.problems.missing(&table, "agents", "how many agents must stay free"));
        let queues = self.queue_list(&table, "for");
        if queues.is_empty() {
            self.problems.missing::<()>(&table, "for", "the queues they must serve");
        }
        let channel = self.problems.name(&table, "channel");
        let channel = channel.and_then(|name| self.channel(&name, &table.path_of("channel")));
        let channel = channel.unwrap_or(ChannelKey::new(0));
        agents.map(|agents| KeepFree { agents, queues, channel })
    }

    fn help(&mut self, queue: &Table<'_>) -> Vec<Help> {
        let tables = self.problems.tables(queue, "help", &grammar::HELP);
        tables.iter().filter_map(|table| self.one_help(table)).collect()
    }

    fn one_help(&mut self, table: &Table<'_>) -> Option<Help> {
        let from = self.queue_list(table, "from");
        if from.is_empty() {
            self.problems.missing::<()>(table, "from", "the queues whose agents help");
        }
        let problems = &mut self.problems;
        let kpi = problems.name(table, "kpi");
        let kpi = kpi.or_else(|| problems.missing(table, "kpi", "the figure that says when"));
        let bound = 1e6;
        let below = problems.decimal(table, "below", -bound, bound);
        let above = problems.decimal(table, "above", -bound, bound);
        let until = problems.decimal(table, "until", -bound, bound);
        let until = until.or_else(|| problems.missing(table, "until", "where help ends"));
        let hold = problems.span(table, "hold", Span::ZERO).unwrap_or(Span::secs(300));
        let (when_low, bad) = match (below, above) {
            (Some(bad), None) => (true, bad),
            (None, Some(bad)) => (false, bad),
            (Some(_), Some(_)) | (None, None) => {
                let valid = "either `below` or `above`, where the figure is bad";
                problems.invalid(table.at, &table.path, "has not one threshold", valid);
                return None;
            }
        };
        let good = until?;
        // Without a distance between the two, help would come and go with every call.
        if (when_low && good <= bad) || (!when_low && good >= bad) {
            let what = format!("is {good}, not beyond {bad}");
            let valid = "a value at which the figure is good again";
            problems.invalid(table.place("until"), &table.path_of("until"), &what, valid);
        }
        let kpi = KpiKey::new(self.kpis.intern(kpi?.text));
        Some(Help { from, kpi, when_low, bad, good, hold })
    }
}
