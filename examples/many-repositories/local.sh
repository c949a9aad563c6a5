#!/bin/sh
# Clones that are on this machine: rewrite.sh in each, on a branch of its own, with one commit. Pushes nothing.
#   SCHEMA_RULES=$PWD/rules.toml ./local.sh ~/src/orders ~/src/billing
# Leaves alone a clone with uncommitted changes. 1 where a clone was left alone or could not be judged.
set -u
here=$(cd "$(dirname "$0")" && pwd)
branch=${BRANCH:-schema-rewrite}
failed=0
for clone; do
    name=$(basename "$clone")
    if [ -n "$(git -C "$clone" status --porcelain 2>&1)" ]; then
        echo "$name: left alone: it has uncommitted changes, or is no clone"
        failed=1
        continue
    fi
    before=$(git -C "$clone" rev-parse --abbrev-ref HEAD)
    git -C "$clone" switch --quiet --force-create "$branch"
    if ! said=$(cd "$clone" && sh "$here/rewrite.sh" 2>&1); then
        git -C "$clone" reset --quiet --hard
        git -C "$clone" switch --quiet "$before"
        git -C "$clone" branch --quiet --delete --force "$branch"
        echo "$name: not judged: $(echo "$said" | grep -m 1 error)"
        failed=1
    elif git -C "$clone" diff --quiet; then
        git -C "$clone" switch --quiet "$before"
        git -C "$clone" branch --quiet --delete --force "$branch"
        echo "$name: nothing to do"
    else
        git -C "$clone" commit --quiet --all --message "Name moved tables by their new schema" --message "$said"
        echo "$name: $(echo "$said" | grep -v ": warning: " | tail -n 1)"
    fi
done
exit "$failed"
