// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/optim/detail/number_step.hpp>
#include <hyspn/optim/sgd.hpp>
#include <hyspn/optim/state.hpp>

namespace hyspn::optim {

namespace detail {

/// m and v are the running means of the gradient and of its square; corrected, they are divided by 1 − decayᵗ, the sum
/// of the weights they are made of after t steps. That of m is in `step_size`, that of v in `correction`.
template <class T>
struct adam_rule {
    T rate, weight_decay;
    bool decoupled;
    T keep1, take1, keep2, take2;  ///< decay and 1 − decay
    T step_size;                   ///< rate/(1 − decay1ᵗ)
    T correction;                  ///< 1/(1 − decay2ᵗ)
    T epsilon;

    bool keeps_first() const { return true; }
    bool keeps_second() const { return true; }

    HYSPN_HD T operator()(T x, T g, T& m, T& v) const
    {
        T const slope = decoupled ? g : multiply_add(weight_decay, x, g);
        m = multiply_add(keep1, m, take1 * slope);
        v = multiply_add(keep2, v, take2 * slope * slope);
        return multiply_add(scale(v), m, decoupled ? rate * weight_decay * x : T(0));
    }

    /// What m is multiplied by: rate/(1 − decay1ᵗ)/(√v̂ + epsilon); 0 where the divisor is 0, and m too.
    HYSPN_HD T scale(T v) const
    {
        using std::sqrt;
        T const length = sqrt(v * correction) + epsilon;
        return select(length == T(0), T(0), step_size / length);
    }
};

/// 1 − decayᵗ without cancellation.
inline double sum_of_weights(double decay, index_t t)
{
    return -std::expm1(static_cast<double>(t) * std::log(decay));
}

/// The rule of step number t of adam, adamw or riemannian_adam. Throws value_error for settings outside their ranges.
template <class T, class Settings>
adam_rule<T> make_adam_rule(char const* function, Settings const& s, bool decoupled, index_t t)
{
    require_rate(function, s.rate, s.weight_decay);
    require_fraction(function, "decay1", s.decay1);
    require_fraction(function, "decay2", s.decay2);
    hyspn::detail::require_value(s.epsilon >= 0 && std::isfinite(s.epsilon), function, "epsilon",
                                 "finite and at least 0", s.epsilon);
    auto const number = [](double a) { return static_cast<T>(a); };
    return {number(s.rate),
            number(s.weight_decay),
            decoupled,
            number(s.decay1),
            number(1 - s.decay1),
            number(s.decay2),
            number(1 - s.decay2),
            number(s.rate / sum_of_weights(s.decay1, t)),
            number(1 / sum_of_weights(s.decay2, t)),
            number(s.epsilon)};
}

}  // namespace detail

/// Adam (Kingma and Ba, ICLR 2015), on every number of the parameters. In step t = 1, 2, …, with the gradient g:
///
///     d = g + weight_decay·x,
///     m ← decay1·m + (1 − decay1)·d,     v ← decay2·v + (1 − decay2)·d²     (0 before the first step),
///     m̂ = m/(1 − decay1ᵗ),     v̂ = v/(1 − decay2ᵗ),     x ← x − rate·m̂/(√v̂ + epsilon),
///
/// as PyTorch defines it. Positive leaves (curvatures, temperatures) take this step of u = log x, whose gradient is
/// x·g, and so stay positive: x ← x·exp(−move), never below the smallest normal number. Points of a manifold need
/// riemannian_adam: here they do not compile.
struct adam {
    double rate = 0.001;      ///< may change from step to step; at least 0
    double decay1 = 0.9;      ///< of the mean of the gradient, [0, 1)
    double decay2 = 0.999;    ///< of the mean of its square, [0, 1)
    double epsilon = 1e-8;    ///< added to √v̂; at least 0. With 0, numbers that never had a gradient stay.
    double weight_decay = 0;  ///< at least 0

    template <class T, class M = memory::host>
    using state = optim::state<T, M>;

    /// One step of all leaves of `params`, an aggregate or a single array, in place; `gradient` has the same leaves.
    /// The bits do not depend on the number of threads. A gradient that is NaN makes its number NaN. Throws
    /// shape_error, value_error before anything has changed.
    template <execution_policy P, class Params, class Gradient, class T, class M>
    void step(P const& exec, Params& params, Gradient const& gradient, state<T, M>& run) const
    {
        constexpr auto function = "adam::step";
        detail::take_step(exec, function, params, gradient, run,
                          detail::make_adam_rule<T>(function, *this, false, run.steps + 1));
        ++run.steps;
    }
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): as adam, but with d = g, and
///
///     x ← x − rate·weight_decay·x − rate·m̂/(√v̂ + epsilon).
///
/// The decay of a positive leaf is that of its logarithm: it pulls towards 1.
struct adamw {
    double rate = 0.001;
    double decay1 = 0.9;
    double decay2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;

    template <class T, class M = memory::host>
    using state = optim::state<T, M>;

    /// See adam::step.
    template <execution_policy P, class Params, class Gradient, class T, class M>
    void step(P const& exec, Params& params, Gradient const& gradient, state<T, M>& run) const
    {
        constexpr auto function = "adamw::step";
        detail::take_step(exec, function, params, gradient, run,
                          detail::make_adam_rule<T>(function, *this, true, run.steps + 1));
        ++run.steps;
    }
};

}  // namespace hyspn::optim

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/optim/adam.hpp>
#endif
