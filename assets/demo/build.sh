# A healthy step: it builds, warns now and then, and says how far it is.
green='\033[1;32m' yellow='\033[1;33m' cyan='\033[1;36m' plain='\033[0m'
packages='proc-macro2 unicode-ident serde libc memchr cfg-if bitflags rustix regex-syntax aho-corasick
smallvec indexmap hashbrown tokio-macros bytes mio tokio http hyper tower rustls webpki ring url idna
tracing parking_lot crossbeam rayon clap image-webp qoi png zstd-sys fontdue tiny-skia usvg resvg'
total=$(echo $packages | wc -w)
round=1
while [ "$(date +%s)" -lt "$DEMO_END" ]; do
    n=0
    for package in $packages; do
        n=$((n + 1))
        minor=$(((n * 7 + round) % 30))
        printf "${green}   Compiling${plain} %s v1.%s.%s\n" "$package" "$minor" "$((n % 9))"
        filled=$((n * 30 / total))
        bar=$(printf '%*s' "$filled" '' | tr ' ' '=')
        printf "${cyan}    Building${plain} [%-31s] %s/%s: %s\r" "$bar>" "$n" "$total" "$package"
        if [ $((n % 11)) -eq 4 ]; then
            sleep 0.1
            printf "${yellow}warning${plain}: unused variable: \`größe\`\n" >&2
            printf "  --> src/%s/mod.rs:%s:9\n" "$package" "$((n * 13))" >&2
            printf "   = help: if this is intentional, prefix it with an underscore: \`_größe\`\n" >&2
        fi
        [ $((n % 9)) -eq 0 ] && echo "progress $n of $total packages compiled" >> "$STEPWATCH_EVENTS"
        sleep "0.$((1 + n % 4))"
        [ "$(date +%s)" -ge "$DEMO_END" ] && break
    done
    printf "${green}    Finished${plain} \`release\` profile [optimized] target(s) in %s.%ss\n" "$((9 + round))" "$((round % 10))"
    printf "${green}     Checked${plain} 依存関係 ✓  the lock file is current\n"
    round=$((round + 1))
    sleep 1
done
