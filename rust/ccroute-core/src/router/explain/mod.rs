//! Why: for a contact, who cannot take it and for what reason; for an agent, what is
//! kept from them; for a queue, what stands between those who wait and those who are
//! free; for an offer, why just this agent. Data only; words are made above.

mod agent;
mod contact;
mod decision;
mod kept;
mod queue;

use crate::event::words;

pub use agent::{AgentExplanation, Withheld};
pub use contact::{Chosen, ContactExplanation, Eliminated, Missing, Nearest, NextStep};
pub use decision::{Candidate, Decision, How};
pub use queue::{Change, GroupExplanation, QueueExplanation};

pub(super) use decision::Traced;

words!(
    /// What keeps an agent from a contact; the first in this order counts.
    Obstacle {
        /// The agent is signed out.
        Offline = "offline",
        /// The agent does not serve the queue.
        OtherQueue = "other_queue",
        /// The agent lacks a skill or label, or has one that is ruled out.
        Skills = "skills",
        /// The agent's rank in the queue is not asked for at this step.
        Rank = "rank",
        /// The agent chose not to take contacts, or missed one.
        NotReady = "not_ready",
        /// The agent's device is busy outside, or out of order.
        Device = "device",
        /// The agent is left alone for a while after a failure.
        BackOff = "back_off",
        /// The agent has no free slot on the channel.
        NoSlot = "no_slot",
        /// The agent's other work, budget or offers leave no room.
        NoRoom = "no_room",
        /// The agent's link to the queue opens later, or when more wait.
        NotYet = "not_yet",
        /// No line that works leads to the agent.
        Line = "line",
        /// Agents whom the contact prefers have it to themselves.
        OthersFirst = "others_first",
        /// The agent missed, declined or failed to connect this contact just now, still wraps
        /// up after it, has an offer of it, or is excluded by the host.
        Excluded = "excluded",
        /// The agent must be left free for other queues.
        KeptFree = "kept_free",
        /// It is offered to agents of another rank just now.
        OtherRank = "other_rank",
    }
);
