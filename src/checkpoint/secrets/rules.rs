//! The shapes of secrets that are known by themselves: a fixed prefix and a length, as their makers
//! publish them. The more precise come first.

use std::sync::{LazyLock, OnceLock};

use memchr::memmem;
use regex::Regex;

use super::{Finding, Rule};

/// A private key in PEM goes on for this many bytes at most, about twice one of 16 384 bits.
const PEM_BYTES: usize = 32 << 10;
const PRIVATE_KEY: &str = "private-key";
const URL_PASSWORD: &str = "url-password";

/// Every rule but that of names and values.
pub const RULES: &[Rule] = &[
    Rule {
        name: PRIVATE_KEY,
        nouns: ["private key", "private keys"],
        source: "RFC 7468, section 10 and 11; RFC 4880, section 6.2",
        keywords: &["PRIVATE KEY"],
        pattern: r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
    },
    Rule {
        name: "aws-access-key-id",
        nouns: ["AWS access key id", "AWS access key ids"],
        source: "AWS IAM user guide: IAM identifiers, unique ID prefixes",
        keywords: &["AKIA", "ASIA", "ABIA", "ACCA"],
        pattern: r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    },
    Rule {
        name: "github-token",
        nouns: ["GitHub token", "GitHub tokens"],
        source: "GitHub docs: about authentication, token formats",
        keywords: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        pattern: r"\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
    },
    Rule {
        name: "gitlab-token",
        nouns: ["GitLab token", "GitLab tokens"],
        source: "GitLab docs: token overview, token prefixes; gitleaks 8, the gitlab- rules",
        keywords: &[
            "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "glffct-",
            "glimt-", "gloas-",
        ],
        pattern: r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|ffct|imt|oas)-[A-Za-z0-9_-]{20,300}(?:\.[A-Za-z0-9_.-]{2,40})?",
    },
    Rule {
        name: "slack-token",
        nouns: ["Slack token", "Slack tokens"],
        source: "Slack docs: token types; gitleaks 8, the slack- rules",
        keywords: &["xox", "xapp-"],
        pattern: r"\b(?:xox[abeoprs](?:\.xox[abp])?-(?:[0-9]{1,13}-){1,3}[A-Za-z0-9-]{16,250}|xapp-[0-9]-[A-Z0-9]{8,20}-[0-9]{8,20}-[a-z0-9]{32,64})\b",
    },
    Rule {
        name: "slack-webhook",
        nouns: ["Slack webhook", "Slack webhooks"],
        source: "Slack docs: sending messages using incoming webhooks",
        keywords: &["hooks.slack.com"],
        pattern: r"\bhooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{40,60})",
    },
    Rule {
        name: "stripe-key",
        nouns: ["Stripe key", "Stripe keys"],
        source: "Stripe docs: API keys, secret and restricted keys",
        keywords: &["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
        pattern: r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,247}\b",
    },
    Rule {
        name: "google-api-key",
        nouns: ["Google API key", "Google API keys"],
        source: "Google Cloud docs: manage API keys, API key strings",
        keywords: &["AIza"],
        pattern: r"\b(AIza[A-Za-z0-9_-]{35})(?:[^A-Za-z0-9_-]|$)",
    },
    Rule {
        name: "google-oauth",
        nouns: ["Google OAuth secret", "Google OAuth secrets"],
        source: "Google Identity docs: using OAuth 2.0, token size and client secrets",
        keywords: &["ya29.", "GOCSPX-"],
        pattern: r"\b(?:ya29\.[A-Za-z0-9_-]{40,2048}|GOCSPX-[A-Za-z0-9_-]{28})",
    },
    Rule {
        name: "npm-token",
        nouns: ["npm token", "npm tokens"],
        source: "GitHub blog, 2021: npm access tokens, new format",
        keywords: &["npm_"],
        pattern: r"\bnpm_[A-Za-z0-9]{36}\b",
    },
    Rule {
        name: "pypi-token",
        nouns: ["PyPI token", "PyPI tokens"],
        source: "PyPI help: API tokens; gitleaks 8, pypi-upload-token, and the macaroon of pypi.org in base64",
        keywords: &["pypi-AgE"],
        pattern: r"\bpypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}",
    },
    Rule {
        name: "anthropic-key",
        nouns: ["Anthropic key", "Anthropic keys"],
        source: "Anthropic docs: API overview, authentication; gitleaks 8, anthropic-api-key and -admin-api-key",
        keywords: &["sk-ant-"],
        pattern: r"\bsk-ant-[a-z]{2,10}[0-9]{2}-[A-Za-z0-9_-]{32,200}",
    },
    Rule {
        name: "openai-key",
        nouns: ["OpenAI key", "OpenAI keys"],
        source: "OpenAI docs: API reference, authentication; gitleaks 8, openai-api-key; T3BlbkFJ is its name in base64",
        keywords: &["sk-"],
        pattern: r"\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,250}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b)",
    },
    Rule {
        name: "sendgrid-key",
        nouns: ["SendGrid key", "SendGrid keys"],
        source: "Twilio SendGrid docs: API keys",
        keywords: &["SG."],
        pattern: r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    },
    Rule {
        name: "huggingface-token",
        nouns: ["Hugging Face token", "Hugging Face tokens"],
        source: "Hugging Face docs: user access tokens; gitleaks 8, huggingface-access-token",
        keywords: &["hf_"],
        pattern: r"\bhf_[A-Za-z]{34}\b",
    },
    Rule {
        name: "digitalocean-token",
        nouns: ["DigitalOcean token", "DigitalOcean tokens"],
        source: "DigitalOcean docs: API reference, authentication, token prefixes",
        keywords: &["dop_v1_", "doo_v1_", "dor_v1_"],
        pattern: r"\bdo[opr]_v1_[a-f0-9]{64}\b",
    },
    Rule {
        name: "shopify-token",
        nouns: ["Shopify token", "Shopify tokens"],
        source: "gitleaks 8, shopify-access-token, -custom-access-token, -private-app-access-token, -shared-secret",
        keywords: &["shpat_", "shpca_", "shppa_", "shpss_"],
        pattern: r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b",
    },
    Rule {
        name: "databricks-token",
        nouns: ["Databricks token", "Databricks tokens"],
        source: "Databricks docs: personal access tokens",
        keywords: &["dapi"],
        pattern: r"\bdapi[a-f0-9]{32}(?:-[0-9])?\b",
    },
    Rule {
        name: "docker-token",
        nouns: ["Docker Hub token", "Docker Hub tokens"],
        source: "Docker docs: personal and organization access tokens",
        keywords: &["dckr_pat_", "dckr_oat_"],
        pattern: r"\bdckr_[po]at_[A-Za-z0-9_-]{27,32}",
    },
    Rule {
        name: "vault-token",
        nouns: ["Vault token", "Vault tokens"],
        source: "HashiCorp Vault docs: tokens, token prefixes",
        keywords: &["hvs.", "hvb.", "hvr."],
        pattern: r"\bhv[sbr]\.[A-Za-z0-9_-]{24,300}",
    },
    Rule {
        name: "crates-token",
        nouns: ["crates.io token", "crates.io tokens"],
        source: "crates.io source: the token's prefix and length",
        keywords: &["cio"],
        pattern: r"\bcio[A-Za-z0-9]{32}\b",
    },
    Rule {
        name: "rubygems-key",
        nouns: ["RubyGems key", "RubyGems keys"],
        source: "RubyGems guides: API key scopes; gitleaks 8, rubygems-api-token",
        keywords: &["rubygems_"],
        pattern: r"\brubygems_[a-f0-9]{48}\b",
    },
    Rule {
        name: "azure-storage-key",
        nouns: ["Azure storage key", "Azure storage keys"],
        source: "Microsoft docs: configure Azure Storage connection strings",
        keywords: &["AccountKey="],
        pattern: r"\bAccountKey=([A-Za-z0-9+/]{86}==)",
    },
    Rule {
        name: "telegram-token",
        nouns: ["Telegram bot token", "Telegram bot tokens"],
        source: "Telegram bot API: authorizing your bot",
        keywords: &[":AA"],
        pattern: r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?:[^A-Za-z0-9_-]|$)",
    },
    Rule {
        name: "age-key",
        nouns: ["age key", "age keys"],
        source: "The age file format specification: X25519 identities",
        keywords: &["AGE-SECRET-KEY-1"],
        pattern: r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b",
    },
    Rule {
        name: "jwt",
        nouns: ["JSON web token", "JSON web tokens"],
        source: "RFC 7519, section 3.1; eyJ is {\" in base64",
        keywords: &["eyJ"],
        pattern: r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{16,1000}",
    },
    Rule {
        name: URL_PASSWORD,
        nouns: ["password in a URL", "passwords in URLs"],
        source: "RFC 3986, section 3.2.1",
        keywords: &["://"],
        pattern: r#"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#:@"'<>`\\]{0,100}:([^\s/?#@"'<>`\\]{3,200})@[A-Za-z0-9\[]"#,
    },
    Rule {
        name: "authorization-header",
        nouns: ["authorization header", "authorization headers"],
        source: "RFC 6750, section 2.1; RFC 7617, section 2",
        keywords: &["uthorization", "UTHORIZATION"],
        pattern: r#"\b(?i:authorization)\\{0,2}["']?\s{0,2}[:=]\s{0,2}\\{0,2}["']?(?i:bearer|basic|token)\s{1,2}([A-Za-z0-9._~+/-]{16,4000}={0,2})"#,
    },
];

struct Compiled {
    rule: &'static Rule,
    keywords: Vec<memmem::Finder<'static>>,
    pattern: OnceLock<Option<Regex>>,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |rule: &'static Rule| {
        let keywords = rule.keywords.iter().map(|word| memmem::Finder::new(*word)).collect();
        Compiled { rule, keywords, pattern: OnceLock::new() }
    };
    RULES.iter().map(compile).collect()
});

/// What follows a rule, in the order of the rules.
pub(super) fn find(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for Compiled { rule, keywords, pattern } in COMPILED.iter() {
        if !keywords.iter().any(|word| word.find(text.as_bytes()).is_some()) {
            continue;
        }
        // Compiled when it is needed: most texts hold no keyword at all. A test holds that every pattern
        // is one.
        let Some(pattern) = pattern.get_or_init(|| Regex::new(rule.pattern).ok()) else { continue };
        for captures in pattern.captures_iter(text) {
            let Some(matched) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            let mut range = matched.range();
            match rule.name {
                PRIVATE_KEY => range.end = end_of_key(text, range.end),
                URL_PASSWORD if is_placeholder(matched.as_str()) => continue,
                // The ones in the documentation of their makers.
                _ if matched.as_str().ends_with("EXAMPLE") => continue,
                _ => {}
            }
            found.push(Finding { rule: rule.name, range });
        }
    }
    found
}

/// Where a private key ends whose first line ends at `start`: after its last line, or where the text
/// is that of a key no more.
fn end_of_key(text: &str, start: usize) -> usize {
    let most = text.floor_char_boundary(start.saturating_add(PEM_BYTES));
    let rest = &text[start..most];
    if let Some(place) = rest.find("-----END ") {
        let line = &rest[place + 9..];
        return start + place + 9 + line.find("-----").map_or(0, |end| end + 5);
    }
    let is_of_key = |character: char| {
        character.is_ascii_alphanumeric()
            || character.is_ascii_whitespace()
            || "+/=-\\:,.".contains(character)
    };
    start + rest.find(|character| !is_of_key(character)).unwrap_or(rest.len())
}

/// Whether a value stands for a secret that is elsewhere, or for any.
pub(super) fn is_placeholder(value: &str) -> bool {
    let stands_for_one =
        ["$", "<", "{", "%", "[", "*", "#", "..."].iter().any(|start| value.starts_with(start));
    let words = ["password", "passwd", "pass", "secret", "token", "redacted", "changeme", "example"];
    let lower = value.to_ascii_lowercase();
    let first = lower.chars().next();
    stands_for_one
        || words.contains(&lower.as_str())
        || lower.chars().all(|character| Some(character) == first)
}
