//! Generated plans, as the text a coordinator would write: one to four queues, few skills,
//! short times and small numbers, so that ties, limits and deadlines meet. Each plan uses
//! some of the features, some plans nearly all.

use std::fmt::Write as _;

use ccroute_core::{PRESETS, Plan};

use crate::dice::Dice;

/// What plans name, and commands too.
pub(crate) const AGENTS: [&str; 6] = ["a1", "a2", "a3", "a4", "a5", "a6"];
pub(crate) const KPIS: [&str; 2] = ["answered", "load"];
pub(crate) const LINES: [&str; 3] = ["l1", "l2", "l3"];
pub(crate) const TABLES: [&str; 2] = ["fit", "luck"];
pub(crate) const KEYS: [&str; 3] = ["1", "2", "*"];
pub(crate) const CODES: [&str; 3] = ["d1", "d2", "d3"];

/// A plan that no plan with another channel can be followed by.
pub(crate) const TOO_MUCH: &str = "too_much";

/// A plan and those that may follow it, by name.
pub(crate) struct Plans {
    pub(crate) first: Plan,
    pub(crate) further: Vec<(String, Plan)>,
    /// Presets and strategies that they use.
    pub(crate) words: Vec<String>,
}

/// Plans that [`Plan::from_toml`] accepts.
pub(crate) fn plans(dice: &mut Dice) -> Plans {
    let mut words = Vec::new();
    let mut written = |dice: &mut Dice| {
        loop {
            let text = Draft::new(dice).plan();
            match Plan::from_toml(&text) {
                Ok(plan) => {
                    words.extend(used(&text, &plan));
                    return plan;
                }
                Err(error) => assert!(may_be_wrong(&error.message), "{error}\n{text}"),
            }
        }
    };
    let first = written(dice);
    let mut further = vec![("p1".to_owned(), first.clone())];
    for name in ["p2", "p3"] {
        further.push((name.to_owned(), written(dice)));
    }
    if dice.chance(1, 16) {
        let channels: Vec<String> = (1..=199).map(|at| format!("\"x{at}\"")).collect();
        let text = format!("channels = [{}]\n[queues.q1]\n", channels.join(", "));
        further.push((TOO_MUCH.to_owned(), Plan::from_toml(&text).expect("it is a plan")));
    }
    Plans { first, further, words }
}

/// The presets and strategies of a plan.
fn used(text: &str, plan: &Plan) -> Vec<String> {
    let presets = text.lines().filter(|line| line.starts_with("preset = ")).map(str::to_owned);
    let keys = plan.queues.iter().flat_map(|queue| &queue.strategy.by);
    presets.chain(keys.map(|key| format!("strategy {key}"))).collect()
}

/// What a plan drawn at random may say that is refused.
fn may_be_wrong(message: &str) -> bool {
    [
        "go round",
        "can never match",
        "changes nothing",
        "comes after one that always",
        "both at most `max`",
        "not come after",
    ]
    .iter()
    .any(|known| message.contains(known))
}

/// A plan in the making.
struct Draft<'a> {
    dice: &'a mut Dice,
    queues: Vec<String>,
    skills: usize,
    channels: Vec<&'static str>,
    tables: usize,
    /// How often a feature is used, in twelfths.
    rich: usize,
    /// Which features this plan does not use at all.
    without: Vec<&'static str>,
}

/// What a plan may do without.
const FEATURES: [&str; 22] = [
    "parallel",
    "steps",
    "when",
    "admission",
    "leaving",
    "hours",
    "exits",
    "callback",
    "keep_free",
    "help",
    "lines",
    "frozen",
    "pick",
    "weight",
    "budget",
    "interrupted_by",
    "classification",
    "preferred",
    "requires",
    "ranks",
    "back_off",
    "strategy",
];

impl<'a> Draft<'a> {
    fn new(dice: &'a mut Dice) -> Self {
        let mut queues: Vec<String> = (1..=dice.below(4) + 1).map(|at| format!("q{at}")).collect();
        if dice.chance(1, 4) {
            // Another set than most plans have: some queues retire, some are new.
            queues = vec!["q2".to_owned(), "q5".to_owned()];
        }
        let channels = ["voice", "chat", "email"][..dice.below(3) + 1].to_vec();
        let without = FEATURES.into_iter().filter(|_| dice.chance(1, 2)).collect();
        let (skills, tables, rich) = (dice.below(4), dice.below(3), dice.below(9) + 2);
        Self { dice, queues, skills, channels, tables, rich, without }
    }

    /// Whether the plan uses a feature here.
    fn uses(&mut self, feature: &str) -> bool {
        let left_out = self.without.contains(&feature);
        self.dice.chance(self.rich, 12) && !left_out
    }

    /// A minor thing, as often as the plan is rich.
    fn some(&mut self) -> bool {
        self.dice.chance(self.rich, 18)
    }

    fn below(&mut self, sides: usize) -> usize {
        self.dice.below(sides)
    }

    fn one<'s>(&mut self, of: &[&'s str]) -> &'s str {
        self.dice.pick(of).expect("there are some")
    }

    fn queue_name(&mut self) -> String {
        self.dice.pick(&self.queues).expect("there is one").clone()
    }

    fn skill(&mut self) -> Option<String> {
        (self.skills > 0).then(|| format!("s{}", self.dice.below(self.skills) + 1))
    }

    /// `"3s"`, from `least` seconds on, now and then not whole.
    fn span(&mut self, least: usize, most: usize) -> String {
        let seconds = least + self.dice.below(most - least + 1);
        let half = self.dice.chance(1, 6) && seconds > 0;
        if half { format!("\"{}ms\"", seconds * 1_000 - 500) } else { format!("\"{seconds}s\"") }
    }

    /// A span that may be negative.
    fn shift(&mut self) -> String {
        let span = self.span(1, 12);
        if self.dice.chance(1, 3) { span.replacen('"', "\"-", 1) } else { span }
    }

    fn names(&mut self, all: &[&str]) -> String {
        let mut names: Vec<String> = Vec::new();
        for name in all {
            if self.dice.chance(1, 2) || (names.is_empty() && Some(name) == all.last()) {
                names.push(format!("\"{name}\""));
            }
        }
        if self.dice.chance(1, 2) {
            names.reverse();
        }
        format!("[{}]", names.join(", "))
    }

    fn queue_names(&mut self) -> String {
        let queues = self.queues.clone();
        self.names(&queues.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn plan(mut self) -> String {
        let mut text = String::new();
        let skills: Vec<String> = (1..=self.skills).map(|at| format!("\"s{at}\"")).collect();
        let channels: Vec<String> = self.channels.iter().map(|on| format!("\"{on}\"")).collect();
        let _ = writeln!(text, "skills = [{}]", skills.join(", "));
        let _ = writeln!(text, "channels = [{}]", channels.join(", "));
        let _ = writeln!(text, "retention = {}", self.span(0, 60));
        let _ = writeln!(text, "seed = {}", self.below(1_000));
        if self.some() {
            let _ = writeln!(text, "assign_together = {}", self.below(5));
        }
        self.order(&mut text);
        self.capacity(&mut text);
        for table in &TABLES[..self.tables] {
            let by = self.one(&["tier", "lang"]);
            let _ = writeln!(text, "[scores.{table}]\nby = \"{by}\"");
        }
        text.push_str("[calendars.day]\nzone = \"UTC\"\n");
        if self.uses("classification") {
            self.classification(&mut text);
        }
        for queue in self.queues.clone() {
            let _ = writeln!(text, "[queues.{queue}]");
            self.queue(&mut text);
        }
        for agent in AGENTS {
            if self.some() {
                self.agent(&mut text, agent);
            }
        }
        text
    }

    fn order(&mut self, text: &mut String) {
        if self.some() {
            let across = self.one(&["age", "due_date", "ratio", "marginal_cost"]);
            let _ = writeln!(text, "order.across = \"{across}\"");
        }
        if self.some() {
            let _ = writeln!(text, "order.ranked = false");
        }
    }

    fn capacity(&mut self, text: &mut String) {
        let channels = self.channels.clone();
        if self.uses("budget") {
            let _ = writeln!(text, "capacity.budget = {}", self.below(5) + 1);
            for on in &channels {
                if self.dice.chance(1, 2) {
                    let _ = writeln!(text, "capacity.cost.{on} = {}", self.below(4));
                }
            }
        }
        if self.uses("interrupted_by") {
            for on in &channels {
                if self.dice.chance(1, 2) {
                    let by: Vec<String> = channels
                        .iter()
                        .filter(|_| self.dice.chance(1, 2))
                        .map(|by| format!("\"{by}\""))
                        .collect();
                    let _ = writeln!(text, "capacity.interrupted_by.{on} = [{}]", by.join(", "));
                }
            }
        }
        if self.uses("parallel") && self.dice.chance(1, 3) {
            let _ = writeln!(text, "capacity.offers = {}", self.below(2) + 1);
        }
    }

    fn classification(&mut self, text: &mut String) {
        for _ in 0..=self.below(3) {
            text.push_str("[[classification.rules]]\n");
            if self.some() {
                let _ = writeln!(text, "name = \"r{}\"", self.below(3));
            }
            if self.dice.chance(3, 4) {
                let _ = writeln!(text, "when = '{}'", self.condition(false));
            }
            if self.dice.chance(1, 3) {
                let parts = (0..=self.below(2)).map(|_| {
                    let queue = self.queue_name();
                    format!("{{ queue = \"{queue}\", share = {} }}", self.dice.below(3) + 1)
                });
                let parts: Vec<String> = parts.collect();
                let _ = writeln!(text, "split = [{}]", parts.join(", "));
            } else {
                let _ = writeln!(text, "queue = \"{}\"", self.queue_name());
            }
            if self.some() {
                let _ = writeln!(text, "band = {}", self.band());
            }
            if self.some() {
                let _ = writeln!(text, "head_start = {}", self.shift());
            }
            if self.some() {
                let _ = writeln!(text, "slope = {}", self.one(&["0.5", "2", "3.25"]));
            }
            if self.some() {
                self.requires(text);
            }
        }
        for _ in 0..self.below(3) {
            self.attachment(text);
        }
    }

    fn attachment(&mut self, text: &mut String) {
        text.push_str("[[classification.attach]]\n");
        if self.some() {
            let _ = writeln!(text, "when = '{}'", self.condition(false));
        }
        match self.below(3) {
            0 => {
                text.push_str("requires = {}\n");
                let at = text.len() - "requires = {}\n".len();
                let mut asked = String::new();
                self.requires(&mut asked);
                if !asked.is_empty() {
                    text.truncate(at);
                    text.push_str(&asked);
                }
            }
            1 => {
                let _ = writeln!(text, "skill_of = \"lang\"\nlevel = {}", self.below(5) + 1);
            }
            _ => text.push_str("label_of = \"site\"\n"),
        }
        if self.dice.chance(1, 2) {
            let _ = writeln!(text, "lasts = {}", self.span(1, 15));
        }
    }

    pub(super) fn band(&mut self) -> i16 {
        *self.dice.pick(&[-1, 1, 1, 2, i16::MIN, i16::MAX]).expect("there are some")
    }

    /// What may be said of a contact; in steps also of its queue.
    fn condition(&mut self, in_step: bool) -> String {
        const OF_CONTACTS: [&str; 15] = [
            "tier == \"gold\"",
            "has(attributes.tier)",
            "value > 3",
            "tier != \"gold\" && value < 5",
            "contact.channel == \"voice\"",
            "contact.customer == \"u1\"",
            "contact.queue == \"q1\"",
            "contact.band > 0",
            "contact.attempts >= 1",
            "contact.callback",
            "lang in [\"s1\", \"s2\"]",
            "contact.previous.startsWith(\"c\") || vip",
            "contact.conversation == \"v1\"",
            "value / (value - 3) > 1",
            "contact.missed >= 1",
        ];
        const OF_QUEUES: [&str; 12] = [
            "queue.waiting >= 2",
            "queue.waiting > 3",
            "queue.free == 0",
            "queue.free > 0",
            "queue.ready < 2",
            "queue.signed_in <= 1",
            "queue.able == 0",
            "queue.able > 1",
            "contact.offers > 1",
            "contact.missed >= 1",
            "contact.missed + contact.offers > 2",
            "contact.missed > 1 || queue.waiting > 3",
        ];
        if in_step && self.dice.chance(2, 3) {
            self.one(&OF_QUEUES).to_owned()
        } else {
            self.one(&OF_CONTACTS).to_owned()
        }
    }

    fn requires(&mut self, text: &mut String) {
        let level = |this: &mut Self| {
            let skill = this.skill()?;
            Some(format!("{skill} = {}", this.below(6) + 1))
        };
        if self.dice.chance(1, 2)
            && let Some(asked) = level(self)
        {
            let _ = writeln!(text, "requires.all_of = {{ {asked} }}");
        }
        if self.dice.chance(1, 3)
            && let (Some(one), Some(other)) = (level(self), level(self))
        {
            let same = one.split(' ').next() == other.split(' ').next();
            let group = if same { one } else { format!("{one}, {other}") };
            let _ = writeln!(text, "requires.any_of = [{{ {group} }}]");
        }
        if self.dice.chance(1, 5)
            && let Some(asked) = level(self)
        {
            let _ = writeln!(text, "requires.none_of = {{ {asked} }}");
        }
        if self.dice.chance(1, 3) {
            let _ = writeln!(text, "requires.where = '{}'", wanted(self.dice, self.skills));
        }
    }
}

/// A condition on agents.
pub(crate) fn wanted(dice: &mut Dice, skills: usize) -> String {
    const OF_LABELS: [&str; 8] = [
        "labels.site==\"lima\"",
        "!(labels.site==\"lima\")",
        "labels.tier>=2",
        "labels.tier<3&&labels.site!=\"rome\"",
        "labels.vip",
        "has(labels.tier)||agent==\"a1\"",
        "agent!=\"a2\"",
        "labels.site.startsWith(\"l\")",
    ];
    const OF_SKILLS: [&str; 8] = [
        "skills.s1>=4",
        "skills.s1>2&&skills.s1<=8",
        "skills.s1==5||labels.tier>1",
        "!(skills.s1>=6)",
        "!(skills.s1<3)&&skills.s1!=9",
        "has(skills.s1)&&labels.tier>=1",
        "skills.s1==0||skills.s1>=7",
        "skills.s1>=3&&labels.site==\"lima\"&&skills.s1<9",
    ];
    if skills > 0 && dice.chance(1, 2) {
        let skill = format!("s{}", dice.below(skills) + 1);
        dice.pick(&OF_SKILLS).expect("there are some").replace("s1", &skill)
    } else {
        (*dice.pick(&OF_LABELS).expect("there are some")).to_owned()
    }
}

mod queues;

/// A preset's name.
fn preset(dice: &mut Dice) -> &'static str {
    dice.pick(PRESETS).expect("there are presets").name
}
