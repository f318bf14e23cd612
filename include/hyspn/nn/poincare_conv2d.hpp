// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/core/leaf.hpp>
#include <hyspn/manifold/beta_ratio.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::nn {

/// Hyperbolic convolution (HNN++, Shimizu et al. 2021, arXiv 2006.08210, section 3.4) from tangent coordinates to
/// tangent coordinates: the K = kernel[0]·kernel[1] vectors under the window, zero vectors (the ball's origin) outside
/// the image, are β-concatenated, t = (β_{KC}/β_C)·[v_1; …; v_K], and go through a Poincaré fully connected layer (see
/// poincare_linear). K counts the whole window at the border too.
///
/// Weights are tap-major, z(o, m, c) for tap m = ky·kernel[1] + kx and channel c, like mil-tokyo's; HypLL's are
/// channel-major: nn/weight_layouts.hpp converts.
///
/// groups > 1: the channels are β-split into groups, each is convolved with its O/groups outputs, and these are
/// β-concatenated; so a grouped 1×1 identity is still the identity.
///
/// Accuracy, norm-wise: values within 16 eps, gradients within 128 eps where the problem allows.
struct poincare_conv2d {
    dims<2> kernel{3, 3};    ///< rows, columns
    dims<2> stride{1, 1};    ///< input pixels between outputs
    dims<2> padding{0, 0};   ///< zero vectors on each side
    dims<2> dilation{1, 1};  ///< input pixels between taps
    index_t groups = 1;      ///< divides C and O
    index_t outputs = 8;     ///< O

    /// Learned values. c is the curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 3, M> z;  ///< [O, K, C/groups]
        tensor<T, 1, M> r;  ///< [O]
        T c = T(1);

        /// Calls f("z", …), f("r", …) and f("c", …) with a view of each; c as a host array of extent 1.
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
    using saved = layer_saved<T, M>;

    /// Parameters for C channels: z and r zero, c = 1. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_options("poincare_conv2d::make_params", channels);
        return {tensor<T, 3, M>(outputs, over().taps(), channels / groups), tensor<T, 1, M>(outputs), T(1)};
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 3, M>(p.z.extents()), tensor<T, 1, M>(p.r.extents()), T(0)};
    }

    /// Extents of the output for x of the given ones: 1 + ⌊(L + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ along
    /// each side, 0 where the kernel does not fit. Throws value_error.
    dims<4> output_extents(dims<4> const& x) const
    {
        return detail::window_outputs("poincare_conv2d::output_extents", over(), x, outputs);
    }

    /// x [N, C, H, W] → [N, O, H', W']. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        detail::require_valid("poincare_conv2d::forward", over());
        tensor<T, 4, M> y(output_extents(as_const(x).extents()));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        run<P, T, M>(exec, p, as_const(x), as_view(y), nullptr);
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        run<P, T, M>(exec, p, as_const(x), as_view(y), &s);
    }

    /// Vector-Jacobian product: dy [N, O, H', W'] → dx [N, C, H, W], written (it must not overlap x or dy), and dp,
    /// added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "poincare_conv2d::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        require_call(name, p, in, dout.extents(), "dy");
        detail::require_saved(name, s, dout.extents(), groups);
        detail::require_shape(name, "dx", "[N, C, H, W]", as_view(dx).extents(), in.extents());
        detail::require_shape(name, "dp.z", "[O, K, C/groups]", dp.z.extents(), p.z.extents());
        detail::require_shape(name, "dp.r", "[O]", dp.r.extents(), p.r.extents());
        auto const zeta = detail::weight_norms<P, T, M>(exec, as_const(p.z));
        detail::layer_backward<P>(exec, plan<T>(in.extent(1)), head(p, zeta), in, as_const(p.z), s, dout, as_view(dx),
                                  as_view(dp.z), as_view(dp.r), dp.c);
    }

private:
    detail::window over() const { return {kernel, stride, padding, dilation}; }

    template <class T>
    detail::correlation_plan<T> plan(index_t channels) const
    {
        return {over(), groups, beta_ratio<T>(over().taps() * (channels / groups), channels)};
    }

    template <class T, class M>
    auto head(params<T, M> const& p, tensor<T, 1, M> const& zeta) const
    {
        using std::sqrt;
        return detail::poincare_layer_head<T, M>{as_const(zeta), as_const(p.r), sqrt(p.c), p.c,
                                                 beta_ratio<T>(outputs, outputs / groups)};
    }

    void require_options(char const* function, index_t channels) const
    {
        detail::require_valid(function, over());
        detail::require_groups(function, groups, outputs, channels);
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, view<T const, 4, M> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        require_options(function, x.extent(1));
        detail::require_shape(function, "z", "[O, K, C/groups]", p.z.extents(),
                              {outputs, over().taps(), x.extent(1) / groups});
        detail::require_shape(function, "r", "[O]", p.r.extents(), {outputs});
        detail::require_shape(function, y_name, "[N, O, H', W']", y, output_extents(x.extents()));
        detail::require_positive(function, "c", p.c);
    }

    template <execution_policy P, class T, class M>
    void run(P const& exec, params<T, M> const& p, view<T const, 4, M> const& x, view<T, 4, M> const& y,
             saved<T, M>* s) const
    {
        require_call("poincare_conv2d::forward", p, x, y.extents(), "y");
        auto const zeta = detail::weight_norms<P, T, M>(exec, as_const(p.z));
        detail::layer_forward<P>(exec, plan<T>(x.extent(1)), head(p, zeta), x, as_const(p.z), y, s);
    }
};

}  // namespace hyspn::nn
