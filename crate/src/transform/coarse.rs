//! The sign of motion in cells: what a network that draws from it is shown, without the network.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Clip, Transform};
use crate::model::Signs;

/// A change of grey below this share of full scale counts as none, as for [`Motion::Ternary`](super::Motion).
const THRESHOLD: f64 = 0.03;
/// What is shown of a cell that grew darker, stayed, grew brighter.
const GREYS: [u8; 3] = [0, 128, 255];

/// Cells that grew brighter or darker since the frame before, in three greys.
pub(super) struct Coarse {
    signs: Signs,
}

impl Coarse {
    /// By its name, `ternary-CELLS`; `None` for a name that is none.
    pub(super) fn named(name: &str) -> Option<Self> {
        let grid: usize = name.strip_prefix("ternary-")?.parse().ok()?;
        (1..=256).contains(&grid).then_some(Self { signs: Signs { grid, threshold: THRESHOLD, span: 1 } })
    }
}

impl Transform for Coarse {
    fn name(&self) -> String {
        format!("ternary {}", self.signs.grid)
    }

    fn key(&self) -> String {
        format!("signs grid {} threshold {}", self.signs.grid, self.signs.threshold)
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let (t, size, grid) = (clip.frames().len(), clip.size, self.signs.grid);
        let values: Vec<f32> = clip.bytes.iter().map(|byte| f32::from(*byte) / 255.0).collect();
        let frames = Tensor::<4>::from_data(TensorData::new(values, [t, size, size, 3]), &Device::flex());
        let levels =
            self.signs.of(frames.permute([0, 3, 1, 2]), (t, 1)).argmax(1).into_data().convert::<i64>();
        let levels: Vec<i64> = levels.try_into_vec().expect("values were converted to i64");
        let pixel = |frame: usize, y: usize, x: usize| {
            let cell = (frame * grid + y * grid / size) * grid + x * grid / size;
            [GREYS[levels[cell] as usize]; 3]
        };
        let rows = (0..t).flat_map(|frame| (0..size).map(move |y| (frame, y)));
        rows.flat_map(|(frame, y)| (0..size).flat_map(move |x| pixel(frame, y, x))).collect()
    }
}
