//! Waiting contacts, grouped by what they ask: contacts of one group differ only in
//! order, so that an agent compares heads and never looks behind them.

use rustc_hash::FxHashMap;

use crate::bitset::BitSet;
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

/// The groups of one queue in which somebody waits.
#[derive(Clone, Debug, Default)]
struct Busy {
    /// Its own.
    own: Vec<u32>,
    /// Those of other queues that this queue's agents may take.
    guests: Vec<u32>,
    /// How many wait in its own.
    waiting: u32,
}

/// All groups; those with somebody waiting are listed by queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    rows: Slab<Group>,
    by_demand: FxHashMap<Demand, u32>,
    by_class: FxHashMap<ClassKey, Vec<u32>>,
    busy: Vec<Busy>,
    /// Queues in which somebody waits.
    lines: BitSet,
    /// How many wait in all.
    waiting: u32,
}

impl Groups {
    /// `also`: other queues whose agents may take it.
    pub(super) fn push(&mut self, demand: Demand, also: &[QueueKey], key: OrderKey, item: u32) {
        let at = match self.by_demand.get(&demand) {
            Some(&at) => at,
            None => self.open(demand),
        };
        let group = self.rows.at_mut(at as usize).expect("a listed group exists");
        let first = group.waiting.is_empty();
        group.waiting.push(key, item);
        self.queue_mut(demand.queue).waiting += 1;
        self.waiting += 1;
        self.lines.set(demand.queue.index(), true);
        if first {
            self.queue_mut(demand.queue).own.push(at);
            for &queue in also {
                self.queue_mut(queue).guests.push(at);
            }
        }
    }

    pub(super) fn remove(
        &mut self,
        demand: Demand,
        also: &[QueueKey],
        key: OrderKey,
    ) -> Option<u32> {
        let at = *self.by_demand.get(&demand)?;
        let group = self.rows.at_mut(at as usize)?;
        let item = group.waiting.remove(key)?;
        let last = group.waiting.is_empty();
        self.waiting -= 1;
        let busy = self.queue_mut(demand.queue);
        busy.waiting -= 1;
        let empty = busy.waiting == 0;
        if last {
            forget(&mut busy.own, at);
            if empty {
                self.lines.set(demand.queue.index(), false);
            }
            for &queue in also {
                forget(&mut self.queue_mut(queue).guests, at);
            }
        }
        Some(item)
    }

    /// The groups of `queue` in which somebody waits.
    pub(super) fn of_queue(&self, queue: QueueKey) -> impl Iterator<Item = &Group> {
        let own = self.busy.get(queue.index()).map_or(&[][..], |busy| &busy.own);
        own.iter().map(|&at| self.rows.at(at as usize).expect("a listed group exists"))
    }

    /// The groups of other queues that the agents of `queue` may take, in which somebody
    /// waits.
    pub(super) fn guests_of(&self, queue: QueueKey) -> impl Iterator<Item = &Group> {
        let guests = self.busy.get(queue.index()).map_or(&[][..], |busy| &busy.guests);
        guests.iter().map(|&at| self.rows.at(at as usize).expect("a listed group exists"))
    }

    /// Queues in which somebody waits.
    pub(super) fn lines(&self) -> &BitSet {
        &self.lines
    }

    /// How many wait in `queue`.
    pub(super) fn waiting_in(&self, queue: QueueKey) -> u32 {
        self.busy.get(queue.index()).map_or(0, |busy| busy.waiting)
    }

    /// How many wait in all queues.
    pub(super) fn waiting_in_all(&self) -> u32 {
        self.waiting
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

    fn queue_mut(&mut self, queue: QueueKey) -> &mut Busy {
        if queue.index() >= self.busy.len() {
            self.busy.resize_with(queue.index() + 1, Busy::default);
        }
        &mut self.busy[queue.index()]
    }
}

fn forget(list: &mut Vec<u32>, at: u32) {
    let place = list.iter().position(|&row| row == at);
    list.swap_remove(place.expect("a group with somebody waiting is listed"));
}
