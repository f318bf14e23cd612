// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::detail {

/// nn::poincare_mlr to row_layer.
struct poincare_mlr_kind {
    static constexpr char const* name = "poincare_mlr";
    static constexpr index_t leading = 0;

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

    template <class T, class M>
    static row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.z), as_view(p.r), 0, "z", "r"};
    }
    template <class T, class M>
    static row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.z), as_view(p.r), 0, "z", "r"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return poincare_mlr_head<T, M>{zeta, as_const(p.r), sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::detail

namespace hyspn::nn {

/// Poincaré multinomial logistic regression (HNN++, Shimizu et al. 2021, arXiv 2006.08210, section 3.1; after Ganea et
/// al. 2018): from tangent coordinates v of x = expmap0(v) to one logit a class,
///     q_o = (2‖z_o‖/s)·asinh( λ_x s⟨x, ẑ_o⟩·cosh 2s r_o − (λ_x − 1)·sinh 2s r_o ),   s = √c,
/// 2‖z_o‖ times the signed distance of x to the hyperplane through expmap0(r_o ẑ_o) with normal ẑ_o. As c → 0 it
/// becomes 4(⟨v, z_o⟩ − r_o‖z_o‖): mind the 4. Evaluated from v in closed form, for logits and offsets of any size. A
/// row z_o = 0 gives 0 and has the gradient of the limit, not 0, so that it trains. z and r are Euclidean parameters.
///
/// Accuracy, norm-wise: values within 16 eps, gradients within 128 eps where the problem allows.
using poincare_mlr = row_layer<detail::poincare_mlr_kind>;

}  // namespace hyspn::nn
