//! Settings that make a queue work as in another system. What each reproduces, and where
//! ours does the right thing instead, stands in `docs/presets.md`.

use core::fmt;

use super::{
    OfferPolicy, OnMissed, QueueOrder, QueuePlan, RankWindow, Ranking, Strategy, WrapUp, WrapUpMode,
};
use crate::time::Span;

/// One preset.
#[derive(Clone, Copy)]
pub struct Preset {
    /// The system and its name there.
    pub name: &'static str,
    by: &'static [Strategy],
    further: fn(&mut QueuePlan),
}

impl Preset {
    /// A queue with its settings.
    #[must_use]
    pub fn queue(&self) -> QueuePlan {
        let strategy = Ranking { by: self.by.to_vec(), ..Ranking::default() };
        let mut queue = QueuePlan { strategy, ..QueuePlan::default() };
        (self.further)(&mut queue);
        queue
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All presets.
pub const PRESETS: &[Preset] = &[
    Preset { name: "asterisk.ringall", by: &[Strategy::LowestRank], further: asterisk_ring_all },
    Preset {
        name: "asterisk.leastrecent",
        by: &[Strategy::LowestRank, Strategy::LeastRecent],
        further: asterisk,
    },
    Preset {
        name: "asterisk.fewestcalls",
        by: &[Strategy::LowestRank, Strategy::FewestHandled],
        further: asterisk,
    },
    Preset {
        name: "asterisk.random",
        by: &[Strategy::LowestRank, Strategy::Random],
        further: asterisk,
    },
    Preset {
        name: "asterisk.rrmemory",
        by: &[Strategy::LowestRank, Strategy::RoundRobin],
        further: asterisk,
    },
    Preset {
        name: "asterisk.rrordered",
        by: &[Strategy::LowestRank, Strategy::RoundRobin],
        further: asterisk,
    },
    Preset {
        name: "asterisk.linear",
        by: &[Strategy::LowestRank, Strategy::Ordered],
        further: asterisk,
    },
    Preset { name: "asterisk.wrandom", by: &[Strategy::WeightedRandom], further: asterisk },
    Preset {
        name: "freeswitch.longest-idle-agent",
        by: &[Strategy::LowestRank, Strategy::LeastRecent, Strategy::Ordered],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.round-robin",
        by: &[Strategy::LowestRank, Strategy::RoundRobin],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.top-down",
        by: &[Strategy::LowestRank, Strategy::Ordered],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.agent-with-least-talk-time",
        by: &[Strategy::LowestRank, Strategy::LeastTalkTime, Strategy::Ordered],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.agent-with-fewest-calls",
        by: &[Strategy::LowestRank, Strategy::FewestHandled, Strategy::Ordered],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.sequentially-by-agent-order",
        by: &[Strategy::LowestRank, Strategy::Ordered],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.random",
        by: &[Strategy::LowestRank, Strategy::Random],
        further: freeswitch,
    },
    Preset {
        name: "freeswitch.ring-all",
        by: &[Strategy::LowestRank],
        further: freeswitch_ring_all,
    },
    Preset {
        name: "freeswitch.ring-progressively",
        by: &[Strategy::LowestRank, Strategy::Ordered],
        further: freeswitch_progressively,
    },
    Preset {
        name: "azure.longest_idle",
        by: &[Strategy::LeastOccupied, Strategy::LongestIdle],
        further: azure,
    },
    Preset { name: "azure.round_robin", by: &[Strategy::RoundRobin], further: azure },
    Preset {
        name: "azure.best_worker",
        by: &[Strategy::BestMatch, Strategy::LongestIdle],
        further: azure,
    },
    Preset { name: "twilio.taskrouter", by: &[Strategy::LongestIdle], further: taskrouter },
    Preset {
        name: "twilio.taskrouter_lifo",
        by: &[Strategy::LongestIdle],
        further: taskrouter_lifo,
    },
    Preset { name: "amazon.connect", by: &[Strategy::LongestIdle], further: connect },
    Preset { name: "genesys.bullseye", by: &[Strategy::LongestIdle], further: bullseye },
    Preset {
        name: "genesys.best_skills",
        by: &[Strategy::MostProficient, Strategy::LongestIdle],
        further: genesys,
    },
    Preset { name: "kazoo.round_robin", by: &[Strategy::RoundRobin], further: |_| {} },
    Preset { name: "kazoo.most_idle", by: &[Strategy::LongestIdle], further: |_| {} },
    Preset {
        name: "openacd",
        by: &[Strategy::FewestSkills, Strategy::LongestIdle],
        further: |_| {},
    },
];

/// Members stay in after a miss (`autopause=no`); they are not rung again at once, which
/// app_queue does.
fn asterisk(queue: &mut QueuePlan) {
    queue.offer.on_missed = OnMissed::StayReady;
}

fn asterisk_ring_all(queue: &mut QueuePlan) {
    asterisk(queue);
    queue.offer.parallel = OfferPolicy::ALL;
    queue.offer.one_rank = true;
}

/// The sample's agents: `max-no-answer` 3, `wrap-up-time` 10, `reject-delay-time` 10,
/// `busy-delay-time` 60; a phone rings for 60 s (`agent-originate-timeout`), and one that is
/// not registered is left alone for 5 s.
fn freeswitch(queue: &mut QueuePlan) {
    queue.offer.timeout = Span::secs(60);
    queue.offer.back_off.unreachable = Span::secs(5);
    queue.offer.limits.missed = 3;
    queue.offer.back_off.declined = Span::secs(10);
    queue.offer.back_off.busy = Span::secs(60);
    queue.wrap_up =
        WrapUp { mode: WrapUpMode::Timed, limit: Span::secs(10), extension: Span::ZERO };
}

fn freeswitch_ring_all(queue: &mut QueuePlan) {
    freeswitch(queue);
    queue.offer.parallel = OfferPolicy::ALL;
}

/// `ring-progressively-delay` 10.
fn freeswitch_progressively(queue: &mut QueuePlan) {
    freeswitch(queue);
    queue.offer.add_every = Some(Span::secs(10));
}

/// Who declines is not asked again while nothing changes.
fn azure(queue: &mut QueuePlan) {
    queue.offer.timeout = Span::secs(60);
    queue.offer.on_missed = OnMissed::StayReady;
    queue.offer.exclude_for = None;
}

fn taskrouter(queue: &mut QueuePlan) {
    queue.offer.timeout = Span::secs(120);
    queue.order.by = QueueOrder::Strict;
}

fn taskrouter_lifo(queue: &mut QueuePlan) {
    taskrouter(queue);
    queue.order.by = QueueOrder::Lifo;
}

fn connect(queue: &mut QueuePlan) {
    queue.offer.timeout = Span::secs(20);
}

/// Preferred agents need no skills, and transfers drop them.
fn genesys(queue: &mut QueuePlan) {
    queue.preferred.without_skills = true;
}

/// The first ring is rank 1; steps with `ranks = { max = 2 }` and so on open the others.
fn bullseye(queue: &mut QueuePlan) {
    genesys(queue);
    queue.ranks = RankWindow { max: 1, ..RankWindow::ALL };
}
