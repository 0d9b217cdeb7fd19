//! The documents of earlier calls, which `resources/read` returns.

use std::collections::VecDeque;

use crate::report::DocumentLink;

/// The most documents that are kept.
const MAX_DOCUMENTS: usize = 32;
/// The most bytes that are kept.
const MAX_BYTES: usize = 64 << 20;

/// The last documents.
#[derive(Debug, Default)]
pub struct Documents {
    number: u64,
    kept: VecDeque<Document>,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its URI and size.
    pub link: DocumentLink,
    /// The command.
    pub command: String,
    /// Its text.
    pub text: String,
}

impl Documents {
    /// Keeps a document.
    pub fn add(&mut self, command: &str, text: String) -> DocumentLink {
        self.number += 1;
        let link = DocumentLink { uri: format!("stagegate://documents/{}-{command}", self.number), bytes: text.len() };
        self.kept.push_back(Document { link: link.clone(), command: command.to_owned(), text });
        let bytes = |kept: &VecDeque<Document>| kept.iter().map(|one| one.text.len()).sum::<usize>();
        // The last one is always kept.
        while self.kept.len() > MAX_DOCUMENTS || self.kept.len() > 1 && bytes(&self.kept) > MAX_BYTES {
            self.kept.pop_front();
        }
        link
    }

    /// All documents, the last one first.
    pub fn list(&self) -> impl Iterator<Item = &Document> {
        self.kept.iter().rev()
    }

    /// The document with a URI.
    pub fn get(&self, uri: &str) -> Option<&Document> {
        self.kept.iter().find(|one| one.link.uri == uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_documents_are_kept() {
        let mut documents = Documents::default();
        let first = documents.add("drift", "{}".to_owned());
        assert_eq!((first.uri.as_str(), first.bytes), ("stagegate://documents/1-drift", 2));
        for _ in 0..MAX_DOCUMENTS {
            documents.add("cost", String::new());
        }
        assert!(documents.get(&first.uri).is_none());
        assert_eq!(documents.list().count(), MAX_DOCUMENTS);
        documents.add("drift", "x".repeat(MAX_BYTES));
        let large = documents.add("drift", "x".repeat(MAX_BYTES + 1));
        assert_eq!(documents.list().count(), 1);
        assert!(documents.get(&large.uri).is_some());
    }
}
