//! Which frames of a stream are read and when codes are released, and what is shown meanwhile; without a device, so that
//! each engine computes features, codes and pictures in its own way.

use crate::dp::ledger::{Cost, Ledger, LedgerError, Statement};
use crate::dp::mechanism::{Mechanism, Release};
use crate::model::{DpConfig, Place};

/// What a frame is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing: it must not be read.
    Nothing,
    /// Its features, to be kept until its window is whole.
    Features,
    /// Its features, and with those that are kept the code of the window. It has been paid for.
    Code,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// A released code, or one that lies between two.
    pub release: Release,
    /// The place in its window, in `[0, 1)`.
    pub phase: f64,
}

/// The releases of one stream: paid for first, then made. It holds the two newest and nothing else of what was seen.
pub struct Releases {
    config: DpConfig,
    mechanism: Mechanism,
    ledger: Ledger,
    /// Frames so far.
    frames: usize,
    /// The release before the newest, and the newest.
    newest: Option<[Release; 2]>,
}

impl Releases {
    /// Those of a model of this shape.
    pub fn new(config: &DpConfig, mechanism: Mechanism, ledger: Ledger) -> Self {
        Self { config: config.clone(), mechanism, ledger, frames: 0, newest: None }
    }

    /// Says what the next frame is wanted for; where that is a code, its release is entered in the ledger.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold the release. Then nothing is shown, now and from then on.
    pub fn pay(&mut self) -> Result<Due, LedgerError> {
        if !self.config.reads(self.frames) {
            return Ok(Due::Nothing);
        }
        if !self.config.releases_after(self.frames) {
            return Ok(Due::Features);
        }
        self.ledger.spend(self.cost())?;
        Ok(Due::Code)
    }

    /// What is shown after the next frame, whose code is released here, if it was [due](Due::Code). Before the first
    /// release that is [nothing](Mechanism::nothing).
    ///
    /// # Panics
    /// If a code is missing.
    pub fn show(&mut self, code: Option<&[f32]>) -> Shown {
        if let Some(code) = code {
            let newest = self.mechanism.release(code);
            let before = self.newest.take().map_or_else(|| newest.clone(), |[_, newest]| newest);
            self.newest = Some([before, newest]);
        }
        let shown = self.frames.checked_sub(self.config.lag()).map(|frame| self.config.place(frame));
        self.frames += 1;
        let Some(Place { share, phase, .. }) = shown else {
            return Shown { release: self.mechanism.nothing(), phase: 0.0 };
        };
        let [from, to] = self.newest.as_ref().expect("the code of the first window is released");
        let release = if share == 1.0 { to.clone() } else { from.towards(to, share) };
        Shown { release, phase }
    }

    /// Ends the clip: what comes next is the first frame of another. The ledger goes on counting.
    pub fn end_clip(&mut self) {
        (self.frames, self.newest) = (0, None);
    }

    /// Releases a code that comes from no picture: for audits, which need the worst codes there are. It is not entered in
    /// the ledger.
    pub fn release_for_audit(&mut self, code: &[f32]) -> Release {
        self.mechanism.release(code)
    }

    /// What has been released and spent.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The same in numbers.
    pub fn statement(&self) -> Statement {
        self.ledger.statement(self.cost())
    }

    /// Ends the stream and hands its ledger on, so that the next one goes on counting.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    fn cost(&self) -> Cost {
        Cost::Mu(self.mechanism.mu())
    }
}
