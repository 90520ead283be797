# A slow step: an agent that reads, thinks and writes a plan, with long pauses.
bold='\033[1m' dim='\033[2m' blue='\033[34m' green='\033[32m' plain='\033[0m'
say() {
    printf '%b\n' "$1"
    seconds=$2
    while [ "$seconds" -gt 0 ]; do
        [ "$(date +%s)" -ge "$DEMO_END" ] && exit 0
        sleep 1
        seconds=$((seconds - 1))
    done
}
say "${bold}Plan for task-41: the importer loses the last row of a file without a line end${plain}" 2
files='src/import/reader.rs src/import/row.rs src/import/encoding.rs tests/import.rs README.md'
n=0
while :; do
    for file in $files; do
        n=$((n + 1))
        say "${blue}●${plain} Reading ${bold}$file${plain}" 3
        say "  ${dim}└ $((40 + n * 17 % 300)) lines${plain}" 5
        echo "progress read $n files" >> "$STEPWATCH_EVENTS"
    done
    say "${dim}∴ The reader drops what follows the last \\\\n. A file saved on 日本語 Windows often has none.${plain}" 9
    say "${green}☑${plain} 1. Write a failing test with a file that has no last line end" 4
    say "☐ 2. Hand over the remainder in ${bold}Reader::finish${plain}" 4
    say "☐ 3. Keep \`\\\\r\\\\n\` and Shift_JIS (文字化け) as they are" 11
    say "${dim}∴ Looking for other callers of next_row() before changing it …${plain}" 14
done
