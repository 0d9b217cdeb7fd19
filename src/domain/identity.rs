//! Who a caller is, as far as STS proves it: two ARNs may belong to one identity.

/// The start of the names of the roles that IAM Identity Center creates.
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// The identity behind an ARN of GetCallerIdentity, as a text that can be compared; `None` if the ARN does not prove one.
///
/// - A user, and the root user: the ARN.
/// - A session of a role of IAM Identity Center: the name of the session, which is that of the signed-in user, whatever the
///   permission set.
/// - A session of another role: the role. Who assumes a role chooses the name of the session.
/// - A federated user: none. Who calls GetFederationToken chooses the name.
pub fn identity(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
    if !is_account(account) {
        return None;
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    match (service, kind) {
        ("iam", "root") if name.is_empty() => Some(arn.to_owned()),
        ("iam", "user") if !name.is_empty() => Some(arn.to_owned()),
        ("sts", "assumed-role") => {
            let (role, session) =
                name.rsplit_once('/').filter(|(role, session)| !role.is_empty() && !session.is_empty())?;
            Some(match role.rsplit('/').next().is_some_and(|role| role.starts_with(IDENTITY_CENTER)) {
                true => format!("arn:{partition}:sts::{account}:identity-center/{session}"),
                false => format!("arn:{partition}:sts::{account}:assumed-role/{role}"),
            })
        }
        _ => None,
    }
}

/// The account in an ARN of GetCallerIdentity.
pub fn account_of(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam" | "sts", "", account, _] if is_account(account) => Some(account),
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(service: &str, resource: &str) -> Option<String> {
        identity(&format!("arn:aws:{service}::222222222222:{resource}"))
    }

    #[test]
    fn a_session_name_that_the_caller_chooses_makes_no_other_identity() {
        let role = of("sts", "assumed-role/Deploy/alice");
        assert!(role.is_some());
        assert_eq!(role, of("sts", "assumed-role/Deploy/bob"));
        assert_ne!(role, of("sts", "assumed-role/Approve/alice"));
        assert_ne!(role, identity("arn:aws:sts::333333333333:assumed-role/Deploy/alice"));
    }

    #[test]
    fn users_of_identity_center_are_told_apart_by_their_name_and_not_by_their_permission_set() {
        let of = |set: &str, name: &str| of("sts", &format!("assumed-role/AWSReservedSSO_{set}/{name}"));
        assert_eq!(of("Admin_0123", "alice@example.com"), of("ReadOnly_4567", "alice@example.com"));
        assert_ne!(of("Admin_0123", "alice@example.com"), of("Admin_0123", "bob@example.com"));
    }

    #[test]
    fn users_are_themselves_and_federated_users_are_nobody() {
        assert_ne!(of("iam", "user/alice"), of("iam", "user/bob"));
        assert!(of("iam", "root").is_some());
        for (service, resource) in [
            ("sts", "federated-user/alice"),
            ("sts", "assumed-role/Deploy"),
            ("sts", "assumed-role//x"),
            ("iam", "user/"),
            ("iam", "role/Deploy"),
            ("s3", "user/alice"),
        ] {
            assert_eq!(of(service, resource), None, "{service} {resource}");
        }
        for text in ["", "arn", "arn:aws:iam::1:user/a", "arn:aws:iam:us-east-1:222222222222:user/a", "alice"] {
            assert_eq!(identity(text), None, "{text}");
        }
        assert_eq!(account_of("arn:aws:sts::222222222222:federated-user/a"), Some("222222222222"));
        assert_eq!(account_of("arn:aws:s3::222222222222:x"), None);
    }
}
