//! The order in which things are shown: every one once an epoch, reshuffled, and resumable at any step.

use rand::seq::SliceRandom as _;

use crate::rng::Seed;

/// Why no batch can be drawn.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A batch would hold something twice.
    #[error(
        "a batch of {batch} was asked for, but there are only {found} to draw from; make the batch smaller"
    )]
    TooFew {
        /// Things a batch holds.
        batch: usize,
        /// Things there are.
        found: usize,
    },
    /// A batch would hold nothing.
    #[error("a batch of 0 teaches nothing; make it at least 1")]
    NoBatch,
}

/// Batches of things by number (clips or frames). An epoch shows each once, in an order of its own, less the
/// rest that fills no batch. A batch follows from the seed and the step alone, so a run that resumes at a step
/// sees what an uninterrupted run would have seen; and no batch holds a thing twice, so that none is a
/// stranger to itself under NT-Xent.
#[derive(Clone, Debug)]
pub struct EpochOrder {
    things: Vec<usize>,
    batch: usize,
    seed: Seed,
}

impl EpochOrder {
    /// An order over `things`, `batch` at a time. `purpose` sets it apart from other orders of the same seed.
    ///
    /// # Errors
    /// [`OrderError`] if there are fewer things than a batch holds, or a batch holds none.
    pub fn new(things: Vec<usize>, batch: usize, seed: Seed, purpose: &str) -> Result<Self, OrderError> {
        match (batch, things.len()) {
            (0, _) => Err(OrderError::NoBatch),
            (batch, found) if found < batch => Err(OrderError::TooFew { batch, found }),
            _ => Ok(Self { things, batch, seed: Seed(seed.stream(purpose)) }),
        }
    }

    /// Batches in one epoch, at least one.
    pub fn steps_per_epoch(&self) -> u64 {
        (self.things.len() / self.batch) as u64
    }

    /// The things of batch `step`, counted from 0 since the start of the run.
    pub fn batch(&self, step: u64) -> Vec<usize> {
        let (epoch, within) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let mut shuffled = self.things.clone();
        shuffled.shuffle(&mut self.seed.rng_at("epoch", epoch));
        let start = within as usize * self.batch;
        shuffled[start..start + self.batch].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_epoch_shows_everything_once_and_the_next_in_another_order() {
        let order = EpochOrder::new((10..34).collect(), 8, Seed(3), "clips").expect("24 fill batches of 8");
        let epoch =
            |number: u64| (3 * number..3 * number + 3).flat_map(|step| order.batch(step)).collect::<Vec<_>>();
        let (first, second) = (epoch(0), epoch(1));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 24, "something is missing from {first:?}");
        assert_ne!(first, second, "two epochs in one order");
    }

    #[test]
    fn a_resumed_order_goes_on_as_if_nothing_had_happened() {
        let make = || EpochOrder::new((0..10).collect(), 3, Seed(4), "clips").expect("10 fill batches of 3");
        let run: Vec<_> = (0..20).map(|step| make().batch(step)).collect();
        let once = make();
        let resumed: Vec<_> = (7..20).map(|step| once.batch(step)).collect();
        assert_eq!(run[7..], resumed, "resuming at step 7 changed the batches");
    }

    #[test]
    fn no_batch_holds_a_thing_twice() {
        let order = EpochOrder::new((0..10).collect(), 7, Seed(5), "clips").expect("10 fill a batch of 7");
        for step in 0..20 {
            let batch = order.batch(step);
            assert_eq!(batch.iter().collect::<HashSet<_>>().len(), 7, "step {step} holds {batch:?}");
        }
    }

    #[test]
    fn two_purposes_and_two_seeds_have_orders_of_their_own() {
        let first =
            |seed, purpose| EpochOrder::new((0..100).collect(), 50, seed, purpose).expect("full").batch(0);
        assert_ne!(first(Seed(1), "clips"), first(Seed(1), "pictures"), "the purpose does not count");
        assert_ne!(first(Seed(1), "clips"), first(Seed(2), "clips"), "the seed does not count");
    }

    #[test]
    fn too_few_things_are_refused_with_both_numbers() {
        let error = EpochOrder::new(vec![1, 2], 4, Seed(0), "clips").expect_err("2 fill no batch of 4");
        assert_eq!(error, OrderError::TooFew { batch: 4, found: 2 }, "another error");
    }
}
