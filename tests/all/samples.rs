//! Templates in the styles of AWS's samples (`tests/data/samples`): `create` plans each with a stack name and parameters alone.

use super::support::User;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/samples");

/// Plans one sample in a new sandbox. Comments in the first lines name its parameters: `# --param NAME=VALUE`.
fn plan(name: &str) -> Result<(), String> {
    let file = format!("{SAMPLES}/{name}.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let given: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# --param ")).collect();
    let parameters = given.iter().flat_map(|value| ["--param", value]);
    let arguments: Vec<&str> =
        ["create", "--plan-only", "-f", &file, "--stack-name", name, "--json"].into_iter().chain(parameters).collect();
    let run = User::of_sandbox().run(&arguments);
    // Some plans need an approval; none is blocked.
    if !matches!(run.code, 0 | 3) {
        return Err(format!("{name}: {run}"));
    }
    match run.document()["body"]["plan"]["steps"].as_array().is_some_and(|steps| !steps.is_empty()) {
        true => Ok(()),
        false => Err(format!("{name}: nothing is planned: {run}")),
    }
}

#[test]
fn samples_are_planned_with_a_stack_name_and_parameters_alone() {
    let entries = std::fs::read_dir(SAMPLES).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(names.len() >= 60, "{} samples", names.len());
    for style in ["network", "ecs", "serverless", "database", "static-site", "fanout", "state-machine", "identity"] {
        assert!(names.iter().filter(|name| name.starts_with(style)).count() >= 4, "{style}");
    }
    let refused: Vec<String> = std::thread::scope(|scope| {
        let parts = [0, 1, 2].map(|first| names.iter().skip(first).step_by(3));
        let started = parts.map(|part| {
            scope.spawn(move || part.map(|name| plan(name)).filter_map(Result::err).collect::<Vec<String>>())
        });
        started.into_iter().flat_map(|part| part.join().expect("the samples are tried")).collect()
    });
    assert!(refused.is_empty(), "{} of {}:\n{}", refused.len(), names.len(), refused.join("\n"));
}
