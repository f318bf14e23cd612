#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
"""Writes losses.safetensors: losses and their gradients as PyTorch's own functions and autograd give them in float64.
Inputs are float32 numbers. Needs torch, safetensors.

    losses.py <output file>
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(1)
out = {}


def f32(x):
    return x.float().double()


def record(name, argument, loss, **inputs):
    (gradient,) = torch.autograd.grad(loss, argument)
    for key, x in {"x": argument, "loss": loss, "gradient": gradient, **inputs}.items():
        out[f"{name}.{key}"] = x.detach().clone().contiguous()


def depths(*shape):
    return f32(0.5 + 9 * torch.rand(*shape, dtype=torch.float64))


SHAPE = (2, 1, 5, 7)
target, mask = depths(*SHAPE), f32(torch.rand(SHAPE) < 0.7)
valid = mask > 0
for name, law in {
    "l1": lambda p, t: F.l1_loss(p, t),
    "l2": lambda p, t: F.mse_loss(p, t),
    "l1_l2": lambda p, t: 0.5 * F.l1_loss(p, t) + 2 * F.mse_loss(p, t),
    "huber": lambda p, t: F.huber_loss(p, t, delta=0.75),
    "inverse_depth_l1": lambda p, t: F.l1_loss(1 / p, 1 / t),
    # The class silog_loss of BTS (github.com/cleinc/bts, pytorch/bts.py).
    "silog": lambda p, t: torch.sqrt(((p.log() - t.log()) ** 2).mean() - 0.85 * ((p.log() - t.log()).mean() ** 2)) * 10.0,
}.items():
    p = depths(*SHAPE).requires_grad_()
    record(name, p, law(p[valid], t=target[valid]), target=target, mask=mask)

labels = torch.randint(0, 6, (2, 5, 7))
labels[torch.rand(labels.shape) < 0.2] = 255
weights = f32(0.2 + torch.rand(6, dtype=torch.float64))
for name, smoothing, given in (("cross_entropy", 0.0, None), ("cross_entropy_weights", 0.0, weights),
                               ("cross_entropy_smooth", 0.125, None), ("cross_entropy_both", 0.125, weights)):
    z = f32(4 * torch.randn(2, 6, 5, 7, dtype=torch.float64)).requires_grad_()
    loss = F.cross_entropy(z, labels, weight=given, ignore_index=255, label_smoothing=smoothing)
    record(name, z, loss, labels=labels.int(), weights=weights)
for name, given in (("nll", None), ("nll_weights", weights)):
    s = f32(torch.rand(2, 6, 5, 7, dtype=torch.float64)).requires_grad_()
    p = s + 0.0625
    loss = F.nll_loss((p / p.sum(1, keepdim=True)).log(), labels, weight=given, ignore_index=255)
    record(name, s, loss, labels=labels.int(), weights=weights)

# AffinityNet's loss (github.com/jiwoon-ahn/psa, train_aff.py), over the right and the lower neighbour.
a = f32(torch.rand(1, 4, 5, 7, dtype=torch.float64)).requires_grad_()
classes = torch.randint(0, 3, (1, 5, 7))
kinds = {"bg": 0.0, "fg": 0.0, "neg": 0.0}
counts = dict.fromkeys(kinds, 0)
for k, (dy, dx) in enumerate(((0, 1), (1, -1), (1, 0), (1, 1))):
    here = (slice(0, 5 - dy), slice(max(0, -dx), 7 - max(0, dx)))
    there = (slice(dy, 5), slice(max(0, dx), 7 + min(0, dx)))
    y, other, aff = classes[0][here], classes[0][there], a[0, k][here]
    for kind, which, log in (("bg", (y == other) & (y == 0), -torch.log(aff + 1e-5)),
                             ("fg", (y == other) & (y != 0), -torch.log(aff + 1e-5)),
                             ("neg", y != other, -torch.log(1.0 + 1e-5 - aff))):
        kinds[kind] = kinds[kind] + (log * which).sum()
        counts[kind] += int(which.sum())
loss = sum(part * kinds[kind] / counts[kind] for kind, part in (("bg", 0.25), ("fg", 0.25), ("neg", 0.5)))
record("affinity_net", a, loss, labels=classes.int())

save_file(out, sys.argv[1])
