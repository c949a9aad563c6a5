#!/bin/sh
# One repository, in the working directory: makes the edits that are proved. What needs a person is printed, and is no
# failure: the change goes out, and says so. Two runs do no more than one. SCHEMA_RULES is the rule file's full path.
status=0
schema-rewrite --rules "${SCHEMA_RULES:?the path of the rule file}" --fix || status=$?
[ "$status" -le 1 ] || exit "$status"
