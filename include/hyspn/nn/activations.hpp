// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/nn/detail/activation_functions.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>
#include <hyspn/nn/detail/pixel_map.hpp>

namespace hyspn {

namespace detail {

/// f of every number.
template <class F>
struct activation_map {
    F f;

    HYSPN_HD activation_map at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V x) const
    {
        return f.value(x);
    }
};

/// f′(x)·dy of every number.
template <class F>
struct activation_vjp_map {
    F f;

    HYSPN_HD activation_vjp_map at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V x, V dy) const
    {
        return f.derivative(x) * dy;
    }
};

template <execution_policy P, class F, features X, features Y>
void activation_forward(P const& exec, std::string const& layer, F const& f, X const& x, Y&& y)
{
    using T = value_type_of<X const>;
    auto const in = as_const(x);
    auto const out = as_view(y);
    require_shape((layer + "::forward").c_str(), "y", pattern<rank_of<X const>>(false), out.extents(), in.extents());
    dispatch(exec, pixel_map_op<activation_map<F>, 1, T, typename P::memory_space>{{f}, {as_maps(in)}, as_maps(out)});
}

template <execution_policy P, class F, features X, features DY, features DX>
void activation_backward(P const& exec, std::string const& layer, F const& f, X const& x, DY const& dy, DX&& dx)
{
    using T = value_type_of<X const>;
    constexpr auto axes = pattern<rank_of<X const>>(false);
    auto const in = as_const(x), g = as_const(dy);
    auto const out = as_view(dx);
    require_shape((layer + "::backward").c_str(), "dy", axes, g.extents(), in.extents());
    require_shape((layer + "::backward").c_str(), "dx", axes, out.extents(), in.extents());
    dispatch(exec, pixel_map_op<activation_vjp_map<F>, 2, T, typename P::memory_space>{
                       {f}, {as_maps(in), as_maps(g)}, as_maps(out)});
}

}  // namespace detail

namespace nn {

/// The function F of every number of rows [N, C], maps [C, H, W] or batches of maps [N, C, H, W]. Nothing is learned
/// and nothing saved: backward reads x. Bounds of errors below are in eps = std::numeric_limits<T>::epsilon().
template <class F>
struct pointwise_layer {
    /// x → y of the same extents; y may be x. Throws shape_error.
    template <execution_policy P, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const { detail::activation_forward(exec, F::name, F{}, x, y); }

    /// Vector-Jacobian product at x: writes dx = f′(x)·dy, which may be dy. Throws shape_error.
    template <execution_policy P, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, X const& x, DY const& dy, DX&& dx) const
    {
        detail::activation_backward(exec, F::name, F{}, x, dy, dx);
    }
};

/// max(x, 0); at 0 the derivative is 0.
using relu = pointwise_layer<detail::relu_function>;

/// x·Φ(x), Φ the distribution function of the standard normal law, by erfc: without the usual approximations.
/// Relative error at most (6 + x²) eps for normal results; absolute error of the derivative at most 2 eps.
using gelu = pointwise_layer<detail::gelu_function>;

/// 1/(1 + e^{−x}). Relative error of the value and of the derivative at most 4 eps for normal results.
using sigmoid = pointwise_layer<detail::sigmoid_function>;

/// Hyperbolic tangent. Relative error of the value and of the derivative at most 6 eps for normal results.
using tanh = pointwise_layer<detail::tanh_function>;

/// x for x > 0, slope·x below; at 0 the derivative is slope. Calls as pointwise_layer's.
struct leaky_relu {
    double slope = 0.01;

    template <execution_policy P, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        detail::activation_forward(exec, "leaky_relu", function<value_type_of<X const>>(), x, y);
    }
    template <execution_policy P, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, X const& x, DY const& dy, DX&& dx) const
    {
        detail::activation_backward(exec, "leaky_relu", function<value_type_of<X const>>(), x, dy, dx);
    }

private:
    template <class T>
    detail::leaky_relu_function<T> function() const
    {
        return {T(slope)};
    }
};

}  // namespace nn
}  // namespace hyspn
