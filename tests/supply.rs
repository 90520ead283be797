//! S15: what comes from others into this program. The rules are those of `.deny.toml`, which cargo-deny
//! reads too; here they hold without it. And the README says of every direct dependency what it is for.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

/// Stands for the public registry where a crate is made up.
const REGISTRY: &str = "registry+https://registry.example.org";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A file of settings, for as long as the tests run.
fn settings(name: &str) -> DeTable<'static> {
    DeTable::parse(read(name).leak()).unwrap().into_inner()
}

/// What the table `name` has at `key`.
fn at<'a>(table: &'a DeTable<'static>, name: &str, key: &str) -> &'a DeValue<'static> {
    table[name].get_ref().get(key).unwrap().get_ref()
}

/// The texts of a list.
fn texts<'a>(list: &'a DeValue<'static>) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|text| text.get_ref().as_str().unwrap()).collect()
}

fn rules() -> DeTable<'static> {
    settings(".deny.toml")
}

/// One crate that is built here, for this or any other system, or in tests.
#[derive(Clone, Debug)]
struct Crate {
    name: String,
    version: String,
    licence: Option<String>,
    /// Where it comes from; nowhere is this folder.
    source: Option<String>,
    /// The versions that it asks for, by name.
    wants: Vec<(String, String)>,
}

impl Crate {
    fn of(package: &Value) -> Self {
        let text = |name: &str| package[name].as_str().map(str::to_owned);
        let wants = package["dependencies"].as_array().unwrap().iter();
        let wants = wants.map(|wanted| {
            (wanted["name"].as_str().unwrap().to_owned(), wanted["req"].as_str().unwrap().to_owned())
        });
        Self {
            name: text("name").unwrap(),
            version: text("version").unwrap(),
            licence: text("license"),
            source: text("source"),
            wants: wants.collect(),
        }
    }
}

/// What cargo says of this folder.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(cargo);
    let output = cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All of them, as cargo resolves them. What `cargo metadata` tells of has also what no feature turns on.
fn crates() -> Vec<Crate> {
    let built =
        cargo(&["tree", "--locked", "--all-features", "--target=all", "--prefix=none", "--format={p}"]);
    let built: BTreeSet<(&str, &str)> = built
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            Some((name, rest.split(' ').next()?))
        })
        .collect();
    let metadata = cargo(&["metadata", "--format-version=1", "--locked", "--all-features"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let all = metadata["packages"].as_array().unwrap().iter().map(Crate::of);
    let crates: Vec<Crate> =
        all.filter(|found| built.contains(&(found.name.as_str(), found.version.as_str()))).collect();
    assert_eq!(crates.len(), built.len());
    crates
}

/// Whether an SPDX expression can be met with the licences that are allowed.
fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    assert_eq!(words.next(), None, "{expression}");
    met
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let word = words.next().unwrap();
    if word == "(" {
        let met = any(words, allowed);
        assert_eq!(words.next(), Some(")"));
        return met;
    }
    // An exception is a licence of its own, as it is for cargo-deny.
    match words.next_if_eq(&"WITH") {
        Some(_) => allowed.contains(format!("{word} WITH {}", words.next().unwrap()).as_str()),
        None => allowed.contains(word),
    }
}

/// The crates whose licence is not met.
fn unlicensed(crates: &[Crate], allowed: &BTreeSet<&str>) -> Vec<String> {
    let unmet = |found: &&Crate| !found.licence.as_ref().is_some_and(|licence| is_met(licence, allowed));
    crates.iter().filter(unmet).map(|found| format!("{}: {:?}", found.name, found.licence)).collect()
}

/// The crates that are there in several versions, without the newest of each.
fn older(crates: &[Crate]) -> BTreeSet<String> {
    let mut versions: BTreeMap<&str, Vec<Vec<u64>>> = BTreeMap::new();
    for found in crates {
        let numbers = found.version.split(['.', '-', '+']).map_while(|number| number.parse().ok()).collect();
        versions.entry(&found.name).or_default().push(numbers);
    }
    let mut older = BTreeSet::new();
    for (name, mut versions) in versions {
        versions.sort();
        versions.pop();
        // As cargo tells versions apart: by the first number that is not 0.
        older.extend(versions.iter().map(|version| match version[..] {
            [0, minor, ..] => format!("{name}@0.{minor}"),
            _ => format!("{name}@{}", version[0]),
        }));
    }
    older
}

/// Where a crate comes from elsewhere than from the registry, or is wanted in any version.
fn strangers(crates: &[Crate], registry: &str) -> Vec<String> {
    let mut found = Vec::new();
    for from in crates {
        match &from.source {
            Some(source) if source != registry => found.push(format!("{} from {source}", from.name)),
            None if from.name != "stepwatch" => found.push(format!("{} from a folder", from.name)),
            None => {
                let any = from.wants.iter().filter(|(_, version)| version.contains('*'));
                found.extend(any.map(|(name, version)| format!("{name} in {version}")));
            }
            Some(_) => {}
        }
    }
    found
}

#[test]
fn s15_every_licence_is_allowed_and_every_allowed_one_is_needed() {
    let (rules, crates) = (rules(), crates());
    let allowed: BTreeSet<&str> = texts(at(&rules, "licenses", "allow")).into_iter().collect();
    assert_eq!(unlicensed(&crates, &allowed), Vec::<String>::new());
    for licence in &allowed {
        let mut fewer = allowed.clone();
        fewer.remove(licence);
        assert!(!unlicensed(&crates, &fewer).is_empty(), "nothing needs {licence}; take it off the list");
    }
}

#[test]
fn s15_no_crate_comes_in_two_versions_without_a_reason() {
    let rules = rules();
    let mut expected = BTreeSet::new();
    for skip in at(&rules, "bans", "skip").as_array().unwrap().iter() {
        let text = |key| skip.get_ref().get(key).unwrap().get_ref().as_str().unwrap();
        assert!(!text("reason").is_empty());
        expected.insert(text("crate").to_owned());
    }
    assert_eq!(older(&crates()), expected);
    assert_eq!(at(&rules, "bans", "multiple-versions").as_str(), Some("deny"));
    assert_eq!(at(&rules, "bans", "wildcards").as_str(), Some("deny"));
}

#[test]
fn s15_every_crate_comes_from_the_registry_and_none_is_wanted_in_any_version() {
    let (rules, crates) = (rules(), crates());
    // What a rule may name beside the public registry, none does; which that is `cargo deny` knows.
    assert!(rules.get("sources").unwrap().get_ref().get("allow-registry").is_none());
    let sources: BTreeSet<&str> = crates.iter().filter_map(|from| from.source.as_deref()).collect();
    assert_eq!(sources.len(), 1, "one registry for all: {sources:?}");
    let registry = *sources.first().unwrap();
    assert!(registry.starts_with("registry+https://"), "{registry}");
    assert_eq!(strangers(&crates, registry), Vec::<String>::new());
    assert!(texts(at(&rules, "sources", "allow-git")).is_empty());
    for rule in ["unknown-registry", "unknown-git"] {
        assert_eq!(at(&rules, "sources", rule).as_str(), Some("deny"), "{rule}");
    }
}

#[test]
fn s15_what_is_against_the_rules_is_found() {
    let made = |name: &str, version: &str, licence: &str, source: Option<&str>| Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: Some(licence.to_owned()),
        source: source.map(str::to_owned),
        wants: vec![("w".to_owned(), "*".to_owned())],
    };
    let crates = [
        made("a", "1.2.0", "MIT OR GPL-3.0", Some(REGISTRY)),
        made("a", "2.0.0-rc.1", "GPL-3.0", Some("git+https://example.org/a")),
        made("b", "0.3.1", "(MIT OR X) AND Y", None),
        made("b", "0.10.0", "MIT/X WITH E", Some("registry+https://example.org")),
        made("stepwatch", "0.1.0", "MIT", None),
    ];
    let allowed = BTreeSet::from(["MIT", "X WITH E"]);
    assert_eq!(unlicensed(&crates, &allowed), ["a: Some(\"GPL-3.0\")", "b: Some(\"(MIT OR X) AND Y\")"]);
    assert!(is_met("X WITH E", &allowed) && !is_met("X", &allowed) && !is_met("MIT WITH E", &allowed));
    assert_eq!(older(&crates), BTreeSet::from(["a@1".to_owned(), "b@0.3".to_owned()]));
    assert_eq!(
        strangers(&crates, REGISTRY),
        [
            "a from git+https://example.org/a",
            "b from a folder",
            "b from registry+https://example.org",
            "w in *"
        ]
    );
}

/// The names in the first column of the README's table of dependencies.
fn in_readme() -> BTreeSet<String> {
    let readme = read("README.md");
    let table = readme.split_once("<!-- dependencies:begin -->").unwrap().1;
    let table = table.split_once("<!-- dependencies:end -->").unwrap().0;
    let cells =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |")).map(|(cell, _)| cell);
    cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn s15_the_readme_says_of_every_direct_dependency_what_it_is_for() {
    let manifest = settings("Cargo.toml");
    let names = |table: &DeValue<'static>| -> Vec<String> {
        table.as_table().unwrap().keys().map(|name| name.get_ref().to_string()).collect()
    };
    let mut expected: BTreeSet<String> = names(manifest["dependencies"].get_ref()).into_iter().collect();
    for target in manifest["target"].get_ref().as_table().unwrap().values() {
        expected.extend(names(target.get_ref().get("dependencies").unwrap().get_ref()));
    }
    assert_eq!(in_readme(), expected);
}

#[test]
fn numbers_are_read_exactly_in_the_program_too() {
    // Tests ask for it by what they depend on, so that none of them would see it missing from the program.
    let manifest = settings("Cargo.toml");
    assert!(
        texts(at(&manifest, "dependencies", "serde_json").get("features").unwrap().get_ref())
            .contains(&"float_roundtrip")
    );
}
