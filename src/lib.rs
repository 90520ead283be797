//! stepwatch watches runs of steps.
//!
//! A *run* is one attempt at one step of one task by one worker. Whoever carries it out leaves a
//! *run directory*: log files of the channels (`worker`, `stdout`, `stderr`) ordered by one `seq`,
//! a few small JSON files about its identity and state, and a folder of checkpoints. This library
//! reads, records and shows such directories.
//!
//! What flows through the house: bytes in files become entries ([`run`]), files are followed by
//! [`tail`], entries are merged into one order by [`model`], [`app`] decides what is shown, and
//! [`tui`] or [`report`] draws it. Back flow keys, which become actions, effects, and files
//! ([`drive`], [`checkpoint`]). [`record`] is the writing side, [`settings`] what a person can choose. Each storey knows only those below
//! it, and a test (`tests/arrows.rs`) holds that.

pub mod app;
pub mod checkpoint;
pub mod cli;
pub mod diagnose;
pub mod display;
pub mod drive;
pub mod host;
pub mod model;
pub mod record;
pub mod report;
pub mod run;
pub mod settings;
pub mod tail;
pub mod tui;
