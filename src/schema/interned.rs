//! Keeps one copy of each description of a type, so that schemas can be borrowed for the life of the process however many
//! registries learn them. It says nothing about which registry knows which type.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::facts::Provisioning;
use super::type_schema::{Body, TypeSchema};

/// A type as DescribeType describes it: everything that its schema is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Description {
    /// The requested type.
    pub(super) type_name: String,
    /// The JSON text of the schema.
    pub(super) text: String,
    /// The provisioning type.
    pub(super) provisioning: Provisioning,
}

/// The one copy of a schema: the same for the same description. Each different description is kept until the process ends.
pub(super) fn interned(schema: TypeSchema) -> &'static TypeSchema {
    static KEPT: OnceLock<Mutex<HashMap<Arc<Description>, &'static TypeSchema>>> = OnceLock::new();
    let Body::Described { description, .. } = &schema.body else {
        return Box::leak(Box::new(schema));
    };
    let description = Arc::clone(description);
    let mut kept = KEPT.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(description).or_insert_with(|| Box::leak(Box::new(schema)))
}
