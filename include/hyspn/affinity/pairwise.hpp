// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/affinity/detail/pair_gates.hpp>
#include <hyspn/affinity/detail/pair_similarity.hpp>
#include <hyspn/core/leaf.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>

/// \file
/// Affinities of two feature vectors without hyperbolic geometry: what the propagation networks before used, and the
/// Euclidean peers of affinity::geodesic.

namespace hyspn::affinity {

/// Intermediate values of pairwise::forward that backward reads.
template <class T, class M = memory::host>
struct pairwise_saved {
    tensor<T, 4, M> products;  ///< [N, half, H, W] ⟨f_p, f_q⟩ or ‖f_p − f_q‖²; half + 1 with the centre
    tensor<T, 4, M> unit;      ///< cosine: features of length 1
    tensor<T, 3, M> length;    ///< cosine: ‖f‖
};

/// Gates from the similarity of feature vectors, symmetric before a softmax. With τ > 0:
///
///     gaussian     s_pq = exp(−‖f_p − f_q‖²/(2τ²))
///     cosine       s_pq = ⟨f_p, f_q⟩/(‖f_p‖ ‖f_q‖ τ)    0 where a vector is 0
///     dot_product  s_pq = ⟨f_p, f_q⟩/τ
///
/// The first are bilateral weights, with learned features those of the learnable tree filter (Song et al., NeurIPS
/// 2019: τ² = 1/2); the last, with softmax, DifNet's (Jiang et al., NeurIPS 2018).
/// Gates [N, K − 1, H, W] of the neighbours in raster order, or [N, K, H, W] with the pixel itself where `centre`; 0
/// where absent. With `softmax` they are exp(s)/Σ exp(s) over the neighbours present (and the centre), so a pixel's
/// gates sum to 1. Every propagation takes them; one that has a softmax of its own wants them without.
struct pairwise {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    affinity::similarity similarity = affinity::similarity::gaussian;
    bool softmax = false;
    bool centre = false;

    /// tau is τ itself, > 0.
    template <class T, class M = memory::host>
    struct params {
        T tau = T(1);

        /// Calls f("tau", …) with a host array of extent 1, a positive leaf.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f) { f("tau", positive_leaf(p.tau)); }
    };

    template <class T, class M = memory::host>
    using saved = pairwise_saved<T, M>;

    /// τ = 1, whatever the number of channels.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t = 0) const
    {
        return {};
    }

    /// Gradients of parameters, for backward to add to: all 0.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const&)
    {
        return {T(0)};
    }

    /// Gates a pixel has.
    index_t gates() const { return kernel * kernel - (centre ? 0 : 1); }

    /// x [N, C, H, W] → gates. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        require_valid("pairwise::forward", around());
        tensor<T, 4, M> y(v.extent(0), gates(), v.extent(2), v.extent(3));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        saved<T, M> scratch;
        forward(exec, p, x, y, scratch);
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const out = as_view(y);
        require_call("pairwise::forward", p, in, out.extents(), "y");
        detail::fit(s.products, pair_extents(in));
        if (out.size() == 0) return;
        view<T const, 4, M> compared = in;
        if (similarity == similarity::cosine) {
            detail::fit(s.unit, in.extents());
            detail::fit(s.length, {in.extent(0), in.extent(2), in.extent(3)});
            dispatch(exec, detail::unit_features_op<T, M>{in, as_view(s.unit), as_view(s.length)});
            compared = as_const(s.unit);
        }
        dispatch(exec, detail::pair_products_op<T, M>{around(), squares(), compared, as_view(s.products)});
        dispatch(exec, detail::pair_gates_op<T, M>{pairs(p, s), softmax, out});
    }

    /// Vector-Jacobian product: dy → dx [N, C, H, W], written, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "pairwise::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        view<T, 4, M> const din = as_view(dx);
        require_call(name, p, in, dout.extents(), "dy");
        detail::require_shape(name, "saved.products", "as forward left it", s.products.extents(), pair_extents(in));
        detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), in.extents());
        if (din.size() == 0) return;
        if (dout.size() == 0) return dispatch(exec, detail::fill_op<T, 4, M>{T(0), din});
        bool const unit = similarity == similarity::cosine;
        if (unit) {
            detail::require_shape(name, "saved.unit", "as forward left it", s.unit.extents(), in.extents());
            detail::require_shape(name, "saved.length", "as forward left it", s.length.extents(),
                                  {in.extent(0), in.extent(2), in.extent(3)});
        }
        view<T const, 4, M> const compared = unit ? as_const(s.unit) : in;
        auto const pair = pairs(p, s);

        tensor<T, 4, M> dlogits(dout.extents()), dproducts(s.products.extents());
        dispatch(exec, detail::pair_scores_adjoint_op<T, M>{pair, softmax, dout, as_view(dlogits)});
        dispatch(exec, detail::pair_gather_op<T, M>{pair, as_const(dlogits), as_view(dproducts)});
        dp.tau += detail::tau_gradient(exec, pair, as_const(dlogits));
        dispatch(exec, detail::pair_products_adjoint_op<T, M>{around(), squares(), compared, as_const(dproducts), din});
        if (unit) dispatch(exec, detail::unit_features_adjoint_op<T, M>{as_const(s.unit), as_const(s.length), din});
    }

private:
    neighbourhood around() const { return {kernel, dilation}; }
    bool squares() const { return similarity == similarity::gaussian; }

    template <class T, class M>
    detail::pair_scores<T, M> pairs(params<T, M> const& p, saved<T, M> const& s) const
    {
        return {around(), centre, similarity, p.tau, as_const(s.products)};
    }

    template <class V>
    dims<4> pair_extents(V const& x) const
    {
        return {x.extent(0), around().half() + (centre ? 1 : 0), x.extent(2), x.extent(3)};
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, view<T const, 4, M> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        require_valid(function, around());
        detail::require_shape(function, y_name, centre ? "[N, K, H, W]" : "[N, K-1, H, W]", y,
                              {x.extent(0), gates(), x.extent(2), x.extent(3)});
        detail::require_positive(function, "tau", p.tau);
    }
};

}  // namespace hyspn::affinity
