// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/nn/detail/centring.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>
#include <hyspn/nn/detail/midpoint.hpp>

/// \file
/// Batch normalisation stage by stage: midpoint of all points, centring, scaling, translation; and back.

namespace hyspn::detail {

/// What each point adds to S, and its factor in Σ⃗.
template <class T, class M>
struct batch_lift_op {
    T s;
    view<T const, 4, M> x;
    view<T, 3, M> time, stretch;

    dims<3> shape() const { return time.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        using std::cosh;
        lifted_radius<T> const p(s, norm(channels_of(x, n, 0, x.extent(1), i, j)));
        time(n, i, j) = cosh(p.rho);
        stretch(n, i, j) = p.stretch;
    }
};

/// Σ factor·x over the pixels, chunk by chunk.
template <class T, class M>
struct weighted_plane_sum_op {
    view<T const, 4, M> x;
    view<T const, 3, M> factor;
    pixel_chunks chunks;
    view<T, 2, M> partial;  ///< [chunks, C] out

    dims<2> shape() const { return partial.extents(); }
    HYSPN_HD void operator()(index_t chunk, index_t c) const
    {
        T total(0);
        for (index_t p = chunks.first(chunk); p < chunks.end(chunk); p += pixels_in_a_row) {
            T sum(0);
            for (index_t q = p; q < chunks.end(chunk) && q < p + pixels_in_a_row; ++q) {
                index_t const n = chunks.batch(q), i = chunks.row(q), j = chunks.column(q);
                sum += factor(n, i, j) * x(n, c, i, j);
            }
            total += sum;
        }
        partial(chunk, c) = total;
    }
};

/// What each point adds to δ.
template <class T, class M>
struct batch_deficit_op {
    T s;
    view<T const, 4, M> x;
    view<T const, 1, M> direction;
    bool directed;
    view<T, 3, M> deficit;

    dims<3> shape() const { return deficit.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const v = channels_of(x, n, 0, x.extent(1), i, j);
        lifted_radius<T> const p(s, norm(v));
        deficit(n, i, j) = p.deficit(p.defect(v, direction, directed));
    }
};

/// Product of two vectors, element by element, for reduce.
template <class T, class M>
struct vector_product {
    view<T const, 1, M> a, b;
    HYSPN_HD T operator()(index_t i) const { return a(i) * b(i); }
};

/// u = x with `centre` taken to the origin; squares = d(x, centre)² = 4‖u‖².
template <class T, class M>
struct centre_op {
    T s;
    view<T const, 4, M> x;
    view<T const, 1, M> centre;
    view<T, 4, M> u;  ///< may be x
    view<T, 3, M> squares;

    dims<3> shape() const { return {x.extent(0), x.extent(2), x.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const v = channels_of(x, n, 0, x.extent(1), i, j);
        auto const to = channels_of(u, n, 0, x.extent(1), i, j);
        centring<T, view<T const, 1, M>, view<T const, 1, M>>(s, v, centre).forward(to);
        if (squares.data_handle()) squares(n, i, j) = T(4) * squared_norm(to);
    }
};

/// y = factor·u with `centre` taken to the origin.
template <class T, class M>
struct scale_and_centre_op {
    T s, factor;
    view<T const, 4, M> u;
    view<T const, 1, M> centre;
    view<T, 4, M> y;  ///< may be u

    dims<3> shape() const { return {u.extent(0), u.extent(2), u.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        scaled<T, view<T const, 1, M>> const v{factor, channels_of(u, n, 0, u.extent(1), i, j)};
        centring<T, decltype(v), view<T const, 1, M>>(s, v, centre).forward(channels_of(y, n, 0, u.extent(1), i, j));
    }
};

/// Cotangents of the scaled vector and of the centre, point by point; ⟨·, u⟩ of the first.
template <class T, class M>
struct scale_and_centre_vjp_op {
    T s, factor;
    view<T const, 4, M> u;
    view<T const, 1, M> centre;
    view<T const, 4, M> g;
    view<T, 4, M> dscaled, dcentre;
    view<T, 3, M> along_u, curvature;  ///< curvature: 2c·c̄

    dims<3> shape() const { return curvature.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        index_t const C = u.extent(1);
        auto const uv = channels_of(u, n, 0, C, i, j);
        auto const dv = channels_of(dscaled, n, 0, C, i, j);
        scaled<T, view<T const, 1, M>> const v{factor, uv};
        centring<T, decltype(v), view<T const, 1, M>> const at(s, v, centre);
        curvature(n, i, j) = at.vjp(channels_of(g, n, 0, C, i, j), dv, channels_of(dcentre, n, 0, C, i, j));
        along_u(n, i, j) = dot(dv, uv);
    }
};

/// From the cotangent factor·dscaled + of_square·u of u to those of x and of the centre.
template <class T, class M>
struct centre_vjp_op {
    T s, factor, of_square;
    view<T const, 4, M> x, u;
    view<T const, 1, M> centre;
    view<T const, 4, M> dscaled;
    view<T, 4, M> dx, dcentre;
    view<T, 3, M> curvature;  ///< 2c·c̄

    dims<3> shape() const { return curvature.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        index_t const C = x.extent(1);
        combination const g{factor, channels_of(dscaled, n, 0, C, i, j), of_square, channels_of(u, n, 0, C, i, j)};
        centring<T, view<T const, 1, M>, view<T const, 1, M>> const at(s, channels_of(x, n, 0, C, i, j), centre);
        curvature(n, i, j) = at.vjp(g, channels_of(dx, n, 0, C, i, j), channels_of(dcentre, n, 0, C, i, j));
    }
};

/// Adds to dx what passes through the midpoint of all points.
template <class T, class M>
struct batch_midpoint_vjp_op {
    midpoint_sum<T> sum;
    T weight, along;
    view<T const, 4, M> x;
    view<T const, 1, M> direction, g;
    view<T, 4, M> dx;
    view<T, 3, M> curvature;  ///< 2c·c̄

    struct adder {
        view<T, 1, M> to;
        HYSPN_HD void operator()(index_t i, T part) const { to(i) += part; }
    };

    dims<3> shape() const { return curvature.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        index_t const C = x.extent(1);
        curvature(n, i, j) = midpoint_vjp(sum, weight, channels_of(x, n, 0, C, i, j), direction, g, along,
                                          adder{channels_of(dx, n, 0, C, i, j)});
    }
};

/// Midpoint of all points of x: its sum with weights 1/N, its direction and coordinates.
template <execution_policy P, class T, class M>
midpoint_sum<T> batch_midpoint(P const& exec, T s, view<T const, 4, M> const& x, view<T, 1, M> const& direction,
                               view<T, 1, M> const& mean)
{
    using std::sqrt;
    tensor<T, 3, M> time(x.extent(0), x.extent(2), x.extent(3)), stretch(time.extents());
    T const weight = T(1) / T(static_cast<double>(time.size()));
    dispatch(exec, batch_lift_op<T, M>{s, x, as_view(time), as_view(stretch)});
    pixel_chunks const chunks(x.extents());
    tensor<T, 2, M> partial(chunks.count, x.extent(1));
    dispatch(exec, weighted_plane_sum_op<T, M>{x, as_const(stretch), chunks, as_view(partial)});
    dispatch(exec, add_chunks_op<T, M>{as_const(partial), false, direction});
    T const square = reduce(exec, direction.extent(0), vector_product<T, M>{direction, direction}),
            space = sqrt(square);
    bool const directed = space > T(0);
    dispatch(exec, scaled_copy_op<T, 1, M>{directed ? T(1) / space : T(0), direction, direction});
    T const total_time = sum_of(exec, time);
    dispatch(exec, batch_deficit_op<T, M>{s, x, direction, directed, as_view(time)});
    midpoint_sum<T> const sum{s, weight * total_time, weight * space, weight * sum_of(exec, time)};
    dispatch(exec, scaled_copy_op<T, 1, M>{sum.radius(), direction, mean});
    return sum;
}

template <execution_policy P, class T, class M>
tensor<T, 1, M> negated(P const& exec, view<T const, 1, M> const& x)
{
    tensor<T, 1, M> out(x.extents());
    dispatch(exec, scaled_copy_op<T, 1, M>{T(-1), x, as_view(out)});
    return out;
}

}  // namespace hyspn::detail
