#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
"""Writes guidance_net.safetensors: the guidance U-Net and its layers as PyTorch computes them in float64, with all
gradients. Inputs are float32 numbers. Needs torch, safetensors.

    guidance_net.py <output file> [seed]
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
torch.set_default_dtype(torch.float64)


def numbers(*shape):
    return torch.randn(*shape).float().double()


class ConvNorm(nn.Module):
    def __init__(self, norm, inputs, outputs, kernel=3, stride=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = norm(outputs)
        self.relu = relu

    def forward(self, x):
        y = self.norm(self.conv(x))
        return F.relu(y) if self.relu else y


class Block(nn.Module):
    def __init__(self, norm, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)
        self.norm1 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = norm(outputs)
        self.shortcut = ConvNorm(norm, inputs, outputs, 1, 2, False)

    def forward(self, x):
        branch = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(branch + self.shortcut(x))


class UNet(nn.Module):
    def __init__(self, norm, inputs, outputs, width, levels):
        super().__init__()
        self.stem = ConvNorm(norm, inputs, width)
        self.encoder = nn.ModuleList(Block(norm, width << l, width << l + 1) for l in range(levels))
        self.decoder = nn.ModuleList(ConvNorm(norm, 3 * width << l, width << l) for l in range(levels))
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


def network(out, case, norm):
    net = UNet(norm, 3, 4, 4, 2)
    with torch.no_grad():
        for name, p in net.named_parameters():
            spread = 0.3 if p.dim() > 1 else 0.2
            p.copy_((spread * torch.randn(p.shape) + (name.find("norm") >= 0 and name.endswith("weight"))).float())
    for name, p in net.named_parameters():
        out[f"{case}.p.{name}"] = p.detach().clone()
    x = numbers(2, 3, 9, 11).requires_grad_()
    y = net(x)
    dy = numbers(*y.shape)
    y.backward(dy)
    out[f"{case}.x"], out[f"{case}.y"], out[f"{case}.dy"], out[f"{case}.dx"] = x.detach(), y.detach(), dy, x.grad
    for name, p in net.named_parameters():
        out[f"{case}.d.{name}"] = p.grad
    for name, b in net.named_buffers():
        if "running" in name:
            out[f"{case}.b.{name}"] = b.clone()
    net.eval()
    out[f"{case}.inference"] = net(x).detach()


def layer(out, case, f, *shape):
    x = numbers(*shape).requires_grad_()
    y = f(x)
    dy = numbers(*y.shape)
    y.backward(dy)
    out[f"{case}.x"], out[f"{case}.y"], out[f"{case}.dy"], out[f"{case}.dx"] = x.detach(), y.detach(), dy, x.grad


out = {}
network(out, "batch", nn.BatchNorm2d)
network(out, "group", lambda c: nn.GroupNorm(2, c))
layer(out, "leaky_relu", lambda x: F.leaky_relu(x, 0.125), 1, 2, 5, 7)
layer(out, "gelu", F.gelu, 1, 2, 5, 7)
layer(out, "sigmoid", torch.sigmoid, 1, 2, 5, 7)
layer(out, "tanh", torch.tanh, 1, 2, 5, 7)
layer(out, "max_pool", lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 1)), 2, 2, 7, 8)
layer(out, "avg_pool", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 1)), 2, 2, 7, 8)
layer(out, "avg_pool_inside", lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 1), count_include_pad=False), 2, 2, 7, 8)
layer(out, "bilinear", lambda x: F.interpolate(x, size=(9, 17), mode="bilinear", align_corners=False), 2, 2, 5, 8)
layer(out, "bilinear_half", lambda x: F.interpolate(x, size=(3, 4), mode="bilinear", align_corners=False), 2, 2, 7, 9)
layer(out, "nearest", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), 2, 2, 5, 8)
save_file({k: v.contiguous().clone() for k, v in out.items()}, sys.argv[1])
