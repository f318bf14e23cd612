// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include <hyspn/metrics/depth.hpp>

#include "completion.hpp"

namespace complete_depth {

/// Errors over the pixels with truth that were not given.
struct scores {
    hyspn::metrics::depth_errors initial, final;
};

std::optional<scores> score(problem const& p, completion const& c);

/// A table for people.
void print_report(std::ostream& out, problem const& p, arguments const& a, completion const& c,
                  std::optional<scores> const& s, progress const& bar);

/// The same for programs: rmse, mae, rel, delta1 and n of the final map, null without truth; seconds of computing.
std::string json_report(problem const& p, arguments const& a, completion const& c, std::optional<scores> const& s,
                        progress const& bar);

}  // namespace complete_depth
