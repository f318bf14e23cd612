// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <hyspn/core/tensor.hpp>

namespace embed_tree {

using hyspn::index_t;

/// A rooted tree, parents before their children: node 0 is the root, its parent −1.
struct tree {
    std::vector<std::string> names;
    std::vector<index_t> parents;

    index_t size() const { return static_cast<index_t>(parents.size()); }
    index_t parent(index_t node) const { return parents[static_cast<std::size_t>(node)]; }
};

/// Every node above the leaves has two children; `levels` edges from the root to a leaf.
tree binary_tree(index_t levels);

/// A small taxonomy of animals.
tree taxonomy();

/// A tree from a text file with one edge "parent child" a line; names are words, or separated by a comma or tab; text
/// after # is ignored. The root is the node that is nobody's child. Throws usage_error when it is no tree.
tree read_edges(std::filesystem::path const& path);

/// Edges between any two nodes, [n, n].
hyspn::tensor<double, 2> path_lengths(tree const& t);

/// Edges from the root.
std::vector<index_t> depths(tree const& t);

}  // namespace embed_tree
