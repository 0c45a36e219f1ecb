//! One seed, named streams.
//!
//! Every random draw of a run descends from one [`Seed`]. Each purpose has its own stream, so a new
//! augmentation cannot reshuffle the split.

use rand::{SeedableRng, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

/// The root of every random draw of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The sub-seed for `purpose`: FNV-1a of its name, folded into the root, then mixed (`SplitMix64`
    /// finaliser) so that neighbouring roots are unrelated.
    pub fn stream(self, purpose: &str) -> u64 {
        let name = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut mixed = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ name;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A generator for `purpose`, at the start of its stream.
    pub fn rng(self, purpose: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.stream(purpose))
    }

    /// A generator for the `index`-th draw of `purpose`: a run that resumes at step `index` draws what
    /// an uninterrupted run would have drawn there.
    pub fn rng_at(self, purpose: &str, index: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(Seed(self.stream(purpose)).stream(&index.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_bit_of_the_seed_counts() {
        let streams: HashSet<u64> = (0..64).map(|bit| Seed(1 << bit).stream("split")).collect();
        assert_eq!(streams.len(), 64, "two roots share a stream");
    }

    #[test]
    fn purposes_do_not_share_a_stream() {
        let names = ["split", "augment", "init", "batch", "spilt"];
        let streams: HashSet<u64> = names.iter().map(|name| Seed(7).stream(name)).collect();
        assert_eq!(streams.len(), names.len(), "two purposes share a stream");
    }
}
