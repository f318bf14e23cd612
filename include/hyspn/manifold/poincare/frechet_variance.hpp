// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/log_terms.hpp>
#include <hyspn/manifold/detail/point_set.hpp>

namespace hyspn {

namespace detail {

/// d² = (4/c) b², b = asinh √z = S√z, in the notation of log_terms.
template <class T, class M>
struct squared_distance {
    T c, a, b;
    difference<scaled<T, view<T const, 1, M>>, view<T const, 1, M>> delta;  ///< y − m
    log_terms<T> t;
    T value;

    HYSPN_HD squared_distance(T c_, T a_, weighted_set<T, M> const& set, view<T const, 1, M> m, index_t k)
        : c(c_), a(a_), b(set.complements(k)), delta{set.point(k), m}, t(c, a, b, delta), value(t.theta * t.theta / c)
    {
    }

    /// The cotangent of c: 2d times that of the distance (poincare_dist).
    HYSPN_HD T slope_in_c() const
    {
        using std::sqrt;
        T const ratio = t.length / sqrt(t.p), angle = t.theta / T(2);
        T const stretch = (squared_norm(delta.y) / a + squared_norm(delta.x) / b) / t.root;
        return T(2) * t.theta / sqrt(c) * ratio *
               (stretch - T(2) * asinhc_decay(angle) * t.s * t.s * t.s * ratio * ratio);
    }
};

template <class T, class M>
struct frechet_variance_op {
    T c;
    set_batch<T, M> sets;
    view<T const, 2, M> center;
    view<T, 1, M> out;
    view<T, 2, M> scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], scratch[n]);
        T const a = complement(c, center[n]);
        compensated_sum<T> sum(T(0)), mass(T(0));
        for (index_t k = 0; k < set.size() && !set.empty(); ++k) {
            mass.add(set.mass(k));
            sum.add_product(set.mass(k), squared_distance<T, M>(c, a, set, center[n], k).value);
        }
        out(n) = set.empty() ? T(0) : sum.value() / mass.value();
    }
};

/// With V the variance, W = Σ|w| and f = 4 push = 8S/(P√(1+z)):
///     w̄ = g (d² − V)/W,  ȳ = g (|w|/W) f (δ + (Q/B) y),  m̄ = g Σ(|w|/W) f (−δ + (Q/A) m),  c̄ = g Σ(|w|/W) ∂d²/∂c.
template <class T, class M>
struct frechet_variance_vjp_op {
    T c;
    set_batch<T, M> sets;
    view<T const, 2, M> center;
    view<T const, 1, M> g;
    view<T, 2, M> dweights;
    view<T, 3, M> dpoints;
    view<T, 2, M> dcenter;
    view<T, 1, M> dc;
    view<T, 2, M> scratch;  ///< [N, K + 2D]

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        auto const complements = memory.take(sets.size());
        vector_sum<T, M> const m_bar{memory.take(sets.extent()), memory.take(sets.extent())};
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], complements);
        auto const m = center[n];
        T const a = complement(c, m);
        compensated_sum<T> total(T(0)), masses(T(0));
        for (index_t k = 0; k < set.size() && !set.empty(); ++k) {
            masses.add(set.mass(k));
            total.add_product(set.mass(k), squared_distance<T, M>(c, a, set, m, k).value);
        }
        T const mass = set.empty() ? T(1) : masses.value(), variance = total.value() / mass;
        m_bar.clear();
        T c_bar(0);
        for (index_t k = 0; k < set.size(); ++k) {
            squared_distance<T, M> const d2(c, a, set, m, k);
            T const share = set.empty() ? T(0) : g(n) * set.mass(k) / mass;
            T const factor = share * T(4) * d2.t.push(), on_y = d2.t.q / d2.b, on_m = d2.t.q / a;
            c_bar += share * d2.slope_in_c();
            view<T, 1, M> const dx = dpoints[n][k];
            for (index_t i = 0; i < m.extent(0); ++i) {
                T const delta = d2.delta(i), to_y = set.sign(k) * factor * (delta + on_y * d2.delta.x(i));
                m_bar.add(i, factor * (on_m * m(i) - delta));
                dx(i) = to_y;
            }
            dweights(n, k) = set.empty() ? T(0) : set.sign(k) * g(n) * (d2.value - variance) / mass / set.unit;
        }
        for (index_t i = 0; i < m.extent(0); ++i) dcenter(n, i) = m_bar(i);
        dc(n) = c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Mean squared distance of sets of points from a centre, Σ|w| d(m, x)²/Σ|w|: weights [N, K], points [N, K, D], center
/// [N, D] → out [N]. With the Fréchet mean as the centre it is the Fréchet variance. Negative weights count as in
/// weighted_midpoint, at −x; 0 where all weights are 0. Error ≤ 16 eps. Any strides. Throws shape_error.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y, view_of_rank<1> O>
    requires same_space<P, W, X, Y, O>
void frechet_variance(P const& exec, curvature<T> const& c, W&& weights, X&& points, Y&& center, O&& out)
{
    using M = typename P::memory_space;
    char const* const name = "frechet_variance";
    auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
    view<T const, 2, M> const at = as_const(center);
    view<T, 1, M> const to = as_view(out);
    detail::require_shape(name, "center", "[N, D] of points", at.extents(), dims<2>{{sets.count(), sets.extent()}});
    detail::require_shape(name, "out", "[N] of points", to.extents(), dims<1>{{sets.count()}});
    tensor<T, 2, M> scratch(sets.count(), sets.size());
    detail::dispatch(exec, detail::frechet_variance_op<T, M>{c.c(), sets, at, to, as_view(scratch)});
}

/// Vector-Jacobian product: writes dweights, dpoints and dcenter for the cotangent g [N] of out, returns the cotangent
/// of c, summed over the sets. At the Fréchet mean dcenter vanishes (to rounding), and the rest is the whole gradient
/// of the Fréchet variance. The cotangents may be the arrays that they belong to.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y, view_of_rank<1> G,
          view_of_rank<2> DW, view_of_rank<3> DX, view_of_rank<2> DY>
    requires same_space<P, W, X, Y, G, DW, DX, DY> T frechet_variance_vjp(P const& exec, curvature<T> const& c,
                                                                          W&& weights, X&& points, Y&& center, G&& g,
                                                                          DW&& dweights, DX&& dpoints, DY&& dcenter)
    {
        using M = typename P::memory_space;
        char const* const name = "frechet_variance_vjp";
        auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
        view<T const, 2, M> const at = as_const(center);
        view<T const, 1, M> const from = as_const(g);
        view<T, 2, M> const dw = as_view(dweights), dm = as_view(dcenter);
        view<T, 3, M> const dx = as_view(dpoints);
        dims<2> const centers{{sets.count(), sets.extent()}};
        detail::require_shape(name, "center", "[N, D] of points", at.extents(), centers);
        detail::require_shape(name, "g", "[N] of points", from.extents(), dims<1>{{sets.count()}});
        detail::require_shape(name, "dweights", "those of weights", dw.extents(), sets.weights.extents());
        detail::require_shape(name, "dpoints", "those of points", dx.extents(), sets.points.extents());
        detail::require_shape(name, "dcenter", "those of center", dm.extents(), centers);
        tensor<T, 2, M> scratch(sets.count(), sets.size() + 2 * sets.extent());
        tensor<T, 1, M> dc(sets.count());
        detail::dispatch(exec, detail::frechet_variance_vjp_op<T, M>{c.c(), sets, at, from, dw, dx, dm, as_view(dc),
                                                                     as_view(scratch)});
        return reduce(exec, sets.count(), detail::read_number<T, M>{as_const(dc)});
    }

}  // namespace poincare
}  // namespace hyspn
