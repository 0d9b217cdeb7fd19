//! The commands with which a project begins.

use super::Words;
use crate::cli::{InitArgs, TemplatesCommand, TemplatesNewArgs, TemplatesShowArgs};

pub(super) fn templates(words: &mut Words, command: &TemplatesCommand) {
    match command {
        TemplatesCommand::List => words.plain("list"),
        TemplatesCommand::Show(TemplatesShowArgs { name }) => {
            words.plain("show");
            words.positional(std::slice::from_ref(name));
        }
        TemplatesCommand::New(TemplatesNewArgs { name, out, overwrite }) => {
            words.plain("new");
            words.positional(std::slice::from_ref(name));
            words.path("--out", out.as_deref());
            words.flag("--overwrite", *overwrite);
        }
    }
}

pub(super) fn init(words: &mut Words, arguments: &InitArgs) {
    let InitArgs { project, out, dev_profile, prod_profile, dev_account, prod_account, .. } = arguments;
    let InitArgs { dev_region, prod_region, single_account, tags, starters, .. } = arguments;
    words.option("--project", project.as_deref());
    words.path("--out", out.as_deref());
    words.option("--dev-profile", dev_profile.as_deref());
    words.option("--prod-profile", prod_profile.as_deref());
    words.option("--dev-account", dev_account.as_deref());
    words.option("--prod-account", prod_account.as_deref());
    words.option("--dev-region", dev_region.as_deref());
    words.option("--prod-region", prod_region.as_deref());
    words.flag("--single-account", *single_account);
    words.each("--tag", tags);
    words.each("--starter", starters);
}
