//! Parser for a line of the embedded digest, with abbreviated keys, as `generate.py` writes it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::pointer::PropertyPath;
use super::store;
use super::type_schema::{
    Body, Companion, Handlers, NeededUnless, PropertyReference, RefPart, ReferenceTarget, Related, Review, ReviewScope,
    ServiceOwned, TagShape, Tagging, Timeouts, TypeSchema,
};

/// Parses a line; `None` when it is not one.
pub(super) fn parse(line: &str) -> Option<TypeSchema> {
    serde_json::from_str::<RawType>(line).ok().map(TypeSchema::from)
}

#[derive(Deserialize)]
struct RawType {
    t: String,
    #[serde(default)]
    p: Vec<String>,
    #[serde(default)]
    a: Vec<Vec<String>>,
    #[serde(default)]
    ro: Vec<String>,
    #[serde(default)]
    co: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    #[serde(default)]
    wo: Vec<String>,
    #[serde(default)]
    rq: Vec<String>,
    tg: RawTagging,
    #[serde(default)]
    un: Vec<String>,
    #[serde(default)]
    lc: Vec<String>,
    #[serde(default)]
    h: String,
    #[serde(default)]
    li: Vec<String>,
    #[serde(default)]
    tm: Timeouts,
    n: Option<String>,
    ap: Option<String>,
    #[serde(default)]
    ps: Vec<String>,
    /// Property path to `Type.Attribute`s.
    #[serde(default)]
    rf: BTreeMap<String, Vec<String>>,
    /// What `Ref` returns.
    #[serde(default)]
    ra: Vec<RawRefPart>,
    #[serde(default)]
    st: u8,
    #[serde(default)]
    rv: RawReview,
    #[serde(default)]
    gn: u8,
    /// A write-only property, and the properties of which one is sufficient instead.
    #[serde(default)]
    nu: BTreeMap<String, Vec<String>>,
    /// A secret, and the sibling property without which it is not required.
    #[serde(default)]
    gw: BTreeMap<String, String>,
    #[serde(default)]
    so: ServiceOwned,
    #[serde(rename = "in")]
    instead: Option<String>,
    #[serde(default)]
    re: Related,
    z: store::Frame,
}

#[derive(Deserialize)]
struct RawTagging {
    t: u8,
    u: u8,
    c: u8,
    #[serde(default)]
    b: u8,
    p: Option<String>,
    #[serde(default)]
    s: TagShape,
    k: Option<u32>,
    v: Option<u32>,
    n: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawRefPart {
    Always(String),
    UnlessDefault(String, String),
}

/// Paths by subject; the empty path is the whole resource.
#[derive(Default, Deserialize)]
struct RawReview {
    #[serde(default)]
    i: Vec<String>,
    #[serde(default)]
    n: Vec<String>,
}

fn path(text: &str) -> PropertyPath {
    PropertyPath::parse(&format!("/{text}"))
}

fn paths(texts: &[String]) -> Vec<PropertyPath> {
    texts.iter().map(|text| path(text)).collect()
}

fn review(texts: &[String]) -> ReviewScope {
    match texts {
        [] => ReviewScope::Nothing,
        [whole, ..] if whole.is_empty() => ReviewScope::Resource,
        properties => ReviewScope::Properties(paths(properties)),
    }
}

impl From<RawType> for TypeSchema {
    fn from(raw: RawType) -> Self {
        let pointer = |name: String| format!("/{name}");
        let needed_unless = raw.nu.into_iter().map(|(name, unless)| NeededUnless {
            pointer: pointer(name),
            unless: unless.into_iter().map(pointer).collect(),
        });
        let companions = raw.gw.into_iter().map(|(secret, beside)| Companion { secret: path(&secret), beside });
        let references = raw.rf.into_iter().map(|(place, targets)| PropertyReference {
            path: path(&place),
            targets: targets.iter().filter_map(|target| ReferenceTarget::parse(target)).collect(),
        });
        let ref_parts = raw.ra.into_iter().map(|part| match part {
            RawRefPart::Always(property) => RefPart { property, default: None },
            RawRefPart::UnlessDefault(property, default) => RefPart { property, default: Some(default) },
        });
        Self {
            arn_template: super::arn::template_of(&raw.t).map(str::to_owned),
            type_name: raw.t,
            primary_identifier: raw.p,
            additional_identifiers: raw.a,
            read_only: paths(&raw.ro),
            create_only: paths(&raw.co),
            conditional_create_only: paths(&raw.cc),
            write_only: paths(&raw.wo),
            required: raw.rq,
            tagging: Tagging {
                property: raw.tg.p,
                shape: raw.tg.s,
                updatable: raw.tg.u == 1,
                on_create: raw.tg.c == 1,
                taggable: raw.tg.t == 1,
                beside_model: raw.tg.b == 1,
                key_limit: raw.tg.k,
                value_limit: raw.tg.v,
                count_limit: raw.tg.n,
            },
            unordered: paths(&raw.un),
            case_insensitive: paths(&raw.lc),
            handlers: Handlers {
                create: raw.h.contains('c'),
                read: raw.h.contains('r'),
                update: raw.h.contains('u'),
                delete: raw.h.contains('d'),
                list: raw.h.contains('l'),
            },
            list_inputs: raw.li,
            timeouts: raw.tm,
            name_property: raw.n,
            arn_property: raw.ap,
            properties: raw.ps,
            references: references.collect(),
            ref_parts: ref_parts.collect(),
            stateful: raw.st == 1,
            review: Review { iam: review(&raw.rv.i), network: review(&raw.rv.n) },
            global_name: raw.gn == 1,
            needed_unless: needed_unless.collect(),
            companions: companions.collect(),
            instead: raw.instead,
            service_owned: raw.so,
            related: raw.re,
            arn_form: None,
            body: Body::Embedded(raw.z),
            compiled: OnceLock::new(),
            parents: OnceLock::new(),
        }
    }
}
