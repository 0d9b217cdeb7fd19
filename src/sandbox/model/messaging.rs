//! Amazon SQS, SNS, SES and EventBridge.

use serde_json::json;

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("SQS", "Queue") => Some(queue),
        ("SNS", "Topic") => Some(topic),
        ("SES", "EmailIdentity") => Some(email_identity),
        ("Events", "Rule") => Some(rule),
        _ => None,
    }
}

fn queue(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let is_fifo = draft.flag("FifoQueue");
    let name = draft.name("QueueName", if is_fifo { ".fifo" } else { "" });
    if is_fifo != name.ends_with(".fifo") {
        return Err(HandlerFailure::new(
            "InvalidRequest",
            "The name of a FIFO queue, and of no other, must end with the suffix .fifo.",
        ));
    }
    let url = format!("https://sqs.{}.{}/{}/{name}", draft.place.region, draft.domain(), draft.place.account);
    let arn = draft.arn("sqs", &name);
    draft.set("QueueUrl", url);
    draft.set("Arn", arn);
    draft.defaults([
        ("DelaySeconds", json!(0)),
        ("MaximumMessageSize", json!(1_048_576)),
        ("MessageRetentionPeriod", json!(345_600)),
        ("ReceiveMessageWaitTimeSeconds", json!(0)),
        ("VisibilityTimeout", json!(30)),
    ]);
    let has_key = draft.has("KmsMasterKeyId");
    draft.default("SqsManagedSseEnabled", !has_key);
    if is_fifo {
        draft.defaults([
            ("ContentBasedDeduplication", json!(false)),
            ("DeduplicationScope", json!("queue")),
            ("FifoThroughputLimit", json!("perQueue")),
        ]);
    }
    Ok(())
}

fn topic(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let is_fifo = draft.flag("FifoTopic");
    let name = draft.name("TopicName", if is_fifo { ".fifo" } else { "" });
    if is_fifo != name.ends_with(".fifo") {
        return Err(HandlerFailure::new(
            "InvalidRequest",
            "Invalid parameter: Topic Name: FIFO topic names, and no others, end with .fifo",
        ));
    }
    let arn = draft.arn("sns", &name);
    draft.set("TopicArn", arn);
    draft.defaults([("FifoTopic", json!(is_fifo)), ("ArchivePolicy", json!({}))]);
    if is_fifo {
        draft.default("ContentBasedDeduplication", false);
    }
    Ok(())
}

fn email_identity(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let identity = draft.text("EmailIdentity").to_owned();
    draft.defaults([
        ("DkimAttributes", json!({"SigningEnabled": true})),
        ("FeedbackAttributes", json!({"EmailForwardingEnabled": true})),
        ("MailFromAttributes", json!({"MailFromDomain": "", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"})),
        ("ConfigurationSetAttributes", json!({})),
    ]);
    if identity.contains('@') {
        return Ok(());
    }
    for number in 1..=3 {
        let token = draft.random.lower(&format!("dkim {number}"), 32);
        draft.default(&format!("DkimDNSTokenName{number}"), format!("{token}._domainkey.{identity}"));
        draft.default(&format!("DkimDNSTokenValue{number}"), format!("{token}.dkim.amazonses.com"));
    }
    Ok(())
}

fn rule(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    if !draft.has("ScheduleExpression") && !draft.has("EventPattern") {
        return Err(HandlerFailure::new(
            "InvalidRequest",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ));
    }
    let name = draft.name("Name", "");
    draft.defaults([("EventBusName", json!("default")), ("State", json!("ENABLED")), ("Targets", json!([]))]);
    let bus = draft.text("EventBusName").rsplit('/').next().unwrap_or_default().to_owned();
    let arn = match bus.as_str() {
        "default" => draft.arn("events", &format!("rule/{name}")),
        bus => draft.arn("events", &format!("rule/{bus}/{name}")),
    };
    draft.set("Arn", arn);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn a_queue_is_identified_by_its_url() {
        let queue = built("AWS::SQS::Queue", &json!({"QueueName": "jobs"}));
        assert_eq!(queue.identifier, "https://sqs.us-east-1.amazonaws.com/111111111111/jobs");
        assert_eq!(queue.arn.as_deref(), Some("arn:aws:sqs:us-east-1:111111111111:jobs"));
        assert_eq!(queue.properties["VisibilityTimeout"], 30);
        assert_eq!(queue.properties["SqsManagedSseEnabled"], true);
    }

    #[test]
    fn a_generated_fifo_name_has_the_suffix() {
        let queue = built("AWS::SQS::Queue", &json!({"FifoQueue": true}));
        assert!(queue.identifier.ends_with(".fifo"));
        assert_eq!(queue.properties["FifoThroughputLimit"], "perQueue");
    }

    #[test]
    fn a_topic_and_a_rule_have_arns() {
        let topic = built("AWS::SNS::Topic", &json!({"TopicName": "alerts"}));
        assert_eq!(topic.identifier, "arn:aws:sns:us-east-1:111111111111:alerts");
        let rule = built("AWS::Events::Rule", &json!({"Name": "r", "ScheduleExpression": "rate(1 day)"}));
        assert_eq!(rule.identifier, "arn:aws:events:us-east-1:111111111111:rule/r");
    }

    #[test]
    fn a_domain_identity_has_dkim_records_and_an_address_none() {
        let domain = built("AWS::SES::EmailIdentity", &json!({"EmailIdentity": "example.com"}));
        let name = domain.properties["DkimDNSTokenName1"].as_str().unwrap();
        assert!(name.ends_with("._domainkey.example.com"));
        assert_eq!(domain.arn.as_deref(), Some("arn:aws:ses:us-east-1:111111111111:identity/example.com"));
        let address = built("AWS::SES::EmailIdentity", &json!({"EmailIdentity": "a@example.com"}));
        assert!(address.properties.get("DkimDNSTokenName1").is_none());
    }
}
