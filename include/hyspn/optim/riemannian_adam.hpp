// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/detail/ball_step.hpp>

namespace hyspn::optim {

namespace detail {

template <class T>
struct riemannian_adam_rule : adam_rule<T> {
    ball_options options;

    bool keeps_moved() const { return true; }

    template <class X, class G>
    HYSPN_HD void step(ball_step<T> const& ball, X x, G g, X m, T& v, X moved) const
    {
        T const half = half_complement(ball, x), metric = half * half;
        hyspn::detail::combination<T, G, X> const slope{T(1), g, this->weight_decay, x};
        T const length = half * norm(slope);
        for (index_t i = 0; i < x.extent(0); ++i) m(i) = this->keep1 * m(i) + this->take1 * (metric * slope(i));
        v = this->keep2 * v + this->take2 * length * length;
        ball.move(x, -this->scale(v), m, moved);
        hyspn::detail::poincare_ptransp::forward(ball.k, x, moved, m, m);
        for (index_t i = 0; i < x.extent(0); ++i) x(i) = moved(i);
    }
};

}  // namespace detail

/// Riemannian Adam (Bécigneul and Ganea, ICLR 2019), every point a factor of their product manifold, as in geoopt. In
/// step t = 1, 2, … a point x of a Poincaré ball with the Euclidean gradient g moves by
///
///     r = (A²/4)·(g + weight_decay·x),  A = 1 − c‖x‖²                      (the Riemannian gradient),
///     m ← decay1·m + (1 − decay1)·r                                        (a tangent vector; 0 at first),
///     v ← decay2·v + (1 − decay2)·⟨r, r⟩_x,  ⟨r, r⟩_x = (A/2·‖g + weight_decay·x‖)²    (one number; 0 at first),
///     y = exp_x(−rate·m̂/(√v̂ + epsilon)),  m̂ = m/(1 − decay1ᵗ),  v̂ = v/(1 − decay2ᵗ),
///     m ← transport of m from x to y along the geodesic,     x ← y.
///
/// t counts calls of step. Without weight decay the step commutes with the isometries of the ball. Since v is made of
/// Riemannian lengths, so is epsilon, and rate is a distance on the manifold: that of the first step, for small
/// epsilon. All other leaves take the step of adam, with the same settings.
struct riemannian_adam {
    double rate = 0.001;      ///< may change from step to step; at least 0
    double decay1 = 0.9;      ///< of the mean of the gradient, [0, 1)
    double decay2 = 0.999;    ///< of the mean of its square, [0, 1)
    double epsilon = 1e-8;    ///< added to √v̂; at least 0
    double weight_decay = 0;  ///< at least 0; of coordinates, that is, towards the origin
    ball_options ball = {};

    template <class T, class M = memory::host>
    using state = optim::state<T, M>;

    /// See riemannian_sgd::step.
    template <execution_policy P, class Params, class Gradient, class T, class M>
    void step(P const& exec, Params& params, Gradient const& gradient, state<T, M>& run) const
    {
        constexpr auto function = "riemannian_adam::step";
        detail::take_step(
            exec, function, params, gradient, run,
            detail::riemannian_adam_rule<T>{detail::make_adam_rule<T>(function, *this, false, run.steps + 1), ball});
        ++run.steps;
    }
};

}  // namespace hyspn::optim
