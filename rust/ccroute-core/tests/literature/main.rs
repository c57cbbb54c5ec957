//! Results of queueing theory as tests: what the literature says of pooled skills, ageing
//! and deciding at once, reproduced with the engine in virtual time, from fixed seeds.
//!
//! Short runs with bounds by their standard error are among the tests; the tables in full
//! length, printed, with the bounds as they stand in the literature: `make test-long`.

mod ageing;
mod batching;
mod centre;
#[path = "../dice/mod.rs"]
mod dice;
mod figures;
mod formulas;
mod pooling;
