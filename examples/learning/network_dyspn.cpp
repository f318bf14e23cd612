// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/pipeline/stages/rings.hpp>

#include "network_of.hpp"

namespace learning {

std::unique_ptr<network> make_dyspn(network_config const& c, std::uint64_t seed)
{
    return make_with(c, seed, hyspn::propagation::presets::dyspn_rings{.steps = c.steps});
}

}  // namespace learning
