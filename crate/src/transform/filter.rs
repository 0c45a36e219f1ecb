//! What the trainer has made of frames and those before them: filters of clips, and models of movement.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Clip, Transform, TransformError, bytes_of};
use crate::artifact::{ArtifactOf, enlarged};
use crate::engine::EngineError;
use crate::frame::{self, Planes};
use crate::known_answer;
use crate::model::ClipShape;

/// A trained network of clips on the CPU. Each clip comes back as pictures of 8 bits.
pub struct Filter<S: ClipShape> {
    name: String,
    key: String,
    trained_on: Vec<String>,
    config: S,
    network: S::Network,
}

impl<S: ClipShape> Filter<S> {
    /// Puts a filter to work, after its self-test.
    ///
    /// # Errors
    /// [`TransformError::Engine`] if the weights do not fit the card, or the self-test fails.
    pub fn open(artifact: &ArtifactOf<S>) -> Result<Self, TransformError> {
        let card = artifact.card();
        let device = Device::flex();
        let network = artifact.restore(&device).map_err(EngineError::from)?;
        let answer = &card.known_answer;
        let (width, height) = (answer.width.max(1), answer.height.max(1));
        let (working_width, working_height) = card.config.working_size(width, height);
        let pattern = known_answer::pattern(width, height);
        let image = frame::shrink(&pattern, working_width, working_height).into_tensor(&device);
        let found = Planes::from_tensor(S::answer(&network, image));
        EngineError::unless_known(answer, &enlarged::<S>(&found, width, height))?;
        let config = serde_json::to_string(&card.config).expect("numbers are JSON");
        Ok(Self {
            name: card.name.clone(),
            key: format!("model {} {config}", card.sha256),
            trained_on: card.trained.sets(),
            config: card.config.clone(),
            network,
        })
    }

    /// The same under another name, where several models are called alike.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl<S: ClipShape + Sync> Transform for Filter<S>
where
    S::Network: Sync,
{
    fn name(&self) -> String {
        self.name.clone()
    }

    fn key(&self) -> String {
        self.key.clone()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let (t, size) = (clip.frames().len(), clip.size);
        let (width, height) = self.config.working_size(size, size);
        let frames: Vec<f32> = clip
            .pictures()
            .flat_map(|picture| frame::shrink(&picture, width, height).into_values())
            .collect();
        let frames = Tensor::<4>::from_data(TensorData::new(frames, [t, 3, height, width]), &Device::flex());
        let shown = S::rewrite(&self.network, frames, t).chunk(t, 0).into_iter().map(Planes::from_tensor);
        shown.flat_map(|picture| bytes_of(&enlarged::<S>(&picture, size, size))).collect()
    }

    fn trained_on(&self) -> Vec<String> {
        self.trained_on.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Artifact, CardOf};
    use crate::model::{BdqConfig, MotionConfig, STEPS, Signs};

    fn fresh() -> ArtifactOf<BdqConfig> {
        let (config, device) = (BdqConfig::new(STEPS), Device::flex());
        let card: CardOf<BdqConfig> =
            Artifact::built_in().expect("the built-in card").card().clone().with_config(config.clone());
        ArtifactOf::of(&config.init(&device), card, &device).expect("recorded")
    }

    #[test]
    fn what_stands_still_is_grey_and_what_moves_is_seen_where_it_moves() {
        let filter = Filter::open(&fresh()).expect("a sound filter");
        let size = 16;
        let mut frames = vec![vec![90_u8; 3 * size * size]; 3];
        frames[2][3 * (8 * size + 4) + 1] = 250; // one pixel grows green in the third frame
        let clip = Clip { name: "x", size, bytes: &frames.concat() };
        let shown = filter.rewrite(&clip);
        let frames: Vec<&[u8]> = shown.chunks_exact(3 * size * size).collect();
        assert!(
            frames[..2].iter().all(|frame| frame.iter().all(|byte| [127, 128].contains(byte))),
            "stillness"
        );
        let pixel = |x: usize, y: usize, channel: usize| frames[2][3 * (y * size + x) + channel];
        assert!(pixel(4, 8, 1) > 160, "the change is not seen: {}", pixel(4, 8, 1));
        assert!(
            [pixel(4, 8, 0), pixel(12, 8, 1), pixel(8, 4, 1)].iter().all(|byte| *byte < 129),
            "seen elsewhere"
        );
    }

    #[test]
    fn a_network_that_draws_from_signs_is_shown_clips_at_its_own_lag() {
        let (device, size) = (Device::flex(), 16);
        device.seed(5);
        let signs = Signs { grid: 8, threshold: 0.03, span: 1 };
        let shape = MotionConfig {
            architecture: "motion".into(),
            signs,
            lag: 2,
            width: 4,
            groups: 2,
            cells: 8,
            levels: 256,
            hold: 0,
        };
        let card = Artifact::built_in().expect("the built-in card").card().clone().with_config(shape.clone());
        let artifact = ArtifactOf::of(&shape.init(&device), card, &device).expect("recorded");
        let folder = tempfile::tempdir().expect("a temporary folder");
        artifact.save(&folder.path().join("f")).expect("written");
        let filter = super::super::trained(&folder.path().join("f"), Some("g")).expect("a sound network");
        assert!(filter.name() == "g" && filter.key().contains("\"lag\":2"), "{}", filter.key());
        let mut frames = vec![vec![60_u8; 3 * size * size]; 5];
        frames[2][3 * 5 * size..3 * 11 * size].fill(200); // a bar that is there for one frame
        let shown = filter.rewrite(&Clip { name: "x", size, bytes: &frames.concat() });
        let frames: Vec<&[u8]> = shown.chunks_exact(3 * size * size).collect();
        assert!(
            frames[0] == frames[2] && frames[1] == frames[2],
            "the first frames show what the third does"
        );
        assert!(frames[3] != frames[2], "a bar that has gone is where one has come");
        assert!(frames[4] != frames[3] && frames[4] != frames[2], "two frames after it the bar goes");
        let pixels = frames[2].as_chunks::<3>().0;
        assert!(pixels.iter().all(|[r, g, b]| r == g && g == b), "a colour");
    }

    #[test]
    fn a_filter_that_answers_otherwise_than_its_card_says_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let artifact = fresh();
        let (weights, card) = artifact.save(&folder.path().join("f")).expect("written");
        let mut altered = artifact.card().clone();
        altered.known_answer.grid[7] += 9.0;
        std::fs::write(&card, serde_json::to_string(&altered).expect("a card is JSON")).expect("written");
        let error = super::super::trained(&weights, None).map(|_| ()).expect_err("a wrong answer");
        assert!(error.to_string().contains("self-test"), "{error}");
    }
}
