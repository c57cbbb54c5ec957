//! How a document looks in TOML.

use core::fmt::Write as _;

use super::super::document::{Entry, Node, PlanDocument, Value};
use super::super::duration;

/// The document as a text: plain keys first, then a section for each table.
pub(super) fn written(document: PlanDocument) -> String {
    let mut toml = String::new();
    let Value::Table(entries) = document.root.value else {
        unreachable!("a plan is written as a table");
    };
    for entry in &entries {
        match &entry.node.value {
            Value::Table(rows)
                if rows.iter().all(|row| matches!(row.node.value, Value::Table(_))) =>
            {
                sections(&mut toml, &entry.key, rows);
            }
            Value::Table(keys) => {
                toml.push_str("\n[");
                key(&mut toml, &entry.key);
                toml.push_str("]\n");
                keys.iter().for_each(|entry| line(&mut toml, entry));
            }
            Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Span(_)
            | Value::Shift(_)
            | Value::Foreign(_) => line(&mut toml, entry),
        }
    }
    toml
}

/// One `[kind.name]` section a row.
fn sections(toml: &mut String, kind: &str, rows: &[Entry]) {
    for row in rows {
        toml.push_str("\n[");
        toml.push_str(kind);
        toml.push('.');
        key(toml, &row.key);
        toml.push_str("]\n");
        let Value::Table(entries) = &row.node.value else {
            unreachable!("queues and agents are written as tables");
        };
        for entry in entries {
            line(toml, entry);
        }
    }
}

fn line(toml: &mut String, entry: &Entry) {
    key(toml, &entry.key);
    toml.push_str(" = ");
    // Steps read as a list, one below the other.
    if let Value::List(items) = &entry.node.value
        && items.iter().any(|item| matches!(item.value, Value::Table(_)))
    {
        toml.push_str("[\n");
        for item in items {
            toml.push_str("    ");
            inline(toml, item);
            toml.push_str(",\n");
        }
        toml.push(']');
    } else {
        inline(toml, &entry.node);
    }
    toml.push('\n');
}

fn inline(toml: &mut String, node: &Node) {
    match &node.value {
        Value::Bool(flag) => write!(toml, "{flag}").expect("a String takes all"),
        Value::Integer(number) => write!(toml, "{number}").expect("a String takes all"),
        Value::Float(number) => write!(toml, "{number:?}").expect("a String takes all"),
        Value::Text(text) => quoted(toml, text),
        Value::Span(span) => quoted(toml, &duration::written(*span)),
        Value::Shift(shift) => quoted(toml, &duration::written_shift(*shift)),
        Value::Foreign(_) => unreachable!("the writer makes no foreign value"),
        Value::List(items) => {
            toml.push('[');
            for (at, item) in items.iter().enumerate() {
                toml.push_str(if at == 0 { "" } else { ", " });
                inline(toml, item);
            }
            toml.push(']');
        }
        Value::Table(entries) => {
            toml.push('{');
            for (at, entry) in entries.iter().enumerate() {
                toml.push_str(if at == 0 { " " } else { ", " });
                key(toml, &entry.key);
                toml.push_str(" = ");
                inline(toml, &entry.node);
            }
            toml.push_str(if entries.is_empty() { "}" } else { " }" });
        }
    }
}

/// A key, quoted where TOML wants it.
fn key(toml: &mut String, name: &str) {
    if is_bare(name) { toml.push_str(name) } else { quoted(toml, name) }
}

/// Whether TOML takes a key without quotes.
pub(in crate::plan) fn is_bare(name: &str) -> bool {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.bytes().all(bare)
}

fn quoted(toml: &mut String, text: &str) {
    toml.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => toml.extend(['\\', letter]),
            letter if letter.is_control() => {
                write!(toml, "\\u{:04X}", letter as u32).expect("a String takes all");
            }
            letter => toml.push(letter),
        }
    }
    toml.push('"');
}
