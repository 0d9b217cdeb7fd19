//! Reports of the last use of services. The sandbox keeps no record of calls, so no service that a principal may use was ever used.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::clock::rfc3339;
use super::super::model::random::Random;
use super::super::services::Call;
use super::super::store::Tables;
use super::super::wire::ApiError;
use super::principal::{Principal, managed};
use super::{all, no_such_entity, page, required};

const KINDS: [(&str, &str, &str); 3] = [
    ("user", "AWS::IAM::User", "UserName"),
    ("role", "AWS::IAM::Role", "RoleName"),
    ("group", "AWS::IAM::Group", "GroupName"),
];

/// Handles one call.
pub(super) fn answer(call: &Call<'_>, tables: &Tables<'_>) -> Result<Value, ApiError> {
    if call.operation == "GenerateServiceLastAccessedDetails" {
        let arn = required(call, "Arn")?;
        find(call, tables, |principal| principal.model["Arn"] == arn)?
            .ok_or_else(|| no_such_entity(format!("{arn} is not found")))?;
        return Ok(json!({"JobId": job(call, arn)}));
    }
    let id = required(call, "JobId")?;
    let is_wanted = |principal: &Principal| principal.model["Arn"].as_str().is_some_and(|arn| job(call, arn) == id);
    let principal =
        find(call, tables, is_wanted)?.ok_or_else(|| no_such_entity(format!("Job {id} cannot be found.")))?;
    let services = services(call, tables, &principal)?
        .into_iter()
        .map(|service| json!({"ServiceName": service, "ServiceNamespace": service, "TotalAuthenticatedEntities": 0}));
    let mut answer = page(call, "ServicesLastAccessed", services.collect())?;
    answer["JobStatus"] = json!("COMPLETED");
    answer["JobType"] = json!("SERVICE_LEVEL");
    answer["JobCreationDate"] = json!(rfc3339(call.now));
    answer["JobCompletionDate"] = json!(rfc3339(call.now));
    Ok(answer)
}

fn job(call: &Call<'_>, arn: &str) -> String {
    Random::new(&[&call.caller.account, arn]).uuid("last accessed")
}

fn find(
    call: &Call<'_>,
    tables: &Tables<'_>,
    is_wanted: impl Fn(&Principal) -> bool,
) -> Result<Option<Principal>, ApiError> {
    let account = &call.caller.account;
    for (kind, type_name, name) in KINDS {
        let models = all(tables, account, type_name)?;
        let names = models.iter().filter_map(|model| model[name].as_str()).map(str::to_owned);
        let own = (kind == "user").then(|| "sandbox".to_owned());
        for name in names.chain(own) {
            if let Some(found) = Principal::find(tables, account, kind, &name)?.filter(&is_wanted) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The prefixes of the actions that the principal's policies allow.
fn services(call: &Call<'_>, tables: &Tables<'_>, principal: &Principal) -> Result<BTreeSet<String>, ApiError> {
    let account = &call.caller.account;
    let mut principals = vec![principal.clone()];
    for group in principal.groups() {
        principals.extend(Principal::find(tables, account, "group", &group)?);
    }
    let mut documents = Vec::new();
    for principal in &principals {
        documents.extend(principal.inline(tables)?.into_values());
        for arn in principal.attached(tables)?.keys() {
            documents.extend(managed(tables, account, arn)?.map(|mut model| model["PolicyDocument"].take()));
        }
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let mut found = BTreeSet::new();
    for statement in documents.iter().flat_map(|document| list(&document["Statement"])) {
        if statement["Effect"] == "Allow" {
            let actions = list(&statement["Action"]);
            let prefixes = actions.iter().filter_map(Value::as_str).filter_map(|action| action.split_once(':'));
            found.extend(prefixes.map(|(prefix, _)| prefix.to_ascii_lowercase()));
        }
    }
    Ok(found)
}
