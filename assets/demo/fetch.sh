# A step that is done in a moment.
for source in origin upstream; do
    printf "From ssh://git.internal/%s\n" "$source" >&2
    for percent in 7 31 58 83 100; do
        printf "remote: Counting objects: %3s%%\r" "$percent"
        sleep 0.1
    done
    printf "remote: Counting objects: 100%% (1842/1842), done.\n"
    sleep 0.1
    printf " * [new branch]      fix/größen-übersicht -> %s/fix/größen-übersicht\n" "$source" >&2
done
sleep 0.1
echo "Already up to date."
