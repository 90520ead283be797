//! Runs the target that `FUZZ_TARGET` names under libFuzzer, guided by what its inputs cover.
#![no_main]

#[path = "../targets.rs"]
#[expect(dead_code, reason = "libFuzzer finds tokens by itself")]
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = targets::TARGETS.iter().find(|target| target.name == name);
    let names = || targets::TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    found.unwrap_or_else(|| panic!("FUZZ_TARGET should be one of: {}", names())).check
}

fuzz_target!(|input: &[u8]| TARGET.get_or_init(chosen)(input));
