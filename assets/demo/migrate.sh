# A step that is stuck: it asks a question on its terminal, and nobody answers.
bold='\033[1m' yellow='\033[33m' green='\033[32m' plain='\033[0m'
printf "${bold}Database migration${plain}  customers @ staging-eu\n\n"
for table in accounts addresses invoices invoice_lines payments sessions; do
    printf "  %-16s" "$table"
    sleep 0.4
    printf "${green}✔${plain} migrated\n"
done
printf "  %-16s${yellow}▲${plain} 1 204 rows would be dropped\n\n" audit_log
echo "waiting_for_input drop 1 204 rows of audit_log?" >> "$STEPWATCH_EVENTS"
printf "Drop these rows? This cannot be undone. [y/N] "
read -r answer
printf "\nNo answer; nothing was changed.\n"
exit 1
