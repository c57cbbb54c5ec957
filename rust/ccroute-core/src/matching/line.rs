//! Who has been idle longest: the agents open on one channel, in the order of idleness. What
//! a contact asks, and whether an agent may take it, is for the caller to say.
//!
//! Agents join at the end, mostly, and leave from anywhere, so the line is a vector of
//! agents with a bit for each who is still there. Whoever asks remembers how far it has
//! looked past those it can never take, and goes on from there.

use core::mem;

use crate::bitset::Ones;
use crate::time::Timestamp;

/// The place of an agent who is in no line.
const NOWHERE: u32 = u32::MAX;
/// The place of an agent who stands aside.
const ASIDE: u32 = u32::MAX - 1;
/// So many may stand aside before they are taken into the line.
const MOST_ASIDE: usize = 64;

/// Too few were looked at to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unknown;

/// Nobody was found up to a place; whether somebody stands behind it.
struct Unlooked {
    place: usize,
    more: bool,
}

/// The places before everybody moved up.
#[derive(Clone, Debug, Default)]
struct Before {
    /// Who was still there.
    there: Vec<u64>,
    /// How many were before each word of it, and in all.
    ranks: Vec<u32>,
}

impl Before {
    /// Takes down who is there, instead of who was.
    fn note(&mut self, there: &[u64]) {
        self.there.clear();
        self.there.extend(there);
        self.ranks.clear();
        let mut all = 0;
        for word in there {
            self.ranks.push(all);
            all += word.count_ones();
        }
        self.ranks.push(all);
    }

    /// How many of those still there were before a place: where it is now.
    fn now(&self, place: u32) -> usize {
        let word = place as usize / 64;
        let within = self.there.get(word).map_or(0, |word| word & ((1 << (place % 64)) - 1));
        (self.ranks[word.min(self.ranks.len() - 1)] + within.count_ones()) as usize
    }
}

/// How far somebody has looked, in which layout of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked {
    layout: u32,
    place: u32,
}

/// The line of one channel.
#[derive(Clone, Debug, Default)]
pub(super) struct IdleLine {
    /// By place, whoever came there.
    agents: Vec<u32>,
    /// By place, whether it is still so.
    there: Vec<u64>,
    /// How many are.
    count: usize,
    /// By agent.
    places: Vec<u32>,
    /// Those who belong somewhere before the end, in order: everybody looks at them anew.
    aside: Vec<(Timestamp, u32)>,
    /// The greatest that joined at the end.
    last: Option<(Timestamp, u32)>,
    /// Changes when places do.
    layout: u32,
    /// The places in the layout before.
    before: Before,
    /// The layout from which places lead here, beside its own; none leads here from an older one.
    leads: Option<u32>,
}

impl IdleLine {
    /// An agent joins who has been idle since `since`; `idle_since` knows it of everybody.
    pub(super) fn join(&mut self, agent: usize, since: Timestamp, idle_since: &[Timestamp]) {
        let row = u32::try_from(agent).expect("keys are 32 bits");
        if self.last.is_some_and(|last| (since, row) < last) {
            self.stand_aside(agent, since, idle_since);
            return;
        }
        if self.agents.len() >= 64 && self.agents.len() >= 2 * self.count {
            self.close_up();
        }
        self.last = Some((since, row));
        self.append(row);
    }

    /// An agent leaves, who joined as idle since `since`.
    pub(super) fn leave(&mut self, agent: usize, since: Timestamp) {
        match self.places.get(agent).copied() {
            None | Some(NOWHERE) => return,
            Some(ASIDE) => {
                let key = (since, u32::try_from(agent).expect("keys are 32 bits"));
                let at = self.aside.binary_search(&key).expect("who stands aside is listed");
                self.aside.remove(at);
            }
            Some(place) => {
                self.there[place as usize / 64] &= !(1 << (place % 64));
                self.count -= 1;
            }
        }
        self.places[agent] = NOWHERE;
    }

    /// Whether an agent is in the line.
    pub(super) fn holds(&self, agent: usize) -> bool {
        self.places.get(agent).is_some_and(|&place| place != NOWHERE)
    }

    /// The first who suits, if that is known after `most` looks; and how far whoever asks, having
    /// `looked` so far, need not look again. Who did not suit does not where it stands: who changes stands aside.
    pub(super) fn first(
        &self,
        looked: Looked,
        most: usize,
        idle_since: &[Timestamp],
        suits: impl Fn(usize) -> bool,
    ) -> (Result<Option<usize>, Unknown>, Looked) {
        let from = if looked.layout == self.layout {
            looked.place as usize
        } else if self.leads == Some(looked.layout) {
            self.before.now(looked.place)
        } else {
            0
        };
        let (found, place) = match self.first_from(from, most, &suits) {
            Ok((row, place)) => (Ok(self.or_aside(Some(row), idle_since, &suits)), place),
            Err(Unlooked { place, more: true }) => (Err(Unknown), place),
            Err(Unlooked { place, .. }) => (Ok(self.or_aside(None, idle_since, &suits)), place),
        };
        let place = u32::try_from(place).expect("places are 32 bits");
        (found, Looked { layout: self.layout, place })
    }

    /// Somebody found in the line, or who stands aside and has been idle longer.
    fn or_aside(
        &self,
        found: Option<u32>,
        idle_since: &[Timestamp],
        suits: &impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let aside = self.aside.iter().find(|&&(_, row)| suits(row as usize));
        let best = match (found, aside) {
            (Some(row), Some(&aside)) => Some((idle_since[row as usize], row).min(aside).1),
            (found, aside) => found.or(aside.map(|&(_, row)| row)),
        };
        best.map(|row| row as usize)
    }

    /// The first who suits of at most so many, and the place.
    fn first_from(
        &self,
        from: usize,
        mut most: usize,
        suits: &impl Fn(usize) -> bool,
    ) -> Result<(u32, usize), Unlooked> {
        let mut mask = !0 << (from % 64);
        for (word, &there) in self.there.iter().enumerate().skip(from / 64) {
            let mut left = there & mask;
            mask = !0;
            while left != 0 {
                let place = word * 64 + left.trailing_zeros() as usize;
                if most == 0 {
                    return Err(Unlooked { place, more: true });
                }
                if suits(self.agents[place] as usize) {
                    return Ok((self.agents[place], place));
                }
                left &= left - 1;
                most -= 1;
            }
        }
        Err(Unlooked { place: self.agents.len(), more: false })
    }

    fn append(&mut self, row: u32) {
        let place = self.agents.len();
        self.agents.push(row);
        if place / 64 >= self.there.len() {
            self.there.push(0);
        }
        self.there[place / 64] |= 1 << (place % 64);
        self.set_place(row as usize, u32::try_from(place).expect("places are 32 bits"));
        self.count += 1;
    }

    /// An agent joins whom everybody is to look at anew.
    pub(super) fn stand_aside(&mut self, agent: usize, since: Timestamp, idle_since: &[Timestamp]) {
        let row = u32::try_from(agent).expect("keys are 32 bits");
        let at = self.aside.partition_point(|&other| other < (since, row));
        self.aside.insert(at, (since, row));
        self.set_place(agent, ASIDE);
        if self.aside.len() > MOST_ASIDE {
            self.take_in(idle_since);
        }
    }

    fn set_place(&mut self, agent: usize, place: u32) {
        if agent >= self.places.len() {
            self.places.resize(agent + 1, NOWHERE);
        }
        self.places[agent] = place;
    }

    /// Whoever stands aside takes its place among the others.
    fn take_in(&mut self, idle_since: &[Timestamp]) {
        let mut aside = mem::take(&mut self.aside).into_iter().peekable();
        let old = mem::take(&mut self.agents);
        let there = mem::take(&mut self.there);
        self.count = 0;
        for (place, row) in old.into_iter().enumerate() {
            if there[place / 64] >> (place % 64) & 1 == 0 {
                continue;
            }
            while let Some((_, first)) =
                aside.next_if(|&first| first < (idle_since[row as usize], row))
            {
                self.append(first);
            }
            self.append(row);
        }
        aside.for_each(|(_, row)| self.append(row));
        self.leads = None;
        self.layout += 1;
    }

    /// Those who are there move up to the front, in order.
    fn close_up(&mut self) {
        self.before.note(&self.there);
        self.leads = Some(self.layout);
        self.layout += 1;
        let mut free = 0;
        for (word, &there) in self.before.there.iter().enumerate() {
            for bit in Ones(there) {
                let row = self.agents[word * 64 + bit];
                self.agents[free] = row;
                self.places[row as usize] = u32::try_from(free).expect("places are 32 bits");
                free += 1;
            }
        }
        self.agents.truncate(free);
        self.there.clear();
        self.there.resize(free / 64, !0);
        if free % 64 > 0 {
            self.there.push((1 << (free % 64)) - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever joins, leaves and is asked, in whatever order: the first is the smallest.
        #[test]
        fn the_first_is_who_has_been_idle_longest(
            steps in prop::collection::vec((0..200usize, 0..40i64, 0..5usize), 1..600)
        ) {
            let mut line = IdleLine::default();
            let mut idle_since = vec![Timestamp::ZERO; 200];
            let mut model: Vec<(Timestamp, usize)> = Vec::new();
            let mut looked = [Looked::default(); 5];
            let mut clock = 0;
            for (agent, step, class) in steps {
                model.retain(|&(_, known)| known != agent);
                line.leave(agent, idle_since[agent]);
                prop_assert!(!line.holds(agent));
                if step == 30 {
                    line.stand_aside(agent, idle_since[agent], &idle_since);
                    model.push((idle_since[agent], agent));
                } else if step < 30 {
                    // Mostly at the end, now and then with an earlier instant.
                    clock += i64::from(step % 7 > 0);
                    let since = if step < 27 { clock } else { (clock - 20 * step).max(0) };
                    idle_since[agent] = Timestamp::from_micros(since).unwrap();
                    line.join(agent, idle_since[agent], &idle_since);
                    model.push((idle_since[agent], agent));
                    prop_assert!(line.holds(agent));
                }
                let suits = |agent: usize| agent % 5 == class;
                let most = if step % 2 == 0 { usize::MAX } else { 20 };
                let (found, now) = line.first(looked[class], most, &idle_since, suits);
                looked[class] = now;
                let wanted = model.iter().filter(|(_, agent)| suits(*agent)).min();
                match found {
                    Ok(found) => prop_assert_eq!(found, wanted.map(|&(_, agent)| agent)),
                    Err(Unknown) => prop_assert!(most == 20 && line.count > 20),
                }
                prop_assert!(line.agents.len() <= 2 * idle_since.len());
            }
        }
    }

    #[test]
    fn nobody_is_looked_at_twice() {
        let mut line = IdleLine::default();
        let idle_since = vec![Timestamp::ZERO; 1_000];
        (0..1_000).for_each(|agent| line.join(agent, Timestamp::ZERO, &idle_since));
        let looks = core::cell::Cell::new(0);
        let suits = |agent: usize| {
            looks.set(looks.get() + 1);
            agent >= 900
        };
        let all = usize::MAX;
        let (first, looked) = line.first(Looked::default(), all, &idle_since, suits);
        assert_eq!((first, looks.get()), (Ok(Some(900)), 901));
        line.leave(900, Timestamp::ZERO);
        let (next, looked) = line.first(looked, all, &idle_since, suits);
        assert_eq!((next, looks.get()), (Ok(Some(901)), 902));
        // Most go, and everybody moves up: what was looked at is still known.
        (0..900).filter(|agent| agent % 4 > 0).for_each(|agent| line.leave(agent, Timestamp::ZERO));
        line.leave(0, Timestamp::ZERO);
        let later = Timestamp::from_micros(1).unwrap();
        line.join(0, later, &idle_since);
        assert!(line.agents.len() < 400);
        let (next, _) = line.first(looked, all, &idle_since, suits);
        assert_eq!((next, looks.get()), (Ok(Some(901)), 903));
    }
}
