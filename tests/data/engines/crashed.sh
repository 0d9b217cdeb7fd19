#!/bin/sh
echo "ImportError: no such module" >&2
exit 7
