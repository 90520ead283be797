#!/usr/bin/env bash
# Shows that the fault tests can fail: each patch in tests/faults/mutations switches one safety off
# and names the tests that must fail then. Works on a copy of the tree; takes about ten minutes.
#
#   tests/faults/mutations.sh            all of them
#   tests/faults/mutations.sh 03 17      those whose names begin so
#
# The head of a patch says what the safety is for, then a line for every test:
#   must fail: TARGET TEST     TARGET is `lib` or a test target, TEST the test's whole name
#   must pass: TARGET TEST     to tell which of two safeties a test is about
# A test that hangs counts as failed. A patch that no longer applies, or does not compile, or a test
# that is not there, is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."

copy=$(mktemp -d)
trap 'rm -rf -- "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ -f $file ]] && printf '%s\0' "$file"
done | xargs -0 cp --parents -t "$copy"
export CARGO_TARGET_DIR=$PWD/target/mutations CARGO_INCREMENTAL=1
patches=$PWD/tests/faults/mutations
cd "$copy"

# Runs one test; says passed, failed, hung or missing.
outcome() {
    local target=(--test "$1") output status=0
    [[ $1 != lib ]] || target=(--lib)
    output=$(timeout --kill-after=5 120 cargo test -q --locked "${target[@]}" -- --exact "$2" 2>&1) || status=$?
    if [[ $status -eq 124 || $status -eq 137 ]]; then
        echo hung
    elif ! grep -qE '^running 1 test$' <<<"$output"; then
        echo missing
    elif [[ $status -eq 0 ]]; then
        echo passed
    else
        echo failed
    fi
}

failures=0
complain() {
    printf '   WRONG: %s\n' "$1"
    failures=$((failures + 1))
}

chosen=()
for patch in "$patches"/*.patch; do
    name=$(basename "$patch")
    if [[ $# -eq 0 ]]; then
        chosen+=("$patch")
    fi
    for begin in "$@"; do
        [[ $name != "$begin"* ]] || chosen+=("$patch")
    done
done
[[ ${#chosen[@]} -gt 0 ]] || { echo "no such patch" >&2; exit 2; }

echo "== as it is, every named test must pass"
cargo test -q --locked --no-run --lib --test faults
sed -nE 's/^must (fail|pass): //p' "${chosen[@]}" | sort -u | while read -r target test; do
    found=$(outcome "$target" "$test")
    [[ $found == passed ]] || { echo "   WRONG: $target $test: $found"; exit 1; }
done

for patch in "${chosen[@]}"; do
    printf '== %s: %s\n' "$(basename "$patch" .patch)" "$(head -n 1 "$patch")"
    if ! git apply -C1 "$patch"; then
        complain "the patch does not apply any more"
        continue
    fi
    if cargo test -q --locked --no-run --lib --test faults 2>/dev/null; then
        while read -r _ wanted target test; do
            found=$(outcome "$target" "$test")
            printf '   %-7s %s %s\n' "$found" "$target" "$test"
            case $wanted$found in
            fail:failed | fail:hung | pass:passed) ;;
            *) complain "it must ${wanted%:}" ;;
            esac
        done < <(grep -E '^must (fail|pass): ' "$patch")
    else
        complain "it does not compile"
    fi
    git apply -R -C1 "$patch"
done
printf '== %d patches tried, %d wrong\n' "${#chosen[@]}" "$failures"
[[ $failures -eq 0 ]]
