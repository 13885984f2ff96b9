//! The table that is printed: what was measured beside what is to be reached.

use std::fmt::Write;

/// One line: a piece of work and its figure, smaller being better unless said.
pub(crate) struct Line {
    pub(crate) work: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: Option<f64>,
    pub(crate) peer: Option<f64>,
    pub(crate) target: Target,
}

/// What is to be reached.
pub(crate) enum Target {
    /// At most so much.
    AtMost(f64),
    /// At most so much for 10 million events, and in proportion for fewer.
    AtMostForTenMillion(f64),
    /// At least so much.
    AtLeast(f64),
    /// So many times less than the peer.
    TimesLessThanPeer(f64),
    /// Nothing: it is there to compare with.
    None,
}

/// The whole table.
pub(crate) fn table(lines: &[Line], event_count: usize) -> String {
    let head = ["work", "ours", "peer", "ratio", "target", "reached"].map(String::from);
    let mut rows = vec![head];
    rows.extend(lines.iter().map(|line| cells(line, event_count)));
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
        if index == 0 {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{}", widths.map(|width| "-".repeat(width)).join("  "));
        }
    }
    text
}

fn cells(line: &Line, event_count: usize) -> [String; 6] {
    let unit = line.unit;
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| figure(value, unit));
    let ratio = line.ours.zip(line.peer).map(|(ours, peer)| peer / ours);
    let scale = event_count as f64 / 1e7;
    let (target, is_reached) = match line.target {
        Target::AtMost(most) => (
            format!("<= {}", figure(most, unit)),
            line.ours.map(|ours| ours <= most),
        ),
        Target::AtMostForTenMillion(most) => (
            format!(
                "<= {} ({} for 10 M)",
                figure(most * scale, unit),
                figure(most, unit)
            ),
            line.ours.map(|ours| ours <= most * scale),
        ),
        Target::AtLeast(least) => (
            format!(">= {}", figure(least, unit)),
            line.ours.map(|ours| ours >= least),
        ),
        Target::TimesLessThanPeer(times) => (
            format!("{times} x less than DuckDB"),
            ratio.map(|ratio| ratio >= times),
        ),
        Target::None => (String::new(), None),
    };
    let reached = match is_reached {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    [
        line.work.clone(),
        shown(line.ours),
        shown(line.peer),
        ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2} x")),
        target,
        reached.to_owned(),
    ]
}

/// Three digits and a unit that fits; seconds below a second are told in milliseconds.
fn figure(value: f64, unit: &str) -> String {
    let (value, unit) = match unit {
        "s" if value < 1.0 => (value * 1_000.0, "ms"),
        unit => (value, unit),
    };
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 0.1 => 2,
        _ => 3,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_reached_or_not_and_scaled_where_it_grows_with_the_events() {
        let line = |ours, peer, target| Line {
            work: "work".to_owned(),
            unit: "s",
            ours: Some(ours),
            peer,
            target,
        };
        let cells = |line: &Line| cells(line, 1_000_000)[1..].to_vec();
        assert_eq!(
            cells(&line(0.9, Some(1.8), Target::AtMostForTenMillion(8.0))),
            [
                "900 ms",
                "1.80 s",
                "2.00 x",
                "<= 800 ms (8.00 s for 10 M)",
                "NO"
            ]
        );
        let times = cells(&line(1.0, Some(3.0), Target::TimesLessThanPeer(2.5)));
        assert_eq!(times[2..], ["3.00 x", "2.5 x less than DuckDB", "yes"]);
        let times = cells(&line(1.0, None, Target::TimesLessThanPeer(2.5)));
        assert_eq!(times[4], "", "nothing to compare with is neither");
        assert_eq!(cells(&line(60.0, None, Target::AtLeast(50.0)))[4], "yes");
        assert_eq!(cells(&line(2.0, None, Target::AtMost(1.0)))[4], "NO");
    }

    #[test]
    fn the_columns_stand_under_each_other() {
        let line = |work: &str| Line {
            work: work.to_owned(),
            unit: "s",
            ours: Some(2.0),
            peer: None,
            target: Target::None,
        };
        let text = table(&[line("short"), line("a longer one")], 10);
        let places: Vec<_> = text.lines().skip(2).map(|line| line.find("2.00")).collect();
        assert_eq!(places, [Some(14), Some(14)]);
    }
}
