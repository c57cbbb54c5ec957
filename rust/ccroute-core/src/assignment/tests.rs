//! The least total, proven by trying everything where that is possible and by two ways that
//! share little where it is not; what is refused, and how.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use proptest::prelude::*;

use super::edges::{Range, Rows};
use super::{GREATEST_COST, MOST, assign, auction, augment};

/// Contacts by rows: who suits, at what cost.
#[derive(Clone, Debug)]
struct Task {
    starts: Vec<i64>,
    agents: Vec<i32>,
    costs: Vec<i64>,
    count: usize,
}

impl Task {
    /// Of a table with a cost wherever a contact and an agent suit each other.
    fn of(table: &[Vec<Option<i64>>], count: usize) -> Self {
        let mut task = Self { starts: vec![0], agents: vec![], costs: vec![], count };
        for row in table {
            for (agent, cost) in (0..).zip(row) {
                task.agents.extend(cost.map(|_| agent));
                task.costs.extend(cost);
            }
            task.starts.push(task.agents.len() as i64);
        }
        task
    }

    /// A task of a size at which nothing can be tried out: each pair suits by `of` in 1,000;
    /// where `is_full`, contact `c` also suits an agent of its own.
    fn drawn(contacts: usize, count: usize, of: u64, most: u64, is_full: bool, seed: u64) -> Self {
        let mut state = seed;
        let mut draw = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut table = vec![vec![None; count]; contacts];
        for (contact, row) in table.iter_mut().enumerate() {
            for (agent, cost) in row.iter_mut().enumerate() {
                let is_own = is_full && agent == (contact * 7 + 3) % count;
                if draw(1000) < of || is_own {
                    *cost = Some(draw(most) as i64 - 5);
                }
            }
        }
        Self::of(&table, count)
    }

    fn rows(&self) -> Rows<'_, i64, i32> {
        let Self { starts, agents, costs, count } = self;
        Rows { starts, columns: agents, costs, width: *count }
    }

    fn solved(&self) -> Vec<Option<usize>> {
        assign(&self.starts, &self.agents, &self.costs, self.count).unwrap()
    }

    /// How many are placed, at what cost; each pair suits, no agent twice.
    fn judged(&self, taken: &[Option<usize>]) -> (usize, i64) {
        assert_eq!(taken.len(), self.starts.len() - 1);
        let mut is_busy = vec![false; self.count];
        let (mut placed, mut total) = (0, 0);
        for (contact, agent) in taken.iter().enumerate() {
            let Some(agent) = *agent else { continue };
            assert!(!std::mem::replace(&mut is_busy[agent], true), "agent {agent} twice");
            let (agents, costs) = self.rows().row(contact);
            let pair = agents.iter().position(|&it| it as usize == agent);
            placed += 1;
            total += costs[pair.expect("they suit each other")];
        }
        (placed, total)
    }

    /// The most that can be placed, at the least cost, by trying everything.
    fn tried(&self, contact: usize, busy: u32) -> (usize, i64) {
        if contact == self.starts.len() - 1 {
            return (0, 0);
        }
        let mut best = self.tried(contact + 1, busy);
        let (agents, costs) = self.rows().row(contact);
        for (&agent, &cost) in agents.iter().zip(costs) {
            if busy >> agent & 1 == 0 {
                let (placed, total) = self.tried(contact + 1, busy | 1 << agent);
                let found = (placed + 1, total + cost);
                if found.0 > best.0 || found.0 == best.0 && found.1 < best.1 {
                    best = found;
                }
            }
        }
        best
    }
}

fn tasks() -> impl Strategy<Value = Task> {
    let costs = prop_oneof![0..4_i64, -20..20_i64, Just(GREATEST_COST), Just(-GREATEST_COST)];
    (0..7_usize, 0..7_usize, 1..10_u32).prop_flat_map(move |(contacts, count, share)| {
        let pair = prop::option::weighted(f64::from(share) / 10.0, costs.clone());
        let row = prop::collection::vec(pair, count);
        let table = prop::collection::vec(row, contacts);
        table.prop_map(move |table| Task::of(&table, count))
    })
}

proptest! {
    #[test]
    fn as_many_as_possible_at_the_least_cost(task in tasks()) {
        let found = task.solved();
        prop_assert_eq!(task.judged(&found), task.tried(0, 0));
        prop_assert_eq!(task.solved(), found);
    }

    /// What both ways are made for: as many contacts as agents, all of whom can be placed.
    #[test]
    fn bids_and_paths_come_to_the_same_total(
        size in 1..40_usize, share in 20..600_u64, most in 1..2000_u64, seed: u64,
    ) {
        let task = Task::drawn(size, size, share, most, true, seed);
        // 7 and the size may have a divisor in common: then not all have an agent of their own.
        prop_assume!(size % 7 != 0);
        let (rows, range) = (task.rows(), Range::of(&task.costs));
        let judge = |taken: Vec<u32>| {
            let taken: Vec<_> = taken.iter().map(|&agent| Some(agent as usize)).collect();
            task.judged(&taken)
        };
        let by_paths = judge(augment::solve(&rows, range));
        prop_assert_eq!(by_paths.0, size);
        prop_assert_eq!(judge(auction::solve::<i32, _, _>(&rows, range).unwrap()), by_paths);
        prop_assert_eq!(judge(auction::solve::<i64, _, _>(&rows, range).unwrap()), by_paths);
    }

    /// A crate that does nothing else, on tables without gaps.
    #[test]
    fn kuhn_munkres_comes_to_the_same_total(
        contacts in 1..25_usize, more in 0..10_usize, most in 1..2000_u64, seed: u64,
    ) {
        let task = Task::drawn(contacts, contacts + more, 1000, most, false, seed);
        let row = |row| task.rows().row(row).1.iter().map(|cost| -cost).collect::<Vec<_>>();
        let table = Matrix::from_rows((0..contacts).map(row)).unwrap();
        let (gain, _) = kuhn_munkres(&table);
        prop_assert_eq!(task.judged(&task.solved()), (contacts, -gain));
    }

    /// Agents who bid for contacts find what contacts who bid for agents find.
    #[test]
    fn sides_can_change_places(
        contacts in 1..60_usize, count in 1..60_usize, share in 10..300_u64, most in 1..500_u64,
        seed: u64,
    ) {
        let task = Task::drawn(contacts, count, share, most, false, seed);
        let mut table = vec![vec![None; contacts]; count];
        let rows = task.rows();
        for (contact, (agents, costs)) in (0..contacts).map(|row| (row, rows.row(row))) {
            for (&agent, &cost) in agents.iter().zip(costs) {
                table[agent as usize][contact] = Some(cost);
            }
        }
        let turned = Task::of(&table, contacts);
        prop_assert_eq!(task.judged(&task.solved()), turned.judged(&turned.solved()));
    }
}

#[test]
fn width_of_the_numbers_changes_nothing() {
    let task = Task::drawn(50, 60, 100, 100, false, 7);
    let starts: Vec<u32> = task.starts.iter().map(|&start| start as u32).collect();
    let agents: Vec<i64> = task.agents.iter().map(|&agent| agent.into()).collect();
    assert_eq!(assign(&starts, &agents, &task.costs, 60).unwrap(), task.solved());
}

#[test]
fn costs_say_who_is_placed_but_not_how_many() {
    for (contacts, agents) in [(200, 200), (150, 200), (200, 150)] {
        let alike = Task::drawn(contacts, agents, 15, 1, false, 7);
        let (placed, total) = alike.judged(&alike.solved());
        assert_eq!(total, -5 * placed as i64);
        let costs = (0..).map(|place| place * 7919 % 1000).take(alike.costs.len()).collect();
        let other = Task { costs, ..alike };
        assert_eq!(other.judged(&other.solved()).0, placed);
    }
}

#[test]
fn few_agents_wanted_by_all_go_to_whom_they_cost_least() {
    // Contact `c` costs `c` with each of three agents: the first three are placed.
    let costs = |contact: i64| vec![Some(contact); 3];
    let task = Task::of(&(0..300).map(costs).collect::<Vec<_>>(), 3);
    let found = task.solved();
    assert_eq!(task.judged(&found), (3, 3));
    assert!(found[3..].iter().all(Option::is_none));
}

#[test]
fn products_of_places_are_solved_although_all_rows_want_the_same() {
    // Opposite order is best: the least sum of products.
    let size = 60;
    let row = |contact: i64| (0..size).map(|agent| Some(contact * agent)).collect();
    let task = Task::of(&(0..size).map(row).collect::<Vec<Vec<_>>>(), size as usize);
    let least = (0..size).map(|contact| contact * (size - 1 - contact)).sum();
    assert_eq!(task.judged(&task.solved()), (size as usize, least));
}

#[test]
fn greatest_costs_are_added_without_loss() {
    // Pairs whose places add up to a multiple of three gain, all others cost: one of two pairs
    // gains where there are two, every one where there are 300.
    for (size, total) in [(2, 0), (300, -300 * GREATEST_COST)] {
        let cost = |gains: bool| Some(if gains { -GREATEST_COST } else { GREATEST_COST });
        let row = |row| (0..size).map(|column| cost((row + column) % 3 == 0)).collect();
        let task = Task::of(&(0..size).map(row).collect::<Vec<Vec<_>>>(), size);
        assert_eq!(task.judged(&task.solved()), (size, total));
    }
}

#[test]
fn nothing_to_do_is_done() {
    assert_eq!(assign(&[0_i64], &[] as &[i64], &[], 5).unwrap(), []);
    assert_eq!(assign(&[0_i64, 0, 0], &[] as &[i64], &[], 0).unwrap(), [None, None]);
}

#[test]
fn what_is_wrong_is_named_with_the_remedy() {
    let refused = |starts: &[i64], agents: &[i64], costs: &[i64], count| {
        assign(starts, agents, costs, count).unwrap_err().message
    };
    let cases = [
        (refused(&[], &[], &[], 1), "indptr does not lead from 0 to the 0 indices: "),
        (refused(&[1, 2], &[0, 0], &[0, 0], 1), "indptr does not lead from 0 to the 2 indices: "),
        (refused(&[0, 1], &[0, 0], &[0, 0], 1), "indptr does not lead from 0 to the 2 indices: "),
        (refused(&[0, 1], &[0], &[], 1), "0 costs for 1 indices: give one for each"),
        (refused(&[0, 2, 1], &[0], &[0], 1), "indptr[1] is 2 after 0: "),
        (refused(&[0, 1, 0, 1], &[0], &[0], 1), "indptr[2] is 0 after 1: "),
        (refused(&[0, 1], &[1], &[0], 1), "contact 0 names agent 1: give numbers from 0, below "),
        (refused(&[0, 0, 1], &[-1], &[0], 1), "contact 1 names agent -1: give numbers from 0"),
        (refused(&[0, 2], &[1, 1], &[0, 0], 2), "contact 0 names agent 1 twice: "),
        (refused(&[0, 2], &[1, 0], &[0, 0], 2), "contact 0 names agent 0 after 1: sort "),
        (refused(&[0, 1], &[0], &[GREATEST_COST + 1], 1), "costs[0] is 274877906945: "),
        (refused(&[0, 1], &[0], &[i64::MIN], 1), "costs[0] is -9223372036854775808: "),
        (refused(&[0], &[], &[], MOST + 1), "1048577 agents: give 1048576 at most"),
    ];
    for (message, start) in cases {
        assert!(message.starts_with(start), "{message}");
    }
}
