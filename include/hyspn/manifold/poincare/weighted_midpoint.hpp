// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/point_set.hpp>

namespace hyspn {

namespace detail {

/// The gyromidpoint seen from a centre m₀. With a_k = |w_k|, y_k = sign(w_k) x_k, δ = y_k − m₀, A = 1 − c‖m₀‖²,
/// s = 1 − c‖y_k‖², Q = c‖δ‖², all sums over the set:
///     W = Σa,  E = Σ(a/s)Q,  F = A Σ(a/s)δ − E m₀ = Σ a f_k,  f_k = (Aδ − Qm₀)/s;
/// on the hyperboloid, moved so that m₀ is the apex, Σ a Y_k is (W + 2E/A, 2F/A), of length √R,
///     R = W² + 4WE/A + 4(E² − c‖F‖²)/A² ≥ W²,
/// and the midpoint is m₀ ⊕ r, r = (2F/A)/(√R + √(R + 4c‖F‖²/A²)). R loses cosh²(s d(m₀, m)) eps: exact in the end,
/// when m₀ is near m. Where nothing of R is left the step is cut to what is known, which is short of m, never beyond.
template <class T, class M>
struct midpoint_sums {
    T a, mass, e;  ///< A, W, E

    HYSPN_HD midpoint_sums(T c, weighted_set<T, M> const& set, fine_point<T, M> const& m, vector_sum<T, M> const& f)
        : a(m.complement(c))
    {
        compensated_sum<T> masses(T(0)), squares(T(0));
        f.clear();
        for (index_t k = 0; k < set.size(); ++k) {
            T const w = set.mass(k), share = w / set.complements(k);
            auto const delta = set.from(m, k);
            masses.add(w);
            squares.add(share * (c * squared_norm(delta)));
            for (index_t i = 0; i < f.extent(0); ++i) f.add(i, a * share * delta(i));
        }
        mass = masses.value();
        e = squares.value();
        for (index_t i = 0; i < f.extent(0); ++i) f.add(i, -e * m.high(i));
    }

    /// √R where m₀ is the midpoint: F = 0.
    HYSPN_HD T length() const { return mass + T(2) * e / a; }
};

/// Moves m to the gyromidpoint of a set; the origin where all weights are 0.
template <class T, class M>
HYSPN_HD void find_midpoint(T c, weighted_set<T, M> const& set, fine_point<T, M> const& m, vector_sum<T, M> const& f)
{
    using std::sqrt;
    constexpr int most_passes = 16;  // each gains 6 (float) or 16 (double) of at most 18 or 38 in s·d
    m.set(set.point(set.heaviest));
    if (set.empty()) m.set(scaled<T, view<T const, 1, M>>{T(0), set.points[0]});
    for (int pass = 0; pass < most_passes && !set.empty(); ++pass) {
        midpoint_sums<T, M> const at(c, set, m, f);
        T const f2 = T(4) * c * squared_norm(f) / (at.a * at.a), time = at.length(), least = at.mass * at.mass;
        T const known = T(64) * T(math_traits<T>::unit_roundoff) * time * time;
        T r2 = least + T(4) * at.mass * at.e / at.a + (T(4) * at.e * at.e / (at.a * at.a) - f2);
        if (r2 < least) r2 = least;
        if (r2 < known) r2 = known;
        T const root = sqrt(r2), sum = root + sqrt(r2 + f2);
        m.advance(c, at.a, scaled<T, vector_sum<T, M>>{T(2) / (at.a * sum), f}, T(2) * root / sum);
        if (!(f2 > r2 / T(4))) return;
    }
}

/// Scratch of one set.
template <class T, class M>
struct midpoint_scratch {
    view<T, 1, M> complements;  ///< [K]
    fine_point<T, M> m;
    vector_sum<T, M> f;

    static index_t size(index_t k, index_t d) { return k + 4 * d; }
    HYSPN_HD midpoint_scratch(scratch_cursor<T, M>& memory, index_t k, index_t d)
        : complements(memory.take(k)), m{memory.take(d), memory.take(d)}, f{memory.take(d), memory.take(d)}
    {
    }
};

template <class T, class M>
struct weighted_midpoint_op {
    T c;
    set_batch<T, M> sets;
    view<T, 2, M> out, scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        midpoint_scratch<T, M> const s(memory, sets.size(), sets.extent());
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], s.complements);
        find_midpoint(c, set, s.m, s.f);
        for (index_t i = 0; i < sets.extent(); ++i) out(n, i) = s.m.high(i);
    }
};

/// The sum of the cotangent of c below:
/// c̄ = Σ a (u − ū) ⟨h,f⟩ − Σ(a/(sA)) ‖δ‖²⟨h,m⟩ with u = ⟨δ,y+m⟩/(sA) and its mean ū, which takes with it the
/// rounding of what should add up to ⟨h,F⟩ = 0.
template <class T>
struct midpoint_slope {
    compensated_sum<T> product{T(0)}, pull{T(0)}, height{T(0)};

    HYSPN_HD void add(T mass, T u, T h_f, T bend)
    {
        product.add_product(mass * u, h_f);
        product.add(-mass * bend);
        pull.add_product(mass, h_f);
        height.add_product(mass, u);
    }
    HYSPN_HD T total(T mass) const { return product.value() - height.value() / mass * pull.value(); }
};

/// The midpoint m is where F = 0, and there ∂F/∂m = −√R·identity (the rest of it, an antisymmetric product of Σ(a/s)δ
/// and m, vanishes because the two are parallel). With h = g/√R:
///     ā = ⟨h,f⟩,     ȳ = (a/s) (Ah − 2c⟨h,m⟩δ + 2c⟨h,f⟩y),
///     c̄ = Σ a/(sA) {⟨δ,y+m⟩⟨h,f⟩ − ‖δ‖²⟨h,m⟩},
/// the last of second order in δ term by term: F = 0 has been used to take out what is of first order and cancels.
template <class T, class M>
struct weighted_midpoint_vjp_op {
    T c;
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
        midpoint_scratch<T, M> const s(memory, sets.size(), sets.extent());
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], s.complements);
        find_midpoint(c, set, s.m, s.f);
        midpoint_sums<T, M> const at(c, set, s.m, s.f);
        T const root = set.empty() ? T(1) : at.length();
        midpoint_slope<T> sums{};
        for (index_t k = 0; k < sets.size(); ++k) point(n, k, set, s.m, at.a, root, sums);
        dc(n) = set.empty() ? T(0) : sums.total(at.mass);
    }

private:
    HYSPN_HD void point(index_t n, index_t k, weighted_set<T, M> const& set, fine_point<T, M> const& m, T a, T root,
                        midpoint_slope<T>& sums) const
    {
        auto const h = g[n];
        auto const y = set.point(k);
        auto const delta = set.from(m, k);
        T const sign = set.sign(k), s = set.complements(k), mass = set.empty() ? T(0) : set.mass(k);
        T const delta2 = squared_norm(delta), h_m = cdot(h, m) / root, h_delta = cdot(h, delta) / root;
        T const h_f = (a * h_delta - c * delta2 * h_m) / s;
        T const second = cdot(delta, sum<fine_point<T, M>, scaled<T, view<T const, 1, M>>>{m, y});
        view<T, 1, M> const dx = dpoints[n][k];
        T const share = sign * mass / s;
        for (index_t i = 0; i < y.extent(0); ++i)
            dx(i) = share * (a * h(i) / root - T(2) * c * h_m * delta(i) + T(2) * c * h_f * y(i));
        dweights(n, k) = set.empty() ? T(0) : sign * h_f / set.unit;
        sums.add(mass, second / (s * a), h_f, delta2 * h_m / (s * a));
    }
};

}  // namespace detail

namespace poincare {

/// Weighted gyromidpoint of sets of points of the Poincaré ball: weights [N, K], points [N, K, D] → out [N, D],
///     m = ½ ⊗ Σ w_k λ_k x_k / Σ |w_k| (λ_k − 1),
/// for weights of any sign and scale; for positive ones it is the point that minimises Σ w cosh(s d), the Einstein
/// midpoint of the Klein model, and moves with the points under every isometry. A negative weight counts as its
/// absolute value at −x_k, so that the denominator never vanishes (HNN++); then it moves with rotations only. One point
/// gives itself, points all in one place give that place bit for bit; the origin where all weights are 0.
///
/// Computed around a point near the result, found in one to a few passes, O(NKD) each: as accurate as its coordinates
/// can say, also near the boundary (measured: at most 1.5 times the hyperbolic distance that rounding them costs, plus
/// round-off of the spread; norm-wise at most 9 eps on the goldens of two points). Weights equal for all sets may be a
/// view of stride 0. Any strides; out must not overlap the inputs.
/// Deterministic. Throws shape_error. Ungar 2010; Shimizu et al. 2021, eq. 8.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y>
    requires same_space<P, W, X, Y>
void weighted_midpoint(P const& exec, curvature<T> const& c, W&& weights, X&& points, Y&& out)
{
    using M = typename P::memory_space;
    char const* const name = "weighted_midpoint";
    auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
    view<T, 2, M> const to = as_view(out);
    detail::require_shape(name, "out", "[N, D] of points", to.extents(), dims<2>{{sets.count(), sets.extent()}});
    if (to.size() == 0) return;
    detail::require_value(sets.size() > 0, name, "the number of points", "at least 1", 0);
    tensor<T, 2, M> scratch(sets_with_scratch(exec, sets),
                            detail::midpoint_scratch<T, M>::size(sets.size(), sets.extent()));
    dispatch(exec, detail::weighted_midpoint_op<T, M>{c.c(), sets, to, as_view(scratch)});
}

/// Vector-Jacobian product: writes dweights and dpoints for the cotangent g [N, D] of out, returns the cotangent of c,
/// summed over the sets. At a weight of 0 its cotangent is the derivative from above. All are 0 where all weights are.
/// Error ≤ 128 eps; near the boundary max(128, 4 cond), for c everywhere max(128, 8 cond). dweights may be weights,
/// dpoints may be points.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> G, view_of_rank<2> DW,
          view_of_rank<3> DX>
    requires same_space<P, W, X, G, DW, DX> T weighted_midpoint_vjp(P const& exec, curvature<T> const& c, W&& weights,
                                                                    X&& points, G&& g, DW&& dweights, DX&& dpoints)
    {
        using M = typename P::memory_space;
        char const* const name = "weighted_midpoint_vjp";
        auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
        view<T const, 2, M> const from = as_const(g);
        view<T, 2, M> const dw = as_view(dweights);
        view<T, 3, M> const dx = as_view(dpoints);
        detail::require_shape(name, "g", "[N, D] of points", from.extents(), dims<2>{{sets.count(), sets.extent()}});
        detail::require_shape(name, "dweights", "those of weights", dw.extents(), sets.weights.extents());
        detail::require_shape(name, "dpoints", "those of points", dx.extents(), sets.points.extents());
        if (sets.count() == 0 || sets.size() == 0) return T(0);
        tensor<T, 2, M> scratch(sets_with_scratch(exec, sets),
                                detail::midpoint_scratch<T, M>::size(sets.size(), sets.extent()));
        tensor<T, 1, M> dc(sets.count());
        dispatch(exec,
                 detail::weighted_midpoint_vjp_op<T, M>{c.c(), sets, from, dw, dx, as_view(dc), as_view(scratch)});
        return reduce(exec, sets.count(), detail::read_number<T, M>{as_const(dc)});
    }

/// One set on the host: weights [K], points [K, D] → out [D].
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> Y>
void weighted_midpoint(curvature<T> const& c, W&& weights, X&& points, Y&& out)
{
    weighted_midpoint(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)),
                      with_batch(as_view(out)));
}

/// Its vector-Jacobian product.
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> G, view_of_rank<1> DW, view_of_rank<2> DX>
T weighted_midpoint_vjp(curvature<T> const& c, W&& weights, X&& points, G&& g, DW&& dweights, DX&& dpoints)
{
    return weighted_midpoint_vjp(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)),
                                 with_batch(as_const(g)), with_batch(as_view(dweights)), with_batch(as_view(dpoints)));
}

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/weighted_midpoint.hpp>
#endif
