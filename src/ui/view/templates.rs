//! The output of `templates`.

use console::style;

use super::{clean, wrapped};
use crate::report::{TemplatesBody, short_type};

/// Renders the list of starter templates, the text of one, or the file that was written.
pub fn templates(body: &TemplatesBody) -> String {
    if let Some(file) = &body.file {
        return format!("Wrote {}.\n", clean(file));
    }
    if let Some(text) = &body.text {
        return text.clone();
    }
    let mut list = String::from("Starter templates:\n");
    for one in &body.templates {
        let first = one.description.split_inclusive(". ").next().unwrap_or_default();
        let types: Vec<&str> = one.types.iter().map(|name| short_type(name)).collect();
        let first = first.trim().trim_end_matches('.');
        list.push_str(&format!("  {}\n    {first}\n    {}\n", style(&one.name).bold(), style(types.join(", ")).dim()));
    }
    wrapped(&list)
}
