//! Resources of one template that the services refuse together.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Facts, Fault, network};
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::pointer;
use crate::domain::resource::DesiredResource;

/// Returns what the services refuse of resources that refer to each other. If the resources are `alternatives`, not all of them may
/// exist at once: then only what a resource says of one that it refers to is checked.
pub(in super::super) fn among(resources: &[&DesiredResource], alternatives: bool) -> Vec<Diagnostic> {
    let mut all =
        Related { by_id: resources.iter().map(|one| (one.logical_id.as_str(), *one)).collect(), found: Vec::new() };
    for resource in resources {
        match resource.type_name.as_str() {
            "AWS::EC2::Subnet" => all.subnet(resource, resources),
            "AWS::ECS::Service" => all.service(resource),
            "AWS::SQS::Queue" => all.queue(resource),
            "AWS::Lambda::EventSourceMapping" => all.event_source(resource),
            _ => {}
        }
    }
    if !alternatives {
        all.overlaps(resources);
        all.associations(resources);
    }
    all.found
}

/// The resources and what was found.
struct Related<'a> {
    by_id: BTreeMap<&'a str, &'a DesiredResource>,
    found: Vec<Diagnostic>,
}

impl<'a> Related<'a> {
    /// The resource of a type that the property at a pointer refers to.
    fn target(&self, resource: &DesiredResource, at: &str, type_name: &str) -> Option<&'a DesiredResource> {
        let id = referred(resource.properties.pointer(at)?)?;
        self.by_id.get(id).copied().filter(|other| other.type_name == type_name)
    }

    fn refuse(&mut self, resource: &DesiredResource, at: &str, message: String, hint: &'static str) {
        let fault = Fault { code: Code::InconsistentResources, pointer: at.to_owned(), message, hint };
        self.found.push(fault.diagnostic(resource));
    }

    /// The block of a subnet lies within that of its network.
    fn subnet(&mut self, subnet: &DesiredResource, resources: &[&DesiredResource]) {
        let Some(vpc) = self.target(subnet, "/VpcId", "AWS::EC2::VPC") else { return };
        let has_more = resources.iter().any(|other| {
            other.type_name == "AWS::EC2::VPCCidrBlock"
                && other.properties.get("VpcId").and_then(referred) == Some(vpc.logical_id.as_str())
        });
        if let (Some(own), Some(outer), false) = (range(subnet), range(vpc), has_more)
            && !(outer.0 <= own.0 && own.1 <= outer.1)
        {
            let message = format!("has a CidrBlock outside that of {}", vpc.logical_id);
            self.refuse(subnet, "/CidrBlock", message, "choose a block within that of the network");
        }
    }

    /// Subnets of a network do not overlap.
    fn overlaps(&mut self, resources: &[&DesiredResource]) {
        let mut subnets: Vec<(&str, (u32, u32), &DesiredResource)> = resources
            .iter()
            .filter(|one| one.type_name == "AWS::EC2::Subnet")
            .filter_map(|one| Some((referred(one.properties.get("VpcId")?)?, range(one)?, *one)))
            .collect();
        subnets.sort_by_key(|(vpc, range, _)| (*vpc, *range));
        for pair in subnets.windows(2) {
            if let [(vpc, (_, end), first), (other, (start, _), second)] = pair
                && vpc == other
                && start <= end
            {
                let message = format!("has a CidrBlock that overlaps with that of {}", first.logical_id);
                self.refuse(second, "/CidrBlock", message, "choose blocks that do not overlap");
            }
        }
    }

    /// A subnet has one route table.
    fn associations(&mut self, resources: &[&DesiredResource]) {
        let mut seen = BTreeSet::new();
        for one in resources.iter().filter(|one| one.type_name == "AWS::EC2::SubnetRouteTableAssociation") {
            if let Some(subnet) = one.properties.get("SubnetId").and_then(referred)
                && !seen.insert(subnet)
            {
                let message = format!("is the second route table of {subnet}");
                self.refuse(one, "/SubnetId", message, "a subnet has one route table: remove one of the associations");
            }
        }
    }

    /// A service fits its task definition.
    fn service(&mut self, service: &DesiredResource) {
        let Some(task) = self.target(service, "/TaskDefinition", "AWS::ECS::TaskDefinition") else { return };
        let (own, of_task) = (facts(service), facts(task));
        if of_task.is("/NetworkMode", "awsvpc") && own.lacks("/NetworkConfiguration") {
            let message = format!("has no NetworkConfiguration, but {} has the network mode awsvpc", task.logical_id);
            self.refuse(service, "/NetworkConfiguration", message, "set the subnets in AwsvpcConfiguration");
        }
        let kinds = of_task.elements("/RequiresCompatibilities");
        if own.is("/LaunchType", "FARGATE")
            && of_task.count("/RequiresCompatibilities") == Some(kinds.len())
            && !kinds.iter().any(|(_, kind)| *kind == "FARGATE")
        {
            let message = format!("runs on Fargate, but {} is not for it", task.logical_id);
            self.refuse(
                service,
                "/LaunchType",
                message,
                "add FARGATE to RequiresCompatibilities of the task definition",
            );
        }
        let containers = of_task.elements("/ContainerDefinitions");
        let names: Vec<Option<&str>> =
            containers.iter().map(|(at, _)| of_task.text(&pointer::join(at, "Name"))).collect();
        if of_task.count("/ContainerDefinitions") != Some(names.len()) || names.contains(&None) {
            return;
        }
        for (at, _) in own.elements("/LoadBalancers") {
            let at = pointer::join(&at, "ContainerName");
            if let Some(name) = own.text(&at)
                && !names.contains(&Some(name))
            {
                let message = format!("names the container `{name}`, which {} lacks", task.logical_id);
                self.refuse(service, &at, message, "name a container of the task definition");
            }
        }
    }

    /// The dead-letter queue of a FIFO queue is one as well, and that of another queue is not.
    fn queue(&mut self, queue: &DesiredResource) {
        let at = "/RedrivePolicy/deadLetterTargetArn";
        let Some(dead) = self.target(queue, at, "AWS::SQS::Queue") else { return };
        if let (Some(own), Some(other)) = (is_fifo(queue), is_fifo(dead))
            && own != other
        {
            let kind = if own { "is not a FIFO queue" } else { "is a FIFO queue" };
            let message = format!("has the dead-letter queue {}, which {kind}", dead.logical_id);
            self.refuse(queue, at, message, "both queues are FIFO queues, or neither is");
        }
    }

    /// The position of a stream, and the time in which a function works on messages.
    fn event_source(&mut self, mapping: &DesiredResource) {
        let at = "/EventSourceArn";
        for stream in ["AWS::Kinesis::Stream", "AWS::DynamoDB::Table"] {
            if self.target(mapping, at, stream).is_some() && facts(mapping).lacks("/StartingPosition") {
                let message = "reads a stream without StartingPosition".to_owned();
                self.refuse(mapping, "/StartingPosition", message, "set `StartingPosition: LATEST` or `TRIM_HORIZON`");
            }
        }
        let Some(queue) = self.target(mapping, at, "AWS::SQS::Queue") else { return };
        let Some(function) = self.target(mapping, "/FunctionName", "AWS::Lambda::Function") else { return };
        let seconds = |one: &DesiredResource, at: &str, default: f64| match facts(one).lacks(at) {
            true => Some(default),
            false => facts(one).number(at),
        };
        if let (Some(visible), Some(timeout)) =
            (seconds(queue, "/VisibilityTimeout", 30.0), seconds(function, "/Timeout", 3.0))
            && visible < timeout
        {
            let message = format!(
                "connects {}, whose messages reappear after {visible} seconds, with {}, which may run for {timeout}",
                queue.logical_id, function.logical_id
            );
            self.refuse(
                mapping,
                at,
                message,
                "set VisibilityTimeout of the queue to at least the Timeout of the function",
            );
        }
    }
}

fn facts(resource: &DesiredResource) -> Facts<'_> {
    Facts { properties: &resource.properties, faults: Vec::new() }
}

/// The logical id that a value refers to.
fn referred(value: &Value) -> Option<&str> {
    let call = value.as_object().filter(|object| object.len() == 1)?;
    match (call.get("Ref"), call.get("Fn::GetAtt")) {
        (Some(id), _) => id.as_str(),
        (_, Some(Value::Array(parts))) => parts.first()?.as_str(),
        (_, Some(Value::String(text))) => text.split('.').next(),
        _ => None,
    }
}

/// Whether a queue is a FIFO queue, if that is known.
fn is_fifo(queue: &DesiredResource) -> Option<bool> {
    match facts(queue).lacks("/FifoQueue") {
        true => Some(false),
        false => queue.properties.get("FifoQueue")?.as_bool(),
    }
}

/// The first and the last address of the IPv4 block of a network or subnet.
fn range(resource: &DesiredResource) -> Option<(u32, u32)> {
    let (address, length) = network::parse(resource.properties.get("CidrBlock")?.as_str()?)?;
    let IpAddr::V4(address) = address else { return None };
    let hosts = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
    let first = Ipv4Addr::to_bits(address) & !hosts;
    Some((first, first | hosts))
}
