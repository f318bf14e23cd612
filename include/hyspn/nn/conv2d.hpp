// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <utility>

#include <hyspn/core/parameters.hpp>
#include <hyspn/core/random.hpp>
#include <hyspn/nn/detail/correlation.hpp>

namespace hyspn::nn {

/// Plain convolution, as PyTorch's Conv2d computes it: cross-correlation with zeros outside the image,
///   y(n, o, i, j) = bias_o + Σ_{c, ky, kx} weight(o, c, ky, kx)·
///                   x(n, first_o + c, i·stride − padding + ky·dilation, j·stride − padding + kx·dilation),
/// columns with the second number of each option; first_o is the first channel of output o's group. Channels and
/// outputs fall into `groups` equal parts; outputs of a part see its channels only; groups = C is depthwise.
///
/// Accuracy of value and gradients: with L terms in a sum, L·eps times the sum of their magnitudes at worst, √L·eps
/// as a rule. exec::omp has the same bits for any number of threads.
struct conv2d {
    dims<2> kernel{3, 3};    ///< rows, columns
    dims<2> stride{1, 1};    ///< input pixels between outputs
    dims<2> padding{0, 0};   ///< zeros on each side
    dims<2> dilation{1, 1};  ///< input pixels between taps
    index_t groups = 1;      ///< divides C and O
    index_t outputs = 8;     ///< O
    bool bias = true;        ///< whether outputs have one

    /// Learned values, in PyTorch's layout.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 4, M> weight;  ///< [O, C/groups, kernel rows, kernel columns]
        tensor<T, 1, M> bias;    ///< [O], or [0] without

        /// Calls f("weight", …) and, where there is one, f("bias", …) with a view of each.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("weight", as_view(p.weight));
            if (p.bias.size() > 0) f("bias", as_view(p.bias));
        }
    };

    /// Nothing: the map is linear.
    template <class T, class M = memory::host>
    struct saved {
    };

    /// Parameters for C channels, all zero. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_options("conv2d::make_params", channels);
        return {tensor<T, 4, M>(outputs, channels / groups, kernel[0], kernel[1]), tensor<T, 1, M>(biases())};
    }

    /// Values to start training with: weights normal with variance 2/(C/groups·K), K the taps, which keeps the size of
    /// signals through ReLUs (He et al. 2015, equation 10); biases zero.
    template <class T>
    void init(params<T>& p, random_stream& stream) const
    {
        auto const fan_in = static_cast<double>(p.weight.extent(1) * over().taps());
        double const spread = std::sqrt(2 / fan_in);
        for (T& w : p.weight) w = static_cast<T>(spread * stream.normal());
        for (T& b : p.bias) b = T(0);
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 4, M>(p.weight.extents()), tensor<T, 1, M>(p.bias.extents())};
    }

    /// Extents of the output for x of the given ones: 1 + ⌊(L + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ along
    /// each side, 0 where the kernel does not fit. Throws value_error.
    dims<4> output_extents(dims<4> const& x) const
    {
        return detail::window_outputs("conv2d::output_extents", over(), x, outputs);
    }

    /// x [N, C, H, W] → [N, O, H', W']. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        detail::require_valid("conv2d::forward", over());
        tensor<T, 4, M> y(output_extents(as_const(x).extents()));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const out = as_view(y);
        require_call("conv2d::forward", p, in, out.extents(), "y");
        if (out.size() == 0) return;
        view<T const, 1, M> const none{};
        dispatch(exec, detail::correlation_op<T, M>{plan<T>(), in, taps(as_const(p.weight)), out,
                                                    bias ? as_const(p.bias) : none});
    }

    /// The same; there is nothing to save.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>&) const
    {
        forward(exec, p, x, y);
    }

    /// Vector-Jacobian product: dy [N, O, H', W'] → dx [N, C, H, W], written (it must not overlap x or dy), or without
    /// elements where it is not wanted, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const&, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "conv2d::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        view<T, 4, M> const din = as_view(dx);
        require_call(name, p, in, dout.extents(), "dy");
        if (din.size() > 0) detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), in.extents());
        detail::require_shape(name, "dp.weight", weight_pattern, dp.weight.extents(), p.weight.extents());
        detail::require_shape(name, "dp.bias", bias_pattern(), dp.bias.extents(), p.bias.extents());
        if (din.size() > 0)
            dispatch(exec, detail::correlation_input_vjp_op<T, M>{plan<T>(), taps(as_const(p.weight)), dout, din});
        if (dout.size() == 0) return;
        dispatch(exec, detail::correlation_weight_vjp_op<T, M>{plan<T>(), in, dout, {}, taps(as_view(dp.weight))});
        if (bias) detail::sum_planes<P, T, M>(exec, dout, true, as_view(dp.bias));
    }

private:
    static constexpr char const* weight_pattern = "[O, C/groups, kernel rows, kernel columns]";

    detail::window over() const { return {kernel, stride, padding, dilation}; }
    index_t biases() const { return bias ? outputs : 0; }
    char const* bias_pattern() const { return bias ? "[O]" : "without bias [0]"; }

    template <class T>
    detail::correlation_plan<T> plan() const
    {
        return {over(), groups, T(1)};
    }

    /// Weights as correlations see them: [O, K, C/groups].
    template <class V, class M>
    static view<V, 3, M> taps(view<V, 4, M> const& weight)
    {
        index_t const K = weight.extent(2) * weight.extent(3);
        return {weight.data_handle(), {weight.extent(0), K, weight.extent(1)}, {weight.stride(0), 1, weight.stride(1)}};
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
        detail::require_shape(function, "weight", weight_pattern, p.weight.extents(),
                              {outputs, x.extent(1) / groups, kernel[0], kernel[1]});
        detail::require_shape(function, "bias", bias_pattern(), p.bias.extents(), {biases()});
        detail::require_shape(function, y_name, "[N, O, H', W']", y, output_extents(x.extents()));
    }
};

}  // namespace hyspn::nn
