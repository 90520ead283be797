//! The pieces that views are made of.

pub mod bar;
pub mod density;
pub mod footer;
pub mod log_rows;
pub mod record_rows;
pub mod sparkline;
