//! The output of `context`.

use console::style;

use super::{AccountBlock, account_block, clean};
use crate::report::ContextBody;

/// Renders the account block of each environment and the checks of the pair.
pub fn context(body: &ContextBody) -> String {
    let mut text = String::new();
    for environment in &body.environments {
        let account = match &environment.account {
            Some(account) if *account == environment.expected_account => account.clone(),
            Some(account) => format!("{} (expected: {})", style(account).red(), environment.expected_account),
            None => format!("{} (not confirmed)", environment.expected_account),
        };
        text.push_str(&account_block(AccountBlock {
            name: &environment.name,
            protected: environment.protected,
            profile: environment.profile.as_deref(),
            authentication: &environment.authentication,
            account: &account,
            region: &environment.region,
            endpoints: &environment.endpoints,
        }));
        if let Some(arn) = &environment.arn {
            text.push_str(&format!("   Caller: {}\n", clean(arn)));
        }
        text.push('\n');
    }
    if let Some(pair) = &body.pair {
        let mark = |good: bool| if good { style("✓").green() } else { style("✗").red() };
        let accounts = if pair.distinct_accounts {
            "different accounts"
        } else if pair.single_account {
            "same account, as configured"
        } else {
            "the same account"
        };
        let line = match body.environments.iter().all(|environment| environment.account.is_some()) {
            true => format!("{} {accounts}", mark(pair.distinct_accounts || pair.single_account)),
            // Only the configuration says so.
            false => format!("{} {accounts} (configured, not confirmed)", style("?").yellow()),
        };
        text.push_str(&format!("{line}\n"));
        text.push_str(&format!(
            "{} {}\n",
            mark(true),
            if pair.same_region { "same region" } else { "different regions" }
        ));
        text.push_str(&format!(
            "{} {}\n",
            mark(pair.target_protected),
            if pair.target_protected {
                "the target is protected: every change requires an approval"
            } else {
                "the target is not protected"
            }
        ));
    }
    text
}
