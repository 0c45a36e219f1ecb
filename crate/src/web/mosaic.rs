//! The engine that needs no model: DP-Pix, painted here or, with noise from here, by the page on its GPU.

use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{fault, opening};
use crate::artifact::FORMAT;
use crate::engine::{MosaicStream, RawFrame};
use crate::frame::Rgba8;
use crate::known_answer::{KnownAnswer, pattern};
use crate::mosaic::MosaicConfig;

/// A mosaic at work, and its ledger.
#[wasm_bindgen]
pub struct MosaicEngine(MosaicStream);

#[wasm_bindgen]
impl MosaicEngine {
    /// A mosaic as `settings` say: JSON of any of `cell`, `neighbourhood`, `epsilon` and `colour` (`"grey"` or `"rgb"`).
    /// `ledger` is how its ledger begins: JSON of any of `budget`, `delta` and `kept`.
    ///
    /// # Errors
    /// `bad-model` for settings that describe none, `bad-ledger` for a ledger that cannot be taken up.
    pub fn load(settings: &str, ledger: &str) -> Result<MosaicEngine, js_sys::Error> {
        let config: MosaicConfig =
            serde_json::from_str(settings).map_err(|error| fault("bad-model", &error))?;
        Ok(Self(MosaicStream::begin(config, opening(ledger)?)?))
    }

    /// What is to be said of it, in the form of a model's card.
    pub fn card(&self) -> String {
        let MosaicConfig { cell, neighbourhood, epsilon, colour } = *self.0.mosaic().config();
        let (width, height) = KnownAnswer::SIZE;
        let answer = KnownAnswer::of(&self.0.answer(pattern(width, height)));
        let claim = self.0.claim();
        let limits = [
            format!("Cells of {cell} pixels still show where somebody is, and how he moves."),
            "Whoever sees many frames averages their noise away; the ledger counts what that tells.".into(),
            "The rounding of floating-point numbers is not counted.".into(),
        ];
        json!({
            "format": FORMAT,
            "name": "mosaic",
            "mode": "mosaic",
            "config": { "cell": cell, "neighbourhood": neighbourhood, "epsilon": epsilon, "colour": colour },
            "privacy_claim": claim,
            "licence": "no weights, so none is needed",
            "sha256": "",
            "known_answer": answer,
            "trained": { "commit": "", "data": [], "seed": 0, "steps": 0, "minutes": 0.0, "device": "none" },
            "measured": [],
            "limits": limits,
        })
        .to_string()
    }

    /// Paints one picture over: `4 * width * height` bytes R, G, B, A in, as many out, opaque.
    ///
    /// # Errors
    /// `frame-failed` if the number of bytes is another, `budget-spent` if the budget does not hold another frame.
    pub fn anonymize(
        &mut self,
        rgba: Vec<u8>,
        width: usize,
        height: usize,
    ) -> Result<Vec<u8>, js_sys::Error> {
        let raw = RawFrame::from(Rgba8::new(width, height, rgba)?);
        Ok(self.0.anonymize(raw)?.into_picture().into_bytes())
    }

    /// The noise of one frame, for a GPU that paints it: for each cell, row by row, one number, or one for each of R, G and
    /// B, in `[0, 255]` steps. It is paid for here, and serves once.
    ///
    /// # Errors
    /// `budget-spent` if the budget does not hold another frame.
    pub fn noise(&mut self, width: usize, height: usize) -> Result<Vec<f32>, js_sys::Error> {
        let noise = self.0.noise([height, width])?;
        Ok(noise.into_iter().map(|off| off as f32).collect())
    }

    /// Pixels along the side of a cell.
    pub fn cell(&self) -> usize {
        self.0.mosaic().config().cell
    }

    /// Numbers of noise for each cell: 1 for grey, 3 for colours.
    pub fn channels(&self) -> usize {
        self.0.mosaic().channels()
    }

    /// What it makes of the known picture of that size without noise: `4 * width * height` bytes, for the self-test.
    pub fn answer(&self, width: usize, height: usize) -> Vec<u8> {
        self.0.answer(pattern(width, height)).into_bytes()
    }

    /// The ledger in numbers, as JSON; its part `kept` is for taking it up again.
    pub fn ledger(&self) -> String {
        serde_json::to_string(&self.0.statement()).expect("numbers and words are JSON")
    }

    /// The same mosaic with noise that can be drawn again, for comparing engines: nothing that comes out of it may leave.
    #[wasm_bindgen(js_name = seededForTests)]
    pub fn seeded_for_tests(self, seed: u64) -> MosaicEngine {
        Self(self.0.seeded_for_tests(seed))
    }
}
