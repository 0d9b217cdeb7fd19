//! Lambda, EC2 instances and volumes, Auto Scaling and ECS.

use serde_json::Value;

use super::{Facts, Rules};
use crate::domain::pointer;

pub(super) fn rules(type_name: &str) -> Option<Rules> {
    Some(match type_name {
        "AWS::Lambda::Function" => function,
        "AWS::Lambda::EventSourceMapping" => event_source,
        "AWS::EC2::Instance" => instance,
        "AWS::EC2::Volume" => volume,
        "AWS::AutoScaling::AutoScalingGroup" => group,
        "AWS::ECS::TaskDefinition" => task,
        "AWS::ECS::Service" => service,
        _ => return None,
    })
}

/// Names of environment variables that Lambda sets itself.
const RESERVED: [&str; 20] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_SECURITY_TOKEN",
    "AWS_LAMBDA_METADATA_TOKEN",
];

fn function(facts: &mut Facts<'_>) {
    let is_image = facts.is("/PackageType", "Image");
    let is_zip = facts.is("/PackageType", "Zip") || facts.lacks("/PackageType");
    if is_image || (is_zip && facts.has("/Code/ImageUri") && facts.lacks("/Code/S3Bucket")) {
        let hint = "set Command and EntryPoint in ImageConfig instead";
        if is_image {
            for at in ["/Handler", "/Runtime", "/Layers"] {
                facts.exclude(at, "its PackageType is Image", hint);
            }
        } else {
            facts.contradiction(
                "/Code/ImageUri",
                "has an image, but its PackageType is Zip",
                "add `PackageType: Image`",
            );
        }
    } else if is_zip {
        let hint = "functions of the PackageType Zip have a handler, such as `index.handler`, and a runtime, such as `python3.13`";
        for at in ["/Handler", "/Runtime"] {
            facts.need(at, "its PackageType is Zip", hint);
        }
    }
    if facts.has("/Code/ZipFile")
        && let Some(runtime) = facts.text("/Runtime")
        && !runtime.starts_with("nodejs")
        && !runtime.starts_with("python")
    {
        let hint = "ZipFile is for Node.js and Python: upload the code, and set S3Bucket and S3Key";
        facts.contradiction("/Code/ZipFile", format!("has code in the template, but the runtime {runtime}"), hint);
    }
    for (name, _) in facts.members("/Environment/Variables") {
        let at = pointer::join("/Environment/Variables", name);
        let mut bytes = name.bytes();
        let is_name = bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
            && bytes.len() > 0
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if RESERVED.contains(&name.as_str()) {
            facts.contradiction(
                &at,
                format!("sets the reserved environment variable {name}"),
                "remove it: Lambda sets it",
            );
        } else if !is_name && !name.starts_with("Fn::") && name != "_HANDLER" {
            let hint = "a name begins with a letter and has at least two letters, digits or underscores";
            facts.malformed(&at, format!("sets the environment variable `{name}`"), hint);
        }
    }
}

fn event_source(facts: &mut Facts<'_>) {
    let Some(arn) = facts.text("/EventSourceArn") else { return };
    let service = arn.split(':').nth(2).unwrap_or_default();
    match service {
        "kinesis" | "dynamodb" => {
            facts.need(
                "/StartingPosition",
                "its source is a stream",
                "set `StartingPosition: LATEST` or `TRIM_HORIZON`",
            );
        }
        "sqs" => {
            facts.exclude("/StartingPosition", "its source is a queue", "remove it: only streams have positions");
            if facts.number("/BatchSize").is_some_and(|size| size > 10.0) {
                let hint = "set at least 1 second";
                facts.need("/MaximumBatchingWindowInSeconds", "BatchSize is above 10", hint);
            }
        }
        _ => {}
    }
}

fn instance(facts: &mut Facts<'_>) {
    facts.need_one(
        &["/ImageId", "/LaunchTemplate"],
        "set ImageId, for example by a parameter of the type AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
    );
    if facts.count("/NetworkInterfaces").is_some_and(|count| count > 0) {
        for at in ["/SubnetId", "/SecurityGroupIds", "/SecurityGroups"] {
            facts.exclude(at, "it has NetworkInterfaces", "set it in the network interface");
        }
    }
    for (at, _) in facts.elements("/BlockDeviceMappings") {
        volume_of(facts, &pointer::join(&at, "Ebs"));
    }
}

fn volume(facts: &mut Facts<'_>) {
    facts.need_one(&["/Size", "/SnapshotId", "/SourceVolumeId"], "set Size in gibibytes");
    volume_of(facts, "");
}

fn volume_of(facts: &mut Facts<'_>, at: &str) {
    let iops = pointer::join(at, "Iops");
    match facts.text(&pointer::join(at, "VolumeType")) {
        Some("io1" | "io2") => facts.need(&iops, "its VolumeType has provisioned IOPS", "set Iops"),
        Some(other @ ("gp2" | "st1" | "sc1" | "standard")) => {
            facts.exclude(
                &iops,
                &format!("volumes of the type {other} have none"),
                "remove it, or use gp3, io1 or io2",
            );
        }
        _ => {}
    }
}

fn group(facts: &mut Facts<'_>) {
    let launches = ["/LaunchTemplate", "/LaunchConfigurationName", "/MixedInstancesPolicy", "/InstanceId"];
    facts.need_one(&launches, "set LaunchTemplate");
    facts.only_one(&launches, "remove one of them");
    if facts.lacks("/InstanceId") {
        let places = ["/VPCZoneIdentifier", "/AvailabilityZones", "/AvailabilityZoneIds"];
        facts.need_one(&places, "set VPCZoneIdentifier to subnets");
    }
    let [min, max, desired] = ["/MinSize", "/MaxSize", "/DesiredCapacity"].map(|at| facts.number(at));
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        facts.contradiction(
            "/MinSize",
            format!("has a MinSize of {min} and a MaxSize of {max}"),
            "MinSize must not exceed MaxSize",
        );
    }
    if desired.is_some_and(|desired| min.is_some_and(|min| desired < min) || max.is_some_and(|max| desired > max)) {
        facts.contradiction(
            "/DesiredCapacity",
            "has a DesiredCapacity outside MinSize and MaxSize",
            "choose one between them",
        );
    }
}

/// The memory in MiB, by CPU units, of tasks on Fargate: the least, the most and the step.
const FARGATE: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

fn task(facts: &mut Facts<'_>) {
    let containers = facts.elements("/ContainerDefinitions");
    let are_known = facts.count("/ContainerDefinitions") == Some(containers.len()) && !containers.is_empty();
    let is_optional =
        |(at, _): &(String, &Value)| facts.get(&pointer::join(at, "Essential")) == Some(&Value::Bool(false));
    if are_known && containers.iter().all(is_optional) {
        facts.contradiction(
            "/ContainerDefinitions",
            "has no essential container",
            "set `Essential: true` for at least one",
        );
    }
    facts.unique("/ContainerDefinitions", "Name", "give each container its own name");
    let is_awsvpc = facts.is("/NetworkMode", "awsvpc");
    for (at, _) in &containers {
        if facts.lacks("/Memory")
            && facts.lacks(&pointer::join(at, "Memory"))
            && facts.lacks(&pointer::join(at, "MemoryReservation"))
        {
            facts.contradiction(
                at,
                "has a container without memory",
                "set Memory of the task, or Memory or MemoryReservation of the container",
            );
        }
        for (port, _) in facts.elements(&pointer::join(at, "PortMappings")).iter().filter(|_| is_awsvpc) {
            let host = pointer::join(port, "HostPort");
            if let (Some(host_port), Some(own)) =
                (facts.number(&host), facts.number(&pointer::join(port, "ContainerPort")))
                && host_port != own
                && host_port != 0.0
            {
                facts.contradiction(&host, "maps a port to another one in the network mode awsvpc", "remove HostPort");
            }
        }
        let options = pointer::join(at, "LogConfiguration");
        if facts.is(&pointer::join(&options, "LogDriver"), "awslogs") {
            let options = pointer::join(&options, "Options");
            for key in ["awslogs-group", "awslogs-region"] {
                if facts.lacks(&pointer::join(&options, key)) && (key != "awslogs-region" || fargate(facts)) {
                    facts.contradiction(
                        &options,
                        format!("logs to CloudWatch without the option {key}"),
                        "add the option",
                    );
                }
            }
        }
    }
    if fargate(facts) {
        for at in ["/Cpu", "/Memory"] {
            facts.need(at, "it is for Fargate", "set Cpu and Memory of the task to a supported pair");
        }
        if !is_awsvpc && (facts.lacks("/NetworkMode") || facts.text("/NetworkMode").is_some()) {
            facts.contradiction(
                "/NetworkMode",
                "is for Fargate without the network mode awsvpc",
                "set `NetworkMode: awsvpc`",
            );
        }
        if let (Some(cpu), Some(memory)) = (units(facts, "/Cpu", "vcpu"), units(facts, "/Memory", "gb")) {
            let fits = |(of, least, most, step): &(u32, u32, u32, u32)| {
                let memory_fits =
                    (f64::from(*least)..=f64::from(*most)).contains(&memory) && memory % f64::from(*step) == 0.0;
                f64::from(*of) == cpu && (memory_fits || (*of == 256 && [512.0, 1024.0, 2048.0].contains(&memory)))
            };
            if !FARGATE.iter().any(fits) || (cpu == 256.0 && memory == 1536.0) {
                let hint = "see the task sizes of Fargate, such as 256 with 512, 1024 or 2048 MiB";
                facts.contradiction(
                    "/Memory",
                    format!("has {cpu} CPU units with {memory} MiB, which Fargate does not have"),
                    hint,
                );
            }
        }
    }
}

/// True for a task that requires Fargate.
fn fargate(facts: &Facts<'_>) -> bool {
    facts.elements("/RequiresCompatibilities").iter().any(|(_, value)| *value == "FARGATE")
}

/// The number at a pointer, in units of which a suffixed text has 1,024.
fn units(facts: &Facts<'_>, at: &str, suffix: &str) -> Option<f64> {
    if let Some(number) = facts.number(at) {
        return Some(number);
    }
    let text = facts.text(at)?.to_ascii_lowercase();
    Some(text.strip_suffix(suffix)?.trim().parse::<f64>().ok()? * 1024.0)
}

fn service(facts: &mut Facts<'_>) {
    facts.only_one(&["/LaunchType", "/CapacityProviderStrategy"], "remove one of them");
    if facts.is("/LaunchType", "FARGATE") {
        facts.need("/NetworkConfiguration", "it runs on Fargate", "set the subnets in AwsvpcConfiguration");
        if facts.is("/SchedulingStrategy", "DAEMON") {
            facts.contradiction("/SchedulingStrategy", "is a daemon on Fargate", "use REPLICA, or EC2 instances");
        }
    }
    let is_deployed_elsewhere = matches!(facts.text("/DeploymentController/Type"), Some("EXTERNAL"));
    if !is_deployed_elsewhere && facts.lacks("/DeploymentController/Type") {
        facts.need("/TaskDefinition", "ECS deploys it", "name a task definition");
    }
}
