//! The tools: each is a command with some of its flags.

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The words of the command.
    pub command: &'static [&'static str],
    /// The arguments of the command that it takes, by their ids.
    pub arguments: &'static [&'static str],
    /// What it does besides reading.
    pub kind: Kind,
}

/// What a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It reads.
    Read,
    /// It makes a plan and saves it.
    Plan,
    /// It applies a plan.
    Apply,
}

/// The argument of the planning tools that names the file of the plan.
pub const PLAN_FILE: &str = "plan_file";
/// The argument of `apply` that approves a plan.
pub const DIGEST: &str = "digest";

/// All tools.
pub const ALL: &[Tool] = &[
    Tool {
        name: "context",
        title: "Accounts and credentials",
        description: "Show the account, Region and caller of each environment, confirmed by STS, and whether dev and prod form a \
            valid pair. Call it first.",
        command: &["context"],
        arguments: &["env", "matrix"],
        kind: Kind::Read,
    },
    Tool {
        name: "schema",
        title: "Resource type",
        description: "Show the properties, required values, tags, permissions, cost model and policies of a CloudFormation resource \
            type. Makes no AWS calls without `env`.",
        command: &["schema"],
        arguments: &["type_name", "env"],
        kind: Kind::Read,
    },
    Tool {
        name: "estimate",
        title: "Monthly cost",
        description: "Estimate the monthly cost of templates, of one resource (`type` and `properties`) or of a live resource, and \
            whether it would need an approval.",
        command: &["estimate"],
        arguments: &[
            "files",
            "type_name",
            "properties",
            "live",
            "env",
            "parameters",
            "sets",
            "imports",
            "stack_name",
            "usage",
            "compare",
            "hours",
            "assume_free_tier",
            "gate",
        ],
        kind: Kind::Read,
    },
    Tool {
        name: "scan",
        title: "Policy check",
        description: "Check templates or live resources against the policies of the project.",
        command: &["scan"],
        arguments: &[
            "files",
            "live",
            "env",
            "parameters",
            "sets",
            "imports",
            "stack_name",
            "packs",
            "waivers",
            "fail_on",
        ],
        kind: Kind::Read,
    },
    Tool {
        name: "drift",
        title: "Compare dev with prod",
        description: "Compare the live resources of dev and prod, or a template with its live resources (`desired`): what differs, \
            on which side it changed, and what to do.",
        command: &["drift"],
        arguments: &["resources", "from", "to", "desired", "parameters", "imports", "stack_name", "fail_on", "ignore"],
        kind: Kind::Read,
    },
    Tool {
        name: "tag_audit",
        title: "Tag audit",
        description: "Check the tags of all resources against the tag rules, and the consistency of promotion tags.",
        command: &["tag-audit"],
        arguments: &["env", "types", "identifiers", "source", "stuck_after", "list_compliant", "baseline"],
        kind: Kind::Read,
    },
    Tool {
        name: "inventory",
        title: "Inventory",
        description: "List resources of all accounts and Regions, with filters.",
        command: &["inventory"],
        arguments: &[
            "type_name",
            "identifier",
            "accounts",
            "regions",
            "conditions",
            "columns",
            "source",
            "call_timeout",
        ],
        kind: Kind::Read,
    },
    Tool {
        name: "cost",
        title: "Bills",
        description: "Review what the environments cost in a month, by service, project or stack. AWS charges $0.01 for each request \
            to Cost Explorer.",
        command: &["cost"],
        arguments: &["month", "by", "env"],
        kind: Kind::Read,
    },
    Tool {
        name: "iam_gap",
        title: "Missing permissions",
        description: "Show which of the needed actions a user, role or group may not perform.",
        command: &["iam", "gap"],
        arguments: &["principal", "actions", "resources", "env"],
        kind: Kind::Read,
    },
    Tool {
        name: "explain",
        title: "Explain a code",
        description: "Explain a diagnostic code, a status, a kind of approval or a policy: what it means and what to do.",
        command: &["explain"],
        arguments: &["code", "list"],
        kind: Kind::Read,
    },
    Tool {
        name: "plan_create",
        title: "Plan a creation",
        description: "Plan to create, update or replace the resources of a template in an environment, subject to cost and policy \
            checks. Changes nothing: pass the digest of the plan to `apply`.",
        command: &["create"],
        arguments: &["files", "env", "stack_name", "keep_live", "parameters", "sets", "imports", "tags", "purpose"],
        kind: Kind::Plan,
    },
    Tool {
        name: "plan_promote",
        title: "Plan a promotion",
        description: "Plan to promote live resources from dev to prod, subject to cost and policy checks. Changes nothing: pass the \
            digest of the plan to `apply`. If `approval_by_another` is true, another person has to approve the plan first.",
        command: &["promote"],
        arguments: &[
            "resources",
            "all",
            "select",
            "from",
            "to",
            "with_dependencies",
            "inputs",
            "inputs_file",
            "names",
            "pull",
            "tags",
            "allow_replace",
            "leave_behind",
        ],
        kind: Kind::Plan,
    },
    Tool {
        name: "apply",
        title: "Apply a plan",
        description: "Apply a plan of `plan_create` or `plan_promote`, exactly as it was planned, or refuse. The digest approves the \
            plan: show the plan to the user and ask before you pass it. Where another person has to approve, pass the file that \
            `stagegate approve` recorded as `approval`. Repeat the call after an interruption.",
        command: &["apply"],
        arguments: &["parameters", "sets", "inputs", "approval", "approve_findings", "reason"],
        kind: Kind::Apply,
    },
];

/// The tool with a name.
pub fn named(name: &str) -> Option<&'static Tool> {
    ALL.iter().find(|tool| tool.name == name)
}
