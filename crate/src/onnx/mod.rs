//! The anonymizer as an ONNX file, for other runtimes to run and to be compared with.
//!
//! The file repeats [`Anonymizer::forward`] for one size of picture; a test runs it node by node and
//! compares.

mod format;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use prost::Message;

use crate::artifact::{Artifact, ArtifactError};
use crate::model::{Anonymizer, MULTIPLE};
use format::{Attribute, Constant, Entry, Graph, Model, Node, OperatorSet, Value};

/// Version of the operators, and of the file format that came with it: old enough for every runtime.
const OPERATORS: i64 = 17;
const FORMAT: i64 = 8;

/// Of the normalisation layers, as in the network itself.
const EPSILON: f32 = 1e-5;

/// Why a network cannot be written as ONNX.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The network takes no picture of that size.
    #[error(
        "a picture of {width}x{height} does not fit the network: both sides must be positive multiples of \
         {MULTIPLE}"
    )]
    Size {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The weights are those of another network.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}

/// The network of `artifact` as the bytes of an ONNX file.
///
/// Its input `images` and its output `anonymized` are `[1, 3, height, width]`, sRGB in `[0, 1]`. The card
/// travels along as metadata, under the key `card`.
///
/// # Errors
/// [`OnnxError`] if a side is no positive multiple of [`MULTIPLE`], or the weights do not fit the card.
pub fn encode(artifact: &Artifact, width: usize, height: usize) -> Result<Vec<u8>, OnnxError> {
    let fits = |side: usize| side > 0 && side.is_multiple_of(MULTIPLE);
    if !fits(width) || !fits(height) {
        return Err(OnnxError::Size { width, height });
    }
    let card = artifact.card();
    let network = artifact.restore(&Device::flex())?;
    let model = Model {
        ir_version: FORMAT,
        producer: env!("CARGO_PKG_NAME").into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        description: format!("{}; privacy claim: {}", card.name, card.privacy_claim),
        graph: Some(graph(&network, &card.name, card.config.groups, [height, width])),
        operator_sets: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata: vec![Entry {
            key: "card".into(),
            value: serde_json::to_string(card).expect("a card is JSON"),
        }],
    };
    Ok(model.encode_to_vec())
}

/// [`Anonymizer::forward`], line by line.
fn graph(network: &Anonymizer, name: &str, groups: usize, [height, width]: [usize; 2]) -> Graph {
    let mut parameters = Parameters::default();
    network.visit(&mut parameters);
    let mut draw = Drawing { groups, constants: parameters.found, nodes: vec![] };
    let half = draw.halving("stem", "images");
    let half = draw.relu(&half);
    let quarter = draw.halving("down_quarter", &half);
    let quarter = draw.norm("norm_quarter", &quarter, [height / 4, width / 4]);
    let quarter = draw.relu(&quarter);
    let eighth = draw.halving("down_eighth", &quarter);
    let eighth = draw.norm("norm_eighth", &eighth, [height / 8, width / 8]);
    let eighth = draw.relu(&eighth);
    let deep = draw.same("middle", &eighth);
    let deep = draw.relu(&deep);
    let deep = draw.add(&deep, &eighth);
    let up = draw.doubling("up_quarter", &deep);
    let sum = draw.add(&up, &quarter);
    let quarter = draw.same("merge_quarter", &sum);
    let quarter = draw.relu(&quarter);
    let up = draw.doubling("up_half", &quarter);
    let sum = draw.add(&up, &half);
    let half = draw.same("merge_half", &sum);
    let half = draw.relu(&half);
    let head = draw.doubling("head", &half);
    draw.name_last("Sigmoid", &head, "anonymized");
    let sides = [1, 3, height, width];
    Graph {
        nodes: draw.nodes,
        name: name.to_owned(),
        constants: draw.constants.into_values().collect(),
        inputs: vec![Value::floats("images", &sides)],
        outputs: vec![Value::floats("anonymized", &sides)],
    }
}

/// The parameters of a network by their path, as `stem.weight`.
#[derive(Default)]
struct Parameters {
    path: Vec<String>,
    found: BTreeMap<String, Constant>,
}

impl ModuleVisitor for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let tensor = param.val();
        let dims = tensor.dims();
        let values = tensor.into_data().convert::<f32>().try_into_vec().expect("values were just converted");
        self.found.insert(name.clone(), Constant::floats(&name, &dims, &values));
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

/// A graph in the making. Methods take and give the names of values; a layer is called by its field in
/// [`Anonymizer`], and its kernel's size is read from its weights.
struct Drawing {
    groups: usize,
    constants: BTreeMap<String, Constant>,
    nodes: Vec<Node>,
}

impl Drawing {
    fn relu(&mut self, x: &str) -> String {
        self.node("Relu", &[x], vec![])
    }

    fn add(&mut self, left: &str, right: &str) -> String {
        self.node("Add", &[left, right], vec![])
    }

    fn halving(&mut self, layer: &str, x: &str) -> String {
        self.convolution("Conv", layer, x, (2, 1))
    }

    fn same(&mut self, layer: &str, x: &str) -> String {
        self.convolution("Conv", layer, x, (1, 1))
    }

    fn doubling(&mut self, layer: &str, x: &str) -> String {
        let edge = (self.kernel(layer)[0] - 2) / 2;
        self.convolution("ConvTranspose", layer, x, (2, edge))
    }

    /// Burn and ONNX lay the weights of both kinds of convolution out alike.
    fn convolution(&mut self, operator: &str, layer: &str, x: &str, (stride, edge): (i64, i64)) -> String {
        let attributes = vec![
            Attribute::integers("kernel_shape", &self.kernel(layer)),
            Attribute::integers("pads", &[edge; 4]),
            Attribute::integers("strides", &[stride; 2]),
        ];
        self.node(operator, &[x, &format!("{layer}.weight"), &format!("{layer}.bias")], attributes)
    }

    /// Height and width of a layer's kernel.
    fn kernel(&self, layer: &str) -> Vec<i64> {
        self.constants[&format!("{layer}.weight")].dims[2..].to_vec()
    }

    /// Group normalisation in operators that every runtime has: groups stand in for channels, so that each is normalised
    /// as an instance; then every channel's gain and offset. `sides` are height and width of `x`.
    fn norm(&mut self, layer: &str, x: &str, [height, width]: [usize; 2]) -> String {
        let (groups, area) = (self.groups as i64, [height as i64, width as i64]);
        let channels = self.constants[&format!("{layer}.gain")].dims[1];
        let folded =
            self.integers(&format!("{layer}.folded"), &[1, groups, channels / groups * area[0], area[1]]);
        let unfolded = self.integers(&format!("{layer}.unfolded"), &[1, channels, area[0], area[1]]);
        let ones = self.floats(&format!("{layer}.ones"), &vec![1.0; self.groups]);
        let zeros = self.floats(&format!("{layer}.zeros"), &vec![0.0; self.groups]);
        let x = self.node("Reshape", &[x, &folded], vec![]);
        let x = self.node(
            "InstanceNormalization",
            &[&x, &ones, &zeros],
            vec![Attribute::float("epsilon", EPSILON)],
        );
        let x = self.node("Reshape", &[&x, &unfolded], vec![]);
        let x = self.node("Mul", &[&x, &format!("{layer}.gain")], vec![]);
        self.node("Add", &[&x, &format!("{layer}.offset")], vec![])
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.constants.insert(name.to_owned(), Constant::integers(name, values));
        name.to_owned()
    }

    fn floats(&mut self, name: &str, values: &[f32]) -> String {
        self.constants.insert(name.to_owned(), Constant::floats(name, &[values.len()], values));
        name.to_owned()
    }

    /// Appends a node and gives the name of its output.
    fn node(&mut self, operator: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        let output = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        self.push(operator, inputs, attributes, &output);
        output
    }

    fn name_last(&mut self, operator: &str, input: &str, output: &str) {
        self.push(operator, &[input], vec![], output);
    }

    fn push(&mut self, operator: &str, inputs: &[&str], attributes: Vec<Attribute>, output: &str) {
        self.nodes.push(Node {
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            outputs: vec![output.to_owned()],
            name: output.to_owned(),
            operator: operator.to_owned(),
            attributes,
        });
    }
}

#[cfg(test)]
mod tests;
