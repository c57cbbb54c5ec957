//! Saving and loading a router, and the hash by which two are compared.
//!
//! A snapshot is a header (format, rules version, time), the canonical encoding of the
//! state and a SHA-256 over both. Indexes and caches are built anew on loading.

use sha2::{Digest, Sha256};

use super::ids::Ids;
use super::{RULES_VERSION, Router};
use crate::error::ConfigError;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::time::Timestamp;

const MAGIC: &[u8; 8] = b"ccroute1";
const HEADER: usize = MAGIC.len() + 4 + 8;
const DIGEST: usize = 32;

impl Router {
    /// SHA-256 of the canonical encoding of the state: without caches, without events
    /// not yet read, and without the time of the last `advance`.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(RULES_VERSION.to_le_bytes());
        hasher.update(self.encoded());
        hasher.finalize().into()
    }

    /// The whole state as bytes. Read the events first: they are not in it.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(RULES_VERSION.to_le_bytes());
        bytes.extend(self.now.micros().to_le_bytes());
        bytes.extend(self.encoded());
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        bytes
    }

    /// The router a snapshot was taken of. A checksum tells damage, not an author: restore only
    /// what a router wrote.
    ///
    /// # Errors
    /// When the bytes are no snapshot, are damaged, or were written under other rules.
    ///
    /// # Panics
    /// May panic, or go on to, when somebody made up the content and its checksum.
    pub fn restore(bytes: &[u8]) -> Result<Self, ConfigError> {
        let damaged = |what: &str| ConfigError::new(format!("snapshot {what}: take it anew"));
        if bytes.len() < HEADER + DIGEST || !bytes.starts_with(MAGIC) {
            return Err(damaged("has no ccroute header"));
        }
        let (signed, digest) = bytes.split_at(bytes.len() - DIGEST);
        if Sha256::digest(signed)[..] != *digest {
            return Err(damaged("is damaged: its checksum differs"));
        }
        let (header, state) = signed.split_at(HEADER);
        let number = |at: usize, len: usize| {
            let mut wide = [0; 8];
            wide[..len].copy_from_slice(&header[at..at + len]);
            i64::from_le_bytes(wide)
        };
        let rules = number(MAGIC.len(), 4);
        if rules != i64::from(RULES_VERSION) {
            return Err(damaged(&format!(
                "was written under rules version {rules}, this is {RULES_VERSION}"
            )));
        }
        let mut router: Self =
            postcard::from_bytes(state).map_err(|_| damaged("does not decode"))?;
        let now = Timestamp::from_micros(number(MAGIC.len() + 4, 8));
        router.now = now.ok_or_else(|| damaged("has no valid time"))?;
        router.as_of = router.now;
        router.rebuild();
        router.check().map_err(|broken| damaged(&format!("is inconsistent ({broken})")))?;
        Ok(router)
    }

    fn encoded(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("the state has no type that postcard cannot encode")
    }

    /// Builds what is not in a snapshot: names, classes, sets, who waits where.
    fn rebuild(&mut self) {
        self.matcher.rebuild();
        for agent in (0..self.agents.len()).map(AgentKey::new) {
            self.matcher.set_present(agent, self.is_signed_in(agent));
            self.agent_mut(agent).note_media();
            self.in_use.lines |= !self.agent(agent).lines.is_empty();
            self.in_use.capacity |= self.agent(agent).budget > 0;
        }
        self.follow_plan();
        for queue in (0..self.queues.len()).map(QueueKey::new) {
            self.lend_by_rules(queue);
        }
        let rows = self.contacts.iter();
        let keys: Vec<ContactKey> =
            rows.map(|(index, generation, _)| ContactKey::new(index, generation)).collect();
        for &key in &keys {
            let contact = self.contact(key);
            self.in_use.preferences |= !contact.preferred().is_empty();
        }
        self.ids = Ids::of(&self.contacts);
        // Agents stand in line as they became idle.
        let mut agents: Vec<_> = (0..self.agents.len()).map(AgentKey::new).collect();
        agents.sort_by_key(|agent| self.matcher.idle_since(*agent));
        for agent in agents {
            if self.in_use.lines {
                self.bar_by_lines(agent);
            }
            self.refresh(agent);
        }
        keys.into_iter().for_each(|key| self.place_again(key));
        self.unsettled = super::Unsettled::default();
    }
}
