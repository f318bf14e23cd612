// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/conjugate_gradient.hpp>
#include <hyspn/propagation/grid_edges.hpp>

/// \file
/// The depth integration layer of OGNI-DC (Zuo, Deng, ECCV 2024) and OMNI-DC (ICCV 2025): from predicted differences of
/// neighbouring depths, and sparse measurements, to the map that fits both best,
///
///     x = argmin_x Σ_e c_e (D_e x - g_e)² + α Σ_p β(p) (x(p) - s(p))²
///
/// over the edges e of the 4-grid: (Σ_e c_e D_eᵀ D_e + α diag(β)) x = Σ_e c_e D_eᵀ g_e + α β s, which is symmetric.

namespace hyspn::propagation {

/// Read by depth_integration. Edges as in grid_edges.hpp: channel 0 at column x is the edge from column x - 1 to it,
/// channel 1 at row y that from row y - 1; what lies at column 0 of channel 0 and row 0 of channel 1 is not read.
template <class T, class M = memory::host>
struct depth_integration_inputs {
    view<T const, 4, M> differences{};      ///< g [N, 2, H, W], in the units of the map
    view<T const, 4, M> edge_confidence{};  ///< c [N, 2, H, W]
    view<T const, 4, M> measured{};         ///< s [N, 1, H, W]; NaN too where β is 0
    view<T const, 4, M> confidence{};       ///< β [N, 1, H, W], at least 0: mask, or mask times confidence
    view<T const, 4, M> initial{};          ///< [N, 1, H, W], where the solver starts; by default β s
};

/// Written by backward, in the shapes of the inputs; what is left empty is not wanted. The start has no gradient: the
/// solution does not depend on it.
template <class T, class M = memory::host>
struct depth_integration_gradients {
    view<T, 4, M> differences{};
    view<T, 4, M> edge_confidence{};
    view<T, 4, M> measured{};
    view<T, 4, M> confidence{};
    T* alpha = nullptr;  ///< host memory
};

/// What forward leaves for backward: the solution [N, 1, H, W]. It may serve as the start of a later forward.
template <class T, class M = memory::host>
struct depth_integration_saved {
    tensor<T, 4, M> solution{};
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// weights = max(c, floor), 0 where there is no edge.
template <class T, class M>
struct integration_weights_op {
    T floor;
    view<T const, 4, M> confidence;
    view<T, 4, M> weights;

    dims<4> shape() const { return weights.extents(); }

    HYSPN_HD void operator()(index_t n, index_t channel, index_t y, index_t x) const
    {
        T const c = confidence(n, channel, y, x);
        weights(n, channel, y, x) = !edge_exists(channel, y, x) ? T(0) : c < floor ? floor : c;
    }
};

/// The right-hand side Σ_e c_e D_eᵀ g_e + α β s; pull = α β; and the default start β s.
template <class T, class M>
struct integration_right_side_op {
    T alpha;
    view<T const, 4, M> weights, differences, measured, confidence;
    view<T, 4, M> right, pull, start;

    dims<3> shape() const { return {right.extent(0), right.extent(2), right.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T const beta = confidence(n, 0, y, x);
        T const held = beta == T(0) ? T(0) : beta * measured(n, 0, y, x);
        T sum = alpha * held;
        if (x > 0) sum += weights(n, 0, y, x) * differences(n, 0, y, x);
        if (x + 1 < right.extent(3)) sum -= weights(n, 0, y, x + 1) * differences(n, 0, y, x + 1);
        if (y > 0) sum += weights(n, 1, y, x) * differences(n, 1, y, x);
        if (y + 1 < right.extent(2)) sum -= weights(n, 1, y + 1, x) * differences(n, 1, y + 1, x);
        right(n, 0, y, x) = sum;
        pull(n, 0, y, x) = alpha * beta;
        start(n, 0, y, x) = held;
    }
};

/// With u from A u = dL/dx: dL/dg_e = c_e D_e u, dL/dc_e = D_e u (g_e - D_e x), the latter 0 below the floor. Gradients
/// without data are not written.
template <class T, class M>
struct integration_edges_adjoint_op {
    T floor;
    view<T const, 4, M> u, solution, differences, confidence;
    view<T, 4, M> d_differences, d_confidence;

    dims<4> shape() const { return confidence.extents(); }

    HYSPN_HD void operator()(index_t n, index_t channel, index_t y, index_t x) const
    {
        bool const exists = edge_exists(channel, y, x);
        T const du = exists ? edge_difference(u, n, channel, y, x) : T(0);
        T const c = confidence(n, channel, y, x);
        if (d_differences.data_handle()) d_differences(n, channel, y, x) = exists ? (c < floor ? floor : c) * du : T(0);
        if (d_confidence.data_handle())
            d_confidence(n, channel, y, x) =
                exists && !(c < floor)
                    ? du * (differences(n, channel, y, x) - edge_difference(solution, n, channel, y, x))
                    : T(0);
    }
};

/// dL/dβ = α u (s - x), 0 where β is 0 and s infinite or NaN; dL/ds = α β u; dL/dα = Σ β u (s - x), whose terms go to
/// `terms`. Gradients without data are not written.
template <class T, class M>
struct integration_pixels_adjoint_op {
    T alpha;
    view<T const, 4, M> u, solution, measured, confidence;
    view<T, 4, M> d_measured, d_confidence, terms;

    dims<3> shape() const { return {terms.extent(0), terms.extent(2), terms.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T const beta = confidence(n, 0, y, x);
        T product = u(n, 0, y, x) * (measured(n, 0, y, x) - solution(n, 0, y, x));
        bool const unmeasured = beta == T(0) && !(product - product == T(0));  // infinite or NaN
        if (unmeasured) product = T(0);
        if (d_measured.data_handle()) d_measured(n, 0, y, x) = unmeasured ? T(0) : alpha * beta * u(n, 0, y, x);
        if (d_confidence.data_handle()) d_confidence(n, 0, y, x) = alpha * product;
        terms(n, 0, y, x) = beta * product;
    }
};

/// The arrays of the system of some inputs.
template <class T, class M>
struct integration_arrays {
    tensor<T, 4, M> weights, right, pull, inverse, start;

    template <execution_policy P>
    integration_arrays(P const& exec, propagation::depth_integration_inputs<T, M> const& in, double floor, double alpha)
        : weights(in.edge_confidence.extents()),
          right(in.measured.extents()),
          pull(in.measured.extents()),
          inverse(in.measured.extents()),
          start(in.measured.extents())
    {
        dispatch(exec, integration_weights_op<T, M>{static_cast<T>(floor), in.edge_confidence, as_view(weights)});
        dispatch(exec,
                 integration_right_side_op<T, M>{static_cast<T>(alpha), as_const(weights), in.differences, in.measured,
                                                 in.confidence, as_view(right), as_view(pull), as_view(start)});
        dispatch(exec, grid_inverse_diagonal_op<T, M>{as_const(weights), as_const(pull), as_view(inverse)});
        if (propagation::present(in.initial)) dispatch(exec, copy_op<T, 4, M>{in.initial, as_view(start)});
    }

    /// Solves for every image on its own, so that an image's result does not depend on those beside it. Reports the
    /// most iterations and the largest residual.
    template <execution_policy P>
    propagation::solver_report solve(char const* function, P const& exec, view<T const, 4, M> b, view<T, 4, M> x,
                                     double tolerance, index_t max_iterations) const
    {
        propagation::solver_report worst;
        for (index_t n = 0; n < b.extent(0); ++n) {
            grid_system<T, M> const system{one(as_const(weights), n), one(as_const(pull), n),
                                           one(as_const(inverse), n)};
            auto const report =
                solve_symmetric(function, exec, system, one(b, n), one(x, n), tolerance, max_iterations);
            worst.iterations = std::max(worst.iterations, report.iterations);
            worst.residual = std::max(worst.residual, report.residual);
        }
        return worst;
    }

private:
    /// Image n as a batch of one.
    template <class U>
    static view<U, 4, M> one(view<U, 4, M> const& v, index_t n)
    {
        return with_batch(v[n]);
    }
};

}  // namespace hyspn::detail

namespace hyspn::propagation::presets {

/// The layer. Defaults as released. Every image needs a measurement, else only the map's shape is determined: forward
/// then finds one of the solutions, and backward may throw convergence_error. Differences from the released code:
/// - it stops too where ten iterations gain less than 1 %; this one reaches its tolerance or throws;
/// - it lets the gradient of the edge confidences through where they are raised to min_edge_confidence; here it is 0;
/// - its backward is right for one image only: of N, the gradient of the confidence is N times too large and that of
///   the edge confidences is made from image 0; here every image has its own;
/// - it gives none to the measurements.
struct depth_integration {
    double alpha = 5;                   ///< weight of the measurements, positive
    double min_edge_confidence = 1e-4;  ///< positive; lower ones are raised to it
    double tolerance = 1e-5;            ///< on the relative residual of every image, positive
    index_t max_iterations = 5000;

    friend constexpr bool operator==(depth_integration const&, depth_integration const&) = default;

    /// Writes x to `out` [N, 1, H, W] and fills `kept` for backward. O(H W) operations an iteration; scratch: eleven
    /// maps. Results do not depend on the number of threads. Throws shape_error, value_error, convergence_error.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, depth_integration_inputs<T, typename P::memory_space> const& in, Y&& out,
                          depth_integration_saved<T, typename P::memory_space>& kept) const
    {
        auto const report = forward(exec, in, out);
        using M = typename P::memory_space;
        hyspn::detail::fit(kept.solution, in.measured.extents());
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{as_const(out), as_view(kept.solution)});
        return report;
    }

    /// The same for inference: keeps nothing. `out` may be the start. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, depth_integration_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        char const* const name = "depth_integration::forward";
        require(name, in);
        view<T, 4, M> const to = as_view(out);
        hyspn::detail::require_shape(name, "out", "[N, 1, H, W]", to.extents(), in.measured.extents());
        hyspn::detail::integration_arrays<T, M> const made(exec, in, min_edge_confidence, alpha);
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{as_const(made.start), to});
        return made.solve(name, exec, as_const(made.right), to, tolerance, max_iterations);
    }

    /// Writes the gradients asked for (dL/dα to its address), given dout = dL/dx [N, 1, H, W] and what the training
    /// forward of the same inputs kept: one more solve, A u = dout, since A is symmetric. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report backward(P const& exec, depth_integration_inputs<T, typename P::memory_space> const& in,
                           depth_integration_saved<T, typename P::memory_space> const& kept, Y const& dout,
                           depth_integration_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "depth_integration::backward";
        require(name, in);
        require_gradients(name, in, d);
        dims<4> const e = in.measured.extents();
        hyspn::detail::require_shape(name, "kept.solution", "[N, 1, H, W]", kept.solution.extents(), e);
        view<T const, 4, M> const lambda = as_const(dout);
        hyspn::detail::require_shape(name, "dout", "[N, 1, H, W]", lambda.extents(), e);

        hyspn::detail::integration_arrays<T, M> const made(exec, in, min_edge_confidence, alpha);
        tensor<T, 4, M> u(e), terms(e);
        auto const report = made.solve(name, exec, lambda, as_view(u), tolerance, max_iterations);
        auto const floor = static_cast<T>(min_edge_confidence);
        dispatch(exec, hyspn::detail::integration_edges_adjoint_op<T, M>{floor, as_const(u), as_const(kept.solution),
                                                                         in.differences, in.edge_confidence,
                                                                         d.differences, d.edge_confidence});
        dispatch(exec, hyspn::detail::integration_pixels_adjoint_op<T, M>{
                           static_cast<T>(alpha), as_const(u), as_const(kept.solution), in.measured, in.confidence,
                           d.measured, d.confidence, as_view(terms)});
        if (d.alpha) *d.alpha = hyspn::detail::sum_of(exec, terms);
        return report;
    }

private:
    template <class T, class M>
    void require(char const* name, depth_integration_inputs<T, M> const& in) const
    {
        using namespace hyspn::detail;
        require_value(alpha > 0 && std::isfinite(alpha), name, "alpha", "positive and finite", alpha);
        require_value(min_edge_confidence > 0, name, "min_edge_confidence", "positive", min_edge_confidence);
        require_value(tolerance > 0, name, "tolerance", "positive", tolerance);
        require_value(max_iterations > 0, name, "max_iterations", "positive", static_cast<double>(max_iterations));
        dims<4> const m = in.measured.extents(), map{m[0], 1, m[2], m[3]}, edges{m[0], 2, m[2], m[3]};
        require_shape(name, "measured", "[N, 1, H, W]", m, map);
        require_shape(name, "confidence", "[N, 1, H, W]", in.confidence.extents(), map);
        require_shape(name, "differences", "[N, 2, H, W]", in.differences.extents(), edges);
        require_shape(name, "edge_confidence", "[N, 2, H, W]", in.edge_confidence.extents(), edges);
        if (present(in.initial)) require_shape(name, "initial", "[N, 1, H, W]", in.initial.extents(), map);
    }

    template <class T, class M>
    static void require_gradients(char const* name, depth_integration_inputs<T, M> const& in,
                                  depth_integration_gradients<T, M> const& d)
    {
        using hyspn::detail::require_gradient_shape;
        require_gradient_shape(name, "differences", d.differences, in.differences);
        require_gradient_shape(name, "edge_confidence", d.edge_confidence, in.edge_confidence);
        require_gradient_shape(name, "measured", d.measured, in.measured);
        require_gradient_shape(name, "confidence", d.confidence, in.confidence);
    }
};

}  // namespace hyspn::propagation::presets
