#!/bin/sh
# One repository, in the working directory: makes the edits that are proved. What needs a person is printed, and is no
# failure: the change goes out, and says so. Where a file can't be judged nothing is written: some engines commit what
# a failed script leaves behind. Two runs do no more than one. SCHEMA_RULES is the rule file's full path.
rules=${SCHEMA_RULES:?the path of the rule file}
status=0
said=$(schema-rewrite --rules "$rules" --check 2>&1) || status=$?
if [ "$status" -gt 1 ]; then
    printf "%s\n" "$said"
    exit "$status"
fi
status=0
schema-rewrite --rules "$rules" --fix || status=$?
[ "$status" -le 1 ] || exit "$status"
