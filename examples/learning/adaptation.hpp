// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "task.hpp"

namespace learning {

struct adaptation_options {
    index_t iterations = 40;
    double rate = 1e-3;
    std::uint64_t seed = 1;
};

/// Trains a network for depth a little further on the measurements of one image: some are hidden (of scan lines whole
/// bands), and it learns to predict them from the others. Too few to hide any: nothing happens. `frame` holds image and
/// sparse depths alone. `progress` as in make_examples. Throws usage_error.
void adapt(exec_policy const& exec, network& net, task const& t, hyspn::data::sample const& frame,
           adaptation_options const& options, progress_function const& progress);

}  // namespace learning
