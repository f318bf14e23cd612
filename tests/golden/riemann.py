#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The hyspn authors
# SPDX-License-Identifier: Apache-2.0
"""Writes riemann.safetensors: Riemannian operations of the Poincare ball by their textbook formulas in 110 digits, their
vector-Jacobian products by central differences at that precision, and condition numbers (how many eps an output moves
at most when every number of the input moves by one eps). Inputs are float32 numbers. Needs mpmath, numpy,
safetensors.

    riemann.py <output file> [seed] [operation ...]
"""
import random
import sys

import numpy as np
from mpmath import mp, mpf
from safetensors.numpy import save_file

mp.dps = 110
APERTURE = mpf(0.125)


def dot(x, y):
    return sum((a * b for a, b in zip(x, y)), mpf(0))


def length(x):
    return mp.sqrt(dot(x, x))


def times(k, x):
    return [k * a for a in x]


def plus(x, y):
    return [a + b for a, b in zip(x, y)]


def mobius_add(c, x, y):
    xy, x2, y2 = dot(x, y), dot(x, x), dot(y, y)
    d = 1 + 2 * c * xy + c * c * x2 * y2
    return times(1 / d, plus(times(1 + 2 * c * xy + c * y2, x), times(1 - c * x2, y)))


def conformal(c, x):
    return 2 / (1 - c * dot(x, x))


def ptransp0back(c, x, v):
    return times(conformal(c, x) / 2, v)


def inner(c, x, u, v):
    return [conformal(c, x) ** 2 * dot(u, v)]


def norm(c, x, v):
    return [conformal(c, x) * length(v)]


def ehess2rhess(c, x, egrad, ehess, u):
    k = conformal(c, x)
    b = plus(plus(times(dot(x, egrad), u), times(-dot(x, u), egrad)), times(-dot(u, egrad), x))
    return plus(times(1 / k ** 2, ehess), times(c / k, b))


def retr(c, x, v):
    return mobius_add(c, x, times(1 / mp.sqrt((1 - c * dot(x, x)) ** 2 + c * dot(v, v)), v))


def geodesic(c, t, x, y):
    u = mobius_add(c, times(-1, x), y)
    r, s = length(u), mp.sqrt(c)
    return mobius_add(c, x, times(mp.tanh(t[0] * mp.atanh(s * r)) / (s * r), u))


def geodesic_unit(c, t, x, u):
    s = mp.sqrt(c)
    return mobius_add(c, x, times(mp.tanh(s * t[0] / 2) / (s * length(u)), u))


def hyperplane_dist(c, x, z, r):
    s, k, zeta = mp.sqrt(c), conformal(c, x), length(z)
    y = k * s * dot(x, z) / zeta * mp.cosh(2 * s * r[0]) - (k - 1) * mp.sinh(2 * s * r[0])
    return [2 * zeta / s * mp.asinh(y)]


def busemann(c, x, w):
    s = mp.sqrt(c)
    gap = plus(times(1 / length(w), w), times(-s, x))
    return [mp.log(dot(gap, gap) / (1 - c * dot(x, x))) / s]


def cone_half_aperture(c, x):
    return [mp.asin(APERTURE * (1 - c * dot(x, x)) / (mp.sqrt(c) * length(x)))]


def cone_angle(c, x, y):
    x2, y2, xy = c * dot(x, x), c * dot(y, y), c * dot(x, y)
    delta = plus(x, times(-1, y))
    below = mp.sqrt(x2) * mp.sqrt(c) * length(delta) * mp.sqrt(1 + x2 * y2 - 2 * xy)
    return [mp.acos((xy * (1 + x2) - x2 * (1 + y2)) / below)]


# name: formula, inputs with their kinds
OPERATIONS = {
    "ptransp0back": (ptransp0back, [("x", "point"), ("v", "tangent")]),
    "inner": (inner, [("x", "point"), ("u", "tangent"), ("v", "tangent")]),
    "norm": (norm, [("x", "point"), ("v", "tangent")]),
    "ehess2rhess": (ehess2rhess, [("x", "point"), ("egrad", "tangent"), ("ehess", "tangent"), ("u", "tangent")]),
    "retr": (retr, [("x", "point"), ("v", "tangent")]),
    "geodesic": (geodesic, [("t", "ratio"), ("x", "point"), ("y", "point")]),
    "geodesic_unit": (geodesic_unit, [("t", "length"), ("x", "point"), ("u", "axis")]),
    "hyperplane_dist": (hyperplane_dist, [("x", "point"), ("z", "axis"), ("r", "offset")]),
    "busemann": (busemann, [("x", "point"), ("w", "axis")]),
    "cone_half_aperture": (cone_half_aperture, [("x", "point")]),
    "cone_angle": (cone_angle, [("x", "point"), ("y", "point")]),
}
ROWS = 4


def float32(x):
    return [float(np.float32(a)) for a in x]


def unit(rng, n):
    v = [rng.gauss(0, 1) for _ in range(n)]
    r = sum(a * a for a in v) ** 0.5
    return [a / r for a in v]


def sample(rng, name, kinds, regime, n, c, row):
    """Inputs of one case: the first point, and the others in their relation to it."""
    s = c ** 0.5
    radius = {"generic": rng.uniform(0.2, 0.8), "origin": 10 ** rng.uniform(-6, -3), "close": rng.uniform(0.2, 0.9),
              "boundary": 1 - 10 ** rng.uniform(-4.5, -2), "collinear": rng.uniform(0.2, 0.8)}[regime]
    if name == "cone_half_aperture" and regime == "origin":
        radius = 0.2 + radius
    x_unit = unit(rng, n)
    x = float32([radius / s * a for a in x_unit])
    inside, values = 1 - radius ** 2, []
    small = 10 ** rng.uniform(-5, -2)
    for _, kind in kinds:
        other = unit(rng, n)
        sign = -1 if rng.random() < 0.5 else 1
        if kind == "point" and not any(k == "point" for _, k in kinds[: len(values)]):
            v = x
        elif kind == "point":
            far = 1 - 10 ** rng.uniform(-4.5, -2) if regime == "boundary" else radius * rng.uniform(0.3, 1.1)
            v = {"close": [a + small * inside / s * b for a, b in zip(x, other)],
                 "collinear": [sign * rng.uniform(0.3, 1.1) * a for a in x]}.get(regime, [far / s * b for b in other])
        elif kind == "tangent":
            size = {"origin": radius, "close": small}.get(regime, rng.uniform(0.2, 2)) * inside / s
            v = [sign * size * a for a in x_unit] if regime == "collinear" else [size * a for a in other]
        elif kind == "axis":
            size = rng.uniform(0.3, 3)
            v = {"close": [a + small * b for a, b in zip(x_unit, other)], "collinear": [sign * a for a in x]}.get(
                regime, other)
            if regime == "boundary" and row % 2:
                v = [a + small * inside * b for a, b in zip(x_unit, other)]
            v = [size * a for a in v]
        elif kind == "ratio":
            v = [[rng.uniform(0, 1), rng.uniform(0, 0.1), rng.uniform(0.9, 1), 0.5][row]]
        elif kind == "length":
            v = [sign * {"origin": radius, "close": small}.get(regime, rng.uniform(0.3, 4)) / s]
        elif kind == "offset":
            depth = np.arctanh(radius) / s
            v = [sign * {"generic": [0.3, 1.5, 20, 1000][row] / s, "origin": radius / s, "collinear": 0.7 * depth,
                         "close": depth * rng.uniform(0.5, 0.9), "boundary": depth * [0.1, 0.9, 1.2, 2][row]}[regime]]
        values.append(float32(v))
    return values


def gradients(f, g, point, step):
    """d⟨g, f⟩/d(each number of the flat point)."""
    out = []
    for j, a in enumerate(point):
        h = step * (abs(a) if a != 0 else 1)
        up, down = list(point), list(point)
        up[j], down[j] = a + h, a - h
        out.append((dot(g, f(up)) - dot(g, f(down))) / (2 * h))
    return out


def case(rng, name, regime, n, c):
    formula, kinds = OPERATIONS[name]
    rows = {}

    def keep(field, value):
        rows.setdefault(field, []).append(value)

    for row in range(ROWS):
        values = sample(rng, name, kinds, regime, n, c, row)
        sizes = [len(v) for v in values]
        point = [mpf(a) for v in values for a in v] + [mpf(c)]

        def f(p):
            parts, at = [], 0
            for size in sizes:
                parts.append(p[at: at + size])
                at += size
            return formula(p[-1], *parts)

        out = f(point)
        g = [mpf(a) for a in float32([rng.uniform(-2, 2) for _ in out])]
        grad = gradients(f, g, point, mpf(10) ** -40)
        moved = []
        for j, a in enumerate(point):
            h = mpf(10) ** -25 * (abs(a) if a != 0 else 1)
            there = list(point)
            there[j] = a + h
            moved.append([(p - q) / h * a for p, q in zip(gradients(f, g, there, mpf(10) ** -40), grad)])
        at = 0
        for (field, _), value in zip(kinds + [("c", "c")], values + [[c]]):
            part = range(at, at + len(value))
            at += len(value)
            size = mp.sqrt(sum(grad[i] ** 2 for i in part))
            change = sum(length([m[i] for i in part]) for m in moved)
            keep("cond_" + field, float(change / size) if size > 0 else 0.0)
            if field == "c":
                keep("grad_c", float(grad[-1]))
            else:
                keep(field, value)
                keep("grad_" + field, [float(grad[i]) for i in part])
        spread = mpf(0)
        for j, a in enumerate(point):
            h = mpf(10) ** -40 * (abs(a) if a != 0 else 1)
            there = list(point)
            there[j] = a + h
            spread += length([(p - q) / h * a for p, q in zip(f(there), out)])
        keep("cond_out", float(spread / length(out)))
        keep("out", [float(a) for a in out])
        keep("grad_out", [float(a) for a in g])
    return {field: np.array(v, dtype=np.float64) for field, v in rows.items()} | {"c": np.array(c, dtype=np.float64)}


def main():
    target, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tensors = {}
    for name in sys.argv[3:] or OPERATIONS:
        for n in (2, 5):
            for regime in ("generic", "origin", "boundary", "close", "collinear"):
                for k, c in enumerate((0.25, 1.0, 3.5)):
                    rng = random.Random(f"{seed} {name} {n} {regime} {k}")
                    for field, value in case(rng, name, regime, n, c).items():
                        tensors[f"{name}.d{n}.{regime}.c{k}.{field}"] = value
        print(name, file=sys.stderr, flush=True)
    save_file(tensors, target)


if __name__ == "__main__":
    main()
