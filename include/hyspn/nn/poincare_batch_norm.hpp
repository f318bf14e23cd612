// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/detail/batch_norm_ops.hpp>

namespace hyspn::nn {

/// Batch normalisation by the gyromidpoint (van Spengler, Berkhout and Mettes 2023, "Poincaré ResNet", arXiv
/// 2303.14027, section 4.2; HypLL's HBatchNorm), in tangent coordinates at the origin. All points of the batch, over N,
/// H and W, have the midpoint μ and the variance V, the mean of d(x_i, μ)². Each point is moved to
///     y_i = b ⊕ ( σ ⊗ ((−μ) ⊕ x_i) ),   σ = √(γ/(V + epsilon)),
/// with the learned point b (tangent coordinates `mean`) and variance γ > 0. The vector from μ to x_i is carried to b
/// by way of the origin; HypLL carries it along the geodesic from μ to b, which differs by a rotation about b, and by
/// nothing when b is the origin or on the ray of μ. epsilon is added to V as elsewhere, but 0 unless you want it:
/// points that coincide (V = 0) go to b, with σ and all gradients but b's 0.
///
/// Running statistics follow by `update`: the running mean moves towards the batch's along the geodesic by `momentum`,
/// the running variance linearly. With statistics given, forward uses them in the place of the batch's.
///
/// Accuracy measured, norm-wise, s‖v‖ up to 3: values within 6 eps; gradients of x and b within 128 eps; that of γ, one
/// number, within 400 eps. That of c loses digits where points are small beside 1/s or b: it is then the small rest of
/// large parts (a few thousand eps at s‖v‖ = 0.01, none left in float at 1e-6).
///
/// Values and gradients are finite as long as e^{4s‖v‖} lies in the range of the type, s = √c: s‖v‖ up to 20 in float,
/// 170 in double, and the same for σ times the distances. Deterministic: sums have a fixed order.
struct poincare_batch_norm {
    double momentum = 0.1;
    double epsilon = 0;

    /// Learned values. c is the curvature itself, variance that of the outputs; both > 0.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 1, M> mean;  ///< [C] tangent coordinates of b
        T variance = T(1);     ///< γ
        T c = T(1);

        /// Calls f("mean", …), f("variance", …) and f("c", …) with a view of each; scalars as host arrays of extent 1.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("mean", as_view(p.mean));
            f("variance", positive_leaf(p.variance));
            f("c", positive_leaf(p.c));
        }
    };

    /// A point and a variance: a batch's, or running.
    template <class T, class M = memory::host>
    struct statistics {
        tensor<T, 1, M> mean;  ///< [C] tangent coordinates of μ
        T variance = T(1);     ///< V
    };

    /// The batch's statistics, and what backward reads: the centred points, one number a channel and three more.
    template <class T, class M = memory::host>
    struct saved {
        statistics<T, M> batch;
        tensor<T, 4, M> centred;
        tensor<T, 1, M> direction;
        T time = T(0), space = T(0), deficit = T(0);
    };

    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        return {tensor<T, 1, M>(channels), T(1), T(1)};
    }
    /// Running statistics to begin with: the origin and 1.
    template <class T, class M = memory::host>
    statistics<T, M> make_statistics(index_t channels) const
    {
        return {tensor<T, 1, M>(channels), T(1)};
    }
    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 1, M>(p.mean.extents()), T(0), T(0)};
    }

    /// Training: x → y of the same extents, rows [N, C], maps [C, H, W] or [N, C, H, W], by the batch's own statistics,
    /// which are left in s.batch. y may be x. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        using std::sqrt;
        char const* const name = "poincare_batch_norm::forward";
        require_call(name, p, as_const(x), as_view(y).extents(), "y");
        auto const in = detail::as_maps(as_const(x));
        index_t const C = in.extent(1);
        detail::fit(s.batch.mean, {C});
        detail::fit(s.direction, {C});
        detail::fit(s.centred, in.extents());
        if (in.size() == 0) return;
        T const root = sqrt(p.c);
        auto const sum = detail::batch_midpoint<P, T, M>(exec, root, in, as_view(s.direction), as_view(s.batch.mean));
        s.time = sum.time;
        s.space = sum.space;
        s.deficit = sum.deficit;
        tensor<T, 3, M> squares(in.extent(0), in.extent(2), in.extent(3));
        dispatch(exec, detail::centre_op<T, M>{root, in, as_const(s.batch.mean), as_view(s.centred), as_view(squares)});
        s.batch.variance = detail::sum_of(exec, squares) / T(static_cast<double>(squares.size()));
        place<P, T, M>(exec, p, scale(p, s.batch.variance), as_const(s.centred), detail::as_maps(as_view(y)));
    }

    /// Moves running statistics towards the batch's.
    template <execution_policy P, class T, class M>
    void update(P const& exec, params<T, M> const& p, saved<T, M> const& s, statistics<T, M>& running) const
    {
        using std::sqrt;
        char const* const name = "poincare_batch_norm::update";
        detail::require_value(momentum >= 0 && momentum <= 1, name, "momentum", "from 0 to 1", momentum);
        detail::require_shape(name, "running.mean", "[C]", running.mean.extents(), s.batch.mean.extents());
        detail::require_positive(name, "c", p.c);
        index_t const C = running.mean.extent(0);
        T const root = sqrt(p.c);
        // The batch's mean seen from the running one, the geodesic's part of it, and back.
        tensor<T, 4, M> seen(1, C, 1, 1);
        auto const as_map = [&](auto const& m) { return with_batch(with_batch_of_one(m)); };
        dispatch(exec, detail::centre_op<T, M>{
                           root, as_map(as_const(s.batch.mean)), as_const(running.mean), as_view(seen), {}});
        auto const back = detail::negated<P, T, M>(exec, as_const(running.mean));
        dispatch(exec, detail::scale_and_centre_op<T, M>{root, T(momentum), as_const(seen), as_const(back),
                                                         as_map(as_view(running.mean))});
        running.variance += T(momentum) * (s.batch.variance - running.variance);
    }

    /// Inference: by the statistics given. y may be x.
    template <execution_policy P, class T, class M, features X, features Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, statistics<T, M> const& given, X const& x, Y&& y) const
    {
        using std::sqrt;
        char const* const name = "poincare_batch_norm::forward";
        require_call(name, p, as_const(x), as_view(y).extents(), "y");
        require_statistics(name, p, given);
        auto const in = detail::as_maps(as_const(x));
        auto const out = detail::as_maps(as_view(y));
        if (in.size() == 0) return;
        dispatch(exec, detail::centre_op<T, M>{sqrt(p.c), in, as_const(given.mean), out, {}});
        place<P, T, M>(exec, p, scale(p, given.variance), as_const(out), out);
    }

    /// Vector-Jacobian product of the training form, through the batch's statistics too: dy → dx, written (it must not
    /// overlap x or dy), and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        using std::sqrt;
        char const* const name = "poincare_batch_norm::backward";
        require_backward(name, p, as_const(x), as_const(dy).extents(), as_view(dx).extents(), dp);
        auto const in = detail::as_maps(as_const(x));
        auto const din = detail::as_maps(as_view(dx));
        detail::require_shape(name, "saved.centred", "as forward left it", s.centred.extents(), in.extents());
        if (in.size() == 0) return;
        T const root = sqrt(p.c), count = T(static_cast<double>(in.size() / in.extent(1)));
        scratch<T, M> work(in.extents());
        T const of_variance =
            back_to_centred(exec, p, s.batch.variance, as_const(s.centred), detail::as_maps(as_const(dy)), work, dp);
        dispatch(exec, detail::centre_vjp_op<T, M>{root, scale(p, s.batch.variance), T(8) * of_variance / count, in,
                                                   as_const(s.centred), as_const(s.batch.mean), as_const(work.dscaled),
                                                   din, as_view(work.dcentre), as_view(work.curvature)});
        T curvature = detail::sum_of(exec, work.curvature);
        tensor<T, 1, M> dmean(in.extent(1));
        detail::sum_planes<P, T, M>(exec, as_const(work.dcentre), false, as_view(dmean));
        T const along =
            reduce(exec, dmean.size(), detail::vector_product<T, M>{as_const(dmean), as_const(s.direction)});
        detail::midpoint_sum<T> const sum{root, s.time, s.space, s.deficit};
        dispatch(exec, detail::batch_midpoint_vjp_op<T, M>{sum, T(1) / count, along, in, as_const(s.direction),
                                                           as_const(dmean), din, as_view(work.curvature)});
        curvature += detail::sum_of(exec, work.curvature) + detail::midpoint_common_curvature(sum, along);
        dp.c += curvature / (T(2) * p.c);
    }

    /// Vector-Jacobian product of the inference form; the statistics count as constant.
    template <execution_policy P, class T, class M, features X, features DY, features DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, statistics<T, M> const& given, X const& x, DY const& dy,
                  DX&& dx, params<T, M>& dp) const
    {
        using std::sqrt;
        char const* const name = "poincare_batch_norm::backward";
        require_backward(name, p, as_const(x), as_const(dy).extents(), as_view(dx).extents(), dp);
        require_statistics(name, p, given);
        auto const in = detail::as_maps(as_const(x));
        if (in.size() == 0) return;
        T const root = sqrt(p.c);
        tensor<T, 4, M> centred(in.extents());
        dispatch(exec, detail::centre_op<T, M>{root, in, as_const(given.mean), as_view(centred), {}});
        scratch<T, M> work(in.extents());
        back_to_centred(exec, p, given.variance, as_const(centred), detail::as_maps(as_const(dy)), work, dp);
        dispatch(exec,
                 detail::centre_vjp_op<T, M>{root, scale(p, given.variance), T(0), in, as_const(centred),
                                             as_const(given.mean), as_const(work.dscaled), detail::as_maps(as_view(dx)),
                                             as_view(work.dcentre), as_view(work.curvature)});
        dp.c += detail::sum_of(exec, work.curvature) / (T(2) * p.c);
    }

private:
    template <class T, class M>
    struct scratch {
        tensor<T, 4, M> dscaled, dcentre;
        tensor<T, 3, M> along, curvature;

        explicit scratch(dims<4> const& e)
            : dscaled(e), dcentre(e), along(e[0], e[2], e[3]), curvature(e[0], e[2], e[3])
        {
        }
    };

    /// [C] as [C, 1, 1].
    template <class T, class M>
    static view<T, 3, M> with_batch_of_one(view<T, 1, M> const& m)
    {
        return {m.data_handle(), {m.extent(0), 1, 1}, {m.stride(0), 1, 1}};
    }

    /// σ; 0 for points that coincide.
    template <class T, class M>
    T scale(params<T, M> const& p, T variance) const
    {
        using std::sqrt;
        T const spread = variance + T(epsilon);
        return spread > T(0) ? sqrt(p.variance / spread) : T(0);
    }

    /// y from the centred points; y may be these.
    template <execution_policy P, class T, class M>
    void place(P const& exec, params<T, M> const& p, T factor, view<T const, 4, M> const& centred,
               view<T, 4, M> const& y) const
    {
        using std::sqrt;
        auto const back = detail::negated<P, T, M>(exec, as_const(p.mean));
        dispatch(exec, detail::scale_and_centre_op<T, M>{sqrt(p.c), factor, centred, as_const(back), y});
    }

    /// From dy to the cotangent of the scaled centred points, in work.dscaled; adds to dp.mean, dp.variance and dp.c;
    /// returns that of V.
    template <execution_policy P, class T, class M>
    T back_to_centred(P const& exec, params<T, M> const& p, T variance, view<T const, 4, M> const& centred,
                      view<T const, 4, M> const& dy, scratch<T, M>& work, params<T, M>& dp) const
    {
        using std::sqrt;
        T const factor = scale(p, variance);
        auto const back = detail::negated<P, T, M>(exec, as_const(p.mean));
        dispatch(exec, detail::scale_and_centre_vjp_op<T, M>{sqrt(p.c), factor, centred, as_const(back), dy,
                                                             as_view(work.dscaled), as_view(work.dcentre),
                                                             as_view(work.along), as_view(work.curvature)});
        tensor<T, 1, M> dback(p.mean.extents());
        detail::sum_planes<P, T, M>(exec, as_const(work.dcentre), false, as_view(dback));
        dispatch(exec, detail::add_scaled_op<T, 1, M>{T(-1), as_const(dback), as_view(dp.mean)});
        dp.c += detail::sum_of(exec, work.curvature) / (T(2) * p.c);
        T const spread = variance + T(epsilon), dfactor = detail::sum_of(exec, work.along);
        if (!(spread > T(0))) return T(0);
        dp.variance += dfactor * factor / (T(2) * p.variance);
        return -dfactor * factor / (T(2) * spread);
    }

    template <class T, class M, std::size_t Rank>
    void require_call(char const* function, params<T, M> const& p, view<T const, Rank, M> const& x, dims<Rank> const& y,
                      char const* y_name) const
    {
        detail::require_shape(function, y_name, detail::pattern<Rank>(false), y, x.extents());
        detail::require_shape(function, "mean", "[C]", p.mean.extents(), {x.extent(Rank == 3 ? 0 : 1)});
        detail::require_positive(function, "variance", p.variance);
        detail::require_positive(function, "c", p.c);
        detail::require_value(epsilon >= 0, function, "epsilon", "at least 0", epsilon);
    }
    template <class T, class M, std::size_t Rank>
    void require_backward(char const* function, params<T, M> const& p, view<T const, Rank, M> const& x,
                          dims<Rank> const& dy, dims<Rank> const& dx, params<T, M> const& dp) const
    {
        require_call(function, p, x, dy, "dy");
        detail::require_shape(function, "dx", detail::pattern<Rank>(false), dx, x.extents());
        detail::require_shape(function, "dp.mean", "[C]", dp.mean.extents(), p.mean.extents());
    }
    template <class T, class M>
    static void require_statistics(char const* function, params<T, M> const& p, statistics<T, M> const& given)
    {
        detail::require_shape(function, "the statistics' mean", "[C]", given.mean.extents(), p.mean.extents());
        detail::require_value(given.variance >= T(0), function, "the statistics' variance", "at least 0",
                              static_cast<double>(given.variance));
    }
};

}  // namespace hyspn::nn
