//! The text of a command, read. The grammar stands in `tests/scenarios/README.md`.

use std::str::FromStr;

use ccroute_core::{Cause, Device, Failure, Millionths, Role, Shift, Span, Timestamp, Value};

use super::commands::{Arrival, Observed, ScriptCommand, Step, Table, Update};
use super::need::{Level, Need, Where};
use super::rules::{Link, Profile};

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

    /// Whether the next word is this one, and takes it then.
    fn takes(&mut self, word: &str) -> bool {
        self.0.next_if(|next| *next == word).is_some()
    }

    fn word<T>(&mut self, what: &str, from: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        read(self.next(what)?, what, from)
    }

    /// What follows `label`, if that comes next.
    fn after<T>(
        &mut self,
        label: &str,
        what: &str,
        from: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, String> {
        if self.takes(label) { self.word(what, from).map(Some) } else { Ok(None) }
    }
}

fn read<T>(word: &str, what: &str, from: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    from(word).ok_or_else(|| format!("`{word}` is no {what}"))
}

fn number<N: FromStr>(word: &str) -> Option<N> {
    word.parse().ok()
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
        let verb = words.next("a command")?;
        let command = ScriptCommand::parse(verb, &mut words)?;
        match words.0.next() {
            Some(rest) => Err(format!("unexpected `{rest}`")),
            None => Ok(Self { at, id, command }),
        }
    }
}

impl ScriptCommand {
    fn parse(verb: &str, words: &mut Words<'_>) -> Result<Self, String> {
        let parse_offer = |word: &str| word.strip_prefix('o')?.parse().ok();
        match verb {
            "advance" => Ok(Self::Advance),
            "sign_in" | "sign_out" | "ready" | "ready_all" | "not_ready" | "set_device"
            | "change" | "extend_wrap_up" | "end_wrap_up" | "pick" => {
                Self::parse_agent(verb, words)
            }
            "accept" => Ok(Self::Accept { offer: words.word("offer", parse_offer)? }),
            "decline" => {
                let offer = words.word("offer", parse_offer)?;
                let failure = words.after("as", "failure", Failure::from_word)?;
                let failure = failure.unwrap_or(Failure::Declined);
                Ok(Self::Decline { offer, failure, reason: words.optional() })
            }
            "set_queue_open" | "set_line" | "observe_kpi" | "set_scores" | "set_plan"
            | "reconcile" => Self::parse_whole(verb, words),
            "enqueue" => {
                let contact = words.name("a contact")?;
                Ok(Self::Enqueue(parse_arrival(contact, words)?))
            }
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
            "ready_all" => Self::ReadyAll { agents: list(&agent) },
            "not_ready" => Self::NotReady { agent, reason: words.optional() },
            "set_device" => {
                Self::SetDevice { agent, device: words.word("device", Device::from_word)? }
            }
            "change" => Self::Change { agent, profile: parse_profile(words)? },
            "end_wrap_up" => Self::EndWrapUp { agent, contact: words.name("a contact")? },
            "pick" => Self::Pick { agent, contact: words.name("a contact")? },
            _ => {
                let contact = words.name("a contact")?;
                Self::ExtendWrapUp { agent, contact, by: words.word("time", parse_span)? }
            }
        })
    }

    /// Commands about the whole, or a part of it that is neither contact nor agent.
    fn parse_whole(verb: &str, words: &mut Words<'_>) -> Result<Self, String> {
        if verb == "reconcile" {
            return parse_report(words);
        }
        let name = words.name("a name")?;
        let either = |yes: &'static str, no: &'static str| {
            move |word: &str| match word {
                _ if word == yes => Some(true),
                _ if word == no => Some(false),
                _ => None,
            }
        };
        Ok(match verb {
            "set_queue_open" => {
                let open = words.word("`open` or `closed`", either("open", "closed"))?;
                Self::SetQueueOpen { queue: name, open }
            }
            "set_line" => Self::SetLine {
                line: name,
                up: words.word("`up` or `down`", either("up", "down"))?,
            },
            "observe_kpi" => {
                let fraction = |word: &str| {
                    let (numerator, denominator) = word.split_once('/')?;
                    Some((numerator.parse().ok()?, denominator.parse().ok()?))
                };
                let (numerator, denominator) = words.word("fraction", fraction)?;
                Self::ObserveKpi { kpi: name, numerator, denominator }
            }
            "set_plan" => Self::SetPlan { plan: name },
            _ => {
                words.literal("version")?;
                let version = words.word("version", number)?;
                words.literal("until")?;
                let expires = words.word("time", parse_time)?;
                let rows = pairs(words.next("rows")?)?.into_iter().map(|(who, score)| {
                    let (kind, agent) = who.split_once(':').ok_or("a row is type:agent=score")?;
                    Ok((kind.to_owned(), agent.to_owned(), read(&score, "score", parse_score)?))
                });
                let rows = rows.collect::<Result<_, String>>()?;
                Self::SetScores(Table { table: name, version, expires, rows })
            }
        })
    }

    /// Commands that begin with a contact.
    fn parse_contact(verb: &str, words: &mut Words<'_>) -> Result<Self, String> {
        let contact = words.name("a contact")?;
        Ok(match verb {
            "cancel" => Self::Cancel { contact, cause: words.word("cause", Cause::from_word)? },
            "reprioritise" => {
                let said = parse_options(&mut *words, &["band", "head_start"])?;
                Self::Reprioritise { contact, band: said.band, head_start: said.head_start }
            }
            "update" => Self::Update { contact, update: parse_update(words)? },
            "connected" => Self::Connected { contact },
            "hold" => Self::Hold { contact },
            "resume" => Self::Resume { contact },
            "transfer" => {
                words.literal("to")?;
                let queue = words.name("a queue")?;
                Self::Transfer { contact, queue, keep_age: words.takes("keep_age") }
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
            "reclassify" => Self::Reclassify { contact },
            "exclude" => {
                let agent = words.name("an agent")?;
                Self::Exclude { contact, agent, lasts: words.after("for", "time", parse_span)? }
            }
            "readmit" => Self::Readmit { contact, agent: words.name("an agent")? },
            "press" => Self::Press { contact, key: words.name("a key")? },
            "request_callback" => {
                Self::RequestCallback { contact, at: words.after("at", "time", parse_time)? }
            }
            "fail_connection" => {
                Self::FailConnection { contact, cause: words.word("cause", Cause::from_word)? }
            }
            "fail_callback" => {
                Self::FailCallback { contact, cause: words.word("cause", Cause::from_word)? }
            }
            "suspend" => Self::Suspend { contact, lasts: words.after("for", "time", parse_span)? },
            "reinstate" => Self::Reinstate { contact },
            "adopt" => {
                let engaged = parse_phase(words, "waiting")?;
                Self::Adopt { arrival: parse_arrival(contact, words)?, engaged }
            }
            _ => return Err(format!("`{verb}` is no command")),
        })
    }
}

/// `waiting`, or `engaged ana`: with whom.
fn parse_phase(words: &mut Words<'_>, alone: &str) -> Result<Option<String>, String> {
    if words.takes("engaged") {
        return words.name("an agent").map(Some);
    }
    words.literal(alone).map(|()| None)
}

/// `reconcile [among site=lima] [of c1 present | c2 engaged ana on vip | …]`.
fn parse_report(words: &mut Words<'_>) -> Result<ScriptCommand, String> {
    let among = words.after("among", "pair", |word| typed_pairs(word).ok()?.pop())?;
    let mut observed = Vec::new();
    if words.takes("of") {
        loop {
            let contact = words.name("a contact")?;
            let engaged = parse_phase(words, "present")?;
            let alone = words.0.peek().is_none_or(|next| *next == "|");
            let arrival = if alone { None } else { Some(parse_arrival(contact.clone(), words)?) };
            observed.push(Observed { contact, engaged, arrival });
            if !words.takes("|") {
                break;
            }
        }
    }
    Ok(ScriptCommand::Reconcile { among, observed })
}

/// What may be written of a contact beside its name, in any order.
const OPTIONS: [&str; 16] = [
    "on",
    "via",
    "band",
    "head_start",
    "needs",
    "any",
    "not",
    "where",
    "with",
    "prefers",
    "excludes",
    "entered_at",
    "not_before",
    "customer",
    "conversation",
    "previous",
];

fn parse_arrival(contact: String, words: &mut Words<'_>) -> Result<Arrival, String> {
    let arrival = parse_options(words, &OPTIONS)?;
    let channel = if arrival.channel.is_empty() { "voice".to_owned() } else { arrival.channel };
    Ok(Arrival { contact, channel, ..arrival })
}

fn parse_update(words: &mut Words<'_>) -> Result<Update, String> {
    let mut asked = false;
    let allowed = ["needs", "any", "not", "where", "with", "prefers"];
    let mut look = words.0.clone();
    if look.any(|word| word == "prefers") {
        asked = true;
    }
    let said = parse_options(words, &allowed)?;
    let preferred = asked.then_some(said.preferred);
    Ok(Update { need: said.need, attributes: said.attributes, preferred })
}

/// `band 2 head_start 30s needs es>=5,billing any en>=3|fr>=3 not trainee with tier=gold`
/// and so on, in any order, as far as `allowed`.
fn parse_options(words: &mut Words<'_>, allowed: &[&str]) -> Result<Arrival, String> {
    let mut said = Arrival::default();
    while let Some(label) = words.0.next_if(|word| allowed.contains(word)) {
        let value = words.next(label)?;
        match label {
            "on" => said.queue = Some(value.to_owned()),
            "via" => said.channel = value.to_owned(),
            "band" => said.band = Some(read(value, "band", number)?),
            "head_start" => said.head_start = Some(read(value, "time", parse_shift)?),
            "with" => said.attributes = typed_pairs(value)?,
            "prefers" => said.preferred = numbers(value)?,
            "excludes" => said.excluded = parse_excluded(value)?,
            "entered_at" => said.entered_at = Some(read(value, "time", parse_time)?),
            "not_before" => said.not_before = Some(read(value, "time", parse_time)?),
            "customer" => said.customer = Some(value.to_owned()),
            "conversation" => said.conversation = Some(value.to_owned()),
            "previous" => said.previous = Some(value.to_owned()),
            _ => {
                let need: &mut Need = said.need.get_or_insert_default();
                match label {
                    "needs" => need.all = levels(value, ',')?,
                    "any" => need.any.push(levels(value, '|')?),
                    "not" => need.none = levels(value, ',')?,
                    _ => need.wheres.push(Where::new(value)?),
                }
            }
        }
    }
    Ok(said)
}

/// `ana,bo:30s`: for good, or for so long.
fn parse_excluded(text: &str) -> Result<Vec<(String, Option<Span>)>, String> {
    let one = |item: String| match item.split_once(':') {
        Some((agent, lasts)) => Ok((agent.to_owned(), Some(read(lasts, "time", parse_span)?))),
        None => Ok((item, None)),
    };
    list(text).into_iter().map(one).collect()
}

fn parse_profile(words: &mut Words<'_>) -> Result<Profile, String> {
    let mut profile = Profile::default();
    let labels = ["skills", "labels", "queues", "capacity", "budget", "lines"];
    while let Some(label) = words.0.next_if(|word| labels.contains(word)) {
        let value = words.next(label)?;
        match label {
            "skills" => profile.skills = Some(numbers(value)?),
            "labels" => profile.labels = Some(typed_pairs(value)?),
            "queues" => {
                let links = list(value).into_iter().map(|link| parse_link(&link));
                profile.links = Some(links.collect::<Result<_, _>>()?);
            }
            "budget" => profile.budget = Some(read(value, "budget", number)?),
            "lines" => profile.lines = Some(list(value)),
            _ => profile.capacity = Some(numbers(value)?),
        }
    }
    Ok(profile)
}

/// `vip:rank=1:position=2:delay=10s:waiting=3:waited=30s`.
fn parse_link(text: &str) -> Result<Link, String> {
    let mut parts = text.split(':');
    let mut link = Link::new(parts.next().unwrap_or_default());
    for part in parts {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("`{part}` has no `=`"))?;
        match key {
            "rank" => link.rank = read(value, "rank", number)?,
            "position" => link.position = read(value, "position", number)?,
            "delay" => link.delay = read(value, "time", parse_span)?,
            "waiting" => link.help_waiting = Some(read(value, "number", number)?),
            "waited" => link.help_waited = Some(read(value, "time", parse_span)?),
            _ => return Err(format!("`{key}` is nothing a link has")),
        }
    }
    Ok(link)
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

/// Pairs whose value is `true` or `false`, a whole number, or else text.
fn typed_pairs(text: &str) -> Result<Vec<(String, Value)>, String> {
    let typed = |(key, value): (String, String)| {
        let value = match value.as_str() {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            text => match text.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::from(text.trim_matches('"')),
            },
        };
        (key, value)
    };
    Ok(pairs(text)?.into_iter().map(typed).collect())
}

fn numbers<N: FromStr>(text: &str) -> Result<Vec<(String, N)>, String> {
    let one = |(key, value): (String, String)| Ok((key, read(&value, "number that fits", number)?));
    pairs(text)?.into_iter().map(one).collect()
}

/// `es>=5,billing`: a skill without a level is asked for at 1.
fn levels(text: &str, between: char) -> Result<Vec<Level>, String> {
    let level = |item: &str| match item.split_once(">=") {
        Some((skill, level)) => Ok((skill.to_owned(), read(level, "level", number)?)),
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
    Span::from_micros(parse_decimal(digits)?)
}

/// A time that may be negative.
fn parse_shift(text: &str) -> Option<Shift> {
    match text.strip_prefix('-') {
        Some(later) => Shift::from_micros(-parse_span(later)?.micros()),
        None => parse_span(text).map(Shift::from),
    }
}

/// `0.5`, `-12`.
fn parse_score(text: &str) -> Option<Millionths> {
    match text.strip_prefix('-') {
        Some(digits) => Some(Millionths::new(-parse_decimal(digits)?)),
        None => parse_decimal(text).map(Millionths::new),
    }
}

/// A decimal number in millionths.
fn parse_decimal(digits: &str) -> Option<i64> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !numeric(whole) || !numeric(part) {
        return None;
    }
    format!("{whole}{part:0<6}").parse().ok()
}
