// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "embedding.hpp"

namespace embed_tree {

struct arguments {
    std::string tree = "binary";
    index_t levels = 5;
    std::filesystem::path edges, svg, json;  ///< empty: not given
    double curvature = 1;
    fit_options fit;
    int threads = 1;
    bool quiet = false;
};

/// Nothing when help was asked for and printed. Throws usage_error.
std::optional<arguments> parse(int count, char const* const* values);

}  // namespace embed_tree
