// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "embedding.hpp"

namespace embed_tree {

/// The tree in the Poincaré disk as an SVG: edges are geodesics, the root is moved to the centre by an isometry, nodes
/// are coloured by level, leaves are named outside the disk and the others beside their dots.
std::string draw_svg(tree const& t, embedding<hyperbolic_space> const& e);

}  // namespace embed_tree
