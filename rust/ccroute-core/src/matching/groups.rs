//! Waiting contacts, grouped by what they ask: contacts of one group differ only in
//! order, so that an agent compares heads and never looks behind them.

use rustc_hash::FxHashMap;

use crate::ids::{ChannelKey, ClassKey, QueueKey};
use crate::queue::{OrderKey, PriorityQueue};
use crate::slab::Slab;

/// What a waiting contact asks of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    /// The queue it waits in.
    pub queue: QueueKey,
    /// The requirement at its current step.
    pub class: ClassKey,
    /// Its medium.
    pub channel: ChannelKey,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) demand: Demand,
    pub(super) waiting: PriorityQueue,
}

/// All groups; those with somebody waiting are listed by queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    rows: Slab<Group>,
    by_demand: FxHashMap<Demand, u32>,
    by_class: FxHashMap<ClassKey, Vec<u32>>,
    busy: Vec<Vec<u32>>,
}

impl Groups {
    pub(super) fn push(&mut self, demand: Demand, key: OrderKey, item: u32) {
        let at = match self.by_demand.get(&demand) {
            Some(&at) => at,
            None => self.open(demand),
        };
        let group = self.rows.at_mut(at as usize).expect("a listed group exists");
        if group.waiting.is_empty() {
            let queue = demand.queue.index();
            if queue >= self.busy.len() {
                self.busy.resize_with(queue + 1, Vec::new);
            }
            self.busy[queue].push(at);
        }
        group.waiting.push(key, item);
    }

    pub(super) fn remove(&mut self, demand: Demand, key: OrderKey) -> Option<u32> {
        let at = *self.by_demand.get(&demand)?;
        let group = self.rows.at_mut(at as usize)?;
        let item = group.waiting.remove(key)?;
        if group.waiting.is_empty() {
            let busy = &mut self.busy[demand.queue.index()];
            let place = busy.iter().position(|&row| row == at);
            busy.swap_remove(place.expect("a group with somebody waiting is listed"));
        }
        Some(item)
    }

    /// The groups of `queue` in which somebody waits.
    pub(super) fn of_queue(&self, queue: QueueKey) -> impl Iterator<Item = &Group> {
        let busy = self.busy.get(queue.index()).map_or(&[][..], Vec::as_slice);
        busy.iter().map(|&at| self.rows.at(at as usize).expect("a listed group exists"))
    }

    /// Drops the (empty) groups of a class that nobody holds any more.
    pub(super) fn forget_class(&mut self, class: ClassKey) {
        for at in self.by_class.remove(&class).unwrap_or_default() {
            if let Some(group) = self.rows.take(at as usize) {
                self.by_demand.remove(&group.demand);
            }
        }
    }

    fn open(&mut self, demand: Demand) -> u32 {
        let (at, _) = self.rows.insert(Group { demand, waiting: PriorityQueue::default() });
        self.by_demand.insert(demand, at);
        self.by_class.entry(demand.class).or_default().push(at);
        at
    }
}
