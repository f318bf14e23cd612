// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/matrix_product.hpp>

namespace hyspn {

namespace detail {

/// out = R X, and R̄ = g Xᵀ, X̄ = Rᵀ g, c̄ = 0.
struct lorentz_rotate {
    static constexpr char const* name = "lorentz::rotate";

    template <class T, class Matrix, class X, class M>
    HYSPN_HD static void forward(Matrix r, X x, view<T, 1, M> out)
    {
        for (index_t o = 0; o < out.extent(0); ++o) out(o) = wide_dot(r[o], x);
    }

    template <class T, class Matrix, class X, class G, class M>
    HYSPN_HD static T vjp(Matrix r, X x, G g, view<T, 2, M> dr, view<T, 1, M> dx)
    {
        for (index_t o = 0; o < g.extent(0); ++o)
            for (index_t i = 0; i < x.extent(0); ++i) dr(o, i) = g(o) * x(i);
        transposed_product(r, x, g, T(0), dx);
        return T(0);
    }
};

/// Coordinate o of the point at a place.
template <class T, class M>
struct coordinate_of {
    point_field<T const, M> x;
    HYSPN_HD T operator()(index_t place, index_t o) const { return x.at(place)(o); }
};

struct lorentz_rotate_function {
    template <class T, view_of_rank<2> Matrix, view_of_rank<1> X, view_of_rank<1> Out>
    HYSPN_HD void operator()(curvature<T> const&, Matrix&& r, X&& x, Out&& out) const
    {
        lorentz_rotate::forward(as_const(as_view(r)), as_const(as_view(x)), as_view(out));
    }

    template <execution_policy P, class T, view_of_rank<2> Matrix, view_like X, view_like Out>
        requires same_space<P, Matrix, X, Out>
    void operator()(P const& exec, curvature<T> const&, Matrix&& r, X&& x, Out&& out) const
    {
        auto const points = as_view(x).extents();
        auto const matrix = as_const(as_view(r));
        require_square(points, matrix.extents());
        require_points(lorentz_rotate::name, "out", points, matrix.extent(0), as_view(out).extents());
        dispatch(exec, matrix_product_op<T, typename P::memory_space>{matrix, points_of(as_const(as_view(x))),
                                                                      points_of(as_view(out))});
    }

    template <std::size_t Rank>
    static void require_square(dims<Rank> const& points, dims<2> const& got)
    {
        index_t const dimension = points[Rank == 3 ? 0 : 1];
        require_shape(lorentz_rotate::name, "R", "[D, D], D of X", got, dims<2>{{dimension, dimension}});
    }
};

struct lorentz_rotate_vjp_function {
    template <class T, view_of_rank<2> Matrix, view_of_rank<1> X, view_of_rank<1> G, view_of_rank<2> DR,
              view_of_rank<1> DX>
    HYSPN_HD T operator()(curvature<T> const&, Matrix&& r, X&& x, G&& g, DR&& dr, DX&& dx) const
    {
        return lorentz_rotate::vjp(as_const(as_view(r)), as_const(as_view(x)), as_const(as_view(g)), as_view(dr),
                                   as_view(dx));
    }

    template <execution_policy P, class T, view_of_rank<2> Matrix, view_like X, view_like G, view_of_rank<2> DR,
              view_like DX>
    requires same_space<P, Matrix, X, G, DR, DX> T operator()(P const& exec, curvature<T> const&, Matrix&& r, X&& x,
                                                              G&& g, DR&& dr, DX&& dx) const
    {
        using M = typename P::memory_space;
        auto const points = as_view(x).extents();
        auto const matrix = as_const(as_view(r));
        auto const matrix_bar = as_view(dr);
        lorentz_rotate_function::require_square(points, matrix.extents());
        require_points(lorentz_rotate::name, "g", points, matrix.extent(0), as_view(g).extents());
        require_points(lorentz_rotate::name, "dX", points, matrix.extent(0), as_view(dx).extents());
        require_shape(lorentz_rotate::name, "dR", "[D, D]", matrix_bar.extents(), matrix.extents());
        auto const x_field = points_of(as_const(as_view(x))), g_field = points_of(as_const(as_view(g)));
        sum_of_outer_products(exec, x_field, coordinate_of<T, M>{g_field}, matrix_bar);
        dispatch(exec, transposed_product_op<T, M>{matrix, g_field, x_field, {}, points_of(as_view(dx))});
        return T(0);
    }
};

}  // namespace detail

namespace lorentz {

/// Rotation of points of the hyperboloid about its origin by an orthogonal matrix R [D, D], the same for all points:
/// the space part R X, an isometry; with a determinant of −1 a reflection, also of ideal points and tangent vectors at
/// the origin. rotate(c, R, X, out) takes one point, rotate(exec, c, R, X, out) every point of [N, D], [D, H, W] or
/// [N, D, H, W]. That R is orthogonal is the caller's business (any matrix is multiplied); c plays no part. Any
/// strides; out must not overlap X or R. Products are compensated: error ≤ 2 eps, norm-wise. lorentz::rotation turns in
/// the plane of two directions. Chen et al. 2022, §2.3 (the Lorentz rotation).
HYSPN_FUNCTION detail::lorentz_rotate_function rotate{};

/// Vector-Jacobian product: rotate_vjp(c, R, X, g, dR, dX), with exec first for arrays, writes dR (the sum over the
/// points, the same bits for any number of threads; not projected on rotations) and dX, returns the cotangent of c,
/// which is 0. dX may be X; dR must not be R.
HYSPN_FUNCTION detail::lorentz_rotate_vjp_function rotate_vjp{};

}  // namespace lorentz
}  // namespace hyspn
