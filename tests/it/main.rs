//! Tests of the whole program, in one binary so that the library is linked once.

// A test that panics fails, and says where.
#![allow(clippy::unwrap_used, clippy::panic)]

mod capture_loss;
mod common;
mod corpus;
mod estimators;
mod figures;
mod fixtures;
mod logs;
mod manners;
mod memory;
mod migration;
mod migration_logs;
mod migration_scenes;
mod report;
mod sameness;
mod service;
mod streams;
mod transfers;
mod tshark;
