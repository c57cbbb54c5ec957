//! The queues and agents of generated plans.

use std::fmt::Write as _;

use ccroute_core::{StaffReason, Strategy};

use super::{CODES, Draft, KEYS, KPIS, LINES, TABLES, preset};

impl Draft<'_> {
    pub(super) fn queue(&mut self, text: &mut String) {
        if self.dice.chance(1, 5) {
            let _ = writeln!(text, "preset = \"{}\"", preset(self.dice));
        } else if self.uses("strategy") {
            self.strategy(text);
        }
        if self.uses("preferred") {
            self.preferred(text);
        }
        if self.uses("requires") {
            self.requires(text);
        }
        if self.uses("ranks") {
            self.ranks(text);
        }
        self.order_rule(text);
        self.offer(text);
        self.wrap_up(text);
        self.joining(text);
        self.leaving(text);
        if self.uses("callback") {
            self.callback(text);
        }
        let can_call_back =
            text.rsplit("[queues.").next().is_some_and(|queue| queue.contains("callback."));
        self.exits(text, can_call_back);
        if self.uses("keep_free") {
            let (agents, queues) = (self.below(2) + 1, self.queue_names());
            let _ = writeln!(text, "keep_free = {{ agents = {agents}, for = {queues} }}");
        }
        if self.uses("lines") {
            let _ = writeln!(text, "lines = {}", self.names(&LINES));
        }
        if self.dice.chance(1, 6) {
            text.push_str("resets_idle = false\n");
        }
        let _ = writeln!(text, "suspension = {}", self.span(1, 12));
        if self.uses("frozen") {
            text.push_str("frozen = true\n");
        }
        if self.some() {
            text.push_str("expected_wait = true\n");
        }
        if self.uses("help") {
            self.help(text);
        }
        if self.uses("steps") {
            self.steps(text, can_call_back);
        }
    }

    fn strategy(&mut self, text: &mut String) {
        let mut keys: Vec<&str> = Vec::new();
        for _ in 0..=self.below(3) {
            let key = *self.dice.pick(Strategy::ALL).expect("there are some");
            let fits = (key != Strategy::Scores || self.tables > 0)
                && (key != Strategy::WeightedScore || self.skills > 0);
            if fits && !keys.contains(&key.word()) {
                keys.push(key.word());
            }
        }
        if keys.is_empty() {
            return;
        }
        let written: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        let _ = writeln!(text, "strategy = [{}]", written.join(", "));
        if keys.contains(&"weighted_score") {
            let weights = (1..=self.skills).map(|at| {
                format!("s{at} = {}", self.dice.pick(&["1", "2.5", "-0.75"]).expect("some"))
            });
            let weights: Vec<String> = weights.collect();
            let _ = writeln!(text, "weights = {{ {} }}", weights.join(", "));
        }
        if keys.contains(&"scores") {
            let table = TABLES[self.below(self.tables)];
            let _ = writeln!(text, "scores = \"{table}\"");
        }
    }

    fn preferred(&mut self, text: &mut String) {
        let _ = writeln!(text, "preferred.first = {}", self.span(0, 8));
        for flag in ["without_skills", "keep_on_transfer"] {
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "preferred.{flag} = true");
            }
        }
        if self.dice.chance(1, 2) {
            let _ = writeln!(text, "preferred.last_agent = {}", self.span(1, 60));
        }
    }

    fn ranks(&mut self, text: &mut String) {
        let max = self.below(4);
        if self.dice.chance(3, 4) {
            let _ = writeln!(text, "ranks.max = {max}");
        }
        if self.dice.chance(1, 3) {
            let _ = writeln!(text, "ranks.min = {}", self.below(max + 1));
        }
        if self.dice.chance(1, 3) {
            let _ = writeln!(text, "ranks.raise = {}", self.below(max + 1));
        }
        if self.dice.chance(1, 3) {
            let _ = writeln!(text, "ranks.ignored_up_to = {}", self.below(4));
        }
    }

    fn order_rule(&mut self, text: &mut String) {
        if self.some() {
            let by = self.one(&["aged", "strict", "lifo", "due_date"]);
            let _ = writeln!(text, "order.by = \"{by}\"");
        }
        if self.some() {
            let _ = writeln!(text, "order.band = {}", self.band());
        }
        if self.some() {
            let _ = writeln!(text, "order.head_start = {}", self.shift());
        }
        if self.some() {
            let slope = self.one(&["0.25", "2", "1.5", "1000"]);
            let _ = writeln!(text, "order.slope = {slope}");
        }
        if self.uses("weight") {
            let _ = writeln!(text, "order.weight = {}", self.below(3));
        }
        if self.some() {
            let _ = writeln!(text, "order.share = {}", self.below(4) + 1);
        }
        if self.some() {
            let (constant, minute) = (self.one(&["0", "2.5"]), self.one(&["0", "1", "0.3"]));
            let time = self.span(1, 90);
            let _ = writeln!(
                text,
                "order.cost = {{ constant = {constant}, per_minute = {minute}, handle_time = {time} }}"
            );
        }
        if self.uses("pick") {
            let _ = writeln!(text, "order.pick.oldest = {}", self.below(4) + 1);
            let minute = self.one(&["0", "1", "30", "0.07"]);
            let _ = writeln!(text, "order.pick.per_minute = {minute}");
            let _ = writeln!(text, "order.pick.overtakes = {}", self.below(4));
        }
        let _ = writeln!(text, "service_level.within = {}", self.span(1, 20));
    }

    fn offer(&mut self, text: &mut String) {
        let _ = writeln!(text, "offer.timeout = {}", self.span(1, 12));
        let _ = writeln!(text, "offer.connect_within = {}", self.span(1, 8));
        let stays = self.dice.chance(1, 3);
        if stays {
            text.push_str("offer.on_missed = \"stay_ready\"\n");
        }
        match self.below(4) {
            0 => text.push_str("offer.exclude_for = \"step\"\n"),
            _ => {
                let _ = writeln!(text, "offer.exclude_for = {}", self.span(1, 12));
            }
        }
        let mut several = text.rsplit("[queues.").next().is_some_and(rings_all);
        if self.uses("parallel") && !several {
            several = true;
            match self.below(3) {
                0 => text.push_str("offer.parallel = \"all\"\n"),
                _ => {
                    let _ = writeln!(text, "offer.parallel = {}", self.below(3) + 1);
                    if self.dice.chance(1, 2) {
                        let _ = writeln!(text, "offer.add_every = {}", self.span(1, 5));
                    }
                }
            }
            if self.dice.chance(1, 3) {
                text.push_str("offer.one_rank = true\n");
            }
            let _ = writeln!(text, "offer.grace = {}", self.span(1, 5));
        }
        if !several && self.dice.chance(1, 8) {
            text.push_str("offer.auto_accept = true\n");
        }
        if self.uses("back_off") {
            for kind in ["missed", "declined", "busy", "unreachable"] {
                if self.dice.chance(1, 2) {
                    let _ = writeln!(text, "offer.back_off.{kind} = {}", self.span(0, 10));
                }
                if self.dice.chance(1, 2) && (kind != "missed" || !stays) {
                    let least = self.below(4);
                    // A preset may stay ready by itself.
                    if kind != "missed" || !text.contains("preset") {
                        let _ = writeln!(text, "offer.limits.{kind} = {least}");
                    }
                }
            }
        }
    }

    fn wrap_up(&mut self, text: &mut String) {
        let codes = self.below(CODES.len() + 1);
        let mode = self.one(&["none", "optional", "mandatory", "timed"]);
        if codes > 0 {
            let written: Vec<String> =
                CODES[..codes].iter().map(|code| format!("\"{code}\"")).collect();
            let _ = writeln!(text, "dispositions = [{}]", written.join(", "));
        }
        if mode != "mandatory" || codes > 0 {
            let (limit, extension) = (self.span(1, 8), self.span(0, 6));
            let _ = writeln!(
                text,
                "wrap_up = {{ mode = \"{mode}\", limit = {limit}, extension = {extension} }}"
            );
        }
    }

    fn reasons(&mut self) -> String {
        if self.dice.chance(1, 3) {
            return format!("\"{}\"", self.one(&["loose", "strict", "no"]));
        }
        let words: Vec<&str> = StaffReason::ALL.iter().map(|reason| reason.word()).collect();
        self.names(&words)
    }

    fn joining(&mut self, text: &mut String) {
        if self.uses("hours") {
            text.push_str("hours = \"day\"\n");
            if self.dice.chance(1, 3) {
                let _ = writeln!(text, "closed.otherwise = \"{}\"", self.queue_name());
            }
            match self.below(3) {
                0 => text.push_str("closed.waiting = \"end\"\n"),
                1 => {
                    let _ = writeln!(text, "closed.move_to = \"{}\"", self.queue_name());
                }
                _ => {}
            }
        }
        if self.uses("admission") {
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "admission.longest = {}", self.below(5));
            }
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "admission.staff_free_of = {}", self.reasons());
            }
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "admission.otherwise = \"{}\"", self.queue_name());
            }
        }
    }

    fn leaving(&mut self, text: &mut String) {
        if self.uses("leaving") {
            let _ = writeln!(text, "leaving.staff_free_of = {}", self.reasons());
            let _ = writeln!(text, "leaving.after = {}", self.span(0, 8));
            let _ = writeln!(text, "leaving.grace = {}", self.span(0, 8));
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "leaving.move_to = \"{}\"", self.queue_name());
            }
        }
        if self.some() {
            let _ = writeln!(text, "leaving.resume_within = {}", self.span(1, 20));
        }
    }

    fn callback(&mut self, text: &mut String) {
        let _ = writeln!(text, "callback.attempts = {}", self.below(3) + 1);
        if self.dice.chance(1, 2) {
            let _ = writeln!(text, "callback.queue = \"{}\"", self.queue_name());
        }
        let (missed, busy, lost) = (self.span(1, 10), self.span(1, 10), self.span(1, 10));
        let _ = writeln!(
            text,
            "callback.retry = {{ missed = {missed}, busy = {busy}, unreachable = {lost} }}"
        );
        let _ = writeln!(text, "callback.owner_first = {}", self.span(0, 8));
        let _ = writeln!(text, "callback.connect_within = {}", self.span(1, 8));
    }

    fn exits(&mut self, text: &mut String, can_call_back: bool) {
        if !self.uses("exits") {
            return;
        }
        for key in KEYS {
            let does = match self.below(4) {
                0 => format!("move_to = \"{}\"", self.queue_name()),
                1 => "end = true".to_owned(),
                2 if can_call_back => "offer_callback = true".to_owned(),
                _ => continue,
            };
            let _ = writeln!(text, "exits.\"{key}\" = {{ {does} }}");
        }
    }

    fn help(&mut self, text: &mut String) {
        let rules = (0..=self.below(2)).map(|_| {
            let (from, kpi, hold) = (self.queue_names(), self.one(&KPIS), self.span(0, 10));
            let (bad, good) = if self.dice.chance(1, 2) {
                ("below = 0.5", "until = 0.75")
            } else {
                ("above = 3", "until = 2.5")
            };
            format!("{{ from = {from}, kpi = \"{kpi}\", {bad}, {good}, hold = {hold} }}")
        });
        let rules: Vec<String> = rules.collect();
        let _ = writeln!(text, "help = [{}]", rules.join(", "));
    }

    fn steps(&mut self, text: &mut String, can_call_back: bool) {
        let mut after = 0;
        let mut steps: Vec<String> = Vec::new();
        for at in 0..=self.below(4) {
            let mut parts: Vec<String> = Vec::new();
            let by_condition = self.uses("when");
            if !by_condition || self.dice.chance(1, 2) {
                after += self.below(8) + 1;
                parts.push(format!("after = \"{after}s\""));
            }
            if by_condition {
                parts.push(format!("when = '{}'", self.condition(true)));
            }
            if self.dice.chance(1, 4) {
                parts.push(format!("if = '{}'", self.condition(true)));
            }
            if self.dice.chance(1, 3) {
                parts.push(format!("name = \"n{at}\""));
            }
            self.eases(&mut parts);
            match self.below(7) {
                0 => parts.push(format!("move_to = \"{}\"", self.queue_name())),
                1 if self.dice.chance(1, 2) => {
                    let end =
                        self.one(&["timed_out", "overflowed", "no_agents", "closed", "failed"]);
                    parts.push(format!("end = \"{end}\""));
                }
                2 if can_call_back => parts.push("offer_callback = true".to_owned()),
                _ => {}
            }
            steps.push(format!("{{ {} }}", parts.join(", ")));
        }
        let _ = writeln!(text, "escalation = [{}]", steps.join(", "));
    }

    fn eases(&mut self, parts: &mut Vec<String>) {
        let skill = self.skill();
        match (self.below(3), skill) {
            (0, Some(skill)) => parts.push(format!("drop = [\"{skill}\"]")),
            (1, Some(skill)) => {
                parts.push(format!("lower = {{ {skill} = {} }}", self.below(4) + 1));
            }
            _ => {}
        }
        if self.dice.chance(1, 4) {
            let max = self.one(&[
                "max = \"+1\"",
                "max = 3",
                "min = \"-1\"",
                "raise = 2",
                "min = 1, max = \"+2\"",
            ]);
            parts.push(format!("ranks = {{ {max} }}"));
        }
        if self.dice.chance(1, 4) {
            parts.push(format!("widen = {}", self.queue_names()));
        }
        if self.dice.chance(1, 4) {
            let (band, head_start) = (self.band(), self.shift());
            parts.push(format!("raise = {{ band = {band}, head_start = {head_start} }}"));
        }
    }

    pub(super) fn agent(&mut self, text: &mut String, name: &str) {
        let _ = writeln!(text, "[agents.{name}]");
        for at in 1..=self.skills {
            if self.dice.chance(1, 2) {
                let _ = writeln!(text, "skills.s{at} = {}", self.below(10) + 1);
            }
        }
        if self.dice.chance(1, 2) {
            let site = self.one(&["lima", "rome"]);
            let _ = writeln!(text, "labels = {{ site = \"{site}\", tier = {} }}", self.below(4));
        }
        for queue in self.queues.clone() {
            if self.dice.chance(3, 4) {
                let (rank, position) = (self.below(3), self.below(3));
                let delay = if self.some() { self.span(0, 6) } else { "0".to_owned() };
                let help = if self.some() {
                    format!(
                        ", help_when = {{ waiting = {}, waited = {} }}",
                        self.below(3) + 1,
                        self.span(1, 9)
                    )
                } else {
                    String::new()
                };
                let _ = writeln!(
                    text,
                    "queues.{queue} = {{ rank = {rank}, position = {position}, delay = {delay}{help} }}"
                );
            }
        }
        for on in self.channels.clone() {
            if self.dice.chance(2, 3) {
                let _ = writeln!(text, "capacity.{on} = {}", self.below(2) + 1);
            }
        }
        if self.some() {
            let _ = writeln!(text, "budget = {}", self.below(5) + 1);
        }
        if self.uses("lines") {
            let _ = writeln!(text, "lines = {}", self.names(&LINES));
        }
    }
}

/// Whether the queue's preset rings several, which does not go with `auto_accept` and
/// `parallel` with `add_every`.
fn rings_all(queue: &str) -> bool {
    queue.contains("ring-all") || queue.contains("ringall") || queue.contains("ring-progressively")
}
