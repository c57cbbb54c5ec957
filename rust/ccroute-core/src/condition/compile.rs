//! From text to the checked form: the crate `cel` parses, this file takes what belongs
//! to the subset and refuses the rest by line and column.

use core::fmt;

use cel::common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::{IdedExpr, parser::Parser};

use super::Scope;
use super::ast::{Comparison, ContactField, Kind, Node, Path, QueueField, Sum, TextTest, Value};

/// Bytes of the longest condition.
const MAX_LENGTH: usize = 2_000;

/// How many parts a condition may have: what it costs to ask it.
const MAX_NODES: usize = 200;

/// How deep brackets and choices may nest: the parser goes as deep on the stack.
const MAX_DEPTH: u16 = 16;

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ConditionError {}

pub(super) fn compile(text: &str, scope: Scope) -> Result<Node, ConditionError> {
    if text.len() > MAX_LENGTH {
        let message = format!("{} bytes, expected at most {MAX_LENGTH}", text.len());
        return Err(ConditionError { line: 1, column: 1, message });
    }
    let parser = Parser::new().error_recovery_limit(4).max_recursion_depth(MAX_DEPTH);
    let (parsed, source) = parser.parse_with_source_info(text).map_err(|errors| {
        let first = errors.errors.first();
        if errors.errors.iter().any(|error| error.msg.contains("Recursion limit")) {
            let message = format!("nested too deep, expected at most {MAX_DEPTH} levels");
            return ConditionError { line: 1, column: 1, message };
        }
        let (line, column) = first.map_or((1, 1), |error| error.pos);
        let place = |at: isize| usize::try_from(at).unwrap_or(1).max(1);
        let said = first.map_or("no condition", |error| &*error.msg);
        let said = said.strip_prefix("Syntax error: ").unwrap_or(said);
        ConditionError { line: place(line), column: place(column), message: plainly(said) }
    })?;
    let mut compiler = Compiler { text, source: &source, scope, nodes: 0 };
    let root = compiler.node(&parsed)?;
    compiler.must_be(&parsed, &root, Kind::Flag)?;
    Ok(root)
}

/// The parser's sentence in words a coordinator knows.
fn plainly(said: &str) -> String {
    let names = [
        ("'<EOF>'", "the end"),
        ("<EOF>", "the end"),
        ("IDENTIFIER", "a name"),
        ("NUM_INT", "a number"),
        (", NUM_FLOAT", ""),
        ("NUM_FLOAT, ", ""),
        (", NUM_UINT", ""),
        (", BYTES", ""),
        (", 'null'", ""),
        ("STRING", "a text"),
        ("mismatched input", "found"),
        ("extraneous input", "found"),
        ("expecting", "where was expected:"),
        ("token recognition error at:", "means nothing here:"),
    ];
    let plain = names.iter().fold(said.to_owned(), |said, (from, to)| said.replace(from, to));
    if plain.contains("means nothing here: '=") {
        return format!("{plain}; equality is written `==`");
    }
    plain
}

struct Compiler<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    scope: Scope,
    nodes: usize,
}

type Checked = Result<Node, ConditionError>;

impl Compiler<'_> {
    fn error(&self, part: &IdedExpr, message: impl Into<String>) -> ConditionError {
        let start = self.source.offset_for(part.id).map_or(0, |(start, _)| start as usize);
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        ConditionError { line, column, message: message.into() }
    }

    fn node(&mut self, part: &IdedExpr) -> Checked {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(part, format!("expected at most {MAX_NODES} parts")));
        }
        match &part.expr {
            Expr::Literal(value) => self.literal(part, value),
            Expr::Ident(name) => Ok(Node::Name(self.bare(part, name)?)),
            Expr::Select(select) => self.select(part, select),
            Expr::Call(call) => self.call(part, call),
            Expr::List(_) => Err(self.error(part, "a list stands only after `in`")),
            Expr::Comprehension(_) => {
                Err(self.error(part, "no loops over lists: expected `in`, `&&` or `||`"))
            }
            Expr::Map(_) | Expr::Struct(_) => {
                Err(self.error(part, "no tables: expected a text, a number, true or false"))
            }
            Expr::Unspecified => Err(self.error(part, "expected a condition")),
        }
    }

    fn literal(&self, part: &IdedExpr, value: &LiteralValue) -> Checked {
        Ok(Node::Literal(match value {
            LiteralValue::Boolean(flag) => Value::Flag(*flag.inner()),
            LiteralValue::Int(number) => Value::Number(*number.inner()),
            LiteralValue::String(text) => Value::Text(text.inner().into()),
            LiteralValue::Double(_) => {
                let message = "numbers are whole here: expected one without a fraction";
                return Err(self.error(part, message));
            }
            LiteralValue::UInt(_) => {
                return Err(self.error(part, "expected a number without `u`"));
            }
            LiteralValue::Bytes(_) | LiteralValue::Null => {
                return Err(self.error(part, "expected a text, a number, true or false"));
            }
        }))
    }

    fn bare(&self, part: &IdedExpr, name: &str) -> Result<Path, ConditionError> {
        if self.scope == Scope::Agent {
            return if name == "agent" {
                Ok(Path::Agent)
            } else {
                let expected = "expected `skills.name`, `labels.name` or `agent`";
                Err(self.error(part, format!("no name `{name}` of an agent: {expected}")))
            };
        }
        if ["contact", "queue", "attributes"].contains(&name) {
            let message = format!("`{name}` alone is no value: expected `{name}.` and a name");
            return Err(self.error(part, message));
        }
        Ok(Path::Attribute(name.into()))
    }

    fn select(&self, part: &IdedExpr, select: &SelectExpr) -> Checked {
        let path = self.path(part, &select.operand, &select.field)?;
        Ok(if select.test { Node::Has(path) } else { Node::Name(path) })
    }

    /// `root.field`, or `root["field"]`.
    fn path(&self, part: &IdedExpr, root: &IdedExpr, field: &str) -> Result<Path, ConditionError> {
        let Expr::Ident(root_name) = &root.expr else {
            return Err(self.error(part, "names have one dot: expected `attributes.name`"));
        };
        let roots: &[&str] = match self.scope {
            Scope::Agent => &["skills", "labels"],
            Scope::Contact => &["attributes", "contact"],
            Scope::Step => &["attributes", "contact", "queue"],
        };
        if !roots.contains(&&**root_name) {
            let message = format!("no `{root_name}.` here: expected {}", roots.join(", "));
            return Err(self.error(root, message));
        }
        Ok(match root_name.as_str() {
            "skills" => Path::Skill(field.into()),
            "labels" => Path::Label(field.into()),
            "contact" => {
                let words = ContactField::ALL.iter().map(|field| field.word());
                let known = ContactField::from_word(field).map(Path::Contact);
                known.ok_or_else(|| self.unknown(part, "contact", field, words))?
            }
            "queue" => {
                let words = QueueField::ALL.iter().map(|field| field.word());
                let known = QueueField::from_word(field).map(Path::Queue);
                known.ok_or_else(|| self.unknown(part, "queue", field, words))?
            }
            _ => Path::Attribute(field.into()),
        })
    }

    fn unknown<'w>(
        &self,
        part: &IdedExpr,
        root: &str,
        field: &str,
        words: impl Iterator<Item = &'w str>,
    ) -> ConditionError {
        let words: Vec<&str> = words.collect();
        self.error(part, format!("no `{root}.{field}`: expected one of {}", words.join(", ")))
    }

    fn call(&mut self, part: &IdedExpr, call: &CallExpr) -> Checked {
        if let Some(target) = &call.target {
            return self.method(part, call, target);
        }
        match (call.func_name.as_str(), &*call.args) {
            (operators::LOGICAL_NOT, [asked]) => Ok(Node::Not(Box::new(self.flag(asked)?))),
            (operators::LOGICAL_AND, parts) => {
                let parts = self.flags(part, parts)?;
                Ok(Node::All(parts))
            }
            (operators::LOGICAL_OR, parts) => {
                let parts = self.flags(part, parts)?;
                Ok(Node::Any(parts))
            }
            (operators::CONDITIONAL, [asked, then, otherwise]) => {
                let parts = [self.flag(asked)?, self.node(then)?, self.node(otherwise)?];
                Ok(Node::Choose(Box::new(parts)))
            }
            (operators::IN, [sought, list]) => self.within(sought, list),
            (operators::INDEX, [root, field]) => {
                let Expr::Literal(LiteralValue::String(field)) = &field.expr else {
                    return Err(self.error(field, "expected a name as text, such as [\"name\"]"));
                };
                Ok(Node::Name(self.path(part, root, field.inner())?))
            }
            (operators::NEGATE, [negated]) => {
                let sides = [Node::Literal(Value::Number(0)), self.number(negated)?];
                Ok(Node::Sum(Sum::Subtract, Box::new(sides)))
            }
            ("size", [of]) => Ok(Node::Size(Box::new(self.kind(of, Kind::Text)?))),
            ("int", [of]) => Ok(Node::Int(Box::new(self.node(of)?))),
            (name, [left, right]) => self.binary(part, name, left, right),
            (name, _) => Err(self.no_function(part, name)),
        }
    }

    fn binary(
        &mut self,
        part: &IdedExpr,
        name: &str,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Checked {
        let comparison = match name {
            operators::EQUALS => Some(Comparison::Equal),
            operators::NOT_EQUALS => Some(Comparison::NotEqual),
            operators::LESS => Some(Comparison::Less),
            operators::LESS_EQUALS => Some(Comparison::AtMost),
            operators::GREATER => Some(Comparison::Greater),
            operators::GREATER_EQUALS => Some(Comparison::AtLeast),
            _ => None,
        };
        if let Some(how) = comparison {
            let (a, b) = (self.node(left)?, self.node(right)?);
            if let (Some(a), Some(b)) = (kind_of(&a), kind_of(&b))
                && a != b
            {
                return Err(self.error(part, format!("{a} does not compare with {b}")));
            }
            return Ok(Node::Compare(how, Box::new([a, b])));
        }
        let how = match name {
            operators::ADD => Sum::Add,
            operators::SUBSTRACT => Sum::Subtract,
            operators::MULTIPLY => Sum::Multiply,
            operators::DIVIDE => Sum::Divide,
            operators::MODULO => Sum::Remainder,
            _ => return Err(self.no_function(part, name)),
        };
        Ok(Node::Sum(how, Box::new([self.number(left)?, self.number(right)?])))
    }

    fn method(&mut self, part: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Checked {
        let how = match (call.func_name.as_str(), &*call.args) {
            ("startsWith", [_]) => TextTest::StartsWith,
            ("endsWith", [_]) => TextTest::EndsWith,
            ("contains", [_]) => TextTest::Contains,
            ("size", []) => return Ok(Node::Size(Box::new(self.kind(target, Kind::Text)?))),
            (name, _) => return Err(self.no_function(part, name)),
        };
        let sides = [self.kind(target, Kind::Text)?, self.kind(&call.args[0], Kind::Text)?];
        Ok(Node::Test(how, Box::new(sides)))
    }

    fn no_function(&self, part: &IdedExpr, name: &str) -> ConditionError {
        let expected = "has, int, size, startsWith, endsWith, contains";
        let name = name.trim_matches('_');
        self.error(part, format!("no function `{name}` of such arguments: expected {expected}"))
    }

    fn within(&mut self, sought: &IdedExpr, list: &IdedExpr) -> Checked {
        let Expr::List(items) = &list.expr else {
            return Err(self.error(list, "expected a list such as [\"a\", \"b\"] after `in`"));
        };
        let sought = self.node(sought)?;
        let items = items.elements.iter().map(|item| self.node(item));
        Ok(Node::In(Box::new(sought), items.collect::<Result<_, _>>()?))
    }

    /// The parts of `&&` or `||`, those of the same nested in them included.
    fn flags(&mut self, whole: &IdedExpr, parts: &[IdedExpr]) -> Result<Vec<Node>, ConditionError> {
        let Expr::Call(call) = &whole.expr else { unreachable!("asked of a call") };
        let mut flat = Vec::new();
        for part in parts {
            match &part.expr {
                Expr::Call(inner) if inner.func_name == call.func_name => {
                    flat.extend(self.flags(part, &inner.args)?);
                }
                Expr::Call(_)
                | Expr::Unspecified
                | Expr::Comprehension(_)
                | Expr::Ident(_)
                | Expr::List(_)
                | Expr::Literal(_)
                | Expr::Map(_)
                | Expr::Select(_)
                | Expr::Struct(_) => flat.push(self.flag(part)?),
            }
        }
        Ok(flat)
    }

    fn flag(&mut self, part: &IdedExpr) -> Checked {
        self.kind(part, Kind::Flag)
    }

    fn number(&mut self, part: &IdedExpr) -> Checked {
        self.kind(part, Kind::Number)
    }

    fn kind(&mut self, part: &IdedExpr, kind: Kind) -> Checked {
        let node = self.node(part)?;
        self.must_be(part, &node, kind)?;
        Ok(node)
    }

    /// What a host's attribute is comes out only when it is asked; of all else it is known.
    fn must_be(&self, part: &IdedExpr, node: &Node, kind: Kind) -> Result<(), ConditionError> {
        match kind_of(node) {
            Some(is) if is != kind => {
                Err(self.error(part, format!("this is {is}, expected {kind}")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn kind_of(node: &Node) -> Option<Kind> {
    match node {
        Node::Literal(Value::Flag(_))
        | Node::Has(_)
        | Node::Not(_)
        | Node::All(_)
        | Node::Any(_)
        | Node::Compare(..)
        | Node::In(..)
        | Node::Test(..) => Some(Kind::Flag),
        Node::Literal(Value::Number(_)) | Node::Sum(..) | Node::Size(_) | Node::Int(_) => {
            Some(Kind::Number)
        }
        Node::Literal(Value::Text(_)) => Some(Kind::Text),
        Node::Name(path) => match path {
            Path::Contact(field) => Some(field.kind()),
            Path::Queue(field) => Some(field.kind()),
            Path::Skill(_) => Some(Kind::Number),
            Path::Agent => Some(Kind::Text),
            Path::Attribute(_) | Path::Label(_) => None,
        },
        Node::Choose(parts) => kind_of(&parts[1]).filter(|kind| kind_of(&parts[2]) == Some(*kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, scope: Scope) -> String {
        compile(text, scope).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn what_does_not_parse_names_line_column_and_what_was_expected() {
        for (text, expected) in [
            ("tier ==", "line 1, column 8: found the end where was expected: {'[', '{', '('"),
            ("tier = 3", "line 1, column 6: means nothing here: '= '; equality is written `==`"),
            ("a &&\n b $ c", "line 2, column 4: means nothing here: '$'"),
            ("(a", "line 1, column 3: missing ')' at the end"),
            ("", "line 1, column 1: found the end"),
            ("a b", "line 1, column 3: found 'b' where was expected: the end"),
        ] {
            let said = refused(text, Scope::Contact);
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_beyond_the_subset_names_what_to_write() {
        for (text, expected) in [
            ("a > 1.5", "line 1, column 5: numbers are whole here"),
            ("a == null", "line 1, column 6: expected a text, a number"),
            ("[1].exists(x, x > 0)", "no loops over lists"),
            ("a.matches('x')", "no function `matches`"),
            ("timestamp('x') == a", "no function `timestamp`"),
            ("a.b == 1", "line 1, column 1: no `a.` here: expected attributes, contact"),
            ("contact.colour == 1", "no `contact.colour`: expected one of channel, queue"),
            ("contact == 1", "`contact` alone is no value"),
            ("queue.waiting > 1", "no `queue.` here"),
            ("contact.band == 'x'", "a number does not compare with a text"),
            ("1", "this is a number, expected true or false"),
            ("1 && a", "line 1, column 1: this is a number, expected true or false"),
            ("a in b", "expected a list"),
            ("a == [1]", "a list stands only after `in`"),
            ("a['b'] == 1", "no `a.` here"),
            ("attributes[1] == 1", "expected a name as text"),
            ("{'a': 1} == 1", "no tables"),
            ("a + 'x' == 1", "this is a text, expected a number"),
            ("x == 9223372036854775808", "invalid int literal"),
        ] {
            let said = refused(text, Scope::Contact);
            assert!(said.contains(expected), "{text}: {said}");
        }
        assert!(refused("es >= 5", Scope::Agent).contains("expected `skills.name`"));
        assert_eq!(refused("queue.waiting > 1 && attributes.queue == 'q'", Scope::Step), "");
        assert_eq!(refused("skills.es >= 5 && labels['a site'] == 'b'", Scope::Agent), "");
        assert_eq!(refused("!(agent in ['ana', 'bo'])", Scope::Agent), "");
    }

    #[test]
    fn what_would_cost_too_much_is_refused_before_it_is_parsed() {
        let deep = |n: u16| format!("{}a{}", "(".repeat(n.into()), ")".repeat(n.into()));
        assert_eq!(refused(&deep(MAX_DEPTH), Scope::Contact), "");
        assert!(refused(&deep(MAX_DEPTH + 1), Scope::Contact).contains("nested too deep"));
        assert!(refused(&deep(900), Scope::Contact).contains("nested too deep"));
        assert!(refused(&"a ? b : ".repeat(200), Scope::Contact).contains("nested too deep"));
        assert!(refused(&"x".repeat(2_001), Scope::Contact).contains("2001 bytes"));
        let many = vec!["a"; 150].join(" && ");
        assert_eq!(refused(&many, Scope::Contact), "");
        let too_many = vec!["a"; 250].join("&&");
        assert!(refused(&too_many, Scope::Contact).contains("at most 200 parts"));
        let raw = r#"a == r"\" && ((((((((((((((((((b))))))))))))))))))"#;
        assert!(refused(raw, Scope::Contact).contains("nested too deep"));
        // Brackets in a text are letters like any other.
        assert_eq!(refused(&format!("a == '{}'", "(".repeat(100)), Scope::Contact), "");
    }

    #[test]
    fn columns_count_characters_on_the_line_they_are_on() {
        assert!(
            refused("'ñandú' == a &&\n 1.5 > b", Scope::Contact).starts_with("line 2, column 2")
        );
    }
}
