// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/manifold/beta_ratio.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>

/// \file
/// β-concatenation and β-split (HNN++, Shimizu et al. 2021, arXiv 2006.08210, section 3.3): vectors of n_i coordinates
/// side by side as one of n = Σn_i, scaled by β_n/β_{n_i}, β_n = B(n/2, 1/2), so that the size of a coordinate stays
/// what it is for random directions; and back. Arrays are rows [N, C], maps [C, H, W] or [N, C, H, W], all parts of one
/// rank.

namespace hyspn {

namespace detail {

template <std::size_t Rank>
inline constexpr std::size_t channel_axis = Rank == 3 ? 0 : 1;

/// Channels [first, first + count).
template <class T, std::size_t Rank, class M>
view<T, Rank, M> channel_range(view<T, Rank, M> const& x, index_t first, index_t count)
{
    return {x.data_handle() + first * x.stride(channel_axis<Rank>), with_channels(x.extents(), count), x.strides()};
}

/// Throws shape_error unless the parts make up `whole` along the channels.
template <class V, std::size_t Rank>
void require_parts(char const* function, std::vector<V> const& parts, dims<Rank> const& whole)
{
    index_t total = 0;
    for (auto const& part : parts) {
        index_t const size = part.extent(channel_axis<Rank>);
        require_shape(function, "every part", pattern<Rank>(false), part.extents(), with_channels(whole, size));
        if (size < 1) raise<shape_error>(function, "every part", "of 1 channel at least", to_string(part.extents()));
        total += size;
    }
    if (total != whole[channel_axis<Rank>])
        raise<shape_error>(function, "the parts",
                           "of " + std::to_string(whole[channel_axis<Rank>]) + " channels in all",
                           std::to_string(total));
}

/// Calls f(part, its channels of the whole, β_n/β_{n_i}).
template <class T, class V, class W, class F>
void for_each_part(std::vector<V> const& parts, W const& whole, F const& f)
{
    constexpr std::size_t axis = channel_axis<W::rank()>;
    index_t first = 0;
    for (auto const& part : parts) {
        index_t const size = part.extent(axis);
        f(part, channel_range(whole, first, size), beta_ratio<T>(whole.extent(axis), size));
        first += size;
    }
}

template <execution_policy P, class T, std::size_t Rank, class M>
void copy_scaled(P const& exec, T factor, view<T const, Rank, M> const& from, view<T, Rank, M> const& to)
{
    dispatch(exec, scaled_copy_op<T, 4, M>{factor, as_maps(from), as_maps(to)});
}

}  // namespace detail

namespace nn {

/// Tangent vectors at the origin: y = [(β_n/β_{n_1})·v_1; (β_n/β_{n_2})·v_2; …]. Error at most 1 eps an element.
/// Linear: beta_concatenate_vjp is its transpose, beta_split its inverse. Throws shape_error.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_concatenate(P const& exec, std::vector<view<T const, Rank, M>> const& parts, view<T, Rank, M> const& y)
{
    detail::require_parts("beta_concatenate", parts, y.extents());
    detail::for_each_part<T>(parts, y, [&](auto const& part, auto const& to, T factor) {
        detail::copy_scaled<P, T>(exec, factor, part, to);
    });
}

/// Transpose: writes each dv_i = (β_n/β_{n_i})·dy_i.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_concatenate_vjp(P const& exec, view<T const, Rank, M> const& dy, std::vector<view<T, Rank, M>> const& dparts)
{
    detail::require_parts("beta_concatenate_vjp", dparts, dy.extents());
    detail::for_each_part<T>(dparts, dy, [&](auto const& part, auto const& from, T factor) {
        detail::copy_scaled<P, T>(exec, factor, from, part);
    });
}

/// The inverse of beta_concatenate: v_i = (β_{n_i}/β_n)·y_i. Throws shape_error.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_split(P const& exec, view<T const, Rank, M> const& y, std::vector<view<T, Rank, M>> const& parts)
{
    detail::require_parts("beta_split", parts, y.extents());
    detail::for_each_part<T>(parts, y, [&](auto const& part, auto const& from, T factor) {
        detail::copy_scaled<P, T>(exec, T(1) / factor, from, part);
    });
}

/// Transpose: writes dy_i = (β_{n_i}/β_n)·dv_i.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_split_vjp(P const& exec, std::vector<view<T const, Rank, M>> const& dparts, view<T, Rank, M> const& dy)
{
    detail::require_parts("beta_split_vjp", dparts, dy.extents());
    detail::for_each_part<T>(dparts, dy, [&](auto const& part, auto const& to, T factor) {
        detail::copy_scaled<P, T>(exec, T(1) / factor, part, to);
    });
}

}  // namespace nn

namespace poincare {

/// β-concatenation of ball points into a ball of more dimensions: expmap0 of the β-concatenated logmap0. Throws
/// shape_error.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_concatenate(P const& exec, curvature<T> const& c, std::vector<view<T const, Rank, M>> const& parts,
                      view<T, Rank, M> const& y)
{
    detail::require_parts("poincare::beta_concatenate", parts, y.extents());
    detail::for_each_part<T>(parts, y, [&](auto const& part, auto const& to, T factor) {
        logmap0(exec, c, part, to);
        detail::copy_scaled<P, T>(exec, factor, as_const(to), to);
    });
    expmap0(exec, c, as_const(y), y);
}

/// Vector-Jacobian product of poincare::beta_concatenate at `parts`: writes dparts, returns the cotangent of c.
template <execution_policy P, class T, std::size_t Rank, class M>
T beta_concatenate_vjp(P const& exec, curvature<T> const& c, std::vector<view<T const, Rank, M>> const& parts,
                       view<T const, Rank, M> const& dy, std::vector<view<T, Rank, M>> const& dparts)
{
    detail::require_parts("poincare::beta_concatenate_vjp", parts, dy.extents());
    detail::require_parts("poincare::beta_concatenate_vjp", dparts, dy.extents());
    tensor<T, Rank, M> v(dy.extents());
    detail::for_each_part<T>(parts, as_view(v), [&](auto const& part, auto const& to, T factor) {
        logmap0(exec, c, part, to);
        detail::copy_scaled<P, T>(exec, factor, as_const(to), to);
    });
    T c_bar = expmap0_vjp(exec, c, as_const(v), dy, as_view(v));
    nn::beta_concatenate_vjp<P, T, Rank, M>(exec, as_const(v), dparts);
    for (std::size_t i = 0; i < parts.size(); ++i)
        c_bar += logmap0_vjp(exec, c, parts[i], as_const(dparts[i]), dparts[i]);
    return c_bar;
}

/// β-split of ball points into balls of fewer dimensions: the inverse of poincare::beta_concatenate. Throws
/// shape_error.
template <execution_policy P, class T, std::size_t Rank, class M>
void beta_split(P const& exec, curvature<T> const& c, view<T const, Rank, M> const& y,
                std::vector<view<T, Rank, M>> const& parts)
{
    tensor<T, Rank, M> v(y.extents());
    logmap0(exec, c, y, as_view(v));
    nn::beta_split<P, T, Rank, M>(exec, as_const(v), parts);
    for (auto const& part : parts) expmap0(exec, c, as_const(part), part);
}

/// Vector-Jacobian product of poincare::beta_split at y: writes dy, returns the cotangent of c.
template <execution_policy P, class T, std::size_t Rank, class M>
T beta_split_vjp(P const& exec, curvature<T> const& c, view<T const, Rank, M> const& y,
                 std::vector<view<T const, Rank, M>> const& dparts, view<T, Rank, M> const& dy)
{
    detail::require_parts("poincare::beta_split_vjp", dparts, y.extents());
    detail::require_shape("poincare::beta_split_vjp", "dy", detail::pattern<Rank>(false), dy.extents(), y.extents());
    tensor<T, Rank, M> v(y.extents()), dv(y.extents());
    logmap0(exec, c, y, as_view(v));
    T c_bar(0);
    index_t first = 0;
    for (auto const& dpart : dparts) {
        index_t const size = dpart.extent(detail::channel_axis<Rank>);
        auto const part = detail::channel_range(as_view(v), first, size),
                   to = detail::channel_range(as_view(dv), first, size);
        T const factor = T(1) / beta_ratio<T>(y.extent(detail::channel_axis<Rank>), size);
        detail::copy_scaled<P, T>(exec, factor, as_const(part), part);
        c_bar += expmap0_vjp(exec, c, as_const(part), dpart, to);
        detail::copy_scaled<P, T>(exec, factor, as_const(to), to);
        first += size;
    }
    return c_bar + logmap0_vjp(exec, c, y, as_const(dv), dy);
}

}  // namespace poincare
}  // namespace hyspn
