//! The one room that knows both the router and the aggregator: it carries events from
//! the first to the second and translates keys. Neither knows the other.

use crate::error::Rejection;
use crate::event::Event;
use crate::ids::{AgentKey, ChannelKey, QueueKey, TextKey};
use crate::metrics::KpiAggregator;
use crate::router::Router;

/// Feeds one router's events to an aggregator, each once.
///
/// ```
/// use ccroute_core::*;
/// let mut plan = Plan::default();
/// let support = plan.add_queue("support", QueuePlan::default());
/// let mut router = Router::new(plan);
/// let mut aggregator = KpiAggregator::default();
/// let mut feed = Feed::new("router", &mut aggregator).unwrap();
/// let contact = NewContact::new("c1", support, ChannelKey::new(0));
/// router.apply(Timestamp::ZERO, Command::Enqueue(contact)).unwrap();
/// feed.pour(&router, &mut aggregator);
/// feed.pour(&router, &mut aggregator);
/// assert_eq!(aggregator.counters().events, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Feed {
    source: u16,
    poured: u64,
    queues: Vec<QueueKey>,
    channels: Vec<ChannelKey>,
    agents: Vec<AgentKey>,
    texts: Vec<TextKey>,
}

impl Feed {
    /// A feed into `aggregator`, under the name that tells this router's events from others'.
    ///
    /// # Errors
    /// `invalid_value` when the aggregator knows as many sources as it can.
    pub fn new(source: &str, aggregator: &mut KpiAggregator) -> Result<Self, Rejection> {
        Ok(Self {
            source: aggregator.source(source)?,
            poured: 0,
            queues: Vec::new(),
            channels: Vec::new(),
            agents: Vec::new(),
            texts: Vec::new(),
        })
    }

    /// Folds every event of `router` that was not folded yet into the feed's aggregator.
    /// To be called before the events are cleared.
    pub fn pour(&mut self, router: &Router, aggregator: &mut KpiAggregator) {
        let Some(last) = router.events().last() else { return };
        let fresh = usize::try_from(last.sequence.saturating_sub(self.poured))
            .unwrap_or(usize::MAX)
            .min(router.events().len());
        self.learn_names(router, aggregator);
        for event in &router.events()[router.events().len() - fresh..] {
            aggregator.fold(self.source, &self.translate(event));
        }
        self.poured = last.sequence;
    }

    /// Names that came up since the last time; they only ever grow.
    fn learn_names(&mut self, router: &Router, aggregator: &mut KpiAggregator) {
        let plan = router.plan();
        for index in self.queues.len()..plan.queues.len() {
            self.queues.push(aggregator.queue(plan.queue_names.name(index)));
        }
        for index in self.channels.len()..plan.channels.len() {
            self.channels.push(aggregator.channel(plan.channels.name(index)));
        }
        for index in self.agents.len()..router.agent_names().len() {
            self.agents.push(aggregator.agent(router.agent_name(AgentKey::new(index))));
        }
        for index in self.texts.len()..router.texts().len() {
            self.texts.push(aggregator.text(router.text(TextKey::new(index))));
        }
    }

    fn translate(&self, event: &Event) -> Event {
        Event {
            queue: event.queue.map(|key| self.queues[key.index()]),
            channel: event.channel.map(|key| self.channels[key.index()]),
            agent: event.agent.map(|key| self.agents[key.index()]),
            reason: event.reason.map(|key| self.texts[key.index()]),
            ..*event
        }
    }
}
