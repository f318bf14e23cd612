// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::nn {

/// Poincaré fully connected layer (HNN++, Shimizu et al. 2021, arXiv 2006.08210, section 3.2) from tangent coordinates
/// to tangent coordinates: with x = expmap0(v), c > 0, s = √c,
///     q_o = (2‖z_o‖/s)·asinh( λ_x s⟨x, ẑ_o⟩·cosh 2s r_o − (λ_x − 1)·sinh 2s r_o ),
///     w_o = sinh(s q_o)/s,   y = logmap0( w/(1 + √(1 + c‖w‖²)) ),
/// q_o being the signed distance of the ball output to the o-th coordinate hyperplane through 0. Evaluated in closed
/// form from v: no ball point is ever formed, nothing is clamped and nothing overflows, for logits and offsets of any
/// size. Ball points are expmap0 of the coordinates. z = I/2, r = 0 is the identity. A row z_o = 0 gives 0 and has the
/// gradient of the limit, not 0, so that it trains.
///
/// z is [O, C], a row an output. HypLL stores z_o as column o of [C, O], mil-tokyo's
/// code as direction and length, z_o = g_o v_o/‖v_o‖: nn/weight_layouts.hpp converts. z and r are Euclidean parameters.
///
/// Accuracy, norm-wise: values within 16 eps, gradients within 128 eps where the problem allows.
struct poincare_linear {
    static constexpr char const* name = "poincare_linear";
    index_t outputs = 8;  ///< O

    /// Learned values. c is the curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 2, M> z;  ///< [O, C]
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

    /// Parameters for C channels: z and r zero, c = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        return {tensor<T, 2, M>(outputs, channels), tensor<T, 1, M>(outputs), T(1)};
    }

    /// The identity for C ≤ O channels, other outputs 0: z_o = e_o/2, r = 0, c = 1. Rows of zeros train.
    /// Throws value_error.
    template <class T>
    params<T> identity_params(index_t channels) const
    {
        detail::require_value(channels <= outputs, "poincare_linear::identity_params", "channels",
                              "at most outputs = " + std::to_string(outputs), static_cast<double>(channels));
        auto p = make_params<T>(channels);
        for (index_t o = 0; o < channels; ++o) p.z(o, o) = T(0.5);
        return p;
    }

    template <class T, class M = memory::host>
    using saved = layer_saved<T, M>;

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 2, M>(p.z.extents()), tensor<T, 1, M>(p.r.extents()), T(0)};
    }

    /// x → tangent coordinates: rows [N, C] → [N, O], maps [C, H, W] → [O, H, W], [N, C, H, W] → [N, O, H, W]. Throws
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
    using calls = detail::row_calls<poincare_linear>;
    friend calls;

    template <class T, class M>
    static detail::row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.z), as_view(p.r), 0, "z", "r"};
    }
    template <class T, class M>
    static detail::row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.z), as_view(p.r), 0, "z", "r"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return detail::poincare_layer_head<T, M>{zeta, as_const(p.r), sqrt(p.c), p.c, T(1)};
    }
};

}  // namespace hyspn::nn
