//! The JSON Schema of a plan, for editors and for whoever writes plans by program.
//!
//! It says which keys there are and what kind each takes. Whether names stand for
//! something, and whether the plan makes sense, only reading it can tell.

use core::fmt::Write as _;

use super::{Key, Kind, PLAN, Section};
use crate::plan::Plan;

impl Plan {
    /// The JSON Schema (2020-12) of the written form, as JSON text.
    #[must_use]
    pub fn json_schema() -> String {
        let mut json = String::from("{\n");
        json.push_str("  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
        json.push_str("  \"title\": \"ccroute plan\",\n");
        object_body(&mut json, &PLAN, 1);
        json.push_str("\n}\n");
        json
    }
}

fn indent(json: &mut String, depth: usize) {
    json.extend(core::iter::repeat_n("  ", depth));
}

/// The members of an object's schema, without its braces.
fn object_body(json: &mut String, section: &Section, depth: usize) {
    indent(json, depth);
    json.push_str("\"type\": \"object\",\n");
    indent(json, depth);
    json.push_str("\"additionalProperties\": false,\n");
    indent(json, depth);
    json.push_str("\"properties\": {");
    for (at, key) in section.keys.iter().enumerate() {
        json.push_str(if at == 0 { "\n" } else { ",\n" });
        property(json, key, depth + 1);
    }
    json.push('\n');
    indent(json, depth);
    json.push('}');
}

fn property(json: &mut String, key: &Key, depth: usize) {
    indent(json, depth);
    quoted(json, key.name);
    json.push_str(": {\n");
    indent(json, depth + 1);
    json.push_str("\"description\": ");
    quoted(json, key.meaning);
    json.push_str(",\n");
    kind(json, &key.kind, depth + 1);
    json.push('\n');
    indent(json, depth);
    json.push('}');
}

/// The members that say what a kind takes.
fn kind(json: &mut String, kind: &Kind, depth: usize) {
    let inner = |json: &mut String, key: &str, section: &'static Section| {
        indent(json, depth);
        writeln!(json, "\"{key}\": {{").expect("a String takes all");
        object_body(json, section, depth + 1);
        json.push('\n');
        indent(json, depth);
        json.push('}');
    };
    match kind {
        Kind::Table(section) => object_body(json, section, depth),
        Kind::List(section) if section.keys.is_empty() => {
            indent(json, depth);
            json.push_str(r#""type": "array", "items": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 10}}"#);
        }
        Kind::List(section) => {
            indent(json, depth);
            json.push_str("\"type\": \"array\",\n");
            inner(json, "items", section);
        }
        Kind::Map(section) => {
            indent(json, depth);
            json.push_str("\"type\": \"object\",\n");
            inner(json, "additionalProperties", section);
        }
        Kind::Links(section) => {
            indent(json, depth);
            json.push_str("\"type\": [\"array\", \"object\"],\n");
            indent(json, depth);
            json.push_str("\"items\": {\"type\": \"string\"},\n");
            inner(json, "additionalProperties", section);
        }
        Kind::Duration { .. }
        | Kind::DurationOr(_)
        | Kind::Shift
        | Kind::Name
        | Kind::Names
        | Kind::Whole(..)
        | Kind::WholeOr(..)
        | Kind::Number(..)
        | Kind::Flag
        | Kind::Word(_)
        | Kind::Words(_)
        | Kind::Reasons
        | Kind::Condition
        | Kind::Levels
        | Kind::Weights
        | Kind::Counts(..)
        | Kind::Lists
        | Kind::Labels
        | Kind::Change
        | Kind::Intervals
        | Kind::Dates => {
            indent(json, depth);
            json.push_str(&plain(kind));
        }
    }
}

/// A kind that fits on a line.
fn plain(kind: &Kind) -> String {
    const SPAN: &str = r#"[{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9.]+ ?(ms|s|m|h)$"}"#;
    let words = |words: Vec<&str>| {
        let mut list = String::from("[");
        for (at, word) in words.iter().enumerate() {
            list.push_str(if at == 0 { "" } else { ", " });
            quoted(&mut list, word);
        }
        list.push(']');
        list
    };
    match kind {
        Kind::Duration { .. } => format!(r#""anyOf": {SPAN}]"#),
        Kind::DurationOr(word) => format!(r#""anyOf": {SPAN}, {{"const": "{word}"}}]"#),
        Kind::Shift => r#""type": ["number", "string"]"#.into(),
        Kind::Name => r#""type": "string", "minLength": 1"#.into(),
        Kind::Names => r#""type": "array", "items": {"type": "string"}, "uniqueItems": true"#.into(),
        Kind::Whole(least, most) => {
            format!(r#""type": "integer", "minimum": {least}, "maximum": {most}"#)
        }
        Kind::WholeOr(least, most, word) => format!(
            r#""anyOf": [{{"type": "integer", "minimum": {least}, "maximum": {most}}}, {{"const": "{word}"}}]"#
        ),
        Kind::Number(least, most) => {
            format!(r#""type": "number", "minimum": {least}, "maximum": {most}"#)
        }
        Kind::Flag => r#""type": "boolean""#.into(),
        Kind::Word(all) => format!(r#""enum": {}"#, words(all())),
        Kind::Words(all) => {
            let all = words(all());
            format!(
                r#""anyOf": [{{"enum": {all}}}, {{"type": "array", "items": {{"enum": {all}}}, "uniqueItems": true}}]"#
            )
        }
        Kind::Reasons => {
            let all = words(super::super::StaffReason::ALL.iter().map(|word| word.word()).collect());
            format!(
                r#""anyOf": [{{"enum": ["strict", "loose", "no"]}}, {{"type": "array", "items": {{"enum": {all}}}}}, {{"enum": {all}}}]"#
            )
        }
        Kind::Condition => r#""type": "string", "maxLength": 2000"#.into(),
        Kind::Levels => r#""type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 10}"#.into(),
        Kind::Weights => r#""type": "object", "additionalProperties": {"type": "number"}"#.into(),
        Kind::Counts(least, most) => format!(
            r#""type": "object", "additionalProperties": {{"type": "integer", "minimum": {least}, "maximum": {most}}}"#
        ),
        Kind::Lists => r#""type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}"#.into(),
        Kind::Labels => r#""type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}"#.into(),
        Kind::Change => r#""anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[+-][0-9]+$"}]"#.into(),
        Kind::Intervals => r#""type": "array", "items": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2} ?- ?[0-9]{2}:[0-9]{2}$"}"#.into(),
        Kind::Dates => r#""type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}"#.into(),
        Kind::Table(_) | Kind::List(_) | Kind::Map(_) | Kind::Links(_) => {
            unreachable!("kinds with a section have schemas of their own")
        }
    }
}

fn quoted(json: &mut String, text: &str) {
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            letter => json.push(letter),
        }
    }
    json.push('"');
}
