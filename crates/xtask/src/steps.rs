//! A list of named steps: each announced with its number and its time, the first failure ends the
//! list, and a table at the end tells the whole of it.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

/// Named actions in the order in which they run.
#[derive(Default)]
pub(crate) struct Steps<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    name: &'static str,
    action: Box<dyn FnOnce() -> Outcome + 'a>,
}

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Done(Duration),
    Failed(Duration),
    NotRun,
}

impl<'a> Steps<'a> {
    /// Appends a step.
    pub(crate) fn add(&mut self, name: &'static str, action: impl FnOnce() -> Outcome + 'a) {
        self.steps.push(Step {
            name,
            action: Box::new(action),
        });
    }

    /// Runs the steps up to the first failure, which it returns, after the table of all.
    pub(crate) fn run(self) -> Outcome {
        let step_count = self.steps.len();
        let mut ends = Vec::new();
        let mut outcome = Ok(());
        for (index, Step { name, action }) in self.steps.into_iter().enumerate() {
            if outcome.is_err() {
                ends.push((name, End::NotRun));
                continue;
            }
            println!("\n[{}/{step_count}] {name}", index + 1);
            let started = Instant::now();
            outcome = action().map_err(|failure| {
                Failure::new(format!("Step {} ({name}) failed. {failure}", index + 1))
            });
            let took = started.elapsed();
            println!("      {}", seconds(took));
            ends.push((
                name,
                if outcome.is_ok() {
                    End::Done(took)
                } else {
                    End::Failed(took)
                },
            ));
        }
        print!("{}", table(&ends));
        outcome
    }
}

/// One row a step and the sum, columns aligned.
fn table(ends: &[(&str, End)]) -> String {
    let name_width = ends.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::from("\n");
    let mut total = Duration::ZERO;
    for (index, (name, end)) in ends.iter().enumerate() {
        let (word, took) = match end {
            End::Done(took) => ("done", Some(*took)),
            End::Failed(took) => ("FAILED", Some(*took)),
            End::NotRun => ("not run", None),
        };
        total += took.unwrap_or_default();
        let took = took.map(seconds).unwrap_or_default();
        text += &format!(
            "{:>3}  {name:name_width$}  {word:7}  {took:>9}\n",
            index + 1
        );
    }
    text + &format!(
        "     {:name_width$}  {:7}  {:>9}\n",
        "together",
        "",
        seconds(total)
    )
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_after_a_failure_and_the_failure_names_its_step() {
        let mut later_ran = false;
        let mut steps = Steps::default();
        steps.add("first", || Ok(()));
        steps.add("second", || Err(Failure::new("No disk.")));
        steps.add("third", || {
            later_ran = true;
            Ok(())
        });
        let failure = steps.run().unwrap_err();
        assert_eq!(failure.to_string(), "Step 2 (second) failed. No disk.");
        assert!(!later_ran);
    }

    #[test]
    fn the_table_shows_every_step_and_the_sum() {
        let rows = [
            ("lints", End::Done(Duration::from_millis(1500))),
            ("tests", End::Failed(Duration::from_secs(2))),
            ("window", End::NotRun),
        ];
        let expected = "
  1  lints   done         1.5 s
  2  tests   FAILED       2.0 s
  3  window  not run           \n     \
     together                   3.5 s\n";
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&table(&rows)), squeeze(expected));
    }
}
