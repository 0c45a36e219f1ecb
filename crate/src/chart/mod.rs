//! Plots as SVG text: curves over steps, and points in the plane with their Pareto front. Plain data in, a
//! picture out that stands by itself and follows the reader's light or dark scheme.

mod canvas;
mod lines;
mod scatter;
mod ticks;

#[cfg(test)]
mod tests;

/// What an axis of values looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// From the lowest value to the highest.
    #[default]
    Linear,
    /// Shares from 0 to 1, written as per cent.
    Share,
    /// Decades; what is not above 0 is left out.
    Log,
}

/// A curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Its points, `(x, y)`, by rising x. What is no finite number is left out.
    pub points: Vec<(f64, f64)>,
}

/// Curves over one axis. A noisy curve is drawn faint, with its moving average over it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// Stands above.
    pub title: String,
    /// What x is, with its unit.
    pub x_label: String,
    /// What y is, with its unit.
    pub y_label: String,
    /// How y is drawn.
    pub scale: Scale,
    /// The curves.
    pub series: Vec<Series>,
    /// Dashed horizontal lines with their names and heights, such as chance.
    pub levels: Vec<(String, f64)>,
    /// Dashed vertical lines with their names and places, such as the start of the game. Of several with one
    /// name the first is labelled.
    pub marks: Vec<(String, f64)>,
}

/// A point of a [`Scatter`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// Stands beside it, where there is room.
    pub label: String,
    /// Points of one group share a colour.
    pub group: String,
    /// Place on the lower axis.
    pub x: f64,
    /// Place on the upright axis.
    pub y: f64,
    /// Interval of `x`, from low to high.
    pub x_interval: Option<(f64, f64)>,
    /// Interval of `y`, from low to high.
    pub y_interval: Option<(f64, f64)>,
}

/// Points in the plane: what is hidden against what is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scatter {
    /// Stands above.
    pub title: String,
    /// What x is, with its unit.
    pub x_label: String,
    /// What y is, with its unit.
    pub y_label: String,
    /// The points.
    pub points: Vec<Point>,
    /// Whether to draw the [`pareto`] front.
    pub front: bool,
}

impl Lines {
    /// The plot as SVG. Without a finite point it says "no data".
    pub fn svg(&self) -> String {
        lines::draw(self)
    }
}

impl Scatter {
    /// The plot as SVG. Without a finite point it says "no data".
    pub fn svg(&self) -> String {
        scatter::draw(self)
    }
}

/// Places of the points `(x, y)` that no other point beats where a low x and a high y are good, by rising x;
/// of equal points the first. What is no finite number is never among them.
pub fn pareto(points: &[(f64, f64)]) -> Vec<usize> {
    let finite = |place: &usize| points[*place].0.is_finite() && points[*place].1.is_finite();
    let mut order: Vec<usize> = (0..points.len()).filter(finite).collect();
    order.sort_by(|a, b| {
        points[*a].0.total_cmp(&points[*b].0).then(points[*b].1.total_cmp(&points[*a].1)).then(a.cmp(b))
    });
    let mut highest = f64::NEG_INFINITY;
    order.retain(|place| {
        let rises = points[*place].1 > highest;
        highest = highest.max(points[*place].1);
        rises
    });
    order
}
