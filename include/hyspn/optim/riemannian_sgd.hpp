// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/optim/detail/ball_step.hpp>
#include <hyspn/optim/sgd.hpp>

namespace hyspn::optim {

namespace detail {

template <class T>
struct riemannian_sgd_rule : sgd_rule<T> {
    ball_options options;

    bool keeps_moved() const { return this->keeps_first(); }

    template <class X, class G>
    HYSPN_HD void step(ball_step<T> const& ball, X x, G g, X m, T&, X moved) const
    {
        T const half = half_complement(ball, x), metric = half * half, mu = this->momentum;
        hyspn::detail::combination<T, G, X> const slope{T(1), g, this->weight_decay, x};
        if (mu == T(0)) {
            ball.move(x, -this->rate * metric, slope, x);
            return;
        }
        for (index_t i = 0; i < x.extent(0); ++i) m(i) = mu * m(i) + metric * slope(i);
        if (this->nesterov)
            ball.move(x, -this->rate, hyspn::detail::combination{metric, slope, mu, m}, moved);
        else
            ball.move(x, -this->rate, m, moved);
        hyspn::detail::poincare_ptransp::forward(ball.k, x, moved, m, m);
        for (index_t i = 0; i < x.extent(0); ++i) x(i) = moved(i);
    }
};

}  // namespace detail

/// Riemannian gradient descent (Bonnabel 2013) with momentum by parallel transport. Points x of a Poincaré ball with
/// the Euclidean gradient g move by
///
///     r = (1 − c‖x‖²)²/4·(g + weight_decay·x)                          (the Riemannian gradient),
///     m ← momentum·m + r                                               (0 before the first step),
///     y = exp_x(−rate·m),    with nesterov  y = exp_x(−rate·(r + momentum·m)),
///     m ← transport of m from x to y along the geodesic,     x ← y.
///
/// Without weight decay the step commutes with the isometries of the ball. All other leaves take the step of sgd, with
/// the same settings. (geoopt starts m with the Euclidean gradient, HypLL never writes it back; both are slips.)
struct riemannian_sgd {
    double rate = 0.01;       ///< may change from step to step; at least 0
    double momentum = 0;      ///< [0, 1)
    bool nesterov = false;    ///< needs momentum
    double weight_decay = 0;  ///< at least 0; of coordinates, that is, towards the origin
    ball_options ball = {};

    template <class T, class M = memory::host>
    using state = optim::state<T, M>;

    /// One step of all leaves of `params`, an aggregate or a single array, in place; `gradient` has the same leaves,
    /// with Euclidean gradients: derivatives by coordinates. Points that lie inside their ball stay inside, whatever
    /// the rate (see ball_options::margin); a point without gradient and momentum stays where it is, bit by bit. The
    /// bits do not depend on the number of threads. A gradient that is NaN makes its point NaN. Throws shape_error,
    /// value_error before anything has changed.
    template <execution_policy P, class Params, class Gradient, class T, class M>
    void step(P const& exec, Params& params, Gradient const& gradient, state<T, M>& run) const
    {
        constexpr auto function = "riemannian_sgd::step";
        detail::take_step(exec, function, params, gradient, run,
                          detail::riemannian_sgd_rule<T>{detail::make_sgd_rule<T>(function, *this), ball});
        ++run.steps;
    }
};

}  // namespace hyspn::optim
