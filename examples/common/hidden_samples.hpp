// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>

namespace examples {

using hyspn::index_t;

/// Samples split into those training may use and those it must predict.
struct split_samples {
    hyspn::tensor<float, 2> kept;
    std::vector<std::pair<index_t, index_t>> hidden;  ///< row, column

    /// Whether there is something to learn from, and something to learn.
    bool is_usable() const
    {
        return !hidden.empty() && std::any_of(kept.begin(), kept.end(), [](float z) { return z > 0; });
    }
};

/// Hides three samples in ten; of scan lines one band of rows in three, because a hidden sample would tell nothing
/// beside its neighbours on the same line.
inline split_samples hide_samples(hyspn::tensor<float, 2> const& sparse, bool scan_lines, std::uint64_t seed)
{
    constexpr index_t band_rows = 12;
    hyspn::random_stream random(seed);
    split_samples split{sparse, {}};
    for (index_t i = 0; i < sparse.extent(0); ++i)
        for (index_t j = 0; j < sparse.extent(1); ++j) {
            if (!(sparse(i, j) > 0)) continue;
            if (scan_lines ? i / band_rows % 3 != 1 : random.uniform() >= 0.3) continue;
            split.hidden.emplace_back(i, j);
            split.kept(i, j) = 0;
        }
    for (std::size_t k = split.hidden.size(); k > 1; --k)  // shuffled, so that any first part is a fair choice
        std::swap(split.hidden[k - 1], split.hidden[static_cast<std::size_t>(random.below(static_cast<index_t>(k)))]);
    return split;
}

}  // namespace examples
