use super::*;
use crate::dp::mechanism::MechanismConfig;
use crate::model::DpConfig;

fn blank_card() -> Card {
    Card {
        format: FORMAT,
        name: "fresh".into(),
        mode: Mode::Learned,
        privacy_claim: "none".into(),
        promise: None,
        licence: "MIT OR Apache-2.0".into(),
        sha256: String::new(),
        config: AnonymizerConfig::new().with_width(8),
        known_answer: KnownAnswer { width: 1, height: 1, grid: vec![], tolerance: 0.0 },
        trained: Provenance {
            commit: "unknown".into(),
            data: vec![],
            manifest: String::new(),
            seed: 0,
            steps: 0,
            minutes: 0.0,
            device: "test".into(),
            config: serde_json::Value::Null,
        },
        measured: vec![],
        limits: vec![],
    }
}

fn fresh() -> Artifact {
    let device = Device::flex();
    let card = blank_card();
    Artifact::of(&card.config.init(&device), card, &device).expect("fresh weights can be recorded")
}

fn json(card: &Card) -> String {
    serde_json::to_string(card).expect("a card is JSON")
}

#[cfg(feature = "native")]
#[test]
fn a_filter_of_clips_survives_the_disk_and_no_engine_takes_it_for_a_model() {
    use crate::model::{BdqConfig, STEPS};
    let (device, folder) = (Device::flex(), tempfile::tempdir().expect("a temporary folder"));
    let card = blank_card().with_config(BdqConfig::new(STEPS));
    let before = ArtifactOf::of(&card.config.init(&device), card, &device).expect("recorded");
    let path = folder.path().join("fresh");
    before.save(&path).expect("written");
    let after = ArtifactOf::<BdqConfig>::load(&path).expect("read");
    assert_eq!(after.card(), before.card(), "the card changed");
    let learnt = |artifact: &ArtifactOf<BdqConfig>| artifact.restore(&device).expect("its weights").learnt();
    assert_eq!(learnt(&after), learnt(&before), "the weights changed");
    let error = Artifact::load(&path).map(|_| ()).expect_err("taken for a model").to_string();
    assert!(error.contains("filter of clips (bdq)") && error.contains("bauta judge"), "{error}");
    fresh().save(&path).expect("written");
    let error = ArtifactOf::<BdqConfig>::load(&path).map(|_| ()).expect_err("taken for a filter").to_string();
    assert!(error.contains("fresh.json is an anonymizer of single pictures"), "{error}");
}

fn promising() -> ArtifactOf<DpConfig> {
    let (device, mechanism) = (Device::flex(), MechanismConfig { clip: 1.0, sigma: 2.0, levels: None });
    let card = blank_card().with_config(DpConfig::new((16, 3, 4), mechanism));
    ArtifactOf::of(&card.config.init(&device), card, &device).expect("recorded")
}

#[test]
fn a_model_with_a_promise_survives_the_disk_and_is_taken_for_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let before = promising();
    let promise = before.card().promise.clone().expect("a promise");
    assert!((promise.mu_per_release, promise.delta) == (1.0, 1e-5), "{promise:?}");
    let path = folder.path().join("fresh");
    before.save(&path).expect("written");
    let after = ArtifactOf::<DpConfig>::load(&path).expect("read");
    assert_eq!(after.card(), before.card(), "the card changed");
    let error = Artifact::load(&path).map(|_| ()).expect_err("taken for a model").to_string();
    assert!(error.contains("short noisy codes (dp)") && error.contains("bauta judge"), "{error}");
}

#[test]
fn a_card_that_promises_more_than_its_noise_keeps_is_refused() {
    let artifact = promising();
    let open = |card: &CardOf<DpConfig>| {
        let text = serde_json::to_string(card).expect("a card is JSON");
        ArtifactOf::<DpConfig>::open("fresh.json", artifact.weights().to_vec(), &text)
    };
    assert!(open(artifact.card()).is_ok(), "the card as it is");
    let mut quiet = artifact.card().clone();
    quiet.config.mechanism.sigma = 1.0; // half the noise behind the same promise
    let error = open(&quiet).map(|_| ()).expect_err("half the noise").to_string();
    assert!(error.contains("1.0000-GDP") && error.contains("2.0000-GDP"), "{error}");
    let mut silent = artifact.card().clone();
    silent.promise = None;
    assert!(matches!(open(&silent), Err(ArtifactError::Promise { .. })), "a card without its promise");
}

#[test]
fn codes_without_noise_are_of_the_learned_mode_and_a_card_that_calls_them_dp_is_refused() {
    let (device, mechanism) = (Device::flex(), MechanismConfig { clip: 1.0, sigma: 0.0, levels: Some(2) });
    let card = blank_card().with_config(DpConfig::new((16, 3, 4), mechanism));
    let artifact = ArtifactOf::of(&card.config.init(&device), card, &device).expect("recorded");
    let modes = [&artifact, &promising()].map(|artifact| artifact.card().mode);
    assert_eq!(modes, [Mode::Learned, Mode::Dp], "without noise, and with it");
    assert_eq!(artifact.card().promise, None, "a promise without noise");
    let open = |text: &str| ArtifactOf::<DpConfig>::open("fresh.json", artifact.weights().to_vec(), text);
    let text = serde_json::to_string(artifact.card()).expect("a card is JSON");
    let again = open(&text).expect("a sound card");
    assert_eq!(again.card().config.mechanism.levels, Some(2), "its levels are lost");
    let error =
        open(&text.replace("\"levels\"", "\"level\"")).map(|_| ()).expect_err("releases without levels");
    assert!(error.to_string().contains("fresh.json"), "{error}");
    let mut boastful = artifact.card().clone();
    boastful.mode = Mode::Dp;
    let text = serde_json::to_string(&boastful).expect("a card is JSON");
    let error = open(&text).map(|_| ()).expect_err("it promises nothing").to_string();
    assert!(error.contains("fresh.json is of mode dp") && error.contains("learned"), "{error}");
}

#[test]
fn a_model_survives_the_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let before = fresh();
    before.save(&folder.path().join("fresh")).expect("written");
    let after = Artifact::load(&folder.path().join("fresh.bpk")).expect("read");
    assert_eq!(after.card(), before.card(), "the card changed");
    assert!(after.weights() == before.weights(), "the weights changed");
    let session = crate::engine::Session::open(&after, &Device::flex());
    assert!(session.is_ok(), "{:?}", session.err());
}

#[test]
fn one_flipped_bit_is_refused() {
    let artifact = fresh();
    let mut weights = artifact.weights().to_vec();
    let last = weights.len() - 1;
    weights[last] ^= 1;
    let error = Artifact::open("fresh.json", weights, &json(artifact.card())).err().expect("refused");
    assert!(matches!(error, ArtifactError::Altered { .. }), "{error}");
    assert!(error.to_string().contains("fetch them again"), "no way out: {error}");
}

#[test]
fn a_card_of_a_newer_format_is_refused_even_if_its_fields_are_unknown() {
    let error = Artifact::open("x.json", vec![], r#"{"format": 2, "novel": true}"#).err().expect("refused");
    assert!(matches!(error, ArtifactError::Newer { found: 2, .. }), "{error}");
}

#[test]
fn weights_of_another_network_are_refused() {
    let mut artifact = fresh();
    artifact.card.config.width = 16;
    let error = artifact.restore(&Device::flex()).expect_err("refused");
    assert!(matches!(error, ArtifactError::Misfit { .. }), "{error}");
}

#[test]
fn an_engine_that_computes_something_else_fails_its_self_test() {
    let mut artifact = fresh();
    artifact.card.known_answer.grid[100] += 3.0;
    let error = crate::engine::Session::open(&artifact, &Device::flex()).err().expect("refused");
    assert!(error.to_string().contains("self-test"), "{error}");
}

#[test]
fn a_card_without_intervals_is_read_and_written_as_it_was() {
    let before = r#"{"name":"a","value":0.5,"chance":null,"n":9}"#;
    let figure: Figure = serde_json::from_str(before).expect("the fields of old cards");
    assert_eq!(figure.interval(), None, "an interval nobody measured");
    assert_eq!(serde_json::to_string(&figure).expect("JSON"), before, "something was added");
}

#[test]
fn a_missing_file_is_named() {
    let error = Artifact::load(std::path::Path::new("/nowhere/ghost")).err().expect("refused");
    assert!(error.to_string().contains("/nowhere/ghost.json"), "{error}");
}
