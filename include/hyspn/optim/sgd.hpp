// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/optim/detail/number_step.hpp>
#include <hyspn/optim/state.hpp>

namespace hyspn::optim {

namespace detail {

template <class T>
struct sgd_rule {
    T rate, momentum, weight_decay;
    bool nesterov;

    bool keeps_first() const { return momentum > T(0); }
    bool keeps_second() const { return false; }

    HYSPN_HD T operator()(T x, T g, T& m, T&) const
    {
        T const slope = g + weight_decay * x;
        m = momentum * m + slope;
        return rate * (nesterov ? slope + momentum * m : m);
    }
};

inline void require_rate(char const* function, double rate, double weight_decay)
{
    auto const valid = [](double a) { return a >= 0 && std::isfinite(a); };
    hyspn::detail::require_value(valid(rate), function, "rate", "finite and at least 0", rate);
    hyspn::detail::require_value(valid(weight_decay), function, "weight_decay", "finite and at least 0", weight_decay);
}

inline void require_fraction(char const* function, char const* argument, double value)
{
    hyspn::detail::require_value(value >= 0 && value < 1, function, argument, "at least 0 and less than 1", value);
}

/// The rule of sgd or riemannian_sgd. Throws value_error for settings outside their ranges.
template <class T, class Settings>
sgd_rule<T> make_sgd_rule(char const* function, Settings const& s)
{
    require_rate(function, s.rate, s.weight_decay);
    require_fraction(function, "momentum", s.momentum);
    hyspn::detail::require_value(!s.nesterov || s.momentum > 0, function, "momentum", "greater than 0 with nesterov",
                                 s.momentum);
    return {static_cast<T>(s.rate), static_cast<T>(s.momentum), static_cast<T>(s.weight_decay), s.nesterov};
}

}  // namespace detail

/// Gradient descent with momentum, on every number of the parameters. With the gradient g:
///
///     d = g + weight_decay·x,    m ← momentum·m + d  (m = 0 before the first step),
///     x ← x − rate·m,    with nesterov  x ← x − rate·(d + momentum·m),
///
/// as PyTorch defines it (without dampening). Positive leaves (curvatures, temperatures) take this step of u = log x,
/// whose gradient is x·g, and so stay positive: x ← x·exp(−move), never below the smallest normal number. Points of a
/// manifold need riemannian_sgd: here they do not compile.
struct sgd {
    double rate = 0.01;       ///< may change from step to step; at least 0
    double momentum = 0;      ///< [0, 1)
    bool nesterov = false;    ///< needs momentum
    double weight_decay = 0;  ///< at least 0

    template <class T, class M = memory::host>
    using state = optim::state<T, M>;

    /// One step of all leaves of `params`, an aggregate or a single array, in place; `gradient` has the same leaves.
    /// The bits do not depend on the number of threads. A gradient that is NaN makes its number NaN. Throws
    /// shape_error, value_error before anything has changed.
    template <execution_policy P, class Params, class Gradient, class T, class M>
    void step(P const& exec, Params& params, Gradient const& gradient, state<T, M>& run) const
    {
        constexpr auto function = "sgd::step";
        detail::take_step(exec, function, params, gradient, run, detail::make_sgd_rule<T>(function, *this));
        ++run.steps;
    }
};

}  // namespace hyspn::optim
