//! What failures do to an agent: counts, limits, back-off.

use ccroute_core::{Cause, EventKind, Failure, Failures, OfferPolicy, OnMissed};

use super::happening::Happening;
use super::router::{Oracle, Seq, Timer};

impl Oracle {
    /// "A **failure** of an agent is missed (also a connection that timed out), declined, busy
    /// or unreachable. While the agent is ready, each counts, by kind … When the count of the
    /// kind reaches the queue's `offer.limits` (0: never; for missed, under `on_missed =
    /// "stay_ready"`: never): each other live offer of the agent `offer_withdrawn`
    /// (not_ready), [`back_off_ended` (not_ready)], `agent_not_ready` … Below the limit, a
    /// `back_off` above zero leaves the agent alone: `back_off_started` (the same cause, time
    /// = its end), unless one runs that ends no earlier; one that ends earlier is replaced
    /// without an event of its own."
    ///
    /// Returns the contacts whose offers were taken back.
    pub(crate) fn suffer(
        &mut self,
        name: &str,
        kind: Failure,
        cause: Cause,
        policy: &OfferPolicy,
    ) -> Vec<Seq> {
        if !self.agent(name).is_ready() {
            return Vec::new();
        }
        let count = self.agent_mut(name).failures.of_mut(kind);
        *count += 1;
        let reached = *count >= u32::from(*policy.limits.of(kind));
        let never = *policy.limits.of(kind) == 0
            || (kind == Failure::Missed && policy.on_missed == OnMissed::StayReady);
        if reached && !never {
            let others = self.go_not_ready(name, None, cause);
            // "Being set not ready by a limit … reset[s] all four."
            self.agent_mut(name).failures = Failures::default();
            return others;
        }
        let span = *policy.back_off.of(kind);
        let until = self.now + span;
        let runs = self.agent(name).back_off;
        if span.micros() > 0 && runs.is_none_or(|running| running < until) {
            self.cancel_timer(&Timer::BackOff(name.to_owned()));
            self.agent_mut(name).back_off = Some(until);
            let event = self.of_agent(name, EventKind::BackOffStarted);
            self.emit(Happening { cause, time: Some(until), ..event });
            self.set_timer(until, Timer::BackOff(name.to_owned()));
        }
        Vec::new()
    }

    /// "It ends with `back_off_ended`: limit at its deadline, agent by `ready`, not_ready or
    /// signed_out."
    pub(crate) fn end_back_off(&mut self, name: &str, cause: Cause) {
        self.cancel_timer(&Timer::BackOff(name.to_owned()));
        self.agent_mut(name).back_off = None;
        let event = self.of_agent(name, EventKind::BackOffEnded);
        self.emit(Happening { cause, ..event });
    }
}
