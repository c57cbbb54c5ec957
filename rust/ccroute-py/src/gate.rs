//! The one way in: every call on an object goes through its gate. One mutex an object;
//! the engine never calls Python while it holds a lock; a panic breaks that one object.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::errors;

/// What lies behind the gate, until a defect breaks it.
enum Behind<T> {
    Whole(T),
    /// The call that broke it.
    Broken(&'static str),
}

/// A value that one thread at a time may use, and nobody after a panic.
pub(crate) struct Gate<T> {
    /// The class's name, for the message of a broken one.
    class: &'static str,
    behind: Mutex<Behind<T>>,
}

impl<T> Gate<T> {
    pub(crate) fn new(class: &'static str, value: T) -> Self {
        Self { class, behind: Mutex::new(Behind::Whole(value)) }
    }

    /// Runs `act` on the value; `call` names it should it panic. Other Python threads
    /// run on while this one waits for its turn.
    ///
    /// A panic leaves the value in an unknown state: it is dropped, and this and every
    /// later call raise `EngineBroken`.
    pub(crate) fn run<R>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut T) -> R,
    ) -> PyResult<R> {
        let turn = self.behind.lock_py_attached(py);
        self.pass(turn.unwrap_or_else(PoisonError::into_inner), call, act)
    }

    /// As [`Self::run`], for work long enough that other Python threads run meanwhile.
    pub(crate) fn run_detached<R: Send>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut T) -> R + Send,
    ) -> PyResult<R>
    where
        T: Send,
    {
        py.detach(|| self.within(call, act))
    }

    /// As [`Self::run`], for code that is inside another gate already.
    pub(crate) fn within<R>(
        &self,
        call: &'static str,
        act: impl FnOnce(&mut T) -> R,
    ) -> PyResult<R> {
        let turn = self.behind.lock();
        self.pass(turn.unwrap_or_else(PoisonError::into_inner), call, act)
    }

    /// Runs `act` unless somebody is inside, without waiting; who broke it raises as ever.
    pub(crate) fn run_if_free(&self, call: &'static str, act: impl FnOnce(&mut T)) -> PyResult<()> {
        match self.behind.try_lock() {
            Ok(turn) => self.pass(turn, call, act),
            Err(TryLockError::Poisoned(turn)) => self.pass(turn.into_inner(), call, act),
            Err(TryLockError::WouldBlock) => Ok(()),
        }
    }

    // Panics are caught inside the lock, so that it is never poisoned.
    fn pass<R>(
        &self,
        mut behind: MutexGuard<'_, Behind<T>>,
        call: &'static str,
        act: impl FnOnce(&mut T) -> R,
    ) -> PyResult<R> {
        let outcome = match &mut *behind {
            Behind::Whole(value) => catch_unwind(AssertUnwindSafe(|| act(value))).map_err(|_| call),
            Behind::Broken(by) => Err(*by),
        };
        outcome.map_err(|by| {
            *behind = Behind::Broken(by);
            errors::broken(self.class, by)
        })
    }
}

/// What `make` makes of foreign data, before there is a gate that could break; `None`
/// when it panics.
pub(crate) fn attempt<R>(make: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(make)).ok()
}
