"""How long the processor works on one training step of each network, in PyTorch.

The networks are those of crate/src/{model,utility,privacy}, batch and shapes those of
crate/examples/train_step.rs.

    OMP_NUM_THREADS=1 python3 scripts/lib/bench/torch_step.py STEPS

prints JSON: for each network its parameters and the median CPU milliseconds of forward, backward and Adam.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

BATCH, SIZE, FRAMES, ACTIONS, CELLS, WARM_UP = 32, 64, 8, 10, 2, 2


class Anonymizer(nn.Module):
    def __init__(self, width=16, groups=4):
        super().__init__()
        half, quarter, eighth = width, 2 * width, 4 * width
        self.stem = nn.Conv2d(3, half, 4, 2, 1)
        self.down_quarter = nn.Conv2d(half, quarter, 4, 2, 1)
        self.norm_quarter = nn.GroupNorm(groups, quarter)
        self.down_eighth = nn.Conv2d(quarter, eighth, 4, 2, 1)
        self.norm_eighth = nn.GroupNorm(groups, eighth)
        self.middle = nn.Conv2d(eighth, eighth, 3, 1, 1)
        self.up_quarter = nn.ConvTranspose2d(eighth, quarter, 2, 2)
        self.merge_quarter = nn.Conv2d(quarter, quarter, 3, 1, 1)
        self.up_half = nn.ConvTranspose2d(quarter, half, 2, 2)
        self.merge_half = nn.Conv2d(half, half, 3, 1, 1)
        self.head = nn.ConvTranspose2d(half, 3, 4, 2, 1)

    def forward(self, images):
        half = functional.relu(self.stem(images))
        quarter = functional.relu(self.norm_quarter(self.down_quarter(half)))
        eighth = functional.relu(self.norm_eighth(self.down_eighth(quarter)))
        deep = functional.relu(self.middle(eighth)) + eighth
        quarter = functional.relu(self.merge_quarter(self.up_quarter(deep) + quarter))
        half = functional.relu(self.merge_half(self.up_half(quarter) + half))
        return torch.sigmoid(self.head(half))


def shift_in_time(x, t):
    total, c, h, w = x.shape
    x = x.view(total // t, t, c, h, w)
    quarter = c // 4
    nothing = x.new_zeros(total // t, 1, quarter, h, w)
    before = torch.cat([nothing, x[:, :-1, :quarter]], 1)
    after = torch.cat([x[:, 1:, quarter : 2 * quarter], nothing], 1)
    return torch.cat([before, after, x[:, :, 2 * quarter :]], 2).view(total, c, h, w)


def movement(frames, t):
    clips = frames.view(-1, t, *frames.shape[1:])
    change = clips[:, 1:] - clips[:, :-1]
    return torch.cat([torch.zeros_like(clips[:, :1]), change], 1).mul(4).view(frames.shape)


class Utility(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        shapes = [(6, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 2), (4 * width, 4 * width, 1)]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, stride, 1) for a, b, stride in shapes)
        self.norms = nn.ModuleList(nn.GroupNorm(4, b) for _, b, _ in shapes)
        self.head = nn.Linear(4 * width * CELLS * CELLS, ACTIONS)

    def forward(self, frames, t):
        x = torch.cat([frames, movement(frames, t)], 1)
        for stage, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = functional.relu(norm(convolution(shift_in_time(x, t) if stage > 0 else x)))
        total, c, h, w = x.shape
        cells = x.view(total // t, t, c, CELLS, h // CELLS, CELLS, w // CELLS)
        return self.head(cells.mean((1, 4, 6)).flatten(1))


class Privacy(nn.Module):
    def __init__(self, width=16, embedding=64):
        super().__init__()
        shapes = [(3, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 2), (4 * width, 4 * width, 1)]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride, 1) for a, b, stride in shapes)
        self.norms = nn.ModuleList(nn.GroupNorm(4, b) for _, b, _ in shapes)
        self.refine = nn.ModuleList(nn.Conv2d(b, b, 3, 1, 1) for _, b, _ in shapes)
        self.hidden = nn.Linear(16 * width, 4 * width)
        self.projection = nn.Linear(4 * width, embedding)

    def forward(self, x):
        x = (x - 0.5) * 4
        for down, norm, refine in zip(self.down, self.norms, self.refine):
            x = functional.relu(norm(down(x)))
            x = functional.relu(refine(x)) + x
        x = self.projection(functional.relu(self.hidden(functional.adaptive_avg_pool2d(x, 2).flatten(1))))
        return x / (x.square().sum(1, keepdim=True) + 1e-12).sqrt()


def nt_xent(both, temperature=0.1):
    n = len(both) // 2
    similarity = both @ both.T / temperature - torch.eye(2 * n) * 1e9
    twins = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return functional.cross_entropy(similarity, twins)


def measure(network, steps, loss):
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    milliseconds = []
    for step in range(WARM_UP + steps):
        start = time.process_time()
        value = loss(network)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        last = value.item()
        if step >= WARM_UP:
            milliseconds.append((time.process_time() - start) * 1e3)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {"parameters": parameters, "milliseconds": statistics.median(milliseconds), "loss": last}


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    torch.manual_seed(0)
    images = torch.rand(BATCH, 3, SIZE, SIZE)
    actions = torch.arange(BATCH // FRAMES)
    figures = {
        "version": torch.__version__,
        "anonymizer": measure(Anonymizer(), steps, lambda network: (network(images) - images).abs().mean()),
        "utility": measure(Utility(), steps, lambda network: functional.cross_entropy(network(images, FRAMES), actions)),
        "privacy": measure(Privacy(), steps, lambda network: nt_xent(network(images))),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
