//! Saving and loading an aggregator: a header, the canonical encoding of all it knows and a
//! SHA-256 over both. What is counted, and how, does not belong here.

use sha2::{Digest, Sha256};

use super::aggregator::KpiAggregator;
use super::ladder::Thresholds;
use crate::error::ConfigError;

/// The last digit is the version of the encoding.
const MAGIC: &[u8; 8] = b"cckpi__6";
const DIGEST: usize = 32;

impl KpiAggregator {
    /// All that was counted and all that is open, as bytes; equal aggregators give equal ones.
    ///
    /// # Panics
    /// Never: nothing in it is beyond the encoding.
    #[must_use]
    pub fn snapshot(&mut self) -> Vec<u8> {
        self.post_so_far();
        let mut bytes = MAGIC.to_vec();
        let state = postcard::to_stdvec(self);
        bytes.extend(state.expect("no type in it that postcard cannot encode"));
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        bytes
    }

    /// The aggregator a snapshot was taken of.
    ///
    /// # Errors
    /// When the bytes are no snapshot of an aggregator, or are damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, ConfigError> {
        let damaged = |what: &str| ConfigError::new(format!("snapshot {what}: take it anew"));
        if bytes.len() < MAGIC.len() + DIGEST || !bytes.starts_with(MAGIC) {
            return Err(damaged("has no header of an aggregator of this version"));
        }
        let (signed, digest) = bytes.split_at(bytes.len() - DIGEST);
        if Sha256::digest(signed)[..] != *digest {
            return Err(damaged("is damaged: its checksum differs"));
        }
        let decoded = postcard::from_bytes(&signed[MAGIC.len()..]);
        let aggregator: Self = decoded.map_err(|_| damaged("does not decode"))?;
        // A checksum proves no author: interval and thresholds pass their checks again.
        Self::check_interval(aggregator.grid.step)?;
        Thresholds::new(aggregator.thresholds.spans().to_vec())?;
        Ok(aggregator)
    }
}
