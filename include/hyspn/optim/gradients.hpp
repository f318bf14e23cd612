// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/optim/detail/leaves.hpp>

/// \file
/// Gradients as a whole: an aggregate with for_each_leaf, of the type of the parameters.

namespace hyspn::optim {

/// gradient = 0, in place: before the first of several backward passes that add to it.
template <execution_policy P, class Gradient>
void zero(P const& exec, Gradient& gradient)
{
    using hyspn::detail::dispatch;
    detail::visit_leaves(gradient, [&]<class Leaf>(auto const&, Leaf leaf) {
        using T = value_type_of<Leaf>;
        using M = memory_of<Leaf>;
        dispatch(detail::policy_for<M>(exec), hyspn::detail::fill_op<T, rank_of<Leaf>, M>{T(0), as_view(leaf)});
    });
}

/// sum += factor·gradient, leaf by leaf: gradients of the parts of a batch, with factor 1/parts their mean. Throws
/// shape_error, before anything has changed, unless both have the same leaves.
template <execution_policy P, class Gradient>
void accumulate(P const& exec, Gradient& sum, Gradient const& gradient, double factor = 1)
{
    using hyspn::detail::dispatch;
    detail::for_each_leaf_and_gradient(
        "optim::accumulate", sum, gradient, [](std::size_t, auto const&) {},
        [&]<class Leaf, class G>(std::size_t, Leaf leaf, G g) {
            using T = value_type_of<Leaf>;
            using M = memory_of<Leaf>;
            dispatch(detail::policy_for<M>(exec),
                     hyspn::detail::add_scaled_op<T, rank_of<Leaf>, M>{static_cast<T>(factor), g, as_view(leaf)});
        });
}

}  // namespace hyspn::optim
