//! `L_S`: how much of what codes differ by is not the action.

use burn::tensor::{Int, Tensor};

/// Keeps the ratio a number where all codes are one.
const EPSILON: f32 = 1e-6;

/// The mean squared distance of codes of one action by that of any two codes: 0 where all of an action are one code, about 1
/// where codes do not tell the action, above 1 where those of one action are the further apart. What codes are multiplied by
/// does not count. It is a ratio of traces, of all numbers of a code together: what differs within actions in a number that
/// differs little costs little, and is no less there for who looks closely. `None` if no two codes are of one action, or all
/// are. Waits for the device.
///
/// # Shapes
/// - `codes`: `[n, d]`
/// - `actions`: `[n]`
/// - returns a value of at least 0
pub(super) fn within_actions(codes: Tensor<2>, actions: &Tensor<1, Int>) -> Option<Tensor<1>> {
    let [n, d] = codes.dims();
    let column: Tensor<2, Int> = actions.clone().unsqueeze_dim(1);
    let row: Tensor<2, Int> = actions.clone().unsqueeze_dim(0);
    let alike = column.repeat_dim(1, n).equal(row.repeat_dim(0, n)).float(); // [n, n], with each beside itself
    let pairs = alike.clone().sum().into_scalar::<f32>() - n as f32;
    let all = (n * n - n) as f32;
    if pairs < 1.0 || pairs >= all {
        return None;
    }
    let left: Tensor<3> = codes.clone().reshape([n, 1, d]);
    let right: Tensor<3> = codes.reshape([1, n, d]);
    let distances: Tensor<2> = (left - right).square().sum_dim(2).squeeze_dim(2); // [n, n], 0 beside itself
    let within = (distances.clone() * alike).sum() / pairs;
    Some(within / (distances.sum() / all + EPSILON))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution, TensorData};

    use super::*;

    fn codes(values: Vec<f32>, device: &Device) -> Tensor<2> {
        let n = values.len() / 2;
        Tensor::from_data(TensorData::new(values, [n, 2]), device)
    }

    fn actions(actions: Vec<i64>, device: &Device) -> Tensor<1, Int> {
        let n = actions.len();
        Tensor::from_data(TensorData::new(actions, [n]), device)
    }

    #[test]
    fn codes_that_tell_the_action_alone_cost_nothing_and_others_their_share() {
        let device = Device::flex();
        let two = actions(vec![0, 0, 1, 1], &device);
        let cost = |values: Vec<f32>| -> f32 {
            within_actions(codes(values, &device), &two).expect("pairs").into_scalar()
        };
        assert_eq!(cost(vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]), 0.0, "one code for each action");
        assert_eq!(cost(vec![0.5; 8]), 0.0, "one code for all");
        // Two pairs of one action, 1 apart; beside them four pairs of two actions, 0 or 1 apart, 0.5 on the average.
        let person = cost(vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert!((person - 1.5).abs() < 1e-5, "{person} where codes tell the person alone");
        // 1 within an action, and 9 or 10 between actions.
        let both = cost(vec![0.0, 0.0, 0.0, 1.0, 3.0, 0.0, 3.0, 1.0]);
        assert!((both - 1.0 / (40.0 / 6.0)).abs() < 1e-5, "{both} where codes tell both");
        let scaled = cost(vec![0.0, 0.0, 0.0, 0.1, 0.3, 0.0, 0.3, 0.1]);
        assert!((both - scaled).abs() < 1e-4, "{scaled} where the same codes are shorter");
    }

    #[test]
    fn codes_by_chance_cost_about_one() {
        let device = Device::flex();
        device.seed(3);
        let n = 200;
        let codes = Tensor::random([n, 6], Distribution::Normal(0.0, 1.0), &device);
        let ten = actions((0..n as i64).map(|clip| clip % 10).collect(), &device);
        let cost: f32 = within_actions(codes, &ten).expect("pairs").into_scalar();
        assert!((cost - 1.0).abs() < 0.1, "{cost}");
    }

    #[test]
    fn where_there_is_nothing_to_compare_nothing_is_said() {
        let device = Device::flex();
        let some = || codes(vec![0.0, 1.0, 2.0, 3.0], &device);
        assert!(
            within_actions(some(), &actions(vec![0, 1], &device)).is_none(),
            "two actions, a clip of each"
        );
        assert!(within_actions(some(), &actions(vec![1, 1], &device)).is_none(), "one action");
    }
}
