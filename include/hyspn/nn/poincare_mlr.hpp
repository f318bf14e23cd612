// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::nn {

/// Poincaré multinomial logistic regression (HNN++, Shimizu et al. 2021, arXiv 2006.08210, section 3.1; after Ganea et
/// al. 2018): from tangent coordinates v of x = expmap0(v) to one logit a class,
///     q_o = (2‖z_o‖/s)·asinh( λ_x s⟨x, ẑ_o⟩·cosh 2s r_o − (λ_x − 1)·sinh 2s r_o ),   s = √c,
/// 2‖z_o‖ times the signed distance of x to the hyperplane through expmap0(r_o ẑ_o) with normal ẑ_o. As c → 0 it
/// becomes 4(⟨v, z_o⟩ − r_o‖z_o‖): mind the 4. Evaluated from v in closed form, for logits and offsets of any size. A
/// row z_o = 0 gives 0 and has the gradient of the limit, not 0, so that it trains. z and r are Euclidean parameters.
///
/// Accuracy, norm-wise: values within 16 eps, gradients within 128 eps where the problem allows.
struct poincare_mlr {
    static constexpr char const* name = "poincare_mlr";
    index_t outputs = 8;  ///< O

    /// Learned values. c is the curvature itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 2, M> z;  ///< [O, C]
        tensor<T, 1, M> r;  ///< [O] signed offsets
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

    template <class T, class M = memory::host>
    using saved = layer_saved<T, M>;

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 2, M>(p.z.extents()), tensor<T, 1, M>(p.r.extents()), T(0)};
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
    using calls = detail::row_calls<poincare_mlr>;
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
        return detail::poincare_mlr_head<T, M>{zeta, as_const(p.r), sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::nn
