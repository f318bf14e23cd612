// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/detail/matrix_product.hpp>
#include <hyspn/manifold/detail/mobius_scaling.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// mobius_scaling of y = mx for a matrix m: m̄ = ȳxᵀ, x̄ = mᵀȳ + (part through M). y is kept where the output, or ȳ,
/// goes.
struct poincare_mobius_matvec {
    static constexpr char const* name = "poincare::mobius_matvec";

    template <class T, class M>
    HYSPN_HD static view<T, 1, M> column(view<T, 2, M> m, index_t i)
    {
        return {m.data_handle() + i * m.stride(1), dims<1>{{m.extent(0)}}, dims<1>{{m.stride(0)}}};
    }

    /// Writes y.
    template <class T, class Matrix, class X, class M>
    HYSPN_HD static void image(Matrix m, X x, view<T, 1, M> y)
    {
        for (index_t o = 0; o < y.extent(0); ++o) y(o) = wide_dot(m[o], x);
    }

    /// The scaling of y.
    template <class T, class X, class M>
    HYSPN_HD static mobius_scaling<T> scaling(curvature<T> const& k, X x, view<T, 1, M> y)
    {
        T const x_norm = norm(x), ratio = length_ratio(norm(y), x_norm);
        return {k, x_norm, complement(k.c(), x), ratio, ratio - T(1)};
    }

    /// y becomes the output.
    template <class T, class X, class M>
    HYSPN_HD static void scale(curvature<T> const& k, X x, view<T, 1, M> y)
    {
        T const factor = scaling(k, x, y).factor;
        for (index_t o = 0; o < y.extent(0); ++o) y(o) *= factor;
    }

    /// y becomes ȳ; writes the coefficient of x in x̄; returns c̄.
    template <class T, class X, class G, class M>
    HYSPN_HD static T image_cotangent(curvature<T> const& k, X x, G g, view<T, 1, M> y, T& on_x)
    {
        mobius_scaling<T> const z = scaling(k, x, y);
        T const gy = cdot(g, y);
        auto const cotangent = z.to_y(y, norm(y), g);
        for (index_t o = 0; o < g.extent(0); ++o) y(o) = cotangent(o);
        on_x = z.through_quotient(gy);
        return z.to_c(gy);
    }

    /// The whole vector-Jacobian product at one point; ȳ waits in the first column of dm.
    template <class T, class Matrix, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, Matrix m, X x, G g, view<T, 2, M> dm, view<T, 1, M> dx)
    {
        if (x.extent(0) == 0) return T(0);
        view<T, 1, M> const y_bar = column(dm, 0);
        T on_x(0);
        image(m, x, y_bar);
        T const c_bar = image_cotangent(k, x, g, y_bar, on_x), first = x(0);
        for (index_t o = 0; o < g.extent(0); ++o)
            for (index_t i = 1; i < x.extent(0); ++i) dm(o, i) = y_bar(o) * x(i);
        transposed_product(m, x, y_bar, on_x, dx);
        for (index_t o = 0; o < g.extent(0); ++o) y_bar(o) *= first;
        return c_bar;
    }
};

/// From y to the output, in place.
template <class T, class M>
struct matvec_scale_op {
    curvature<T> c;
    point_field<T const, M> x;
    point_field<T, M> out;

    dims<3> shape() const { return out.grid; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        poincare_mobius_matvec::scale(c, x(n, i, j), out(n, i, j));
    }
};

/// From y to ȳ, in place, and the coefficient of x in x̄, for every place; its value is the place's share of c̄.
template <class T, class M>
struct matvec_image_cotangent_op {
    curvature<T> c;
    point_field<T const, M> x, g;
    point_field<T, M> y;
    view<T, 1, M> on_x;

    HYSPN_HD T operator()(index_t place) const
    {
        return poincare_mobius_matvec::image_cotangent(c, x.at(place), g.at(place), y.at(place), on_x(place));
    }
};

struct mobius_matvec_function {
    template <class T, view_of_rank<2> Matrix, view_of_rank<1> X, view_of_rank<1> Out>
    HYSPN_HD void operator()(curvature<T> const& c, Matrix&& m, X&& x, Out&& out) const
    {
        auto const point = as_const(as_view(x));
        poincare_mobius_matvec::image(as_const(as_view(m)), point, as_view(out));
        poincare_mobius_matvec::scale(c, point, as_view(out));
    }

    template <execution_policy P, class T, view_of_rank<2> Matrix, view_like X, view_like Out>
        requires same_space<P, Matrix, X, Out>
    void operator()(P const& exec, curvature<T> const& c, Matrix&& m, X&& x, Out&& out) const
    {
        auto const points = as_view(x).extents();
        auto const matrix = as_const(as_view(m));
        require_matrix(poincare_mobius_matvec::name, points, matrix.extents());
        require_points(poincare_mobius_matvec::name, "out", points, matrix.extent(0), as_view(out).extents());
        using M = typename P::memory_space;
        auto const x_field = points_of(as_const(as_view(x)));
        auto const out_field = points_of(as_view(out));
        dispatch(exec, matrix_product_op<T, M>{matrix, x_field, out_field});
        dispatch(exec, matvec_scale_op<T, M>{c, x_field, out_field});
    }
};

struct mobius_matvec_vjp_function {
    template <class T, view_of_rank<2> Matrix, view_of_rank<1> X, view_of_rank<1> G, view_of_rank<2> DM,
              view_of_rank<1> DX>
    HYSPN_HD T operator()(curvature<T> const& c, Matrix&& m, X&& x, G&& g, DM&& dm, DX&& dx) const
    {
        return poincare_mobius_matvec::vjp(c, as_const(as_view(m)), as_const(as_view(x)), as_const(as_view(g)),
                                           as_view(dm), as_view(dx));
    }

    template <execution_policy P, class T, view_of_rank<2> Matrix, view_like X, view_like G, view_of_rank<2> DM,
              view_like DX>
    requires same_space<P, Matrix, X, G, DM, DX> T operator()(P const& exec, curvature<T> const& c, Matrix&& m, X&& x,
                                                              G&& g, DM&& dm, DX&& dx) const
    {
        using M = typename P::memory_space;
        auto const points = as_view(x).extents();
        auto const matrix = as_const(as_view(m));
        auto const matrix_bar = as_view(dm);
        require_matrix(poincare_mobius_matvec::name, points, matrix.extents());
        require_points(poincare_mobius_matvec::name, "g", points, matrix.extent(0), as_view(g).extents());
        require_points(poincare_mobius_matvec::name, "dx", points, matrix.extent(1), as_view(dx).extents());
        require_shape(poincare_mobius_matvec::name, "dm", "[D_out, D_in]", matrix_bar.extents(), matrix.extents());

        auto const x_field = points_of(as_const(as_view(x)));
        index_t const places = x_field.places();
        tensor<T, 2, M> work(places, matrix.extent(0));
        tensor<T, 1, M> on_x(places);
        auto const y_field = points_of(as_view(work));
        dispatch(exec, matrix_product_op<T, M>{matrix, x_field, y_field});
        T const c_bar = reduce(
            exec, places,
            matvec_image_cotangent_op<T, M>{c, x_field, points_of(as_const(as_view(g))), y_field, as_view(on_x)});
        sum_of_outer_products(exec, x_field, as_view(work), matrix_bar);
        dispatch(exec, transposed_product_op<T, M>{matrix, points_of(as_const(work)), x_field, as_const(on_x),
                                                   points_of(as_view(dx))});
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Multiplication of points x of the Poincaré ball by a matrix m [D_out, D_in], the same for all points:
/// out = expmap0(m logmap0(x)) = tanh(‖mx‖/‖x‖ artanh(s‖x‖)) mx/(s‖mx‖), s = √c; 0 where mx is 0.
/// mobius_matvec(c, m, x, out) takes one point x [D_in] to out [D_out], mobius_matvec(exec, c, m, x, out) every point
/// of [N, D_in], [D_in, H, W] or [N, D_in, H, W]. Any strides; out must not overlap x or m. Products are compensated:
/// error ≤ 16 eps, norm-wise, inside the ball, however much mx cancels. Ganea et al. 2018, Lemma 6.
HYSPN_FUNCTION detail::mobius_matvec_function mobius_matvec{};

/// Vector-Jacobian product: mobius_matvec_vjp(c, m, x, g, dm, dx), with exec first for arrays, writes dm (the sum over
/// the points, the same bits for any number of threads) and dx for the cotangent g of the output, returns the cotangent
/// of c. dx may be x; dm must not be m. On arrays it allocates an array like g and, for every 256 points, one like m.
HYSPN_FUNCTION detail::mobius_matvec_vjp_function mobius_matvec_vjp{};

}  // namespace poincare
}  // namespace hyspn
