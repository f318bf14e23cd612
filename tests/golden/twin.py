#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
"""Writes twin.safetensors: a whole pipeline (guidance U-Net, hyperbolic affinity, CSPN) as PyTorch computes it in
float64 by the formulas in the ball, with the gradient of every parameter. Inputs are float32 numbers. Needs torch,
safetensors. As a module it is the twin itself, for comparing speed.

    twin.py <output file> [seed]
"""
import math
import sys

import torch
import torch.nn.functional as F
from torch import nn


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, kernel=3, stride=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.GroupNorm(4, outputs)
        self.relu = relu

    def forward(self, x):
        y = self.norm(self.conv(x))
        return F.relu(y) if self.relu else y


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)
        self.norm1 = nn.GroupNorm(4, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.GroupNorm(4, outputs)
        self.shortcut = ConvNorm(inputs, outputs, 1, 2, False)

    def forward(self, x):
        branch = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(branch + self.shortcut(x))


class UNet(nn.Module):
    def __init__(self, inputs, outputs, width, levels):
        super().__init__()
        self.stem = ConvNorm(inputs, width)
        self.encoder = nn.ModuleList(Block(width << l, width << l + 1) for l in range(levels))
        self.decoder = nn.ModuleList(ConvNorm(3 * width << l, width << l) for l in range(levels))
        self.head = nn.Conv2d(width, outputs, 3, 1, 1)

    def forward(self, x):
        features = [self.stem(x)]
        for block in self.encoder:
            features.append(block(features[-1]))
        below = features.pop()
        for block in reversed(self.decoder):
            beside = features.pop()
            up = F.interpolate(below, size=beside.shape[2:], mode="bilinear", align_corners=False)
            below = block(torch.cat([up, beside], 1))
        return self.head(below)


def safe_norm(x, dim):
    square = (x * x).sum(dim, keepdim=True)
    return torch.where(square > 0, square, torch.ones_like(square)).sqrt() * (square > 0)


def exp0(v, c, dim=1):
    n = safe_norm(v, dim).clamp_min(1e-15) * c.sqrt()
    return torch.tanh(n) / n * v


def log0(x, c, dim=1):
    n = safe_norm(x, dim).clamp_min(1e-15) * c.sqrt()
    return torch.atanh(n) / n * x


def distance(x, y, c, dim):
    """(2/sqrt c) artanh(sqrt c |-x (+) y|), Ganea et al. 2018."""
    a, xy = -x, -(x * y).sum(dim, keepdim=True)
    x2, y2 = (x * x).sum(dim, keepdim=True), (y * y).sum(dim, keepdim=True)
    sum_ = ((1 + 2 * c * xy + c * y2) * a + (1 - c * x2) * y) / (1 + 2 * c * xy + c * c * x2 * y2)
    return (2 / c.sqrt() * torch.atanh(c.sqrt() * safe_norm(sum_, dim))).squeeze(dim)


def log_beta(n):
    return math.lgamma(n / 2) + math.lgamma(0.5) - math.lgamma((n + 1) / 2)


class Ham(nn.Module):
    """Beta-priority, geodesic weights, Poincare fully connected layer (Shimizu et al. 2021, equation 7)."""

    def __init__(self, features, outputs, kernel=3):
        super().__init__()
        self.kernel = kernel
        taps = kernel * kernel
        self.z = nn.Parameter(torch.randn(outputs, taps, features) / math.sqrt(taps * features))
        self.r = nn.Parameter(torch.zeros(outputs))
        self.c = nn.Parameter(torch.ones(()))
        self.tau = nn.Parameter(torch.ones(()))

    def forward(self, v):
        (N, C, H, W), k, c = v.shape, self.kernel, self.c
        K = k * k

        def windows(a):
            return F.unfold(a, k, padding=k // 2).view(N, a.shape[1], K, H, W)

        x, there = exp0(v, c), windows(torch.ones_like(v[:, :1]))[:, 0] > 0
        d = distance(x.unsqueeze(2), windows(x), c, 1)
        far = torch.full_like(d, math.inf)
        order = torch.sort(torch.where(there, d.detach(), far), dim=1, stable=True).indices
        weight = torch.softmax(torch.where(there, -d / self.tau, -far), 1) * there.sum(1, keepdim=True)
        t = windows(v) * weight.unsqueeze(1)
        t = torch.gather(t, 2, order.unsqueeze(1).expand_as(t)).transpose(1, 2).reshape(N, K * C, H, W)
        y = exp0(t * math.exp(log_beta(K * C) - log_beta(C)), c)

        s, z = c.sqrt(), self.z.flatten(1)
        length = z.norm(dim=1)
        inner = torch.einsum("ok,nkhw->nohw", z / length[:, None], y)
        factor = 2 / (1 - c * (y * y).sum(1, keepdim=True))
        r, length = (2 * s * self.r).view(1, -1, 1, 1), length.view(1, -1, 1, 1)
        plane = 2 * length / s * torch.asinh(factor * s * inner * torch.cosh(r) - (factor - 1) * torch.sinh(r))
        w = torch.sinh(s * plane) / s
        return log0(w / (1 + torch.sqrt(1 + c * (w * w).sum(1, keepdim=True))), c)


def shifted(a, dy, dx):
    """b(y, x) = a(y + dy, x + dx), zero outside."""
    H, W = a.shape[2:]
    p = F.pad(a, (1, 1, 1, 1))
    return p[:, :, 1 + dy:1 + dy + H, 1 + dx:1 + dx + W]


def cspn(h0, gates, steps, measured, beta):
    """Gates belong to the pixel that gives, neighbours in reverse raster order, weights sum in magnitude to 1, the rest
    is the initial map's, measurements are blended in after each step (Cheng et al. 2018)."""
    around = [(dy, dx) for dy in (1, 0, -1) for dx in (1, 0, -1) if (dy, dx) != (0, 0)]
    arriving = torch.cat([shifted(gates[:, k:k + 1], *o) for k, o in enumerate(around)], 1)
    total = arriving.abs().sum(1, keepdim=True)
    w = torch.where(total > 0, arriving / torch.where(total > 0, total, torch.ones_like(total)), torch.zeros_like(arriving))
    h = h0
    for _ in range(steps):
        h = sum(w[:, k:k + 1] * shifted(h, *o) for k, o in enumerate(around)) + (1 - w.sum(1, keepdim=True)) * h0
        h = (1 - beta) * h + beta * measured
    return h


class Twin(nn.Module):
    """guidance, affinity and propagation; features first, then the mixture of candidates if any, then the confidence."""

    def __init__(self, inputs, width, levels, features, steps, candidates=0):
        super().__init__()
        self.features, self.steps, self.candidates = features, steps, candidates
        self.guidance = UNet(inputs, features + candidates + 1, width, levels)
        self.affinity = Ham(features, 8)

    def forward(self, image, maps, measured, mask):
        heads = self.guidance(image)
        h0, n = maps, self.candidates
        if n > 0:
            p = torch.softmax(heads[:, self.features:self.features + n] + maps[:, n:].log(), 1)
            h0 = (p * maps[:, :n]).sum(1, keepdim=True)
        beta = mask * torch.sigmoid(heads[:, -1:] + 2)
        return cspn(h0, self.affinity(heads[:, :self.features]), self.steps, measured, beta)


def write(path, seed):
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    torch.set_default_dtype(torch.float64)

    def numbers(*shape):
        return torch.randn(*shape).float().double()

    net = Twin(inputs=3, width=8, levels=2, features=4, steps=6)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if name in ("affinity.c", "affinity.tau"):
                p.fill_(0.75)
            elif "guidance" in name:
                spread = 0.05 if "head" in name else 0.2  # features near the boundary are beyond the ball formulas
                p.copy_((spread * torch.randn(p.shape) + (".norm" in name and name.endswith("weight"))).float())
            else:
                p.copy_((p + 0.05 * torch.randn(p.shape)).float())
    image, maps, measured = numbers(2, 3, 13, 18), 2 + 0.5 * numbers(2, 1, 13, 18), 2 + 0.5 * numbers(2, 1, 13, 18)
    maps, measured = maps.float().double(), measured.float().double()
    mask = (torch.rand(2, 1, 13, 18) < 0.2).double()
    out = net(image, maps, measured, mask)
    dout = numbers(*out.shape)
    out.backward(dout)
    arrays = dict(image=image, maps=maps, measured=measured, mask=mask, out=out.detach(), dout=dout)
    for name, p in net.named_parameters():
        arrays["p." + name], arrays["d." + name] = p.detach(), p.grad
    save_file({k: v.contiguous().clone() for k, v in arrays.items()}, path)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
