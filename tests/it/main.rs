//! Tests of the whole program, in one binary so that the library is linked once.

mod common;
mod corpus;
mod estimators;
mod figures;
mod fixtures;
mod manners;
mod memory;
mod migration;
mod migration_logs;
mod migration_scenes;
mod report;
mod sameness;
mod tshark;
