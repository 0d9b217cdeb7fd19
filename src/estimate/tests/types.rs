//! What single types cost, and which are free.

use serde_json::json;

use super::*;

#[test]
fn an_old_engine_version_pays_for_extended_support() {
    let mut properties = database("mysql", "db.t3.small");
    properties["EngineVersion"] = json!("8.0.39");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$173.12"); // 27.12 + 2*730*0.10
    properties["EngineLifecycleSupport"] = json!("open-source-rds-extended-support-disabled");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
    properties["EngineVersion"] = json!("8.4.3");
    assert_eq!(expected("AWS::RDS::DBInstance", &properties), "$27.12");
}

#[test]
fn all_free_types_cost_exactly_nothing_whatever_their_properties_say() {
    let mut count = 0;
    for SupportedType { type_name, status, .. } in supported() {
        if status != Status::Free || !model::get(type_name).unwrap().unknown_when.is_empty() {
            continue;
        }
        let properties = json!({"Size": 1000, "Anything": {"Ref": "X"}});
        let estimate = estimate(
            &[EstimateInput { region: "ap-south-1", ..input("F", type_name, &properties) }],
            &EstimateOptions::default(),
            &Snapshot,
        );
        assert_eq!(estimate.resources[0].status, Status::Free, "{type_name}");
        assert_eq!(estimate.total, Range::default());
        assert_eq!(estimate.verdict, Verdict::AutoApproved);
        count += 1;
    }
    assert!(count >= 150, "{count}");
}

#[test]
fn free_stays_free_with_a_threshold_of_zero_and_priced_does_not() {
    let options = EstimateOptions { threshold: Usd::ZERO, ..EstimateOptions::default() };
    assert_eq!(one("AWS::IAM::Role", &json!({}), &options).verdict, Verdict::AutoApproved);
    assert!(one("AWS::SQS::Queue", &json!({}), &options).verdict.requires_approval());
}

#[test]
fn a_type_that_is_free_unless_configured_otherwise_is_judged_by_its_properties() {
    let status = |type_name, properties| one(type_name, &properties, &EstimateOptions::default()).resources[0].status;
    assert_eq!(status("AWS::AccessAnalyzer::Analyzer", json!({"Type": "ACCOUNT"})), Status::Free);
    assert_eq!(status("AWS::AccessAnalyzer::Analyzer", json!({"Type": "ACCOUNT_UNUSED_ACCESS"})), Status::Unknown);
    assert_eq!(status("AWS::CertificateManager::Certificate", json!({"DomainName": "a.example"})), Status::Free);
    assert_eq!(
        status("AWS::CertificateManager::Certificate", json!({"CertificateExport": "ENABLED"})),
        Status::Unknown
    );
    assert_eq!(status("AWS::EKS::Addon", json!({"AddonName": "vpc-cni"})), Status::Free);
    assert_eq!(status("AWS::EKS::Addon", json!({"AddonName": "kubecost_kubecost"})), Status::Unknown);
    assert_eq!(status("AWS::ApiGatewayV2::Stage", json!({"StageName": "dev"})), Status::Free);
    let detailed = json!({"DefaultRouteSettings": {"DetailedMetricsEnabled": true}});
    assert_eq!(status("AWS::ApiGatewayV2::Stage", detailed), Status::Unknown);
    let mutual = json!({"MutualAuthentication": {"Mode": "verify"}});
    assert_eq!(status("AWS::ElasticLoadBalancingV2::Listener", mutual), Status::Unknown);
    assert_eq!(status("AWS::ElasticLoadBalancingV2::Listener", json!({"Port": 443})), Status::Free);
    assert_eq!(status("AWS::CodeDeploy::DeploymentGroup", json!({"OnPremisesTagSet": {"A": 1}})), Status::Unknown);
    assert_eq!(status("AWS::SSM::Association", json!({"AutomationTargetParameterName": "x"})), Status::Unknown);
    assert_eq!(status("AWS::ApiGateway::Deployment", json!({"RestApiId": "x"})), Status::Free);
    assert_eq!(status("AWS::AutoScaling::ScalingPolicy", json!({"PolicyType": "StepScaling"})), Status::Free);
    assert_eq!(status("AWS::Lambda::Alias", json!({"Name": "live"})), Status::Free);
    assert_eq!(status("AWS::SSM::Parameter", json!({"Type": "String"})), Status::Free);
    assert_eq!(status("AWS::EC2::VPCEndpoint", json!({"ServiceName": "s3"})), Status::Free);
}
