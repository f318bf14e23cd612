// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/affinity/detail/ham_call.hpp>
#include <hyspn/core/leaf.hpp>

/// \file
/// The hyperbolic affinity module.

namespace hyspn::affinity {

/// The hyperbolic affinity module (HAM): from features v, tangent coordinates at the origin of a Poincaré ball of
/// curvature −c, to O affinity logits per pixel.
///
/// Per pixel i with neighbours j (K of them, the centre included): geodesic distances d_ij between expmap0(v_i) and
/// expmap0(v_j); beta-priority: the neighbours are ordered, the centre first, then by distance; weights g_ij (see
/// weighting); t_i = β_{KC}/β_C · [g v of the first; g v of the second; …] ∈ R^{KC}, the weighted β-concatenation; a
/// Poincaré fully connected layer (HNN++, Shimizu et al. 2021, arXiv 2006.08210) with rows z_o, biases r_o; its ball
/// output y_i is returned as logits logmap0(y_i). No ball point is ever formed, nothing is
/// clamped: values and gradients are finite for every finite input, as long as they lie in the range of the type; a
/// feature that is NaN or infinite makes the logits of every pixel that sees it NaN. The ball points y themselves are
/// poincare::expmap0 of the logits.
///
/// Accuracy, norm-wise: logits and gradients within 256 eps of 40-digit values on the golden cases, the gradient of c,
/// one number in which a whole image cancels, within 4096 (docs/accuracy.md has the measured ones).
struct hyperbolic {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    index_t outputs = 8;   ///< O
    bool beta_priority = true;
    weighting weight = weighting::softmax;

    /// Learned values. c and tau are the curvature and temperature themselves, both > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 3, M> z;  ///< [O, K, C]
        tensor<T, 1, M> r;  ///< [O]
        T c = T(1);
        T tau = T(1);

        /// Calls f("z", …), f("r", …), f("c", …), f("tau", …) with a view of each; scalars are host arrays of extent 1,
        /// positive leaves.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("z", as_view(p.z));
            f("r", as_view(p.r));
            f("c", positive_leaf(p.c));
            f("tau", positive_leaf(p.tau));
        }
    };

    template <class T, class M = memory::host>
    using saved = ham_saved<T, M>;

    /// Parameters for C channels: z and r zero, c = tau = 1.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_valid("hyperbolic::make_params", {kernel, dilation});
        return {tensor<T, 3, M>(outputs, kernel * kernel, channels), tensor<T, 1, M>(outputs), T(1), T(1)};
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 3, M>(p.z.extents()), tensor<T, 1, M>(p.r.extents()), T(0), T(0)};
    }

    /// x [N, C, H, W] → logits [N, O, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        tensor<T, 4, M> y(v.extent(0), outputs, v.extent(2), v.extent(3));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x. Policies without a specialisation allocate 3K + half + 2 numbers per
    /// pixel of scratch, exec::cuda K·O more.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        detail::ham_forward<P, T, M>("hyperbolic::forward", exec, options(), outputs, as_const(x), as_const(p.z),
                                     as_const(p.r), p.c, p.tau, as_view(y), nullptr);
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        detail::ham_forward<P, T, M>("hyperbolic::forward", exec, options(), outputs, as_const(x), as_const(p.z),
                                     as_const(p.r), p.c, p.tau, as_view(y), &s);
    }

    /// Vector-Jacobian product: dy [N, O, H, W] → dx [N, C, H, W], written (it must not overlap x or dy), and dp, added
    /// to. The order of the neighbours counts as constant. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        detail::ham_backward<P, T, M>("hyperbolic::backward", exec, options(), outputs, as_const(x), as_const(p.z),
                                      as_const(p.r), p.c, p.tau, s, as_const(dy), as_view(dx), as_view(dp.z),
                                      as_view(dp.r), dp.c, dp.tau);
    }

private:
    detail::ham_options options() const { return {{kernel, dilation}, beta_priority, weight}; }
};

}  // namespace hyspn::affinity
