// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/pairwise.hpp>

/// \file
/// Bilateral weights under a learned Mahalanobis metric.

namespace hyspn::affinity {

/// What learned_metric::backward reads.
template <class T, class M = memory::host>
struct learned_metric_saved {
    tensor<T, 4, M> projected;  ///< [N, R, H, W] W f
    pairwise_saved<T, M> pairs;
};

/// s_pq = exp(−½ (f_p − f_q)ᵀ WᵀW (f_p − f_q)) with W [R, C] learned: affinity::pairwise, gaussian, of the features W
/// f. Options, order and extents of the gates as there.
struct learned_metric {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    index_t rank = 8;      ///< R, at least 1
    bool softmax = false;
    bool centre = false;

    template <class T, class M = memory::host>
    struct params {
        tensor<T, 3, M> w;  ///< [R, 1, C]

        /// Calls f("w", …) with a view.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f) { f("w", as_view(p.w)); }
    };

    template <class T, class M = memory::host>
    using saved = learned_metric_saved<T, M>;

    /// Parameters for C channels, all zero, where every gate is 1 and W has no gradient: give it other values before
    /// training. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_rank("learned_metric::make_params");
        return {tensor<T, 3, M>(rank, 1, channels)};
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 3, M>(p.w.extents())};
    }

    /// Gates a pixel has.
    index_t gates() const { return compare().gates(); }

    /// x [N, C, H, W] → gates. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        require_valid("learned_metric::forward", {kernel, dilation});
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
        require_call("learned_metric::forward", p, in.extents());
        detail::fit(s.projected, projected_extents(in));
        tensor<T, 1, M> const bias(rank);
        if (in.size() > 0)
            dispatch(exec, detail::euclidean_forward_op<T, M>{at_pixel, in, as_const(p.w), as_const(bias),
                                                              as_view(s.projected)});
        compare().forward(exec, unit_tau<T, M>(), s.projected, y, s.pairs);
    }

    /// Vector-Jacobian product: dy → dx [N, C, H, W], written, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "learned_metric::backward";
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const din = as_view(dx);
        require_call(name, p, in.extents());
        detail::require_shape(name, "saved.projected", "as forward left it", s.projected.extents(),
                              projected_extents(in));
        detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), in.extents());
        detail::require_shape(name, "dp.w", "[R, 1, C]", dp.w.extents(), p.w.extents());
        tensor<T, 4, M> dprojected(s.projected.extents());
        tensor<T, 1, M> unused(rank);
        auto dtau = pairwise::params<T, M>{T(0)};
        compare().backward(exec, unit_tau<T, M>(), s.projected, s.pairs, dy, dprojected, dtau);
        if (in.size() > 0)
            dispatch(exec, detail::euclidean_backward_op<T, M>{at_pixel, in, as_const(p.w), as_const(dprojected), din,
                                                               as_view(dp.w), as_view(unused)});
    }

private:
    pairwise compare() const { return {.kernel = kernel, .dilation = dilation, .softmax = softmax, .centre = centre}; }
    static constexpr neighbourhood at_pixel{.kernel = 1};

    template <class T, class M>
    static pairwise::params<T, M> unit_tau()
    {
        return {T(1)};
    }
    template <class V>
    dims<4> projected_extents(V const& x) const
    {
        return {x.extent(0), rank, x.extent(2), x.extent(3)};
    }

    void require_rank(char const* function) const
    {
        detail::require_value(rank >= 1, function, "rank", "at least 1", static_cast<double>(rank));
    }
    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x) const
    {
        require_rank(function);
        detail::require_shape(function, "w", "[R, 1, C]", p.w.extents(), {rank, 1, x[1]});
    }
};

}  // namespace hyspn::affinity
