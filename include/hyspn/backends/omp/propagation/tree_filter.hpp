// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <vector>

#include <hyspn/propagation/tree.hpp>

/// \file
/// Passes over trees with maps in parallel: a level of a tree has too few pixels to share out. Pixels are taken in the
/// order of their levels, so parents lie close to each other, and several maps go together, in the lanes of a vector.
/// Included by propagation/tree.hpp.

namespace hyspn::detail {

/// One image's tree in its own order: slot t holds pixel order[t], and its parent is in slot parent[t] < t.
struct tree_slots {
    std::vector<std::int32_t> parent;

    explicit tree_slots(tree_links<memory::host> const& links, index_t n)
        : parent(static_cast<std::size_t>(links.order.extent(1)))
    {
        std::vector<std::int32_t> slot(parent.size());
        for (std::size_t t = 0; t < slot.size(); ++t)
            slot[static_cast<std::size_t>(links.order(n, static_cast<index_t>(t)))] = static_cast<std::int32_t>(t);
        for (std::size_t t = 0; t < slot.size(); ++t)
            parent[t] = slot[static_cast<std::size_t>(links.parent(n, links.order(n, static_cast<index_t>(t))))];
    }
};

/// Both ways over `Maps` maps from map l on.
template <index_t Maps, class T>
void aggregate_tree(tree_aggregate_op<T, memory::host> const& op, tree_slots const& slots, index_t n, index_t l)
{
    std::int32_t const *const order = &op.tree->order(n, 0), *const parent = slots.parent.data();
    T const* const weights = &op.weights(n, 0, 0, 0);
    T* plane_up[static_cast<std::size_t>(Maps)];
    T* plane_down[static_cast<std::size_t>(Maps)];
    for (index_t m = 0; m < Maps; ++m) {
        plane_up[m] = &op.up(n, l + m, 0, 0);
        plane_down[m] = &op.down(n, l + m, 0, 0);
    }
    index_t const pixels = op.tree->order.extent(1);
    tensor<T, 2> ups(pixels, Maps), downs(pixels, Maps);
    T *const up = ups.data(), *const down = downs.data();
    for (index_t t = 0; t < pixels; ++t)
        for (index_t m = 0; m < Maps; ++m) up[t * Maps + m] = plane_up[m][order[t]];
    for (index_t t = pixels; --t > 0;) {
        T const w = weights[order[t]];
        T* const above = up + parent[t] * Maps;
        for (index_t m = 0; m < Maps; ++m) above[m] += w * up[t * Maps + m];
    }
    for (index_t t = 0; t < pixels; ++t) {
        T const w = weights[order[t]];  // 0 at the root, whose parent is itself
        T const* const above = down + parent[t] * Maps;
        for (index_t m = 0; m < Maps; ++m) {
            T const own = up[t * Maps + m];
            down[t * Maps + m] = own + w * (above[m] - w * own);
        }
    }
    for (index_t t = 0; t < pixels; ++t)
        for (index_t m = 0; m < Maps; ++m) {
            plane_up[m][order[t]] = up[t * Maps + m];
            plane_down[m][order[t]] = down[t * Maps + m];
        }
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, tree_aggregate_op<T, memory::host> const& op)
{
    constexpr index_t together = 8;
    index_t const images = op.up.extent(0), maps = op.up.extent(1), groups = maps / together;
    index_t const jobs = groups + maps % together;
    std::vector<tree_slots> slots;
    for (index_t n = 0; n < images; ++n) slots.emplace_back(tree_links<memory::host>(*op.tree), n);
    exec::detail::for_each_index_omp(exec, images * jobs, [&](index_t i) {
        index_t const n = i / jobs, job = i % jobs;
        tree_slots const& own = slots[static_cast<std::size_t>(n)];
        if (job < groups)
            aggregate_tree<together>(op, own, n, job * together);
        else
            aggregate_tree<1>(op, own, n, groups * together + job - groups);
    });
}

}  // namespace hyspn::detail
