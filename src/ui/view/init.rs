//! The output of `init`.

use console::style;

use super::{clean, indented, keep_whole, table, wrapped};
use crate::report::{InitBody, ProfileView};

/// Renders what was written, or the profiles to choose from.
pub fn init(body: &InitBody) -> String {
    let Some(file) = &body.file else { return profiles(&body.profiles) };
    let mut text = format!("Wrote {}", style(clean(file)).bold());
    match &body.project {
        Some(project) => text.push_str(&format!(" (project {}):\n", clean(project))),
        None => text.push_str(":\n"),
    }
    let mut rows = table(&["ENVIRONMENT", "ACCOUNT", "REGION", "PROFILE", "CONFIRMED BY STS"]);
    for one in &body.environments {
        let name = if one.protected { format!("{} (protected)", one.name) } else { one.name.clone() };
        let profile = match &one.profile {
            Some(profile) => clean(profile),
            None if one.sandbox => "(sandbox)".to_owned(),
            None => "(default credentials)".to_owned(),
        };
        let confirmed = if one.verified { "yes" } else { "no" };
        rows.add_row([&name, &one.account, &one.region, &profile, confirmed]);
    }
    keep_whole(&mut rows, 3);
    text.push_str(&indented(&rows));
    body.starters.iter().for_each(|file| text.push_str(&format!("Wrote {}.\n", clean(file))));
    text
}

/// Renders profiles with their accounts, numbered from 1, or why they cannot be used.
pub fn profiles(profiles: &[ProfileView]) -> String {
    if profiles.is_empty() {
        return String::new();
    }
    let mut rows = table(&["", "PROFILE", "ACCOUNT", "REGION", "AUTHENTICATION"]);
    for (number, one) in (1..).zip(profiles) {
        let region = one.region.as_deref().unwrap_or("-");
        let account = one.account.as_deref().unwrap_or("-");
        rows.add_row([&format!("{number}"), &clean(&one.name), account, region, &one.authentication]);
    }
    keep_whole(&mut rows, 3);
    let problems = profiles.iter().filter_map(|one| Some((one, one.problem.as_deref()?)));
    let problems = problems.map(|(one, problem)| {
        let hint = one.hint.as_deref().map(|hint| format!("    {}\n", clean(hint))).unwrap_or_default();
        wrapped(&format!("  {} {}: {}\n{hint}", style("!").red().bold(), clean(&one.name), clean(problem)))
    });
    format!("AWS profiles:\n{}{}", indented(&rows), problems.collect::<String>())
}
