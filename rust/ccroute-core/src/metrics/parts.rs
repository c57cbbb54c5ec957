//! Work in parts that know nothing of each other, and who runs them. The core has no threads: a
//! host that has some lends them. What comes of the parts is put together in their order, so that
//! it is the same whoever ran them, and when.

use core::ops::Range;

/// A part of the work.
pub type Part<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs parts of work, several at a time or one after the other.
pub trait Parallel {
    /// How many can run at a time, from 1.
    fn most(&self) -> usize;

    /// Runs every part, in any order and each to its end, before it comes back.
    fn run(&self, parts: Vec<Part<'_>>);
}

/// Runs one part after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct InTurn;

impl Parallel for InTurn {
    fn most(&self) -> usize {
        1
    }

    fn run(&self, parts: Vec<Part<'_>>) {
        parts.into_iter().for_each(|part| part());
    }
}

/// What comes of each of some things, in their order.
pub(super) fn each<T: Send, R: Send>(
    parallel: &dyn Parallel,
    things: Vec<T>,
    act: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    if things.len() <= 1 {
        return things.into_iter().map(act).collect();
    }
    let mut made: Vec<Option<R>> = things.iter().map(|_| None).collect();
    let act = &act;
    let parts = things.into_iter().zip(&mut made).map(|(thing, made)| {
        let part: Part<'_> = Box::new(move || *made = Some(act(thing)));
        part
    });
    parallel.run(parts.collect());
    made.into_iter().map(|made| made.expect("every part was run")).collect()
}

/// So many rows in ranges about as long as each other, at most so many, and at least one; each
/// begins at a multiple of `step`.
pub(super) fn ranges(rows: usize, step: usize, most: usize) -> Vec<Range<usize>> {
    let steps = rows.div_ceil(step).max(1);
    let parts = most.clamp(1, steps);
    let begin = |part: usize| (part * steps / parts * step).min(rows);
    (0..parts).map(|part| begin(part)..begin(part + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_every_row_once_and_begin_at_steps() {
        for rows in [0, 1, 255, 256, 257, 1_000, 5_000] {
            for most in [0, 1, 2, 3, 16, 1_000] {
                let parts = ranges(rows, 256, most);
                assert!(!parts.is_empty() && parts.len() <= most.max(1));
                assert!(parts.iter().all(|part| part.start % 256 == 0 || part.is_empty()));
                assert!(parts.iter().all(|part| rows == 0 || !part.is_empty()));
                let all: Vec<usize> = parts.into_iter().flatten().collect();
                assert_eq!(all, (0..rows).collect::<Vec<_>>());
            }
        }
    }
}
