#!/bin/sh
# `make demo`: a real onboarding on the embedded providers. Runs twice to show that the second
# run changes nothing, then clones the new repository, then prints the lead time.
set -eu

say() { printf '\n$ %s\n' "$*"; }

run() {
    say "platform-cli $*"
    code=0
    "$PLATFORM_CLI" "$@" || code=$?
    [ "$code" -eq 0 ] || exit "$code"
}

run init loyalty --owner @loyalty-team --on-call loyalty-pager
run init loyalty --owner @loyalty-team --on-call loyalty-pager --quiet
run status
run kpi onboarding --of-profile local

clone="$PLATFORM_HOME/../loyalty"
rm -rf "$clone"
say "git clone $PLATFORM_HOME/forge/local/loyalty/loyalty.git loyalty"
git clone --quiet "$PLATFORM_HOME/forge/local/loyalty/loyalty.git" "$clone"
git -C "$clone" log --format='%h %s'
