//! What the penalty pulls at, and how hard.

use super::*;

/// Length of the gradient of `loss` with respect to `at`.
fn slope(loss: &Tensor<1>, at: &Tensor<4>) -> f32 {
    at.grad(&loss.backward()).map_or(0.0, |gradient| gradient.square().sum().sqrt().into_scalar())
}

/// Raw frames, and anonymized ones that differ from them by exactly `offset` everywhere.
fn apart(offset: f32) -> (Tensor<4>, Tensor<4>) {
    let device = Device::flex().autodiff();
    let raw = Tensor::<4>::full([2, 3, 4, 4], 0.5, &device);
    let anonymized = Tensor::<4>::full([2, 3, 4, 4], 0.5 + offset, &device).require_grad();
    (raw, anonymized)
}

#[test]
fn the_penalty_pulls_if_and_only_if_the_budget_is_exceeded() {
    for (offset, pulls) in [(0.0, false), (0.1, false), (0.19, false), (0.21, true), (0.4, true)] {
        let (raw, anonymized) = apart(offset);
        let slope = slope(&hinge(rms(raw, anonymized.clone()), 0.2), &anonymized);
        assert!(slope.is_finite(), "the gradient at RMS {offset} is {slope}");
        assert_eq!(slope > 0.0, pulls, "RMS {offset}, budget 0.2: the gradient is {slope}");
    }
}

#[test]
fn the_penalty_has_a_finite_gradient_where_nothing_differs() {
    let (raw, anonymized) = apart(0.0);
    let slope = slope(&hinge(rms(raw, anonymized.clone()), 0.0), &anonymized);
    assert!(slope.is_finite(), "the gradient at RMS 0 is {slope}");
}

#[test]
fn the_penalty_pulls_as_finite_differences_say() {
    let value = |offset: f32| -> f32 {
        let (raw, anonymized) = apart(offset);
        hinge(rms(raw, anonymized), 0.2).into_scalar()
    };
    let (raw, anonymized) = apart(0.3);
    let gradient = anonymized.grad(&hinge(rms(raw, anonymized.clone()), 0.2).backward()).expect("it pulls");
    let analytic: f32 = gradient.sum().into_scalar();
    let numeric = (value(0.31) - value(0.29)) / 0.02;
    assert!((analytic - numeric).abs() < 1e-3, "analytic {analytic}, numeric {numeric}");
}

#[test]
fn one_bad_frame_cannot_hide_among_good_ones() {
    let device = Device::flex();
    let raw = Tensor::<4>::zeros([8, 3, 4, 4], &device);
    let bad = Tensor::<4>::full([1, 3, 4, 4], 0.4, &device);
    let anonymized = raw.clone().slice_assign([3..4, 0..3, 0..4, 0..4], bad);
    let penalty: f32 = hinge(rms(raw, anonymized), 0.2).into_scalar();
    // RMS over the whole batch is 0.4 / sqrt(8) = 0.14: within the budget.
    assert!((penalty - 0.2 / 8.0).abs() < 1e-4, "{penalty} is not 0.025");
}
