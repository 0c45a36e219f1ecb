//! `report.json`: what a judgement found, for programs.

use serde::{Deserialize, Serialize};

/// The version of the layout.
pub const FORMAT: u32 = 1;

/// A judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// What was judged, and how.
    pub subject: Subject,
    /// The transforms that were judged side by side.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// Every figure.
    pub rows: Vec<Row>,
    /// Whether the judgement can be believed.
    pub controls: Vec<Control>,
    /// Transforms that were compared, two by two; empty where nobody asked for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The subject in four figures.
    pub summary: Summary,
}

/// What was judged, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The transform that the summary is about; `None` where several were judged side by side.
    pub name: Option<String>,
    /// What decides its output: kind and parameters, or the digest of its weights.
    pub key: Option<String>,
    /// Side of the square frames that were judged, pixels.
    pub size: usize,
    /// `standard` or `quick`.
    pub effort: String,
    /// Seeds of each attacker.
    pub seeds: usize,
    /// Whether a control failed: then nothing here can be believed.
    pub void: bool,
}

/// A transform that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// As rows call it.
    pub name: String,
    /// What decides its output.
    pub key: String,
    /// The sets it has learnt from: judged on another, its figures are for novel actions or novel people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trained_on: Vec<String>,
}

/// Two transforms on one question, by the same clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The set.
    pub dataset: String,
    /// What was compared, such as `action, top-1`; attackers are retrained.
    pub measure: String,
    /// The transforms.
    pub methods: [String; 2],
    /// The figure of the first less that of the second.
    pub value: f64,
    /// Lower end of the 95 % interval; each clip is drawn for both at once.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the interval that is corrected for all comparisons leaves out nothing.
    pub real: bool,
    /// Clips asked about.
    pub n: usize,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The set.
    pub dataset: String,
    /// What was measured, such as `identity across actions, top-1`.
    pub measure: String,
    /// The transform.
    pub method: String,
    /// What attackers learnt from.
    pub protocol: Protocol,
    /// Whose figure it is: the strongest attacker, chosen on other clips.
    pub attacker: String,
    /// The figure.
    pub value: f64,
    /// Lower end of the 95 % interval, by bootstrap over clips.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What the best constant guess reaches; `None` where there is no such thing.
    pub chance: Option<f64>,
    /// Clips (or pictures, or people) asked about.
    pub n: usize,
    /// Attackers whose figures were averaged, each from a seed of its own.
    pub seeds: usize,
}

/// What attackers learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Raw clips.
    RawTrained,
    /// Clips as the transform rewrites them.
    Retrained,
    /// Somebody else's data: networks that come as they are.
    Outside,
    /// Nothing: no attacker is involved.
    None,
}

impl Protocol {
    /// As tables call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::RawTrained => "raw-trained",
            Self::Retrained => "retrained",
            Self::Outside => "outside",
            Self::None => "none",
        }
    }
}

/// A condition without which a judgement means nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What must hold.
    pub name: String,
    /// Whether it does.
    pub passed: bool,
    /// By what figure.
    pub value: f64,
}

/// The subject in four figures. `None` where a figure was not measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How much less often the action is named than on raw clips, in points of a hundred: the worst set.
    pub action_drop_points: Option<f64>,
    /// Upper end of its 95 % interval, over the same clips raw and rewritten.
    pub action_drop_high: Option<f64>,
    /// Chance-normalised leakage of the worst measure: 0 at chance, 1 as on raw clips.
    pub leakage_nl: Option<f64>,
    /// Upper end of its 95 % interval.
    pub leakage_nl_high: Option<f64>,
    /// SD of the worst leakage over the budgets of a sweep, in points of a hundred.
    pub leakage_sd_over_budget: Option<f64>,
}
