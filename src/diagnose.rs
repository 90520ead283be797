//! What can be told of a run from outside: facts are collected on the host of the run, and a pure
//! judge makes a verdict of them.

pub mod liveness;
pub mod overview;
pub mod process;
pub mod shape;

pub use overview::RunSummary;
