use super::*;
use crate::artifact::Artifact;
use crate::dp::accountant::Mu;
use crate::dp::ledger::{Budget, Counted};
use crate::dp::promise::{DELTA, Unit};

const NOISY: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 2.0, levels: None };
const QUIET: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.0, levels: None };

fn artifact((every, window): (usize, usize), mechanism: MechanismConfig) -> ArtifactOf<DpConfig> {
    let device = Device::flex();
    device.seed(6);
    let config = DpConfig { width: 4, window, ..DpConfig::new((16, 4, every), mechanism) };
    let card = Artifact::built_in().expect("the built-in card").card().clone().with_config(config.clone());
    ArtifactOf::of(&config.init(&device), card, &device).expect("recorded")
}

fn model(every: usize, mechanism: MechanismConfig) -> Arc<CodeModel> {
    of_windows((every, 1), mechanism)
}

fn of_windows(timing: (usize, usize), mechanism: MechanismConfig) -> Arc<CodeModel> {
    Arc::new(CodeModel::open(&artifact(timing, mechanism), &Device::flex()).expect("a sound model"))
}

fn ledger(budget: Mu) -> Ledger {
    Ledger::new(Counted::codes(Unit::FRAME), Budget::from(budget), DELTA).expect("a delta")
}

fn counting(model: &CodeModel) -> Ledger {
    Ledger::unbounded_codes(model.card.config.unit())
}

fn frame(shade: u8) -> RawFrame {
    let bytes = (0..16 * 16).flat_map(|i: usize| [shade, (i % 251) as u8, shade ^ (i as u8), 255]);
    RawFrame::from(Rgba8::new(16, 16, bytes.collect()).expect("a frame"))
}

#[test]
fn the_same_release_is_the_same_picture_to_the_bit_whatever_was_seen() {
    for timing in [(1, 1), (4, 2)] {
        let model = of_windows(timing, NOISY);
        let mut mechanism =
            Mechanism::new(NOISY, model.scale.clone(), Noise::seeded_for_tests(3)).expect("sound");
        let shown = Shown { release: mechanism.release(&[0.5, -0.2, 0.1, 0.9]), phase: 0.25 };
        let before = model.draw(&shown, (16, 16));
        for shade in [0, 90, 255] {
            let mut stream = model.stream(counting(&model)).expect("noise");
            (0..4).for_each(|_| drop(stream.anonymize(frame(shade)).expect("no budget")));
            assert!(
                model.draw(&shown, (16, 16)) == before,
                "shade {shade} is in the picture of another release"
            );
        }
    }
}

#[test]
fn a_code_on_levels_has_so_many_pictures_and_no_more() {
    let pictures = |levels| {
        let model = of_windows((1, 1), MechanismConfig { levels, ..QUIET });
        let mut stream = model.stream(counting(&model)).expect("noise");
        let mut seen: Vec<AnonFrame> = vec![];
        for shade in (0..=252).step_by(4) {
            let shown = stream.anonymize(frame(shade)).expect("no budget");
            if !seen.contains(&shown) {
                seen.push(shown);
            }
        }
        seen.len()
    };
    let (few, many) = (pictures(Some(2)), pictures(None));
    assert!(few <= 16 && few < many, "{few} pictures of four numbers on two levels, {many} without");
}

#[test]
fn frames_between_releases_are_not_in_the_pictures_and_cost_nothing() {
    let model = model(3, NOISY);
    let shown = |between: u8| {
        let mut stream = model.stream_seeded_for_tests(ledger(Mu::NONE), 5).expect("sound");
        let shades = [10, between, between, 200, between, between, 77];
        let clip: Vec<AnonFrame> =
            shades.map(|shade| stream.anonymize(frame(shade)).expect("no budget")).into();
        (clip, stream.ledger().releases())
    };
    let ((clip, releases), (other, _)) = (shown(0), shown(255));
    assert!(clip == other, "a frame that must not be read is in the pictures");
    assert_eq!(releases, 3, "releases of 7 frames");
    assert!(clip[0] == clip[2] && clip[2] != clip[3] && clip[3] != clip[4], "codes are not approached");
}

#[test]
fn a_window_is_released_when_it_is_whole_and_shown_until_the_next() {
    let model = of_windows((4, 2), NOISY); // reads frames 0, 2, 4, ..; lags 2
    let shown = |shades: [u8; 9]| {
        let mut stream = model.stream_seeded_for_tests(counting(&model), 5).expect("sound");
        let clip: Vec<(AnonFrame, u64)> = shades
            .map(|shade| (stream.anonymize(frame(shade)).expect("no budget"), stream.ledger().releases()))
            .into();
        let (rest, ledger) = (stream.finish((16, 16)).expect("no budget"), stream.into_ledger());
        (clip, rest, ledger.releases())
    };
    let (clip, rest, all) = shown([10; 9]);
    assert_eq!(clip.iter().map(|(_, releases)| *releases).collect::<Vec<_>>(), [0, 0, 1, 1, 1, 1, 2, 2, 2]);
    assert_eq!((rest.len(), all), (2, 3), "the last window is filled up and released");
    for (changed, first) in [(0, 2), (1, 11), (2, 2), (3, 11), (4, 6), (6, 6), (8, 10)] {
        let mut shades = [10; 9];
        shades[changed] = 200;
        let (other, late, _) = shown(shades);
        let before = clip.iter().map(|(frame, _)| frame).chain(&rest);
        let after = other.iter().map(|(frame, _)| frame).chain(&late);
        let differ: Vec<usize> =
            before.zip(after).enumerate().filter(|(_, (a, b))| a != b).map(|(place, _)| place).collect();
        let wanted: Vec<usize> = (first..11.min(first + 4)).collect();
        assert_eq!(differ, wanted, "frame {changed} is to be seen in its window, later, and nowhere else");
    }
}

#[test]
fn after_a_clip_another_begins_and_a_picture_is_a_clip() {
    let model = of_windows((6, 3), NOISY);
    let twice = || {
        let mut stream = model.stream_seeded_for_tests(counting(&model), 5).expect("sound");
        let mut all = vec![];
        for shade in [10, 99] {
            all.push(stream.anonymize(frame(shade)).expect("no budget"));
            all.extend(stream.finish((16, 16)).expect("no budget"));
        }
        assert_eq!((all.len(), stream.ledger().releases()), (10, 2));
        all
    };
    let all = twice();
    assert!(all == twice() && all[4] != all[9], "each picture is released");
    assert!(all[0] == all[5] && all[0] == all[3], "a release before the window is whole");
}

#[test]
fn a_ledger_of_something_else_is_refused() {
    let refused = of_windows((4, 2), NOISY).stream(ledger(Mu::NONE)).map(|_| ()).expect_err("of frames");
    assert!(refused.to_string().contains("one released frame"), "{refused}");
}

#[test]
fn at_the_budget_nothing_more_is_shown_and_it_is_said_why() {
    let model = model(2, NOISY); // mu 1 a release
    let mut stream = model.stream(ledger(Mu::new(2.0).expect("a mu"))).expect("noise");
    for shade in 0..8 {
        assert!(
            stream.anonymize(frame(shade)).is_ok(),
            "frame {shade} is within the budget of four releases"
        );
    }
    for _ in 0..3 {
        let refused = stream.anonymize(frame(9)).map(|_| ()).expect_err("the budget is spent").to_string();
        assert!(refused.contains("budget is spent") && refused.contains("4 release(s)"), "{refused}");
    }
    assert_eq!(stream.ledger().spent(), Mu::new(2.0).expect("a mu"), "refused frames have cost something");
    let mut next = model.stream(stream.into_ledger()).expect("noise");
    assert!(next.anonymize(frame(1)).is_err(), "a new stream forgets what was spent");
}

#[test]
fn a_stream_shows_what_training_saw() {
    let shades = [10, 60, 110, 160, 210, 5, 99, 3];
    for timing in [(3, 1), (4, 2), (3, 3)] {
        let model = of_windows(timing, QUIET);
        let mut stream = model.stream(counting(&model)).expect("noise");
        let frames: Vec<Tensor<4>> = shades
            .iter()
            .map(|shade| frame::shrink(&frame(*shade).0, 16, 16).into_tensor(&model.device))
            .collect();
        let wanted = model.network.forward(Tensor::cat(frames, 0), shades.len()).chunk(shades.len(), 0);
        let mut found: Vec<AnonFrame> =
            shades.iter().map(|shade| stream.anonymize(frame(*shade)).expect("no budget")).collect();
        found.extend(stream.finish((16, 16)).expect("no budget"));
        let in_place = &found[model.card.config.lag()..];
        assert_eq!(in_place.len(), shades.len(), "{timing:?}");
        for (place, (found, wanted)) in in_place.iter().zip(wanted).enumerate() {
            let wanted = frame::grow(&Planes::from_tensor(wanted), 16, 16);
            let off = found.picture().bytes().iter().zip(wanted.bytes()).map(|(a, b)| a.abs_diff(*b));
            let worst = off.max();
            assert!(worst <= Some(1), "{timing:?}: frame {place} is off by {worst:?}");
        }
    }
}

#[test]
fn the_same_seed_is_the_same_clip_and_the_system_never_repeats() {
    let model = model(1, NOISY);
    let seeded = |seed| {
        let mut stream = model.stream_seeded_for_tests(ledger(Mu::NONE), seed).expect("sound");
        stream.anonymize(frame(7)).expect("no budget")
    };
    let fresh = || {
        let mut stream = model.stream(ledger(Mu::NONE)).expect("noise");
        stream.anonymize(frame(7)).expect("no budget")
    };
    assert!(seeded(1) == seeded(1) && seeded(1) != seeded(2), "the seed does not decide");
    assert!(fresh() != fresh(), "two streams have one noise");
}

#[test]
fn a_model_that_answers_otherwise_than_its_card_says_is_refused() {
    let artifact = artifact((1, 1), NOISY);
    let mut card = artifact.card().clone();
    card.known_answer.grid[7] += 9.0;
    let text = serde_json::to_string(&card).expect("a card is JSON");
    let altered =
        ArtifactOf::<DpConfig>::open("m", artifact.weights().to_vec(), &text).expect("weights and card");
    let error = CodeModel::open(&altered, &Device::flex()).map(|_| ()).expect_err("a wrong answer");
    assert!(error.to_string().contains("self-test"), "{error}");
}
