//! Estimates with their standard errors. Means are ratios of sums over batches of one long
//! run, or over runs with seeds of their own.

use std::fmt;

/// A mean and its standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) error: f64,
}

impl Estimate {
    /// Whether a value lies within so many standard errors.
    pub(crate) fn agrees(self, value: f64, errors: f64) -> bool {
        (self.mean - value).abs() <= errors * self.error
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} ±{:.4}", self.mean, self.error)
    }
}

/// Sums of a value and of what it is counted by, batch by batch.
#[derive(Clone, Debug)]
pub(crate) struct Batches(Vec<(f64, f64)>);

impl Batches {
    pub(crate) fn new(batches: usize) -> Self {
        Self(vec![(0.0, 0.0); batches])
    }

    pub(crate) fn add(&mut self, batch: usize, value: f64, weight: f64) {
        let (values, weights) = &mut self.0[batch];
        *values += value;
        *weights += weight;
    }

    /// Sum by sum, and the standard error of that ratio.
    pub(crate) fn estimate(&self) -> Estimate {
        let (values, weights) =
            self.0.iter().fold((0.0, 0.0), |(v, w), (value, weight)| (v + value, w + weight));
        let mean = values / weights;
        let batches = self.0.len() as f64;
        let squares: f64 = self.0.iter().map(|(v, w)| (v - mean * w).powi(2)).sum();
        let error = (squares * batches / (batches - 1.0)).sqrt() / weights;
        Estimate { mean, error }
    }

    /// What each batch adds to the deviation of the mean.
    fn residuals(&self) -> Vec<f64> {
        let mean = self.estimate().mean;
        let weights: f64 = self.0.iter().map(|(_, weight)| weight).sum();
        self.0.iter().map(|(value, weight)| (value - mean * weight) / weights).collect()
    }

    /// This mean by that of `other`, of the same batches, and its standard error: what both
    /// owe to chance alike does not count.
    pub(crate) fn against(&self, other: &Self) -> Estimate {
        let (ours, theirs) = (self.estimate().mean, other.estimate().mean);
        let mean = ours / theirs;
        let both = self.residuals().into_iter().zip(other.residuals());
        let squares: f64 = both.map(|(our, their)| (our - mean * their).powi(2)).sum();
        let batches = self.0.len() as f64;
        Estimate { mean, error: (squares * batches / (batches - 1.0)).sqrt() / theirs }
    }

    /// This mean, less what it owes to the same chance as `control`, the mean of which is
    /// known (Lavenberg and Welch, "A perspective on the use of control variables", 1981).
    pub(crate) fn controlled(&self, control: &Self, known: f64) -> Estimate {
        let (ours, theirs) = (self.residuals(), control.residuals());
        let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let slope = sum(&ours, &theirs) / sum(&theirs, &theirs);
        let mean = self.estimate().mean - slope * (control.estimate().mean - known);
        let left: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - slope * b).collect();
        let batches = self.0.len() as f64;
        Estimate { mean, error: (sum(&left, &left) * batches / (batches - 2.0)).sqrt() }
    }
}

#[test]
fn ratios_and_their_errors_are_right() {
    let mut waits = Batches::new(4);
    for (batch, (value, weight)) in
        [(2.0, 1.0), (4.0, 1.0), (6.0, 2.0), (8.0, 4.0)].iter().enumerate()
    {
        waits.add(batch, *value, *weight);
    }
    let estimate = waits.estimate();
    // 20 / 8; residuals -0.5, 1.5, 1, -2: squares 7.5, times 4/3, root, by 8.
    assert!((estimate.mean - 2.5).abs() < 1e-12);
    assert!((estimate.error - 10.0_f64.sqrt() / 8.0).abs() < 1e-12);
    assert!(estimate.agrees(2.9, 3.0) && !estimate.agrees(3.9, 3.0));
    // A mean by itself is one, whatever chance did; controlled by itself it is known.
    let itself = waits.against(&waits);
    assert!((itself.mean - 1.0).abs() < 1e-12 && itself.error < 1e-12);
    let known = waits.controlled(&waits, 3.0);
    assert!((known.mean - 3.0).abs() < 1e-12 && known.error < 1e-12);
}
