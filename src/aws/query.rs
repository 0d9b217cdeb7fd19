//! The query protocol: a form as the request, XML as the response. Of CloudFormation only DescribeType is needed; of IAM, with
//! 160 operations, only those for the tags of two types, the policies of principals and the simulator.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use serde_json::{Map, Value};

use super::service_client::{Answer, Service, ServiceClient};
use super::stack::Shared;
use super::stack::watch::Watch;

/// A service with the query protocol.
#[derive(Debug, Clone, Copy)]
pub struct QueryService {
    /// The service.
    pub service: Service,
    /// The API version.
    pub version: &'static str,
}

/// The text members of a response, by name.
pub type Members = BTreeMap<String, String>;

/// A client of one service.
#[derive(Debug, Clone)]
pub struct QueryClient {
    client: ServiceClient,
    version: &'static str,
}

impl QueryClient {
    /// Creates a client in the Region of a configuration.
    pub fn new(service: QueryService, config: &SdkConfig, shared: Shared) -> Self {
        Self { client: ServiceClient::new(service.service, config, shared), version: service.version }
    }

    /// Makes a request and returns the result, parsed by `read` from the action and the body.
    ///
    /// # Errors
    /// Like any call of the SDK.
    pub async fn send<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        watch: Watch,
        read: ReadResult<T>,
    ) -> Result<T, SdkError<ErrorMetadata, HttpResponse>> {
        let mut body = String::new();
        let mut writer = QueryWriter::new(&mut body, action, self.version);
        for (name, value) in parameters {
            writer.prefix(name).string(value);
        }
        writer.finish();
        let request = request(body).map_err(SdkError::construction_failure)?;
        self.client.send(action, request, watch, move |response| answer(action, response, read)).await
    }
}

fn request(body: String) -> Result<HttpRequest, BoxError> {
    let request = http::Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("content-length", body.len());
    Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
}

/// Parses the body of a response to an action.
pub type ReadResult<T> = fn(&str, &[u8]) -> Result<T, XmlDecodeError>;

fn answer<T>(action: &str, response: &HttpResponse, read: ReadResult<T>) -> Answer<T> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        // A response that cannot be parsed has no code; it is classified by its status.
        return Err(OrchestratorError::operation(error(body).unwrap_or_default()));
    }
    read(action, body).map_err(|error| OrchestratorError::response(error.into()))
}

/// Returns the text members of a result; nested elements are skipped.
///
/// # Errors
/// The body is not a response to the action.
pub fn members(action: &str, body: &[u8]) -> Result<Members, XmlDecodeError> {
    Ok(result(action, body, "", "")?.members)
}

/// Returns the text members of the role in a result.
///
/// # Errors
/// The body is not a response to the action.
pub fn role(action: &str, body: &[u8]) -> Result<Members, XmlDecodeError> {
    Ok(result(action, body, "", "Role")?.members)
}

/// A result with a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The text members.
    pub members: Members,
    /// The text members of each element of the list; `None` if the result has no list.
    pub items: Option<Vec<Members>>,
}

/// Returns the text members of a result, and those of each element of the list `Tags`.
///
/// # Errors
/// The body is not a response to the action.
pub fn tag_page(action: &str, body: &[u8]) -> Result<Page, XmlDecodeError> {
    result(action, body, "Tags", "")
}

/// Returns the text members of a result, and those of each evaluation of the simulator.
///
/// # Errors
/// The body is not a response to the action.
pub fn evaluation_page(action: &str, body: &[u8]) -> Result<Page, XmlDecodeError> {
    result(action, body, "EvaluationResults", "")
}

/// The nested elements of IAM's responses that are read: objects, lists of objects, and lists of texts.
const OBJECTS: [&str; 6] = ["User", "Role", "Group", "Policy", "PolicyVersion", "PermissionsBoundary"];
const LISTS: [&str; 13] = [
    "AttachedManagedPolicies",
    "AttachedPolicies",
    "GroupDetailList",
    "GroupPolicyList",
    "Groups",
    "Policies",
    "PolicyVersionList",
    "RoleDetailList",
    "RolePolicyList",
    "ServicesLastAccessed",
    "Tags",
    "UserDetailList",
    "UserPolicyList",
];
const NAMES: [&str; 2] = ["GroupList", "PolicyNames"];

/// Returns the members of a result as JSON: texts, and the nested elements that are known; others are skipped.
///
/// # Errors
/// The body is not a response to the action.
pub fn tree(action: &str, body: &[u8]) -> Result<Value, XmlDecodeError> {
    let mut members = Map::new();
    each_member(action, body, |name, member| {
        members.extend(element(name, member)?.map(|value| (name.to_owned(), value)));
        Ok(())
    })?;
    Ok(Value::Object(members))
}

fn element(name: &str, tag: &mut ScopedDecoder<'_, '_>) -> Result<Option<Value>, XmlDecodeError> {
    if LISTS.contains(&name) || NAMES.contains(&name) {
        let mut items = Vec::new();
        while let Some(mut item) = tag.next_tag() {
            items.push(match NAMES.contains(&name) {
                true => Value::String(try_data(&mut item)?.into_owned()),
                false => object(&mut item)?,
            });
        }
        return Ok(Some(Value::Array(items)));
    }
    if OBJECTS.contains(&name) {
        return object(tag).map(Some);
    }
    Ok(try_data(tag).ok().map(|text| Value::String(text.into_owned())))
}

fn object(tag: &mut ScopedDecoder<'_, '_>) -> Result<Value, XmlDecodeError> {
    let mut members = Map::new();
    while let Some(mut member) = tag.next_tag() {
        let name = member.start_el().local().to_owned();
        members.extend(element(&name, &mut member)?.map(|value| (name, value)));
    }
    Ok(Value::Object(members))
}

/// A role or user with its tags.
#[derive(Debug, Default)]
pub struct TaggedPrincipal {
    /// ARN.
    pub arn: Option<String>,
    /// The text members of each tag.
    pub tags: Vec<Members>,
}

/// A page of GetAccountAuthorizationDetails.
#[derive(Debug, Default)]
pub struct PrincipalPage {
    /// The text members.
    pub members: Members,
    /// The roles and users.
    pub principals: Vec<TaggedPrincipal>,
}

/// Returns the text members of a result, and its roles and users.
///
/// # Errors
/// The body is not a response to the action.
pub fn principal_page(action: &str, body: &[u8]) -> Result<PrincipalPage, XmlDecodeError> {
    let mut page = PrincipalPage::default();
    each_member(action, body, |name, member| {
        if !matches!(name, "RoleDetailList" | "UserDetailList") {
            if let Ok(text) = try_data(member) {
                page.members.insert(name.to_owned(), text.into_owned());
            }
            return Ok(());
        }
        while let Some(mut item) = member.next_tag() {
            let mut principal = TaggedPrincipal::default();
            while let Some(mut part) = item.next_tag() {
                match part.start_el().local() {
                    "Arn" => principal.arn = try_data(&mut part).ok().map(|text| text.into_owned()),
                    "Tags" => {
                        while let Some(mut tag) = part.next_tag() {
                            principal.tags.push(texts(&mut tag)?);
                        }
                    }
                    _ => {}
                }
            }
            page.principals.push(principal);
        }
        Ok(())
    })?;
    Ok(page)
}

/// Passes on each member of a result, with its name.
fn each_member(
    action: &str,
    body: &[u8],
    mut visit: impl FnMut(&str, &mut ScopedDecoder<'_, '_>) -> Result<(), XmlDecodeError>,
) -> Result<(), XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    if root.start_el().local() != format!("{action}Response") {
        return Err(XmlDecodeError::custom(format!("{} is not {action}Response", root.start_el().local())));
    }
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().local() != format!("{action}Result") {
            continue;
        }
        while let Some(mut member) = tag.next_tag() {
            let name = member.start_el().local().to_owned();
            visit(&name, &mut member)?;
        }
    }
    Ok(())
}

/// Returns the members of a result: its text members, those of its member `object`, and those of each element of its `list`.
fn result(action: &str, body: &[u8], list: &str, object: &str) -> Result<Page, XmlDecodeError> {
    let mut page = Page::default();
    each_member(action, body, |name, member| {
        if name == list {
            let items = page.items.get_or_insert_default();
            while let Some(mut item) = member.next_tag() {
                items.push(texts(&mut item)?);
            }
        } else if name == object {
            page.members.extend(texts(member)?);
        } else if let Ok(text) = try_data(member) {
            page.members.insert(name.to_owned(), text.into_owned());
        }
        Ok(())
    })?;
    Ok(page)
}

fn error(body: &[u8]) -> Result<ErrorMetadata, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut error = ErrorMetadata::builder();
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().local() == "Error" {
            for (name, text) in texts(&mut tag)? {
                error = match name.as_str() {
                    "Code" => error.code(text),
                    "Message" => error.message(text),
                    _ => error,
                };
            }
        }
    }
    Ok(error.build())
}

/// The lists of texts within elements of a list.
const LISTS_OF_TEXTS: [&str; 1] = ["MissingContextValues"];

/// Returns the text members of an element, and its lists of texts, separated by commas; other nested elements are skipped.
fn texts(tag: &mut ScopedDecoder<'_, '_>) -> Result<Members, XmlDecodeError> {
    let mut found = Members::new();
    while let Some(mut member) = tag.next_tag() {
        let name = member.start_el().local().to_owned();
        if LISTS_OF_TEXTS.contains(&name.as_str()) {
            let mut items = Vec::new();
            while let Some(mut item) = member.next_tag() {
                items.push(try_data(&mut item)?.into_owned());
            }
            found.insert(name, items.join(","));
        } else if let Ok(text) = try_data(&mut member) {
            found.insert(name, text.into_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_nested_elements_become_json() {
        let body = br#"<GetUserResponse><GetUserResult><User><Path>/</Path><PermissionsBoundary>
            <PermissionsBoundaryArn>arn:b</PermissionsBoundaryArn></PermissionsBoundary><Other><X>1</X></Other><Tags><member>
            <Key>a</Key><Value/></member></Tags></User><PolicyNames><member>p</member></PolicyNames></GetUserResult></GetUserResponse>"#;
        let expected = serde_json::json!({
            "User": {"Path": "/", "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:b"}, "Tags": [{"Key": "a", "Value": ""}]},
            "PolicyNames": ["p"],
        });
        assert_eq!(tree("GetUser", body).unwrap_or_default(), expected);
        assert!(tree("GetUser", b"<html/>").is_err());
    }

    #[test]
    fn elements_of_a_list_are_returned() {
        let body = br#"<ListPolicyTagsResponse><ListPolicyTagsResult><IsTruncated>false</IsTruncated><Tags>
            <member><Key>a</Key><Value>1</Value></member><member><Key>b</Key><Value/></member></Tags>
            </ListPolicyTagsResult></ListPolicyTagsResponse>"#;
        let page = tag_page("ListPolicyTags", body).unwrap_or_default();
        let items = page.items.unwrap_or_default();
        assert_eq!((items.len(), items[0]["Key"].as_str(), items[1]["Value"].as_str()), (2, "a", ""));
        assert_eq!(page.members.get("IsTruncated").map(String::as_str), Some("false"));
        let none = b"<ListPolicyTagsResponse><ListPolicyTagsResult/></ListPolicyTagsResponse>";
        assert!(tag_page("ListPolicyTags", none).unwrap_or_default().items.is_none());
    }

    #[test]
    fn evaluations_and_the_members_of_a_role_are_returned() {
        let body = br#"<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>
            <EvaluationResults><member><EvalActionName>sqs:CreateQueue</EvalActionName>
            <MatchedStatements><member><SourcePolicyId>p</SourcePolicyId></member></MatchedStatements>
            <MissingContextValues><member>aws:A</member><member>aws:B</member></MissingContextValues>
            <EvalDecision>implicitDeny</EvalDecision></member><member><MissingContextValues/></member></EvaluationResults>
            </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"#;
        let page = evaluation_page("SimulatePrincipalPolicy", body).unwrap_or_default();
        let items = page.items.unwrap_or_default();
        assert_eq!((items[0]["MissingContextValues"].as_str(), items[0].len()), ("aws:A,aws:B", 3));
        assert_eq!(items[0]["EvalDecision"], "implicitDeny");
        assert_eq!(items[1]["MissingContextValues"], "");
        let body =
            b"<GetRoleResponse><GetRoleResult><Role><Path>/a/</Path><Arn>arn:x</Arn><Tags><member/></Tags></Role>\
            </GetRoleResult></GetRoleResponse>";
        assert_eq!(role("GetRole", body).unwrap_or_default().get("Arn").map(String::as_str), Some("arn:x"));
    }

    #[test]
    fn roles_and_users_are_returned_with_their_tags() {
        let body = br#"<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>
            <UserDetailList><member><Arn>arn:u</Arn><Tags/></member></UserDetailList><GroupDetailList/>
            <RoleDetailList><member><RolePolicyList><member><PolicyName>p</PolicyName></member></RolePolicyList>
            <Arn>arn:r</Arn><Tags><member><Key>a</Key><Value>1</Value></member></Tags></member></RoleDetailList>
            <IsTruncated>true</IsTruncated><Marker>m</Marker>
            </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"#;
        let page = principal_page("GetAccountAuthorizationDetails", body).unwrap_or_default();
        let arns: Vec<Option<&str>> = page.principals.iter().map(|one| one.arn.as_deref()).collect();
        assert_eq!(arns, [Some("arn:u"), Some("arn:r")]);
        assert_eq!((page.principals[0].tags.len(), page.principals[1].tags[0]["Value"].as_str()), (0, "1"));
        assert_eq!((page.members["Marker"].as_str(), page.members["IsTruncated"].as_str()), ("m", "true"));
        assert!(principal_page("GetAccountAuthorizationDetails", b"<html/>").is_err());
    }

    #[test]
    fn text_members_are_returned_and_nested_elements_skipped() {
        let body = br#"<?xml version="1.0"?><DescribeTypeResponse xmlns="http://x/"><DescribeTypeResult>
            <LoggingConfig><LogRoleArn>a</LogRoleArn></LoggingConfig><Schema>{&quot;a&quot;: 1}</Schema><TypeName/>
            </DescribeTypeResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeTypeResponse>"#;
        let members = members("DescribeType", body).unwrap_or_default();
        assert_eq!(members.get("Schema").map(String::as_str), Some(r#"{"a": 1}"#));
        assert_eq!(members.get("TypeName").map(String::as_str), Some(""));
        assert!(!members.contains_key("RequestId"));
        assert!(super::members("DescribeType", b"<html/>").is_err());
        assert!(super::members("DescribeType", b"no XML").is_err());
    }
}
