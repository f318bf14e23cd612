// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "embedding.hpp"

namespace embed_tree {

/// How well distances keep the lengths of paths.
struct quality {
    double worst;    ///< worst-case distortion: largest stretch over smallest, 1 is perfect
    double average;  ///< average distortion: mean of |scale·distance/length − 1|, 0 is perfect
    double map;      ///< mean average precision: neighbours in the tree among the nearest in the space, 1 is perfect
};

/// All distances, [n, n].
template <class P, class Space>
hyspn::tensor<double, 2> all_distances(P const& exec, embedding<Space> const& e)
{
    index_t const n = e.nodes.extent(0);
    hyspn::tensor<double, 2> all(n, n);
    points here(n, e.nodes.extent(1));
    hyspn::tensor<double, 1> row(n);
    for (index_t i = 0; i < n; ++i) {
        for (index_t j = 0; j < n; ++j) copy(as_const(e.nodes[i]), here[j]);
        e.space.distances(exec, here, e.nodes, row);
        copy(as_const(row), all[i]);
    }
    return all;
}

/// Of the nodes as near as each tree neighbour of node i, or nearer, the share that are neighbours; the mean over them.
inline double average_precision(hyspn::tensor<double, 2> const& distance, hyspn::tensor<double, 2> const& length,
                                index_t i)
{
    double sum = 0, neighbours = 0;
    index_t const n = distance.extent(0);
    for (index_t b = 0; b < n; ++b) {
        if (length(i, b) != 1) continue;
        double near = 0, right = 0;
        for (index_t j = 0; j < n; ++j) {
            if (j == i || distance(i, j) > distance(i, b)) continue;
            ++near;
            right += length(i, j) == 1;
        }
        ++neighbours;
        sum += right / near;
    }
    return sum / neighbours;
}

template <class P, class Space>
quality measure(P const& exec, embedding<Space> const& e, hyspn::tensor<double, 2> const& length)
{
    auto const distance = all_distances(exec, e);
    index_t const n = length.extent(0);
    double least = std::numeric_limits<double>::infinity(), most = 0, sum = 0, precision = 0;
    for (index_t i = 0; i < n; ++i) {
        precision += average_precision(distance, length, i) / static_cast<double>(n);
        for (index_t j = 0; j < i; ++j) {
            double const stretch = e.scale * distance(i, j) / length(i, j);
            least = std::min(least, stretch);
            most = std::max(most, stretch);
            sum += std::fabs(stretch - 1);
        }
    }
    return {most / least, sum / (static_cast<double>(n) * static_cast<double>(n - 1) / 2), precision};
}

}  // namespace embed_tree
