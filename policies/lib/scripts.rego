# Texts of which parts may not be known (`lib.text`: U+FFFD stands for each) and the secrets in them.
package stagegate.scripts

import data.stagegate.secrets

# True where an address has a password that is not known.
hides_password(text) if {
	contains(text, "�")
	regex.match(`[a-z]://[^/ :@${}]*:�+@`, text)
}

# True where the known parts could be those of a secret; an ARN's or a path's are not.
is_suspicious(text) if secrets.is_suspicious(replace(text, "�", "x"))

# The values that a script gives to names that say secret: `NAME=value`, and no call, variable or comparison.
given_secrets(text) := [value |
	some found in regex.find_all_string_submatch_n(
		`([$]?)([A-Za-z_][A-Za-z0-9_-]*)(["']?)=(\\?["']?)([^ \t\r\n"'\x60;&|<>()\[\]]*)([(\[]?)`,
		text,
		-1,
	)
	secrets.is_secret_name(found[2])
	not regex.match(`(source|process|helper|tokens|file|dir|store|manager|policy|count|size)$`, lower(found[2]))
	value := found[5]
	is_value(value)
	not is_command(found)
	is_suspicious(value)
]

# Not what a variable, a command or a comparison begins with, and no setting.
is_value(value) if not regex.match(`^(/?[$\\{%=].*|[*.]*|required|optional|enabled|disabled)$`, value)

# In PowerShell `$name=…` is an expression unless it is quoted.
is_command(found) if {
	found[1] == "$"
	found[4] == ""
}

# A variable in quotes is compared.
is_command(found) if {
	found[1] == "$"
	found[3] != ""
}

is_command(found) if found[6] != ""

# PowerShell's commands: `Get-SSMParameterValue`.
is_command(found) if {
	found[4] == ""
	regex.match(`^[A-Z][a-z]+-[A-Z][A-Za-z]+$`, found[5])
}

# True where a secret is written down. A name of one may be put together from parts (`shop/�/db`).
gives_secret(text) if {
	some value in given_secrets(text)
	not regex.match(`^�|/.*�|�.*/`, value)
}

# True where a part that is not known may be a secret.
may_give_secret(text) if {
	some value in given_secrets(text)
	regex.match(`^�|/.*�|�.*/`, value)
}
