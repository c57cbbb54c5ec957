//! Scenario files: a plan, or several, then lines `at TIME command -> events`. The grammar stands in
//! `tests/scenarios/README.md`; Python reads the same files.

use ccroute_core::{Plan, RejectionCode, Timestamp};

use super::commands::{ScriptCommand, Step};
use super::rules::Rules;
use super::{Outcome, Subject};

/// One line and what it must bring.
#[derive(Debug)]
pub(crate) struct Line {
    /// In the file, from 1.
    pub(crate) number: usize,
    pub(crate) step: Step,
    pub(crate) events: Vec<String>,
    pub(crate) refused: Option<RejectionCode>,
}

/// One file.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) plan: Plan,
    /// What `set_plan` may name.
    pub(crate) further: Vec<(String, Plan)>,
    pub(crate) lines: Vec<Line>,
}

impl Scenario {
    /// Reads a file; what is wrong with it, by line, otherwise.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_line = |line: &str| line.starts_with("at ");
        let header: Vec<&str> = text.lines().take_while(|line| !is_line(line)).collect();
        let (plan, further) = plans(&header)?;
        let mut lines: Vec<(usize, String)> = Vec::new();
        for (row, line) in text.lines().enumerate().skip(header.len()) {
            let written = line.trim();
            if is_line(line) {
                lines.push((row + 1, written.to_owned()));
            } else if line.starts_with(' ') && written.starts_with("->") {
                let (_, last) = lines.last_mut().expect("the header ends at the first line");
                let glue = if last.contains("->") { "; " } else { " -> " };
                last.push_str(glue);
                last.push_str(written.trim_start_matches("->").trim());
            } else if !written.is_empty() && !line.starts_with('#') {
                return Err(format!("line {}: neither a step nor `-> …`: {line}", row + 1));
            }
        }
        let parsed = lines.iter().map(|(number, line)| {
            Line::parse(*number, line).map_err(|error| format!("line {number}: {error}"))
        });
        Ok(Self { plan, further, lines: parsed.collect::<Result<_, _>>()? })
    }

    /// The steps that come before the first line: the plan's agents sign in, in its order.
    pub(crate) fn opening(rules: &Rules) -> Vec<Step> {
        let agents = rules.agents.iter().map(|agent| {
            let (agent, profile) = (agent.name.clone(), agent.profile.clone());
            let command = ScriptCommand::SignIn { agent, profile };
            Step { at: Timestamp::ZERO, id: None, command }
        });
        agents.collect()
    }
}

/// The plan of a header, and those after lines `plan NAME:`.
fn plans(header: &[&str]) -> Result<(Plan, Vec<(String, Plan)>), String> {
    let mut texts = vec![(String::new(), String::new())];
    for line in header {
        let name = line.strip_prefix("plan ").and_then(|rest| rest.trim_end().strip_suffix(':'));
        if let Some(name) = name {
            // The lines so far stand empty, so that errors name the right one.
            let lines: usize =
                texts.iter().map(|(_, text)| text.lines().count()).max().unwrap_or(0);
            texts.push((name.to_owned(), "\n".repeat(lines)));
        }
        let written = if name.is_some() { "" } else { line };
        let (_, text) = texts.last_mut().expect("there is one");
        text.push_str(written);
        text.push('\n');
    }
    let read = texts.into_iter().map(|(name, text)| {
        let plan = Plan::from_toml(&text).map_err(|error| error.to_string())?;
        Ok((name, plan))
    });
    let mut all: Vec<(String, Plan)> = read.collect::<Result<_, String>>()?;
    let (_, first) = all.remove(0);
    Ok((first, all))
}

impl Line {
    fn parse(number: usize, text: &str) -> Result<Self, String> {
        let (left, right) = text.split_once("->").ok_or("no `->`: write what comes of it")?;
        let step = Step::parse(left)?;
        let mut events: Vec<String> = right
            .split(';')
            .map(|event| event.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let last = events.last().expect("a split has one part at least").clone();
        let refused = match last.strip_prefix("refused ") {
            Some(word) => {
                events.pop();
                let code = RejectionCode::from_word(word);
                Some(code.ok_or_else(|| format!("`{word}` is no code of a refusal"))?)
            }
            None => None,
        };
        if events == ["nothing"] {
            events.clear();
        }
        Ok(Self { number, step, events, refused })
    }

    fn agrees_with(&self, outcome: &Outcome) -> bool {
        let pairs = self.events.iter().zip(&outcome.events);
        self.refused == outcome.answer.as_ref().err().copied()
            && self.events.len() == outcome.events.len()
            && pairs.into_iter().all(|(expected, event)| event.agrees_with(expected))
    }
}

/// What came of a step, as the right side of a line.
pub(crate) fn consequences(outcome: &Outcome) -> Vec<String> {
    let mut texts: Vec<String> = outcome.events.iter().map(|event| event.text()).collect();
    if let Err(code) = outcome.answer {
        texts.push(format!("refused {code}"));
    }
    if texts.is_empty() {
        texts.push("nothing".to_owned());
    }
    texts
}

/// Runs a scenario; the first line that goes another way, with both.
pub(crate) fn play(scenario: &Scenario, subject: &mut dyn Subject) -> Result<(), String> {
    for step in Scenario::opening(&Rules::from_plan(&scenario.plan)) {
        subject.take(&step).answer.map_err(|code| format!("opening: {step}: {code}"))?;
    }
    for line in &scenario.lines {
        let outcome = subject.take(&line.step);
        if !line.agrees_with(&outcome) {
            let mut expected = line.events.clone();
            expected.extend(line.refused.map(|code| format!("refused {code}")));
            return Err(format!(
                "{}: {}\n  expected\n    {}\n  got\n    {}",
                line.number,
                line.step,
                expected.join("\n    "),
                consequences(&outcome).join("\n    ")
            ));
        }
        subject.check().map_err(|broken| format!("{}: {}: {broken}", line.number, line.step))?;
    }
    Ok(())
}
