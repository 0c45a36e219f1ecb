//! Which frames of a stream are released, and what is shown between releases; without a device, so that each engine
//! computes codes and pictures in its own way.

use crate::dp::ledger::{Cost, Ledger, LedgerError, Statement};
use crate::dp::mechanism::{Mechanism, Release};
use crate::model::{DpConfig, Place};

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

    /// Enters the next frame's release in the ledger, and tells whether there is one: then [`show`](Self::show) wants the
    /// frame's code. Frames between releases are not read.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold the release. Then nothing is shown, now and from then on.
    pub fn pay(&mut self) -> Result<bool, LedgerError> {
        let is_due = self.frames.is_multiple_of(self.config.every);
        if is_due {
            self.ledger.spend(self.cost())?;
        }
        Ok(is_due)
    }

    /// What the next frame shows: its own code, released here, or one that lies between releases.
    ///
    /// # Panics
    /// If the first frame comes without a code.
    pub fn show(&mut self, code: Option<&[f32]>) -> Release {
        let Place { share, .. } = self.config.place(self.frames);
        if let Some(code) = code {
            let newest = self.mechanism.release(code);
            let before = self.newest.take().map_or_else(|| newest.clone(), |[_, newest]| newest);
            self.newest = Some([before, newest]);
        }
        let [from, to] = self.newest.as_ref().expect("the first frame is released");
        self.frames += 1;
        from.towards(to, share)
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
