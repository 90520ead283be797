# A step that goes round in circles: the same few lines, again and again.
red='\033[31m' dim='\033[2m' plain='\033[0m'
echo "Mirror of packages.internal: 18 422 packages, 61 GB"
attempt=0
while [ "$(date +%s)" -lt "$DEMO_END" ]; do
    attempt=$((attempt + 1))
    printf "connecting to mirror-%s.internal:873 … (attempt %s)\n" "$((attempt % 2 + 1))" "$attempt"
    sleep 0.2
    printf "${red}error${plain}: connection reset by peer (os error 104)\n" >&2
    sleep 0.1
    printf "${dim}will try again in 2 s${plain}\n"
    sleep 2
done
exit 1
