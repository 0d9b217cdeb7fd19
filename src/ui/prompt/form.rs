//! Questions whose answers are values.

use std::io::Write as _;

use super::line_or;

/// Asks until the answer is valid; an empty one is the default. `None` at the end of input.
pub fn text<T>(question: &str, default: Option<&str>, check: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    until_valid(default, check, &mut || line_or(question, default), &mut |problem| {
        let _ = writeln!(std::io::stderr(), "   {problem}");
    })
}

fn until_valid<T>(
    default: Option<&str>,
    check: impl Fn(&str) -> Result<T, String>,
    read: &mut dyn FnMut() -> Option<String>,
    report: &mut dyn FnMut(&str),
) -> Option<T> {
    loop {
        let line = read()?;
        let given = match line.trim() {
            "" => default.unwrap_or_default(),
            given => given,
        };
        match check(given) {
            Ok(value) => return Some(value),
            Err(problem) => report(&problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_answer_is_asked_again_and_an_empty_one_is_the_default() {
        let asked = |lines: &[&str]| {
            let mut lines = lines.iter();
            let mut problems = Vec::new();
            let check = |text: &str| text.parse::<u8>().map_err(|_| format!("{text:?} is not a number"));
            let value =
                until_valid(Some("7"), check, &mut || lines.next().map(|line| format!("{line}\n")), &mut |problem| {
                    problems.push(problem.to_owned())
                });
            (value, problems.len())
        };
        assert_eq!(asked(&[" 3 "]), (Some(3), 0));
        assert_eq!(asked(&[""]), (Some(7), 0));
        assert_eq!(asked(&["x", "y", "4"]), (Some(4), 2));
        assert_eq!(asked(&["x"]), (None, 1));
    }
}
