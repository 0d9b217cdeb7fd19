//! The embedded data: binary search, decompression of one type at a time, no work at startup.

use std::sync::{Mutex, OnceLock, PoisonError};

use ruzstd::decoding::{Dictionary, FrameDecoder};
use serde_json::Value;

/// One compact JSON digest a line, sorted by type name.
static TYPES: &str = include_str!("data/types.jsonl");
/// Length and bytes of a zstd dictionary, then one zstd frame per type.
static SCHEMAS: &[u8] = include_bytes!("data/schemas.bin");
/// Facts that do not belong to one type, as one JSON object.
pub(super) static GENERAL: &str = include_str!("data/facts.json");
/// `type TAB ARN template TAB identifier template`, sorted by type name.
static ARNS: &str = include_str!("data/arns.tsv");

/// What precedes the type name on each line of [`TYPES`].
const NAME_PREFIX: &str = "{\"t\":\"";

/// The digest line of a type.
pub(super) fn digest_line(type_name: &str) -> Option<&'static str> {
    let from = lower_bound(TYPES, type_name, line_name);
    TYPES[from..].lines().next().filter(|line| line_name(line) == type_name)
}

/// The offset of the first line of a sorted text whose key is not less than the one sought.
fn lower_bound(text: &'static str, sought: &str, key: fn(&'static str) -> &'static str) -> usize {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text[..middle].rfind('\n').map_or(0, |newline| newline + 1).max(low);
        let line = text[start..].split('\n').next().unwrap_or_default();
        if key(line) < sought {
            low = start + line.len() + 1;
        } else {
            high = start;
        }
    }
    low.min(text.len())
}

/// All type names, sorted.
pub(super) fn type_names() -> &'static [&'static str] {
    static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| TYPES.lines().map(line_name).collect())
}

/// The type names of a service (`AWS::EC2`), sorted.
pub(super) fn type_names_of(service: &str) -> &'static [&'static str] {
    let is_of_service = |name: &str| name.strip_prefix(service).is_some_and(|rest| rest.starts_with("::"));
    let names = type_names();
    // Between a service and its types sort those of services whose names continue with a character before `:`.
    let rest = &names[names.partition_point(|name| *name < format!("{service}::").as_str())..];
    &rest[..rest.iter().take_while(|name| is_of_service(name)).count()]
}

fn line_name(line: &'static str) -> &'static str {
    line.strip_prefix(NAME_PREFIX).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// The rows of the ARN table: type name, ARN template, identifier template.
pub(super) fn arn_rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ARNS.lines().filter_map(columns)
}

/// The rows of one type, in the table's order.
pub(super) fn arn_row_group(type_name: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let from = lower_bound(ARNS, type_name, |line| line.split('\t').next().unwrap_or_default());
    let rows = ARNS[from..].lines().map_while(columns);
    rows.take_while(move |(name, _, _)| *name == type_name)
}

fn columns(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let mut columns = line.split('\t');
    Some((columns.next()?, columns.next()?, columns.next()?))
}

/// A short hash of the files above, computed by the generator: hashing 2 MB takes longer than most commands.
pub(super) fn digest() -> &'static str {
    include_str!("data/digest.txt")
}

/// The position of a type's frame in [`SCHEMAS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Frame {
    offset: usize,
    length: usize,
    decompressed: usize,
}

/// Decompresses and parses one type's frame: `{"schema": …, "permissions": …}`.
pub(super) fn read_frame(frame: Frame) -> Option<Value> {
    // Building the dictionary's tables costs more than decoding a frame, so the decoder is reused.
    static DECODER: OnceLock<Option<Mutex<FrameDecoder>>> = OnceLock::new();
    let decoder = DECODER.get_or_init(|| new_decoder().map(Mutex::new)).as_ref()?;
    let source = SCHEMAS.get(frame.offset..frame.offset + frame.length)?;
    let mut text = vec![0; frame.decompressed];
    let written = decoder.lock().unwrap_or_else(PoisonError::into_inner).decode_all(source, &mut text).ok()?;
    serde_json::from_slice(text.get(..written)?).ok()
}

fn new_decoder() -> Option<FrameDecoder> {
    let length = u32::from_le_bytes(*SCHEMAS.first_chunk::<4>()?) as usize;
    let dictionary = Dictionary::decode_dict(SCHEMAS.get(4..4 + length)?).ok()?;
    let mut decoder = FrameDecoder::new();
    decoder.add_dict(dictionary).ok()?;
    Some(decoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_line_is_found_by_its_name_and_no_other_name_is() {
        for name in type_names().iter().copied() {
            assert_eq!(digest_line(name).map(line_name), Some(name));
        }
        for absent in ["", "AWS", "AWS::S3::Bucke", "AWS::S3::BucketX", "ZZZ"] {
            assert_eq!(digest_line(absent), None);
        }
    }

    #[test]
    fn the_digest_is_that_of_the_data() {
        let mut hash = Sha256::new();
        [TYPES.as_bytes(), GENERAL.as_bytes(), SCHEMAS, ARNS.as_bytes()].into_iter().for_each(|part| hash.update(part));
        let fresh: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest(), fresh, "src/schema/generate.py writes it");
    }

    /// The binary contains these bytes uncompressed.
    #[test]
    fn the_data_adds_less_than_four_megabytes_to_the_program() {
        assert!(TYPES.len() + GENERAL.len() + SCHEMAS.len() + ARNS.len() < 4_000_000);
    }

    #[test]
    fn names_are_sorted() {
        assert!(type_names().is_sorted());
    }

    #[test]
    fn the_types_of_a_service_are_found() {
        let all = |service: &str| {
            let prefix = format!("{service}::");
            type_names().iter().copied().filter(|name| name.starts_with(&prefix)).collect::<Vec<_>>()
        };
        for service in ["AWS::EC2", "AWS::S3", "AWS::S3Tables", "AWS::ACMPCA", "AWS::XRay"] {
            assert_eq!(type_names_of(service), all(service));
            assert!(!all(service).is_empty(), "{service}");
        }
        assert!(type_names_of("AWS::None").is_empty());
    }

    #[test]
    fn a_frame_outside_the_data_is_none() {
        let frame = Frame { offset: usize::MAX / 2, length: 10, decompressed: 10 };
        assert_eq!(read_frame(frame), None);
    }
}
