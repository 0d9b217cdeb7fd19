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
	is_loose(ending(path))
}

unknown contains entry if {
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	path := array.concat(container, ["Image"])
	entry := lib.unresolved(path)
	not ending(path)
}

is_loose(image) if {
	not contains(image, "@sha256:")
	not regex.match(`:[^/:]+$`, image)
}

is_loose(image) if endswith(image, ":latest")

# `${Repository.RepositoryUri}:1.2`: the tag shows even where the repository does not.
ending(path) := text if {
	text := lib.text(path)
	not regex.match(`�[^/:@]*$`, text)
}

# A digest, whichever it is.
ending(path) := text if {
	text := lib.text(path)
	regex.match(`@sha256:[^/:@]*�[^/:@]*$`, text)
}
