//! The longest names that services accept, for types whose schema does not state it. Renaming for another environment makes
//! names longer (`dev` becomes `prod`).

/// Characters of the longest name, by type: the limits in the API references of the services.
const LONGEST: [(&str, usize); 28] = [
    ("AWS::AutoScaling::AutoScalingGroup", 255),
    ("AWS::CloudWatch::Alarm", 255),
    ("AWS::CodeBuild::Project", 150),
    ("AWS::CodePipeline::Pipeline", 100),
    ("AWS::DynamoDB::Table", 255),
    ("AWS::EC2::SecurityGroup", 255),
    ("AWS::ECR::Repository", 256),
    ("AWS::ECS::Cluster", 255),
    ("AWS::ECS::Service", 255),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", 32),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", 32),
    ("AWS::Events::EventBus", 256),
    ("AWS::Events::Rule", 64),
    ("AWS::IAM::Group", 128),
    ("AWS::IAM::InstanceProfile", 128),
    ("AWS::IAM::ManagedPolicy", 128),
    ("AWS::IAM::Role", 64),
    ("AWS::IAM::User", 64),
    ("AWS::Kinesis::Stream", 128),
    ("AWS::KinesisFirehose::DeliveryStream", 64),
    ("AWS::Lambda::Function", 64),
    ("AWS::Logs::LogGroup", 512),
    ("AWS::RDS::DBInstance", 63),
    ("AWS::RDS::DBCluster", 63),
    ("AWS::S3::Bucket", 63),
    ("AWS::SNS::Topic", 256),
    ("AWS::SQS::Queue", 80),
    ("AWS::StepFunctions::StateMachine", 80),
];

/// Returns the characters of the longest name of a type, if a name is longer.
pub fn exceeded(type_name: &str, name: &str) -> Option<usize> {
    let (_, longest) = LONGEST.iter().find(|(known, _)| *known == type_name)?;
    (name.chars().count() > *longest).then_some(*longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    #[test]
    fn names_are_counted_in_characters() {
        assert_eq!(exceeded("AWS::SQS::Queue", &"a".repeat(80)), None);
        assert_eq!(exceeded("AWS::SQS::Queue", &"a".repeat(81)), Some(80));
        assert_eq!(exceeded("AWS::SQS::Queue", &"é".repeat(80)), None);
        assert_eq!(exceeded("AWS::No::Such", &"a".repeat(2000)), None);
    }

    #[test]
    fn every_type_is_known_and_has_a_name() {
        for (type_name, _) in LONGEST {
            let schema = Registry::embedded().get(type_name);
            assert!(schema.is_some_and(|schema| schema.name_property.is_some()), "{type_name}");
        }
    }
}
