//! An event in names, as the oracle and the engine can both say it, and its text in
//! scenario files. Comparison with what a file expects stands here too.

use ccroute_core::{Cause, Device, EventKind, Role, Timestamp};

/// One event; the fields are those of [`ccroute_core::Event`], in names. Offers are
/// numbered in the order of making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    pub(crate) at: Timestamp,
    pub(crate) kind: EventKind,
    pub(crate) cause: Cause,
    pub(crate) role: Role,
    pub(crate) channel: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) visit: u32,
    pub(crate) queue: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) offer: Option<usize>,
    pub(crate) reason: Option<String>,
    pub(crate) number: u32,
    pub(crate) time: Option<Timestamp>,
}

impl Happening {
    /// A bare event of `kind` at `at`.
    pub(crate) fn new(at: Timestamp, kind: EventKind) -> Self {
        Self {
            at,
            kind,
            cause: Cause::None,
            role: Role::Primary,
            channel: None,
            contact: None,
            visit: 0,
            queue: None,
            agent: None,
            offer: None,
            reason: None,
            number: 0,
            time: None,
        }
    }

    /// The part that must always be written: the kind, then offer, contact and agent.
    fn ids(&self) -> Vec<String> {
        let mut words = vec![self.kind.word().to_owned()];
        words.extend(self.offer.map(|ordinal| format!("o{ordinal}")));
        words.extend(self.contact.clone());
        words.extend(self.agent.clone());
        words
    }

    /// What may be written after the ids, in the order we print it.
    fn details(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.cause != Cause::None {
            words.push(self.cause.word().to_owned());
        }
        words.extend(self.reason.clone());
        words.extend(self.number_word());
        if matches!(self.kind, EventKind::AgentJoined | EventKind::AgentLeft) {
            words.push(format!("as {}", self.role));
        }
        words.extend(self.queue.as_ref().map(|queue| format!("on {queue}")));
        words.extend(self.channel.as_ref().map(|channel| format!("via {channel}")));
        if self.visit != 0 {
            words.push(format!("visit {}", self.visit));
        }
        let age = matches!(self.kind, EventKind::ContactQueued | EventKind::ContactRequeued);
        let label = if age { "since" } else { "until" };
        words.extend(self.time.map(|time| format!("{label} {time}")));
        words
    }

    /// The number in the words of its kind; a bare one where the kind gives it no meaning.
    fn number_word(&self) -> Option<String> {
        let number = self.number;
        if self.kind == EventKind::AgentDevice {
            let device = u8::try_from(number).ok().and_then(Device::from_code);
            return Some(device.map_or_else(|| format!("device {number}"), |d| d.to_string()));
        }
        let labels = [
            (EventKind::ContactEscalated, "step", i64::from(number)),
            (EventKind::CallbackOffered, "step", i64::from(number)),
            (EventKind::CallbackFailed, "attempt", i64::from(number)),
            (EventKind::ContactClassified, "rule", i64::from(number)),
            (EventKind::HelpStarted, "rule", i64::from(number)),
            (EventKind::HelpEnded, "rule", i64::from(number)),
            // "The band, as two's complement".
            (EventKind::ContactReprioritised, "band", i64::from(number as i16)),
            (EventKind::ContactDisposed, "set", i64::from(number)),
        ];
        match labels.iter().find(|(kind, ..)| *kind == self.kind) {
            Some((_, label, value)) => Some(format!("{label} {value}")),
            None => (number != 0).then(|| format!("number {number}")),
        }
    }

    /// The whole event as text.
    pub(crate) fn text(&self) -> String {
        let mut words = self.ids();
        words.extend(self.details());
        words.join(" ")
    }

    /// Whether `expected`, an event of a scenario file, says nothing but what happened:
    /// kind and ids in full, and then any of the details.
    pub(crate) fn agrees_with(&self, expected: &str) -> bool {
        let ids = self.ids();
        let words: Vec<&str> = expected.split_whitespace().collect();
        if words.len() < ids.len() || words[..ids.len()] != ids {
            return false;
        }
        let details = self.details();
        let mut rest = &words[ids.len()..];
        while let Some(&word) = rest.first() {
            let said = if LABELS.contains(&word) && rest.len() > 1 {
                format!("{word} {}", rest[1])
            } else {
                word.to_owned()
            };
            if !details.contains(&said) {
                return false;
            }
            rest = &rest[said.split(' ').count()..];
        }
        true
    }
}

/// Words that come with a value.
const LABELS: &[&str] =
    &["step", "attempt", "rule", "band", "set", "as", "on", "via", "visit", "since", "until"];
