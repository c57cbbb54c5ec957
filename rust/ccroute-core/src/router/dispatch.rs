//! Each command to its rule.

use super::{Outcome, Reply, Router};
use crate::command::Command;

impl Router {
    pub(super) fn execute(&mut self, command: &Command<'_>) -> Outcome {
        let touches_many = matches!(
            command,
            Command::ReadyAll(_) | Command::SetPlan(_) | Command::Reconcile { .. }
        );
        let reply = self.carry_out(command)?;
        if touches_many && self.plan.assign_together > 1 {
            self.unsettled.settle_staff();
            self.share_out();
        }
        self.settle();
        Ok(reply)
    }

    fn carry_out(&mut self, command: &Command<'_>) -> Outcome {
        let done = match *command {
            Command::SignIn { agent, ref settings } => return self.sign_in(agent, settings),
            Command::Enqueue(ref contact) => return self.enqueue(contact),
            Command::Adopt { ref contact, phase } => return self.adopt(contact, phase),
            Command::SignOut(agent) => self.sign_out(agent),
            Command::Ready(agent) => self.ready(agent),
            Command::ReadyAll(agents) => self.ready_all(agents),
            Command::NotReady { agent, reason } => self.not_ready(agent, reason),
            Command::SetDevice { agent, device } => self.set_device(agent, device),
            Command::Change { agent, ref settings } => self.change(agent, settings),
            Command::Cancel { contact, cause } => self.cancel(contact, cause),
            Command::Reprioritise { contact, band, head_start } => {
                self.reprioritise(contact, band, head_start)
            }
            Command::Update { contact, requirement, attributes, preferred } => {
                self.update(contact, requirement, attributes, preferred)
            }
            Command::Reclassify(contact) => self.reclassify_contact(contact),
            Command::Exclude { contact, agent, lasts } => self.exclude(contact, agent, lasts),
            Command::Readmit { contact, agent } => self.readmit(contact, agent),
            Command::Accept(offer) => self.accept(offer),
            Command::Decline { offer, failure, reason } => self.decline(offer, failure, reason),
            Command::Pick { agent, contact } => self.pick_contact(agent, contact),
            Command::Connected(contact) => self.connected(contact),
            Command::Hold(contact) => self.hold(contact, true),
            Command::Resume(contact) => self.hold(contact, false),
            Command::Transfer { contact, queue, keep_age } => {
                self.transfer(contact, queue, keep_age)
            }
            Command::Join { contact, agent, role } => self.join(contact, agent, role),
            Command::Leave { contact, agent } => self.leave(contact, agent),
            Command::HandOver { contact, agent } => self.hand_over(contact, agent),
            Command::Release { contact, by } => self.release(contact, by),
            Command::ExtendWrapUp { agent, contact, by } => self.extend_wrap_up(agent, contact, by),
            Command::EndWrapUp { agent, contact } => self.end_wrap_up(agent, contact),
            Command::Dispose { contact, codes } => self.dispose(contact, codes),
            Command::Press { contact, key } => self.press(contact, key),
            Command::RequestCallback { contact, at } => self.request_callback(contact, at),
            Command::FailConnection { contact, cause } => self.fail_connection(contact, cause),
            Command::FailCallback { contact, cause } => self.fail_callback(contact, cause),
            Command::Suspend { contact, lasts } => self.suspend(contact, lasts),
            Command::Reinstate(contact) => self.reinstate(contact),
            Command::SetQueueOpen { queue, open } => self.set_queue_open(queue, open),
            Command::SetLine { line, up } => self.set_line(line, up),
            Command::ObserveKpi { kpi, numerator, denominator } => {
                self.observe_kpi(kpi, numerator, denominator)
            }
            Command::SetScores { table, version, expires, rows } => {
                self.set_scores(table, version, expires, rows)
            }
            Command::SetPlan(plan) => self.set_plan(plan),
            Command::Reconcile { observed, among } => self.reconcile(observed, among),
        };
        done.map(|()| Reply::Done)
    }
}
