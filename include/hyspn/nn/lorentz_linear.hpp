// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/lorentz_heads.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::nn {

/// Lorentz linear layer (Chen et al. 2022, "Fully hyperbolic neural networks", arXiv 2105.14686, section 3.1, with
/// φ(Wx) = Wx + b; the unnormalised LorentzFullyConnected of HyperbolicCV): from the space part x of a point of the
/// hyperboloid −x₀² + ‖x‖² = −1/c, x₀ > 0, to the space part of another,
///     y = W·[x₀; x] + b,   x₀ = √(1/c + ‖x‖²),
/// whose time coordinate √(1/c + ‖y‖²) is never stored. W is [O, 1 + C] with the time column first, as in HyperbolicCV
/// but without its unused first row. W = [0 | I], b = 0 is the identity, bit for bit. W and b are Euclidean parameters.
///
/// Accuracy: each output within a few eps of the summed magnitudes of its terms, gradients likewise.
struct lorentz_linear {
    static constexpr char const* name = "lorentz_linear";
    index_t outputs = 8;  ///< O

    /// Learned values. c is the curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 2, M> w;  ///< [O, 1 + C], time column first
        tensor<T, 1, M> b;  ///< [O]
        T c = T(1);

        /// Calls f("w", …), f("b", …) and f("c", …) with a view of each; c as a host array of extent 1.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("w", as_view(p.w));
            f("b", as_view(p.b));
            f("c", positive_leaf(p.c));
        }
    };

    /// Parameters for C channels: w and b zero, c = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        return {tensor<T, 2, M>(outputs, 1 + channels), tensor<T, 1, M>(outputs), T(1)};
    }

    /// The identity for C ≤ O channels, other outputs 0. Throws value_error.
    template <class T>
    params<T> identity_params(index_t channels) const
    {
        detail::require_value(channels <= outputs, "lorentz_linear::identity_params", "channels",
                              "at most outputs = " + std::to_string(outputs), static_cast<double>(channels));
        auto p = make_params<T>(channels);
        for (index_t o = 0; o < channels; ++o) p.w(o, 1 + o) = T(1);
        return p;
    }

    template <class T, class M = memory::host>
    using saved = layer_saved<T, M>;

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 2, M>(p.w.extents()), tensor<T, 1, M>(p.b.extents()), T(0)};
    }

    /// x → space parts: rows [N, C] → [N, O], maps [C, H, W] → [O, H, W], [N, C, H, W] → [N, O, H, W]. Throws
    /// shape_error, value_error.
    template <execution_policy P, class T, class M, features X>
        requires same_space<P, X> tensor<T, rank_of<X const>, M> forward(P const& exec, params<T, M> const& p,
                                                                         X const& x)
    const { return calls{*this}.forward(exec, p, x); }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        calls{*this}.forward(exec, p, as_const(x), as_view(y), static_cast<saved<T, M>*>(nullptr));
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        calls{*this}.forward(exec, p, as_const(x), as_view(y), &s);
    }

    /// Vector-Jacobian product: dy, shaped like y, → dx, like x, written (it must not overlap x or dy), and dp, added
    /// to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        calls{*this}.backward(exec, p, as_const(x), s, as_const(dy), as_view(dx), dp);
    }

private:
    using calls = detail::row_calls<lorentz_linear>;
    friend calls;

    template <class T, class M>
    static detail::row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.w), as_view(p.b), 1, "w", "b"};
    }
    template <class T, class M>
    static detail::row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.w), as_view(p.b), 1, "w", "b"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return detail::lorentz_linear_head<T, M>{detail::row_weights<T const, M>(weights(p)).column(), as_const(p.b),
                                                 sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::nn
