#!/bin/sh
# multi-gitter (github.com/lindell/multi-gitter): a pull request in each repository that changes.
#   SCHEMA_RULES=$PWD/rules.toml ./multi-gitter.sh --org your-org [--dry-run]
# It runs rewrite.sh in each clone and makes no pull request where that fails or nothing changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${SCHEMA_RULES:?the path of the rule file}"
exec multi-gitter run "$here/rewrite.sh" \
    --branch schema-rewrite \
    --commit-message "Name moved tables by their new schema" \
    --pr-body "Made by schema-rewrite. Each edit is proved: the code is the same but for the schemas in its SQL." \
    "$@"
