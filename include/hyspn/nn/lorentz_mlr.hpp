// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/lorentz_heads.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::detail {

/// nn::lorentz_mlr to row_layer.
struct lorentz_mlr_kind {
    static constexpr char const* name = "lorentz_mlr";
    static constexpr index_t leading = 0;

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

    template <class T, class M>
    static row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.z), as_view(p.a), 0, "z", "a"};
    }
    template <class T, class M>
    static row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.z), as_view(p.a), 0, "z", "a"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return lorentz_mlr_head<T, M>{zeta, as_const(p.a), sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::detail

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
using lorentz_mlr = row_layer<detail::lorentz_mlr_kind>;

}  // namespace hyspn::nn
