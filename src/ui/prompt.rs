//! Prompts. They are displayed on stderr, only at an interactive terminal, and answered with whole lines, which the
//! terminal itself edits: its mode is never changed, so that nothing needs to be restored, however a run ends. Input typed
//! or pasted before a prompt was displayed is discarded. The end of input (Ctrl-D) means no.

mod form;

pub use form::text;

use std::io::{BufRead, Write};

use dialoguer::theme::{SimpleTheme, Theme};
use textwrap::WordSplitter;

use super::view::{self, cost_question};
use crate::pipeline::gate::rules::{ApprovalKind, Requirement};
use crate::report::PlanView;

/// The answer to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Apply the plan.
    Proceed,
    /// Do not apply the plan.
    Cancel,
    /// Do not apply the plan: fix the findings first.
    Fix,
    /// The prompt was interrupted (Ctrl-C).
    Interrupted,
}

/// Prompts for each kind of approval that a plan requires. A prompt that fails counts as not approved.
pub fn ask(approvals: &[Requirement], plan: &PlanView) -> Answer {
    // These cannot be approved at a prompt.
    if approvals.iter().any(|requirement| requirement.kind == ApprovalKind::CriticalFindings) {
        return Answer::Fix;
    }
    answer_all(&questions(approvals, plan), &mut line)
}

/// Asks a question that is answered with yes or no.
pub fn confirm(question: &str) -> Answer {
    answer_all(&[Question::yes(question.to_owned())], &mut line)
}

/// A line of input: `None` at the end of input and after an error.
type Line = Option<String>;

/// One prompt.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    text: String,
    /// Words that approve, in lowercase unless they are names. Others cancel.
    approve: Vec<String>,
    /// Words that end the run so that the findings can be fixed.
    fix: &'static [&'static str],
}

impl Question {
    fn yes(text: String) -> Self {
        let approve = vec!["y".to_owned(), "yes".to_owned()];
        Self { text: format!("{text} (y/n)"), approve, fix: &[] }
    }

    fn typed(text: String, name: &str) -> Self {
        Self { text, approve: vec![name.to_owned()], fix: &[] }
    }

    fn judge(&self, line: Line) -> Answer {
        let Some(line) = line else { return Answer::Cancel };
        let given = line.trim();
        let is = |word: &str| !word.is_empty() && given.eq_ignore_ascii_case(word);
        match () {
            () if self.approve.iter().any(|word| is(word)) => Answer::Proceed,
            () if self.fix.iter().any(|word| is(word)) => Answer::Fix,
            () => Answer::Cancel,
        }
    }
}

fn answer_all(questions: &[Question], read: &mut dyn FnMut(&str) -> Line) -> Answer {
    for question in questions {
        let answer = question.judge(read(&question.text));
        if answer != Answer::Proceed {
            return answer;
        }
    }
    Answer::Proceed
}

/// The prompts of a plan: one for each kind of approval, whatever the number of resources. A deletion is confirmed twice.
fn questions(approvals: &[Requirement], plan: &PlanView) -> Vec<Question> {
    let mut kinds: Vec<ApprovalKind> = Vec::new();
    for requirement in approvals {
        if !kinds.contains(&requirement.kind) {
            kinds.push(requirement.kind);
        }
    }
    kinds.into_iter().flat_map(|kind| of_kind(kind, approvals, plan)).collect()
}

fn of_kind(kind: ApprovalKind, approvals: &[Requirement], plan: &PlanView) -> Vec<Question> {
    let same: Vec<&Requirement> = approvals.iter().filter(|requirement| requirement.kind == kind).collect();
    let sentence = |mark: &str| match same.as_slice() {
        [only] => format!("   {mark} {}.", capitalized(&view::clean(&only.reason))),
        several => {
            let lines = several.iter().map(|one| format!("   {mark} {}\n", capitalized(&view::clean(&one.reason))));
            format!("{}  ", lines.collect::<String>())
        }
    };
    let typed: Vec<&str> = same.iter().filter_map(|requirement| requirement.typed.as_deref()).collect();
    match kind {
        ApprovalKind::Findings => vec![Question {
            text: format!("{} Type `proceed` to accept, or `fix` to change the template first:", sentence("🔍")),
            approve: vec!["proceed".to_owned()],
            fix: &["fix"],
        }],
        // See `ask`.
        ApprovalKind::CriticalFindings => Vec::new(),
        ApprovalKind::Cost => vec![Question::yes(cost_question(&plan.estimate))],
        ApprovalKind::DropsValues => vec![Question::yes(format!("{} Proceed?", sentence("✂️")))],
        ApprovalKind::OverwritesLiveChange => vec![Question::yes(format!("{} Proceed?", sentence("⚠️")))],
        ApprovalKind::Replacement => vec![Question::yes(format!("{} Proceed?", sentence("♻️")))],
        ApprovalKind::Delete => {
            let name = match typed.as_slice() {
                [only] => (*only).to_owned(),
                several => format!("delete {}", several.len()),
            };
            vec![
                Question::typed(format!("{} Type `{name}` to delete:", sentence("🗑️")), &name),
                Question::yes("   This cannot be undone. Proceed?".to_owned()),
            ]
        }
        // The name of the environment must be typed, to prevent accidental changes to production.
        ApprovalKind::Protected => {
            let names: Vec<&str> = if typed.is_empty() { vec![plan.environment.as_str()] } else { typed };
            let name = names.join(" ");
            let is = if names.len() == 1 { "is" } else { "are" };
            let text = format!("   🔒 `{name}` {is} protected. Type `{name}` to apply exactly this plan:");
            vec![Question::typed(text, &name)]
        }
    }
}

/// Wraps the lines of a prompt between words; the cursor stays on the last one.
fn wrapped(prompt: &str, width: usize) -> String {
    let options = textwrap::Options::new(width.max(20)).subsequent_indent("      ").break_words(false);
    // Names with hyphens are to be typed.
    let options = options.word_splitter(WordSplitter::NoHyphenation);
    let lines: Vec<String> = prompt.split('\n').map(|line| textwrap::fill(line, &options)).collect();
    let space = if prompt.ends_with(' ') { " " } else { "" };
    format!("{}{space}", lines.join("\n").trim_end_matches(' '))
}

/// Displays a prompt and reads one line. `dialoguer` formats the prompt; its own reader cannot tell the end of input from
/// the end of a line, so that `y` and Ctrl-D would approve.
fn line(question: &str) -> Line {
    line_or(question, None)
}

/// As [`line`], and displays what an empty line stands for.
fn line_or(question: &str, default: Option<&str>) -> Line {
    let input = std::io::stdin();
    // If stdin is not a terminal, there is nothing to discard.
    let _ = rustix::termios::tcflush(&input, rustix::termios::QueueSelector::IFlush);
    let mut prompt = String::new();
    SimpleTheme.format_input_prompt(&mut prompt, question.trim_end_matches(':'), default).ok()?;
    let prompt = wrapped(&prompt, usize::from(console::Term::stderr().size().1));
    let mut screen = std::io::stderr().lock();
    let _ = write!(screen, "{prompt}").and_then(|()| screen.flush());
    drop(screen);
    let mut text = String::new();
    let read = input.lock().read_line(&mut text);
    if read.is_err() || !text.ends_with('\n') {
        // Ctrl-D leaves the cursor on the line of the prompt.
        let _ = writeln!(std::io::stderr());
        return None;
    }
    // More than one line arrived at once: it was pasted and not meant for this prompt.
    let is_pasted = rustix::io::ioctl_fionread(&input).is_ok_and(|waiting| waiting > 0);
    (!is_pasted).then_some(text)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(approve: &str, fix: &'static [&'static str]) -> Question {
        Question { text: String::new(), approve: vec![approve.to_owned()], fix }
    }

    #[test]
    fn only_the_expected_word_approves_and_the_end_of_input_does_not() {
        let given = |text: &str| Some(format!("{text}\n"));
        let asked = question("prod", &[]);
        assert_eq!(asked.judge(given(" prod ")), Answer::Proceed);
        for other in ["", "y", "dev", "prod prod"] {
            assert_eq!(asked.judge(given(other)), Answer::Cancel, "{other}");
        }
        assert_eq!(asked.judge(None), Answer::Cancel);
        assert_eq!(question("proceed", &["fix"]).judge(given("fix")), Answer::Fix);
        assert_eq!(question("", &[]).judge(given("")), Answer::Cancel, "an empty word is not an approval");
    }

    #[test]
    fn the_first_refusal_ends_the_questions() {
        let asked = [question("y", &[]), question("prod", &[]), question("z", &[])];
        let mut number = 0;
        let mut replies = |_: &str| {
            number += 1;
            Some(if number == 1 { "y\n".to_owned() } else { "no\n".to_owned() })
        };
        assert_eq!(answer_all(&asked, &mut replies), Answer::Cancel);
        assert_eq!(number, 2);
    }

    fn requirement(kind: ApprovalKind, reason: &str, typed: Option<&str>) -> Requirement {
        Requirement { kind, reason: reason.to_owned(), typed: typed.map(str::to_owned) }
    }

    #[test]
    fn there_is_one_question_for_each_kind_and_a_deletion_is_confirmed_twice() {
        let live = ApprovalKind::OverwritesLiveChange;
        let asked = questions(
            &[
                requirement(ApprovalKind::Delete, "a will be deleted", Some("a")),
                requirement(live, "a was changed: /DelaySeconds will be overwritten", None),
                requirement(live, "b was changed: /Timeout, /MemorySize will be overwritten", None),
                requirement(ApprovalKind::Findings, "1 finding", None),
                requirement(ApprovalKind::Findings, "1 undecided check", None),
                requirement(ApprovalKind::Protected, "prod is protected", Some("prod")),
            ],
            &view::varied(),
        );
        let approving: Vec<&str> = asked.iter().map(|question| question.approve[0].as_str()).collect();
        assert_eq!(approving, ["a", "y", "y", "proceed", "prod"]);
        let overwriting = &asked[2].text;
        for place in ["/DelaySeconds", "/Timeout", "/MemorySize"] {
            assert!(overwriting.contains(place), "{overwriting}");
        }
        assert_eq!(asked[3].fix, ["fix"]);
    }

    #[test]
    fn several_deletions_are_one_question() {
        let one = |name| requirement(ApprovalKind::Delete, &format!("{name} will be deleted"), Some(name));
        let asked = questions(&[one("a"), one("b")], &view::varied());
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].approve, ["delete 2"]);
    }

    #[test]
    fn critical_findings_are_not_approved_at_a_prompt() {
        let critical = requirement(ApprovalKind::CriticalFindings, "1 finding", None);
        assert_eq!(ask(&[critical], &view::varied()), Answer::Fix);
    }
}
