// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/affinity/detail/ham_call.hpp>
#include <hyspn/core/leaf.hpp>

/// \file
/// Hyperbolic convolution without order or weights.

namespace hyspn::affinity {

/// Hyperbolic convolution as it comes (HNN++, Shimizu et al. 2021, section 3.4): the neighbours of a pixel, absent ones
/// as zero vectors, are β-concatenated in raster order and go through a Poincaré fully connected layer. It is the
/// hyperbolic affinity module without beta-priority and with weights 1, run by the same code; the baseline that shows
/// what these two add.
struct naive {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    index_t outputs = 8;   ///< O

    /// Learned values. c is the curvature itself, > 0. z_o of tap m and channel c is z(o, m, c).
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 3, M> z;  ///< [O, K, C]
        tensor<T, 1, M> r;  ///< [O]
        T c = T(1);

        /// Calls f("z", …), f("r", …) and f("c", …) with a view of each; c as a host array of extent 1, a
        /// positive leaf.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("z", as_view(p.z));
            f("r", as_view(p.r));
            f("c", positive_leaf(p.c));
        }
    };

    template <class T, class M = memory::host>
    using saved = ham_saved<T, M>;

    /// Parameters for C channels: z and r zero, c = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_valid("naive::make_params", {kernel, dilation});
        return {tensor<T, 3, M>(outputs, kernel * kernel, channels), tensor<T, 1, M>(outputs), T(1)};
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 3, M>(p.z.extents()), tensor<T, 1, M>(p.r.extents()), T(0)};
    }

    /// x [N, C, H, W] → logits [N, O, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        tensor<T, 4, M> y(v.extent(0), outputs, v.extent(2), v.extent(3));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x. Policies without a specialisation allocate one number
    /// per pixel of scratch, exec::cuda K·O more.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        detail::ham_forward<P, T, M>("naive::forward", exec, options(), outputs, as_const(x), as_const(p.z),
                                     as_const(p.r), p.c, T(1), as_view(y), nullptr);
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        detail::ham_forward<P, T, M>("naive::forward", exec, options(), outputs, as_const(x), as_const(p.z),
                                     as_const(p.r), p.c, T(1), as_view(y), &s);
    }

    /// Vector-Jacobian product: dy [N, O, H, W] → dx [N, C, H, W], written, and dp, added to. Throws shape_error,
    /// value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        T unused(0);
        detail::ham_backward<P, T, M>("naive::backward", exec, options(), outputs, as_const(x), as_const(p.z),
                                      as_const(p.r), p.c, T(1), s, as_const(dy), as_view(dx), as_view(dp.z),
                                      as_view(dp.r), dp.c, unused);
    }

private:
    detail::ham_options options() const { return {{kernel, dilation}, false, weighting::uniform}; }
};

}  // namespace hyspn::affinity
