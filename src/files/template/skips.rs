//! `# checkov:skip=ID: reason` comments and the resources that they belong to.

use crate::domain::diagnostic::Location;
use crate::domain::resource::SkipComment;
use crate::files::yaml::{self, Entry, Node, NodeValue};

const MARK: &str = "checkov:skip=";

/// All suppression comments of a file.
pub(super) fn read(file: &str, text: &str) -> Vec<SkipComment> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    yaml::comments(file, text).into_iter().filter_map(|(comment, place)| skip(&comment, place)).collect()
}

fn skip(comment: &str, location: Location) -> Option<SkipComment> {
    let (_, rest) = comment.split_once(MARK)?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    let (id, rest) = rest.split_at(end);
    let reason = rest.trim_start().strip_prefix(':').map(str::trim).filter(|reason| !reason.is_empty());
    (!id.is_empty()).then(|| SkipComment { id: id.to_owned(), reason: reason.map(str::to_owned), location })
}

/// The comments of the resource at `position` among its section's entries: those below its name and above
/// the next one's, on one of its lines or indented further than its name.
pub(super) fn of(skips: &[SkipComment], entries: &[Entry], position: usize) -> Vec<SkipComment> {
    let Some(entry) = entries.get(position) else { return Vec::new() };
    let own = &entry.key_location;
    // A merged entry may be anywhere in the file, so the next one is found by its line.
    let next = entries.iter().map(|other| other.key_location.line).filter(|line| *line > own.line).min();
    let last = last_line(&entry.value);
    let is_inside = |skip: &&SkipComment| {
        let Location { line, column, .. } = skip.location;
        line >= own.line && next.is_none_or(|next| line < next) && (line <= last || column > own.column)
    };
    skips.iter().filter(is_inside).cloned().collect()
}

/// The last line on which a part of a node begins.
fn last_line(node: &Node) -> u32 {
    let below = match &node.value {
        NodeValue::Sequence(items) => items.iter().map(last_line).max(),
        NodeValue::Mapping(entries) => {
            entries.iter().map(|entry| entry.key_location.line.max(last_line(&entry.value))).max()
        }
        _ => None,
    };
    node.location.line.max(below.unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{TemplateContext, TemplateInput, load};

    /// The ids and reasons found at each resource.
    fn skips(text: &str) -> Vec<(String, Vec<String>)> {
        let input = TemplateInput { file: "t.yaml".into(), text: text.into() };
        let loaded = load(&[input], &TemplateContext::default()).unwrap();
        let of = |resource: &crate::domain::resource::DesiredResource| {
            let said = |skip: &crate::domain::resource::SkipComment| {
                format!("{}:{}", skip.id, skip.reason.as_deref().unwrap_or("-"))
            };
            (resource.logical_id.clone(), resource.source.skips.iter().map(said).collect())
        };
        loaded.resources.iter().map(of).collect()
    }

    #[test]
    fn a_comment_belongs_to_the_resource_whose_lines_it_is_among() {
        let text = "\
# checkov:skip=CKV_0: above everything
Resources:
  # checkov:skip=CKV_1: above the first
  First: # checkov:skip=CKV_2: beside the name
    # checkov:skip=CKV_3
    Type: AWS::SQS::Queue
# checkov:skip=CKV_4 : at the margin
    Properties:
      QueueName: a   # note; checkov:skip=CKV_5:beside a value
      # checkov:skip=logs-retention: ours
    # checkov:skip=CKV_6: at its end
  # checkov:skip=CKV_7: between the two
  Second:
    Type: AWS::SQS::Queue
# checkov:skip=CKV_8: after everything
Outputs: {}
";
        let first = ["CKV_2:beside the name", "CKV_3:-", "CKV_4:at the margin", "CKV_5:beside a value"];
        let first: Vec<String> =
            first.iter().chain(&["logs-retention:ours", "CKV_6:at its end"]).map(|text| (*text).to_owned()).collect();
        assert_eq!(skips(text), [("First".to_owned(), first), ("Second".to_owned(), vec![])]);
    }

    #[test]
    fn text_is_not_a_comment() {
        let text = "\
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: 'a # checkov:skip=CKV_1: in quotes'
      KmsMasterKeyId: \"b # checkov:skip=CKV_2: in quotes\"
      Tags:
        - Key: block
          Value: |
            # checkov:skip=CKV_3: in a block
            # checkov:skip=CKV_4: in a block
        - {Key: plain, Value: a#checkov:skip=CKV_5}
        - Key: folded
          Value: >-
            text
            # checkov:skip=CKV_6: folded
";
        assert_eq!(skips(text), [("Queue".to_owned(), vec![])]);
    }

    #[test]
    fn many_comments_and_a_bare_resource_are_handled() {
        let many = "# nothing\n".repeat(500);
        let text = format!("{many}Type: AWS::SQS::Queue\n{many}# checkov:skip=CKV_1: here\nProperties: {{}}\n");
        assert_eq!(skips(&text), [("Resource".to_owned(), vec!["CKV_1:here".to_owned()])]);
        let json = r##"{"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "# checkov:skip=CKV_1: x"}}"##;
        assert_eq!(skips(json), [("Resource".to_owned(), vec![])]);
    }
}
