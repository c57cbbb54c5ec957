//! The words for what cells count, in one place: a KPI is an expression over them. How they
//! move is in `facts.rs`, how they are read in `reading.rs`.

use serde::{Deserialize, Serialize};

use crate::error::{Rejection, RejectionCode};
use crate::event::words;

words!(
    /// Things counted one by one.
    Count {
        /// Visits begun.
        Offered = "offered",
        /// Visits begun that are the first of their contact.
        Contacts = "contacts",
        /// Visits joined with an agent.
        Answered = "answered",
        /// Visits the customer ended while waiting.
        Abandoned = "abandoned",
        /// Visits that ended unserved for another cause: flow-outs.
        Left = "left",
        /// Contacts that were not let in.
        Refused = "refused",
        /// Offers to an agent.
        OffersMade = "offers_made",
        /// Offers taken.
        OffersAccepted = "offers_accepted",
        /// Offers refused by the agent.
        OffersDeclined = "offers_declined",
        /// Offers that passed unanswered.
        OffersMissed = "offers_missed",
        /// Offers taken back.
        OffersWithdrawn = "offers_withdrawn",
        /// Offers that another agent took first.
        OffersLost = "offers_lost",
        /// Conversations that ended, each primary agent's part on its own.
        Conversations = "conversations",
        /// Of them, passed on to a queue or an agent.
        Transferred = "transferred",
        /// Of these, handed over to the agent who was consulted.
        HandedOver = "handed_over",
        /// Conversations in which the customer was put on hold.
        Held = "held",
        /// Times a customer was put on hold.
        Holds = "holds",
        /// Conversations followed by wrap-up.
        Wrapped = "wrapped",
        /// Conversations wholly done, wrap-up included.
        Handled = "handled",
        /// Conversations the agent ended.
        EndedByAgent = "ended_by_agent",
        /// Conversations the customer ended.
        EndedByCustomer = "ended_by_customer",
        /// Of these, while on hold.
        AbandonedOnHold = "abandoned_on_hold",
        /// Call-backs proposed to a waiting customer.
        CallbacksOffered = "callbacks_offered",
        /// Visits that ended because a call-back was asked for.
        CallbacksTaken = "callbacks_taken",
        /// Attempts to call back that did not reach the customer.
        CallbacksFailed = "callbacks_failed",
        /// Contacts that got a first answer, where answers are messages.
        Responded = "responded",
    }
);

words!(
    /// Microseconds that are only summed.
    Sum {
        /// From an offer to its acceptance, of those accepted.
        Ringing = "ringing",
        /// From the acceptance to the connection, of those connected.
        Connecting = "connecting",
    }
);

words!(
    /// Durations whose spread is kept.
    Timing {
        /// Waits of the answered.
        WaitAnswered = "wait_answered",
        /// Waits of the abandoned.
        WaitAbandoned = "wait_abandoned",
        /// Waits of those who left unserved for another cause.
        WaitLeft = "wait_left",
        /// Conversations, without hold.
        Talk = "talk",
        /// Hold in all of a conversation with hold.
        Hold = "hold",
        /// Wrap-up of a conversation with wrap-up.
        WrapUp = "wrap_up",
        /// Talk, hold and wrap-up of a conversation wholly done.
        Handle = "handle",
        /// From the entry to the agent's first message.
        FirstResponse = "first_response",
    }
);

words!(
    /// Which interval things belong to.
    Basis {
        /// The interval in which the contact entered the queue, whatever happened when.
        Offered = "offered",
        /// The interval in which each thing happened; a duration goes whole to its end.
        Event = "event",
        /// The interval in which the visit was over, with all that became of it.
        Completion = "completion",
        /// Every interval touched, with the part of the duration that lies in it. Its counts
        /// do not add up.
        Split = "split",
        /// The interval of answer, abandonment or passing the threshold, whichever is first.
        ServiceLevelEvent = "sl_event",
    }
);

/// What cells are kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Subject {
    /// Visits to a queue.
    Queue,
    /// An agent's part in them.
    Agent,
}

words!(
    /// What figures can be grouped by.
    Dimension {
        /// The queue of the visit.
        Queue = "queue",
        /// The channel of the contact.
        Channel = "channel",
        /// Inbound, outbound or what the source calls it.
        Direction = "direction",
        /// For whom a service provider works.
        Client = "client",
        /// The campaign.
        Campaign = "campaign",
        /// The first dimension of one's own.
        Custom1 = "custom1",
        /// The second.
        Custom2 = "custom2",
        /// The third.
        Custom3 = "custom3",
        /// The fourth.
        Custom4 = "custom4",
        /// Whose centre it is, where several are measured together.
        Tenant = "tenant",
        /// The agent.
        Agent = "agent",
        /// The agent's team, as it was then.
        Team = "team",
    }
);

impl Dimension {
    /// Whether it is a label that a source gives a contact beside its events.
    #[must_use]
    pub fn is_label(self) -> bool {
        match self {
            Self::Queue | Self::Channel | Self::Agent | Self::Team => false,
            Self::Direction
            | Self::Client
            | Self::Campaign
            | Self::Custom1
            | Self::Custom2
            | Self::Custom3
            | Self::Custom4
            | Self::Tenant => true,
        }
    }

    /// Its place among the labels of a contact.
    ///
    /// # Errors
    /// `invalid_value` for a dimension that is none.
    pub fn label_place(self) -> Result<usize, Rejection> {
        if self.is_label() {
            return Ok(self as usize - 2);
        }
        let remedy = "queue and channel come with its events, agent and team with the agent";
        let message = format!("dimension '{self}' is no label of a contact: {remedy}");
        Err(Rejection::new(RejectionCode::InvalidValue, message))
    }
}
