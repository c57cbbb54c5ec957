//! What was said of an agent of late: so much of it that what another source says of the same
//! time, later or in another aggregator, makes one time of both and not two. What lies before
//! is only known as sums (`state_times.rs`).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::agent_state::{Lane, Lanes, State, Word};
use crate::directory::Directory;
use crate::ids::TextKey;
use crate::time::{Span, Timestamp};

/// How far behind the last word the others are kept.
const WINDOW: Span = Span::secs(86_400);

/// With so many words the first is forgotten.
const MOST: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    at: Timestamp,
    source: u16,
    word: Word,
}

/// Who an agent was from some instant on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Past {
    /// What was said before it is known only by what it came to then.
    floor: Timestamp,
    lanes: Lanes,
    /// By time and source; what one source said at one instant, in the order it came.
    said: VecDeque<Said>,
}

impl Past {
    pub(super) fn floor(&self) -> Timestamp {
        self.floor
    }

    /// When the last word was said.
    pub(super) fn latest(&self) -> Timestamp {
        self.said.back().map_or(self.floor, |said| said.at)
    }

    /// Notes a word that comes after all else.
    #[inline]
    pub(super) fn note_last(&mut self, source: u16, at: Timestamp, word: Word) {
        self.said.push_back(Said { at, source, word });
        self.trim();
    }

    /// Whether something said then comes after all else.
    #[inline]
    pub(super) fn is_last(&self, at: Timestamp, source: u16) -> bool {
        let last = self.said.back().map_or((self.floor, 0), |said| (said.at, said.source));
        last <= (at, source)
    }

    /// Notes a word, said at the floor or after.
    pub(super) fn note(&mut self, source: u16, at: Timestamp, word: Word) {
        let row = self.said.partition_point(|known| (known.at, known.source) <= (at, source));
        self.said.insert(row, Said { at, source, word });
    }

    /// Forgets what is too old or too much.
    #[inline]
    pub(super) fn trim(&mut self) {
        let [Some(first), Some(last)] = [self.said.front(), self.said.back()] else { return };
        let oldest = last.at - WINDOW;
        if self.said.len() >= MOST || first.at < oldest {
            self.drop_before(oldest);
        }
    }

    #[inline(never)]
    fn drop_before(&mut self, oldest: Timestamp) {
        while self.said.len() >= MOST || self.said.front().is_some_and(|said| said.at < oldest) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(Said { at, source, word }) = self.said.pop_front() {
            self.lanes.hear(source, at, word);
            self.floor = at;
        }
    }

    /// What each source says in the end.
    pub(super) fn head(&self) -> Lanes {
        let mut lanes = self.lanes.clone();
        self.said.iter().for_each(|said| lanes.hear(said.source, said.at, said.word));
        lanes
    }

    /// The states from an instant up to the last word, and from when until when.
    pub(super) fn pieces(
        &self,
        from: Timestamp,
        names: &Directory,
        mut piece: impl FnMut(State, [Timestamp; 2]),
    ) {
        let (mut lanes, mut since) = (self.lanes.clone(), self.floor);
        for said in &self.said {
            lanes.states([since.max(from), said.at], names, &mut piece);
            lanes.hear(said.source, said.at, said.word);
            since = said.at;
        }
    }

    /// Forgets what was said before an instant.
    pub(super) fn forget_before(&mut self, floor: Timestamp) {
        while self.said.front().is_some_and(|said| said.at < floor) {
            self.drop_first();
        }
        self.floor = self.floor.max(floor);
    }

    /// Adds what another knows, from the same floor on.
    pub(super) fn merge(
        &mut self,
        other: &Self,
        source: impl Fn(u16) -> u16,
        text: impl Fn(TextKey) -> TextKey,
    ) {
        let lanes = other.lanes.iter().map(|&lane| lane.renamed(source(lane.source), &text));
        lanes.for_each(|lane: Lane| self.lanes.add(lane));
        for &Said { at, source: known, word } in &other.said {
            self.note(source(known), at, word.renamed(&text));
        }
    }
}
