//! The file is read back and run node by node, each operator as ONNX defines it.

use std::collections::BTreeSet;

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Distribution, TensorData, Tolerance};

use super::*;

const SIDES: [usize; 2] = [24, 40];

fn built_in() -> Artifact {
    Artifact::built_in().expect("the built-in model")
}

fn read(artifact: &Artifact) -> Model {
    let bytes = encode(artifact, SIDES[1], SIDES[0]).expect("an ONNX file");
    Model::decode(bytes.as_slice()).expect("what was encoded can be decoded")
}

fn integers(node: &Node, name: &str) -> Vec<usize> {
    let attribute = node.attributes.iter().find(|attribute| attribute.name == name);
    attribute.expect("the attribute").integers.iter().map(|value| *value as usize).collect()
}

fn values<const D: usize>(constant: &Constant) -> Tensor<D> {
    let dims: Vec<usize> = constant.dims.iter().map(|side| *side as usize).collect();
    let floats =
        constant.bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four")));
    Tensor::from_data(TensorData::new(floats.collect::<Vec<_>>(), dims), &Device::flex())
}

fn shape(constant: &Constant) -> [usize; 4] {
    let sides =
        constant.bytes.chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().expect("eight")));
    sides.map(|side| side as usize).collect::<Vec<_>>().try_into().expect("four sides")
}

/// Runs one node on its inputs: `value` finds a computed one or a constant of four dimensions, `constant`
/// any constant.
fn run(node: &Node, value: impl Fn(usize) -> Tensor<4>, constant: impl Fn(usize) -> Constant) -> Tensor<4> {
    let x = value(0);
    let pair = |name: &str| -> [usize; 2] { integers(node, name)[..2].try_into().expect("two") };
    match node.operator.as_str() {
        "Relu" => relu(x),
        "Sigmoid" => sigmoid(x),
        "Add" => x + value(1),
        "Mul" => x * value(1),
        "Reshape" => x.reshape(shape(&constant(1))),
        "InstanceNormalization" => {
            let (scale, shift) = (values::<1>(&constant(1)), values::<1>(&constant(2)));
            let [_, c, _, _] = x.dims();
            let centred = x.clone() - x.mean_dim(2).mean_dim(3);
            let variance = centred.clone().square().mean_dim(2).mean_dim(3);
            let epsilon = node.attributes[0].float;
            centred / (variance + epsilon).sqrt() * scale.reshape([1, c, 1, 1]) + shift.reshape([1, c, 1, 1])
        }
        "Conv" => {
            let options = ConvOptions::new(pair("strides"), pair("pads"), [1, 1], 1);
            conv2d(x, value(1), Some(values(&constant(2))), options)
        }
        "ConvTranspose" => {
            let options = ConvTransposeOptions::new(pair("strides"), pair("pads"), [0, 0], [1, 1], 1);
            conv_transpose2d(x, value(1), Some(values(&constant(2))), options)
        }
        other => panic!("the operator {other} is not expected"),
    }
}

#[test]
fn the_file_computes_what_the_network_computes() {
    let artifact = built_in();
    let graph = read(&artifact).graph.expect("a graph");
    let images =
        Tensor::<4>::random([1, 3, SIDES[0], SIDES[1]], Distribution::Uniform(0.0, 1.0), &Device::flex());
    let constants: BTreeMap<&str, &Constant> =
        graph.constants.iter().map(|constant| (constant.name.as_str(), constant)).collect();
    let mut computed = BTreeMap::from([("images", images.clone())]);
    for node in &graph.nodes {
        let constant = |place: usize| constants[node.inputs[place].as_str()].clone();
        let value = |place: usize| {
            let name = node.inputs[place].as_str();
            computed.get(name).cloned().unwrap_or_else(|| values(constants[name]))
        };
        let output = run(node, value, constant);
        computed.insert(&node.outputs[0], output);
    }
    let network = artifact.restore(&Device::flex()).expect("the network");
    let found = computed["anonymized"].clone().into_data();
    found.assert_approx_eq::<f32>(&network.forward(images).into_data(), Tolerance::absolute(1e-5));
}

#[test]
fn every_parameter_is_in_the_file_and_at_work() {
    let artifact = built_in();
    let graph = read(&artifact).graph.expect("a graph");
    let at_work: BTreeSet<&str> =
        graph.nodes.iter().flat_map(|node| &node.inputs).map(String::as_str).collect();
    let idle: Vec<&str> = graph
        .constants
        .iter()
        .map(|constant| constant.name.as_str())
        .filter(|name| !at_work.contains(name))
        .collect();
    assert!(idle.is_empty(), "no node uses {idle:?}");
    let parameters = graph.constants.iter().filter(|constant| {
        let end = constant.name.rsplit('.').next().unwrap_or("");
        ["weight", "bias", "gain", "offset"].contains(&end)
    });
    let written: usize = parameters.map(|constant| constant.bytes.len() / 4).sum();
    let network = artifact.restore(&Device::flex()).expect("the network");
    assert_eq!(written, network.num_params(), "numbers in the file, and in the network");
}

#[test]
fn the_card_travels_along() {
    let artifact = built_in();
    let model = read(&artifact);
    let card = model.metadata.iter().find(|entry| entry.key == "card").expect("a card");
    let card: crate::artifact::Card = serde_json::from_str(&card.value).expect("a card");
    assert_eq!(&card, artifact.card(), "the card changed");
}

#[test]
fn a_size_that_does_not_fit_is_refused() {
    let error = encode(&built_in(), 130, 96).expect_err("refused");
    assert!(error.to_string().contains("130x96"), "{error}");
    assert!(error.to_string().contains("multiples of 8"), "no way out: {error}");
}
