//! The house rules of the Rust side that no compiler and no lint knows: sizes, names,
//! opening comments, the core's bans, and which room may import which.
//!
//! Every rule is a function from text to complaints, so that it is shown to bite on a
//! sample below before it is trusted on the tree.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 500;
const MAX_TEST_LINES: usize = 700;
const VAGUE: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "base", "manager"];
const DEPENDENCIES: [&str; 9] = [
    "cel",
    "datasketches",
    "hashbrown",
    "pathfinding",
    "postcard",
    "rustc-hash",
    "serde",
    "sha2",
    "toml",
];
const DEV_DEPENDENCIES: [&str; 2] = ["allocation-counter", "proptest"];

/// What the core must not reach: the host owns the clock, the threads and every effect.
const BANNED_PATHS: [&str; 8] = [
    "pyo3",
    "numpy",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
];
const BANNED_MACROS: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

/// Parts that vendors embed one at a time, and the rooms each must do without.
const STRANGERS: [(&str, &[&str]); 5] = [
    ("assignment", &["queue", "matching", "router", "metrics", "simulation"]),
    ("queue", &["matching", "router", "metrics", "simulation"]),
    ("matching", &["router", "metrics", "simulation"]),
    ("metrics", &["queue", "matching", "router", "simulation"]),
    ("router", &["metrics", "simulation"]),
];

fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file below `dir`, sorted, with its text.
fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut rooms = vec![dir.to_path_buf()];
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(&room).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                rooms.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources below {}", dir.display());
    found
}

/// The code alone: comments go, and the insides of string literals.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            code.push_str("\"\"");
            string_length(rest, "\"")
        } else if let Some(fence) = raw_fence(rest).filter(|_| !code.ends_with(is_word)) {
            code.push_str("\"\"");
            string_length(rest, &fence)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            if rest.starts_with("'\"'") { 3 } else { 4 }
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The closing fence of the raw string that `text` begins with, such as `"##`.
fn raw_fence(text: &str) -> Option<String> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| format!("\"{}", "#".repeat(hashes)))
}

/// The length of the literal that `text` begins with and `fence` closes.
fn string_length(text: &str, fence: &str) -> usize {
    let raw = text.starts_with('r');
    let mut at = text.find('"').expect("a literal has an opening quote") + 1;
    while at < text.len() && !text[at..].starts_with(fence) {
        let escaped = !raw && text[at..].starts_with('\\');
        let step = |from: usize| text[from..].chars().next().map_or(0, char::len_utf8);
        at += step(at);
        if escaped {
            at += step(at);
        }
    }
    (at + fence.len()).min(text.len())
}

/// The paths a file names: its `use` trees unfolded, and paths written in place.
fn paths_of(text: &str) -> Vec<String> {
    let code = code_of(text);
    let mut paths = Vec::new();
    for statement in code.split(';') {
        // A `use` may follow a closing brace or an attribute within its statement.
        if let Some(at) = statement.rfind("use ").filter(|&at| !statement[..at].ends_with(is_word))
        {
            unfold("", statement[at + 4..].trim(), &mut paths);
        }
    }
    let dense: String = code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ::", "::");
    paths.extend(
        dense
            .split(|letter: char| !is_word(letter) && letter != ':')
            .filter(|word| word.contains("::"))
            .map(|word| word.trim_matches(':').to_owned()),
    );
    paths.sort();
    paths.dedup();
    paths
}

/// Unfolds `a::{b, c::d as e}` into `a::b` and `a::c::d`.
fn unfold(prefix: &str, tree: &str, into: &mut Vec<String>) {
    if let Some((head, group)) = tree.split_once('{') {
        let prefix = format!("{prefix}{}", head.trim());
        let mut depth = 0;
        let inside = group.rfind('}').map_or(group, |end| &group[..end]);
        let parts = inside.split(|letter| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            letter == ',' && depth == 0
        });
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            unfold(&prefix, part, into);
        }
    } else {
        let path = tree.split(" as ").next().unwrap_or(tree).trim();
        into.push(format!("{prefix}{path}"));
    }
}

fn reaches(path: &str, target: &str) -> bool {
    path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Size, name and opening comment: for every source file of the workspace.
fn form(path: &Path, text: &str) -> Vec<String> {
    let in_tests = path.with_extension("").components().any(|part| part.as_os_str() == "tests");
    let limit = if in_tests { MAX_TEST_LINES } else { MAX_LINES };
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > limit {
        complaints.push(format!("{lines} lines, {limit} at most: divide it by what it is about"));
    }
    for part in path.with_extension("").components() {
        let name = part.as_os_str().to_string_lossy();
        if VAGUE.contains(&name.as_ref()) {
            complaints.push(format!("'{name}' says nothing: name it after what lives there"));
        }
    }
    if !text.starts_with("//!") {
        complaints.push("opens without `//!`: say what lives here and what must not".to_owned());
    }
    complaints
}

/// What the core must not touch.
fn purity(text: &str) -> Vec<String> {
    let code = code_of(text);
    let paths = paths_of(text);
    let banned = BANNED_PATHS.iter().filter(|ban| paths.iter().any(|path| reaches(path, ban)));
    let printed = BANNED_MACROS
        .iter()
        .filter(|name| code.match_indices(**name).any(|(at, _)| !code[..at].ends_with(is_word)));
    let complaint = |name: &&str| format!("{name} has no place in the core: the host owns it");
    banned.chain(printed).map(complaint).collect()
}

/// The room a core source belongs to: `src/queue/order.rs` and `src/queue.rs` are `queue`.
fn room_of(path: &Path) -> String {
    let first = path.components().next().expect("a path below src has a part");
    Path::new(first.as_os_str()).with_extension("").to_string_lossy().into_owned()
}

/// The names that `lib.rs` re-exports, each with the room it comes from.
fn exports_of(lib: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for statement in code_of(lib).split(';') {
        if let Some(tree) = statement.trim().strip_prefix("pub use ") {
            unfold("", tree, &mut paths);
        }
    }
    let parts = |path: String| {
        let (room, name) = (path.split("::").next()?, path.rsplit("::").next()?);
        Some((name.to_owned(), room.to_owned()))
    };
    paths.into_iter().filter_map(parts).collect()
}

/// Imports across rooms that must stay strangers, by module or by re-exported name.
fn strangers(room: &str, text: &str, exports: &[(String, String)]) -> Vec<String> {
    let closed =
        STRANGERS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, rooms)| rooms);
    let mut complaints = Vec::new();
    for path in paths_of(text) {
        let inner = path.trim_start_matches("super::");
        let Some(inner) = inner.strip_prefix("crate::").or((inner != path).then_some(inner)) else {
            continue;
        };
        let head = inner.split("::").next().unwrap_or(inner);
        let home = exports.iter().find(|(name, _)| name == head).map_or(head, |(_, room)| room);
        if closed.contains(&home) {
            complaints.push(format!("{room} imports {path}: {room} and {home} are strangers"));
        }
    }
    complaints
}

/// `lib.rs` tells the story and re-exports; a statement of any other kind is logic.
fn only_exports(lib: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for statement in code_of(lib).split_inclusive(';') {
        let mut statement = statement.trim();
        while let Some((_, rest)) =
            statement.strip_prefix('#').and_then(|rest| rest.split_once(']'))
        {
            statement = rest.trim();
        }
        let allowed = ["mod ", "pub mod ", "use ", "pub use ", "extern crate "];
        let plain = allowed.iter().any(|start| statement.starts_with(start));
        if !(statement.is_empty() || plain && statement.ends_with(';')) {
            let first = statement.lines().next().unwrap_or(statement);
            complaints.push(format!("`{first}` is logic: give it a room"));
        }
    }
    complaints
}

/// Dependencies of the core that nobody decided on.
fn uninvited(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let mut complaints = Vec::new();
    let tables = [
        ("dependencies", &DEPENDENCIES[..]),
        ("dev-dependencies", &DEV_DEPENDENCIES[..]),
        ("build-dependencies", &[][..]),
    ];
    for (table, invited) in tables {
        let names = manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten();
        for (name, _) in names.filter(|(name, _)| !invited.contains(&name.as_str())) {
            complaints
                .push(format!("{table}: {name} is not invited: decide it, then list it here"));
        }
    }
    if manifest.contains_key("target") {
        complaints.push("[target]: the core is the same on every platform".to_owned());
    }
    complaints
}

fn assert_tidy(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Runs `rule` over every source below `dir`, with the path relative to it.
fn complaints_below(dir: &Path, rule: impl Fn(&Path, &str) -> Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for (path, text) in sources(dir) {
        let path = path.strip_prefix(dir).expect("sources lie below their root");
        let named = |complaint| format!("{}: {complaint}", path.display());
        all.extend(rule(path, &text).into_iter().map(named));
    }
    all
}

#[test]
fn every_source_is_short_well_named_and_opens_with_its_story() {
    let workspace = crate_root().parent().expect("the crate lies in rust/");
    assert_tidy(&complaints_below(workspace, form));
}

#[test]
fn core_touches_no_clock_thread_file_or_python() {
    assert_tidy(&complaints_below(&crate_root().join("src"), |_, text| purity(text)));
}

#[test]
fn parts_that_stand_alone_do_not_know_each_other() {
    let src = crate_root().join("src");
    let exports =
        exports_of(&fs::read_to_string(src.join("lib.rs")).expect("the crate has a root"));
    assert_tidy(&complaints_below(&src, |path, text| strangers(&room_of(path), text, &exports)));
}

#[test]
fn crate_root_has_no_logic() {
    let lib = fs::read_to_string(crate_root().join("src/lib.rs")).expect("the crate has a root");
    assert_tidy(&only_exports(&lib));
}

#[test]
fn core_has_only_invited_dependencies() {
    let manifest = fs::read_to_string(crate_root().join("Cargo.toml")).expect("it has a manifest");
    assert_tidy(&uninvited(&manifest));
}

/// The rules on samples: what they let pass, and what they must not.
mod samples {
    use super::*;

    #[test]
    fn form_bites_on_size_name_and_missing_story() {
        let long = "//! Long.\n".repeat(MAX_LINES + 1);
        assert_eq!(form(Path::new("ccroute-core/src/queue/order.rs"), "//! Order.\n"), [""; 0]);
        assert_eq!(form(Path::new("ccroute-core/src/order.rs"), &long).len(), 1);
        assert_eq!(form(Path::new("ccroute-core/tests/order.rs"), &long), [""; 0]);
        assert_eq!(form(Path::new("ccroute-core/src/queue/tests.rs"), &long), [""; 0]);
        assert_eq!(form(Path::new("ccroute-core/src/utils.rs"), "//! Odds.\n").len(), 1);
        assert_eq!(form(Path::new("ccroute-core/src/common/time.rs"), "//! Odds.\n").len(), 1);
        assert_eq!(form(Path::new("ccroute-core/src/order.rs"), "// Order.\n").len(), 1);
    }

    #[test]
    fn purity_bites_on_code_and_not_on_words() {
        let words = "//! No std::fs here.\nlet s = \"std::thread \\\" println!\"; // pyo3::x\n";
        assert_eq!(purity(words), [""; 0]);
        assert_eq!(purity("let s = r#\"say \"std::net\" \"#; let t = my_println!();"), [""; 0]);
        assert_eq!(purity("use std::time::Duration; use std::fmt;"), [""; 0]);
        for code in [
            "use std::{fmt, fs};",
            "use std::{collections::BTreeMap, time::{Duration, Instant}};",
            "fn f() { let t = std::time::SystemTime::now(); }",
            "let quote = '\"'; std::thread::spawn(run);",
            "#[cfg(test)] mod tests { use std::net::TcpStream; }",
            "pub use pyo3::prelude::*;",
            "fn f() { println!(\"{}\", 1); }",
        ] {
            assert_eq!(purity(code).len(), 1, "{code}");
        }
    }

    #[test]
    fn strangers_are_found_by_module_and_by_name() {
        let exports = exports_of("pub use queue::{PriorityQueue, order::Rank};\n");
        let metrics = |text| strangers("metrics", text, &exports).len();
        assert_eq!(metrics("use crate::event::Event; use crate::ids::QueueKey;"), 0);
        assert_eq!(metrics("use super::cell::Cell; let queue = 1; queue::<u8>();"), 0);
        assert_eq!(metrics("use crate::{event::Event, router::Router};"), 1);
        assert_eq!(metrics("use super::super::matching::Index;"), 1);
        assert_eq!(metrics("use crate::PriorityQueue;"), 1);
        assert_eq!(metrics("fn f(q: crate::queue::Order) {}"), 1);
        assert_eq!(strangers("router", "use crate::queue::Order;", &exports).len(), 0);
        assert_eq!(strangers("router", "use crate::metrics::Cell;", &exports).len(), 1);
        assert_eq!(strangers("queue", "use crate::matching::Index;", &exports).len(), 1);
    }

    #[test]
    fn logic_in_the_crate_root_is_found() {
        let plain =
            "//! Story.\n#![forbid(unsafe_code)]\nmod a;\n#[doc(inline)]\npub use a::{B, C};\n";
        assert_eq!(only_exports(plain), [""; 0]);
        assert_eq!(only_exports("mod a;\npub fn f() -> u8 { 1 }\n").len(), 1);
        assert_eq!(only_exports("mod a { fn f() {} }\n").len(), 1);
        assert_eq!(only_exports("pub const LIMIT: u8 = 1;\nmod a;\n").len(), 1);
    }

    #[test]
    fn uninvited_dependencies_are_found() {
        assert_eq!(uninvited("[dependencies]\nserde = \"1\"\n"), [""; 0]);
        assert_eq!(uninvited("[dependencies]\npyo3 = \"0.30\"\n").len(), 1);
        assert_eq!(uninvited("[build-dependencies]\ncc = \"1\"\n").len(), 1);
        assert_eq!(uninvited("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n").len(), 1);
    }
}
