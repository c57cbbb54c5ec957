//! The text of a command, written: what `reading` reads.

use std::fmt;

use ccroute_core::{Failure, Value};

use super::commands::{Arrival, Observed, ScriptCommand, Step, Table, Update};
use super::need::{Level, Need};
use super::rules::{Link, Profile};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} {}", self.at, self.command)?;
        if let Some(id) = &self.id {
            write!(f, " id={id}")?;
        }
        Ok(())
    }
}

/// Ends a word with its value, when there is one.
fn after<T: fmt::Display>(word: &str, value: Option<T>) -> String {
    value.map_or_else(String::new, |value| format!(" {word}{value}"))
}

impl fmt::Display for ScriptCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Advance => Ok(()),
            Self::SignIn { agent, profile } | Self::Change { agent, profile } => {
                write!(f, " {agent}{profile}")
            }
            Self::SignOut { agent } | Self::Ready { agent } => write!(f, " {agent}"),
            Self::ReadyAll { agents } => write!(f, " {}", joined(agents)),
            Self::NotReady { agent, reason } => {
                write!(f, " {agent}{}", after("", reason.as_ref()))
            }
            Self::SetDevice { agent, device } => write!(f, " {agent} {device}"),
            Self::Accept { offer } => write!(f, " o{offer}"),
            Self::Decline { offer, failure, reason } => {
                let failure = Some(failure).filter(|failure| **failure != Failure::Declined);
                write!(f, " o{offer}{}{}", after("as ", failure), after("", reason.as_ref()))
            }
            Self::Join { contact, agent, role } => write!(f, " {contact} {agent} {role}"),
            Self::Leave { contact, agent }
            | Self::HandOver { contact, agent }
            | Self::Readmit { contact, agent } => write!(f, " {contact} {agent}"),
            Self::Exclude { contact, agent, lasts } => {
                write!(f, " {contact} {agent}{}", after("for ", *lasts))
            }
            Self::ExtendWrapUp { agent, contact, by } => write!(f, " {agent} {contact} {by}"),
            Self::EndWrapUp { agent, contact } | Self::Pick { agent, contact } => {
                write!(f, " {agent} {contact}")
            }
            Self::SetQueueOpen { queue, open } => {
                write!(f, " {queue} {}", if *open { "open" } else { "closed" })
            }
            Self::SetLine { line, up } => write!(f, " {line} {}", if *up { "up" } else { "down" }),
            Self::ObserveKpi { kpi, numerator, denominator } => {
                write!(f, " {kpi} {numerator}/{denominator}")
            }
            Self::SetScores(table) => write!(f, " {table}"),
            Self::SetPlan { plan } => write!(f, " {plan}"),
            Self::Reconcile { among, observed } => f.write_str(&report(among.as_ref(), observed)),
            Self::Enqueue(arrival) => write!(f, " {}{arrival}", arrival.contact),
            Self::Adopt { arrival, engaged } => {
                write!(f, " {}{}{arrival}", arrival.contact, phase(engaged.as_ref(), "waiting"))
            }
            Self::Cancel { .. }
            | Self::Reprioritise { .. }
            | Self::Update { .. }
            | Self::Reclassify { .. }
            | Self::Connected { .. }
            | Self::Hold { .. }
            | Self::Resume { .. }
            | Self::Transfer { .. }
            | Self::Release { .. }
            | Self::Dispose { .. }
            | Self::Press { .. }
            | Self::RequestCallback { .. }
            | Self::FailConnection { .. }
            | Self::FailCallback { .. }
            | Self::Suspend { .. }
            | Self::Reinstate { .. } => f.write_str(&contact_alone(self)),
        }
    }
}

/// The commands that name a contact and nobody else.
fn contact_alone(command: &ScriptCommand) -> String {
    use ScriptCommand as C;
    let (contact, rest) = match command {
        C::Cancel { contact, cause }
        | C::FailConnection { contact, cause }
        | C::FailCallback { contact, cause } => (contact, format!(" {cause}")),
        C::Reprioritise { contact, band, head_start } => {
            (contact, format!("{}{}", after("band ", *band), after("head_start ", *head_start)))
        }
        C::Update { contact, update } => (contact, updated(update)),
        C::Transfer { contact, queue, keep_age } => {
            (contact, format!(" to {queue}{}", if *keep_age { " keep_age" } else { "" }))
        }
        C::Release { contact, by } => (contact, format!(" by {by}")),
        C::Dispose { contact, codes } => (contact, format!(" {}", joined(codes))),
        C::Press { contact, key } => (contact, format!(" {key}")),
        C::RequestCallback { contact, at } => (contact, after("at ", *at)),
        C::Suspend { contact, lasts } => (contact, after("for ", *lasts)),
        C::Reclassify { contact }
        | C::Connected { contact }
        | C::Hold { contact }
        | C::Resume { contact }
        | C::Reinstate { contact } => (contact, String::new()),
        C::Advance
        | C::SignIn { .. }
        | C::SignOut { .. }
        | C::Ready { .. }
        | C::ReadyAll { .. }
        | C::NotReady { .. }
        | C::SetDevice { .. }
        | C::Change { .. }
        | C::Enqueue(_)
        | C::Exclude { .. }
        | C::Readmit { .. }
        | C::Accept { .. }
        | C::Decline { .. }
        | C::Pick { .. }
        | C::Join { .. }
        | C::Leave { .. }
        | C::HandOver { .. }
        | C::ExtendWrapUp { .. }
        | C::EndWrapUp { .. }
        | C::SetQueueOpen { .. }
        | C::SetLine { .. }
        | C::ObserveKpi { .. }
        | C::SetScores(_)
        | C::SetPlan { .. }
        | C::Adopt { .. }
        | C::Reconcile { .. } => unreachable!("written before"),
    };
    format!(" {contact}{rest}")
}

fn phase(engaged: Option<&String>, alone: &str) -> String {
    engaged.map_or_else(|| format!(" {alone}"), |agent| format!(" engaged {agent}"))
}

fn report(among: Option<&(String, Value)>, observed: &[Observed]) -> String {
    let among = among.map(|(key, value)| format!("{key}={}", typed(value)));
    let among = after("among ", among);
    let one = |seen: &Observed| {
        let arrival = seen.arrival.as_ref().map_or_else(String::new, |arrival| {
            // Something must be written, or nothing is known of it.
            let bare = arrival.to_string();
            if bare.is_empty() { format!(" via {}", arrival.channel) } else { bare }
        });
        format!("{}{}{arrival}", seen.contact, phase(seen.engaged.as_ref(), "present"))
    };
    let all: Vec<String> = observed.iter().map(one).collect();
    if all.is_empty() { among } else { format!("{among} of {}", all.join(" | ")) }
}

fn updated(update: &Update) -> String {
    let Update { need, attributes, preferred } = update;
    let preferred = preferred.as_ref().map(|preferred| paired(preferred));
    format!("{}{}{}", needs(need.as_ref()), with(attributes), after("prefers ", preferred))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|(kind, agent, score)| format!("{kind}:{agent}={score}"));
        let rows = joined(&rows.collect::<Vec<_>>());
        write!(f, "{} version {} until {} {rows}", self.table, self.version, self.expires)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { skills, labels, links, capacity, budget, lines } = self;
        let links = links
            .as_ref()
            .map(|links| joined(&links.iter().map(ToString::to_string).collect::<Vec<_>>()));
        let skills = skills.as_ref().map(|skills| paired(skills));
        let labels = labels.as_ref().map(|labels| typed_pairs(labels));
        let capacity = capacity.as_ref().map(|capacity| paired(capacity));
        let lines = lines.as_ref().map(|lines| joined(lines));
        f.write_str(&after("skills ", skills))?;
        f.write_str(&after("labels ", labels))?;
        f.write_str(&after("queues ", links))?;
        f.write_str(&after("capacity ", capacity))?;
        f.write_str(&after("budget ", *budget))?;
        f.write_str(&after("lines ", lines))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.queue)?;
        let plain = Self::new("");
        if self.rank != plain.rank {
            write!(f, ":rank={}", self.rank)?;
        }
        if self.position != plain.position {
            write!(f, ":position={}", self.position)?;
        }
        if self.delay != plain.delay {
            write!(f, ":delay={}", self.delay)?;
        }
        if let Some(waiting) = self.help_waiting {
            write!(f, ":waiting={waiting}")?;
        }
        if let Some(waited) = self.help_waited {
            write!(f, ":waited={waited}")?;
        }
        Ok(())
    }
}

/// Everything but the name.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&after("on ", self.queue.as_ref()))?;
        if self.channel != "voice" {
            write!(f, " via {}", self.channel)?;
        }
        f.write_str(&after("band ", self.band))?;
        f.write_str(&after("head_start ", self.head_start))?;
        f.write_str(&needs(self.need.as_ref()))?;
        f.write_str(&with(&self.attributes))?;
        if !self.preferred.is_empty() {
            write!(f, " prefers {}", paired(&self.preferred))?;
        }
        if !self.excluded.is_empty() {
            let one = |(agent, lasts): &(String, Option<ccroute_core::Span>)| match lasts {
                Some(lasts) => format!("{agent}:{lasts}"),
                None => agent.clone(),
            };
            let all: Vec<String> = self.excluded.iter().map(one).collect();
            write!(f, " excludes {}", joined(&all))?;
        }
        f.write_str(&after("entered_at ", self.entered_at))?;
        f.write_str(&after("not_before ", self.not_before))?;
        f.write_str(&after("customer ", self.customer.as_ref()))?;
        f.write_str(&after("conversation ", self.conversation.as_ref()))?;
        f.write_str(&after("previous ", self.previous.as_ref()))
    }
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

fn paired<V: fmt::Display>(pairs: &[(String, V)]) -> String {
    joined(&pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>())
}

/// A value as it is read: text in quotes where it would be taken for something else.
fn typed(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => {
            let other = matches!(&**text, "true" | "false") || text.parse::<i64>().is_ok();
            if other { format!("\"{text}\"") } else { text.to_string() }
        }
    }
}

fn typed_pairs(pairs: &[(String, Value)]) -> String {
    let all = pairs.iter().map(|(key, value)| format!("{key}={}", typed(value)));
    joined(&all.collect::<Vec<_>>())
}

fn with(attributes: &[(String, Value)]) -> String {
    if attributes.is_empty() { String::new() } else { format!(" with {}", typed_pairs(attributes)) }
}

fn needs(need: Option<&Need>) -> String {
    let Some(need) = need else { return String::new() };
    let level = |(skill, level): &Level| format!("{skill}>={level}");
    let levels = |items: &Vec<Level>| items.iter().map(level).collect::<Vec<_>>();
    let mut text = format!(" needs {}", joined(&levels(&need.all)));
    for group in &need.any {
        text.push_str(&format!(" any {}", levels(group).join("|")));
    }
    if !need.none.is_empty() {
        text.push_str(&format!(" not {}", joined(&levels(&need.none))));
    }
    for condition in &need.wheres {
        text.push_str(&format!(" where {}", condition.text));
    }
    text
}
