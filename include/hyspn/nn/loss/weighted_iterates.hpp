// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <hyspn/core/math.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>

namespace hyspn::nn::loss {

/// A loss of every iterate of a recurrent network, the later the more: Σ_t decay^(T − t)·loss(iterate t), t = 1 … T.
/// RAFT (Teed and Deng 2020, equation 7) has decay 0.8, and LRRU (Wang et al. 2023) the same sum over its stages.
struct weighted_iterates {
    double decay = 0.8;  ///< > 0; 1 weighs all alike

    /// Of iterate t of `count`, 0 ≤ t < count: the last has 1.
    double weight(index_t t, index_t count) const { return std::pow(decay, static_cast<double>(count - 1 - t)); }

    /// Σ of weight(t)·one(t) for 0 ≤ t < count, where one(t) is the loss of an iterate.
    template <class One>
    auto value(index_t count, One const& one) const
    {
        using S = std::remove_cvref_t<decltype(one(index_t{}))>;
        hyspn::detail::require_positive("weighted_iterates::value", "decay", decay);
        S sum(0);
        for (index_t t = 0; t < count; ++t) sum = multiply_add(S(weight(t, count)), one(t), sum);
        return sum;
    }

    /// The same, and the gradients: one(t) also writes the gradient of its own loss into gradients[t] (an array, or a
    /// vector, of tensors or views), which is then multiplied by the weight. Throws value_error.
    template <execution_policy P, class One, class Gradients>
    auto value_and_gradient(P const& exec, index_t count, One const& one, Gradients&& gradients) const
    {
        return value(count, [&](index_t t) {
            auto const loss = one(t);
            scale(exec, weight(t, count), as_view(gradients[static_cast<std::size_t>(t)]));
            return loss;
        });
    }

private:
    template <execution_policy P, class T, std::size_t Rank, class M>
    static void scale(P const& exec, double factor, view<T, Rank, M> const& x)
    {
        using hyspn::detail::dispatch;
        dispatch(exec, hyspn::detail::scaled_copy_op<T, Rank, M>{static_cast<T>(factor), as_const(x), x});
    }
};

}  // namespace hyspn::nn::loss
