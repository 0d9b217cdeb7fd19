//! Lambda, ECS, HTTP APIs and load balancers.

use serde_json::json;

use super::{Draft, Exact, HandlerFailure};

pub(super) fn exact(service: &str, resource: &str) -> Option<Exact> {
    match (service, resource) {
        ("Lambda", "Function") => Some(function),
        ("Lambda", "Version") => Some(function_version),
        ("ECS", "Cluster") => Some(cluster),
        ("ECS", "Service") => Some(service_of_cluster),
        ("ECS", "TaskDefinition") => Some(task_definition),
        ("ApiGatewayV2", "Api") => Some(api),
        ("ElasticLoadBalancingV2", "LoadBalancer") => Some(load_balancer),
        ("ElasticLoadBalancingV2", "TargetGroup") => Some(target_group),
        _ => None,
    }
}

fn function(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("FunctionName", "");
    let arn = draft.arn("lambda", &format!("function:{name}"));
    draft.set("Arn", arn);
    draft.defaults([
        ("Architectures", json!(["x86_64"])),
        ("Description", json!("")),
        ("EphemeralStorage", json!({"Size": 512})),
        ("FileSystemConfigs", json!([])),
        ("LoggingConfig", json!({"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}")})),
        ("MemorySize", json!(128)),
        ("PackageType", json!("Zip")),
        ("RecursiveLoop", json!("Terminate")),
        ("RuntimeManagementConfig", json!({"UpdateRuntimeOn": "Auto"})),
        ("Timeout", json!(3)),
        ("TracingConfig", json!({"Mode": "PassThrough"})),
    ]);
    let is_on = draft.model.get("SnapStart").is_some_and(|snap_start| snap_start["ApplyOn"] == "PublishedVersions");
    let apply_on = if is_on { "PublishedVersions" } else { "None" };
    draft.set("SnapStartResponse", json!({"ApplyOn": apply_on, "OptimizationStatus": "Off"}));
    Ok(())
}

/// A read of a version returns the digest of its code. The code is not kept, so the digest is any one.
fn function_version(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let digest = format!("{}=", draft.random.mixed("CodeSha256", 43));
    draft.default("CodeSha256", digest);
    let number = draft.place.revision.to_string();
    draft.default("Version", number);
    Ok(())
}

fn cluster(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("ClusterName", "");
    let arn = draft.arn("ecs", &format!("cluster/{name}"));
    draft.set("Arn", arn);
    Ok(())
}

fn service_of_cluster(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    draft.default("Cluster", "default");
    let name = draft.name("ServiceName", "");
    let cluster = draft.text("Cluster").rsplit('/').next().unwrap_or_default().to_owned();
    let arn = draft.arn("ecs", &format!("service/{cluster}/{name}"));
    draft.set("ServiceArn", arn);
    draft.set("Name", name);
    draft.default("DesiredCount", 1);
    if draft.text("LaunchType") == "FARGATE" {
        draft.default("PlatformVersion", "LATEST");
    }
    Ok(())
}

fn task_definition(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let family = draft.name("Family", "");
    let arn = draft.arn("ecs", &format!("task-definition/{family}:{}", draft.place.revision));
    draft.default("TaskDefinitionArn", arn);
    draft.defaults([("NetworkMode", json!("bridge")), ("Tags", json!([]))]);
    Ok(())
}

fn api(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let id = draft.random.lower("id", 10);
    draft.default("ApiId", id);
    let scheme = if draft.text("ProtocolType") == "WEBSOCKET" { "wss" } else { "https" };
    let endpoint = format!("{scheme}://{}.execute-api.{}.{}", draft.text("ApiId"), draft.place.region, draft.domain());
    draft.set("ApiEndpoint", endpoint);
    draft.defaults([
        ("DisableExecuteApiEndpoint", json!(false)),
        ("IpAddressType", json!("ipv4")),
        ("RouteSelectionExpression", json!("$request.method $request.path")),
    ]);
    Ok(())
}

fn load_balancer(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("Name", "");
    draft.defaults([
        ("IpAddressType", json!("ipv4")),
        ("Scheme", json!("internet-facing")),
        ("Type", json!("application")),
    ]);
    if !draft.has("LoadBalancerFullName") {
        let kind = match draft.text("Type") {
            "network" => "net",
            "gateway" => "gwy",
            _ => "app",
        };
        let full = format!("{kind}/{name}/{}", draft.random.hex("id", 16));
        draft.set("LoadBalancerFullName", full);
    }
    let full = draft.text("LoadBalancerFullName").to_owned();
    let arn = draft.arn("elasticloadbalancing", &format!("loadbalancer/{full}"));
    draft.set("LoadBalancerArn", arn);
    draft.set("LoadBalancerName", name.clone());
    let host = if draft.text("Scheme") == "internal" { format!("internal-{name}") } else { name };
    let number = draft.random.digits("dns", 10);
    let host = format!("{host}-{number}.{}.elb.{}", draft.place.region, draft.domain());
    draft.default("DNSName", host);
    draft.default("CanonicalHostedZoneID", "Z35SXDOTRQ7X7K");
    Ok(())
}

fn target_group(draft: &mut Draft<'_>) -> Result<(), HandlerFailure> {
    let name = draft.name("Name", "");
    if !draft.has("TargetGroupFullName") {
        let full = format!("targetgroup/{name}/{}", draft.random.hex("id", 16));
        draft.set("TargetGroupFullName", full);
    }
    let arn = draft.arn("elasticloadbalancing", draft.text("TargetGroupFullName"));
    draft.set("TargetGroupArn", arn);
    draft.set("TargetGroupName", name);
    draft.default("LoadBalancerArns", json!([]));
    let is_http = matches!(draft.text("Protocol"), "HTTP" | "HTTPS");
    draft.default("HealthCheckProtocol", if is_http { "HTTP" } else { "TCP" });
    draft.default("HealthCheckTimeoutSeconds", if is_http { 5 } else { 10 });
    if is_http {
        draft.defaults([
            ("HealthCheckPath", json!("/")),
            ("Matcher", json!({"HttpCode": "200"})),
            ("ProtocolVersion", json!("HTTP1")),
        ]);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::tests::built;
    use super::*;

    #[test]
    fn a_functions_code_is_never_returned() {
        let function =
            built("AWS::Lambda::Function", &json!({"FunctionName": "f", "Code": {"ZipFile": "x"}, "Role": "arn:r"}));
        assert_eq!(function.identifier, "f");
        assert_eq!(function.properties["Code"], json!({}));
        assert_eq!(function.properties["MemorySize"], 128);
        assert_eq!(function.properties["Timeout"], 3);
        assert_eq!(function.properties["SnapStartResponse"]["ApplyOn"], "None");
    }

    #[test]
    fn a_service_is_identified_with_its_cluster() {
        let service = built("AWS::ECS::Service", &json!({"ServiceName": "web", "Cluster": "main"}));
        assert_eq!(service.identifier, "arn:aws:ecs:us-east-1:111111111111:service/main/web|main");
    }

    #[test]
    fn a_load_balancers_name_is_in_its_arn() {
        let balancer = built("AWS::ElasticLoadBalancingV2::LoadBalancer", &json!({"Name": "edge"}));
        let start = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/edge/";
        assert!(balancer.identifier.starts_with(start), "{}", balancer.identifier);
    }
}
