// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <hyspn/propagation/solve.hpp>
#include <hyspn/propagation/stencil.hpp>

namespace hyspn::propagation {

/// The limit of a stencil's steps, solved for instead of iterated to: x = C x + b. Exists where I - C is regular, for
/// instance where Σ|w|(1 - β) < 1. The gradient is implicit: one solve with the transposed system, nothing of the path
/// is kept. `axes.steps` is ignored; the initial map is the first guess, and counts where the axes anchor or inject it.
struct fixed_point {
    stencil axes{};
    double tolerance = 1e-6;  ///< on ‖b - (I - C)x‖ / ‖b‖; positive
    index_t max_iterations = 1000;

    friend constexpr bool operator==(fixed_point const&, fixed_point const&) = default;

    /// Writes the solution to `out` [N, L, H, W] (not an input) and fills `kept` for backward. Results do not depend on
    /// the number of threads. Throws as stencil::forward does, and convergence_error.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                          saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        char const* const name = "fixed_point::forward";
        require(name, in);
        view<T, 4, M> const to = as_view(out);
        hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
        auto folded = hyspn::detail::fold(exec, axes, in);
        kept.taps = std::move(folded.taps);
        kept.iterates = tensor<T, 5, M>(solution_extents(in));
        auto const x = as_view(kept.iterates)[0];
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{in.initial, x});
        auto const report = hyspn::detail::solve_fixed_point(name, exec, axes.taps(), kept.taps, false,
                                                             as_const(folded.bias), x, tolerance, max_iterations);
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{x, to});
        return report;
    }

    /// The same for inference: the solution alone. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        saved<T, typename P::memory_space> kept;
        return forward(exec, in, out, kept);
    }

    /// Writes the gradients asked for, given dout = dL/dx [N, L, H, W] and what the training forward of the same inputs
    /// kept. With u from (I - Cᵀ) u = dout, dL/dtap_j(p) = Σ_l u_l(p) x_l(p + d_j) and dL/db = u. Throws as forward
    /// does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                           saved<T, typename P::memory_space> const& kept, Y const& dout,
                           gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "fixed_point::backward";
        require(name, in);
        hyspn::detail::require_gradients(name, in, d);
        hyspn::detail::require_shape(name, "kept.taps", "[N, J, H, W]", kept.taps.extents(),
                                     hyspn::detail::with_channels(in.initial, axes.taps().count()));
        hyspn::detail::require_shape(name, "kept.iterates", "[1, N, L, H, W]", kept.iterates.extents(),
                                     solution_extents(in));
        view<T const, 4, M> const lambda = as_const(dout);
        hyspn::detail::require_shape(name, "dout", "[N, L, H, W]", lambda.extents(), in.initial.extents());

        tensor<T, 4, M> u(in.initial.extents()), dtaps(kept.taps.extents());
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{lambda, as_view(u)});
        auto const report = hyspn::detail::solve_fixed_point(name, exec, axes.taps(), kept.taps, true, lambda,
                                                             as_view(u), tolerance, max_iterations);
        dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), as_view(dtaps)});
        dispatch(exec, hyspn::detail::stencil_taps_gradient_op<T, M>{axes.taps(), with_batch(as_const(u)),
                                                                     as_const(kept.iterates), as_view(dtaps)});
        hyspn::detail::complete_gradients<T, M> const complete(axes, in, d);
        dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), complete.all.initial});
        hyspn::detail::prepare_adjoint(exec, axes, in, as_view(dtaps), as_view(u), complete.all);
        return report;
    }

private:
    template <class T, class M>
    void require(char const* name, inputs<T, M> const& in) const
    {
        hyspn::detail::require_options(name, axes);
        hyspn::detail::require_value(tolerance > 0, name, "tolerance", "positive", tolerance);
        hyspn::detail::require_value(max_iterations > 0, name, "max_iterations", "positive",
                                     static_cast<double>(max_iterations));
        hyspn::detail::require_inputs(name, axes, in);
    }

    template <class T, class M>
    static dims<5> solution_extents(inputs<T, M> const& in)
    {
        dims<4> const e = in.initial.extents();
        return {1, e[0], e[1], e[2], e[3]};
    }
};

}  // namespace hyspn::propagation
