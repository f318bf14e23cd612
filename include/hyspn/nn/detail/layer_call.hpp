// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/manifold/detail/row_norm.hpp>
#include <hyspn/nn/detail/correlation.hpp>
#include <hyspn/nn/detail/heads.hpp>

/// \file
/// A layer with weights as its linear part followed by a head, forward and backward.

namespace hyspn::nn {

/// Intermediate values that backward reads: O + groups numbers per output position.
template <class T, class M = memory::host>
struct layer_saved {
    tensor<T, 4, M> inner;   ///< [N, O, H, W] ⟨t, z_o⟩
    tensor<T, 4, M> length;  ///< [N, groups, H, W] ‖t‖
};

}  // namespace hyspn::nn

namespace hyspn::detail {

template <class Head, class T, class M>
struct head_op {
    Head head;
    view<T const, 4, M> inner;   ///< may be y
    view<T const, 4, M> length;  ///< [N, G, H, W]
    view<T, 4, M> y;

    dims<4> shape() const { return length.extents(); }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const size = y.extent(1) / length.extent(1), first = g * size;
        head.forward(length(n, g, i, j), first, channels_of(inner, n, first, size, i, j),
                     channels_of(y, n, first, size, i, j));
    }
};

template <class Head, class T, class M>
struct head_vjp_op {
    Head head;
    view<T const, 4, M> inner, length, dy;
    view<T, 4, M> inner_bar, bias_bar, radial_bar;  ///< [N, O, H, W] out
    view<T, 4, M> norm_bar, c_bar;                  ///< [N, G, H, W] out

    dims<4> shape() const { return length.extents(); }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const size = dy.extent(1) / length.extent(1), first = g * size;
        auto const at = [&](auto const& x) { return channels_of(x, n, first, size, i, j); };
        auto const bar =
            head.vjp(length(n, g, i, j), first, at(inner), at(dy), at(inner_bar), at(bias_bar), at(radial_bar));
        norm_bar(n, g, i, j) = bar.norm;
        c_bar(n, g, i, j) = bar.c;
    }
};

/// y from x. `saved` may be null: then i_o passes through y.
template <execution_policy P, class Head, class T, class M>
void layer_forward(P const& exec, correlation_plan<T> const& plan, Head const& head, view<T const, 4, M> const& x,
                   view<T const, 3, M> const& z, view<T, 4, M> const& y, nn::layer_saved<T, M>* saved)
{
    dims<4> const e = y.extents(), le{e[0], plan.groups, e[2], e[3]};
    nn::layer_saved<T, M> own;
    nn::layer_saved<T, M>& keep = saved ? *saved : own;
    fit(keep.length, le);
    if (saved) fit(keep.inner, e);
    if (y.size() == 0) return;
    view<T, 4, M> const inner = saved ? as_view(keep.inner) : y;
    window_norms<P, T, M>(exec, plan, x, as_view(keep.length));
    dispatch(exec, correlation_op<T, M>{plan, x, z, inner});
    dispatch(exec, head_op<Head, T, M>{head, inner, as_const(keep.length), y});
}

template <class T, class M>
void require_saved(char const* function, nn::layer_saved<T, M> const& saved, dims<4> const& y, index_t groups)
{
    require_shape(function, "saved.inner", "as forward left it", saved.inner.extents(), y);
    require_shape(function, "saved.length", "as forward left it", saved.length.extents(), {y[0], groups, y[2], y[3]});
}

/// dx is written; dz, dbias, dc (and dextra, for heads without radial part) are added to.
template <execution_policy P, class Head, class T, class M>
void layer_backward(P const& exec, correlation_plan<T> const& plan, Head const& head, view<T const, 4, M> const& x,
                    view<T const, 3, M> const& z, nn::layer_saved<T, M> const& saved, view<T const, 4, M> const& dy,
                    view<T, 4, M> const& dx, view<T, 3, M> const& dz, view<T, 1, M> const& dbias, T& dc,
                    view<T, 1, M> const& dextra = {})
{
    dims<4> const e = dy.extents();
    tensor<T, 4, M> inner_bar(e), bias_bar(e), radial_bar(e);
    tensor<T, 4, M> norm_bar(saved.length.extents()), c_bar(saved.length.extents());
    dispatch(exec, head_vjp_op<Head, T, M>{head, as_const(saved.inner), as_const(saved.length), dy, as_view(inner_bar),
                                           as_view(bias_bar), as_view(radial_bar), as_view(norm_bar), as_view(c_bar)});
    dispatch(exec, correlation_input_vjp_op<T, M>{plan, z, as_const(inner_bar), dx});
    dispatch(exec, window_norm_vjp_op<T, M>{plan, x, as_const(norm_bar), dx});
    if (dy.size() == 0) return;
    dc += sum_of(exec, c_bar);
    sum_planes<P, T, M>(exec, as_const(bias_bar), true, dbias);

    tensor<T, 1, M> radial(z.extent(0));
    if constexpr (Head::has_radial)
        sum_planes<P, T, M>(exec, as_const(radial_bar), false, as_view(radial));
    else
        sum_planes<P, T, M>(exec, as_const(radial_bar), true, dextra);
    dispatch(exec, correlation_weight_vjp_op<T, M>{
                       plan, x, as_const(inner_bar), {Head::has_radial, as_const(radial), z}, dz});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/poincare_heads.hpp>
#endif
