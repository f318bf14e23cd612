// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/propagation/solver.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// x = C x + b and its transpose, solved without forming a matrix: I - C is not symmetric, so by BiCGSTAB (van der
/// Vorst, SIAM J. Sci. Stat. Comput. 13, 1992), restarted where it breaks down. All images and maps are one system.

namespace hyspn::detail {

/// (I - C) or (I - C)ᵀ, from the taps of -C.
template <class T, class M>
struct stencil_system {
    stencil_neighbours neighbours;
    view<T const, 4, M> negated_taps;
    bool transposed;

    template <execution_policy P>
    void apply(P const& exec, view<T const, 4, M> from, view<T, 4, M> to) const
    {
        if (transposed)
            dispatch(exec, stencil_transposed_op<T, M>{neighbours, negated_taps, from, from, to});
        else
            dispatch(exec, stencil_step_op<T, M>{neighbours, negated_taps, from, from, to});
    }
};

/// One solve of `system` x = b, with its vectors.
template <execution_policy P, class T, class M>
class bicgstab {
public:
    bicgstab(P const& exec, stencil_system<T, M> const& system, view<T const, 4, M> b, view<T, 4, M> x)
        : space_{exec},
          system_(system),
          b_(b.extents()),
          x_(x),
          solution_(b.extents()),
          r_(b.extents()),
          shadow_(b.extents()),
          p_(b.extents()),
          v_(b.extents()),
          t_(b.extents())
    {
        unit_ = space_.load(b, x, b_, solution_);
    }

    /// From the guess in x until the true residual is at most tolerance·‖b‖, or max_iterations.
    propagation::solver_report run(double tolerance, index_t max_iterations)
    {
        auto const report = run_solver(
            space_, b_, r_, solution_, tolerance, max_iterations,
            [&](double residual) {
                return !(residual <= tolerance);
            },  // a breakdown may give NaN, and a restart heal it
            [&] { return restart(); }, [&] { return advance(); });
        space_.scale(unit_, solution_);
        space_.copy(as_const(solution_), x_);
        return report;
    }

private:
    using vector = tensor<T, 4, M>;

    static double real(T x) { return static_cast<double>(x); }

    /// r = b - A x and new directions; returns ‖r‖.
    double restart()
    {
        system_.apply(space_.exec, as_const(solution_), as_view(r_));
        space_.combine(b_, T(-1), r_, T(0), r_, r_);
        space_.combine(r_, T(0), r_, T(0), r_, shadow_);
        space_.combine(r_, T(0), r_, T(0), r_, p_);
        rho_ = space_.dot(shadow_, r_);
        return std::sqrt(real(rho_));
    }

    /// One step; false when the method cannot go on from here.
    bool advance()
    {
        system_.apply(space_.exec, as_const(p_), as_view(v_));
        T const alpha = rho_ / space_.dot(shadow_, v_);
        if (!std::isfinite(real(alpha))) return false;
        space_.combine(r_, -alpha, v_, T(0), v_, r_);
        system_.apply(space_.exec, as_const(r_), as_view(t_));
        T const tt = space_.dot(t_, t_);
        T const omega = tt == T(0) ? T(0) : space_.dot(t_, r_) / tt;
        space_.combine(solution_, alpha, p_, omega, r_, solution_);
        space_.combine(r_, -omega, t_, T(0), t_, r_);
        T const rho = space_.dot(shadow_, r_);
        T const beta = rho / rho_ * (alpha / omega);
        rho_ = rho;
        if (!std::isfinite(real(beta)) || real(rho) == 0) return false;
        space_.combine(r_, beta, p_, -beta * omega, v_, p_);
        return true;
    }

    solver_space<P, T, M> space_;
    stencil_system<T, M> system_;
    vector b_;
    view<T, 4, M> x_;
    vector solution_, r_, shadow_, p_, v_, t_;
    T rho_{}, unit_{1};
};

/// Solves (I - C) x = b, or its transpose, from the guess in x. Throws convergence_error in the name of `function`.
template <execution_policy P, class T, class M>
propagation::solver_report solve_fixed_point(char const* function, P const& exec, stencil_neighbours const& neighbours,
                                             tensor<T, 4, M> const& taps, bool transposed, view<T const, 4, M> b,
                                             view<T, 4, M> x, double tolerance, index_t max_iterations)
{
    tensor<T, 4, M> negated(taps.extents());
    dispatch(exec, scaled_copy_op<T, 4, M>{T(-1), as_const(taps), as_view(negated)});
    stencil_system<T, M> const system{neighbours, as_const(negated), transposed};
    auto const report = bicgstab<P, T, M>(exec, system, b, x).run(tolerance, max_iterations);
    require_converged(function, report, tolerance);
    return report;
}

}  // namespace hyspn::detail
