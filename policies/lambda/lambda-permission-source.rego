# METADATA
# title: Services may call a function for one source only
# custom:
#   id: lambda-permission-source
#   severity: high
#   category: public-access
#   pack: access
#   types: [AWS::Lambda::Permission]
#   absent: fail
#   fix: Set SourceArn to the bucket, topic, API or rule, or SourceAccount
#   equivalents:
#     checkov: [CKV_AWS_364]
#     trivy: [AWS-0067]
package stagegate.checks.lambda_permission_source

import data.stagegate.lib

deny contains lib.finding(["SourceArn"], "The service may call the function for anybody's account") if {
	for_service
	every name in sources {
		lib.missing([name])
	}
}

# An account is no service.
unknown contains lib.unresolved(["Principal"]) if {
	not lib.value(["Principal"]) == {"Ref": "AWS::AccountId"}
	every name in sources {
		lib.missing([name])
	}
}

# What a condition may leave out does not count.
unknown contains entry if {
	for_service
	every name in sources {
		may_be_missing([name])
	}
	some name in sources
	entry := lib.hidden([name])
}

may_be_missing(path) if lib.absent(path)

may_be_missing(path) if lib.optional(path)

for_service if {
	is_string(lib.value(["Principal"]))
	endswith(lib.value(["Principal"]), ".amazonaws.com")
}

sources := ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken"]
