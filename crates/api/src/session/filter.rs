//! What sessions are wanted, as a person types it: `duration > 10m and late_count > 0`.
//!
//! ```text
//! filter     = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" filter ")" | figure [ comparison ]
//! comparison = ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value | "in" "(" value { "," value } ")"
//! ```
//! Figures have the names of the list's rows; `duration` and `engaged` take lengths of time (`90s`,
//! `1h30m`), `duration_ms` and `engaged_ms` numbers too; times look like `2026-11-20T14:58:20Z`, with
//! or without what comes after the date. A figure that is true or false may stand alone. Knows nothing
//! of how sessions are stored: `find` tests them.

use dwell_model::{EndReason, StartKind, StartReason, Zone, time};

use crate::error::{ApiError, Result};

/// Which sessions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(Number, Comparison, f64),
    StartReason(StartReason),
    EndReason(EndReason),
    StartKind(StartKind),
    State(StateWord),
    LateBorn,
}

/// A figure that is a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    StartedAt,
    EndedAt,
    ClosesAt,
    ExpiresAt,
    Duration,
    Engaged,
    EventCount,
    LateCount,
    /// `session_number`.
    Place,
    /// One of the definition's own, and where it was typed; 0 where not in a filter.
    Own {
        name: String,
        at: usize,
    },
}

/// How a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// A state by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateWord {
    Active,
    Closed,
    Expired,
}

/// What a figure's values look like.
enum Kind {
    /// UTC ms.
    Time(Number),
    /// Milliseconds; whether a bare number is meant to be some.
    Length(Number, bool),
    Count(Number),
    /// One of a few words.
    Word(Words),
    Flag,
}

enum Words {
    State,
    StartReason,
    EndReason,
    StartKind,
}

/// A piece of the text, and where it begins, in characters from 1.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    at: usize,
    is_quoted: bool,
}

/// The names that every session has, as a sentence tells them.
const NAMES: &str = "started_at, ended_at, closes_at, expires_at, state, start_reason, end_reason, \
                     start_kind, event_count, duration, engaged, late_count, late_born, \
                     session_number";
/// Deeper parentheses are no filter that a person types.
const MOST_DEPTH: usize = 32;

impl Filter {
    /// Reads a filter; a blank one takes every session. Times without an offset are in `zone`.
    ///
    /// # Errors
    /// Where it is none: what is wrong, where, and what could stand there.
    pub(super) fn parse(text: &str, zone: Zone) -> Result<Self> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let mut parser = Parser {
            tokens: &tokens,
            next: 0,
            end: text.chars().count() + 1,
            zone,
            depth: 0,
        };
        let filter = parser.filter()?;
        match parser.peek() {
            None => Ok(filter),
            Some(more) => Err(more.wrong("“and”, “or” or the end is expected here")),
        }
    }
}

impl Number {
    /// The figure of a name; any other name is one of the definition's own.
    pub(super) fn of_name(name: &str, at: usize) -> Option<Self> {
        match kind_of(name, at) {
            Kind::Time(number) | Kind::Length(number, _) | Kind::Count(number) => Some(number),
            Kind::Word(_) | Kind::Flag => None,
        }
    }
}

impl Token {
    fn wrong(&self, what: &str) -> ApiError {
        wrong(self.at, &format!("“{}”: {what}", self.text))
    }

    fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text == word
    }
}

/// An error at a place of the filter.
fn wrong(at: usize, what: &str) -> ApiError {
    ApiError::bad_input(format!("The filter, at character {at}: {what}."))
}

/// An error for a figure that no session has.
pub(super) fn unknown_figure<'n>(
    name: &str,
    at: usize,
    own: impl Iterator<Item = &'n str>,
) -> ApiError {
    let mut names = NAMES.to_owned();
    for name in own {
        names.push_str(", ");
        names.push_str(name);
    }
    match at {
        0 => ApiError::bad_input(format!(
            "Sessions have no order by “{name}”: there is no such figure; there are {names}."
        )),
        _ => wrong(
            at,
            &format!("there is no figure “{name}”; there are {names}"),
        ),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut index = 0;
    let is_symbol = |c: char| matches!(c, '(' | ')' | ',' | '=' | '!' | '<' | '>' | '"');
    while let Some(first) = characters.get(index) {
        let from = index;
        let mut is_quoted = false;
        match first {
            c if c.is_whitespace() => {
                index += 1;
                continue;
            }
            '"' => {
                let rest = &characters[from + 1..];
                let length = rest.iter().position(|c| *c == '"');
                let length = length
                    .ok_or_else(|| wrong(from + 1, "this quotation mark has no second one"))?;
                index += length + 2;
                is_quoted = true;
            }
            '<' | '>' | '!' if characters.get(index + 1) == Some(&'=') => index += 2,
            c if is_symbol(*c) => index += 1,
            _ => {
                let is_word = |c: &&char| !c.is_whitespace() && !is_symbol(**c);
                index += characters[from..].iter().take_while(is_word).count();
            }
        }
        let inside = match is_quoted {
            true => from + 1..index - 1,
            false => from..index,
        };
        tokens.push(Token {
            text: characters[inside].iter().collect(),
            at: from + 1,
            is_quoted,
        });
    }
    Ok(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    next: usize,
    /// The place after the last character.
    end: usize,
    zone: Zone,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_some_and(|token| token.is(word));
        self.next += usize::from(is_it);
        is_it
    }

    fn any(&mut self, expected: &str) -> Result<&'t Token> {
        let token = self.peek().ok_or_else(|| self.ends(expected))?;
        self.next += 1;
        Ok(token)
    }

    fn ends(&self, expected: &str) -> ApiError {
        wrong(self.end, &format!("it ends where {expected} is expected"))
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        let expected = format!("“{word}”");
        let token = self.any(&expected)?;
        match token.is(word) {
            true => Ok(()),
            false => Err(token.wrong(&format!("{expected} is expected here"))),
        }
    }

    fn filter(&mut self) -> Result<Filter> {
        self.chain("or", Self::all, Filter::Any)
    }

    fn all(&mut self) -> Result<Filter> {
        self.chain("and", Self::one, Filter::All)
    }

    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Filter>,
        join: fn(Vec<Filter>) -> Filter,
    ) -> Result<Filter> {
        let first = part(self)?;
        if !self.peek().is_some_and(|token| token.is(word)) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take(word) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn one(&mut self) -> Result<Filter> {
        let token = self.any("a figure")?;
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(token.wrong("there are too many parentheses in each other"));
        }
        let filter = if token.is("not") {
            Filter::Not(Box::new(self.one()?))
        } else if token.is("(") {
            let filter = self.filter()?;
            self.expect(")")?;
            filter
        } else {
            self.comparison(token)?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self, figure: &'t Token) -> Result<Filter> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '$');
        if !figure.is_quoted && !figure.text.chars().all(is_name) {
            return Err(figure.wrong("a figure is expected here"));
        }
        let kind = kind_of(&figure.text, figure.at);
        if let Kind::Flag = kind
            && !self
                .peek()
                .is_some_and(|token| token.is("=") || token.is("!="))
        {
            return Ok(Filter::LateBorn);
        }
        let expected = "“=”, “!=”, “<”, “<=”, “>”, “>=” or “in”";
        let operator = self.any(expected)?;
        if operator.is("in") {
            self.expect("(")?;
            let mut any = vec![self.value(&kind, Comparison::Equal)?];
            while self.take(",") {
                any.push(self.value(&kind, Comparison::Equal)?);
            }
            self.expect(")")?;
            return Ok(Filter::Any(any));
        }
        let comparison = match &*operator.text {
            "=" | "!=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::More,
            ">=" => Comparison::MoreOrEqual,
            _ => return Err(operator.wrong(&format!("{expected} is expected here"))),
        };
        if let (Kind::Word(_) | Kind::Flag, false) = (&kind, comparison == Comparison::Equal) {
            return Err(operator.wrong("words are not more or less; use “=”, “!=” or “in”"));
        }
        let filter = self.value(&kind, comparison)?;
        match operator.is("!=") {
            true => Ok(Filter::Not(Box::new(filter))),
            false => Ok(filter),
        }
    }

    fn value(&mut self, kind: &Kind, comparison: Comparison) -> Result<Filter> {
        let token = self.any("a value")?;
        let text = &*token.text;
        let compare =
            |number: &Number, value: f64| Filter::Compare(number.clone(), comparison, value);
        match kind {
            Kind::Time(number) => {
                let time_ms = match text.parse::<i64>() {
                    Ok(time_ms) => Some(time_ms),
                    Err(_) => time_of(text, self.zone),
                };
                let expected = "times look like 2026-11-20, 2026-11-20T14:58:20Z or UTC \
                                milliseconds";
                let time_ms = time_ms.ok_or_else(|| token.wrong(expected))?;
                Ok(compare(number, time_ms as f64))
            }
            Kind::Length(number, takes_ms) => {
                let length_ms = match (length_ms(text), takes_ms) {
                    (None, true) => text.parse().ok(),
                    (length_ms, _) => length_ms,
                };
                let expected = "lengths look like 500ms, 90s, 10m, 1h30m or 2d";
                let length_ms = length_ms.ok_or_else(|| token.wrong(expected))?;
                Ok(compare(number, length_ms))
            }
            Kind::Count(number) => {
                let value = text.parse().ok().filter(|value: &f64| value.is_finite());
                let value = value.ok_or_else(|| token.wrong("a number is expected here"))?;
                Ok(compare(number, value))
            }
            Kind::Word(words) => words.filter(token),
            Kind::Flag => match text {
                "true" => Ok(Filter::LateBorn),
                "false" => Ok(Filter::Not(Box::new(Filter::LateBorn))),
                _ => Err(token.wrong("true or false is expected here")),
            },
        }
    }
}

fn kind_of(name: &str, at: usize) -> Kind {
    match name {
        "started_at" => Kind::Time(Number::StartedAt),
        "ended_at" => Kind::Time(Number::EndedAt),
        "closes_at" => Kind::Time(Number::ClosesAt),
        "expires_at" => Kind::Time(Number::ExpiresAt),
        "duration" => Kind::Length(Number::Duration, false),
        "duration_ms" => Kind::Length(Number::Duration, true),
        "engaged" => Kind::Length(Number::Engaged, false),
        "engaged_ms" => Kind::Length(Number::Engaged, true),
        "event_count" => Kind::Count(Number::EventCount),
        "late_count" => Kind::Count(Number::LateCount),
        "session_number" => Kind::Count(Number::Place),
        "state" => Kind::Word(Words::State),
        "start_reason" => Kind::Word(Words::StartReason),
        "end_reason" => Kind::Word(Words::EndReason),
        "start_kind" => Kind::Word(Words::StartKind),
        "late_born" => Kind::Flag,
        _ => Kind::Count(Number::Own {
            name: name.to_owned(),
            at,
        }),
    }
}

impl Words {
    fn filter(&self, token: &Token) -> Result<Filter> {
        fn one_of<T: Copy + std::fmt::Display>(
            found: Option<T>,
            all: &[T],
            token: &Token,
        ) -> Result<T> {
            found.ok_or_else(|| {
                let words: Vec<String> = all.iter().map(T::to_string).collect();
                token.wrong(&format!("it is one of {}", words.join(", ")))
            })
        }
        let word = &*token.text;
        Ok(match self {
            Self::State => Filter::State(match word {
                "active" => StateWord::Active,
                "closed" => StateWord::Closed,
                "expired" => StateWord::Expired,
                _ => return Err(token.wrong("it is one of active, closed, expired")),
            }),
            Self::StartReason => {
                let found = StartReason::parse(word);
                Filter::StartReason(one_of(found, StartReason::ALL, token)?)
            }
            Self::EndReason => {
                let found = EndReason::parse(word);
                Filter::EndReason(one_of(found, EndReason::ALL, token)?)
            }
            Self::StartKind => {
                let found = StartKind::parse(word);
                Filter::StartKind(one_of(found, StartKind::ALL, token)?)
            }
        })
    }
}

/// A date is its midnight.
fn time_of(text: &str, zone: Zone) -> Option<i64> {
    let midnight = format!("{text}T00:00:00");
    time::parse_text(text, zone).or_else(|| time::parse_text(&midnight, zone))
}

/// `1h30m`, `0.5s` or `500ms` in milliseconds.
fn length_ms(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        sum += number
            * match &rest[..unit] {
                "ms" => 1.0,
                "s" => 1e3,
                "m" | "min" => 60e3,
                "h" => 3_600e3,
                "d" => 86_400e3,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Filter> {
        Filter::parse(text, Zone::UTC)
    }

    #[test]
    fn and_binds_closer_than_or_and_not_closest() {
        let late = || Filter::Compare(Number::LateCount, Comparison::More, 0.0);
        let long = || Filter::Compare(Number::Duration, Comparison::More, 600_000.0);
        let born = || Filter::LateBorn;
        for (text, expected) in [
            (
                "duration > 10m and late_count > 0",
                Filter::All(vec![long(), late()]),
            ),
            (
                "late_born or duration_ms>600000 and late_count>0",
                Filter::Any(vec![born(), Filter::All(vec![long(), late()])]),
            ),
            (
                "not late_born and (late_count > 0 or duration > 10min)",
                Filter::All(vec![
                    Filter::Not(Box::new(born())),
                    Filter::Any(vec![late(), long()]),
                ]),
            ),
            ("late_born = false", Filter::Not(Box::new(born()))),
            ("not (late_born)", Filter::Not(Box::new(born()))),
            (
                "state in (active, expired)",
                Filter::Any(vec![
                    Filter::State(StateWord::Active),
                    Filter::State(StateWord::Expired),
                ]),
            ),
            (
                "start_reason != \"user_switched\"",
                Filter::Not(Box::new(Filter::StartReason(StartReason::UserSwitched))),
            ),
            (
                "started_at >= 1970-01-02",
                Filter::Compare(Number::StartedAt, Comparison::MoreOrEqual, 86_400_000.0),
            ),
            (
                "started_at < 1970-01-01T00:00:01Z",
                Filter::Compare(Number::StartedAt, Comparison::Less, 1_000.0),
            ),
            (
                "engaged <= 1h30m10s500ms",
                Filter::Compare(Number::Engaged, Comparison::LessOrEqual, 5_410_500.0),
            ),
            ("  ", Filter::All(vec![])),
        ] {
            assert_eq!(parsed(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, at, part) in [
            ("duration > 10", 12, "lengths look like"),
            ("duration >", 11, "it ends where a value is expected"),
            ("duration 10m", 10, "“10m”: “=”"),
            ("late_count > 0 duration > 1s", 16, "“and”, “or” or the end"),
            ("(late_born", 11, "it ends where “)” is expected"),
            ("state > active", 7, "words are not more or less"),
            ("end_reason = nobody", 14, "one of open, ended, midnight"),
            ("start_kind in (cold, hot)", 22, "one of"),
            ("event_count > “3”", 15, "a number is expected"),
            ("event_count > \"3", 15, "no second one"),
            ("late_born = 1", 13, "true or false"),
            ("and late_born", 5, "“late_born”: “=”"),
            (") = 1", 1, "a figure is expected"),
            ("started_at > yesterday", 14, "times look like"),
        ] {
            let message = parsed(text).unwrap_err().message;
            assert!(
                message.contains(&format!("at character {at}:")),
                "{text}: {message}"
            );
            assert!(message.contains(part), "{text}: {message}");
        }
        let deep = format!("{}late_born", "(".repeat(200_000));
        assert!(
            parsed(&deep)
                .unwrap_err()
                .message
                .contains("too many parentheses")
        );
    }
}
