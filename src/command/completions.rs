//! `completions`: the scripts are generated from the clap definition; the committed ones in
//! `completions/` are for packagers.

use clap_complete::Shell as Generator;

use crate::cli::{self, Shell};

/// Generates the completion script of a shell.
pub fn script(shell: Shell) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut buffer = Vec::new();
    clap_complete::generate(generator, &mut cli::definition(), "stagegate", &mut buffer);
    String::from_utf8_lossy(&buffer).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn committed_completions_are_up_to_date() {
        for (shell, name) in
            [(Shell::Bash, "stagegate.bash"), (Shell::Zsh, "_stagegate"), (Shell::Fish, "stagegate.fish")]
        {
            let path = format!("{}/completions/{name}", env!("CARGO_MANIFEST_DIR"));
            let fresh = script(shell);
            if std::env::var_os("STAGEGATE_UPDATE").is_some() {
                std::fs::write(&path, &fresh).unwrap();
            } else {
                let committed = std::fs::read_to_string(&path).unwrap();
                assert!(committed == fresh, "completions/{name} is stale: run STAGEGATE_UPDATE=1 cargo test --lib");
            }
        }
    }
}
