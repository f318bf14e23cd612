// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/affinity/detail/ham_call.hpp>
#include <hyspn/core/leaf.hpp>
#include <hyspn/exec/elementwise.hpp>

/// \file
/// Affinity without learned weights: geodesic distances turned into gates.

namespace hyspn::affinity {

/// What geodesic::backward reads, as in detail::ham_saved_views.
template <class T, class M = memory::host>
struct geodesic_saved {
    tensor<T, 3, M> radius;
    tensor<T, 4, M> chord, radial, distance;
};

}  // namespace hyspn::affinity

namespace hyspn::detail {

/// Gate of every neighbour but the centre: its weight g, 0 where absent.
template <class T, class M>
struct geodesic_gates_op {
    ham_options options;
    T tau;
    view<T const, 4, M> distance;
    view<T, 4, M> gates;

    dims<3> shape() const { return {gates.extent(0), gates.extent(2), gates.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        pixel_distances<T, M> const d{options.around, distance, n, i, j};
        pixel_weights<T, M> const g(options.weight, tau, d);
        index_t const centre = options.around.centre();
        for (index_t k = 0; k < options.around.count(); ++k)
            if (k != centre) gates(n, k < centre ? k : k - 1, i, j) = d.present(k) ? g(k) : T(0);
    }
};

/// Cotangents of all K weights from those of the gates: the centre's is 0.
template <class T, class M>
struct insert_centre_op {
    affinity::neighbourhood around;
    view<T const, 4, M> gates_bar;
    view<T, 4, M> weight_bar;

    dims<4> shape() const { return weight_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t i, index_t j) const
    {
        index_t const centre = around.centre();
        weight_bar(n, k, i, j) = k == centre ? T(0) : gates_bar(n, k < centre ? k : k - 1, i, j);
    }
};

/// Gates from features; see affinity::geodesic.
template <class T, class M>
struct geodesic_forward_op {
    ham_options options;
    view<T const, 4, M> x;
    T c, tau;
    view<T, 4, M> y;
    ham_saved_views<T, M> memory;  ///< radius and distance always; chord and radial when keep
    bool keep;
};

/// Its vector-Jacobian product.
template <class T, class M>
struct geodesic_backward_op {
    ham_options options;
    view<T const, 4, M> x;
    T c, tau;
    ham_saved_views<T const, M> saved;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;  ///< written
    T* dc;             ///< host address, added to
    T* dtau;           ///< host address, added to
};

template <execution_policy P, class T, class M>
void dispatch(P const& exec, geodesic_forward_op<T, M> const& op)
{
    using std::sqrt;
    auto const& m = op.memory;
    run_distances<P, T, M>(exec, op.options.around, op.x, sqrt(op.c), op.keep, m);
    dispatch(exec, geodesic_gates_op<T, M>{op.options, op.tau, m.distance, op.y});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, geodesic_backward_op<T, M> const& op)
{
    using std::sqrt;
    dims<4> const e = op.x.extents();
    tensor<T, 4, M> weight_bar(e[0], op.options.around.count(), e[2], e[3]);
    tensor<T, 3, M> tau_bar(e[0], e[2], e[3]), c_bar(e[0], e[2], e[3]);
    dispatch(exec, fill_op<T, 4, M>{T(0), op.dx});
    dispatch(exec, fill_op<T, 3, M>{T(0), as_view(c_bar)});
    dispatch(exec, insert_centre_op<T, M>{op.options.around, op.dy, as_view(weight_bar)});
    dispatch(exec, neighbour_weights_vjp_op<T, M>{op.options, op.tau, op.saved.distance, as_view(weight_bar),
                                                  as_view(tau_bar)});
    dispatch(exec, pair_distance_vjp_op<T, M>{op.options.around, op.x, op.saved.radius, op.saved.chord, op.saved.radial,
                                              sqrt(op.c), as_const(weight_bar), op.dx, as_view(c_bar)});
    *op.dc += sum_of(exec, c_bar);
    *op.dtau += sum_of(exec, tau_bar);
}

template <class T, class M>
ham_saved_views<T, M> views_of(affinity::geodesic_saved<T, M>& s)
{
    return {as_view(s.radius), as_view(s.chord), as_view(s.radial), as_view(s.distance), {}, {}};
}

template <class T, class M>
ham_saved_views<T const, M> views_of(affinity::geodesic_saved<T, M> const& s)
{
    return {as_view(s.radius), as_view(s.chord), as_view(s.radial), as_view(s.distance), {}, {}};
}

}  // namespace hyspn::detail

namespace hyspn::affinity {

/// Training-free affinity: gates [N, K−1, H, W], the geodesic weights g of all neighbours but the centre, in raster
/// order, 0 where absent, with g normalised over the whole neighbourhood as in weighting (the centre at distance 0
/// included). Features are tangent coordinates of a Poincaré ball of curvature −c.
struct geodesic {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    weighting weight = weighting::softmax;

    /// c and tau are the curvature and temperature themselves, both > 0.
    template <class T, class M = memory::host>
    struct params {
        T c = T(1);
        T tau = T(1);

        /// Calls f("c", …) and f("tau", …) with host arrays of extent 1, positive leaves.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("c", positive_leaf(p.c));
            f("tau", positive_leaf(p.tau));
        }
    };

    template <class T, class M = memory::host>
    using saved = geodesic_saved<T, M>;

    /// c = tau = 1, whatever the number of channels.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t = 0) const
    {
        return {};
    }

    /// Gradients of parameters, for backward to add to: all 0.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const&)
    {
        return {T(0), T(0)};
    }

    /// x [N, C, H, W] → gates [N, K−1, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        require_valid("geodesic::forward", around());
        tensor<T, 4, M> y(v.extent(0), kernel * kernel - 1, v.extent(2), v.extent(3));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y. Allocates scratch; the form below lets the caller keep it.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        saved<T, M> scratch;
        run_forward(exec, p, as_const(x), as_view(y), scratch, false);
    }

    /// The same, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        run_forward(exec, p, as_const(x), as_view(y), s, true);
    }

    /// Vector-Jacobian product: dy [N, K−1, H, W] → dx [N, C, H, W], written, and dp, added to. Throws shape_error,
    /// value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "geodesic::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        view<T, 4, M> const din = as_view(dx);
        require_call(name, p, in, dout.extents(), "dy");
        detail::require_shape(name, "saved.radius", "as forward left it", s.radius.extents(), radius_extents(in));
        detail::require_shape(name, "saved.chord", "as forward left it", s.chord.extents(), pair_extents(in));
        detail::require_shape(name, "saved.radial", "as forward left it", s.radial.extents(), pair_extents(in));
        detail::require_shape(name, "saved.distance", "as forward left it", s.distance.extents(), pair_extents(in));
        detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), in.extents());
        if (din.size() == 0) return;
        dispatch(exec, detail::geodesic_backward_op<T, M>{options(), in, p.c, p.tau, detail::views_of(s), dout, din,
                                                          &dp.c, &dp.tau});
    }

private:
    neighbourhood around() const { return {kernel, dilation}; }
    detail::ham_options options() const { return {around(), false, weight}; }

    template <class V>
    static dims<3> radius_extents(V const& x)
    {
        return {x.extent(0), x.extent(2), x.extent(3)};
    }
    template <class V>
    dims<4> pair_extents(V const& x) const
    {
        return {x.extent(0), around().half(), x.extent(2), x.extent(3)};
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, view<T const, 4, M> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        require_valid(function, around());
        detail::require_shape(function, y_name, "[N, K-1, H, W]", y,
                              {x.extent(0), around().count() - 1, x.extent(2), x.extent(3)});
        detail::require_positive(function, "c", p.c);
        detail::require_positive(function, "tau", p.tau);
    }

    template <execution_policy P, class T, class M>
    void run_forward(P const& exec, params<T, M> const& p, view<T const, 4, M> const& x, view<T, 4, M> const& y,
                     saved<T, M>& s, bool keep) const
    {
        require_call("geodesic::forward", p, x, y.extents(), "y");
        detail::fit(s.radius, radius_extents(x));
        detail::fit(s.distance, pair_extents(x));
        if (keep) {
            detail::fit(s.chord, pair_extents(x));
            detail::fit(s.radial, pair_extents(x));
        }
        if (y.size() == 0) return;
        dispatch(exec, detail::geodesic_forward_op<T, M>{options(), x, p.c, p.tau, y, detail::views_of(s), keep});
    }
};

}  // namespace hyspn::affinity

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/affinity/geodesic.hpp>
#endif
