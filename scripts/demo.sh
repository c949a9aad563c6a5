#!/bin/sh
# What schema-rewrite does to an application: the command is $1. Works on a copy, leaves nothing behind.
set -eu
command=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
fixture=$(cd "$(dirname "$0")/../fixtures/cyrex" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/schema-rewrite-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

bold='' plain=''
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi

# A heading and, line by line, what it is about.
say() {
    printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
    shift
    for line; do printf '   %s\n' "$line"; done
    echo
}

# The command as a reader would type it, its first $1 lines, and its exit code, which must be $2.
run() {
    lines=$1 expected=$2 status=0
    shift 2
    printf '%s$ schema-rewrite %s%s\n' "$bold" "$*" "$plain"
    "$command" "$@" >"$scratch/out" 2>&1 || status=$?
    if [ "$(wc -l <"$scratch/out")" -le "$lines" ]; then
        cat "$scratch/out"
    else
        head -n "$((lines - 4))" "$scratch/out"
        echo "   ... $(($(wc -l <"$scratch/out") - lines)) lines are not shown here ..."
        tail -n 4 "$scratch/out"
    fi
    echo "   (exit code $status)"
    [ "$status" -eq "$expected" ] || { echo "demo: the exit code should be $expected" >&2; exit 1; }
}

mkdir "$scratch/app"
cp -R "$fixture/before/." "$scratch/app"
cp "$fixture/rules.toml" "$scratch"
cd "$scratch/app"
left=0
if [ -s "$fixture/findings" ]; then left=1; fi

say "The application" \
    "A copy of fixtures/cyrex/before: $(find . -type f | wc -l | tr -d ' ') files with twelve tables in schema public." \
    "The tables move to schema cyrex. That is what rules.toml says:"
cat ../rules.toml

say "1. What would change?  --check writes nothing" \
    "Exit code 0: nothing to do. 1: something to qualify, or to be looked at. 2: a file could not be judged."
run 25 1 --check --rules ../rules.toml .

say "2. As a patch?  --diff prints what 'git apply' takes"
run 45 1 --diff --rules ../rules.toml .

say "3. Do it.  --fix proves every edit before it writes, and writes all files or none"
run 40 "$left" --fix --rules ../rules.toml .

say "4. Is it done?  --check once more"
run 25 "$left" --check --rules ../rules.toml .

say "5. Is it right?  Compared with fixtures/cyrex/after"
# What undo needs is no file of the application.
mv .schema-rewrite-undo ../undo
git --no-pager diff --no-index --stat --exit-code . "$fixture/after"
mv ../undo .schema-rewrite-undo
echo "   every file is what it should be, byte for byte"

say "6. And back?  undo brings back what the last fix changed"
run 30 0 undo -q
rm -r .schema-rewrite-undo
git --no-pager diff --no-index --stat --exit-code . "$fixture/before"
echo "   every file is what it was, byte for byte"

say "7. Your own project" \
    "In its directory, with $command:" \
    "  schema-rewrite init src                      a first rules.toml: edit it" \
    "  schema-rewrite --rules rules.toml src        what is to do" \
    "  schema-rewrite --rules rules.toml --fix src  do it" \
    "docs/first-steps.md goes on from there."
