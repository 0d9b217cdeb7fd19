//! Codes about the embedded cloud and the demo.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::SandboxUnusable),
        title: "Sandbox cannot be opened",
        explanation: "The folder that holds the sandbox's state could not be opened or read: it is not writable, is \
            in use, or was written by another version. The sandbox keeps its resources there between runs.",
        example: &["stagegate drift --sandbox=/dev/null"],
        next_step: "Name another folder with `--sandbox=DIR`, or remove this one.",
    },
    Entry {
        topic: error(Code::NoSandbox),
        title: "Project without a sandbox",
        explanation: "`stagegate sandbox` serves, fills, shows and empties the embedded cloud, and no environment \
            of this project uses it. The command never acts on AWS accounts.",
        example: &["stagegate sandbox status     # without --sandbox"],
        next_step: "Add `--sandbox`, or `sandbox: true` to an environment in `stagegate.yaml`.",
    },
    Entry {
        topic: error(Code::SandboxSeed),
        title: "Sandbox cannot be seeded",
        explanation: "`sandbox seed` fills an empty sandbox with generated resources. The sandbox has resources \
            already, or the project has no account to fill.",
        example: &["stagegate sandbox seed --resources 400     # a second time"],
        next_step: "Empty it first: `stagegate sandbox reset --sandbox`.",
    },
    Entry {
        topic: error(Code::FaultRule),
        title: "Invalid fault rule",
        explanation: "A rule of `sandbox serve --fail` could not be parsed. A rule has the form \
            `[ACCOUNT/][REGION/][TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT]`, where OUTCOME is an error code, `FAILED:HandlerErrorCode`, \
            `LEFT:HandlerErrorCode` for a failure after the effect, or `lost`.",
        example: &["stagegate sandbox serve --fail CreateResource"],
        next_step: "Write for example `--fail 'GetResource=ThrottlingException%20'`.",
    },
    Entry {
        topic: error(Code::PortTaken),
        title: "Port cannot be used",
        explanation: "`sandbox serve` could not listen on the port, usually because another program does, or \
            because ports below 1024 need more privileges. It listens on 127.0.0.1 only.",
        example: &["stagegate sandbox serve --port 4599     # a second time"],
        next_step: "Choose another port with `--port`; `--port 0` takes a free one.",
    },
    Entry {
        topic: error(Code::DemoFolder),
        title: "Demo folder cannot be used",
        explanation: "`demo` needs a folder for its templates and its sandbox. The folder of `--keep` could not be \
            created or is not empty, or no temporary one could be created.",
        example: &["stagegate demo --keep /etc"],
        next_step: "Name an empty folder with `--keep DIR`, or set `TMPDIR` to a writable folder.",
    },
    Entry {
        topic: error(Code::DemoFailed),
        title: "Demo step failed",
        explanation: "One of the demo's commands ended with another exit code than the demo expects. The output of \
            the command, above the message, says why.",
        example: &["error[demo-failed]: `stagegate create …` exited with code … instead of 0"],
        next_step: "Read the output of that step. If the demo fails on an unchanged installation, report it.",
    },
];
