//! Identity, secrets, keys, logs, metrics and audit.

use serde_json::json;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("AWS::Cognito::UserPool", json!({}), "1000*0.015", "15.00"),
        case("AWS::Cognito::UserPool", json!({"UserPoolTier": "LITE"}), "50000*0.0055 + 10000*0.0046", "321.00")
            .using(&[("mau", "60000")]),
        case("AWS::Cognito::UserPoolClient", json!({}), "0", "0.00"),
        case("AWS::SecretsManager::Secret", json!({"Name": "x"}), "0.40 + 1000*0.000005", "0.41"),
        case(
            "AWS::SecretsManager::Secret",
            json!({"Name": "x", "ReplicaRegions": [{"Region": "us-west-2"}]}),
            "0.40 + 0.40 + 1000*0.000005",
            "0.81",
        ),
        case("AWS::KMS::Key", json!({}), "1 + 1000*0.000003", "1.00"),
        case("AWS::KMS::ReplicaKey", json!({}), "1", "1.00"),
        case("AWS::SSM::Parameter", json!({"Tier": "Advanced"}), "730*0.0000694444444", "0.05"),
        case("AWS::ACMPCA::CertificateAuthority", json!({}), "400", "400.00"),
        case("AWS::ACMPCA::CertificateAuthority", json!({"UsageMode": "SHORT_LIVED_CERTIFICATE"}), "50", "50.00"),
        // 1 GB in, 1 GB kept.
        case("AWS::Logs::LogGroup", json!({}), "1*0.50 + 1*0.03", "0.53"),
        case(
            "AWS::Logs::LogGroup",
            json!({"LogGroupClass": "INFREQUENT_ACCESS"}),
            "4*0.25 + 1*0.03 + 100*0.005",
            "1.53",
        )
        .using(&[("ingest_gb", "4"), ("scanned_gb", "100")]),
        case("AWS::Logs::MetricFilter", json!({"MetricTransformations": [{"MetricName": "a"}]}), "1*0.30", "0.30"),
        case("AWS::CloudWatch::Alarm", json!({"Period": 300}), "1*0.10", "0.10"),
        case("AWS::CloudWatch::Alarm", json!({"Period": 10}), "1*0.30", "0.30"),
        // A band counts its two edges and the metric.
        case(
            "AWS::CloudWatch::Alarm",
            json!({"ThresholdMetricId": "band", "Metrics": [{"Id": "m", "MetricStat": {"Period": 300}}, {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m)"}]}),
            "3*0.10",
            "0.30",
        ),
        case("AWS::CloudWatch::CompositeAlarm", json!({}), "0.50", "0.50"),
        case("AWS::CloudWatch::Dashboard", json!({}), "3", "3.00"),
        case("AWS::CloudTrail::Trail", json!({}), "0*0.000001", "0.00"),
        case("AWS::CloudTrail::Trail", json!({}), "500000*0.000001 + 100000*0.00002", "2.50")
            .using(&[("data_events", "500000"), ("extra_copies", "100000")]),
        // 43,800 minutes a month.
        case("AWS::Synthetics::Canary", json!({"Schedule": {"Expression": "rate(1 minute)"}}), "43800*0.0012", "52.56"),
        case("AWS::Synthetics::Canary", json!({"Schedule": {"Expression": "rate(1 hour)"}}), "730*0.0012", "0.88"),
        case("AWS::Config::ConfigRule", json!({}), "1000*0.001", "1.00"),
        case("AWS::Config::ConfigurationRecorder", json!({}), "1000*0.003", "3.00"),
    ]
}
