//! What the figures can do, by name.

/// A movement. None names a side, so a mirror image shows the same action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Bend,
    Box,
    Clap,
    Drink,
    Fall,
    JumpingJack,
    Kick,
    Lean,
    March,
    Nod,
    Phone,
    ShakeHead,
    Squat,
    Stretch,
    WaveOneArm,
    WaveTwoArms,
}

/// Every movement that is seen of a whole body.
pub(super) const STANDING: [Action; 10] = [
    Action::Bend,
    Action::Box,
    Action::Clap,
    Action::Fall,
    Action::JumpingJack,
    Action::Kick,
    Action::March,
    Action::Squat,
    Action::WaveOneArm,
    Action::WaveTwoArms,
];

/// Every movement that a webcam sees.
pub(super) const SEATED: [Action; 10] = [
    Action::Box,
    Action::Clap,
    Action::Drink,
    Action::Lean,
    Action::Nod,
    Action::Phone,
    Action::ShakeHead,
    Action::Stretch,
    Action::WaveOneArm,
    Action::WaveTwoArms,
];

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bend => "bend",
            Self::Box => "box",
            Self::Clap => "clap",
            Self::Drink => "drink",
            Self::Fall => "fall",
            Self::JumpingJack => "jumping_jack",
            Self::Kick => "kick",
            Self::Lean => "lean",
            Self::March => "march",
            Self::Nod => "nod",
            Self::Phone => "phone",
            Self::ShakeHead => "shake_head",
            Self::Squat => "squat",
            Self::Stretch => "stretch",
            Self::WaveOneArm => "wave_one_arm",
            Self::WaveTwoArms => "wave_two_arms",
        }
    }

    /// Seconds one turn of the movement takes, at a middling pace.
    pub(super) fn seconds(self) -> f32 {
        match self {
            Self::Clap | Self::Fall | Self::WaveOneArm | Self::WaveTwoArms => 0.7,
            Self::Nod | Self::ShakeHead => 0.8,
            Self::Box | Self::March | Self::JumpingJack | Self::Kick => 0.9,
            Self::Bend | Self::Drink | Self::Lean | Self::Phone | Self::Squat | Self::Stretch => 1.6,
        }
    }
}
