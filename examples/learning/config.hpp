// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <hyspn/core/config.hpp>

#include "../common/usage_error.hpp"

namespace learning {

using examples::usage_error;
using hyspn::index_t;

inline constexpr std::array<std::string_view, 2> task_names{"depth", "labels"};
/// Of the hyperbolic affinity module: without beta-priority (ham_unordered), without geodesic weights (ham_unweighted),
/// and whole (ham).
inline constexpr std::array<std::string_view, 5> affinity_names{"euclidean", "naive", "ham_unordered", "ham_unweighted",
                                                                "ham"};
inline constexpr std::array<std::string_view, 4> propagation_names{"cspn", "nlspn", "dyspn", "diffusion"};

/// Everything that decides which arrays a network has and what they mean.
struct network_config {
    std::string task = "depth";
    std::string affinity = "ham";
    std::string propagation = "cspn";
    index_t width = 16;     ///< channels of the guidance's first level
    index_t levels = 3;     ///< of the guidance below the first
    index_t features = 16;  ///< channels the affinity reads
    index_t kernel = 3;     ///< of affinity and propagation; dyspn has windows of its own
    index_t steps = 12;     ///< of propagation

    friend bool operator==(network_config const&, network_config const&) = default;
};

/// "task=depth affinity=ham ...", which files of weights record.
std::string to_text(network_config const& config);

/// The configuration of such a text. Throws usage_error.
network_config parse_config(std::string const& text);

/// Throws usage_error unless the names are known and the numbers usable.
void require_valid(network_config const& config);

/// "a, b, c".
template <std::size_t N>
std::string list_of(std::array<std::string_view, N> const& names)
{
    std::string all;
    for (auto const name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

}  // namespace learning
