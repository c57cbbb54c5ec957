//! What the matcher keeps of an agent.

use serde::{Deserialize, Serialize};

use crate::bitset::BitSet;
use crate::ids::QueueKey;
use crate::plan::Link;
use crate::skill::Profile;
use crate::time::Timestamp;

/// Queues whose links are found by counting.
const FEW_QUEUES: usize = 256;

/// What an agent is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct AgentRow {
    pub(super) profile: Profile,
    /// By queue.
    pub(super) links: Vec<Link>,
    /// The same queues, as a set.
    #[serde(skip)]
    pub(super) queues: BitSet,
}

impl AgentRow {
    pub(super) fn link(&self, queue: QueueKey) -> Option<&Link> {
        // Keys of queues are dense: in a small plan, counting bits leads straight to the link.
        let at = if queue.index() < FEW_QUEUES {
            self.queues.rank(queue.index())?
        } else {
            self.links.binary_search_by_key(&queue, |link| link.queue).ok()?
        };
        Some(&self.links[at])
    }
}

/// What rankers go by, beside skills and links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Conversations so far.
    pub handled: u64,
    /// Time in conversations so far, in microseconds.
    pub talked: i64,
    /// When the last one ended; zero: there was none.
    pub last_worked: Timestamp,
    /// Of how many of its queues the agent could take contacts at their first step.
    pub flexible: u32,
    /// How much of the agent's room is taken …
    #[serde(skip)]
    pub taken: u32,
    /// … of how much.
    #[serde(skip)]
    pub room: u32,
}
