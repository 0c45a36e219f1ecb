//! `--device`: where the networks run.

use burn::tensor::Device;

/// Where the networks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Choice {
    /// The processor; bit-identical from run to run.
    Cpu,
    /// The first graphics card, through Vulkan, Metal or DX12; needs a build with `--features wgpu`.
    Gpu,
}

/// The device and the name it has on a card.
pub(super) fn open(choice: Choice) -> anyhow::Result<(Device, String)> {
    match choice {
        Choice::Cpu => Ok((Device::flex(), "CPU (Burn Flex)".into())),
        Choice::Gpu => gpu(),
    }
}

#[cfg(feature = "wgpu")]
fn gpu() -> anyhow::Result<(Device, String)> {
    Ok((Device::wgpu(burn::tensor::DeviceKind::DefaultDevice), "GPU (Burn wgpu)".into()))
}

#[cfg(not(feature = "wgpu"))]
fn gpu() -> anyhow::Result<(Device, String)> {
    anyhow::bail!(
        "this program was built without a GPU backend; build it with `cargo install --path crate --features wgpu`, \
         or leave --device out"
    )
}
