//! What each event does to the agent it concerns. What comes of it is in `agent.rs`.

use super::agent_state::{Part, Presence};
use crate::event::{Device, Event, EventKind, Role};

/// What an event does to the agent it concerns.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Nothing,
    Part(Part),
    End,
    SignIn,
    Presence(Presence),
    Device(Device),
}

impl Action {
    pub(super) fn of(event: &Event) -> Self {
        use EventKind as Kind;
        match event.kind {
            Kind::OfferMade => Self::Part(Part::Offered),
            Kind::OfferAccepted => Self::Part(Part::Connecting),
            Kind::ContactConnected | Kind::ContactResumed => Self::Part(Part::Engaged),
            Kind::ContactHeld => Self::Part(Part::Held),
            Kind::WrapUpStarted => Self::Part(Part::Wrapping),
            // A monitor listens and takes no slot: activity looks at the other parts.
            Kind::AgentJoined | Kind::AgentLeft if event.role == Role::Monitor => Self::Nothing,
            Kind::AgentJoined => Self::Part(Part::Engaged),
            Kind::AgentLeft
            | Kind::OfferDeclined
            | Kind::OfferMissed
            | Kind::OfferWithdrawn
            | Kind::ContactRequeued
            | Kind::ContactAbandoned
            | Kind::ContactLeft
            | Kind::ContactTransferred
            | Kind::ContactReleased
            | Kind::ReservationReleased
            | Kind::CallbackFailed
            | Kind::WrapUpEnded => Self::End,
            Kind::AgentSignedIn => Self::SignIn,
            Kind::AgentReady => Self::Presence(Presence::Ready),
            Kind::AgentNotReady => Self::Presence(Presence::NotReady(event.reason)),
            Kind::AgentSignedOut => Self::Presence(Presence::Offline),
            Kind::AgentDevice => {
                let code = u8::try_from(event.number).ok();
                Self::Device(code.and_then(Device::from_code).unwrap_or(Device::Unknown))
            }
            Kind::ContactQueued
            | Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
            | Kind::ContactDisposed
            | Kind::WrapUpExtended
            | Kind::AgentChanged
            | Kind::ContactClassified
            | Kind::ContactRefused
            | Kind::ContactScheduled
            | Kind::ContactSuspended
            // Who lost it is reserved as before, until that ends too.
            | Kind::OfferLost
            | Kind::CallbackOffered
            | Kind::BackOffStarted
            | Kind::BackOffEnded
            | Kind::QueueOpened
            | Kind::QueueClosed
            | Kind::HelpStarted
            | Kind::HelpEnded
            | Kind::LineWentDown
            | Kind::LineCameUp
            | Kind::PlanChanged
            | Kind::ScoresSet => Self::Nothing,
        }
    }
}
