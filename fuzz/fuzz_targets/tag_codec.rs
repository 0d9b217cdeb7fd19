//! Any identifier, as a tag value: what is encoded has allowed characters only, and is decoded to the same identifier.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate::compare::applied::AppliedDigest;
use stagegate::domain::tags::{self, Tags};

fuzz_target!(|text: &str| {
    // Whatever somebody wrote into a tag.
    let _ = tags::decode_identifier(text);
    if let Some(digest) = AppliedDigest::parse(text) {
        let written = digest.to_tag_value();
        assert_eq!(AppliedDigest::parse(&written).map(|again| again.to_tag_value()), Some(written));
    }
    if let Ok(encoded) = tags::encode_identifier(text) {
        assert_eq!(tags::decode_identifier(&encoded), text);
        assert_eq!(tags::check(&Tags::from([("k".to_owned(), encoded)])), []);
    }
    let clean = tags::sanitize(text);
    assert_eq!(tags::check(&Tags::from([("k".to_owned(), clean.clone())])), []);
    assert_eq!(tags::sanitize(&clean), clean);
});
