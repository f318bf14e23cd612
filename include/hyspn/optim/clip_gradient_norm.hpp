// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/flat.hpp>
#include <hyspn/optim/detail/leaves.hpp>

namespace hyspn::optim {

namespace detail {

/// The square of each number of an array, in double.
template <class T, std::size_t Rank, class M>
struct square_of_number {
    hyspn::detail::flat_elements<T const, Rank, M> x;

    HYSPN_HD double operator()(index_t i) const
    {
        auto const v = static_cast<double>(x(i));
        return unfused(v * v);
    }
};

}  // namespace detail

/// Euclidean norm of all numbers of all leaves together, in double: leaf by leaf, each in the fixed order of reduce, so
/// that the bits are the same on every host policy and any number of threads. A norm above 1e154 is infinite.
template <execution_policy P, class Gradient>
double gradient_norm(P const& exec, Gradient const& gradient)
{
    double sum = 0;
    detail::visit_leaves(gradient, [&]<class Leaf>(auto const&, Leaf leaf) {
        using T = value_type_of<Leaf>;
        using M = memory_of<Leaf>;
        hyspn::detail::flat_elements<T const, rank_of<Leaf>, M> const x(as_const(leaf));
        sum += reduce(detail::policy_for<M>(exec), x.size(), detail::square_of_number<T, rank_of<Leaf>, M>{x});
    });
    return std::sqrt(sum);
}

/// Multiplies the whole gradient by max_norm/norm where its norm is greater, and returns the norm it had. A norm that
/// is not finite is returned and the gradient stays as it was, so that the caller can leave out the step:
///
///     if (std::isfinite(clip_gradient_norm(exec, gradient, 1))) adam.step(exec, params, gradient, run);
///
/// For points of a manifold it is the norm of the Euclidean gradient, before the optimiser turns it into the Riemannian
/// one. (Pascanu, Mikolov and Bengio 2013, algorithm 1.) Throws value_error unless max_norm is
/// positive; infinity only asks for the norm.
template <execution_policy P, class Gradient>
double clip_gradient_norm(P const& exec, Gradient& gradient, double max_norm)
{
    hyspn::detail::require_value(max_norm > 0, "clip_gradient_norm", "max_norm", "positive", max_norm);
    double const norm = gradient_norm(exec, gradient);
    if (!(norm > max_norm) || !std::isfinite(norm)) return norm;
    using hyspn::detail::dispatch;
    detail::visit_leaves(gradient, [&]<class Leaf>(auto const&, Leaf leaf) {
        using T = value_type_of<Leaf>;
        using M = memory_of<Leaf>;
        dispatch(detail::policy_for<M>(exec), hyspn::detail::scaled_copy_op<T, rank_of<Leaf>, M>{
                                                  static_cast<T>(max_norm / norm), as_const(leaf), as_view(leaf)});
    });
    return norm;
}

}  // namespace hyspn::optim
