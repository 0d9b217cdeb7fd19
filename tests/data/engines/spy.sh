#!/bin/sh
# Fails with what it can see: the folder, the file's mode, keys, configuration files, and the end of the
# file without its spaces.
file=template.json
keys=$(env | grep -c -E 'BC_|PRISMA|AWS_|CKV_|secret-key')
config=$(find . "$HOME" -name '.checkov*' | wc -l | tr -d ' ')
echo "saw $PWD|mode=$(stat -c %a $file)|keys=$keys|config=$config|$(tr -d ' \n' <$file | tail -c 200)" >&2
exit 9
