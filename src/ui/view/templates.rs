//! The output of `templates`.

use super::{clean, indented, keep_whole, table};
use crate::report::{TemplatesBody, short_type};

/// Renders the list of starter templates, the text of one, or the file that was written.
pub fn templates(body: &TemplatesBody) -> String {
    if let Some(file) = &body.file {
        return format!("Wrote {}.\n", clean(file));
    }
    if let Some(text) = &body.text {
        return text.clone();
    }
    let mut rows = table(&["NAME", "CREATES", "TYPES"]);
    for one in &body.templates {
        let first = one.description.split_inclusive(". ").next().unwrap_or_default();
        let types: Vec<&str> = one.types.iter().map(|name| short_type(name)).collect();
        rows.add_row([one.name.as_str(), first.trim().trim_end_matches('.'), &types.join(", ")]);
    }
    keep_whole(&mut rows, 1);
    format!("Starter templates:\n{}", indented(&rows))
}
