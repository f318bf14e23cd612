// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <hyspn/propagation/options.hpp>

/// \file
/// Published networks as values of the axes. Change a member to make a variant:
///
///     propagation::stencil net = propagation::presets::penet;
///     net.kernel = 5;

namespace hyspn::propagation::presets {

/// What CSPN writes back at measured pixels.
enum class cspn_form {
    paper,    ///< the measurement
    released  ///< the initial map, as the authors' code does
};

/// Cheng, Wang, Yang: Depth Estimation via Affinity Learned with Convolutional Spatial Propagation Network (ECCV 2018);
/// Learning Depth with CSPN (TPAMI 2019).
struct cspn {
    index_t kernel = 3;
    index_t steps = 24;
    cspn_form form = cspn_form::paper;

    friend constexpr bool operator==(cspn const&, cspn const&) = default;

    constexpr operator stencil() const
    {
        return {.kernel = kernel,
                .steps = steps,
                .order = channel_order::flipped,
                .owner = gate_owner::source,
                .normaliser = gate_normaliser::abs_sum,
                .centre = centre_term::anchor,
                .injection = injection_time::after,
                .injected = form == cspn_form::paper ? injected_value::measured : injected_value::initial};
    }
};

/// The CSPN operator of PaddlePaddle: gates are given normalised, nothing at the centre, nothing injected.
inline constexpr stencil paddle_cspn{
    .steps = 24, .order = channel_order::flipped, .normaliser = gate_normaliser::none, .centre = centre_term::none};

/// One kernel and one stage of PENet's dilated, accelerated CSPN++ (Hu et al., ICRA 2021): gates share out what leaves
/// a pixel, so they are normalised there.
inline constexpr stencil penet{.steps = 12,
                               .order = channel_order::flipped,
                               .owner = gate_owner::source,
                               .normaliser = gate_normaliser::abs_sum_at_source,
                               .centre = centre_term::anchor,
                               .injection = injection_time::after};

/// One kernel of the post-processing of BP-Net (Tang et al., CVPR 2024).
inline constexpr stencil bpnet{.steps = 12,
                               .normaliser = gate_normaliser::abs_sum,
                               .epsilon = 1e-6,
                               .centre = centre_term::current,
                               .injection = injection_time::after};

/// Depth Prompting (Park et al., CVPR 2024), without its final clamp at 0: all k² gates are divided by Σ|g|, and the
/// centre's weight multiplies the initial map, so the weights do not sum to 1. Injects after each step, as for NYUv2
/// (for KITTI: before).
inline constexpr stencil depthprompting{.steps = 18,
                                        .normaliser = gate_normaliser::abs_sum,
                                        .centre = centre_term::in_set_anchor,
                                        .injection = injection_time::after};

inline constexpr std::string_view names = "cspn, cspn_released, paddle_cspn, penet, bpnet, depthprompting";

}  // namespace hyspn::propagation::presets

namespace hyspn::propagation {

/// The preset of this name (presets::names lists them), for programs with a --propagation option. Throws value_error.
inline stencil find_preset(std::string_view name)
{
    if (name == "cspn") return presets::cspn{};
    if (name == "cspn_released") return presets::cspn{.form = presets::cspn_form::released};
    if (name == "paddle_cspn") return presets::paddle_cspn;
    if (name == "penet") return presets::penet;
    if (name == "bpnet") return presets::bpnet;
    if (name == "depthprompting") return presets::depthprompting;
    hyspn::detail::raise<value_error>("find_preset", "name", "one of " + std::string(presets::names),
                                      std::string(name));
}

}  // namespace hyspn::propagation
