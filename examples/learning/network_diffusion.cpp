// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/pipeline/stages/diffusion.hpp>

#include "network_of.hpp"

namespace learning {

std::unique_ptr<network> make_diffusion(network_config const& c, std::uint64_t seed)
{
    return make_with(c, seed, hyspn::propagation::presets::diffusion{.kernel = c.kernel, .steps = c.steps});
}

}  // namespace learning
