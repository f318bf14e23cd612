// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/optim/detail/leaves.hpp>

namespace hyspn::optim {

namespace detail {

/// average = keep·average + take·x, keep + take = 1. As a step of the smaller weight from one towards the other, so
/// that the weights sum to 1 however they are rounded, and what is positive stays so.
template <class T, std::size_t Rank, class M>
struct ema_op {
    T keep, take;
    view<T const, Rank, M> x;
    view<T, Rank, M> average;

    dims<Rank> shape() const { return average.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        T const a = average(i...), b = x(i...);
        average(i...) = take <= keep ? multiply_add(take, b - a, a) : multiply_add(keep, a - b, b);
    }
};

}  // namespace detail

/// Exponential moving average of parameters (Polyak and Juditsky 1992 in the form that networks use): after each step
///
///     average ← decay·average + (1 − decay)·params,
///
/// leaf by leaf, starting from a copy of the parameters. With `warm_up`, step t = 0, 1, … has the decay
/// min(decay, (1 + t)/(10 + t)), so that the first parameters are soon forgotten. Averages of positive numbers are
/// positive, and those of points of a ball lie in it (the average is that of their coordinates: the ball is convex).
/// Buffers, such as running statistics, are averaged as leaves are, so that the average can be used as it is.
struct ema {
    double decay = 0.999;  ///< [0, 1)
    bool warm_up = true;

    /// Of step t ≥ 0.
    double decay_at(index_t t) const
    {
        auto const steps = static_cast<double>(t);
        return warm_up ? std::min(decay, (1 + steps) / (10 + steps)) : decay;
    }

    /// `average` has the leaves and buffers of `params`. The bits do not depend on the number of threads. Throws
    /// shape_error, value_error before anything has changed.
    template <execution_policy P, class Params>
    void update(P const& exec, Params const& params, Params& average, index_t t) const
    {
        constexpr auto function = "ema::update";
        hyspn::detail::require_value(decay >= 0 && decay < 1, function, "decay", "at least 0 and below 1", decay);
        hyspn::detail::require_value(t >= 0, function, "t", "at least 0", static_cast<double>(t));
        double const keep = decay_at(t);
        using hyspn::detail::dispatch;
        hyspn::detail::leaves_and_buffers<Params> const all_average{average};
        detail::for_each_leaf_and_gradient(
            function, all_average, hyspn::detail::leaves_and_buffers<Params const>{params},
            [](std::size_t, auto const&) {},
            [&]<class Leaf, class X>(std::size_t, Leaf leaf, X x) {
                using T = value_type_of<Leaf>;
                using M = memory_of<Leaf>;
                dispatch(detail::policy_for<M>(exec),
                         detail::ema_op<T, rank_of<Leaf>, M>{static_cast<T>(keep), static_cast<T>(1 - keep), x,
                                                             as_view(leaf)});
            },
            "new value");
    }
};

}  // namespace hyspn::optim
