//! What lies on the table: the data in the order of play, each batch by its number.

use burn::tensor::Device;
use rand::RngExt as _;

use super::TrainError;
use super::config::{TrainConfig, Twins};
use super::corpus::{ClipOrder, Corpus};
use super::labels::HeadTable;
use super::moves::{HeadLabels, Pictures, kin_of};
use crate::data::{Augmentation, ClipBatch, ClipRecipe, EpochOrder, clip_batch, clip_twice, pairs, run_up};

/// Where the batches of catching up begin, so that they are none of the game's own.
const CATCH_UP: u64 = 1 << 40;

/// The data in the order of play. A batch follows from the seed and its number alone.
pub(super) struct Table<'a> {
    config: &'a TrainConfig,
    corpus: &'a Corpus,
    clip_order: ClipOrder,
    picture_order: EpochOrder,
    recipe: ClipRecipe,
    heads: Vec<HeadTable>,
    device: Device,
}

impl<'a> Table<'a> {
    pub(super) fn lay(
        config: &'a TrainConfig,
        corpus: &'a Corpus,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let augmentation = Augmentation::CLIP.keeping_sides(corpus.action.actions());
        let recipe = ClipRecipe { frames: config.game.frames, skip: config.game.skip, augmentation };
        let heads = config.adversary.head.iter().map(|head| HeadTable::new(&head.of, &corpus.privacy));
        Ok(Self {
            config,
            corpus,
            clip_order: corpus.clip_order(&config.game, config.seed)?,
            picture_order: corpus.picture_order(config.adversary.pairs, config.seed)?,
            recipe,
            heads: heads.collect::<Result<_, _>>()?,
            device: device.clone(),
        })
    }

    /// Classes of each supervised head.
    pub(super) fn head_classes(&self) -> Vec<usize> {
        self.heads.iter().map(HeadTable::classes).collect()
    }

    /// Batch `number` of the action stream.
    pub(super) fn clips(&self, number: u64) -> ClipBatch {
        let mut rng = self.config.seed.rng_at("clip views", number);
        clip_batch(&self.corpus.action, &self.clip_order.batch(number), &self.recipe, &mut rng, &self.device)
    }

    /// Batch `number` of the action stream, in two augmentations.
    pub(super) fn clips_twice(&self, number: u64) -> [ClipBatch; 2] {
        let mut rng = self.config.seed.rng_at("two views of clips", number);
        clip_twice(&self.corpus.action, &self.clip_order.batch(number), &self.recipe, &mut rng, &self.device)
    }

    /// Batch `number` of the privacy stream.
    pub(super) fn pictures(&self, number: u64) -> Pictures {
        let store = &self.corpus.privacy;
        let pictures = self.picture_order.batch(number);
        let clips: Vec<usize> = pictures.iter().map(|picture| store.clip_of(*picture)).collect();
        let mut rng = self.config.seed.rng_at("picture views", number);
        let (partners, kin) = match self.config.adversary.twins {
            Twins::Picture => (pictures.clone(), None),
            Twins::Clip => {
                let frame = |clip: &usize| {
                    let info = &store.clips()[*clip];
                    info.first + rng.random_range(0..info.frames)
                };
                (clips.iter().map(frame).collect(), Some(kin_of(&clips, &self.device)))
            }
        };
        let chance = kin.as_ref().map_or(crate::privacy::chance(pictures.len()), |(_, chance)| *chance);
        let labels = self.heads.iter().map(|head| {
            let labels: Vec<Option<usize>> = clips.iter().map(|clip| head.label(*clip)).collect();
            HeadLabels::of(&labels, head.chance(), &self.device)
        });
        let shown = (pictures.as_slice(), partners.as_slice());
        let run = self.config.run();
        Pictures {
            labels: labels.collect(),
            pairs: pairs(
                store,
                shown,
                |picture| run_up(store, picture, run),
                &Augmentation::VIEW,
                (&mut rng, &self.device),
            ),
            run: run.0,
            kin: kin.map(|(kin, _)| kin),
            chance,
        }
    }

    /// Batch `number` of the pictures that only a branch that begins anew is shown.
    pub(super) fn catch_up_pictures(&self, number: u64) -> Pictures {
        self.pictures(CATCH_UP + number)
    }
}
