//! Memory of short lists that come and go: what one contact has left, the next one uses.

/// How many lists are kept at most.
const MOST: usize = 1_024;

/// Lists that are empty, with their memory.
#[derive(Clone, Debug)]
pub(super) struct Room<T>(Vec<Vec<T>>);

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Room<T> {
    /// Puts a value at the end of a list, which may have no memory yet.
    pub(super) fn push(&mut self, list: &mut Vec<T>, value: T) {
        if list.capacity() == 0
            && let Some(spare) = self.0.pop()
        {
            *list = spare;
        }
        list.push(value);
    }

    /// Keeps the memory of a list that has run empty.
    pub(super) fn take_back(&mut self, list: &mut Vec<T>) {
        if list.is_empty() && list.capacity() > 0 && self.0.len() < MOST {
            self.0.push(core::mem::take(list));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_list_left_is_the_next_ones() {
        let (mut room, mut first, mut second) = (Room::default(), Vec::new(), Vec::new());
        room.push(&mut first, 1);
        room.take_back(&mut first);
        assert_eq!((&first[..], room.0.len()), (&[1][..], 0));
        let place = first.as_ptr();
        first.clear();
        room.take_back(&mut first);
        room.take_back(&mut first);
        assert_eq!((first.capacity(), room.0.len()), (0, 1));
        room.push(&mut second, 2);
        assert_eq!((second.as_ptr(), &second[..], room.0.len()), (place, &[2][..], 0));
    }
}
