//! The README's key table is the table of actions. `UPDATE_README=1 cargo test --test key_table`
//! writes it.

use std::path::Path;

use stepwatch::app::action::key_table_markdown;

const BEGIN: &str = "<!-- keys:begin -->\n";
const END: &str = "<!-- keys:end -->";

#[test]
fn the_key_table_of_the_readme_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("a README.md");
    let begin = readme.find(BEGIN).expect("the marker at the table's begin") + BEGIN.len();
    let end = readme.find(END).expect("the marker at the table's end");
    let table = key_table_markdown();
    if readme[begin..end] == table {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some(),
        "the key table in README.md is out of date; UPDATE_README=1 cargo test --test key_table writes it"
    );
    std::fs::write(&path, format!("{}{table}{}", &readme[..begin], &readme[end..]))
        .expect("a writable README.md");
}
