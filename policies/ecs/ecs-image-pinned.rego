# METADATA
# title: Container images are pinned
# custom:
#   id: ecs-image-pinned
#   severity: medium
#   category: supply-chain
#   types: [AWS::ECS::TaskDefinition]
#   absent: fail
#   fix: "Name a version tag, or better the digest: repository@sha256:…"
package stagegate.checks.ecs_image_pinned

import data.stagegate.lib

deny contains lib.finding(path, "The image can change without the task definition changing") if {
	some container in lib.elements(["ContainerDefinitions"])
	path := array.concat(container, ["Image"])
	is_loose(lib.value(path))
}

unknown contains entry if {
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	path := array.concat(container, ["Image"])
	entry := lib.unresolved(path)
	not ending(lib.value(path))
}

is_loose(image) if {
	text := ending(image)
	not contains(text, "@sha256:")
	not regex.match(`:[^/:]+$`, text)
}

is_loose(image) if endswith(ending(image), ":latest")

ending(image) := image if is_string(image)

# `${Repository.RepositoryUri}:1.2`: the tag shows even where the repository does not.
ending(image) := text if {
	some text in lib.list(image["Fn::Sub"])
	is_string(text)
	not endswith(text, "}")
}
