//! A growable set of small integers, one bit each.

/// Bits packed in words; bits past the end read as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// Adds or removes `index`.
    pub(crate) fn set(&mut self, index: usize, present: bool) {
        let (word, bit) = (index / 64, 1u64 << (index % 64));
        if present {
            if word >= self.words.len() {
                self.words.resize(word + 1, 0);
            }
            self.words[word] |= bit;
        } else if let Some(slot) = self.words.get_mut(word) {
            *slot &= !bit;
        }
    }

    /// Whether `index` is in the set.
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// How many are below `index`; `None` where it is not in the set.
    pub(crate) fn rank(&self, index: usize) -> Option<usize> {
        let word = *self.words.get(index / 64)?;
        let bit = 1u64 << (index % 64);
        let below = self.words[..index / 64].iter().map(|word| word.count_ones());
        let below = below.sum::<u32>() + (word & (bit - 1)).count_ones();
        (word & bit != 0).then_some(below as usize)
    }

    /// No bits at all.
    pub(crate) const EMPTY: Self = Self { words: Vec::new() };

    /// Keeps what is also in `other`.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, &with) in self.words.iter_mut().zip(&other.words) {
            *word &= with;
        }
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, &with) in self.words.iter_mut().zip(&other.words) {
            *word |= with;
        }
    }

    /// Removes all of `other`.
    pub(crate) fn drop_all(&mut self, other: &Self) {
        for (word, &without) in self.words.iter_mut().zip(&other.words) {
            *word &= !without;
        }
    }

    /// Whether nobody is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Those in it, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.words.iter().enumerate();
        words.flat_map(|(at, &word)| Ones(word).map(move |bit| at * 64 + bit))
    }

    /// How many are in it.
    pub(crate) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many are in both.
    pub(crate) fn shared_with(&self, other: &Self) -> usize {
        let words = self.words.iter().zip(&other.words);
        words.map(|(word, with)| (word & with).count_ones() as usize).sum()
    }

    /// Those in both, ascending.
    pub(crate) fn in_both<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let words = self.words.iter().zip(&other.words).enumerate();
        words.flat_map(|(at, (a, b))| Ones(a & b).map(move |bit| at * 64 + bit))
    }

    /// A word; none is set past the end.
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The words, lowest indexes first.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }
}

impl FromIterator<usize> for BitSet {
    fn from_iter<I: IntoIterator<Item = usize>>(indexes: I) -> Self {
        let mut all = Self::EMPTY;
        indexes.into_iter().for_each(|index| all.set(index, true));
        all
    }
}

/// The set bits of one word, ascending.
pub(crate) struct Ones(pub(crate) u64);

impl Iterator for Ones {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}
