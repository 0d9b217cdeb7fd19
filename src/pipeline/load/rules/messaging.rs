//! Queues, topics, events, schedules and alarms.

use super::{Facts, Rules};
use crate::domain::pointer;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::SQS::Queue" => queue,
        "AWS::SNS::Topic" => topic,
        "AWS::SNS::Subscription" => subscription,
        "AWS::Events::Rule" => event_rule,
        "AWS::Scheduler::Schedule" => |facts| expression(facts, "/ScheduleExpression", &["at", "cron", "rate"]),
        "AWS::CloudWatch::Alarm" => alarm,
        "AWS::CloudWatch::Dashboard" => |facts| facts.json("/DashboardBody"),
        _ => return None,
    })
}

/// The names of FIFO queues and topics end in `.fifo`, and others do not.
fn fifo(facts: &mut Facts<'_>, name: &str, flag: &str) {
    let Some(text) = facts.text(name) else { return };
    let at = name.to_owned();
    if facts.is_true(flag) && !text.ends_with(".fifo") {
        facts.contradiction(&at, format!("is FIFO, but has the name `{text}`"), "let the name end in `.fifo`");
    } else if (facts.lacks(flag) || facts.get(flag) == Some(&false.into())) && text.ends_with(".fifo") {
        facts.contradiction(
            &at,
            format!("has the name `{text}`, but is not FIFO"),
            "set it to FIFO, or change the name",
        );
    }
}

fn queue(facts: &mut Facts<'_>) {
    fifo(facts, "/QueueName", "/FifoQueue");
    if facts.lacks("/FifoQueue") {
        for at in ["/DeduplicationScope", "/FifoThroughputLimit"] {
            facts.exclude(at, "it is not a FIFO queue", "add `FifoQueue: true`, or remove it");
        }
        if facts.is_true("/ContentBasedDeduplication") {
            facts.contradiction(
                "/ContentBasedDeduplication",
                "deduplicates, but is not a FIFO queue",
                "add `FifoQueue: true`",
            );
        }
    }
    let redrive = "/RedrivePolicy";
    if facts.get(redrive).is_some_and(|value| value.as_object().is_some_and(|members| !members.is_empty())) {
        for name in ["deadLetterTargetArn", "maxReceiveCount"] {
            facts.need(
                &pointer::join(redrive, name),
                "it has a RedrivePolicy",
                "set deadLetterTargetArn and maxReceiveCount",
            );
        }
        let at = pointer::join(redrive, "maxReceiveCount");
        if facts.number(&at).is_some_and(|count| !(1.0..=1000.0).contains(&count)) {
            facts.malformed(&at, "has a maxReceiveCount outside 1 and 1,000", "choose one between 1 and 1,000");
        }
    }
}

fn topic(facts: &mut Facts<'_>) {
    fifo(facts, "/TopicName", "/FifoTopic");
    if facts.lacks("/FifoTopic") && facts.is_true("/ContentBasedDeduplication") {
        facts.contradiction(
            "/ContentBasedDeduplication",
            "deduplicates, but is not a FIFO topic",
            "add `FifoTopic: true`",
        );
    }
}

fn subscription(facts: &mut Facts<'_>) {
    let (Some(protocol), Some(endpoint)) = (facts.text("/Protocol"), facts.text("/Endpoint")) else { return };
    let fits = match protocol {
        "email" | "email-json" => endpoint.contains('@'),
        "http" => endpoint.starts_with("http://"),
        "https" => endpoint.starts_with("https://"),
        "sqs" | "lambda" | "firehose" | "application" => endpoint.starts_with("arn:"),
        _ => true,
    };
    if !fits {
        let hint = "use an address of the protocol: an email address, a URL or an ARN";
        facts.contradiction("/Endpoint", format!("has the protocol {protocol} and the endpoint `{endpoint}`"), hint);
    }
    if facts.lacks("/SubscriptionRoleArn") && protocol == "firehose" {
        facts.need("/SubscriptionRoleArn", "its protocol is firehose", "set the role that writes to the stream");
    }
}

fn event_rule(facts: &mut Facts<'_>) {
    facts.need_one(&["/EventPattern", "/ScheduleExpression"], "set EventPattern or ScheduleExpression");
    if facts.has("/ScheduleExpression")
        && facts.text("/EventBusName").is_some_and(|bus| bus != "default" && !bus.ends_with("/default"))
    {
        facts.contradiction(
            "/ScheduleExpression",
            "has a schedule on its own bus",
            "schedules are only on the default bus: remove EventBusName",
        );
    }
    expression(facts, "/ScheduleExpression", &["cron", "rate"]);
    facts.unique("/Targets", "Id", "give each target its own Id");
    if facts.count("/Targets").is_some_and(|count| count > 5) {
        facts.contradiction("/Targets", "has more than five targets", "add another rule with the same pattern");
    }
}

/// Checks the syntax of a schedule.
fn expression(facts: &mut Facts<'_>, at: &str, kinds: &[&str]) {
    let Some(text) = facts.text(at) else { return };
    let parsed = text.strip_suffix(')').and_then(|text| text.split_once('('));
    let is_valid = parsed.is_some_and(|(kind, inner)| {
        let parts: Vec<&str> = inner.split_whitespace().collect();
        kinds.contains(&kind)
            && match (kind, parts.as_slice()) {
                ("cron", [_, _, days, _, weekdays, _]) => (*days == "?") != (*weekdays == "?"),
                ("rate", [number, unit]) => {
                    let singular = ["minute", "hour", "day"].contains(unit);
                    let plural = ["minutes", "hours", "days"].contains(unit);
                    // The scheduler takes both forms, rules do not.
                    number.parse::<u32>().is_ok_and(|number| {
                        number > 0 && (singular || plural) && (kinds.contains(&"at") || singular == (number == 1))
                    })
                }
                ("at", [time]) => time.len() == 19 && time.as_bytes().get(10) == Some(&b'T'),
                _ => false,
            }
    });
    if !is_valid {
        let hint = "write `rate(5 minutes)`, `rate(1 hour)` or `cron(0 8 ? * MON-FRI *)`: of the day of the month and the day of the week, one is `?`";
        facts.malformed(at, format!("has the schedule `{text}`"), hint);
    }
}

fn alarm(facts: &mut Facts<'_>) {
    facts.need_one(&["/MetricName", "/Metrics", "/EvaluationCriteria"], "set MetricName and Namespace, or Metrics");
    facts.only_one(&["/MetricName", "/Metrics"], "remove one of them");
    facts.only_one(&["/Statistic", "/ExtendedStatistic"], "remove one of them");
    if facts.has("/MetricName") {
        facts.need("/Namespace", "MetricName is set", "set the namespace of the metric, such as `AWS/SQS`");
        facts.need("/Period", "MetricName is set", "set the seconds of one period");
        if facts.lacks("/Statistic") && facts.lacks("/ExtendedStatistic") {
            facts.contradiction(
                "/Statistic",
                "needs Statistic or ExtendedStatistic",
                "set one, such as `Statistic: Sum`",
            );
        }
    }
    let (period, count) = (facts.number("/Period"), facts.number("/EvaluationPeriods"));
    if let Some(seconds) = period
        && ![10.0, 20.0, 30.0].contains(&seconds)
        && (seconds < 60.0 || seconds % 60.0 != 0.0)
    {
        facts.malformed("/Period", format!("has a Period of {seconds} seconds"), "use 10, 20, 30 or a multiple of 60");
    }
    if let (Some(period), Some(count)) = (period, count)
        && period * count > if period >= 3600.0 { 604_800.0 } else { 86_400.0 }
    {
        let hint =
            "shorten Period or EvaluationPeriods: an alarm looks at one day, or with periods of an hour at seven";
        facts.contradiction("/EvaluationPeriods", "looks at more time than an alarm may", hint);
    }
    if let (Some(points), Some(count)) = (facts.number("/DatapointsToAlarm"), count)
        && points > count
    {
        facts.contradiction(
            "/DatapointsToAlarm",
            "needs more data points than it has periods",
            "DatapointsToAlarm must not exceed EvaluationPeriods",
        );
    }
}
