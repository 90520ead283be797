//! Secrets are made when the tests run, so that nothing in the repository looks like one.

use proptest::prelude::*;

use super::*;

const LETTERS: &str = "aB3dE5gH7jK9mN2pQ4sT6vW8xY1zC0fRuLiDoGeKnAbMcXwZtJyVqPhOsIlF";

/// Some `length` characters of a random look.
fn some(length: usize) -> String {
    LETTERS.chars().cycle().skip(length % 7).take(length).collect()
}

fn hexadecimal(length: usize) -> String {
    "3f786850e387550fdab836ed7e6dc881de23001b".chars().cycle().take(length).collect()
}

fn upper(length: usize) -> String {
    "Q7ZK3XP2VN5MRTB6HW4L".chars().cycle().take(length).collect()
}

/// A secret of each rule with text around it where its shape needs that: before, the secret, after.
fn samples() -> Vec<(&'static str, String, String, &'static str)> {
    let plain = |rule, secret: String| (rule, String::new(), secret, "");
    let letters: String = LETTERS.chars().filter(char::is_ascii_alphabetic).cycle().take(34).collect();
    vec![
        plain("aws-access-key-id", format!("{}{}", "AKIA", upper(16))),
        plain("aws-access-key-id", format!("{}{}", "ASIA", upper(16))),
        plain("aws-access-key-id", format!("{}{}", "ABIA", upper(16))),
        plain("github-token", format!("gh{}_{}", "p", some(36))),
        plain("github-token", format!("github_{}_{}_{}", "pat", some(22), some(59))),
        plain("gitlab-token", format!("gl{}-{}", "pat", some(20))),
        plain("gitlab-token", format!("gl{}-{}", "imt", some(25))),
        plain("slack-token", format!("xo{}-{}-{}-{}", "xb", "123456789012", "1234567890123", some(24))),
        (
            "slack-webhook",
            format!("https://hooks.{}/services/", "slack.com"),
            format!("T{}/B{}/{}", upper(10), upper(10), some(24)),
            "",
        ),
        plain("stripe-key", format!("sk_{}_{}", "live", some(24))),
        plain("google-api-key", format!("AI{}{}", "za", some(35))),
        plain("google-oauth", format!("ya{}.{}", "29", some(120))),
        plain("google-oauth", format!("GOC{}-{}", "SPX", some(28))),
        plain("npm-token", format!("np{}_{}", "m", some(36))),
        plain("pypi-token", format!("py{}-AgEIcHlwaS5vcmc{}", "pi", some(120))),
        plain("anthropic-key", format!("sk-{}-api03-{}AA", "ant", some(91))),
        plain("openai-key", format!("sk-{}-{}", "proj", some(120))),
        plain("openai-key", format!("sk-{}T3Blbk{}{}", some(20), "FJ", some(20))),
        plain("sendgrid-key", format!("S{}.{}.{}", "G", some(22), some(43))),
        plain("huggingface-token", format!("h{}_{letters}", "f")),
        plain("digitalocean-token", format!("do{}_v1_{}", "p", hexadecimal(64))),
        plain("shopify-token", format!("shp{}_{}", "at", hexadecimal(32))),
        plain("databricks-token", format!("da{}{}", "pi", hexadecimal(32))),
        plain("docker-token", format!("dckr_{}_{}", "pat", some(27))),
        plain("vault-token", format!("hv{}.{}", "s", some(90))),
        plain("crates-token", format!("ci{}{}", "o", some(32))),
        plain("rubygems-key", format!("ruby{}_{}", "gems", hexadecimal(48))),
        (
            "azure-storage-key",
            "AccountName=a;AccountKey=".into(),
            format!("{}==", some(86)),
            ";EndpointSuffix=x",
        ),
        plain("telegram-token", format!("123456789:A{}{}", "A", some(33))),
        plain(
            "age-key",
            format!("AGE-SECRET-{}-1{}", "KEY", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(2).split_at(58).0),
        ),
        plain("jwt", format!("ey{}{}.eyJ{}.{}", "J", some(30), some(80), some(43))),
        ("url-password", "postgres://app:".into(), some(12), "@db.example.org/main"),
        ("authorization-header", "Authorization: Bearer ".into(), some(40), ""),
        ("authorization-header", r#"{"Authorization": "Basic "#.into(), format!("{}==", some(30)), r#""}"#),
        plain("private-key", pem("RSA ")),
        plain("private-key", pem("")),
        ("named-secret", "DEPLOY_TOKEN=".into(), some(24), ""),
        ("named-secret", "export DB_PASSWORD='".into(), "hunter2!".into(), "'"),
        ("named-secret", r#"{"clientSecret": ""#.into(), some(32), r#""}"#),
        ("named-secret", "session.api-key: ".into(), hexadecimal(32), ""),
        ("named-secret", "AWS_SECRET_ACCESS_KEY=".into(), format!("{}/+{}", some(18), some(20)), ""),
    ]
}

fn pem(kind: &str) -> String {
    let lines = format!("{}\n{}\n{}\n", some(64), some(63), some(20));
    format!("-----BEGIN {kind}{} KEY-----\n{lines}-----END {kind}{} KEY-----", "PRIVATE", "PRIVATE")
}

#[track_caller]
fn assert_masked(text: &str, rule: &str, secret: &str) {
    let (masked, counts) = redact(text);
    assert_eq!(counts, [Counted { rule: nouns_of(rule), count: 1 }], "{text}");
    for line in secret.lines() {
        assert!(!masked.contains(line), "{rule}: {masked}");
    }
    assert!(masked.contains(&format!("[redacted:{rule}:")), "{masked}");
    assert_eq!(masked.lines().count(), text.lines().count(), "{masked}");
}

/// The name of the rule as it stands in the table.
fn nouns_of(rule: &str) -> &'static str {
    RULES.iter().chain([&named::RULE]).map(|known| known.name).find(|name| *name == rule).unwrap()
}

#[test]
fn every_rule_is_named_described_and_finds_its_own_secret() {
    for rule in RULES {
        assert!(regex::Regex::new(rule.pattern).is_ok(), "{}", rule.name);
        assert!(!rule.source.is_empty() && !rule.keywords.is_empty(), "{}", rule.name);
        assert!(samples().iter().any(|(name, ..)| *name == rule.name), "{} has no sample", rule.name);
    }
    for (rule, before, secret, after) in samples() {
        let text = format!("{before}{secret}{after}");
        let found = find(&text);
        assert_eq!(found.len(), 1, "{rule}: {found:?} in {text}");
        assert_eq!((found[0].rule, &text[found[0].range.clone()]), (rule, secret.as_str()), "{text}");
    }
}

#[test]
fn s08_a_secret_is_found_in_prose_in_patches_in_environments_and_in_decoded_json() {
    for (rule, before, secret, after) in samples() {
        let text = format!("{before}{secret}{after}");
        for sign in ["+", "-", " "] {
            let lines: Vec<String> = text.lines().map(|line| format!("{sign}{line}\n")).collect();
            assert_masked(&format!("@@ -1 +1 @@\n{}+other\n", lines.concat()), rule, &secret);
        }
        assert_masked(&format!("it said: {text} and went on"), rule, &secret);
        let json = serde_json::to_string(&text).unwrap();
        let escaped: String = json.chars().map(escape_letters).collect();
        let decoded: String = serde_json::from_str(&escaped).unwrap();
        assert_masked(&decoded, rule, &secret);
        if before.is_empty() && !secret.contains('\n') {
            assert_masked(&format!("HOME=/root\nSOME_TOKEN={text}\nPATH=/bin\n"), rule, &secret);
            assert_masked(&format!("{{\\\"token\\\": \\\"{text}\\\"}}"), rule, &secret);
            assert_masked(&format!("git clone https://{text}@example.org/x"), rule, &secret);
        }
    }
}

/// Letters as JSON may write them.
fn escape_letters(character: char) -> String {
    if character == 'A' || character == 'g' {
        format!("\\u{:04x}", character as u32)
    } else {
        character.into()
    }
}

#[test]
fn what_only_looks_a_little_like_a_secret_is_none() {
    let base64 = some(4_000);
    for text in [
        &format!("commit {}", hexadecimal(40)),
        &format!("index {}..{} 100644", hexadecimal(7), hexadecimal(9)),
        "0198c0de-7000-7abc-8def-0123456789ab",
        "requestId=0198c0de-7000-7abc-8def-0123456789ab",
        &format!("sha256:{}", hexadecimal(64)),
        &format!("CACHE_KEY={}", hexadecimal(40)),
        "CACHE_KEY=linux-x86_64-rust-1.91-deps-v3",
        "SORT_KEY=created_at_2",
        "KEY=value",
        "TOKEN=changeme PASSWORD=password SECRET=xxxxxxxxxxxxxxxxxxxx",
        "API_KEY=${API_KEY} TOKEN=$TOKEN PASSWORD={{ password }} secret: <your-secret-goes-here>",
        "PASSWORD=/run/secrets/db-password-1",
        "PASSWORD_FILE=/run/secrets/db1",
        "password: required, at least 8 characters",
        "let api_token = config.token_of(\"production1\");",
        "password = os.environ[\"DB_PASSWORD1\"]",
        "password=getpass2.getpass(prompt)",
        "max_tokens=4096000000000000 tokens: 12345678901234567890",
        "monkey=a1b2c3d4e5f6g7h8i9j0 keyboard: qwertz1234567890123",
        "the token is invalid; secret santa; key: enter",
        "public_key: 9xK3mQ7pLs2Vd8Rt4Wz6",
        &format!("<img src=\"data:image/png;base64,{base64}\">"),
        "https://example.org:8080/path@2 http://localhost:3000/@user",
        "postgres://app:$PASSWORD@db/ postgres://app:***@db/ https://user:<password>@host",
        "git@github.com:owner/name.git ssh://git@example.org:22/x",
        &format!("example {}{}", "AKIAIOSFODNN7", "EXAMPLE"),
        "sk-learn-extension-for-the-people ski_live_concert npm_config_registry hf_transfer pypi-server",
        "ghp_short glpat-short xoxb-nothing eyJ.eyJ.x -----BEGIN CERTIFICATE-----",
        "Authorization: Bearer $TOKEN",
        "precious cioabcdefghij dapifoo SG.a.b",
        "ERROR token: unexpected end of input at line 12345678",
        "version = \"0.12.1\"\nchecksum = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn our_own_sources_hold_nothing_that_looks_like_a_secret() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in
        ["Cargo.lock", "README.md", "src/checkpoint/secrets/rules.rs", "src/checkpoint/secrets/tests.rs"]
    {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let found: Vec<&str> = find(&text).into_iter().map(|finding| &text[finding.range]).collect();
        assert_eq!(found, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_summary_counts_and_names() {
    let (masked, counts) =
        redact(&format!("gh{}_{} and https://a:{}@b, gh{}_{}", "p", some(36), some(9), "o", some(40)));
    assert_eq!(summary(&counts).unwrap(), "3 secrets seem to be in it: 2 GitHub tokens, 1 password in a URL");
    assert_eq!(
        masked,
        "[redacted:github-token:40] and https://a:[redacted:url-password:9]@b, [redacted:github-token:44]"
    );
    assert_eq!(summary(&counts[..0]), None);
    assert_eq!(
        summary(&[Counted { rule: "jwt", count: 1 }]).unwrap(),
        "1 secret seems to be in it: 1 JSON web token"
    );
    assert_eq!(sum([counts.clone(), counts].concat())[0].count, 4);
}

#[test]
fn a_private_key_whose_end_is_missing_is_masked_as_far_as_it_goes() {
    let whole = pem("EC ");
    let cut = &whole[..whole.len() - 40];
    let (masked, counts) = redact(&format!("{cut}\n\n(and more) of it"));
    assert_eq!(counts[0].count, 1);
    assert!(!masked.contains(&some(20)) && masked.ends_with("(and more) of it"), "{masked}");
}

#[test]
fn a_secret_cut_over_entries_of_a_channel_is_masked_in_each_and_counted_once() {
    for (rule, before, secret, after) in samples() {
        if secret.contains('\n') {
            continue;
        }
        let text = format!("{before}{secret}{after}\n");
        for at in 1..text.len() {
            let lines = [
                "[worker] step started".to_owned(),
                format!("[stdout] {}", &text[..at]),
                "[stderr] a warning\n".to_owned(),
                "[worker] still here".to_owned(),
                format!("[stdout] {}", &text[at..]),
            ];
            let (masked, counts) = redact_lines(&lines);
            assert_eq!(counts, [Counted { rule: nouns_of(rule), count: 1 }], "{lines:?}");
            assert_eq!(find_in_lines(&lines), counts);
            assert_eq!((&masked[0], &masked[2], &masked[3]), (&lines[0], &lines[2], &lines[3]));
            let joined = masked[1].clone() + &masked[4];
            assert!(joined.contains(&format!("[redacted:{rule}:")) && masked[4].ends_with('\n'));
            for part in [&masked[1], &masked[4]] {
                assert!(part.starts_with("[stdout] "), "{part}");
            }
            let rest = joined.replace("[stdout] ", "");
            assert!(secret.len() < 8 || !rest.contains(&secret[secret.len() - 6..]), "{rule}: {rest}");
        }
    }
}

#[test]
fn a_secret_after_an_entry_without_a_line_end_is_found_by_itself() {
    let token = format!("gh{}_{}", "p", some(36));
    let lines = ["[stdout] abc".to_owned(), format!("[stdout] {token}"), "plain".into(), token.clone()];
    let (masked, counts) = redact_lines(&lines);
    assert_eq!(
        masked,
        ["[stdout] abc", "[stdout] [redacted:github-token:40]", "plain", "[redacted:github-token:40]"]
    );
    assert_eq!(counts[0].count, 2);
}

proptest! {
    /// Whatever stands around it: text beside a secret stays as it is, and the secret goes.
    #[test]
    fn masking_changes_nothing_else(before in "[ -~\n]{0,60}", after in "[ -~\n]{0,60}", choice in 0..27_usize) {
        let (rule, lead, secret, trail) = samples().remove(choice);
        let text = format!("{before} {lead}{secret}{trail} {after}");
        let found = find(&text);
        let place = before.len() + 1 + lead.len();
        prop_assert!(found.iter().any(|one| one.range.contains(&place)), "{rule} in {text}");
        let (masked, counts) = redact(&text);
        prop_assert_eq!(counts.iter().map(|one| one.count).sum::<usize>(), found.len());
        // Putting back what was masked gives the text.
        let mut rest = masked.as_str();
        let mut end = 0;
        for finding in &found {
            let kept = &text[end..finding.range.start];
            prop_assert!(rest.starts_with(kept));
            rest = &rest[kept.len()..];
            let mut mark = String::new();
            mask_lines(&text[finding.range.clone()], finding.rule, &mut mark);
            prop_assert!(rest.starts_with(&mark));
            rest = &rest[mark.len()..];
            end = finding.range.end;
        }
        prop_assert_eq!(rest, &text[end..]);
    }

    #[test]
    fn any_text_and_any_lines_are_searched_without_an_end_in_the_middle_of_a_character(
        text in any::<String>(), lines in proptest::collection::vec(any::<String>(), 0..6)
    ) {
        let (masked, counts) = redact(&text);
        prop_assert!(!counts.is_empty() || masked == text);
        prop_assert_eq!(redact_lines(&lines).0.len(), lines.len());
    }
}
