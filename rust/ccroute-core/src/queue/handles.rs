//! The queue as it crosses the boundary: contacts go by small integers, or by the
//! host's ids. Nothing about the order is decided here.

use core::fmt;
use core::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{OrderKey, PriorityQueue};
use crate::error::{Rejection, RejectionCode};
use crate::ids::Handle;
use crate::time::{Span, Timestamp};

/// A queue of contacts by [`Handle`], or by the host's id.
///
/// A handle is never given out twice: one whose contact has left is recognised, even
/// when its row serves another. Ids are unique among those who wait, and free again
/// when their contact leaves.
///
/// ```
/// use ccroute_core::{HandleQueue, Span, Timestamp};
/// let mut queue = HandleQueue::default();
/// let now = Timestamp::ZERO;
/// let first = queue.push(Some("c1"), 0, now, Span::ZERO)?;
/// let dear = queue.push(None, 0, now, Span::secs(60))?;
/// assert_eq!((queue.rank(dear)?, queue.rank(first)?), (0, 1));
/// assert_eq!(queue.pop().map(|left| left.handle), Some(dear));
/// queue.cancel(first)?;
/// assert!(queue.cancel(first).is_err());
/// # Ok::<(), ccroute_core::Rejection>(())
/// ```
// A row is 16 bytes and knows its tenant by the sequence number in its key, whose
// low half is the handle's generation. What few queues use costs those that do.
#[derive(Clone, Default)]
pub struct HandleQueue {
    order: PriorityQueue,
    /// By row, `None` where nobody waits.
    keys: Vec<Option<OrderKey>>,
    /// Free rows; the last one freed is the next one used.
    free: Vec<u32>,
    /// By row, as far as rows had one.
    head_starts: Vec<Span>,
    /// By row, as far as rows had one.
    ids: Vec<Option<Arc<str>>>,
    /// Look-ups only: the order of a hash never shows.
    by_id: FxHashMap<Arc<str>, Handle>,
    /// The last sequence number given.
    sequence: u64,
}

/// A contact that left the queue, and the place it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it went by; stale from now on.
    pub handle: Handle,
    /// The host's id, if it had one; free again.
    pub id: Option<Arc<str>>,
    /// Its strict class.
    pub band: i16,
    /// When it came.
    pub since: Timestamp,
    /// As if it had come so much earlier.
    pub head_start: Span,
}

/// Nobody waits under this handle. Made for every stale row of a batch, so the
/// sentence is written only when it becomes a [`Rejection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone(pub Handle);

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handle = self.0.raw();
        write!(f, "no contact waits under handle {handle}: it was popped or cancelled, ")?;
        f.write_str("or the handle is another queue's")
    }
}

impl std::error::Error for Gone {}

impl From<Gone> for Rejection {
    fn from(gone: Gone) -> Self {
        Self::new(RejectionCode::UnknownContact, gone.to_string())
    }
}

impl HandleQueue {
    /// Lets a contact wait that came at `since`, as if it had come `head_start` earlier.
    ///
    /// # Errors
    /// `DuplicateContact` when a contact of that id waits.
    pub fn push(
        &mut self,
        id: Option<&str>,
        band: i16,
        since: Timestamp,
        head_start: Span,
    ) -> Result<Handle, Rejection> {
        if let Some(id) = id
            && self.by_id.contains_key(id)
        {
            let message = format!("contact '{id}' waits already: cancel it first, or reprioritise");
            return Err(Rejection::new(RejectionCode::DuplicateContact, message));
        }
        let key = OrderKey::new(band, since, head_start, self.next_sequence());
        let row = self.free.pop().unwrap_or_else(|| {
            self.keys.push(None);
            u32::try_from(self.keys.len() - 1).expect("fewer than 2^32 wait")
        });
        let handle = handle_of(row, key);
        self.keys[row as usize] = Some(key);
        self.set_head_start(row, head_start);
        if let Some(id) = id {
            self.set_id(handle, id);
        }
        self.order.push(key, row);
        Ok(handle)
    }

    /// Takes out who goes next.
    pub fn pop(&mut self) -> Option<Left> {
        let (key, row) = self.order.pop()?;
        Some(self.vacate(row, key))
    }

    /// Who goes next.
    #[must_use]
    pub fn peek(&self) -> Option<Handle> {
        self.order.peek().map(|(key, row)| handle_of(row, key))
    }

    /// Takes a contact out of the line.
    ///
    /// # Errors
    /// [`Gone`] when it does not wait.
    pub fn cancel(&mut self, handle: Handle) -> Result<Left, Gone> {
        let (row, key) = self.place(handle)?;
        self.order.remove(key).expect("whoever has a row is in the order");
        Ok(self.vacate(row, key))
    }

    /// Changes the place of a contact that waits; what is `None` stays. Arrival and
    /// sequence stay too: going back to the old priority gives the old place.
    ///
    /// # Errors
    /// [`Gone`] when it does not wait.
    pub fn reprioritise(
        &mut self,
        handle: Handle,
        band: Option<i16>,
        head_start: Option<Span>,
    ) -> Result<(), Gone> {
        let (row, old) = self.place(handle)?;
        let since = self.since(row, old);
        let head_start = head_start.unwrap_or_else(|| self.head_start(row));
        let band = band.unwrap_or(old.band());
        let new = OrderKey::new(band, since, head_start, old.sequence());
        // The arrival stays, so the same key is also the same head start.
        if new == old {
            return Ok(());
        }
        self.order.remove(old).expect("whoever has a row is in the order");
        self.order.push(new, row);
        self.keys[row as usize] = Some(new);
        self.set_head_start(row, head_start);
        Ok(())
    }

    /// How many go before the contact.
    ///
    /// # Errors
    /// [`Gone`] when it does not wait.
    pub fn rank(&self, handle: Handle) -> Result<usize, Gone> {
        let (_, key) = self.place(handle)?;
        Ok(self.order.rank(key).expect("whoever has a row is in the order"))
    }

    /// The host's id of a contact that waits; `None` when it came without one.
    ///
    /// # Errors
    /// [`Gone`] when it does not wait.
    pub fn id(&self, handle: Handle) -> Result<Option<&str>, Gone> {
        let (row, _) = self.place(handle)?;
        Ok(self.ids.get(row as usize).and_then(Option::as_deref))
    }

    /// The contact of that id, if it waits.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Handle> {
        self.by_id.get(id).copied()
    }

    /// Whether a contact waits under `handle`.
    #[must_use]
    pub fn contains(&self, handle: Handle) -> bool {
        self.place(handle).is_ok()
    }

    /// All that wait, in order.
    pub fn iter(&self) -> impl Iterator<Item = Handle> {
        self.order.iter().map(|(key, row)| handle_of(row, key))
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Counts up, past the numbers whose low half is no generation.
    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        if self.sequence as u32 == 0 {
            self.sequence += 1;
        }
        self.sequence
    }

    fn place(&self, handle: Handle) -> Result<(u32, OrderKey), Gone> {
        match self.keys.get(handle.index()) {
            Some(&Some(key)) if key.sequence() as u32 == handle.generation() => {
                Ok((handle.index() as u32, key))
            }
            Some(_) | None => Err(Gone(handle)),
        }
    }

    fn head_start(&self, row: u32) -> Span {
        self.head_starts.get(row as usize).copied().unwrap_or_default()
    }

    fn since(&self, row: u32, key: OrderKey) -> Timestamp {
        let micros = key.virtual_arrival() + self.head_start(row).micros();
        Timestamp::from_micros(micros).expect("a virtual arrival is an arrival less a head start")
    }

    fn set_head_start(&mut self, row: u32, head_start: Span) {
        let row = row as usize;
        if self.head_starts.len() <= row {
            if head_start == Span::ZERO {
                return;
            }
            self.head_starts.resize(row + 1, Span::ZERO);
        }
        self.head_starts[row] = head_start;
    }

    fn set_id(&mut self, handle: Handle, id: &str) {
        let id: Arc<str> = id.into();
        if self.ids.len() <= handle.index() {
            self.ids.resize(handle.index() + 1, None);
        }
        self.ids[handle.index()] = Some(Arc::clone(&id));
        self.by_id.insert(id, handle);
    }

    /// Frees the row of a contact that has left the order.
    fn vacate(&mut self, row: u32, key: OrderKey) -> Left {
        let (since, head_start) = (self.since(row, key), self.head_start(row));
        let id = self.ids.get_mut(row as usize).and_then(Option::take);
        if let Some(id) = &id {
            self.by_id.remove(id);
        }
        self.keys[row as usize] = None;
        self.free.push(row);
        Left { handle: handle_of(row, key), id, band: key.band(), since, head_start }
    }
}

fn handle_of(row: u32, key: OrderKey) -> Handle {
    let generation = NonZeroU32::new(key.sequence() as u32);
    Handle::new(row, generation.expect("sequences without a generation are skipped"))
}

impl fmt::Debug for HandleQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u32) -> Timestamp {
        Timestamp::ZERO + Span::secs(seconds)
    }

    fn push(queue: &mut HandleQueue, seconds: u32) -> Handle {
        queue.push(None, 0, at(seconds), Span::ZERO).unwrap()
    }

    #[test]
    fn a_stale_handle_is_not_its_successor() {
        let mut queue = HandleQueue::default();
        let first = push(&mut queue, 1);
        queue.cancel(first).unwrap();
        let second = push(&mut queue, 2);
        assert_eq!(second.index(), first.index());
        assert_eq!(queue.cancel(first), Err(Gone(first)));
        assert_eq!(queue.rank(first), Err(Gone(first)));
        assert_eq!(queue.reprioritise(first, Some(9), None), Err(Gone(first)));
        assert_eq!(queue.id(first), Err(Gone(first)));
        assert_eq!((queue.len(), queue.contains(first), queue.rank(second)), (1, false, Ok(0)));
        let said = Rejection::from(Gone(first));
        assert_eq!(said.code, RejectionCode::UnknownContact);
        assert!(said.message.contains(&first.raw().to_string()));
    }

    #[test]
    fn generations_skip_zero_when_they_wrap() {
        let mut queue = HandleQueue { sequence: u64::from(u32::MAX) - 1, ..Default::default() };
        let last = push(&mut queue, 1);
        let next = push(&mut queue, 1);
        assert_eq!((last.generation(), next.generation()), (u32::MAX, 1));
        assert!(queue.iter().eq([last, next]));
    }

    #[test]
    fn a_refused_id_changes_nothing() {
        let mut queue = HandleQueue::default();
        let first = queue.push(Some("c1"), 0, at(1), Span::ZERO).unwrap();
        let said = queue.push(Some("c1"), 5, at(1), Span::ZERO).unwrap_err();
        assert_eq!(said.code, RejectionCode::DuplicateContact);
        assert!(said.message.contains("'c1'"));
        assert_eq!((queue.len(), queue.sequence), (1, 1));
        assert_eq!((queue.find("c1"), queue.id(first)), (Some(first), Ok(Some("c1"))));
    }

    #[test]
    fn an_id_is_free_when_its_contact_leaves() {
        let mut queue = HandleQueue::default();
        push(&mut queue, 0);
        let head_start = Span::secs(1);
        let first = queue.push(Some("c1"), 3, at(1), head_start).unwrap();
        let id = Some("c1".into());
        let left = Left { handle: first, id, band: 3, since: at(1), head_start };
        assert_eq!(queue.pop(), Some(left));
        assert_eq!(queue.find("c1"), None);
        let second = queue.push(Some("c1"), 0, at(2), Span::ZERO).unwrap();
        assert_ne!(first, second);
        assert_eq!(queue.find("c1"), Some(second));
    }

    #[test]
    fn an_id_does_not_pass_to_the_next_of_its_row() {
        let mut queue = HandleQueue::default();
        let named = queue.push(Some("c1"), 0, at(1), Span::secs(9)).unwrap();
        queue.cancel(named).unwrap();
        let nameless = push(&mut queue, 2);
        assert_eq!((nameless.index(), queue.id(nameless)), (named.index(), Ok(None)));
        assert_eq!(queue.pop().map(|left| left.head_start), Some(Span::ZERO));
    }

    #[test]
    fn going_back_to_the_old_priority_gives_the_old_place() {
        let mut queue = HandleQueue::default();
        let line: Vec<_> = (0..4).map(|_| push(&mut queue, 5)).collect();
        queue.reprioritise(line[2], Some(1), Some(Span::secs(10))).unwrap();
        assert_eq!(queue.rank(line[2]), Ok(0));
        queue.reprioritise(line[2], Some(0), None).unwrap();
        assert_eq!(queue.rank(line[2]), Ok(0), "the head start stayed");
        queue.reprioritise(line[2], None, Some(Span::ZERO)).unwrap();
        assert!(queue.iter().eq(line));
    }

    #[test]
    fn head_starts_and_ids_cost_only_who_uses_them() {
        let mut queue = HandleQueue::default();
        push(&mut queue, 1);
        assert_eq!((queue.head_starts.capacity(), queue.ids.capacity()), (0, 0));
    }

    #[derive(Clone, Debug)]
    enum Op {
        Push(i16, u32, u32),
        Pop,
        Cancel(prop::sample::Index),
        Reprioritise(prop::sample::Index, Option<i16>, Option<u32>),
    }

    fn op() -> impl Strategy<Value = Op> {
        let any = any::<prop::sample::Index>;
        let change = (any(), prop::option::of(-2..=2i16), prop::option::of(0..9u32));
        prop_oneof![
            4 => (-2..=2i16, 0..9u32, 0..9u32).prop_map(|(b, at, start)| Op::Push(b, at, start)),
            1 => Just(Op::Pop),
            1 => any().prop_map(Op::Cancel),
            2 => change.prop_map(|(at, band, start)| Op::Reprioritise(at, band, start)),
        ]
    }

    /// The obvious queue: everyone ever pushed, sorted whenever asked.
    #[derive(Clone)]
    struct Waiting {
        handle: Handle,
        band: i16,
        since: u32,
        head_start: u32,
        number: usize,
    }

    fn next(model: &[Waiting]) -> Vec<Waiting> {
        let mut line = model.to_vec();
        line.sort_by_key(|one| {
            (-one.band, i64::from(one.since) - i64::from(one.head_start), one.number)
        });
        line
    }

    proptest! {
        #[test]
        fn behaves_like_a_list_sorted_by_the_rule(ops in prop::collection::vec(op(), 1..200)) {
            let mut queue = HandleQueue::default();
            let mut model: Vec<Waiting> = Vec::new();
            let mut gone: Vec<Handle> = Vec::new();
            for (number, op) in ops.into_iter().enumerate() {
                match op {
                    Op::Push(band, since, head_start) => {
                        let start = Span::secs(head_start);
                        let handle = queue.push(None, band, at(since), start).unwrap();
                        model.push(Waiting { handle, band, since, head_start, number });
                    }
                    Op::Pop => {
                        let left = queue.pop().map(|left| left.handle);
                        prop_assert_eq!(left, next(&model).first().map(|one| one.handle));
                        model.retain(|one| Some(one.handle) != left);
                        gone.extend(left);
                    }
                    Op::Cancel(which) if !model.is_empty() => {
                        let one = model.remove(which.index(model.len()));
                        let left = queue.cancel(one.handle).unwrap();
                        prop_assert_eq!((left.band, left.since), (one.band, at(one.since)));
                        prop_assert_eq!(left.head_start, Span::secs(one.head_start));
                        gone.push(one.handle);
                    }
                    Op::Reprioritise(which, band, start) if !model.is_empty() => {
                        let which = which.index(model.len());
                        let one = &mut model[which];
                        queue.reprioritise(one.handle, band, start.map(Span::secs)).unwrap();
                        one.band = band.unwrap_or(one.band);
                        one.head_start = start.unwrap_or(one.head_start);
                    }
                    Op::Cancel(_) | Op::Reprioritise(..) => {}
                }
                prop_assert!(queue.iter().eq(next(&model).iter().map(|one| one.handle)));
                prop_assert!(gone.iter().all(|&handle| !queue.contains(handle)));
            }
        }
    }
}
