// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/nn/detail/activation_functions.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>

namespace hyspn {

namespace nn {

/// Functions of one number.
enum class activation { relu, leaky_relu, gelu, tanh };

}  // namespace nn

namespace detail {

/// f(t) and f′(t) of the kind.
template <class T>
struct activation_function {
    nn::activation kind;
    T slope;

    HYSPN_HD T value(T t) const
    {
        switch (kind) {
            case nn::activation::relu:
                return relu_function{}.value(t);
            case nn::activation::leaky_relu:
                return leaky_relu_function<T>{slope}.value(t);
            case nn::activation::gelu:
                return gelu_function{}.value(t);
            default:
                return tanh_function{}.value(t);
        }
    }
    HYSPN_HD T derivative(T t) const
    {
        switch (kind) {
            case nn::activation::relu:
                return relu_function{}.derivative(t);
            case nn::activation::leaky_relu:
                return leaky_relu_function<T>{slope}.derivative(t);
            case nn::activation::gelu:
                return gelu_function{}.derivative(t);
            default:
                return tanh_function{}.derivative(t);
        }
    }
};

template <class T, class M>
struct activation_op {
    activation_function<T> f;
    view<T const, 4, M> x;
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        y(n, c, i, j) = f.value(x(n, c, i, j));
    }
};

template <class T, class M>
struct activation_vjp_op {
    activation_function<T> f;
    view<T const, 4, M> x, dy;
    view<T, 4, M> dx;

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        dx(n, c, i, j) = f.derivative(x(n, c, i, j)) * dy(n, c, i, j);
    }
};

}  // namespace detail

namespace nn {

/// A function of each tangent coordinate at the origin, y = f(v), that is logmap0 ∘ … ∘ expmap0 of it on the ball
/// (Ganea et al. 2018). Does not depend on the curvature for relu and leaky_relu; gelu and tanh are not equivariant
/// under scaling, so they see the unit of length. At 0 relu and leaky_relu have the left derivative. Rows [N, C], maps
/// [C, H, W] or [N, C, H, W]; y may be x.
struct tangent_activation {
    activation kind = activation::relu;
    double slope = 0.01;  ///< of leaky_relu for negative numbers

    template <execution_policy P, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, X const& x, Y&& y) const
    {
        using T = value_type_of<X const>;
        auto const in = as_const(x);
        auto const out = as_view(y);
        detail::require_shape("tangent_activation::forward", "y", detail::pattern<rank_of<X const>>(false),
                              out.extents(), in.extents());
        dispatch(exec, detail::activation_op<T, typename P::memory_space>{function<T>(), detail::as_maps(in),
                                                                          detail::as_maps(out)});
    }

    /// Vector-Jacobian product at x: writes dx, which may be dy.
    template <execution_policy P, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, X const& x, DY const& dy, DX&& dx) const
    {
        using T = value_type_of<X const>;
        auto const in = as_const(x), g = as_const(dy);
        auto const out = as_view(dx);
        constexpr auto pattern = detail::pattern<rank_of<X const>>(false);
        detail::require_shape("tangent_activation::backward", "dy", pattern, g.extents(), in.extents());
        detail::require_shape("tangent_activation::backward", "dx", pattern, out.extents(), in.extents());
        dispatch(exec, detail::activation_vjp_op<T, typename P::memory_space>{
                           function<T>(), detail::as_maps(in), detail::as_maps(g), detail::as_maps(out)});
    }

private:
    template <class T>
    detail::activation_function<T> function() const
    {
        return {kind, T(slope)};
    }
};

}  // namespace nn
}  // namespace hyspn
