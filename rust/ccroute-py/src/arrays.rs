//! The public array types: events as rows of 64 bytes. Python sees them as numpy
//! structured arrays over the same bytes; nothing is copied row by row.
//!
//! Instants are int64 microseconds since the epoch in fields ending in `_us`. Absent:
//! -1 in `time_us`, 0 in `contact` and `offer`, the greatest value elsewhere.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, ContactKey, Event, EventKind, OfferKey, QueueKey, Role, TextKey,
    Timestamp,
};

/// Bytes of a row.
pub(crate) const EVENT_ROW: usize = 64;

/// Counts changes of [`EVENT_FIELDS`].
pub(crate) const EVENT_VERSION: u32 = 1;

/// Field names and numpy types, in the order of their bytes; 64 bytes without padding.
pub(crate) const EVENT_FIELDS: &[(&str, &str)] = &[
    ("sequence", "<u8"),
    ("at_us", "<i8"),
    ("contact", "<u8"),
    ("offer", "<u8"),
    ("time_us", "<i8"),
    ("visit", "<u4"),
    ("number", "<u4"),
    ("queue", "<u4"),
    ("agent", "<u4"),
    ("reason", "<u4"),
    ("kind", "u1"),
    ("cause", "u1"),
    ("role", "u1"),
    ("channel", "u1"),
];

/// The bytes of `events`, row after row.
pub(crate) fn event_bytes(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(events.len() * EVENT_ROW);
    for event in events {
        write(event, &mut bytes);
    }
    bytes
}

fn write(event: &Event, bytes: &mut Vec<u8>) {
    let dense = |index: Option<usize>| index.map_or(u32::MAX, |index| index as u32);
    bytes.extend(event.sequence.to_le_bytes());
    bytes.extend(event.at.micros().to_le_bytes());
    bytes.extend(event.contact.map_or(0, ContactKey::raw).to_le_bytes());
    bytes.extend(event.offer.map_or(0, OfferKey::raw).to_le_bytes());
    bytes.extend(event.time.map_or(-1, Timestamp::micros).to_le_bytes());
    bytes.extend(event.visit.to_le_bytes());
    bytes.extend(event.number.to_le_bytes());
    bytes.extend(dense(event.queue.map(QueueKey::index)).to_le_bytes());
    bytes.extend(dense(event.agent.map(AgentKey::index)).to_le_bytes());
    bytes.extend(dense(event.reason.map(TextKey::index)).to_le_bytes());
    let channel = event.channel.map_or(u8::MAX, |channel| channel.index() as u8);
    bytes.extend([event.kind as u8, event.cause as u8, event.role as u8, channel]);
}

/// The event in one row; the error says which field cannot be.
pub(crate) fn read_event(row: &[u8]) -> Result<Event, String> {
    let mut fields = Fields(row);
    let (sequence, at) = (fields.wide(), fields.wide().cast_signed());
    let (contact, offer) = (fields.wide(), fields.wide());
    let time = fields.wide().cast_signed();
    let (visit, number) = (fields.narrow(), fields.narrow());
    let (queue, agent, reason) = (fields.dense(), fields.dense(), fields.dense());
    let [kind, cause, role, channel] = [fields.byte(), fields.byte(), fields.byte(), fields.byte()];
    let instant = |name: &str, micros: i64| {
        Timestamp::from_micros(micros).ok_or_else(|| format!("{name} {micros} is not an instant"))
    };
    let word = |name: &str, code: u8| format!("{name} {code} is not in the vocabulary");
    Ok(Event {
        sequence,
        at: instant("at_us", at)?,
        kind: EventKind::from_code(kind).ok_or_else(|| word("kind", kind))?,
        cause: Cause::from_code(cause).ok_or_else(|| word("cause", cause))?,
        role: Role::from_code(role).ok_or_else(|| word("role", role))?,
        channel: (channel != u8::MAX).then(|| ChannelKey::new(usize::from(channel))),
        contact: ContactKey::from_raw(contact),
        visit,
        queue: queue.map(QueueKey::new),
        agent: agent.map(AgentKey::new),
        offer: OfferKey::from_raw(offer),
        reason: reason.map(TextKey::new),
        number,
        time: if time == -1 { None } else { Some(instant("time_us", time)?) },
    })
}

/// Little-endian integers, taken off the front of a row.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    fn take<const SIZE: usize>(&mut self) -> [u8; SIZE] {
        let (field, rest) = self.0.split_first_chunk().expect("a row has all its fields");
        self.0 = rest;
        *field
    }

    pub(crate) fn wide(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    pub(crate) fn narrow(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    fn dense(&mut self) -> Option<usize> {
        let index = self.narrow();
        (index != u32::MAX).then_some(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back_as_written() {
        let event = Event {
            sequence: 7,
            at: Timestamp::from_micros(1_500_000).unwrap(),
            cause: Cause::Missed,
            contact: ContactKey::from_raw(1 << 32 | 3),
            agent: Some(AgentKey::new(4)),
            time: Some(Timestamp::ZERO),
            number: u32::MAX,
            ..Event::new(EventKind::OfferMade)
        };
        let bytes = event_bytes(&[event, Event::new(EventKind::AgentChanged)]);
        assert_eq!(bytes.len(), 2 * EVENT_ROW);
        assert_eq!(read_event(&bytes[..EVENT_ROW]), Ok(event));
        assert_eq!(read_event(&bytes[EVENT_ROW..]), Ok(Event::new(EventKind::AgentChanged)));
    }

    #[test]
    fn a_code_outside_the_vocabulary_is_named() {
        let mut bytes = event_bytes(&[Event::new(EventKind::AgentReady)]);
        bytes[60] = 200;
        assert_eq!(read_event(&bytes), Err("kind 200 is not in the vocabulary".into()));
    }
}
