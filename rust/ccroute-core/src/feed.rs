//! The one room that knows both the router and the aggregator: it carries events from
//! the first to the second and translates keys. Neither knows the other.

use std::borrow::Cow;

use crate::condition::Value;
use crate::error::Rejection;
use crate::event::{Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::metrics::{Dimension, KpiAggregator};
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
    /// Attributes that are labels, and of which dimension.
    labels: Vec<(Box<str>, Dimension)>,
}

/// An event on its way from a router to an aggregator, in the aggregator's keys.
#[derive(Clone, Debug)]
pub struct Poured {
    source: u16,
    event: Event,
    described: Option<Box<Described<'static>>>,
}

/// What is known of a contact beside its events.
#[derive(Clone, Debug)]
struct Described<'a> {
    contact: ContactKey,
    id: Option<Cow<'a, str>>,
    labels: Vec<(Dimension, Cow<'a, str>)>,
    customer: u64,
}

impl Described<'_> {
    fn tell(&self, source: u16, aggregator: &mut KpiAggregator) {
        let labels: Vec<_> = self.labels.iter().map(|(by, label)| (*by, &**label)).collect();
        aggregator
            .describe(source, self.contact, self.id.as_deref(), &labels, self.customer)
            .expect("only labels of contacts were taken");
    }

    /// The same, for when the router has gone on.
    fn kept(self) -> Described<'static> {
        let Self { contact, id, labels, customer } = self;
        let keep = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let labels = labels.into_iter().map(|(by, label)| (by, keep(label))).collect();
        Described { contact, id: id.map(keep), labels, customer }
    }
}

impl Poured {
    /// Counts it.
    pub fn fold(&self, aggregator: &mut KpiAggregator) {
        self.described.iter().for_each(|known| known.tell(self.source, aggregator));
        aggregator.fold(self.source, &self.event);
    }
}

impl Feed {
    /// A feed into `aggregator`, under the name that tells this router's events from others'.
    ///
    /// # Errors
    /// `invalid_value` when the aggregator knows as many sources as it can.
    pub fn new(source: &str, aggregator: &mut KpiAggregator) -> Result<Self, Rejection> {
        let own = aggregator.own_dimensions().iter().map(String::as_str);
        let names = Dimension::ALL.iter().map(|dimension| dimension.word()).chain(own);
        let label = |name: &str| {
            let dimension = aggregator.dimension(name).filter(|known| known.is_label())?;
            Some((name.into(), dimension))
        };
        Ok(Self {
            labels: names.filter_map(label).collect(),
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
        self.learn_names(router, aggregator);
        for event in self.fresh(router) {
            let described = self.described(router, event);
            described.iter().for_each(|known| known.tell(self.source, aggregator));
            aggregator.fold(self.source, &self.translate(event));
        }
    }

    /// The events that were not taken yet: they are now.
    fn fresh<'a>(&mut self, router: &'a Router) -> &'a [Event] {
        let events = router.events();
        let last = events.last().map_or(self.poured, |event| event.sequence);
        let fresh = usize::try_from(last.saturating_sub(self.poured)).unwrap_or(usize::MAX);
        self.poured = last;
        &events[events.len() - fresh.min(events.len())..]
    }

    /// Whether every name that the events of `router` may bear has been learnt.
    #[must_use]
    pub fn knows_names(&self, router: &Router) -> bool {
        let plan = router.plan();
        self.queues.len() >= plan.queues.len()
            && self.channels.len() >= plan.channels.len()
            && self.agents.len() >= router.agent_names().len()
            && self.texts.len() >= router.texts().len()
    }

    /// Takes every event of `router` that was not taken yet, to be folded in this order, when
    /// the aggregator has time. The names must have been learnt.
    pub fn draw(&mut self, router: &Router, into: &mut Vec<Poured>) {
        for event in self.fresh(router) {
            let described = self.described(router, event).map(|known| Box::new(known.kept()));
            into.push(Poured { source: self.source, event: self.translate(event), described });
        }
    }

    /// What figures can be grouped by besides queue, channel and agent: attributes that are
    /// called like a dimension; and the contact's own id and customer. To be told with the event
    /// that begins a visit.
    fn described<'a>(&self, router: &'a Router, event: &Event) -> Option<Described<'a>> {
        if !matches!(event.kind, EventKind::ContactQueued | EventKind::ContactRefused) {
            return None;
        }
        let contact = event.contact?;
        let label = |(name, value): (&str, &'a Value)| {
            let (_, dimension) = self.labels.iter().find(|(known, _)| **known == *name)?;
            let label = match value {
                Value::Text(text) => Cow::Borrowed(&**text),
                Value::Flag(_) | Value::Number(_) => Cow::Owned(value.to_string()),
            };
            Some((*dimension, label))
        };
        let customer = router.story(contact).and_then(|[customer, ..]| customer);
        Some(Described {
            contact,
            id: router.contact_id(contact).map(Cow::Borrowed),
            labels: router.attributes(contact).filter_map(label).collect(),
            customer: customer.map_or(0, KpiAggregator::customer),
        })
    }

    /// Names that came up since the last time; they only ever grow.
    pub fn learn_names(&mut self, router: &Router, aggregator: &mut KpiAggregator) {
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
