// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/aggregation.hpp>
#include <hyspn/manifold/detail/poincare_layer.hpp>
#include <hyspn/manifold/detail/row_norm.hpp>

/// \file
/// The hyperbolic affinity module stage by stage, on any policy: the reference the specialisations are held against.

namespace hyspn::detail {

/// g_j r_j of one pixel's neighbours.
template <class T, class M>
struct weighted_radii {
    neighbour_arrays<T, M> const& neighbours;
    view<T const, 3, M> radius;
    index_t n, i, j;
    HYSPN_HD index_t extent(std::size_t) const { return neighbours.around.count(); }
    HYSPN_HD T operator()(index_t k) const
    {
        auto const& a = neighbours.around;
        if (!a.present(k, i, j, radius.extent(1), radius.extent(2))) return T(0);
        return neighbours.weight_of(n, k, i, j) * radius(n, i + a.row_offset(k), j + a.column_offset(k));
    }
};

/// From i_o (which may be y itself) to logits, pixel by pixel.
template <class T, class M>
struct layer_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 3, M> radius;
    view<T const, 1, M> zeta, r;
    T s, kappa;
    view<T const, 4, M> inner;
    bool keep;
    view<T, 3, M> norm_t;  ///< ‖t‖, written when keep
    view<T, 4, M> y;

    dims<3> shape() const { return radius.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        T const length = kappa * norm(weighted_radii<T, M>{neighbours, radius, n, i, j});
        if (keep) norm_t(n, i, j) = length;
        poincare_layer_forward(s, length, pixel(inner, n, i, j), zeta, r, pixel(y, n, i, j));
    }
};

/// From the cotangent of the logits to those of i_o and ‖t‖²/2, and each pixel's share of those of r, z along itself,
/// and c.
template <class T, class M>
struct layer_vjp_op {
    view<T const, 1, M> zeta, r;
    T s, c;
    view<T const, 4, M> inner;
    view<T const, 3, M> norm_t;
    view<T const, 4, M> dy;
    view<T, 4, M> inner_bar;   ///< ī
    view<T, 4, M> bias_bar;    ///< r̄ of this pixel
    view<T, 4, M> radial_bar;  ///< factor of z_o in z̄_o
    view<T, 3, M> norm_bar;    ///< τ_t
    view<T, 3, M> c_bar;

    dims<3> shape() const { return norm_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const bar =
            poincare_layer_vjp(s, c, norm_t(n, i, j), pixel(inner, n, i, j), zeta, r, pixel(dy, n, i, j),
                               pixel(inner_bar, n, i, j), pixel(bias_bar, n, i, j), pixel(radial_bar, n, i, j));
        norm_bar(n, i, j) = bar.norm;
        c_bar(n, i, j) = bar.c;
    }
};

/// Memory of neighbour_arrays.
template <class T, class M>
struct neighbour_memory {
    tensor<T, 4, M> weight;
    tensor<std::int32_t, 4, M> rank, order;

    neighbour_memory(ham_options const& options, dims<4> const& x)
    {
        if (!options.needs_distances()) return;
        dims<4> const e{x[0], options.around.count(), x[2], x[3]};
        weight = tensor<T, 4, M>(e);
        rank = tensor<std::int32_t, 4, M>(e);
        order = tensor<std::int32_t, 4, M>(e);
    }
    neighbour_arrays<T, M> views(ham_options const& options)
    {
        return {options.around, !options.needs_distances(), as_view(weight), as_view(rank), as_view(order)};
    }
};

/// Radii and distances into out.radius and out.distance; the pairs' geometry into out.chord and out.radial when `keep`.
template <execution_policy P, class T, class M>
void run_distances(P const& exec, affinity::neighbourhood const& around, view<T const, 4, M> const& x, T s, bool keep,
                   ham_saved_views<T, M> const& out)
{
    dispatch(exec, radius_op<T, M>{x, out.radius});
    dispatch(exec, pair_distance_op<T, M>{around, x, out.radius, s, keep, out.chord, out.radial, out.distance});
}

/// Scratch per pixel: 3K numbers for weights and order, and, when nothing is saved, a radius and half distances.
/// The stages may need more of their own.
template <execution_policy P, class T, class M>
void dispatch(P const& exec, ham_forward_op<T, M> const& op)
{
    using std::sqrt;
    dims<4> const e = op.x.extents();
    bool const pairs = op.options.needs_distances();
    ham_saved_views<T, M> geometry = op.saved;
    tensor<T, 3, M> radius;
    tensor<T, 4, M> distance;
    if (!op.save || !pairs) {
        radius = tensor<T, 3, M>(e[0], e[2], e[3]);
        geometry.radius = as_view(radius);
    }
    if (!op.save && pairs) {
        distance = tensor<T, 4, M>(e[0], op.options.around.half(), e[2], e[3]);
        geometry.distance = as_view(distance);
    }
    neighbour_memory<T, M> memory(op.options, e);
    auto const neighbours = memory.views(op.options);
    tensor<T, 1, M> zeta(op.z.extent(0));
    T const s = sqrt(op.c);
    auto const inner = op.save ? op.saved.inner : op.y;

    if (pairs) {
        run_distances<P, T, M>(exec, op.options.around, op.x, s, op.save, geometry);
        dispatch(exec, neighbour_weights_op<T, M>{op.options, op.tau, geometry.distance, neighbours});
    } else {
        dispatch(exec, radius_op<T, M>{op.x, geometry.radius});
    }
    dispatch(exec, row_norm_op<T, M>{op.z, as_view(zeta)});
    dispatch(exec, aggregation_op<T, M>{neighbours, op.x, op.z, op.kappa, inner});
    dispatch(exec, layer_op<T, M>{neighbours, geometry.radius, as_const(zeta), op.r, s, op.kappa, inner, op.save,
                                  op.saved.norm, op.y});
}

/// Scratch per pixel: 3K numbers for weights and order, K cotangents, 3·O + 3 of the layer; at most 64·O·K·C in all
/// for the partial sums of z̄. The stages may need more of their own.
template <execution_policy P, class T, class M>
void dispatch(P const& exec, ham_backward_op<T, M> const& op)
{
    using std::sqrt;
    auto const& saved = op.saved;
    dims<4> const e = op.x.extents();
    T const s = sqrt(op.c);
    neighbour_memory<T, M> memory(op.options, e);
    auto const neighbours = memory.views(op.options);
    if (op.options.needs_distances())
        dispatch(exec, neighbour_weights_op<T, M>{op.options, op.tau, saved.distance, neighbours});

    tensor<T, 1, M> zeta(op.z.extent(0)), radial(op.z.extent(0));
    tensor<T, 4, M> inner_bar(op.dy.extents()), bias_bar(op.dy.extents()), radial_bar(op.dy.extents());
    tensor<T, 3, M> norm_bar(e[0], e[2], e[3]), c_bar(e[0], e[2], e[3]);
    dispatch(exec, row_norm_op<T, M>{op.z, as_view(zeta)});
    dispatch(exec, layer_vjp_op<T, M>{as_const(zeta), op.r, s, op.c, saved.inner, saved.norm, op.dy, as_view(inner_bar),
                                      as_view(bias_bar), as_view(radial_bar), as_view(norm_bar), as_view(c_bar)});

    dispatch(exec, aggregation_feature_vjp_op<T, M>{neighbours, op.x, op.z, op.kappa, as_const(inner_bar), true,
                                                    as_const(norm_bar), op.dx});
    if (op.options.needs_distances()) {
        tensor<T, 4, M> weight_bar(e[0], op.options.around.count(), e[2], e[3]);
        tensor<T, 3, M> tau_bar(e[0], e[2], e[3]);
        dispatch(exec, aggregation_weight_vjp_op<T, M>{neighbours, op.x, op.z, saved.radius, op.kappa,
                                                       as_const(inner_bar), as_const(norm_bar), as_view(weight_bar)});
        dispatch(exec, neighbour_weights_vjp_op<T, M>{op.options, op.tau, saved.distance, as_view(weight_bar),
                                                      as_view(tau_bar)});
        dispatch(exec, pair_distance_vjp_op<T, M>{op.options.around, op.x, saved.radius, saved.chord, saved.radial, s,
                                                  as_const(weight_bar), op.dx, as_view(c_bar)});
        *op.dtau += sum_of(exec, tau_bar);
    }
    *op.dc += sum_of(exec, c_bar);

    sum_planes<P, T, M>(exec, as_const(radial_bar), false, as_view(radial));
    sum_planes<P, T, M>(exec, as_const(bias_bar), true, op.dr);
    dispatch(exec, aggregation_row_sums_op<T, M>{neighbours, op.x, op.z, op.kappa, as_const(inner_bar),
                                                 as_const(radial), op.dz});
}

}  // namespace hyspn::detail
