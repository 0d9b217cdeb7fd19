//! A plan as a graph: one node per resource that it changes, and an edge from each resource to those that wait for it.

use super::plan::{PlanView, StepView};
use crate::domain::plan::Operation;

/// The language of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphLanguage {
    /// Mermaid.
    Mermaid,
    /// DOT.
    Dot,
}

/// Writes a plan as a graph.
pub fn graph(plan: &PlanView, language: GraphLanguage) -> String {
    let nodes: Vec<&StepView> = plan.steps.iter().filter(|step| is_node(plan, step)).collect();
    let is_drawn = |order: u32| nodes.iter().any(|step| step.order == order);
    let mut edges: Vec<(u32, u32)> = nodes
        .iter()
        .flat_map(|step| step.depends_on.iter().map(|needed| (*needed, step.order)))
        .filter(|(needed, order)| is_drawn(*needed) && needed != order)
        .collect();
    edges.sort_unstable();
    edges.dedup();
    match language {
        GraphLanguage::Mermaid => mermaid(&nodes, &edges),
        GraphLanguage::Dot => dot(plan, &nodes, &edges),
    }
}

/// Tags that are changed together with the resource are not drawn.
fn is_node(plan: &PlanView, step: &StepView) -> bool {
    let is_same = |other: &&StepView| other.logical_id == step.logical_id && other.type_name == step.type_name;
    match step.operation {
        Operation::Tag => plan.steps.iter().find(is_same).is_some_and(|first| {
            let has_change = plan.steps.iter().filter(is_same).any(|other| other.operation != Operation::Tag);
            first.order == step.order && !has_change
        }),
        Operation::Create | Operation::Update | Operation::Replace | Operation::Delete => true,
    }
}

/// The lines of a node.
fn lines(step: &StepView) -> [String; 2] {
    let name = step.identifier.as_deref().unwrap_or(&step.logical_id);
    [format!("{} {}", step.operation.as_str(), step.type_name), format!("{name} in {}", step.environment)]
}

fn mermaid(nodes: &[&StepView], edges: &[(u32, u32)]) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for step in nodes {
        let [action, name] = lines(step).map(|line| escaped_for_mermaid(&line));
        text.push_str(&format!("    n{}[\"{action}<br/>{name}\"]\n", step.order));
    }
    for (needed, order) in edges {
        text.push_str(&format!("    n{needed} --> n{order}\n"));
    }
    text
}

fn dot(plan: &PlanView, nodes: &[&StepView], edges: &[(u32, u32)]) -> String {
    let mut text = format!("digraph \"{}\" {{\n    node [shape=box];\n", escaped_for_dot(&plan.digest));
    for step in nodes {
        let [action, name] = lines(step).map(|line| escaped_for_dot(&line));
        text.push_str(&format!("    n{} [label=\"{action}\\n{name}\"];\n", step.order));
    }
    for (needed, order) in edges {
        text.push_str(&format!("    n{needed} -> n{order};\n"));
    }
    text.push_str("}\n");
    text
}

/// Within quotes, Mermaid knows the entities of HTML, with `#` instead of `&`. It renders markup.
fn escaped_for_mermaid(text: &str) -> String {
    let escape = |character: char| match character {
        plain if plain.is_alphanumeric() || " :/.,_-+@=|()$*".contains(plain) => plain.to_string(),
        special if special.is_control() => " ".to_owned(),
        special => format!("#{};", u32::from(special)),
    };
    text.chars().map(escape).collect()
}

/// Within quotes, DOT knows escapes with a backslash.
fn escaped_for_dot(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        special if special.is_control() => " ".to_owned(),
        plain => plain.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_end_their_quotes_or_contain_markup() {
        let hostile = "a\"]; x --> y\n<script>\\ #quot; `b`";
        let mermaid = escaped_for_mermaid(hostile);
        assert!(!mermaid.contains(['"', '<', '>', '`', '\n', ']', '\\']), "{mermaid}");
        assert_eq!(escaped_for_mermaid("\"#<"), "#34;#35;#60;");
        assert_eq!(escaped_for_mermaid("arn:aws:sqs:us-east-1:1:jobs|x"), "arn:aws:sqs:us-east-1:1:jobs|x");
        assert_eq!(escaped_for_dot("a\"b\\c\nd"), "a\\\"b\\\\c d");
    }
}
