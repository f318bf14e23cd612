#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
"""Times the network of kernels/training.cpp in PyTorch: whole training steps, and inference. Prints milliseconds, the
least of several rounds. Needs torch.

    train_twin.py [threads]
"""
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "golden"))
from twin import Twin

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
torch.manual_seed(1)


def batch(n, h, w):
    maps, measured, target = 1 + 0.3 * torch.rand(n, 12, h, w), 1 + 0.3 * torch.rand(n, 1, h, w), torch.rand(n, 1, h, w) + 0.5
    return torch.randn(n, 13, h, w), maps, measured, (torch.rand(n, 1, h, w) < 0.2).float(), target


def least(f, rounds):
    f()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


net = Twin(13, 16, 3, 16, 12, candidates=6)
adam = torch.optim.AdamW(net.parameters(), 1e-4, weight_decay=1e-4)
*inputs, target = batch(4, 96, 128)


def step():
    adam.zero_grad()
    error = net(*inputs) - target
    (error.abs().mean() + error.square().mean()).backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    adam.step()


print(f"train_step 4x96x128: {least(step, 10):.1f} ms")
*inputs, target = batch(1, 228, 304)
with torch.no_grad():
    print(f"pipeline_inference 228x304: {least(lambda: net(*inputs), 10):.1f} ms")
