//! A queue of small values in a ring.
//!
//! Unlike `VecDeque` it can say which place the next value will take, so that this can be fetched ahead; with a power of
//! two for its capacity, a place costs a mask.

/// A queue: values go in at the back and out at the front.
#[derive(Debug, Clone, Default)]
pub struct Ring<T> {
    /// A power of two of places, or none.
    places: Vec<T>,
    /// Place of the first value.
    head: u32,
    len: u32,
}

const SMALLEST: usize = 4;

impl<T: Copy + Default> Ring<T> {
    /// How many values it holds.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// It holds none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    fn place(&self, index: u32) -> usize {
        (self.head.wrapping_add(index)) as usize & self.places.len().wrapping_sub(1)
    }

    /// The value at `index`, counted from the front.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len() {
            return None;
        }
        self.places.get(self.place(index as u32))
    }

    /// The same to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len() {
            return None;
        }
        let place = self.place(index as u32);
        self.places.get_mut(place)
    }

    /// The first value.
    #[inline(always)]
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// What lies where the next value will go, as long as no larger ring is made for it; nothing is known of it but its
    /// place. `None` in a ring without places.
    #[inline(always)]
    pub fn next_place(&self) -> Option<&T> {
        self.places.get(self.place(self.len))
    }

    /// Adds a value at the back.
    #[inline(always)]
    pub fn push_back(&mut self, value: T) {
        if self.len() == self.places.len() {
            self.grow();
        }
        let place = self.place(self.len);
        if let Some(free) = self.places.get_mut(place) {
            *free = value;
            self.len += 1;
        }
    }

    /// Takes the first value out.
    #[inline(always)]
    pub fn pop_front(&mut self) -> Option<T> {
        let first = *self.front()?;
        self.head = self.head.wrapping_add(1);
        self.len -= 1;
        Some(first)
    }

    /// Keeps the values for which `keep` says so, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut kept = 0;
        for index in 0..self.len() {
            let Some(&value) = self.get(index) else { break };
            if keep(&value) {
                if let Some(place) = self.get_mut(kept) {
                    *place = value;
                }
                kept += 1;
            }
        }
        self.len = kept as u32;
    }

    /// How many of the first values `is_before` holds for; it must hold for none behind the first for which it does not.
    pub fn partition_point(&self, mut is_before: impl FnMut(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&mut is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let capacity = (self.places.len() * 2).max(SMALLEST);
        let mut places = Vec::with_capacity(capacity);
        places.extend((0..self.len()).filter_map(|index| self.get(index).copied()));
        places.resize(capacity, T::default());
        self.places = places;
        self.head = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(u32),
        Pop,
        Retain(u32),
        Partition(u32),
        Change(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => any::<u32>().prop_map(Step::Push),
            4 => Just(Step::Pop),
            1 => (1..5_u32).prop_map(Step::Retain),
            1 => any::<u32>().prop_map(Step::Partition),
            1 => (0..20_usize).prop_map(Step::Change),
        ]
    }

    proptest! {
        /// The standard library's queue is the measure.
        #[test]
        fn a_ring_is_a_queue(steps in proptest::collection::vec(step(), 0..200), turns in any::<u32>()) {
            let mut ring = Ring { head: turns, ..Ring::default() };
            let mut queue = VecDeque::new();
            for step in steps {
                match step {
                    Step::Push(value) => {
                        ring.push_back(value);
                        queue.push_back(value);
                    }
                    Step::Pop => prop_assert_eq!(ring.pop_front(), queue.pop_front()),
                    Step::Retain(divisor) => {
                        ring.retain(|value| value.is_multiple_of(divisor));
                        queue.retain(|value| value.is_multiple_of(divisor));
                    }
                    Step::Partition(value) => {
                        let first = |one: &u32| *one < value;
                        let mut behind = queue.iter().skip_while(|one| first(one));
                        if behind.all(|one| !first(one)) {
                            prop_assert_eq!(ring.partition_point(first), queue.partition_point(first));
                        }
                    }
                    Step::Change(index) => {
                        let (mine, theirs) = (ring.get_mut(index), queue.get_mut(index));
                        prop_assert_eq!(&mine, &theirs);
                        if let (Some(mine), Some(theirs)) = (mine, theirs) {
                            (*mine, *theirs) = (1, 1);
                        }
                    }
                }
                prop_assert_eq!(ring.len(), queue.len());
                prop_assert_eq!(ring.front(), queue.front());
                prop_assert!((0..queue.len()).all(|index| ring.get(index) == queue.get(index)));
            }
        }
    }
}
