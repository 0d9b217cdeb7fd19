# METADATA
# title: Health checks ask the application
# custom:
#   id: tg-health-check
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::ElasticLoadBalancingV2::TargetGroup]
#   absent: fail
#   fix: Set HealthCheckPath to a path that answers 200 without signing in, such as /health
package stagegate.checks.tg_health_check

import data.stagegate.lib

deny contains lib.finding(["HealthCheckPath"], "The start page often answers with a redirect or a request to sign in, which is not healthy") if {
	over_http
	lib.broken(["HealthCheckPath"], lib.list(answers))
}

deny contains lib.violation(["HealthCheckEnabled"], "Targets that do not answer go on getting requests") if {
	over_http
	lib.holds(["HealthCheckEnabled"], {false, "false", "False"})
}

unknown contains entry if {
	over_http
	some name in ["HealthCheckPath", "HealthCheckEnabled"]
	entry := lib.unresolved([name])
}

over_http if lib.value(["Protocol"]) in {"HTTP", "HTTPS"}

# Any written path but the start page.
answers := [path |
	path := lib.value(["HealthCheckPath"])
	path != "/"
]
