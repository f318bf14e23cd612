// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::detail {

/// nn::poincare_linear to row_layer.
struct poincare_linear_kind {
    static constexpr char const* name = "poincare_linear";
    static constexpr index_t leading = 0;
    static constexpr double identity = 0.5;

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
        return poincare_layer_head<T, M>{zeta, as_const(p.r), sqrt(p.c), p.c, T(1)};
    }
};

}  // namespace hyspn::detail

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
using poincare_linear = row_layer<detail::poincare_linear_kind>;

}  // namespace hyspn::nn
