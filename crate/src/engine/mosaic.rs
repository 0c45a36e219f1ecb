//! The privacy boundary of mosaics: each frame is paid for before it is painted.

use super::{AnonFrame, RawFrame};
use crate::dp::ledger::{Cost, Counted, Ledger, LedgerError, Opening, Statement};
use crate::dp::mechanism::{MechanismError, Noise};
use crate::frame::Rgba8;
use crate::mosaic::{Mosaic, MosaicConfig, MosaicError};

/// Frames of one camera or clip on their way through a mosaic. It holds nothing of what it has seen.
pub struct MosaicStream {
    mosaic: Mosaic,
    noise: Noise,
    ledger: Ledger,
}

/// Why there can be no mosaic.
#[derive(Debug, thiserror::Error)]
pub enum MosaicStreamError {
    /// Its numbers do not fit.
    #[error(transparent)]
    Mosaic(#[from] MosaicError),
    /// There is no noise.
    #[error(transparent)]
    Noise(#[from] MechanismError),
    /// Its budget is none, or it cannot go on from the ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl MosaicStream {
    /// Begins a stream whose frames are entered in a ledger, with noise that nobody can draw again.
    ///
    /// # Errors
    /// [`MosaicStreamError`] says which part does not fit.
    pub fn begin(config: MosaicConfig, opening: Opening) -> Result<Self, MosaicStreamError> {
        Self::resume(config, Ledger::open(opening, &counted(&config))?)
    }

    /// Goes on with the ledger of an earlier stream.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and if the ledger counts something else.
    pub fn resume(config: MosaicConfig, ledger: Ledger) -> Result<Self, MosaicStreamError> {
        let mosaic = Mosaic::new(config)?;
        ledger.must_count(&counted(&config))?;
        Ok(Self { mosaic, noise: Noise::from_system()?, ledger })
    }

    /// The same with noise that can be drawn again: nothing that comes out of it may leave.
    #[must_use]
    pub fn seeded_for_tests(self, seed: u64) -> Self {
        Self { noise: Noise::seeded_for_tests(seed), ..self }
    }

    /// What its ledger counts.
    pub fn counted(&self) -> Counted {
        counted(self.mosaic.config())
    }

    /// What is promised and what is not, in sentences.
    pub fn claim(&self) -> String {
        let MosaicConfig { neighbourhood, epsilon, .. } = self.mosaic.config();
        format!(
            "Each frame keeps epsilon {epsilon} for what at most {neighbourhood} pixels show (DP-Pix, Fan 2018). Frames add \
             up, and who covers k times as many pixels has k times the epsilon against him: a whole person is not hidden by \
             this promise."
        )
    }

    /// Shape and promise.
    pub fn mosaic(&self) -> &Mosaic {
        &self.mosaic
    }

    /// Paints the next frame over, opaque, once the ledger has paid for it. Consumes the raw pixels.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold another frame. Then nothing is shown, now and from then on.
    pub fn anonymize(&mut self, raw: RawFrame) -> Result<AnonFrame, LedgerError> {
        let (width, height) = (raw.0.width(), raw.0.height());
        let noise = self.noise([height, width])?;
        Ok(AnonFrame(paint(&self.mosaic, raw.0, &noise)))
    }

    /// The noise of the next frame, for a device that paints it: it is entered in the ledger here, and serves once.
    ///
    /// # Shapes
    /// - returns `[cells down, cells across, channels]`, see [`Mosaic::noise`]
    ///
    /// # Errors
    /// As [`anonymize`](Self::anonymize).
    pub fn noise(&mut self, size: [usize; 2]) -> Result<Vec<f64>, LedgerError> {
        self.ledger.spend(self.cost())?;
        Ok(self.mosaic.noise(size, self.noise.generator()))
    }

    /// What a picture that everybody knows becomes without noise: for self-tests.
    pub fn answer(&self, known: Rgba8) -> Rgba8 {
        let silence = vec![0.0; self.mosaic.numbers([known.height(), known.width()])];
        paint(&self.mosaic, known, &silence)
    }

    /// What has been released and spent.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The same in numbers.
    pub fn statement(&self) -> Statement {
        self.ledger.statement(self.cost())
    }

    fn cost(&self) -> Cost {
        Cost::Epsilon(self.mosaic.config().epsilon)
    }
}

/// What the ledger of a mosaic counts.
fn counted(config: &MosaicConfig) -> Counted {
    Counted {
        unit: "one frame".into(),
        relation: format!("frames of one size that differ in at most {} pixel(s)", config.neighbourhood),
    }
}

fn paint(mosaic: &Mosaic, picture: Rgba8, noise: &[f64]) -> Rgba8 {
    let (width, height) = (picture.width(), picture.height());
    let mut bytes = picture.into_bytes();
    mosaic.paint_with::<4>(&mut bytes, [height, width], noise);
    bytes.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
    Rgba8::new(width, height, bytes).expect("as many bytes as before")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dp::ledger::Budget;
    use crate::mosaic::Colour;

    const CONFIG: MosaicConfig =
        MosaicConfig { cell: 8, neighbourhood: 4, epsilon: 0.5, colour: Colour::Rgb };

    fn stream(budget: Budget) -> MosaicStream {
        MosaicStream::begin(CONFIG, Opening { budget, ..Opening::default() }).expect("a sound mosaic")
    }

    fn picture() -> Rgba8 {
        let bytes = (0..20 * 12 * 4).map(|i: usize| (i * 37 % 251) as u8).collect();
        Rgba8::new(20, 12, bytes).expect("a picture")
    }

    fn shown(stream: &mut MosaicStream) -> Rgba8 {
        stream.anonymize(RawFrame::from(picture())).expect("within the budget").into_picture()
    }

    #[test]
    fn frames_cost_their_epsilon_until_the_budget_ends_them() {
        let mut stream = stream(Budget::Epsilon(1.5));
        assert_eq!(stream.statement().left, Some(3));
        (0..3).for_each(|_| drop(shown(&mut stream)));
        assert_eq!(stream.statement().epsilon, 1.5);
        let refused =
            stream.anonymize(RawFrame::from(picture())).map(|_| ()).expect_err("the budget is spent");
        assert!(refused.to_string().contains("budget is spent"), "{refused}");
        assert!(stream.noise([12, 20]).is_err(), "noise for another device is paid for too");
        assert_eq!(stream.ledger().releases(), 3);
    }

    #[test]
    fn a_frame_is_opaque_and_its_noise_fresh() {
        let (mut one, mut other) = (stream(Budget::None), stream(Budget::None));
        let first = shown(&mut one);
        assert!(first.bytes().iter().skip(3).step_by(4).all(|alpha| *alpha == 255), "alpha of the camera");
        assert!(first != shown(&mut one), "two frames have one noise");
        assert!(first != shown(&mut other), "two streams have one noise");
        let seeded = |seed| shown(&mut stream(Budget::None).seeded_for_tests(seed));
        assert!(seeded(3) == seeded(3) && seeded(3) != seeded(4), "the seed does not decide");
    }

    #[test]
    fn what_another_device_paints_is_the_same_picture() {
        let mut elsewhere = stream(Budget::None).seeded_for_tests(9);
        let noise = elsewhere.noise([12, 20]).expect("no budget");
        let painted = paint(elsewhere.mosaic(), picture(), &noise);
        assert!(painted == shown(&mut stream(Budget::None).seeded_for_tests(9)));
    }

    #[test]
    fn the_ledger_names_how_many_pixels_it_is_about() {
        let mut stream = stream(Budget::None);
        drop(shown(&mut stream));
        assert!(stream.statement().relation.contains("at most 4 pixel"), "{}", stream.statement().relation);
        let kept = vec![stream.ledger().clone()];
        let releases = |config| {
            let opening = Opening { kept: kept.clone(), ..Opening::default() };
            MosaicStream::begin(config, opening).expect("a sound mosaic").ledger().releases()
        };
        let coarser = MosaicConfig { cell: 16, epsilon: 0.1, ..CONFIG };
        assert_eq!(releases(coarser), 1, "the same pixels under another mosaic");
        assert_eq!(releases(MosaicConfig { neighbourhood: 5, ..CONFIG }), 0, "another promise");
    }
}
