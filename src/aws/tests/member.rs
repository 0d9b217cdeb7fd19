use std::time::Duration;

use super::*;
use crate::aws::{MemberAccount, RoleToAssume};
use crate::domain::project::AccountId;
use crate::pipeline::ports::{CloudErrorKind, ReadResources as _};

const MEMBER: &str = "333333333333";

/// A response of AssumeRole with a session of an account, which ends at a time.
fn session(account: &str, key: &str, until: &str) -> Reply {
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/R/s</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    Reply::Http(200, "text/xml", body)
}

fn role() -> RoleToAssume {
    RoleToAssume {
        account: AccountId::parse(MEMBER).unwrap(),
        arn: format!("arn:aws:iam::{MEMBER}:role/R"),
        external_id: Some("shared".to_owned()),
        session: "stagegate-ada".to_owned(),
    }
}

fn empty_list() -> Reply {
    Reply::json(200, r#"{"TypeName": "AWS::SQS::Queue", "ResourceDescriptions": []}"#)
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_regions_and_again_before_its_session_ends() {
    let bench = Bench::new(|asked| match asked.operation.as_str() {
        "AssumeRole" => {
            let key = format!("SESSION{}", asked.number);
            session(MEMBER, &key, if asked.number == 1 { "2026-11-20T01:00:00Z" } else { "2026-11-20T03:00:00Z" })
        }
        _ => empty_list(),
    });
    let member = MemberAccount::assume(&bench.clients, "Security", role()).await.unwrap();
    let list = async |region: &str| member.clients(region, true).reader().list("AWS::SQS::Queue").await.unwrap();
    list("us-east-1").await;
    list("eu-west-1").await;
    bench.clock.advance(Duration::from_secs(50 * 60));
    list("eu-west-1").await;
    assert_eq!(bench.asked("AssumeRole"), 1);
    // Less than five minutes are left.
    bench.clock.advance(Duration::from_secs(6 * 60));
    list("eu-west-1").await;
    assert_eq!(bench.asked("AssumeRole"), 2);
    let asked = bench.network.asked();
    let request = &asked[0].body;
    for part in ["ExternalId=shared", "RoleSessionName=stagegate-ada", "role%2FR"] {
        assert!(request.contains(part), "{request}");
    }
    let signed: Vec<(&str, &str)> = asked.iter().map(|one| (one.key.as_str(), one.scope.as_str())).collect();
    assert_eq!(signed[0], ("KEY1", "us-east-1/sts"));
    assert_eq!(signed[1], ("SESSION1", "us-east-1/cloudcontrolapi"));
    assert_eq!(signed[2], ("SESSION1", "eu-west-1/cloudcontrolapi"));
    assert_eq!(signed.last(), Some(&("SESSION5", "eu-west-1/cloudcontrolapi")));
    assert_eq!(bench.run.counter.snapshot()["sts.AssumeRole"], 2);
}

#[tokio::test]
async fn a_session_of_another_account_and_a_refusal_are_errors_of_the_account() {
    let bench = Bench::new(|_| session("444444444444", "K", "2026-11-20T01:00:00Z"));
    let wrong = MemberAccount::assume(&bench.clients, "Security", role()).await.err().unwrap();
    assert_eq!((wrong.kind, wrong.environment.as_str()), (CloudErrorKind::Malformed, "Security"));
    let refused = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";
    let bench = Bench::new(move |_| Reply::Http(403, "text/xml", refused.to_owned()));
    let denied = MemberAccount::assume(&bench.clients, "Security", role()).await.err().unwrap();
    assert_eq!((denied.kind, denied.message.as_str()), (CloudErrorKind::AccessDenied, "not authorized"));
}

#[tokio::test]
async fn a_call_that_is_not_answered_ends_after_the_limit_of_the_run() {
    let bench = Bench::new(|_| Reply::Silence);
    let clients = bench.clients.clone().with_answer_timeout(Duration::from_secs(7));
    let unanswered = clients.reader().list("AWS::SQS::Queue").await.unwrap_err();
    assert_eq!(unanswered.kind, CloudErrorKind::Network);
    assert_eq!(unanswered.message, "cloudcontrol in us-east-1 did not answer within 7s");
}
