// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/point_set.hpp>

namespace hyspn {

namespace detail {

/// A point of a set and the place m it is seen from.
template <class T, class M>
using centroid_pair = lorentz_pair<T, scaled<T, view<T const, 1, M>>, view<T, 1, M>>;

/// The centroid M = ΣaY/√R, R = −c⟨ΣaY,ΣaY⟩_L, seen from a point m. With a_k = |w_k|, Y_k = sign(w_k) X_k, N_k the
/// chord from m to Y_k and W = Σa, the sum in ambient coordinates is ΣaY = t m + U, U tangent at m:
///     t = Σ a (1 + cN²/2),     R = t² − c⟨U,U⟩_L ≥ W²,     M = m + (U + (t − √R) m)/√R.
/// In the notation of lorentz_pair, with m₀ the time of m, e = Ŷ − m̂ and h of each pair, U is
///     P⊥ + (cm₀²L) m̂,     P = Σ a‖Y‖e, its part across m,     L = Σ a (h/(cm₀) − ‖Y‖‖e‖²/2),
/// of Lorentz length squared ‖P⊥‖² + cm₀²L²: both parts have their own digits however far out m lies.
/// R loses cosh²(s d(m, M)) eps: exact in the end, when m is near M. Where nothing of R is left the step is cut to what
/// is known, which is short of M, never beyond. All but W in units of t, which may be large.
template <class T, class M>
struct centroid_sums {
    T mass, time, along;  ///< W, t, L

    HYSPN_HD centroid_sums(curvature<T> const& c, signed_set<T, M> const& set, view<T, 1, M> m,
                           vector_sum<T, M> const& p)
    {
        compensated_sum<T> masses(T(0)), bends(T(0)), rise(T(0));
        p.clear();
        for (index_t k = 0; k < set.size(); ++k) {
            T const a = set.mass(k);
            centroid_pair<T, M> const pair{c, set.point(k), m};
            masses.add(a);
            bends.add_product(a, c.c() * pair.n2 / T(2));
            rise.add(a * (pair.h / (c.c() * pair.y0) - pair.r1 * pair.e2 / T(2)));
            for (index_t i = 0; i < p.extent(0); ++i) p.add(i, a * pair.r1 * pair.e(i));
        }
        mass = masses.value();
        time = mass + bends.value();
        along = rise.value();
    }
};

/// Moves m to the centroid of a set and returns √R; the origin where all weights are 0.
template <class T, class M>
HYSPN_HD T find_centroid(curvature<T> const& c, signed_set<T, M> const& set, fine_point<T, M> const& m,
                         vector_sum<T, M> const& p)
{
    using std::sqrt;
    constexpr int most_passes = 48;  // each gains 6 (float) or 16 (double) of at most 90 or 710 in s·d
    m.set(set.point(set.heaviest));
    if (set.empty()) m.set(scaled<T, view<T const, 1, M>>{T(0), set.points[0]});
    T root(1);
    bool is_near = false;
    for (int pass = 0; pass < most_passes && !set.empty(); ++pass) {
        centroid_sums<T, M> const at(c, set, m.high, p);
        T const radius = norm(m.high), time = lorentz_time(c, radius);
        split_along const across{scaled<T, vector_sum<T, M>>{T(1) / at.time, p}, m.high, radius};
        T const rise = radius > T(0) ? c.c() * time * (at.along / at.time) : T(0);
        T const u2 = c.c() * squared_norm(across) + rise * rise;
        T const least = at.mass / at.time * (at.mass / at.time), known = T(64) * T(math_traits<T>::unit_roundoff);
        T r2 = T(1) - u2;
        if (r2 < least) r2 = least;
        if (r2 < known) r2 = known;
        T const part = sqrt(r2), on_m = u2 / (T(1) + part) + (radius > T(0) ? rise * (time / radius) : T(0));
        for (index_t i = 0; i < m.extent(0); ++i) {
            auto const moved = two_sum(m.high(i), (across(i) + on_m * m.high(i)) / part);
            m.high(i) = moved.high;
            m.low(i) = moved.low;
        }
        root = at.time * part;
        if (u2 > r2 / T(4)) continue;
        // Once more where the step has cancelled most of m.
        if (is_near || norm(m.high) >= radius / T(2)) break;
        is_near = true;
    }
    return root;
}

/// Scratch of one set.
template <class T, class M>
struct centroid_scratch {
    fine_point<T, M> m;
    vector_sum<T, M> p;

    static index_t size(index_t d) { return 4 * d; }
    HYSPN_HD centroid_scratch(scratch_cursor<T, M>& memory, index_t d)
        : m{memory.take(d), memory.take(d)}, p{memory.take(d), memory.take(d)}
    {
    }
};

template <class T, class M>
struct centroid_op {
    curvature<T> c;
    set_batch<T, M> sets;
    view<T, 2, M> out, scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        centroid_scratch<T, M> const s(memory, sets.extent());
        find_centroid(c, signed_set<T, M>(sets.weights[n], sets.points[n]), s.m, s.p);
        for (index_t i = 0; i < sets.extent(); ++i) out(n, i) = s.m.high(i);
    }
};

/// With h = ⟨g,M⟩, the chord N from M to Y and the derivatives of N² of lorentz_pair:
///     ā = ⟨g, Y − M − (cN²/2) M⟩/√R,     Ȳ = (a/√R) (g − c h ½∂N²/∂Y),     c̄ = −(h/(2√R)) Σ a (N² + c∂N²/∂c),
/// the last of second order, term by term, and of one sign: that ΣaY is a multiple of M has taken out what is of first
/// order and cancels.
template <class T, class M>
struct centroid_vjp_op {
    curvature<T> c;
    set_batch<T, M> sets;
    view<T const, 2, M> g;
    view<T, 2, M> dweights;
    view<T, 3, M> dpoints;
    view<T, 1, M> dc;
    view<T, 2, M> scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        centroid_scratch<T, M> const s(memory, sets.extent());
        signed_set<T, M> const set(sets.weights[n], sets.points[n]);
        T const root = find_centroid(c, set, s.m, s.p), h = cdot(g[n], s.m) / root;
        compensated_sum<T> slope(T(0));
        for (index_t k = 0; k < sets.size(); ++k) slope.add(point(n, k, set, s.m, root, h));
        dc(n) = -h * slope.value() / T(2);
    }

private:
    /// Writes the cotangents of one weight and one point; returns its term of c̄.
    HYSPN_HD T point(index_t n, index_t k, signed_set<T, M> const& set, fine_point<T, M> const& m, T root, T h) const
    {
        auto const bar = g[n];
        centroid_pair<T, M> const pair{c, set.point(k), m.high};
        T const sign = set.sign(k), a = set.empty() ? T(0) : set.mass(k), bend = c.c() * pair.n2 / T(2);
        auto const delta = set.from(m, k);
        combination<T, decltype(delta), fine_point<T, M>> const way{T(1), delta, -bend, m};
        T const to_a = cdot(bar, way) / root, term = a * pair.to_c();
        view<T, 1, M> const dx = dpoints[n][k];
        for (index_t i = 0; i < m.extent(0); ++i) dx(i) = sign * a * (bar(i) / root - c.c() * h * pair.to_x(i));
        dweights(n, k) = set.empty() ? T(0) : sign * to_a / set.unit;
        return term;
    }
};

}  // namespace detail

namespace lorentz {

/// Weighted centroid of sets of points of the hyperboloid, given by their space parts: weights [N, K], points [N, K, D]
/// → out [N, D],
///     M = Σ w_k x_k / (s √(−⟨Σ w x, Σ w x⟩_L))    in ambient coordinates x = (x₀, X), s = √c,
/// for weights of any sign and scale; for positive ones it is the point that minimises Σ w cosh(s d), the gyromidpoint
/// of the ball, and moves with the points under every isometry. A negative weight counts as its absolute value at
/// (x₀, −X), as in poincare::weighted_midpoint: the sum is never space-like (others take the modulus of the Lorentz
/// norm, which vanishes on the light cone). One point gives itself, points all in one place give that place bit for
/// bit; the origin where all weights are 0.
///
/// Computed around a point near the result, found in one to a few passes, O(NKD) each: error ≤ 16 eps, norm-wise, or
/// 8 times the condition number (opposite points), however far out the points lie. Any strides (weights shared by all
/// sets may be a view of stride 0); out must not overlap the inputs. Deterministic. Throws shape_error. Law et al.
/// 2019, eq. 10.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y>
    requires same_space<P, W, X, Y>
void centroid(P const& exec, curvature<T> const& c, W&& weights, X&& points, Y&& out)
{
    using M = typename P::memory_space;
    char const* const name = "lorentz::centroid";
    auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
    view<T, 2, M> const to = as_view(out);
    detail::require_shape(name, "out", "[N, D] of points", to.extents(), dims<2>{{sets.count(), sets.extent()}});
    if (to.size() == 0) return;
    detail::require_value(sets.size() > 0, name, "the number of points", "at least 1", 0);
    tensor<T, 2, M> scratch(sets.count(), detail::centroid_scratch<T, M>::size(sets.extent()));
    detail::dispatch(exec, detail::centroid_op<T, M>{c, sets, to, as_view(scratch)});
}

/// Vector-Jacobian product: writes dweights and dpoints for the cotangent g [N, D] of out, returns the cotangent of c,
/// summed over the sets. At a weight of 0 its cotangent is the derivative from above. All are 0 where all weights are.
/// Error ≤ 128 eps, or 4 times the condition number. dweights may be weights, dpoints may be points.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> G, view_of_rank<2> DW,
          view_of_rank<3> DX>
    requires same_space<P, W, X, G, DW, DX> T centroid_vjp(P const& exec, curvature<T> const& c, W&& weights,
                                                           X&& points, G&& g, DW&& dweights, DX&& dpoints)
    {
        using M = typename P::memory_space;
        char const* const name = "lorentz::centroid_vjp";
        auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
        view<T const, 2, M> const from = as_const(g);
        view<T, 2, M> const dw = as_view(dweights);
        view<T, 3, M> const dx = as_view(dpoints);
        detail::require_shape(name, "g", "[N, D] of points", from.extents(), dims<2>{{sets.count(), sets.extent()}});
        detail::require_shape(name, "dweights", "those of weights", dw.extents(), sets.weights.extents());
        detail::require_shape(name, "dpoints", "those of points", dx.extents(), sets.points.extents());
        if (sets.count() == 0 || sets.size() == 0) return T(0);
        tensor<T, 2, M> scratch(sets.count(), detail::centroid_scratch<T, M>::size(sets.extent()));
        tensor<T, 1, M> dc(sets.count());
        detail::dispatch(exec, detail::centroid_vjp_op<T, M>{c, sets, from, dw, dx, as_view(dc), as_view(scratch)});
        return reduce(exec, sets.count(), detail::read_number<T, M>{as_const(dc)});
    }

/// One set on the host: weights [K], points [K, D] → out [D].
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> Y>
void centroid(curvature<T> const& c, W&& weights, X&& points, Y&& out)
{
    centroid(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)), with_batch(as_view(out)));
}

/// Its vector-Jacobian product.
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> G, view_of_rank<1> DW, view_of_rank<2> DX>
T centroid_vjp(curvature<T> const& c, W&& weights, X&& points, G&& g, DW&& dweights, DX&& dpoints)
{
    return centroid_vjp(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)),
                        with_batch(as_const(g)), with_batch(as_view(dweights)), with_batch(as_view(dpoints)));
}

}  // namespace lorentz
}  // namespace hyspn
