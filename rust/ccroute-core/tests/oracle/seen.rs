//! What of the state can be seen from outside, of the oracle and of the engine, as one text
//! each: phases, places, offers, estimates, agents, queues, tables.

use std::fmt::Write as _;

use ccroute_core::{RankWindow, Timestamp};

use super::driver::Engine;
use super::router::{Agent, Availability, Contact, Oracle, Phase};

fn phase_word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Scheduled { .. } => "scheduled",
        Phase::Waiting => "waiting",
        Phase::Offered => "offered",
        Phase::Connecting { .. } => "connecting",
        Phase::Engaged { held: false } => "engaged",
        Phase::Engaged { held: true } => "held",
        Phase::Suspended => "suspended",
        Phase::Closed => "closed",
    }
}

fn window_text(window: RankWindow) -> String {
    format!("{}-{} raised to {}", window.min, window.max, window.raise)
}

impl Oracle {
    pub(crate) fn seen_contact(&self, contact: &Contact) -> String {
        let mut text = format!("{} in {} ", phase_word(&contact.phase), contact.queue);
        if contact.phase == Phase::Closed {
            return text;
        }
        let with = contact.connecting_with().map(str::to_owned);
        let with = with.or_else(|| contact.is_engaged().then(|| self.primary(contact.seq)));
        let _ = write!(text, "since {} step {} with {with:?} ", contact.since, contact.steps.len());
        let offers = self.offers.iter().filter(|offer| offer.contact == contact.seq);
        let offered: Vec<&str> = offers.map(|offer| offer.agent.as_str()).collect();
        let _ = write!(text, "offered {offered:?} ranks {} ", window_text(self.window(contact)));
        if contact.is_in_queue() {
            let estimate = self.estimate(contact.seq);
            let _ = write!(text, "position {:?} ", estimate.position);
            let _ =
                write!(text, "competing {} expected {:?} ", estimate.competing, estimate.expected);
            let _ = write!(text, "foretold {:?}", estimate.foretold);
        }
        text
    }

    pub(crate) fn seen_agent(&self, agent: &Agent) -> String {
        let availability = match &agent.availability {
            Availability::Offline => "offline".to_owned(),
            Availability::Ready => "ready".to_owned(),
            Availability::NotReady(reason) => format!("not_ready {reason:?}"),
        };
        let channels = self.rules.channels.iter();
        let open: Vec<&String> = channels.filter(|on| self.is_open(agent, on)).collect();
        format!(
            "{availability} {} device {} idle since {} back off {:?} open {open:?}",
            self.activity(agent),
            agent.device,
            agent.idle_since,
            agent.back_off
        )
    }

    /// "An agent's activity is derived, first match wins: engaged, connecting, offered (or
    /// reserved), wrapping, idle."
    fn activity(&self, agent: &Agent) -> &'static str {
        let name = &agent.name;
        let talks = |contact: &Contact| {
            contact.role(name).is_some_and(|role| role != ccroute_core::Role::Monitor)
        };
        if self.contacts.iter().any(talks) {
            "engaged"
        } else if self.is_busy(name) {
            "connecting"
        } else if self.is_offered_or_reserved(name) {
            "offered"
        } else if self.wrap_ups.iter().any(|wrap| wrap.agent == *name) {
            "wrapping"
        } else {
            "idle"
        }
    }

    /// Queues, tables, foretold waits.
    pub(crate) fn seen_whole(&self) -> String {
        let mut text = String::new();
        for queue in &self.rules.queues {
            let open = !self.is_closed(&queue.name);
            let foretold = self.foretold.iter().find(|(name, ..)| *name == queue.name);
            let (count, bias, error) = foretold.map_or((0, 0, 0), |&(_, c, b, e)| (c, b, e));
            let length = self.length(&queue.name);
            let _ = write!(text, "{} open {open} length {length} ", queue.name);
            let _ = write!(text, "foretold {count} {bias} {error}; ");
        }
        for (table, _) in &self.rules.tables {
            let fallbacks = self.fallbacks.iter().find(|(name, _)| name == table);
            let fallbacks = fallbacks.map_or(0, |&(_, count)| count);
            let filled = self.scores.iter().find(|scores| scores.table == *table);
            let version = filled.map_or((0, Timestamp::ZERO), |f| (f.version, f.expires));
            let _ = write!(text, "{table} {fallbacks} {version:?}; ");
        }
        text
    }
}

impl Engine {
    pub(crate) fn seen_contact(&self, id: &str) -> String {
        let key = self.contact(id);
        let Ok(seen) = self.router.explain_contact(key) else { return "unknown".to_owned() };
        let plan = self.router.plan();
        let queue = plan.queue_names.name(seen.queue.index());
        let mut text = format!("{} in {queue} ", seen.phase);
        if seen.phase == "closed" {
            return text;
        }
        let with = seen.with.map(|agent| self.router.agent_name(agent).to_owned());
        let _ = write!(text, "since {} step {} with {with:?} ", seen.since, seen.steps);
        let offered = seen.chosen.iter().map(|chosen| self.router.agent_name(chosen.agent));
        let offered: Vec<&str> = offered.collect();
        let _ = write!(text, "offered {offered:?} ranks {} ", window_text(seen.ranks));
        if let Ok(estimate) = self.router.estimate_wait(key) {
            let _ = write!(text, "position {:?} ", estimate.position);
            let _ =
                write!(text, "competing {} expected {:?} ", estimate.competing, estimate.expected);
            let _ = write!(text, "foretold {:?}", estimate.foretold);
        }
        text
    }

    pub(crate) fn seen_agent(&self, name: &str) -> String {
        let Ok(seen) = self.router.explain_agent(self.agent(name)) else {
            return "unknown".to_owned();
        };
        let availability = match seen.availability {
            "not_ready" => {
                let reason = seen.reason.map(|key| self.router.text(key).to_owned());
                format!("not_ready {reason:?}")
            }
            word => word.to_owned(),
        };
        let plan = self.router.plan();
        let open = seen.open.iter().map(|on| plan.channels.name(on.index()));
        let open: Vec<&str> = open.collect();
        format!(
            "{availability} {} device {} idle since {} back off {:?} open {open:?}",
            seen.activity, seen.device, seen.idle_since, seen.back_off
        )
    }

    pub(crate) fn seen_whole(&self) -> String {
        let mut text = String::new();
        for name in self.router.plan().queue_names.iter() {
            let key = self.queue(name);
            let seen = self.router.explain_queue(key).expect("a queue of the plan");
            let foretold = self.router.foretold(key).unwrap_or_default();
            let _ = write!(text, "{name} open {} length {} ", seen.open, seen.length);
            let (count, bias, error) = (foretold.count, foretold.bias, foretold.error);
            let _ = write!(text, "foretold {count} {bias} {error}; ");
        }
        for name in self.router.plan().table_names.iter() {
            let key = self.table(name);
            let fallbacks = self.router.score_fallbacks(key).expect("a table of the plan");
            let version = self.router.scores_version(key).expect("a table of the plan");
            let _ = write!(text, "{name} {fallbacks} {version:?}; ");
        }
        text
    }
}
