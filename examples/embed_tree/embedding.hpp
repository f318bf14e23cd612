// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <numbers>
#include <type_traits>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/optim/riemannian_adam.hpp>

#include "geometry.hpp"
#include "tree.hpp"

/// Nodes placed so that distances in the space, times a learned scale, are the lengths of paths in the tree.

namespace embed_tree {

/// What is learned.
template <class Space>
struct embedding {
    Space space;
    points nodes;      ///< [n, dimension]
    double scale = 1;  ///< edges per unit of distance

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, embedding>
    friend void for_each_leaf(Self& e, F&& f)
    {
        f("nodes", e.space.leaf(e.nodes));
        f("scale", hyspn::positive_leaf(e.scale));
    }
};

struct fit_options {
    index_t dimension = 2;
    int iterations = 2000;
    double rate = 0.3;
    std::uint64_t seed = 0;
    index_t most_pairs = 40000;  ///< per iteration; of larger trees, that many are drawn
};

/// Pairs of nodes, their points and what becomes of them.
struct pair_batch {
    std::vector<std::pair<index_t, index_t>> pairs;
    points left, right, dleft, dright;
    hyspn::tensor<double, 1> wanted, distance, slope;

    pair_batch(index_t n, index_t dimension)
        : left(n, dimension),
          right(n, dimension),
          dleft(n, dimension),
          dright(n, dimension),
          wanted(n),
          distance(n),
          slope(n)
    {
    }
    index_t size() const { return wanted.extent(0); }
};

/// A first layout, on which training depends little: by levels, the leaves around a circle in the order of the tree.
/// In more than two dimensions the others start small and random.
template <class Space>
embedding<Space> first_layout(Space const& space, tree const& t, fit_options const& o)
{
    std::vector<double> leaves(static_cast<std::size_t>(t.size())), first(leaves.size());
    auto const at = [](auto& v, index_t k) -> double& { return v[static_cast<std::size_t>(k)]; };
    for (index_t k = t.size() - 1; k >= 0; --k) {
        at(leaves, k) = std::max(at(leaves, k), 1.0);
        if (k > 0) at(leaves, t.parent(k)) += at(leaves, k);
    }
    auto next = first;
    auto const depth = depths(t);
    hyspn::random_stream random(o.seed);
    embedding<Space> e{space, points(t.size(), o.dimension), 1};
    for (index_t k = 0; k < t.size(); ++k) {
        if (k > 0) {
            at(first, k) = at(next, t.parent(k));
            at(next, t.parent(k)) += at(leaves, k);
        }
        at(next, k) = at(first, k);
        double const angle = 2 * std::numbers::pi * (at(first, k) + at(leaves, k) / 2) / at(leaves, 0);
        e.nodes(k, 0) = std::cos(angle);
        e.nodes(k, 1) = std::sin(angle);
        for (index_t d = 2; d < o.dimension; ++d) e.nodes(k, d) = 0.1 * random.normal();
        space.place(e.nodes[k],
                    static_cast<double>(depth[static_cast<std::size_t>(k)]) * 0.9 + 0.05 * random.uniform());
    }
    return e;
}

/// All pairs, or a new sample of them.
inline void choose_pairs(pair_batch& b, tree const& t, hyspn::tensor<double, 2> const& lengths, bool all,
                         hyspn::random_stream& random)
{
    if (all && !b.pairs.empty()) return;
    b.pairs.clear();
    if (all) {
        for (index_t i = 0; i < t.size(); ++i)
            for (index_t j = 0; j < i; ++j) b.pairs.emplace_back(i, j);
    } else {
        while (static_cast<index_t>(b.pairs.size()) < b.size()) {
            index_t const i = random.below(t.size()), j = random.below(t.size());
            if (i != j) b.pairs.emplace_back(i, j);
        }
    }
    for (index_t k = 0; k < b.size(); ++k) {
        auto const [i, j] = b.pairs[static_cast<std::size_t>(k)];
        b.wanted(k) = lengths(i, j);
    }
}

/// Loss, the mean of (scale·distance/length − 1)² over the pairs, and its gradient.
template <class P, class Space>
double loss_and_gradient(P const& exec, embedding<Space> const& e, pair_batch& b, embedding<Space>& gradient)
{
    index_t const n = b.size(), dimension = e.nodes.extent(1);
    for (index_t k = 0; k < n; ++k) {
        auto const [i, j] = b.pairs[static_cast<std::size_t>(k)];
        copy(as_const(e.nodes[i]), b.left[k]);
        copy(as_const(e.nodes[j]), b.right[k]);
    }
    e.space.distances(exec, b.left, b.right, b.distance);
    double loss = 0;
    std::fill(gradient.nodes.begin(), gradient.nodes.end(), 0.0);
    gradient.scale = 0;
    for (index_t k = 0; k < n; ++k) {
        double const error = e.scale * b.distance(k) / b.wanted(k) - 1,
                     weight = 2 * error / b.wanted(k) / static_cast<double>(n);
        loss += error * error / static_cast<double>(n);
        b.slope(k) = weight * e.scale;
        gradient.scale += weight * b.distance(k);
    }
    e.space.distances_vjp(exec, b.left, b.right, b.slope, b.dleft, b.dright);
    for (index_t k = 0; k < n; ++k) {
        auto const [i, j] = b.pairs[static_cast<std::size_t>(k)];
        for (index_t d = 0; d < dimension; ++d) {
            gradient.nodes(i, d) += b.dleft(k, d);
            gradient.nodes(j, d) += b.dright(k, d);
        }
    }
    return loss;
}

/// Trains from the first layout by Riemannian Adam, whose rate falls to nothing along a cosine. show(done, loss) is
/// called now and then. Deterministic: the seed decides, not the number of threads.
template <class P, class Space, class Show>
embedding<Space> fit(P const& exec, Space const& space, tree const& t, hyspn::tensor<double, 2> const& lengths,
                     fit_options const& o, Show const& show)
{
    auto e = first_layout(space, t, o);
    auto gradient = e;
    index_t const pairs = t.size() * (t.size() - 1) / 2;
    pair_batch batch(std::min(pairs, o.most_pairs), o.dimension);
    hyspn::random_stream random(o.seed + 1);
    hyspn::optim::riemannian_adam optimiser{.decay2 = 0.99};
    hyspn::optim::state<double> run;
    for (int k = 0; k < o.iterations; ++k) {
        choose_pairs(batch, t, lengths, pairs <= o.most_pairs, random);
        double const loss = loss_and_gradient(exec, e, batch, gradient);
        optimiser.rate = o.rate * (1 + std::cos(std::numbers::pi * k / o.iterations)) / 2;
        optimiser.step(exec, e, gradient, run);
        show(static_cast<double>(k + 1) / o.iterations, loss);
    }
    return e;
}

}  // namespace embed_tree
