//! A queue whose first few items need no memory of their own.
//!
//! Most connections of a capture with thousands of them have one or two segments in flight. Where each queue has a
//! buffer of its own, a segment of such a connection waits for half a dozen places in memory; here they lie beside the
//! rest of the connection's state. A queue that once grew beyond its place stays a `VecDeque`.

use std::collections::VecDeque;

/// A first-in, first-out queue with room for `N` items in itself.
#[derive(Debug, Clone)]
pub struct SmallDeque<T, const N: usize> {
    few: [T; N],
    /// Place of the front in `few`, and how many there are.
    front: u8,
    len: u8,
    /// Holds all items once there were more than `N`.
    many: Option<Box<VecDeque<T>>>,
}

impl<T: Copy + Default, const N: usize> Default for SmallDeque<T, N> {
    fn default() -> Self {
        Self {
            few: [T::default(); N],
            front: 0,
            len: 0,
            many: None,
        }
    }
}

impl<T: Copy + Default, const N: usize> SmallDeque<T, N> {
    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        match &self.many {
            None => usize::from(self.len),
            Some(many) => many.len(),
        }
    }

    /// True without any item.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    fn slot(&self, index: usize) -> usize {
        (usize::from(self.front) + index) % N
    }

    /// The item at `index`, counted from the front.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<&T> {
        match &self.many {
            None if index < usize::from(self.len) => Some(&self.few[self.slot(index)]),
            None => None,
            Some(many) => many.get(index),
        }
    }

    /// See [`get`](Self::get).
    #[inline(always)]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let slot = self.slot(index);
        match &mut self.many {
            None if index < usize::from(self.len) => Some(&mut self.few[slot]),
            None => None,
            Some(many) => many.get_mut(index),
        }
    }

    /// The oldest item.
    #[inline(always)]
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The newest item.
    #[inline(always)]
    pub fn back(&self) -> Option<&T> {
        self.get(self.len().wrapping_sub(1))
    }

    /// The newest item.
    #[inline(always)]
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len().wrapping_sub(1))
    }

    /// Adds the newest item.
    #[inline(always)]
    pub fn push_back(&mut self, item: T) {
        match &mut self.many {
            Some(many) => many.push_back(item),
            None if usize::from(self.len) < N => {
                let slot = self.slot(self.len.into());
                self.few[slot] = item;
                self.len += 1;
            }
            None => self.spill(item),
        }
    }

    #[cold]
    fn spill(&mut self, item: T) {
        let mut many = VecDeque::with_capacity(4 * N);
        many.extend((0..usize::from(self.len)).map(|index| self.few[self.slot(index)]));
        many.push_back(item);
        self.len = 0;
        self.many = Some(Box::new(many));
    }

    /// Takes the oldest item.
    #[inline(always)]
    pub fn pop_front(&mut self) -> Option<T> {
        match &mut self.many {
            Some(many) => many.pop_front(),
            None if self.len == 0 => None,
            None => {
                let item = self.few[self.slot(0)];
                self.front = self.slot(1) as u8;
                self.len -= 1;
                Some(item)
            }
        }
    }

    /// Keeps the items that `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        match &mut self.many {
            Some(many) => many.retain(keep),
            None => {
                for _ in 0..self.len {
                    if let Some(item) = self.pop_front().filter(|item| keep(item)) {
                        self.push_back(item);
                    }
                }
            }
        }
    }

    /// How many items at the front satisfy `test`; those that do must all stand before those that do not.
    pub fn partition_point(&self, mut test: impl FnMut(&T) -> bool) -> usize {
        match &self.many {
            Some(many) => many.partition_point(test),
            None => (0..self.len())
                .take_while(|&index| self.get(index).is_some_and(&mut test))
                .count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_does_what_a_vec_deque_does(steps in prop::collection::vec((0_u8..6, any::<u8>()), 0..80)) {
            let mut small = SmallDeque::<u8, 4>::default();
            let mut plain = VecDeque::new();
            for (step, item) in steps {
                match step {
                    0..3 => {
                        small.push_back(item);
                        plain.push_back(item);
                    }
                    3..5 => prop_assert_eq!(small.pop_front(), plain.pop_front()),
                    _ => {
                        small.retain(|kept| kept % 3 != 0);
                        plain.retain(|kept| kept % 3 != 0);
                    }
                }
                prop_assert_eq!((small.len(), small.is_empty()), (plain.len(), plain.is_empty()));
                prop_assert_eq!((small.front(), small.back()), (plain.front(), plain.back()));
                prop_assert_eq!(small.back_mut(), plain.back_mut());
                prop_assert!((0..9).all(|index| small.get(index) == plain.get(index)));
            }
        }
    }
}
