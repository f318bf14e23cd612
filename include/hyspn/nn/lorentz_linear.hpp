// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/lorentz_heads.hpp>
#include <hyspn/nn/detail/row_layer.hpp>

namespace hyspn::detail {

/// nn::lorentz_linear to row_layer.
struct lorentz_linear_kind {
    static constexpr char const* name = "lorentz_linear";
    static constexpr index_t leading = 1;
    static constexpr double identity = 1;

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

    template <class T, class M>
    static row_weights<T, M> weights(params<T, M>& p)
    {
        return {as_view(p.w), as_view(p.b), 1, "w", "b"};
    }
    template <class T, class M>
    static row_weights<T const, M> weights(params<T, M> const& p)
    {
        return {as_view(p.w), as_view(p.b), 1, "w", "b"};
    }
    template <class T, class M>
    static auto head(params<T, M> const& p, [[maybe_unused]] view<T const, 1, M> const& zeta)
    {
        using std::sqrt;
        return lorentz_linear_head<T, M>{row_weights<T const, M>(weights(p)).column(), as_const(p.b), sqrt(p.c), p.c};
    }
};

}  // namespace hyspn::detail

namespace hyspn::nn {

/// Lorentz linear layer (Chen et al. 2022, "Fully hyperbolic neural networks", arXiv 2105.14686, section 3.1, with
/// φ(Wx) = Wx + b; the unnormalised LorentzFullyConnected of HyperbolicCV): from the space part x of a point of the
/// hyperboloid −x₀² + ‖x‖² = −1/c, x₀ > 0, to the space part of another,
///     y = W·[x₀; x] + b,   x₀ = √(1/c + ‖x‖²),
/// whose time coordinate √(1/c + ‖y‖²) is never stored. W is [O, 1 + C] with the time column first, as in HyperbolicCV
/// but without its unused first row. W = [0 | I], b = 0 is the identity, bit for bit. W and b are Euclidean parameters.
///
/// Accuracy: each output within a few eps of the summed magnitudes of its terms, gradients likewise.
using lorentz_linear = row_layer<detail::lorentz_linear_kind>;

}  // namespace hyspn::nn
