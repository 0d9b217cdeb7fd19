//! Codes about reading files: access, encoding and YAML.

use super::Code;
use super::entry::{Entry, error};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::FileExists),
        title: "File exists",
        explanation: "`init` and `templates new` write new files, and a file of the name exists. It is not replaced, because it \
            may be your own work.",
        example: &["stagegate templates new s3-bucket --out bucket.yaml     # bucket.yaml exists"],
        next_step: "Choose another file with `--out`, or remove the file. `templates new --overwrite` replaces it.",
    },
    Entry {
        topic: error(Code::FileNotFound),
        title: "File not found",
        explanation: "A file that was named on the command line or in the project does not exist. Relative paths on \
            the command line start at the current folder, those in `stagegate.yaml` at its folder.",
        example: &["stagegate scan -f missing.yaml"],
        next_step: "Check the path. The hint names a similar file if there is one.",
    },
    Entry {
        topic: error(Code::FileUnreadable),
        title: "File cannot be read",
        explanation: "A file or folder exists but cannot be read, for example because of its permissions, or \
            because a folder stands where a file is expected. The command stops, because its answer would lack what \
            the file says.",
        example: &["stagegate scan -f /dev/zero"],
        next_step: "Check that it is a file and that you may read it.",
    },
    Entry {
        topic: error(Code::InvalidBaseline),
        title: "Not the document of a tag audit",
        explanation: "The file of `tag-audit --baseline` is not a complete document of `tag-audit --json`, is one of \
            another version, or is about other accounts. It is refused, because violations would otherwise count as new \
            or as fixed that are not.",
        example: &["stagegate tag-audit --baseline audit.json     # a document of another command"],
        next_step: "Use a document that `stagegate tag-audit --json` printed for the same project.",
    },
    Entry {
        topic: error(Code::FileTooLarge),
        title: "File too large",
        explanation: "An input file is larger than 16 MiB. Input is limited so that a wrong file cannot exhaust \
            memory; templates in CloudFormation are at most 1 MB.",
        example: &["stagegate scan -f backup.tar     # 20 MiB"],
        next_step: "Check that it is the file that you meant, or split it into several files.",
    },
    Entry {
        topic: error(Code::NotUtf8),
        title: "File is not UTF-8",
        explanation: "Input files must be UTF-8 text. The message names the place of the first byte that is not, \
            and the hint says if the file looks like UTF-16.",
        example: &["stagegate scan -f template.yaml     # saved as UTF-16"],
        next_step: "Save the file as UTF-8.",
    },
    Entry {
        topic: error(Code::StdinTwice),
        title: "Standard input named twice",
        explanation: "`-` stands for standard input, which can be read only once. Two of the inputs of this command \
            are `-`.",
        example: &["stagegate estimate -f - --compare -"],
        next_step: "Give `-` once and name a file for the other input.",
    },
    Entry {
        topic: error(Code::NoTemplates),
        title: "Folder without templates",
        explanation: "A folder was named with `-f`, and it contains no file that ends in `.yaml`, `.yml` or \
            `.json`. Only `scan` and `estimate` search the folders below it too; they leave out what a `.gitignore` \
            excludes, and files that are not templates.",
        example: &["stagegate scan -f docs/"],
        next_step: "Name the folder that contains the templates, or the files themselves.",
    },
    Entry {
        topic: error(Code::YamlSyntax),
        title: "Invalid YAML",
        explanation: "The text is not well-formed YAML or JSON, or is nested more than 100 levels deep. Nothing \
            after the place in the message has been read.",
        example: &["Resources:", "  Queue: {Type: AWS::SQS::Queue"],
        next_step: "Correct the text at the line and column in the message. Missing quotes, brackets and wrong \
            indentation are the usual causes.",
    },
    Entry {
        topic: error(Code::YamlMerge),
        title: "Invalid YAML merge",
        explanation: "The merge key `<<` takes a mapping, or a list of mappings, usually an alias of an anchor. It \
            has some other value here.",
        example: &["Properties:", "  <<: common"],
        next_step: "Write `<<: *name`, with `&name` on the mapping to be merged.",
    },
    Entry {
        topic: error(Code::YamlTagMismatch),
        title: "Value does not fit its YAML tag",
        explanation: "A value has one of YAML's own type tags, such as `!!int`, and cannot be read as that type. \
            Reading it as text instead would change what was written.",
        example: &["DelaySeconds: !!int five"],
        next_step: "Remove the tag, or correct the value.",
    },
    Entry {
        topic: error(Code::DuplicateKey),
        title: "Key written twice",
        explanation: "The same key occurs twice in one mapping. YAML readers keep one of the two values without \
            saying which; stagegate refuses, so that what is reviewed is what is used.",
        example: &["Properties:", "  DelaySeconds: 5", "  DelaySeconds: 10"],
        next_step: "Keep one of the two.",
    },
    Entry {
        topic: error(Code::UnusableKey),
        title: "Key is not text",
        explanation: "A mapping's key is a list, a mapping or a tagged value. Names of properties and settings are \
            text.",
        example: &["? [a, b]", ": value"],
        next_step: "Quote the key if it is meant as text.",
    },
    Entry {
        topic: error(Code::SeveralDocuments),
        title: "Several YAML documents in one file",
        explanation: "The file contains more than one YAML document, separated by `---`. Only one would be read, so \
            the file is refused.",
        example: &["Type: AWS::SQS::Queue", "---", "Type: AWS::SNS::Topic"],
        next_step: "Split the file at the `---` lines, and name each file with `-f`.",
    },
    Entry {
        topic: error(Code::RecursiveAlias),
        title: "Alias inside its own value",
        explanation: "A YAML alias refers to the value that contains it, so expanding it would never end. JSON and \
            CloudFormation have no such values.",
        example: &["Tags: &tags", "  - *tags"],
        next_step: "Write the value out instead of using the alias.",
    },
    Entry {
        topic: error(Code::AliasExpansion),
        title: "Aliases expand to too many values",
        explanation: "The aliases of the document expand to more than 100,000 values. A few nested aliases can \
            expand to billions of values, so the expansion is limited.",
        example: &[
            "a: &a [x, x, x, x, x, x, x, x, x, x]",
            "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]",
            "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]",
            "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]",
            "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]",
            "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]     # ten times more with each line",
        ],
        next_step: "Use fewer nested aliases, or write the values out.",
    },
];
