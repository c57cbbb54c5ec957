//! What agents and contacts of a generated run are like: attributes, needs, skills, links.

use ccroute_core::{Shift, Span, Value};

use crate::chooser::Chooser;
use crate::oracle::{Link, Need, Profile, Where};
use crate::plans::wanted;

impl Chooser<'_> {
    pub(crate) fn attributes(&mut self) -> Vec<(String, Value)> {
        let mut attributes = Vec::new();
        if self.dice.chance(1, 2) {
            let tier = if self.dice.chance(1, 8) {
                Value::Number(5)
            } else {
                self.one(&["gold", "silver"]).as_str().into()
            };
            attributes.push(("tier".to_owned(), tier));
        }
        if self.dice.chance(1, 3) {
            let lang = self.one(&["s1", "s2", "s3", "zz"]);
            attributes.push(("lang".to_owned(), lang.as_str().into()));
        }
        if self.dice.chance(1, 4) {
            let value = Value::Number(self.among(&[0, 3, 4, 7, i64::MAX]));
            attributes.push(("value".to_owned(), value));
        }
        if self.dice.chance(1, 5) {
            let site = self.one(&["lima", "rome", "oslo"]);
            attributes.push(("site".to_owned(), site.as_str().into()));
        }
        if self.dice.chance(1, 8) {
            attributes.push(("vip".to_owned(), Value::Flag(self.dice.chance(1, 2))));
        }
        attributes
    }

    pub(crate) fn band(&mut self) -> i16 {
        self.among(&[-1, 0, 1, 2, i16::MIN, i16::MAX])
    }

    pub(crate) fn head_start(&mut self) -> Shift {
        if self.dice.chance(1, 30) {
            return Shift::from_secs(-11.0 * 365.0 * 86_400.0).expect("a number");
        }
        let halves = i64::try_from(self.dice.below(60)).expect("few") - 20;
        Shift::from_micros(halves * 500_000).expect("not long")
    }

    fn level(&mut self) -> Option<(String, u8)> {
        if self.dice.chance(1, 80) {
            return Some(("s9".to_owned(), 1));
        }
        let skill = self.dice.pick(&self.oracle.rules.skills)?.clone();
        let wrong = self.dice.chance(1, 80);
        let level = if wrong { self.among(&[0, 11]) } else { self.dice.below(10) as u8 + 1 };
        Some((skill, level))
    }

    fn levels(&mut self, most: usize) -> Vec<(String, u8)> {
        let mut levels: Vec<(String, u8)> = Vec::new();
        for _ in 0..self.dice.below(most + 1) {
            let level = self.level();
            let fresh = level.filter(|(skill, _)| levels.iter().all(|(named, _)| named != skill));
            levels.extend(fresh);
        }
        levels
    }

    pub(crate) fn need(&mut self) -> Need {
        let group = self.levels(2);
        let skills = self.oracle.rules.skills.len();
        let condition = self.dice.chance(1, 4).then(|| wanted(self.dice, skills));
        let condition = condition.map(|text| Where::new(&text).expect("a condition"));
        Need {
            all: self.levels(2),
            any: if group.is_empty() { Vec::new() } else { vec![group] },
            none: if self.dice.chance(1, 4) { self.levels(1) } else { Vec::new() },
            wheres: condition.into_iter().collect(),
        }
    }

    pub(crate) fn profile(&mut self, full: bool) -> Profile {
        let skills: Vec<(String, u8)> = self.levels(4);
        let labels = self.labels();
        let links = self.links();
        let known: Vec<String> = self.oracle.rules.channels.iter().take(3).cloned().collect();
        let mut capacity: Vec<(String, u16)> =
            known.into_iter().map(|on| (on, self.among(&[0, 1, 1, 1, 2, 3]))).collect();
        if self.dice.chance(1, 80) {
            capacity.push(("fax".to_owned(), 1));
        }
        let mut lines: Vec<String> =
            self.oracle.rules.lines.iter().filter(|_| self.dice.chance(2, 3)).cloned().collect();
        if self.dice.chance(1, 80) {
            lines.push("l9".to_owned());
        }
        let mut keep = |often: usize| self.dice.chance(if full { often } else { 4 }, 8);
        let (skills, links, capacity) =
            (keep(7).then_some(skills), keep(8).then_some(links), keep(8).then_some(capacity));
        let (labels, lines, budget) =
            (keep(4).then_some(labels), keep(3).then_some(lines), keep(2));
        let budget = budget.then(|| u32::try_from(self.dice.below(5)).expect("few"));
        Profile { skills, labels, links, capacity, budget, lines }
    }

    fn labels(&mut self) -> Vec<(String, Value)> {
        let site = self.one(&["lima", "rome"]);
        let mut labels = vec![("site".to_owned(), Value::from(site.as_str()))];
        if self.dice.chance(1, 2) {
            let tier = self.dice.below(4) as i64;
            labels.push(("tier".to_owned(), if tier == 0 { "x".into() } else { tier.into() }));
        }
        if self.dice.chance(1, 4) {
            labels.push(("vip".to_owned(), Value::Flag(true)));
        }
        labels
    }

    fn links(&mut self) -> Vec<Link> {
        let mut links = Vec::new();
        for queue in &self.oracle.rules.queues {
            if self.dice.chance(3, 4) {
                links.push(self.link(&queue.name));
            }
        }
        if self.dice.chance(1, 80) {
            links.push(Link::new("q9"));
        }
        links
    }

    fn link(&mut self, queue: &str) -> Link {
        let mut link = Link::new(queue);
        if self.dice.chance(1, 2) {
            (link.rank, link.position) = (self.dice.below(4) as u32, self.dice.below(3) as u32);
        }
        if self.dice.chance(1, 5) {
            link.delay = self.seconds(8);
        }
        if self.dice.chance(1, 6) {
            let waiting = u32::try_from(self.dice.below(3) + 1).expect("few");
            link.help_waiting = self.dice.chance(1, 2).then_some(waiting);
            let waited = self.seconds(8) + Span::secs(1);
            link.help_waited = self.dice.chance(1, 2).then_some(waited);
        }
        link
    }
}
