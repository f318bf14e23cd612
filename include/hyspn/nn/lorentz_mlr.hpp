// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/lorentz_heads.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::nn {

/// Lorentz multinomial logistic regression (Bdeir, Schwethelm and Landwehr 2024, arXiv 2303.15919, theorem 2; the
/// LorentzMLR of HyperbolicCV): from the space part x of a point of the hyperboloid −x₀² + ‖x‖² = −1/c, x₀ > 0, to one
/// logit a class,
///     q_o = (‖z_o‖/s)·asinh( s⟨x, ẑ_o⟩·cosh s a_o − s x₀·sinh s a_o ),   s = √c,
/// ‖z_o‖ times the signed distance of x to a hyperplane; the time coordinate x₀ is never stored. Evaluated for logits
/// and offsets of any size. As c → 0 it becomes ⟨x, z_o⟩ − a_o‖z_o‖. At the point of poincare_mlr (x =
/// sinh(2s‖v‖)/s·v/‖v‖), with a = 2r, it is half the latter's logit. A row z_o = 0 gives 0 and has the gradient of the
/// limit, so that it trains.
///
/// Accuracy, norm-wise: values within 16 eps, gradients within 128 eps where the problem allows: far out and near a
/// hyperplane of large offset the two terms cancel, and rounding of x alone moves the logit as much.
struct lorentz_mlr {
    static constexpr char const* name = "lorentz_mlr";
    index_t outputs = 8;  ///< O

    /// Learned values. c is the curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 2, M> z;  ///< [O, C]
        tensor<T, 1, M> a;  ///< [O] signed offsets
        T c = T(1);

        /// Calls f("z", …), f("a", …) and f("c", …) with a view of each; c as a host array of extent 1.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("z", as_view(p.z));
            f("a", as_view(p.a));
            f("c", positive_leaf(p.c));
        }
    };

    /// Parameters for C channels: z and a zero, c = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        return {tensor<T, 2, M>(outputs, channels), tensor<T, 1, M>(outputs), T(1)};
    }

    template <class T, class M = memory::host>
    using saved = layer_saved<T, M>;

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 2, M>(p.z.extents()), tensor<T, 1, M>(p.a.extents()), T(0)};
    }

    /// x → logits: rows [N, C] → [N, O], maps [C, H, W] → [O, H, W], [N, C, H, W] → [N, O, H, W]. Throws shape_error,
    /// value_error.
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
    using calls = detail::row_calls<lorentz_mlr>;
    friend calls;

    template <class T, class M>
    static detail::row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.z), as_view(p.a), 0, "z", "a"};
    }
    template <class T, class M>
    static detail::row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.z), as_view(p.a), 0, "z", "a"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return detail::lorentz_mlr_head<T, M>{zeta, as_const(p.a), sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::nn
