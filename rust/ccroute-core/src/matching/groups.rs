//! Waiting contacts, grouped by what they ask: contacts of one group differ only in
//! order, so that an agent compares heads and never looks behind them.

use rustc_hash::FxHashMap;

use super::classes::Classes;
use super::heads::{Head, Heads, Place};
use super::line::Looked;
use crate::bitset::BitSet;
use crate::ids::{ChannelKey, ClassKey, QueueKey};
use crate::queue::{OrderKey, PriorityQueue};
use crate::skill::SkillLevel;
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
    /// How far it has looked down the line of idle agents.
    pub(super) looked: Looked,
    anchor: Option<SkillLevel>,
    widen: Box<[QueueKey]>,
    /// Where its first contact is, if it has one.
    place: Option<Place>,
}

/// The groups of one queue in which somebody waits.
#[derive(Clone, Debug, Default)]
struct Busy {
    /// Its own.
    own: Heads,
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
    /// The group of a demand, made now if there is none.
    pub(super) fn of(&mut self, demand: Demand, classes: &Classes) -> u32 {
        if let Some(&at) = self.by_demand.get(&demand) {
            return at;
        }
        let anchor = classes.anchor(demand.class);
        let widen = classes.ask(demand.class).widen.clone().into_boxed_slice();
        let group = Group {
            demand,
            waiting: PriorityQueue::default(),
            looked: Looked::default(),
            anchor,
            widen,
            place: None,
        };
        let (at, _) = self.rows.insert(group);
        self.by_demand.insert(demand, at);
        self.by_class.entry(demand.class).or_default().push(at);
        at
    }

    /// A contact waits in a group.
    pub(super) fn push(&mut self, at: u32, key: OrderKey, item: u32) {
        let group = self.rows.at_mut(at as usize).expect("a group is held by its class");
        let Demand { queue, class, channel } = group.demand;
        let first = group.waiting.peek().map(|(first, _)| first);
        group.waiting.push(key, item);
        if queue.index() >= self.busy.len() {
            self.busy.resize_with(queue.index() + 1, Busy::default);
        }
        let busy = &mut self.busy[queue.index()];
        busy.waiting += 1;
        self.waiting += 1;
        match (first, group.place) {
            (Some(first), Some(place)) if key < first => busy.own.set(place, key, item),
            (Some(_), _) => {}
            (None, _) => {
                let head = Head { key, item, group: at, class, channel };
                group.place = Some(busy.own.insert(head, group.anchor));
                self.lines.set(queue.index(), true);
                self.entered(at, queue);
            }
        }
    }

    /// A contact waits there no more; its item, if it did.
    pub(super) fn remove(&mut self, at: u32, key: OrderKey) -> Option<u32> {
        let group = self.rows.at_mut(at as usize)?;
        let Demand { queue, .. } = group.demand;
        let (head, _) = group.waiting.peek()?;
        let item = if head == key { group.waiting.pop()?.1 } else { group.waiting.remove(key)? };
        self.waiting -= 1;
        let busy = &mut self.busy[queue.index()];
        busy.waiting -= 1;
        if head != key {
            return Some(item);
        }
        let place = group.place.expect("a group with somebody waiting has a place");
        match group.waiting.peek() {
            Some((next, item)) => busy.own.set(place, next, item),
            None => {
                group.place = None;
                let moved = busy.own.remove(place, group.anchor);
                if busy.waiting == 0 {
                    self.lines.set(queue.index(), false);
                }
                if let Some(moved) = moved {
                    self.row_mut(moved).place = Some(place);
                }
                self.emptied(at, queue);
            }
        }
        Some(item)
    }

    /// A group with somebody waiting is its queue's, and a guest of those it draws in.
    fn entered(&mut self, at: u32, queue: QueueKey) {
        for to in self.widened(at) {
            if to.index() >= self.busy.len() {
                self.busy.resize_with(to.index() + 1, Busy::default);
            }
            self.busy[to.index()].guests.push(at);
        }
        self.turn(queue);
    }

    fn emptied(&mut self, at: u32, queue: QueueKey) {
        for to in self.widened(at) {
            let guests = &mut self.busy[to.index()].guests;
            let place = guests.iter().position(|&row| row == at);
            guests.swap_remove(place.expect("a group with somebody waiting is listed"));
        }
        self.turn(queue);
    }

    fn widened(&self, at: u32) -> Vec<QueueKey> {
        self.rows.at(at as usize).map_or(Vec::new(), |group| group.widen.to_vec())
    }

    /// Keeps the groups of a queue the way that suits their number.
    fn turn(&mut self, queue: QueueKey) {
        if !self.busy[queue.index()].own.are_to_turn() {
            return;
        }
        for head in self.busy[queue.index()].own.turn() {
            let group = self.rows.at_mut(head.group as usize).expect("a listed group exists");
            group.place = Some(self.busy[queue.index()].own.insert(head, group.anchor));
        }
    }

    /// The heads of `queue`.
    pub(super) fn heads(&self, queue: QueueKey) -> Option<&Heads> {
        self.busy.get(queue.index()).map(|busy| &busy.own)
    }

    /// A group by its row.
    pub(super) fn row(&self, at: u32) -> &Group {
        self.rows.at(at as usize).expect("a listed group exists")
    }

    /// As [`Self::row`], to change.
    pub(super) fn row_mut(&mut self, at: u32) -> &mut Group {
        self.rows.at_mut(at as usize).expect("a listed group exists")
    }

    /// The groups of `queue` in which somebody waits.
    pub(super) fn of_queue(&self, queue: QueueKey) -> impl Iterator<Item = &Group> {
        let busy = self.busy.get(queue.index()).into_iter();
        busy.flat_map(|busy| busy.own.groups()).map(|at| self.row(at))
    }

    /// The groups of other queues that the agents of `queue` may take, in which somebody
    /// waits.
    pub(super) fn guests_of(&self, queue: QueueKey) -> impl Iterator<Item = &Group> {
        let guests = self.busy.get(queue.index()).map_or(&[][..], |busy| &busy.guests);
        guests.iter().map(|&at| self.row(at))
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
}
