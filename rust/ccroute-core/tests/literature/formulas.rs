//! Closed forms of the literature: M/M/c with and without places to wait, priorities, ageing.

/// M/M/c/K in steady state, served in order of arrival, the mean conversation as unit of time.
pub(crate) struct Pool {
    pub(crate) agents: usize,
    pub(crate) load: f64,
    /// How likely so many are there.
    states: Vec<f64>,
}

impl Pool {
    pub(crate) fn new(agents: usize, places: usize, load: f64) -> Self {
        let mut states = vec![1.0];
        for there in 1..=places {
            let busy = there.min(agents) as f64;
            states.push(states[there - 1] * load / busy);
        }
        let total: f64 = states.iter().sum();
        states.iter_mut().for_each(|state| *state /= total);
        Self { agents, load, states }
    }

    /// Without end to the queue: as many places as make no difference.
    pub(crate) fn endless(agents: usize, load: f64) -> Self {
        Self::new(agents, agents + 3_000, load)
    }

    pub(crate) fn blocked(&self) -> f64 {
        self.states[self.states.len() - 1]
    }

    /// How likely somebody who gets in finds `there` others.
    pub(crate) fn found(&self, there: usize) -> f64 {
        self.states[there] / (1.0 - self.blocked())
    }

    fn waiting_states(&self) -> impl Iterator<Item = usize> {
        self.agents..self.states.len() - 1
    }

    pub(crate) fn must_wait(&self) -> f64 {
        self.waiting_states().map(|there| self.found(there)).sum()
    }

    /// The mean wait of all who get in, in mean conversations.
    pub(crate) fn mean_wait(&self) -> f64 {
        let wait = |there: usize| (there + 1 - self.agents) as f64 / self.agents as f64;
        self.waiting_states().map(|there| self.found(there) * wait(there)).sum()
    }

    /// How many wait no longer than this, in order of arrival.
    pub(crate) fn within(&self, wait: f64) -> f64 {
        // Who finds n waiting is next after n + 1 ends: later than `wait` when at most n come.
        let mean = self.agents as f64 * wait;
        let mut term = (-mean).exp();
        let mut at_most = term;
        let mut later = 0.0;
        for (ends, there) in (1..).zip(self.waiting_states()) {
            later += self.found(there) * at_most;
            term *= mean / f64::from(ends);
            at_most += term;
        }
        1.0 - later
    }

    pub(crate) fn in_use(&self) -> f64 {
        self.load * (1.0 - self.blocked()) / self.agents as f64
    }
}

/// Classes in a pool without end, the most patient first: their loads.
pub(crate) struct Classes<'a> {
    pub(crate) agents: usize,
    pub(crate) loads: &'a [f64],
}

impl Classes<'_> {
    fn shares(&self) -> Vec<f64> {
        self.loads.iter().map(|load| load / self.agents as f64).collect()
    }

    /// The mean wait of all, in any order that knows nothing of the conversations.
    pub(crate) fn together(&self) -> f64 {
        Pool::endless(self.agents, self.loads.iter().sum()).mean_wait()
    }

    /// The mean wait of somebody whom all agents, busy, let go next.
    fn next(&self) -> f64 {
        self.together() * (1.0 - self.shares().iter().sum::<f64>())
    }

    /// Kleinrock's recursion: urgency grows with the wait, by each class's slope.
    pub(crate) fn aged(&self, slopes: &[f64]) -> Vec<f64> {
        let shares = self.shares();
        let together = self.together();
        let mut waits: Vec<f64> = Vec::new();
        for (at, slope) in slopes.iter().enumerate() {
            let below: f64 =
                (0..at).map(|low| shares[low] * waits[low] * (1.0 - slopes[low] / slope)).sum();
            let above: f64 = (at + 1..slopes.len())
                .map(|high| shares[high] * (1.0 - slope / slopes[high]))
                .sum();
            waits.push((together - below) / (1.0 - above));
        }
        waits
    }

    /// Cobham: a higher class goes first whatever the waits.
    pub(crate) fn strict(&self) -> Vec<f64> {
        let shares = self.shares();
        let above = |at: usize| 1.0 - shares[at..].iter().sum::<f64>();
        (0..shares.len()).map(|at| self.next() / (above(at) * above(at + 1))).collect()
    }
}

fn near(value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() < within, "{value}, expected {expected}");
}

#[test]
fn pools_are_those_of_the_field_notes() {
    // Load, blocked, P(W > 0), E[W] in minutes of ten, use, SL 30 s in order of arrival.
    for (load, figures) in [
        (77.4, [0.000_168, 0.1093, 0.0828, 0.8599, 0.9423]),
        (84.0, [0.003_643, 0.3797, 0.4500, 0.9299, 0.7329]),
        (90.0, [0.023_49, 0.7217, 1.2430, 0.9765, 0.3865]),
    ] {
        let pool = Pool::new(90, 120, load);
        near(pool.blocked(), figures[0], 6e-6);
        near(pool.must_wait(), figures[1], 6e-5);
        near(10.0 * pool.mean_wait(), figures[2], 6e-5);
        near(pool.in_use(), figures[3], 6e-5);
        near(pool.within(0.05), figures[4], 6e-5);
    }
}

#[test]
fn ageing_and_priorities_are_those_of_the_field_notes() {
    type Row = (usize, [f64; 3], [f64; 3], f64, [f64; 3]);
    let rows: [Row; 4] = [
        (1, [0.3, 0.3, 0.3], [1.0, 2.0, 4.0], 9.0, [14.400, 8.047, 4.553]),
        (10, [3.0, 3.0, 3.0], [1.0, 2.0, 4.0], 0.6687, [1.0700, 0.5979, 0.3383]),
        (1, [0.5, 0.25, 0.15], [1.0, 3.0, 10.0], 9.0, [12.888, 5.256, 2.281]),
        (10, [6.0, 2.0, 1.5], [1.0, 4.0, 16.0], 1.6512, [2.3276, 0.6803, 0.2398]),
    ];
    for (agents, loads, slopes, together, aged) in rows {
        let classes = Classes { agents, loads: &loads };
        near(classes.together(), together, 1e-4);
        for (value, expected) in classes.aged(&slopes).into_iter().zip(aged) {
            near(value, expected, 1e-3);
        }
    }
    let strict = Classes { agents: 1, loads: &[0.3, 0.3, 0.3] }.strict();
    for (value, expected) in strict.into_iter().zip([22.5, 3.214, 1.286]) {
        near(value, expected, 1e-3);
    }
}
