//! The output of `context --doctor`.

use console::style;

use super::{clean, count, wrapped};
use crate::report::{DoctorArea, DoctorBody, DoctorCheckView, DoctorState};

/// Renders the checks by environment.
pub(super) fn doctor(body: &DoctorBody) -> String {
    let mut text = String::new();
    let mut of: Option<Option<&str>> = None;
    let mut is_summed = false;
    for check in &body.checks {
        let environment = check.environment.as_deref();
        if of != Some(environment) {
            let blank = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{blank}{}:\n", style(clean(environment.unwrap_or("Project and machine"))).bold()));
            of = Some(environment);
            is_summed = false;
        }
        match is_allowed(check) {
            false => text.push_str(&line(check)),
            true if is_summed => {}
            true => {
                text.push_str(&allowed(body, environment));
                is_summed = true;
            }
        }
    }
    let not_checked = match body.not_checked {
        0 => String::new(),
        number => format!(", {number} not checked"),
    };
    format!("{text}\n{} ok, {}{not_checked}\n", body.ok, count(body.problems, "problem"))
}

fn is_allowed(check: &DoctorCheckView) -> bool {
    check.area == DoctorArea::Permissions && check.state == DoctorState::Ok
}

/// The commands of an environment whose permissions are complete, in one line.
fn allowed(body: &DoctorBody, environment: Option<&str>) -> String {
    let own = body.checks.iter().filter(|check| check.environment.as_deref() == environment && is_allowed(check));
    let commands: Vec<&str> = own.filter_map(|check| check.command.as_deref()).collect();
    wrapped(&format!("  {} permissions: {}\n", style("✓").green(), commands.join(", ")))
}

fn line(check: &DoctorCheckView) -> String {
    let mark = match check.state {
        DoctorState::Ok => style("✓").green(),
        DoctorState::Problem => style("!").red().bold(),
        DoctorState::NotChecked => style("-").yellow(),
    };
    let mut text = wrapped(&format!("  {mark} {}: {}\n", check.area.as_str(), clean(&check.message)));
    if let Some(hint) = &check.hint {
        text.push_str(&wrapped(&format!("    {}\n", clean(hint))));
    }
    if let Some(fix) = &check.fix {
        // It is copied, and therefore not wrapped.
        text.push_str(&format!("      {}\n", style(clean(fix)).bold()));
    }
    text
}
