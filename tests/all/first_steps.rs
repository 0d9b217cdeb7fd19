//! `docs/first-steps.md` is a session at a terminal: its commands and answers are typed again in tmux, by a user with an empty
//! home folder, and what appears is compared. `STAGEGATE_UPDATE=1` updates it.

use std::time::{Duration, Instant};

use super::support::{DEV, PROD, User, root};

/// The time of the session.
const THEN: &str = "2026-11-20T09:00:00Z";

/// Exceeded only if something hangs.
const TIMEOUT: Duration = Duration::from_secs(120);

const PROMPT: &str = "$";

/// The answers to the questions of a command: the end of the question, and what is typed.
const ANSWERS: &[(&str, &[(&str, &str)])] = &[
    ("stagegate promote", &[("Type `prod` to apply exactly this plan:", "prod")]),
    (
        "stagegate init",
        &[
            ("Profile of dev (name or number) [shop-dev]:", ""),
            ("Region of dev [us-east-1]:", ""),
            ("Profile of prod (name or number) [shop-prod]:", ""),
            ("Region of prod [us-east-1]:", ""),
            ("Name of the project [work]:", "shop"),
            ("Value of the tag CostCenter [Engineering]:", ""),
            ("Names, separated by commas [none]:", "s3-bucket"),
        ],
    ),
];

/// A shell in tmux.
struct Terminal<'a> {
    user: &'a User,
    socket: String,
}

impl<'a> Terminal<'a> {
    fn open(user: &'a User) -> Self {
        let socket = user.folder().join("../tmux").display().to_string();
        let terminal = Self { user, socket };
        let shell = format!("PS1='{PROMPT} ' exec bash --noprofile --norc");
        // High enough for each result: nothing scrolls, and nothing is paged.
        terminal.tmux(&["-f", "/dev/null", "-u", "new-session", "-d", "-x", "100", "-y", "400", &shell]);
        terminal.wait(|screen| screen == PROMPT);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let run = self.user.program("tmux".as_ref(), &[&["-S", &self.socket], arguments].concat());
        run.expect(0).stdout
    }

    /// Returns what is on the screen, with lines that the terminal has wrapped joined.
    fn screen(&self) -> String {
        let text = self.tmux(&["capture-pane", "-p", "-J"]);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").trim_end().to_owned()
    }

    fn wait(&self, is_reached: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_reached(&screen) {
                return screen;
            }
            assert!(began.elapsed() < TIMEOUT, "the terminal hangs:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn type_line(&self, text: &str) {
        if !text.is_empty() {
            self.tmux(&["send-keys", "-l", text]);
        }
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Types a command and its answers, and returns what is on the screen at the next prompt.
    fn run(&self, command: &str) -> String {
        self.type_line("clear");
        self.wait(|screen| screen == PROMPT);
        self.type_line(command);
        let answers =
            ANSWERS.iter().find(|(name, _)| command.starts_with(name)).map_or(&[][..], |(_, answers)| answers);
        for (question, answer) in answers {
            self.wait(|screen| screen.ends_with(question));
            self.type_line(answer);
        }
        let last = format!("\n{PROMPT}");
        let screen = self.wait(|screen| screen.ends_with(&last));
        screen.strip_suffix(&last).unwrap().to_owned()
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.user.program("tmux".as_ref(), &["-S", &self.socket, "kill-server"]);
    }
}

/// Replaces what differs between runs: durations, and the port of the server that stands for AWS.
fn pinned(text: &str, endpoint: &str) -> String {
    let duration = regex::Regex::new(r"\d+ ms\b").unwrap();
    duration.replace_all(&text.replace(endpoint, "http://127.0.0.1:4599"), "47 ms").into_owned()
}

#[test]
fn the_first_steps_are_as_the_document_shows_them() {
    let server = User::of_sandbox().serve();
    let user = User::of_aws()
        .with("STAGEGATE_TEST_NOW", THEN)
        .with("AWS_ENDPOINT_URL", &server.endpoint)
        .with("LC_ALL", "C.UTF-8")
        .with("TERM", "xterm-256color");
    let profile = |name: &str, account: &str| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = any\nregion = us-east-1\n")
    };
    user.write("aws-config", &(profile("shop-dev", DEV) + &profile("shop-prod", PROD)));
    let path = root().join("docs/first-steps.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let terminal = Terminal::open(&user);
    let mut fresh = String::new();
    let mut is_session = false;
    for line in document.lines() {
        match (is_session, line) {
            (false, "```console") => is_session = true,
            (true, "```") => {
                is_session = false;
                fresh.truncate(fresh.trim_end().len());
                fresh.push('\n');
            }
            (true, command) if command.starts_with("$ ") => {
                let shown = terminal.run(command.trim_start_matches("$ "));
                fresh.push_str(&format!("{}\n\n", pinned(&shown, &server.endpoint)));
                continue;
            }
            (true, _) => continue,
            (false, _) => {}
        }
        fresh.push_str(line);
        fresh.push('\n');
    }
    if std::env::var_os("STAGEGATE_UPDATE").is_some() {
        std::fs::write(path, fresh).unwrap();
        return;
    }
    for (number, (shown, real)) in document.lines().zip(fresh.lines()).enumerate() {
        assert_eq!(
            shown,
            real,
            "docs/first-steps.md:{} is stale: STAGEGATE_UPDATE=1 cargo test first_steps",
            number + 1
        );
    }
    assert_eq!(document.lines().count(), fresh.lines().count());
}
