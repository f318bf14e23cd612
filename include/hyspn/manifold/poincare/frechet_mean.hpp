// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/mean_solver.hpp>

namespace hyspn {

namespace poincare {

struct frechet_options {
    /// On ‖Σ w log_m(x)‖/Σ w d(m, x), lengths measured in the space; 0: to rounding, 64 round-offs.
    double tolerance = 0;
    index_t max_iterations = 100;
};

/// What a batch of searches came to. Each set stops when it has converged itself.
struct frechet_report {
    index_t iterations = 0;   ///< of the set that took most
    double residual = 0;      ///< of the worst set, as in frechet_options::tolerance
    index_t unconverged = 0;  ///< sets that max_iterations was too few for
    bool converged() const { return unconverged == 0; }
};

}  // namespace poincare

namespace detail {

/// Outcomes of single sets, added up to a report.
template <class T>
struct mean_tally {
    index_t iterations, unconverged;
    T residual;

    HYSPN_HD mean_tally& operator+=(mean_tally const& other)
    {
        iterations = other.iterations > iterations ? other.iterations : iterations;
        residual = other.residual > residual || !(other.residual == other.residual) ? other.residual : residual;
        unconverged += other.unconverged;
        return *this;
    }
};

template <class T, class M>
struct read_outcome {
    view<T const, 2, M> status;  ///< [N, 3]: iterations, residual, unconverged
    HYSPN_HD mean_tally<T> operator()(index_t n) const
    {
        return {static_cast<index_t>(status(n, 0)), static_cast<index_t>(status(n, 2)), status(n, 1)};
    }
};

template <class P, class T>
poincare::frechet_report report_of(P const& exec, tensor<T, 2, typename P::memory_space> const& status)
{
    auto const all =
        reduce(exec, status.extent(0), read_outcome<T, typename P::memory_space>{as_const(as_view(status))});
    return {all.iterations, static_cast<double>(all.residual), all.unconverged};
}

template <class T>
T tolerance_of(char const* function, poincare::frechet_options const& options)
{
    require_value(options.tolerance >= 0, function, "options.tolerance", "at least 0", options.tolerance);
    require_value(options.max_iterations > 0, function, "options.max_iterations", "positive",
                  static_cast<double>(options.max_iterations));
    return options.tolerance > 0 ? static_cast<T>(options.tolerance) : T(64) * T(math_traits<T>::unit_roundoff);
}

template <class T, class M>
HYSPN_HD void record(view<T, 2, M> status, index_t n, mean_outcome<T> const& outcome)
{
    status(n, 0) = static_cast<T>(outcome.iterations);
    status(n, 1) = outcome.residual;
    status(n, 2) = outcome.converged ? T(0) : T(1);
}

template <class T, class M>
struct frechet_mean_op {
    T c, tolerance;
    index_t max_iterations;
    set_batch<T, M> sets;
    view<T, 2, M> out, status, scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        mean_scratch<T, M> const s(memory, sets.size(), sets.extent());
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], s.middle.complements);
        find_midpoint(c, set, s.middle.m, s.middle.f);
        record(status, n, find_mean(c, set, s, tolerance, max_iterations));
        for (index_t i = 0; i < sets.extent(); ++i) out(n, i) = s.middle.m.high(i);
    }
};

/// The mean m is where V = Σ w log_m(x) = 0, and there ∂V/∂m = −H, H the Hessian of mean_frame. With u = H⁻¹g:
///     w̄ = ⟨u, log_m(x)⟩,     x̄ and c̄ as of w log_m(x) for the cotangent u (adjoints of poincare::logmap, with x → m,
///     y → x), γ = κu.
template <class T, class M>
struct frechet_mean_vjp_op {
    T c, tolerance;
    index_t max_iterations;
    set_batch<T, M> sets;
    view<T const, 2, M> mean, g;
    view<T, 2, M> dweights;
    view<T, 3, M> dpoints;
    view<T, 1, M> dc;
    view<T, 2, M> status, scratch;

    dims<2> shape() const { return sets.shape(); }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        scratch_cursor<T, M> memory{scratch[n].data_handle()};
        mean_scratch<T, M> const s(memory, sets.size(), sets.extent());
        weighted_set<T, M> const set(c, sets.weights[n], sets.points[n], s.middle.complements);
        s.middle.m.set(mean[n]);
        record(status, n, find_mean(c, set, s, tolerance, max_iterations));
        T c_bar(0);
        if (!set.empty()) {
            mean_frame<T, M> const frame(c, set, s);
            frame.solve(g[n], T(4) * T(math_traits<T>::unit_roundoff));
            for (index_t k = 0; k < set.size(); ++k) c_bar += point(n, k, frame);
        } else {
            for (index_t k = 0; k < set.size(); ++k) {
                dweights(n, k) = T(0);
                for (index_t i = 0; i < sets.extent(); ++i) dpoints(n, k, i) = T(0);
            }
        }
        dc(n) = c_bar;
    }

private:
    HYSPN_HD T point(index_t n, index_t k, mean_frame<T, M> const& frame) const
    {
        auto const& set = frame.set;
        auto const& m = frame.scratch.middle.m;
        auto const u = frame.scratch.solution;
        auto const y = set.point(k);
        auto const delta = set.from(m, k);
        T const a = frame.a, b = set.complements(k), sign = set.sign(k), mass = set.mass(k);
        log_terms<T> const t(c, a, b, delta);
        T const kappa = a * t.push() / T(2);
        T const gamma_m = kappa * cdot(u, m), gamma_delta = kappa * cdot(u, delta);
        T const along = a * gamma_delta - t.q * gamma_m;
        T const delta_sum = cdot(delta, sum<fine_point<T, M>, scaled<T, view<T const, 1, M>>>{m, y});
        log_adjoint<T> const back(c, a, b, t, t.length * t.length, squared_norm(m), delta_sum, gamma_m, gamma_delta,
                                  along);
        view<T, 1, M> const dx = dpoints[n][k];
        for (index_t i = 0; i < y.extent(0); ++i)
            dx(i) = sign * mass * (a * kappa * u(i) - back.on_delta * delta(i) + back.on_y * y(i));
        dweights(n, k) = sign * along / set.unit;
        return mass * back.on_c;
    }
};

}  // namespace detail

namespace poincare {

/// Fréchet mean of sets of points of the Poincaré ball: the point that minimises Σ w d(m, x)², for weights [N, K] and
/// points [N, K, D] → out [N, D]. A negative weight counts as its absolute value at −x, as in weighted_midpoint; the
/// origin where all weights are 0. Newton's method from the gyromidpoint, steps cut where they do not
/// help; every set stops by itself. Usually 2 to 8 iterations, 54 for the hardest sets tried (points all over the ball
/// of double, weights from e^-8 to e^8); O(NKD) each, times the conjugate gradients within. As accurate as its
/// coordinates can say (see weighted_midpoint). Weights equal for all sets may be a view of stride 0. Any strides; out
/// must not overlap the inputs. Deterministic. Throws shape_error, value_error. Lou et al. 2020.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y>
    requires same_space<P, W, X, Y> frechet_report frechet_mean(P const& exec, curvature<T> const& c, W&& weights,
                                                                X&& points, Y&& out,
                                                                frechet_options const& options = {})
    {
        using M = typename P::memory_space;
        char const* const name = "frechet_mean";
        auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
        view<T, 2, M> const to = as_view(out);
        detail::require_shape(name, "out", "[N, D] of points", to.extents(), dims<2>{{sets.count(), sets.extent()}});
        T const tolerance = detail::tolerance_of<T>(name, options);
        if (to.size() == 0) return {};
        detail::require_value(sets.size() > 0, name, "the number of points", "at least 1", 0);
        tensor<T, 2, M> scratch(sets.count(), detail::mean_scratch<T, M>::size(sets.size(), sets.extent()));
        tensor<T, 2, M> status(sets.count(), 3);
        detail::dispatch(exec, detail::frechet_mean_op<T, M>{c.c(), tolerance, options.max_iterations, sets, to,
                                                             as_view(status), as_view(scratch)});
        return detail::report_of(exec, status);
    }

/// Vector-Jacobian product by the implicit function theorem, nothing of the path is kept: writes dweights and dpoints
/// for the cotangent g [N, D] of the mean [N, D] that frechet_mean found, returns the cotangent of c, summed over the
/// sets. The search is taken up from `mean` for the digits that its coordinates could not hold; the report goes to
/// `report` where one is given. dweights may be weights, dpoints may be points.
template <execution_policy P, class T, view_of_rank<2> W, view_of_rank<3> X, view_of_rank<2> Y, view_of_rank<2> G,
          view_of_rank<2> DW, view_of_rank<3> DX>
    requires same_space<P, W, X, Y, G, DW, DX> T frechet_mean_vjp(P const& exec, curvature<T> const& c, W&& weights,
                                                                  X&& points, Y&& mean, G&& g, DW&& dweights,
                                                                  DX&& dpoints, frechet_options const& options = {},
                                                                  frechet_report* report = nullptr)
    {
        using M = typename P::memory_space;
        char const* const name = "frechet_mean_vjp";
        auto const sets = detail::checked_sets<T, M>(name, as_const(weights), as_const(points));
        dims<2> const wanted{{sets.count(), sets.extent()}};
        view<T const, 2, M> const at = as_const(mean), from = as_const(g);
        view<T, 2, M> const dw = as_view(dweights);
        view<T, 3, M> const dx = as_view(dpoints);
        detail::require_shape(name, "mean", "[N, D] of points", at.extents(), wanted);
        detail::require_shape(name, "g", "[N, D] of points", from.extents(), wanted);
        detail::require_shape(name, "dweights", "those of weights", dw.extents(), sets.weights.extents());
        detail::require_shape(name, "dpoints", "those of points", dx.extents(), sets.points.extents());
        T const tolerance = detail::tolerance_of<T>(name, options);
        if (sets.count() == 0 || sets.size() == 0) return T(0);
        tensor<T, 2, M> scratch(sets.count(), detail::mean_scratch<T, M>::size(sets.size(), sets.extent()));
        tensor<T, 2, M> status(sets.count(), 3);
        tensor<T, 1, M> dc(sets.count());
        detail::dispatch(
            exec, detail::frechet_mean_vjp_op<T, M>{c.c(), tolerance, options.max_iterations, sets, at, from, dw, dx,
                                                    as_view(dc), as_view(status), as_view(scratch)});
        if (report) *report = detail::report_of(exec, status);
        return reduce(exec, sets.count(), detail::read_number<T, M>{as_const(dc)});
    }

/// One set on the host: weights [K], points [K, D] → out [D].
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> Y>
frechet_report frechet_mean(curvature<T> const& c, W&& weights, X&& points, Y&& out,
                            frechet_options const& options = {})
{
    return frechet_mean(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)),
                        with_batch(as_view(out)), options);
}

/// Its vector-Jacobian product.
template <class T, view_of_rank<1> W, view_of_rank<2> X, view_of_rank<1> Y, view_of_rank<1> G, view_of_rank<1> DW,
          view_of_rank<2> DX>
T frechet_mean_vjp(curvature<T> const& c, W&& weights, X&& points, Y&& mean, G&& g, DW&& dweights, DX&& dpoints,
                   frechet_options const& options = {}, frechet_report* report = nullptr)
{
    return frechet_mean_vjp(exec::seq{}, c, with_batch(as_const(weights)), with_batch(as_const(points)),
                            with_batch(as_const(mean)), with_batch(as_const(g)), with_batch(as_view(dweights)),
                            with_batch(as_view(dpoints)), options, report);
}

}  // namespace poincare
}  // namespace hyspn
