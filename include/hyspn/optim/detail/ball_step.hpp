// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <hyspn/core/compensated.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/curvature.hpp>
#include <hyspn/manifold/detail/point_field.hpp>
#include <hyspn/manifold/manifold_points.hpp>
#include <hyspn/manifold/poincare/expmap.hpp>
#include <hyspn/manifold/poincare/ptransp.hpp>
#include <hyspn/manifold/poincare/retr.hpp>
#include <hyspn/optim/detail/number_step.hpp>

/// \file
/// A step of every point of an array in the Poincaré ball. A rule for them has, besides what numbers need
/// (number_step.hpp),
///
///     bool keeps_moved() const;                    // needs room for the point after the step
///     ball_options options;
///     HYSPN_HD void step(ball_step<T> const&, x, g, m, second, moved) const;   // of one point, in place

namespace hyspn::optim {

/// How a point follows a tangent vector.
enum class ball_map {
    exponential,  ///< along the geodesic: expmap_x(v)
    retraction    ///< along it too, as far to second order, without transcendental functions: poincare::retr
};

/// How the optimisers move points of the Poincaré ball.
struct ball_options {
    ball_map map = ball_map::exponential;
    /// √c‖x‖ stays at or below 1 − margin: a point that a step would take beyond is put back there, on its ray. At
    /// least eight roundoffs of the type, which is at a distance √c·d(0, x) of 15 (float) and 35 (double) from the
    /// origin.
    double margin = 0;
};

namespace detail {

/// What moves points of one ball.
template <class T>
struct ball_step {
    curvature<T> k;
    bool exact;
    T limit;  ///< of √c‖x‖

    /// out = x moved by factor·direction, inside; x itself, bit by bit, when that is 0. A step beyond the resolution of
    /// the ball is cut to one that arrives at the same point, so that no finite step overflows. out may be x.
    template <class X, class V, class Y>
    HYSPN_HD void move(X x, T factor, V direction, Y out) const
    {
        using std::fabs;
        T const length = k.sqrt_c() * norm(direction), size = fabs(factor) * length;
        if (size == T(0)) {
            for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i);
            return;
        }
        T const longest = hyspn::complement(k.c(), x) / math_traits<T>::unit_roundoff;
        T const cut = size > longest ? (factor > T(0) ? longest : -longest) / length : factor;
        hyspn::detail::scaled<T, V> const v{cut, direction};
        if (exact)
            hyspn::detail::poincare_expmap::forward(k, x, v, out);
        else
            hyspn::detail::poincare_retr::forward(k, x, v, out);
        pull_inside(out);
    }

private:
    template <class Y>
    HYSPN_HD void pull_inside(Y y) const
    {
        T const radius = k.sqrt_c() * norm(y);
        if (!(radius > limit)) return;
        for (index_t i = 0; i < y.extent(0); ++i) y(i) = y(i) * (limit / radius);
    }
};

/// A/2, A = 1 − c‖x‖²: the Riemannian gradient is its square times the Euclidean one (poincare::egrad2rgrad), and has
/// A/2 times the length, measured at x.
template <class T, class X>
HYSPN_HD T half_complement(ball_step<T> const& ball, X x)
{
    return complement(ball.k.c(), x) / T(2);
}

template <class Rule, class T, class M>
struct ball_step_op {
    Rule rule;
    ball_step<T> ball;
    hyspn::detail::point_field<T, M> x;
    hyspn::detail::point_field<T const, M> g;
    hyspn::detail::point_field<T, M> first, moved, second;  ///< without data where the rule keeps none

    dims<3> shape() const { return x.grid; }

    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        T nothing(0);
        T& v = second.data ? second(n, i, j)(0) : nothing;
        rule.step(ball, x(n, i, j), g(n, i, j), first(n, i, j), v, moved(n, i, j));
    }
};

/// A rule that knows points as well as numbers.
template <class Rule>
concept moves_points = requires(Rule const& rule)
{
    rule.keeps_moved();
};

template <class T>
ball_step<T> make_ball_step(char const* function, ball_options const& options, T c)
{
    hyspn::detail::require_value(options.margin >= 0 && options.margin < 1, function, "margin",
                                 "at least 0 and less than 1", options.margin);
    T const margin = std::max(static_cast<T>(options.margin), T(8) * math_traits<T>::unit_roundoff);
    return {curvature<T>::from_c(c), options.map == ball_map::exponential, T(1) - margin};
}

/// Points of an array of the state, none where the rule keeps none.
template <class T, std::size_t Rank, class M, class SM>
hyspn::detail::point_field<T, M> kept_points(bool needed, char const* function, leaf_arrays<T, SM>& arrays,
                                             std::size_t k, dims<Rank> const& e)
{
    if (!needed) return {};
    return hyspn::detail::points_of(arrays.template array<M>(function, k, e));
}

template <class T, std::size_t Rank, class M, class SM>
hyspn::detail::point_field<T, M> kept_numbers(bool needed, char const* function, leaf_arrays<T, SM>& arrays,
                                              std::size_t k, dims<Rank> const& e)
{
    if (!needed) return {};
    return hyspn::detail::numbers_of(arrays.template array<M>(function, k, hyspn::detail::without_point_axis(e)));
}

template <class Rule, class T, std::size_t Rank, class M, class SM>
ball_step_op<Rule, T, M> make_ball_op(char const* function, Rule const& rule, state<T, SM>& run, std::size_t k,
                                      leaf_view<poincare_ball<T>, T, Rank, M> x, view<T const, Rank, M> g)
{
    static_assert(Rank >= 2 && Rank <= 4, "points are rows of [N, D] or channel vectors of [C, H, W], [N, C, H, W]");
    return {rule,
            make_ball_step(function, rule.options, x.space.c),
            hyspn::detail::points_of(as_view(x)),
            hyspn::detail::points_of(g),
            kept_points<T, Rank, M>(rule.keeps_first(), function, run.first, k, x.extents()),
            kept_points<T, Rank, M>(rule.keeps_moved(), function, run.moved, k, x.extents()),
            kept_numbers<T, Rank, M>(rule.keeps_second(), function, run.second, k, x.extents())};
}

template <moves_points Rule, class T, std::size_t Rank, class M, class SM>
void prepare(char const* function, Rule const& rule, state<T, SM>& run, std::size_t k,
             leaf_view<poincare_ball<T>, T, Rank, M> x)
{
    (void)make_ball_op(function, rule, run, k, x, as_const(as_view(x)));
}

template <execution_policy P, moves_points Rule, class T, std::size_t Rank, class M, class SM>
void update(P const& exec, char const* function, Rule const& rule, state<T, SM>& run, std::size_t k,
            leaf_view<poincare_ball<T>, T, Rank, M> x, view<T const, Rank, M> g)
{
    hyspn::detail::dispatch(policy_for<M>(exec), make_ball_op(function, rule, run, k, x, g));
}

}  // namespace detail
}  // namespace hyspn::optim
