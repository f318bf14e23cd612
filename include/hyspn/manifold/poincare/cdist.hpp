// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/pair_distance.hpp>
#include <hyspn/manifold/detail/point_set.hpp>

namespace hyspn {

namespace detail {

template <class Pairs, class T, class M>
struct all_pairs_op {
    Pairs pairs;
    view<T, 2, M> out;
    dims<2> shape() const { return out.extents(); }
    HYSPN_HD void operator()(index_t i, index_t j) const { out(i, j) = pairs(i, j); }
};

/// One side of the vector-Jacobian product of all distances: row i of dx is Σ_j of poincare_dist's x̄,
///     dx_i = Σ_j κ_ij (x_i − y_j) + (Σ_j κ_ij c‖δ_ij‖²/A_i) x_i,  κ = 2g/(‖δ‖√(P(1+z))), 0 where δ = 0,
/// summed in the order of j. One side also sums the cotangent of c.
template <class T, class M>
struct all_pairs_vjp_op {
    pair_distance<poincare_dist, T, M> pairs;  ///< rows of dx first
    view<T const, 1, M> poles_x, poles_y;      ///< ‖x‖²/A, ‖y‖²/B
    view<T const, 2, M> g;
    view<T, 2, M> dx;
    view<T, 1, M> dc;  ///< one a row; of extent 0 where it is not asked for

    dims<2> shape() const { return {{dx.extent(0), 1}}; }
    HYSPN_HD void operator()(index_t i, index_t) const
    {
        auto const row = dx[i];
        index_t const d = row.extent(0);
        for (index_t e = 0; e < d; ++e) row(e) = T(0);
        T on_x(0), c_bar(0);
        for (index_t j = 0; j < pairs.y.extent(0); ++j) {
            on_x += pull(i, j, row, c_bar);
        }
        for (index_t e = 0; e < d; ++e) row(e) += on_x * pairs.x(i, e);
        if (dc.extent(0) > 0) dc(i) = c_bar;
    }

private:
    HYSPN_HD T pull(index_t i, index_t j, view<T, 1, M> row, T& c_bar) const
    {
        using std::asinh;
        using std::sqrt;
        T const c = pairs.c.c(), a = pairs.a(i), b = pairs.b(j), p = a * b, length = pairs.length(i, j);
        T const root_p = sqrt(p), ratio = length / root_p, root_z = pairs.c.sqrt_c() * ratio;
        T const root = sqrt(T(1) + root_z * root_z);
        if (length == T(0)) return T(0);
        T const factor = T(2) * g(i, j) / (root_p * root);
        T const unit = factor / length;
        for (index_t e = 0; e < row.extent(0); ++e) row(e) += unit * (pairs.x(i, e) - pairs.y(j, e));
        if (dc.extent(0) > 0) {
            T const angle = asinh(root_z), s = angle / root_z;
            T const stretch = (poles_x(i) + poles_y(j)) / root;
            c_bar += g(i, j) * ratio * (stretch - T(2) * asinhc_decay(angle) * s * s * s * ratio * ratio);
        }
        return factor * (c * length / a);
    }
};

/// ‖x‖²/(1 − c‖x‖²) of rows, from their complements.
template <class T, class M>
struct row_poles_op {
    view<T const, 2, M> x;
    view<T const, 1, M> a;
    view<T, 1, M> out;
    dims<1> shape() const { return out.extents(); }
    HYSPN_HD void operator()(index_t i) const { out(i) = squared_norm(x[i]) / a(i); }
};

}  // namespace detail

namespace poincare {

/// Geodesic distances of all pairs: x [N, D], y [M, D] → out [N, M]. The formula of dist, the complements computed once
/// a point; error ≤ 16 eps for D up to 128 (the sum of squares is a plain one in eight parts: D/16 eps more at the very
/// worst). y may be x. Any strides, fastest where rows are contiguous. Throws shape_error.
template <execution_policy P, class T, view_of_rank<2> X, view_of_rank<2> Y, view_of_rank<2> O>
    requires same_space<P, X, Y, O>
void cdist(P const& exec, curvature<T> const& c, X&& x, Y&& y, O&& out)
{
    using M = typename P::memory_space;
    view<T const, 2, M> const from = as_const(x), to = as_const(y);
    view<T, 2, M> const d = as_view(out);
    detail::require_shape("cdist", "y", "[M, D] of x", to.extents(), dims<2>{{to.extent(0), from.extent(1)}});
    detail::require_shape("cdist", "out", "[N, M] of x and y", d.extents(), dims<2>{{from.extent(0), to.extent(0)}});
    using pairs = detail::pair_distance<detail::poincare_dist, T, M>;
    typename pairs::template prepared<P> const ready(exec, c, from, to);
    detail::dispatch(exec, detail::all_pairs_op<pairs, T, M>{ready.pairs, d});
}

/// Vector-Jacobian product: writes dx and dy for the cotangent g [N, M] of out, returns the cotangent of c. Coincident
/// pairs contribute 0. Each row is summed in order by one thread, so results do not depend on how many there are. dx
/// and dy must not overlap x and y; where y is x, the gradient is the sum of the two.
template <execution_policy P, class T, view_of_rank<2> X, view_of_rank<2> Y, view_of_rank<2> G, view_of_rank<2> DX,
          view_of_rank<2> DY>
    requires same_space<P, X, Y, G, DX, DY> T cdist_vjp(P const& exec, curvature<T> const& c, X&& x, Y&& y, G&& g,
                                                        DX&& dx, DY&& dy)
    {
        using M = typename P::memory_space;
        char const* const name = "cdist_vjp";
        view<T const, 2, M> const from = as_const(x), to = as_const(y), d = as_const(g);
        view<T, 2, M> const on_x = as_view(dx), on_y = as_view(dy);
        detail::require_shape(name, "y", "[M, D] of x", to.extents(), dims<2>{{to.extent(0), from.extent(1)}});
        detail::require_shape(name, "g", "[N, M] of x and y", d.extents(), dims<2>{{from.extent(0), to.extent(0)}});
        detail::require_shape(name, "dx", "those of x", on_x.extents(), from.extents());
        detail::require_shape(name, "dy", "those of y", on_y.extents(), to.extents());
        using pairs = detail::pair_distance<detail::poincare_dist, T, M>;
        typename pairs::template prepared<P> const ready(exec, c, from, to);
        pairs const p = ready.pairs;
        tensor<T, 1, M> poles_x(from.extent(0)), poles_y(to.extent(0)), dc(from.extent(0));
        detail::dispatch(exec, detail::row_poles_op<T, M>{from, p.a, as_view(poles_x)});
        detail::dispatch(exec, detail::row_poles_op<T, M>{to, p.b, as_view(poles_y)});
        auto const poles_of_x = as_const(as_view(poles_x)), poles_of_y = as_const(as_view(poles_y));
        detail::dispatch(exec, detail::all_pairs_vjp_op<T, M>{p, poles_of_x, poles_of_y, d, on_x, as_view(dc)});
        view<T const, 2, M> const transposed(d.data_handle(), dims<2>{{d.extent(1), d.extent(0)}},
                                             dims<2>{{d.stride(1), d.stride(0)}});
        detail::dispatch(exec, detail::all_pairs_vjp_op<T, M>{{c, to, from, p.b, p.a},
                                                              poles_of_y,
                                                              poles_of_x,
                                                              transposed,
                                                              on_y,
                                                              view<T, 1, M>(nullptr, dims<1>{{0}})});
        return reduce(exec, from.extent(0), detail::read_number<T, M>{as_const(as_view(dc))});
    }

}  // namespace poincare
}  // namespace hyspn
