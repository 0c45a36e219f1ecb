//! All gradients, or all weights, of one module taken as one long vector.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// The inner product of two gradients of `module`; a parameter that either lacks adds nothing. Waits for the
/// device.
pub(super) fn dot<M: Module>(module: &M, a: &GradientsParams, b: &GradientsParams) -> f32 {
    struct Dot<'a>(&'a GradientsParams, &'a GradientsParams, f64);
    impl ModuleVisitor for Dot<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let (Some(a), Some(b)) = (self.0.get::<D>(param.id), self.1.get::<D>(param.id)) {
                self.2 += f64::from((a * b).sum().into_scalar::<f32>());
            }
        }
    }
    let mut dot = Dot(a, b, 0.0);
    module.visit(&mut dot);
    dot.2 as f32
}

/// `a_share * a + b_share * b`; a parameter that one lacks counts as zero there.
pub(super) fn sum<M: Module>(
    module: &M,
    (a, a_share): (&GradientsParams, f32),
    (b, b_share): (&GradientsParams, f32),
) -> GradientsParams {
    struct Sum<'a>((&'a GradientsParams, f32), (&'a GradientsParams, f32), GradientsParams);
    impl ModuleVisitor for Sum<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let part = |(from, share): (&GradientsParams, f32)| Some(from.get::<D>(param.id)? * share);
            let total = match (part(self.0), part(self.1)) {
                (Some(a), Some(b)) => a + b,
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => return,
            };
            self.2.register(param.id, total);
        }
    }
    let mut visitor = Sum((a, a_share), (b, b_share), GradientsParams::new());
    module.visit(&mut visitor);
    visitor.2
}

/// `share * gradient`.
pub(super) fn scale<M: Module>(module: &M, gradient: &GradientsParams, share: f32) -> GradientsParams {
    sum(module, (gradient, share), (&GradientsParams::new(), 0.0))
}

/// Shortens the gradient to `longest` over all parameters together; 0 leaves it as it is. Waits for the
/// device.
pub(super) fn clip<M: Module>(module: &M, gradient: GradientsParams, longest: f32) -> GradientsParams {
    if longest == 0.0 {
        return gradient;
    }
    let length = dot(module, &gradient, &gradient).sqrt();
    if length <= longest {
        return gradient; // a length that is no number is left to the check of the losses
    }
    scale(module, &gradient, longest / length)
}

/// `keep * average + (1 - keep) * now`, weight by weight. Both are without a tape.
pub(super) fn average<M: Module>(average: M, now: &M, keep: f32) -> M {
    struct Collect(GradientsParams);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.register(param.id, param.val());
        }
    }
    struct Mix(GradientsParams, f32);
    impl ModuleMapper for Mix {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let now = self.0.remove::<D>(param.id).expect("both are copies of one network");
            let keep = self.1;
            param.map(|average| average * keep + now * (1.0 - keep))
        }
    }
    let mut weights = Collect(GradientsParams::new());
    now.visit(&mut weights);
    average.map(&mut Mix(weights.0, keep))
}

/// Whether every weight is a number. Waits for the device.
pub(super) fn all_finite<M: Module>(module: &M) -> bool {
    struct Check(bool);
    impl ModuleVisitor for Check {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values = param.val().into_data().convert::<f32>();
            let values = values.as_slice::<f32>().expect("values were converted to f32");
            self.0 &= values.iter().all(|value| value.is_finite());
        }
    }
    let mut check = Check(true);
    module.visit(&mut check);
    check.0
}

/// The module, to be asked and not to be taught. Weights are drawn when somebody first looks at them, and a clone shares those
/// that are not drawn yet: to freeze it would freeze the module, too.
pub(super) fn frozen<M: Module>(module: &M) -> M {
    struct Draw;
    impl ModuleVisitor for Draw {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    module.visit(&mut Draw);
    module.clone().freeze()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;
    use crate::model::{Anonymizer, AnonymizerConfig};

    fn network() -> Anonymizer {
        let device = Device::flex().autodiff();
        device.seed(3);
        AnonymizerConfig::new().with_width(4).init(&device)
    }

    fn gradient(network: &Anonymizer, factor: f32) -> GradientsParams {
        let images = Tensor::<4>::ones([1, 3, 8, 8], &Device::flex().autodiff());
        let loss = network.forward(images * factor).sum();
        GradientsParams::from_grads(loss.backward(), network)
    }

    #[test]
    fn a_clipped_gradient_has_the_length_asked_for_and_its_direction() {
        let network = network();
        let long = gradient(&network, 1.0);
        let length = dot(&network, &long, &long).sqrt();
        let short = clip(&network, gradient(&network, 1.0), length / 2.0);
        let (along, now) = (dot(&network, &long, &short), dot(&network, &short, &short).sqrt());
        assert!((now - length / 2.0).abs() < 1e-3 * length, "{now} instead of {}", length / 2.0);
        assert!(
            (along / (now * length) - 1.0).abs() < 1e-4,
            "the direction changed: cosine {}",
            along / (now * length)
        );
        let same = clip(&network, gradient(&network, 1.0), 2.0 * length);
        assert_eq!(dot(&network, &same, &same).sqrt(), length, "a short gradient was changed");
    }

    /// The same parameters with every weight multiplied by `factor`.
    fn scaled(network: Anonymizer, factor: f32) -> Anonymizer {
        struct Scale(f32);
        impl ModuleMapper for Scale {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let factor = self.0;
                param.map(|weights| weights * factor)
            }
        }
        network.map(&mut Scale(factor))
    }

    #[test]
    fn an_average_keeps_its_share_of_every_weight() {
        let start = network().valid();
        let mixed = average(start.clone(), &scaled(start.clone(), 3.0), 0.75);
        let wanted = scaled(start.clone(), 1.5); // 0.75 + 0.25 * 3
        let image = Tensor::<4>::random([1, 3, 8, 8], Distribution::Uniform(0.0, 1.0), &Device::flex());
        let look = |network: &Anonymizer| network.forward(image.clone());
        let off = |network: &Anonymizer| -> f32 { (look(network) - look(&wanted)).abs().max().into_scalar() };
        assert!(off(&mixed) < 1e-5, "the average is off by {}", off(&mixed));
        assert!(off(&start) > 1e-3, "the weights do not matter to this picture: {}", off(&start));
    }

    #[test]
    fn a_weight_that_is_no_number_is_found() {
        let network = network().valid();
        assert!(all_finite(&network), "fresh weights are numbers");
        assert!(!all_finite(&scaled(network, f32::NAN)), "NaN passed for a number");
    }
}
