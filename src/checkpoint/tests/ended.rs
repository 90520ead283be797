//! Records in a run that has ended, in which others may still write.

use super::*;

#[test]
fn a_record_of_an_ended_run_is_let_go_of_when_it_is_an_hour_old() {
    let run = run();
    let first = run.publish("one");
    let written = fs::metadata(first.path).unwrap().modified().unwrap();
    let after = |seconds: u64| Timestamp::from(written + Duration::from_secs(seconds));
    run.checkpoints.settle(after(100_000)).unwrap();
    assert_eq!(run.spooled().len(), 1, "the run has not ended");
    run.end();
    run.checkpoints.settle(after(3_500)).unwrap();
    assert_eq!(run.spooled().len(), 1);
    run.checkpoints.settle(after(3_602)).unwrap();
    assert_eq!(run.spooled(), Vec::<String>::new());
    assert_eq!(run.summaries(), [(1, "one".into())]);
}

#[test]
fn a_naive_script_in_an_ended_run_destroys_none_of_twelve_records() {
    let run = run();
    run.end();
    for number in 0..12 {
        let published = run.publish(&format!("ours {number}"));
        // It listed before ours was there, and comes after it.
        run.foreign(&format!("{:04}-summary.json", published.seq));
    }
    run.checkpoints.settle(now()).unwrap();
    let ours: BTreeSet<String> =
        run.summaries().into_iter().map(|(_, text)| text).filter(|text| text.starts_with("ours")).collect();
    assert_eq!(ours, (0..12).map(|number| format!("ours {number}")).collect());
    assert_eq!(run.summaries().len(), 24, "a record stands twice or is lost");
}

#[test]
fn a_record_that_was_destroyed_after_the_end_stands_again_at_the_next_look() {
    let run = run();
    run.end();
    let first = run.publish("one");
    let record: Record = serde_json::from_slice(&fs::read(&first.path).unwrap()).unwrap();
    run.foreign("0001-summary.json");
    let again = run.checkpoints.settle(now()).unwrap();
    assert_eq!(again.len(), 1);
    let moved: Record = serde_json::from_slice(&fs::read(&again[0].path).unwrap()).unwrap();
    assert_eq!(moved, Record { seq: Some(2), ..record });
    assert_eq!(run.checkpoints.settle(now()).unwrap(), []);
}
