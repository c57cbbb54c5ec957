//! Who may take what: agents by what they can do, waiting contacts by what they ask.
//!
//! Nothing here knows offers, phases or time limits; what is legal now is the
//! router's business.

mod ask;
mod classes;
mod groups;
mod handles;
mod heads;
mod index;
mod line;
mod logistic;
mod ranker;
mod rows;
mod search;
mod servers;

pub use ask::Ask;
pub use groups::Demand;
pub use handles::{Arrival, HandleMatcher};
pub use index::SkillMatcher;
pub use ranker::{Choice, Ranked};
pub use rows::Standing;
pub use servers::Look;
