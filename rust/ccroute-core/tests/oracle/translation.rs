//! A checked plan told in names.

use ccroute_core::{
    Action, AgentPlan, AttachedNeed, CallbackRule, ChannelKey, LineKey, Plan, QueueKey, QueuePlan,
    Relax, Requirement, SkillKey, SkillLevel, Step,
};

use super::need::{Level, Need, Relaxing, Where};
use super::rules::{
    Admission, AgentRules, Attached, Attachment, Callback, CapacityRules, ClassRule, Deed, Help,
    Hours, KeepFree, Leaving, Link, Profile, QueueRules, Rules, StepRules,
};

/// Names of a plan by their keys.
struct Names<'a>(&'a Plan);

impl Names<'_> {
    fn queue(&self, key: QueueKey) -> String {
        self.0.queue_names.name(key.index()).to_owned()
    }

    fn queues(&self, keys: &[QueueKey]) -> Vec<String> {
        keys.iter().map(|&key| self.queue(key)).collect()
    }

    fn channel(&self, key: ChannelKey) -> String {
        self.0.channels.name(key.index()).to_owned()
    }

    fn skill(&self, key: SkillKey) -> String {
        self.0.skills.name(key.index()).to_owned()
    }

    fn lines(&self, keys: &[LineKey]) -> Vec<String> {
        keys.iter().map(|key| self.0.lines.name(key.index()).to_owned()).collect()
    }

    fn level(&self, held: SkillLevel) -> Level {
        (self.skill(held.skill), held.level)
    }

    fn levels(&self, levels: &[SkillLevel]) -> Vec<Level> {
        levels.iter().map(|&level| self.level(level)).collect()
    }

    fn need(&self, requirement: &Requirement) -> Need {
        let condition = |asked: &ccroute_core::Where| Where::new(&asked.text).expect("it is read");
        Need {
            all: self.levels(&requirement.all_of),
            any: requirement.any_of.iter().map(|group| self.levels(group)).collect(),
            none: self.levels(&requirement.none_of),
            wheres: requirement.wheres.iter().map(condition).collect(),
        }
    }

    fn deed(&self, action: &Action) -> Deed {
        match *action {
            Action::Move(queue) => Deed::Move(self.queue(queue)),
            Action::End(cause) => Deed::End(cause),
            Action::OfferCallback => Deed::OfferCallback,
        }
    }
}

impl Rules {
    /// The rules a plan sets.
    pub(crate) fn from_plan(plan: &Plan) -> Self {
        let names = Names(plan);
        let owned = |names: &ccroute_core::Directory| names.iter().map(str::to_owned).collect();
        let queue_names = plan.queue_names.iter().zip(&plan.queues);
        let tables = plan.table_names.iter().zip(&plan.tables);
        Self {
            skills: owned(&plan.skills),
            channels: owned(&plan.channels),
            lines: owned(&plan.lines),
            kpis: owned(&plan.kpis),
            queues: queue_names.map(|(name, queue)| queue_rules(&names, name, queue)).collect(),
            agents: plan.agents.iter().map(|agent| agent_rules(&names, agent)).collect(),
            retention: plan.retention,
            seed: plan.seed,
            order: plan.order,
            capacity: capacity_rules(&names),
            classes: class_rules(&names),
            attach: attachments(&names),
            tables: tables
                .map(|(name, table)| (name.to_owned(), table.attribute.clone()))
                .collect(),
            assign_together: plan.assign_together as usize,
        }
    }
}

fn queue_rules(names: &Names<'_>, name: &str, queue: &QueuePlan) -> QueueRules {
    let weights = queue.strategy.weights.iter();
    let keep_free = queue.keep_free.as_ref().map(|keep| KeepFree {
        agents: keep.agents as usize,
        queues: names.queues(&keep.queues),
        channel: names.channel(keep.channel),
    });
    let hours = queue.hours.map(|hours| Hours {
        otherwise: hours.otherwise.map(|queue| names.queue(queue)),
        waiting: hours.waiting.map(|action| names.deed(&action)),
    });
    QueueRules {
        name: name.to_owned(),
        keys: queue.strategy.by.clone(),
        weights: weights.map(|&(skill, weight)| (names.skill(skill), weight)).collect(),
        table: queue.strategy.table.map(|key| names.0.table_names.name(key.index()).to_owned()),
        need: names.need(&queue.requirement),
        ranks: queue.ranks,
        preferred: queue.preferred,
        order: queue.order,
        offer: queue.offer,
        wrap_up: queue.wrap_up,
        dispositions: queue.dispositions.clone(),
        within: queue.target.within,
        steps: queue.escalation.iter().map(|step| step_rules(names, step)).collect(),
        admission: Admission {
            longest: queue.admission.longest,
            staff: queue.admission.staff.iter().collect(),
            otherwise: queue.admission.otherwise.map(|queue| names.queue(queue)),
        },
        leaving: leaving(names, queue),
        hours,
        exits: queue.exits.iter().map(|(key, deed)| (key.clone(), names.deed(deed))).collect(),
        callback: queue.callback.as_ref().map(|rule| callback(names, rule)),
        keep_free,
        help: queue.help.iter().map(|help| help_rule(names, help)).collect(),
        lines: names.lines(&queue.lines),
        resets_idle: queue.resets_idle,
        suspension: queue.suspension,
        frozen: queue.frozen,
        expected_wait: queue.expected_wait,
        retired: queue.retired,
    }
}

fn leaving(names: &Names<'_>, queue: &QueuePlan) -> Leaving {
    let rule = queue.leaving;
    let move_to = match rule.action {
        Action::Move(queue) => Some(names.queue(queue)),
        Action::End(_) | Action::OfferCallback => None,
    };
    Leaving {
        staff: rule.staff.iter().collect(),
        after: rule.after,
        grace: rule.grace,
        move_to,
        resume_within: rule.resume_within,
    }
}

fn step_rules(names: &Names<'_>, step: &Step) -> StepRules {
    let relaxing = |relax: &Relax| match *relax {
        Relax::Drop(skill) => Relaxing::Drop(names.skill(skill)),
        Relax::Lower(to) => {
            let (skill, level) = names.level(to);
            Relaxing::Lower(skill, level)
        }
    };
    StepRules {
        name: step.name.clone(),
        after: step.after,
        when: step.when.clone(),
        only_if: step.only_if.clone(),
        relax: step.relax.iter().map(relaxing).collect(),
        ranks: step.ranks,
        widen: names.queues(&step.widen),
        band: step.band,
        head_start: step.head_start,
        deed: step.action.as_ref().map(|action| names.deed(action)),
    }
}

fn callback(names: &Names<'_>, rule: &CallbackRule) -> Callback {
    Callback {
        queue: rule.queue.map(|queue| names.queue(queue)),
        attempts: u32::from(rule.attempts),
        retry: rule.retry,
        owner_first: rule.owner_first,
        connect_within: rule.connect_within,
    }
}

fn help_rule(names: &Names<'_>, help: &ccroute_core::Help) -> Help {
    Help {
        from: names.queues(&help.from),
        kpi: names.0.kpis.name(help.kpi.index()).to_owned(),
        when_low: help.when_low,
        bad: help.bad,
        good: help.good,
        hold: help.hold,
    }
}

fn agent_rules(names: &Names<'_>, agent: &AgentPlan) -> AgentRules {
    let link = |link: &ccroute_core::Link| Link {
        queue: names.queue(link.queue),
        rank: link.rank,
        position: link.position,
        delay: link.delay,
        help_waiting: link.help_waiting,
        help_waited: link.help_waited,
    };
    let room = |room: &ccroute_core::Capacity| (names.channel(room.channel), room.slots);
    let labels = agent.labels.iter();
    let profile = Profile {
        skills: Some(names.levels(&agent.skills)),
        labels: Some(labels.map(|(name, value)| (name.to_owned(), value.clone())).collect()),
        links: Some(agent.queues.iter().map(link).collect()),
        capacity: Some(agent.capacity.iter().map(room).collect()),
        budget: agent.budget,
        lines: Some(names.lines(&agent.lines)),
    };
    AgentRules { name: agent.name.clone(), profile }
}

fn capacity_rules(names: &Names<'_>) -> CapacityRules {
    let rule = &names.0.capacity;
    let channels = || names.0.channels.iter().map(str::to_owned);
    let lists = channels().zip(&rule.interrupted_by);
    let list = |list: &Vec<ChannelKey>| list.iter().map(|&key| names.channel(key)).collect();
    CapacityRules {
        budget: rule.budget,
        cost: channels().zip(rule.cost.iter().copied()).collect(),
        interrupted_by: lists.filter_map(|(on, by)| Some((on, list(by.as_ref()?)))).collect(),
        offers: rule.offers,
    }
}

fn class_rules(names: &Names<'_>) -> Vec<ClassRule> {
    let rules = names.0.classification.rules.iter();
    let made = rules.map(|rule| ClassRule {
        name: rule.name.clone(),
        when: rule.when.clone(),
        to: rule.to.iter().map(|&(queue, share)| (names.queue(queue), share)).collect(),
        band: rule.band,
        head_start: rule.head_start,
        slope: rule.slope,
        need: names.need(&rule.requirement),
    });
    made.collect()
}

fn attachments(names: &Names<'_>) -> Vec<Attachment> {
    let entries = names.0.classification.attach.iter();
    let asks = |need: &AttachedNeed| match need {
        AttachedNeed::Fixed(requirement) => Attached::Fixed(names.need(requirement)),
        AttachedNeed::SkillOf { attribute, level } => {
            Attached::SkillOf { attribute: attribute.clone(), level: *level }
        }
        AttachedNeed::LabelOf { attribute, label } => {
            Attached::LabelOf { attribute: attribute.clone(), label: label.clone() }
        }
    };
    let made = entries.map(|entry| Attachment {
        when: entry.when.clone(),
        asks: asks(&entry.need),
        lasts: entry.lasts,
    });
    made.collect()
}
