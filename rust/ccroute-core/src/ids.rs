//! Typed keys. A key is what crosses the boundary: a small integer, never reused
//! while anyone may still hold it.
//!
//! Contacts and offers come and go, so their keys carry a generation: a stale key
//! is recognised, never mistaken for its successor. Queues, agents, skills,
//! channels and texts are named for good and count up from zero.

use core::fmt;
use core::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

macro_rules! dense_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The key of row `index`.
            #[must_use]
            pub fn new(index: usize) -> Self {
                let raw = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
                Self(raw.expect("fewer than 2^32 - 1 rows"))
            }

            /// The row this key names, counted from zero.
            #[must_use]
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    };
}

dense_key!(
    /// A queue of the plan.
    QueueKey
);
dense_key!(
    /// An agent, known since the name first came up.
    AgentKey
);
dense_key!(
    /// A skill of the plan.
    SkillKey
);
dense_key!(
    /// A channel of the plan: voice, chat, e-mail …
    ChannelKey
);
dense_key!(
    /// A text that rides on events: a reason or a disposition code.
    TextKey
);
dense_key!(
    /// A table of scores of the plan.
    TableKey
);
dense_key!(
    /// A figure that routing follows, as the host observes it.
    KpiKey
);
dense_key!(
    /// A way by which agents are reached: a trunk, a provider, a site's link.
    LineKey
);
dense_key!(
    /// Opening hours of the plan.
    CalendarKey
);
dense_key!(
    /// An interned requirement: contacts that ask for the same share it.
    ClassKey
);

macro_rules! versioned_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// Generation in the high half (from 1), row in the low half.
            #[must_use]
            pub fn new(index: u32, generation: NonZeroU32) -> Self {
                let raw = (u64::from(generation.get()) << 32) | u64::from(index);
                Self(NonZeroU64::new(raw).expect("a generation is not zero"))
            }

            /// The key behind an integer that came from outside; `None` for what
            /// can never have been a key.
            #[must_use]
            pub fn from_raw(raw: u64) -> Option<Self> {
                if raw >> 32 == 0 { None } else { NonZeroU64::new(raw).map(Self) }
            }

            /// The integer that stands for this key outside.
            #[must_use]
            pub fn raw(self) -> u64 {
                self.0.get()
            }

            /// The row.
            #[must_use]
            pub fn index(self) -> usize {
                self.0.get() as u32 as usize
            }

            /// Which tenant of the row.
            #[must_use]
            pub fn generation(self) -> u32 {
                (self.0.get() >> 32) as u32
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}.{})"), self.index(), self.generation())
            }
        }
    };
}

versioned_key!(
    /// A contact, from entry until its retention ends.
    ContactKey
);
versioned_key!(
    /// An offer, live or ended.
    OfferKey
);
versioned_key!(
    /// A contact waiting in a [`crate::HandleQueue`].
    Handle
);
