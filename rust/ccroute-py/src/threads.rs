//! Threads lent to the core, which has none: they live as long as one piece of work, and share
//! its parts. What the parts are, and what comes of them, is the core's business.

use std::sync::{Mutex, PoisonError};
use std::thread;

use ccroute_core::{ConfigError, Parallel, Part};
use pyo3::prelude::*;

use crate::errors;
use crate::scalars::Whole;

/// More would be a mistake, and each has counts of its own.
const MOST: i64 = 256;

/// A thread is worth its start from so many rows on.
const ROWS_EACH: usize = 1 << 15;

/// How many threads were asked for.
pub(crate) fn read(Whole(threads): Whole) -> PyResult<usize> {
    let few = (1..=MOST).contains(&threads).then(|| usize::try_from(threads).ok()).flatten();
    few.ok_or_else(|| {
        let remedy = format!("give a whole number from 1 to {MOST}");
        errors::config(ConfigError::new(format!("threads {threads}: {remedy}")))
    })
}

/// So many threads, the caller's among them.
pub(crate) struct Threads {
    most: usize,
}

impl Threads {
    /// At most so many, as far as there is enough to do.
    pub(crate) fn of_rows(most: usize, rows: usize) -> Self {
        Self { most: most.min(rows / ROWS_EACH).max(1) }
    }
}

impl Parallel for Threads {
    fn most(&self) -> usize {
        self.most
    }

    fn run(&self, parts: Vec<Part<'_>>) {
        let others = self.most.min(parts.len()).saturating_sub(1);
        let left = Mutex::new(parts.into_iter());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some(part) = next() {
                part();
            }
        };
        thread::scope(|scope| {
            for _ in 0..others {
                // Where the machine has no thread left, those there are do the work.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }
}
