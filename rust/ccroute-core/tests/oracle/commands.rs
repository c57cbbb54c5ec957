//! Commands in names: the left side of a scenario line, read and printed. The grammar
//! stands in `tests/scenarios/README.md`.

use std::fmt;

use ccroute_core::{Cause, Device, Role, Span, Timestamp};

use super::rules::{Level, Need};

/// One step of a script: when, under which command id, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) id: Option<String>,
    pub(crate) command: ScriptCommand,
}

/// What an agent can do and serve; what is `None` was not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) skills: Option<Vec<Level>>,
    pub(crate) queues: Option<Vec<String>>,
    pub(crate) capacity: Option<Vec<(String, u16)>>,
}

/// A contact that comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) contact: String,
    pub(crate) queue: String,
    pub(crate) channel: String,
    pub(crate) band: i16,
    pub(crate) head_start: Span,
    pub(crate) need: Option<Need>,
    pub(crate) attributes: Vec<(String, String)>,
}

/// [`ccroute_core::Command`] in names, plus the bare passing of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScriptCommand {
    Advance,
    SignIn { agent: String, profile: Profile },
    SignOut { agent: String },
    Ready { agent: String },
    NotReady { agent: String, reason: Option<String> },
    SetDevice { agent: String, device: Device },
    Change { agent: String, profile: Profile },
    Enqueue(Arrival),
    Cancel { contact: String, cause: Cause },
    Reprioritise { contact: String, band: Option<i16>, head_start: Option<Span> },
    Update { contact: String, need: Option<Need>, attributes: Vec<(String, String)> },
    Accept { offer: usize },
    Decline { offer: usize, reason: Option<String> },
    Connected { contact: String },
    Hold { contact: String },
    Resume { contact: String },
    Transfer { contact: String, queue: String, keep_age: bool },
    Join { contact: String, agent: String, role: Role },
    Leave { contact: String, agent: String },
    HandOver { contact: String, agent: String },
    Release { contact: String, by: Cause },
    ExtendWrapUp { agent: String, contact: String, by: Span },
    EndWrapUp { agent: String, contact: String },
    Dispose { contact: String, codes: Vec<String> },
}

/// The words of a line, taken one by one.
struct Words<'a>(std::iter::Peekable<std::str::SplitWhitespace<'a>>);

impl<'a> Words<'a> {
    fn next(&mut self, what: &str) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| format!("expected {what} at the end"))
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        self.next(what).map(str::to_owned)
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        let found = self.next(word)?;
        if found == word { Ok(()) } else { Err(format!("expected `{word}`, found `{found}`")) }
    }

    fn optional(&mut self) -> Option<String> {
        self.0.next().map(str::to_owned)
    }

    fn word<T>(&mut self, what: &str, from: fn(&str) -> Option<T>) -> Result<T, String> {
        let word = self.next(what)?;
        from(word).ok_or_else(|| format!("`{word}` is no {what}"))
    }

    fn offer(&mut self) -> Result<usize, String> {
        self.word("offer", |word| word.strip_prefix('o')?.parse().ok())
    }
}

impl Step {
    /// Reads `at 1s ready ana [id=k1]`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut text = text.trim();
        let mut id = None;
        if let Some((before, last)) = text.rsplit_once(' ')
            && let Some(key) = last.strip_prefix("id=")
        {
            (text, id) = (before, Some(key.to_owned()));
        }
        let mut words = Words(text.split_whitespace().peekable());
        words.literal("at")?;
        let at = words.word("time", parse_time)?;
        let command = ScriptCommand::parse(&mut words)?;
        match words.0.next() {
            Some(rest) => Err(format!("unexpected `{rest}`")),
            None => Ok(Self { at, id, command }),
        }
    }
}

impl ScriptCommand {
    fn parse(words: &mut Words<'_>) -> Result<Self, String> {
        let verb = words.next("a command")?;
        match verb {
            "advance" => Ok(Self::Advance),
            "sign_in" | "sign_out" | "ready" | "not_ready" | "set_device" | "change"
            | "extend_wrap_up" | "end_wrap_up" => Self::parse_agent(verb, words),
            "accept" => Ok(Self::Accept { offer: words.offer()? }),
            "decline" => Ok(Self::Decline { offer: words.offer()?, reason: words.optional() }),
            "enqueue" => parse_arrival(words).map(Self::Enqueue),
            _ => Self::parse_contact(verb, words),
        }
    }

    /// Commands that begin with an agent.
    fn parse_agent(verb: &str, words: &mut Words<'_>) -> Result<Self, String> {
        let agent = words.name("an agent")?;
        Ok(match verb {
            "sign_in" => Self::SignIn { agent, profile: parse_profile(words)? },
            "sign_out" => Self::SignOut { agent },
            "ready" => Self::Ready { agent },
            "not_ready" => Self::NotReady { agent, reason: words.optional() },
            "set_device" => {
                Self::SetDevice { agent, device: words.word("device", Device::from_word)? }
            }
            "change" => Self::Change { agent, profile: parse_profile(words)? },
            "end_wrap_up" => Self::EndWrapUp { agent, contact: words.name("a contact")? },
            _ => {
                let contact = words.name("a contact")?;
                Self::ExtendWrapUp { agent, contact, by: words.word("time", parse_span)? }
            }
        })
    }

    /// Commands that begin with a contact.
    fn parse_contact(verb: &str, words: &mut Words<'_>) -> Result<Self, String> {
        let contact = words.name("a contact")?;
        Ok(match verb {
            "cancel" => Self::Cancel { contact, cause: words.word("cause", Cause::from_word)? },
            "reprioritise" => {
                let arrival = parse_options(words, &["band", "head_start"])?;
                Self::Reprioritise { contact, band: arrival.0, head_start: arrival.1 }
            }
            "update" => {
                let (_, _, need, attributes) = parse_options(words, &NEEDS)?;
                Self::Update { contact, need, attributes }
            }
            "connected" => Self::Connected { contact },
            "hold" => Self::Hold { contact },
            "resume" => Self::Resume { contact },
            "transfer" => {
                words.literal("to")?;
                let queue = words.name("a queue")?;
                let keep_age = words.0.next_if_eq(&"keep_age").is_some();
                Self::Transfer { contact, queue, keep_age }
            }
            "join" => {
                let agent = words.name("an agent")?;
                Self::Join { contact, agent, role: words.word("role", Role::from_word)? }
            }
            "leave" => Self::Leave { contact, agent: words.name("an agent")? },
            "hand_over" => Self::HandOver { contact, agent: words.name("an agent")? },
            "release" => {
                words.literal("by")?;
                Self::Release { contact, by: words.word("cause", Cause::from_word)? }
            }
            "dispose" => Self::Dispose { contact, codes: list(words.next("codes")?) },
            _ => return Err(format!("`{verb}` is no command")),
        })
    }
}

const NEEDS: [&str; 4] = ["needs", "any", "not", "with"];

type Options = (Option<i16>, Option<Span>, Option<Need>, Vec<(String, String)>);

/// `band 2 head_start 30s needs es>=5,billing any en>=3|fr>=3 not trainee with tier=gold`,
/// in any order, as far as `allowed`.
fn parse_options(words: &mut Words<'_>, allowed: &[&str]) -> Result<Options, String> {
    let (mut band, mut head_start, mut need, mut attributes) = (None, None, None, Vec::new());
    while let Some(label) = words.0.next_if(|word| allowed.contains(word)) {
        let value = words.next(label)?;
        match label {
            "band" => band = Some(value.parse().map_err(|_| format!("`{value}` is no band"))?),
            "head_start" => {
                let span = parse_span(value).ok_or_else(|| format!("`{value}` is no time"))?;
                head_start = Some(span);
            }
            "with" => attributes = pairs(value)?,
            _ => {
                let need: &mut Need = need.get_or_insert_default();
                match label {
                    "needs" => need.all = levels(value, ',')?,
                    "any" => need.any.push(levels(value, '|')?),
                    _ => need.none = levels(value, ',')?,
                }
            }
        }
    }
    Ok((band, head_start, need, attributes))
}

fn parse_arrival(words: &mut Words<'_>) -> Result<Arrival, String> {
    let contact = words.name("a contact")?;
    words.literal("on")?;
    let queue = words.name("a queue")?;
    let via = words.0.next_if_eq(&"via").is_some();
    let channel = if via { words.name("a channel")? } else { "voice".to_owned() };
    let allowed = ["band", "head_start", "needs", "any", "not", "with"];
    let (band, head_start, need, attributes) = parse_options(words, &allowed)?;
    let (band, head_start) = (band.unwrap_or(0), head_start.unwrap_or_default());
    Ok(Arrival { contact, queue, channel, band, head_start, need, attributes })
}

fn parse_profile(words: &mut Words<'_>) -> Result<Profile, String> {
    let mut profile = Profile::default();
    let labels = ["skills", "queues", "capacity"];
    while let Some(label) = words.0.next_if(|word| labels.contains(word)) {
        let value = words.next(label)?;
        match label {
            "skills" => profile.skills = Some(numbers(value)?),
            "queues" => profile.queues = Some(list(value)),
            _ => profile.capacity = Some(numbers(value)?),
        }
    }
    Ok(profile)
}

/// `a,b`; `-` is the empty list.
fn list(text: &str) -> Vec<String> {
    if text == "-" { Vec::new() } else { text.split(',').map(str::to_owned).collect() }
}

/// `a=1,b=2`.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |item: String| match item.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(format!("`{item}` has no `=`")),
    };
    list(text).into_iter().map(pair).collect()
}

fn numbers<N: std::str::FromStr>(text: &str) -> Result<Vec<(String, N)>, String> {
    let number = |(key, value): (String, String)| match value.parse() {
        Ok(number) => Ok((key, number)),
        Err(_) => Err(format!("`{value}` is no number that fits")),
    };
    pairs(text)?.into_iter().map(number).collect()
}

/// `es>=5,billing`: a skill without a level is asked for at 1.
fn levels(text: &str, between: char) -> Result<Vec<Level>, String> {
    let level = |item: &str| match item.split_once(">=") {
        Some((skill, level)) => match level.parse() {
            Ok(level) => Ok((skill.to_owned(), level)),
            Err(_) => Err(format!("`{level}` is no level")),
        },
        None => Ok((item.to_owned(), 1)),
    };
    let items = text.split(between).filter(|item| *item != "-");
    items.map(level).collect()
}

/// `16s`, `1.5s`.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    parse_span(text).map(|span| Timestamp::ZERO + span)
}

fn parse_span(text: &str) -> Option<Span> {
    let digits = text.strip_suffix('s')?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !numeric(whole) || !numeric(part) {
        return None;
    }
    Span::from_micros(format!("{whole}{part:0<6}").parse().ok()?)
}

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
        match self {
            Self::Advance => f.write_str("advance"),
            Self::SignIn { agent, profile } => write!(f, "sign_in {agent}{profile}"),
            Self::SignOut { agent } => write!(f, "sign_out {agent}"),
            Self::Ready { agent } => write!(f, "ready {agent}"),
            Self::NotReady { agent, reason } => {
                write!(f, "not_ready {agent}{}", after("", reason.as_ref()))
            }
            Self::SetDevice { agent, device } => write!(f, "set_device {agent} {device}"),
            Self::Change { agent, profile } => write!(f, "change {agent}{profile}"),
            Self::Enqueue(arrival) => write!(f, "enqueue {arrival}"),
            Self::Cancel { contact, cause } => write!(f, "cancel {contact} {cause}"),
            Self::Reprioritise { contact, band, head_start } => {
                let (band, head_start) = (after("band ", *band), after("head_start ", *head_start));
                write!(f, "reprioritise {contact}{band}{head_start}")
            }
            Self::Update { contact, need, attributes } => {
                write!(f, "update {contact}{}{}", needs(need.as_ref()), with(attributes))
            }
            Self::Accept { offer } => write!(f, "accept o{offer}"),
            Self::Decline { offer, reason } => {
                write!(f, "decline o{offer}{}", after("", reason.as_ref()))
            }
            Self::Connected { contact } => write!(f, "connected {contact}"),
            Self::Hold { contact } => write!(f, "hold {contact}"),
            Self::Resume { contact } => write!(f, "resume {contact}"),
            Self::Transfer { contact, queue, keep_age } => {
                let tail = if *keep_age { " keep_age" } else { "" };
                write!(f, "transfer {contact} to {queue}{tail}")
            }
            Self::Join { contact, agent, role } => write!(f, "join {contact} {agent} {role}"),
            Self::Leave { contact, agent } => write!(f, "leave {contact} {agent}"),
            Self::HandOver { contact, agent } => write!(f, "hand_over {contact} {agent}"),
            Self::Release { contact, by } => write!(f, "release {contact} by {by}"),
            Self::ExtendWrapUp { agent, contact, by } => {
                write!(f, "extend_wrap_up {agent} {contact} {by}")
            }
            Self::EndWrapUp { agent, contact } => write!(f, "end_wrap_up {agent} {contact}"),
            Self::Dispose { contact, codes } => write!(f, "dispose {contact} {}", joined(codes)),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(skills) = &self.skills {
            write!(f, " skills {}", paired(skills))?;
        }
        if let Some(queues) = &self.queues {
            write!(f, " queues {}", joined(queues))?;
        }
        if let Some(capacity) = &self.capacity {
            write!(f, " capacity {}", paired(capacity))?;
        }
        Ok(())
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contact, queue, channel, band, head_start, need, attributes } = self;
        write!(f, "{contact} on {queue}")?;
        if channel != "voice" {
            write!(f, " via {channel}")?;
        }
        if *band != 0 {
            write!(f, " band {band}")?;
        }
        if *head_start != Span::ZERO {
            write!(f, " head_start {head_start}")?;
        }
        write!(f, "{}{}", needs(need.as_ref()), with(attributes))
    }
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

fn paired<V: fmt::Display>(pairs: &[(String, V)]) -> String {
    joined(&pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>())
}

fn with(attributes: &[(String, String)]) -> String {
    if attributes.is_empty() { String::new() } else { format!(" with {}", paired(attributes)) }
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
    text
}
