//! Dynamic references of a request, which are resolved when it is sent.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::steps::StepRun;
use crate::domain::dynamic::{self, DynamicReference};
use crate::domain::plan::Action;
use crate::domain::pointer;
use crate::pipeline::ports::{CloudError, CloudErrorKind};

impl StepRun<'_> {
    /// Replaces the dynamic references of a body by their values. Only texts are replaced that `whole`, the desired state, has
    /// where the plan names a reference: other texts come from AWS, and what somebody stored there may look like a reference.
    ///
    /// # Errors
    /// A value cannot be read.
    pub(super) async fn with_stored<'v>(&self, body: &'v Value, whole: &Value) -> Result<Cow<'v, Value>, CloudError> {
        let mut texts: BTreeSet<String> = BTreeSet::new();
        for place in &self.step.stored {
            let Some(named) = whole.pointer(place) else { continue };
            let planned = self.planned_state().and_then(|planned| planned.pointer(place)).map_or(0, dynamic::count);
            if dynamic::count(named) > planned {
                return Err(self.refused(format!("{place}: a value of another resource contains a dynamic reference")));
            }
            pointer::for_each_string(named, &mut |_, text| {
                if dynamic::is_dynamic(text) {
                    texts.insert(text.to_owned());
                }
            });
        }
        if texts.is_empty() {
            return Ok(Cow::Borrowed(body));
        }
        let mut values: BTreeMap<DynamicReference, String> = BTreeMap::new();
        let named = texts.iter().flat_map(|text| dynamic::references(&Value::from(text.as_str())));
        for reference in named.collect::<BTreeSet<_>>() {
            let value = self.clients.writer.stored(&reference).await?;
            values.insert(reference, value);
        }
        let value_of = |reference: &DynamicReference| values.get(reference).cloned();
        let resolved = dynamic::with_values(body, &|text| texts.contains(text), &value_of);
        resolved
            .map(Cow::Owned)
            .map_err(|reason| self.refused(format!("a dynamic reference cannot be resolved: {reason}")))
    }

    /// What the plan says the resource should be, with the values of earlier steps as functions.
    fn planned_state(&self) -> Option<&Value> {
        match &self.step.action {
            Action::Create { desired } | Action::Replace { desired, .. } => Some(desired),
            Action::Update { expected, .. } => Some(expected),
            Action::Delete { .. } | Action::Tag { .. } => None,
        }
    }

    fn refused(&self, message: String) -> CloudError {
        CloudError::new(CloudErrorKind::Invalid, "secretsmanager.GetSecretValue", &self.step.environment, message)
    }
}
