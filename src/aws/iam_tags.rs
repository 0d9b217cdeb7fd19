//! Tags of IAM: those of managed policies and instance profiles, which Cloud Control neither returns nor accepts, and those of all
//! roles and users at once, which the tagging API does not return.

use serde_json::{Value, json};

use super::clients::ClientSet;
use super::pages::Pages;
use super::query::{Members, QueryClient, QueryService, members, principal_page, tag_page};
use super::service_client::Service;
use super::stack::{Call, Stack};
use crate::domain::resource::ResourceRef;
use crate::domain::tags::Tags;
use crate::pipeline::ports::{CloudError, CloudErrorKind, TaggedResource};
use crate::schema::{Arn, TypeSchema};

/// IAM.
pub(super) const IAM: QueryService =
    QueryService { service: Service { id: "IAM", signing_name: "iam", is_global: true }, version: "2010-05-08" };

/// The operations of a type: list, tag and untag, and the parameter that names the resource.
struct Operations {
    list: [&'static str; 2],
    tag: [&'static str; 2],
    untag: [&'static str; 2],
    parameter: &'static str,
}

const POLICY: Operations = Operations {
    list: ["ListPolicyTags", "iam.ListPolicyTags"],
    tag: ["TagPolicy", "iam.TagPolicy"],
    untag: ["UntagPolicy", "iam.UntagPolicy"],
    parameter: "PolicyArn",
};

const INSTANCE_PROFILE: Operations = Operations {
    list: ["ListInstanceProfileTags", "iam.ListInstanceProfileTags"],
    tag: ["TagInstanceProfile", "iam.TagInstanceProfile"],
    untag: ["UntagInstanceProfile", "iam.UntagInstanceProfile"],
    parameter: "InstanceProfileName",
};

/// A client of the tags. Whether it may change them depends on its stack.
#[derive(Clone)]
pub(super) struct IamTags {
    client: QueryClient,
    stack: Stack,
}

impl IamTags {
    pub(super) fn new(set: &ClientSet, stack: impl Fn(&'static str, &str) -> Stack) -> Self {
        Self { client: set.iam(), stack: stack("iam", IAM.service.region(&set.key.region)) }
    }

    /// True if IAM's own API has the tags of the type's resources.
    pub(super) fn has(type_name: &str) -> bool {
        of_type(type_name).is_some()
    }

    /// Adds the tags of a resource to its properties, if they are not part of its type's schema. Returns `None` if the
    /// resource does not exist.
    ///
    /// # Errors
    /// The tags could not be read.
    pub(super) async fn add_to(&self, resource: &ResourceRef, mut live: Value) -> Result<Option<Value>, CloudError> {
        // Only embedded types have tags beside their model.
        let tagging = TypeSchema::embedded(&resource.type_name).map(|schema| &schema.tagging);
        let Some(tagging) = tagging.filter(|tagging| tagging.beside_model) else { return Ok(Some(live)) };
        let (Some(property), Some(operations)) = (&tagging.property, of_type(&resource.type_name)) else {
            return Ok(Some(live));
        };
        // Policies of AWS have no tags.
        if Arn::parse(&resource.identifier).is_some_and(|arn| arn.account == "aws") {
            return Ok(Some(live));
        }
        let Some(found) = self.list(operations, resource).await? else { return Ok(None) };
        if let (Value::Object(map), false) = (&mut live, found.is_empty()) {
            let items = found.into_iter().map(|(key, value)| json!({"Key": key, "Value": value}));
            map.insert(property.clone(), items.collect());
        }
        Ok(Some(live))
    }

    async fn list(&self, operations: &Operations, resource: &ResourceRef) -> Result<Option<Tags>, CloudError> {
        let [action, operation] = operations.list;
        let mut pages = Pages::new(operation, &self.stack.place.environment);
        let mut found = Tags::new();
        let mut next: Option<String> = None;
        loop {
            let own = [(operations.parameter, resource.identifier.as_str())];
            let marker = next.as_deref().map(|marker| ("Marker", marker));
            let parameters: Vec<(&str, &str)> = own.into_iter().chain(marker).collect();
            let send = |watch| self.client.send(action, &parameters, watch, tag_page);
            let page = match self.stack.call(Call::read(operation).on(resource), send).await {
                Ok(page) => page,
                Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            for item in page.items.as_ref().ok_or_else(|| pages.missing("Tags"))? {
                let (key, value) = tag(item).ok_or_else(|| pages.missing("Key"))?;
                found.insert(key, value);
            }
            let is_truncated = page.members.get("IsTruncated").is_some_and(|text| text == "true");
            next = pages.next(page.members.get("Marker").map(String::as_str).filter(|_| is_truncated))?;
            if next.is_none() {
                return Ok(Some(found));
            }
        }
    }

    /// Returns all roles and users with their tags, which may be none.
    ///
    /// # Errors
    /// There was no complete response.
    pub(super) async fn principals(&self) -> Result<Vec<TaggedResource>, CloudError> {
        const ACTION: &str = "GetAccountAuthorizationDetails";
        const OPERATION: &str = "iam.GetAccountAuthorizationDetails";
        let mut pages = Pages::new(OPERATION, &self.stack.place.environment);
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let own = [("Filter.member.1", "Role"), ("Filter.member.2", "User"), ("MaxItems", "1000")];
            let marker = next.as_deref().map(|marker| ("Marker", marker));
            let parameters: Vec<(&str, &str)> = own.into_iter().chain(marker).collect();
            let send = |watch| self.client.send(ACTION, &parameters, watch, principal_page);
            let page = self.stack.call(Call::read(OPERATION), send).await?;
            for principal in page.principals {
                let tags: Option<Tags> = principal.tags.iter().map(tag).collect();
                let (Some(arn), Some(tags)) = (principal.arn, tags) else { return Err(pages.missing("Arn or Key")) };
                found.push(TaggedResource { arn, tags });
            }
            let is_truncated = page.members.get("IsTruncated").is_some_and(|text| text == "true");
            next = pages.next(page.members.get("Marker").map(String::as_str).filter(|_| is_truncated))?;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Adds or replaces tags; `None` if the ARN is not that of a type whose tags IAM keeps.
    ///
    /// # Errors
    /// The account is not the confirmed one, or there was no response or an error.
    pub(super) async fn tag(&self, arn: &str, tags: &Tags) -> Option<Result<(), CloudError>> {
        let (operations, name) = of_arn(arn)?;
        let [action, operation] = operations.tag;
        let named = (1..).zip(tags).flat_map(|(number, (key, value))| {
            let member = |part: &str| format!("Tags.member.{number}.{part}");
            [(member("Key"), key.as_str()), (member("Value"), value.as_str())]
        });
        Some(self.change(action, operation, arn, (operations.parameter, name), named.collect()).await)
    }

    /// Removes tags; `None` if the ARN is not that of a type whose tags IAM keeps.
    ///
    /// # Errors
    /// See [`IamTags::tag`].
    pub(super) async fn untag(&self, arn: &str, keys: &[&str]) -> Option<Result<(), CloudError>> {
        let (operations, name) = of_arn(arn)?;
        let [action, operation] = operations.untag;
        let named = (1..).zip(keys).map(|(number, key)| (format!("TagKeys.member.{number}"), *key));
        Some(self.change(action, operation, arn, (operations.parameter, name), named.collect()).await)
    }

    async fn change(
        &self,
        action: &'static str,
        operation: &'static str,
        arn: &str,
        own: (&str, &str),
        more: Vec<(String, &str)>,
    ) -> Result<(), CloudError> {
        let more = more.iter().map(|(name, value)| (name.as_str(), *value));
        let parameters: Vec<(&str, &str)> = [own].into_iter().chain(more).collect();
        let call = Call { identifier: Some(arn), ..Call::write(operation) };
        let send = |watch| self.client.send(action, &parameters, watch, members);
        self.stack.call(call, send).await.map(|_| ())
    }
}

/// The key and the value of a tag in a response.
fn tag(members: &Members) -> Option<(String, String)> {
    Some((members.get("Key")?.clone(), members.get("Value").cloned().unwrap_or_default()))
}

fn of_type(type_name: &str) -> Option<&'static Operations> {
    match type_name {
        "AWS::IAM::ManagedPolicy" => Some(&POLICY),
        "AWS::IAM::InstanceProfile" => Some(&INSTANCE_PROFILE),
        _ => None,
    }
}

/// The operations for the resource with an ARN, and the value of their parameter.
fn of_arn(arn: &str) -> Option<(&'static Operations, &str)> {
    let parsed = Arn::parse(arn).filter(|parsed| parsed.service == "iam")?;
    if parsed.resource.starts_with("policy/") {
        return Some((&POLICY, arn));
    }
    let path = parsed.resource.strip_prefix("instance-profile/")?;
    Some((&INSTANCE_PROFILE, path.rsplit('/').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_with_tags_beside_its_model_has_operations() {
        let beside = |name: &&'static str| TypeSchema::embedded(name).is_some_and(|schema| schema.tagging.beside_model);
        let all = crate::schema::Registry::embedded().type_names().filter(beside);
        // The Resource Groups Tagging API has those of other services.
        let names: Vec<&str> = all.filter(|name| name.starts_with("AWS::IAM::")).collect();
        assert_eq!(names, ["AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy"]);
        assert!(names.iter().all(|name| of_type(name).is_some()));
    }

    #[test]
    fn an_arn_names_its_resource() {
        let named = |arn| of_arn(arn).map(|(operations, name)| (operations.parameter, name));
        let policy = "arn:aws:iam::111111111111:policy/team/read";
        assert_eq!(named(policy), Some(("PolicyArn", policy)));
        let profile = "arn:aws:iam::111111111111:instance-profile/team/web";
        assert_eq!(named(profile), Some(("InstanceProfileName", "web")));
        assert_eq!(named("arn:aws:iam::111111111111:role/web"), None);
        assert_eq!(named("arn:aws:sqs:us-east-1:111111111111:policy/x"), None);
    }
}
