// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hyspn/propagation/diffusion.hpp>
#include <hyspn/propagation/presets.hpp>

#include "arguments.hpp"
#include "networks.hpp"

namespace complete_depth {

/// How the initial map is spread: a preset that brings the measurements in at their pixels, a random walk that restarts
/// from the initial map everywhere, with the same probability, or one of the larger networks.
struct propagation_method {
    hyspn::propagation::stencil net;
    std::optional<double> restart{};  ///< that probability, α
    bool to_the_limit = false;        ///< the fixed point instead of net.steps steps
    std::string network{};            ///< a network of networks.hpp instead of net, whose gates are for pictures then

    /// Steps taken, if it takes any.
    std::optional<index_t> steps() const
    {
        if (!network.empty()) return network_steps(network, net.steps);
        return to_the_limit ? std::nullopt : std::optional(net.steps);
    }

    /// The gates are logits: their exponentials are what counts.
    bool softmax() const
    {
        using hyspn::propagation::gate_normaliser;
        return net.normaliser == gate_normaliser::softmax || net.normaliser == gate_normaliser::softmax_present;
    }
};

inline constexpr std::string_view restart_names = "diffusion, diffusion_fixed_point";

/// All names of --propagation.
inline std::string propagation_names()
{
    return std::string(hyspn::propagation::presets::names) + ", " + std::string(restart_names) + ", " +
           std::string(network_names);
}

/// Throws usage_error for unknown names.
inline propagation_method find_propagation(std::string const& name, index_t steps, double alpha)
{
    using namespace hyspn::propagation;
    if (name == "diffusion" || name == "diffusion_fixed_point") {
        auto net = presets::diffusion{.steps = steps}.axes();
        net.injected = injected_value::initial;  // the seed is the initial map
        return {net, alpha, name == "diffusion_fixed_point"};
    }
    if (is_network(name)) return {.net = presets::cspn{.steps = steps}, .network = name};
    try {
        auto net = find_preset(name);
        net.steps = steps;
        // Such a preset expects gates that are normalised already, which no affinity here makes.
        if (net.normaliser == gate_normaliser::none) net.normaliser = gate_normaliser::abs_sum;
        return {net};
    } catch (hyspn::value_error const&) {
        throw usage_error("--propagation must be one of " + propagation_names() + ", got " + name);
    }
}

}  // namespace complete_depth
