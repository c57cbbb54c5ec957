//! What contacts of one class have in common: what they ask of an agent, and how fast
//! they age.

use crate::ids::QueueKey;
use crate::number::Millionths;
use crate::plan::RankWindow;
use crate::skill::Requirement;

/// What contacts of one class ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// What an agent needs.
    pub requirement: Requirement,
    /// Which ranks of a queue's agents may take them; `None`: all.
    pub ranks: Option<(QueueKey, RankWindow)>,
    /// Whose agents may take them besides, in order of key.
    pub widen: Vec<QueueKey>,
    /// How fast they age.
    pub slope: Millionths,
}

impl Ask {
    /// Nothing but a requirement.
    #[must_use]
    pub fn plain(requirement: Requirement) -> Self {
        Self { requirement, ranks: None, widen: Vec::new(), slope: Millionths::ONE }
    }
}
