#!/usr/bin/env bash
# Shows that the tests of faults and of checkpoints and the oracle can fail: each patch in tests/faults/mutations and
# tests/oracle/mutations switches one safety off and names the tests that must fail then. Works on a
# copy of the tree; takes about half an hour.
#
#   tests/faults/mutations.sh               all of them
#   tests/faults/mutations.sh 03 17 held    those whose names begin so
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
patches=("$PWD"/tests/{faults,oracle}/mutations/*.patch)
cd "$copy"

# The lines of patches that name tests, as WANTED TARGET TEST.
named() {
    sed -nE 's/^must (fail|pass): /\1 /p' "$@" | sort -u
}

# Builds the targets that the given lines name, and no others.
build() {
    local flags
    flags=$(awk '{ print $2 }' <<<"$1" | sort -u | sed -E 's/^lib$/--lib/; t; s/^/--test /')
    # shellcheck disable=SC2086
    cargo test -q --locked --no-run $flags
}

# Runs the tests that the given lines name; every line again, with passed, failed, hung or missing.
run_named() {
    local target tests output
    for target in $(awk '{ print $2 }' <<<"$1" | sort -u); do
        local flags=(--test "$target")
        [[ $target != lib ]] || flags=(--lib)
        mapfile -t tests < <(awk -v target="$target" '$2 == target { print $3 }' <<<"$1")
        output=$(timeout --kill-after=5 200 cargo test --locked "${flags[@]}" -- --exact "${tests[@]}" 2>&1 || true)
        awk -v target="$target" '$2 == target' <<<"$1" | while read -r wanted _ test; do
            if ! grep -qE "^running ${#tests[@]} tests?\$" <<<"$output"; then
                found=missing
            elif grep -qF "test $test ... ok" <<<"$output"; then
                found=passed
            elif grep -qF "test $test ... FAILED" <<<"$output"; then
                found=failed
            else
                found=hung
            fi
            echo "$wanted $found $target $test"
        done
    done
}

failures=0
complain() {
    printf '   WRONG: %s\n' "$1"
    failures=$((failures + 1))
}

chosen=()
for patch in "${patches[@]}"; do
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
lines=$(named "${chosen[@]}" | sed 's/^fail/pass/' | sort -u)
build "$lines"
while read -r wanted found target test; do
    [[ $found == passed ]] || complain "$target $test: $found"
done < <(run_named "$lines")
[[ $failures -eq 0 ]]

for patch in "${chosen[@]}"; do
    printf '== %s: %s\n' "$(basename "$patch" .patch)" "$(head -n 1 "$patch")"
    if ! git apply -C1 "$patch"; then
        complain "the patch does not apply any more"
        continue
    fi
    lines=$(named "$patch")
    if build "$lines" 2>/dev/null; then
        while read -r wanted found target test; do
            printf '   %-7s %s %s\n' "$found" "$target" "$test"
            case $wanted:$found in
            fail:failed | fail:hung | pass:passed) ;;
            *) complain "it must $wanted" ;;
            esac
        done < <(run_named "$lines")
    else
        complain "it does not compile"
    fi
    git apply -R -C1 "$patch"
done
printf '== %d patches tried, %d wrong, %d s\n' "${#chosen[@]}" "$failures" "$SECONDS"
[[ $failures -eq 0 ]]
