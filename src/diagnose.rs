//! What can be told of a run from outside: facts are collected on the host of the run, and a pure
//! judge makes a verdict of them.

pub mod facts;
pub mod judge;
pub mod liveness;
pub mod overview;
pub mod process;
pub mod shape;
pub mod told;
pub mod verdict;

pub use facts::Facts;
pub use judge::{Thresholds, judge};
pub use overview::RunSummary;
pub use verdict::{Code, Confidence, Evidence, Verdict};
