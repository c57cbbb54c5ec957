//! What an event says of an agent's time when its source's clock has just leapt ahead: it waits
//! for the next event of that source, which bears the leap out or does not. Else an agent would
//! be in one state for as long as the leap is long. What a leap is, is in `clock.rs`.

use serde::{Deserialize, Serialize};

use super::agent::Ground;
use super::aggregator::KpiAggregator;
use super::counters::Uncounted;
use super::visits::VisitKey;
use crate::event::Event;
use crate::ids::AgentKey;

/// An event as far as agents' time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timed {
    pub(super) key: VisitKey,
    pub(super) event: Event,
    pub(super) agent: Option<AgentKey>,
    /// Whether it counts for its visit.
    pub(super) counted: bool,
}

impl KpiAggregator {
    /// Takes an event into the time of its agent, unless its clock is not believed yet.
    pub(super) fn take_time(
        &mut self,
        source: u16,
        key: VisitKey,
        event: &Event,
        agent: Option<AgentKey>,
        counted: bool,
    ) -> Result<(), Uncounted> {
        if event.at > self.clocks.of(source).latest {
            self.astray.insert(source, Timed { key, event: *event, agent, counted });
            return Ok(());
        }
        let ground = Ground { grid: self.grid, names: &self.sources };
        let changed = self.times.fold(key, event, agent, counted, ground, &mut self.counters)?;
        agent.zip(changed).into_iter().for_each(|(agent, from)| self.revise_time(agent, from));
        Ok(())
    }

    /// Takes in what waited for the next event of its source: at its own time if that is borne
    /// out, else at the time its source is at.
    #[inline]
    pub(super) fn take_astray(&mut self, source: u16) {
        if !self.astray.is_empty() {
            self.take_one_astray(source);
        }
    }

    #[inline(never)]
    fn take_one_astray(&mut self, source: u16) {
        let Some(timed) = self.astray.remove(&source) else { return };
        let Timed { key, mut event, agent, counted } = timed;
        event.at = event.at.min(self.clocks.of(source).at);
        if let Err(why) = self.take_time(source, key, &event, agent, counted) {
            self.counters.note(why);
        }
    }

    /// The same of every source: they will send no more.
    pub(super) fn take_all_astray(&mut self) {
        while let Some((&source, _)) = self.astray.first_key_value() {
            self.take_astray(source);
        }
    }
}
