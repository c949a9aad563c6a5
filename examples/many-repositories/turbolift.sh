#!/bin/sh
# turbolift (github.com/Skyscanner/turbolift): run it in a campaign (turbolift init) whose repos.txt is filled.
#   SCHEMA_RULES=$PWD/rules.toml ./turbolift.sh
# Look at work/, then: turbolift create-prs
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${SCHEMA_RULES:?the path of the rule file}"
turbolift clone
turbolift foreach -- sh "$here/rewrite.sh"
turbolift commit --message "Name moved tables by their new schema"
