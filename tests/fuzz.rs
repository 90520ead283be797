//! Everything that reads what others wrote, on the corpora and on random mutations of them.
//!
//! Inputs are cut, spliced, flipped and mixed with tokens, in an order that a seed decides. Each target
//! takes `FUZZ_MILLISECONDS` (200 where it is not set); ten minutes each are
//! `FUZZ_MILLISECONDS=600000 cargo test --release --test fuzz -- --test-threads=1`. A failure names the
//! seed and the input; `FUZZ_SEED` begins there again. The same targets guided by coverage, which has
//! filled the corpora: `fuzz/guided`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "fuzz/mutator.rs"]
mod mutator;
#[path = "fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mutator::Mutator;
use targets::{TARGETS, Target};

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus");

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let files = fs::read_dir(Path::new(CORPORA).join(target.name)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    mutator::run(name, &corpus(target), target.tokens, target.check);
}

#[test]
fn decoding_a_line_never_panics_and_its_place_is_the_same_however_it_is_asked_for() {
    run("decode");
}

#[test]
fn the_canonical_seq_is_that_of_the_rule_and_that_of_a_whole_parse() {
    run("seq");
}

#[test]
fn lines_are_the_same_in_whatever_pieces_they_come() {
    run("chunks");
}

#[test]
fn display_text_is_harmless_fits_and_is_as_wide_as_it_says() {
    run("display");
}

#[test]
fn reading_a_checkpoint_never_panics_and_what_was_read_is_written_and_read_the_same() {
    run("record");
}

#[test]
fn settings_are_read_whatever_they_are_and_each_mistake_names_a_line_that_is_there() {
    run("settings");
}

#[test]
fn a_key_that_is_read_is_written_and_read_the_same() {
    run("key");
}

#[test]
fn a_filter_finds_in_a_line_what_it_finds_in_its_text() {
    run("filter");
}

#[test]
fn whatever_is_typed_for_a_place_is_read_or_refused_and_lies_within_the_log() {
    run("goal");
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let folders = fs::read_dir(CORPORA).unwrap();
    let corpora: BTreeSet<String> =
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(targets, corpora);
    assert!(TARGETS.iter().all(|target| !corpus(target).is_empty()));
}

#[test]
fn the_mutator_changes_its_inputs_and_makes_the_same_of_the_same_seed() {
    let target = &TARGETS[0];
    let corpus = corpus(target);
    let made = |seed| {
        let mut mutator = Mutator::new(seed);
        (0..100).map(|_| mutator.next(&corpus, target.tokens)).collect::<Vec<_>>()
    };
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
    assert!(made(7).iter().filter(|input| !corpus.contains(input)).count() > 80);
}
