//! Which frames are read, when a code is released, and what each frame shows.

use super::DpConfig;

/// What a frame of a clip shows: a code, or one on the way from one release to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The release behind, counted from the clip's first.
    pub from: usize,
    /// The newest release.
    pub to: usize,
    /// How far it has come, in `(0, 1]`.
    pub share: f64,
    /// The place in the window that the code is of, in `[0, 1)`; 0 where a window is one frame.
    pub phase: f64,
}

impl Place {
    /// Of frame number `frame`, where a code is released for each `every` frames. A code of one frame is approached
    /// over the frames until the next release; the first is shown as it is. A code of more is shown frame by frame.
    pub(super) fn of(frame: usize, every: usize, window: usize) -> Self {
        let to = frame / every;
        let within = frame % every;
        if window > 1 {
            return Self { from: to, to, share: 1.0, phase: within as f64 / every as f64 };
        }
        let share = if to == 0 { 1.0 } else { (within + 1) as f64 / every as f64 };
        Self { from: to.saturating_sub(1), to, share, phase: 0.0 }
    }
}

impl DpConfig {
    /// Frames from one that is read to the next.
    pub fn stride(&self) -> usize {
        self.every / self.window
    }

    /// Frames from the first of a window to its last: so much later than it was seen a frame is shown.
    pub fn lag(&self) -> usize {
        self.every - self.stride()
    }

    /// Whether frame number `frame` of a clip is read. No other is looked at.
    pub fn reads(&self, frame: usize) -> bool {
        frame.is_multiple_of(self.stride())
    }

    /// Whether frame number `frame` of a clip is the last of a window, after which its code is released.
    pub fn releases_after(&self, frame: usize) -> bool {
        frame % self.every == self.lag()
    }

    /// Releases in a clip of `frames` frames, the last of which may be of a window that was filled up with its last frame.
    pub fn releases(&self, frames: usize) -> usize {
        frames.div_ceil(self.every)
    }

    /// What is shown of frame number `frame` of a clip, [`lag`](Self::lag) frames later.
    pub fn place(&self, frame: usize) -> Place {
        Place::of(frame, self.every, self.window)
    }
}
