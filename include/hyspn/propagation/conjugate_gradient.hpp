// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/propagation/solver.hpp>

/// \file
/// A x = b for a symmetric positive definite A that is never formed: conjugate gradients (Hestenes, Stiefel, J. Res.
/// Nat. Bur. Stand. 49, 1952), preconditioned by the diagonal. solve.hpp has the method for systems without symmetry.

namespace hyspn::detail {

/// a b² at one place of two dense arrays.
template <class T>
struct weighted_square_at {
    T const* a;
    T const* b;
    HYSPN_HD T operator()(index_t i) const { return a[i] * b[i] * b[i]; }
};

/// p = a r + s p over dense arrays.
template <class T>
struct preconditioned_direction_op {
    index_t size;
    T const* a;
    T const* r;
    T s;
    T* p;

    dims<1> shape() const { return {size}; }
    HYSPN_HD void operator()(index_t i) const { p[i] = a[i] * r[i] + s * p[i]; }
};

/// One solve of `system` x = b, with its vectors. System: apply(exec, from, to) writes A from, and inverse_diagonal()
/// is a dense array with the extents of b, all positive, for instance of 1/A_pp.
template <execution_policy P, class System, class T, class M>
class conjugate_gradient {
public:
    conjugate_gradient(P const& exec, System const& system, view<T const, 4, M> b, view<T, 4, M> x)
        : space_{exec},
          system_(system),
          b_(b.extents()),
          x_(x),
          solution_(b.extents()),
          r_(b.extents()),
          p_(b.extents()),
          q_(b.extents())
    {
        unit_ = space_.load(b, x, b_, solution_);
    }

    /// From the guess in x until the true residual is at most tolerance·‖b‖, or max_iterations, or a residual of NaN.
    propagation::solver_report run(double tolerance, index_t max_iterations)
    {
        auto const report = run_solver(
            space_, b_, r_, solution_, tolerance, max_iterations, [&](double residual) { return residual > tolerance; },
            [&] { return restart(); }, [&] { return advance(); });
        space_.scale(unit_, solution_);
        space_.copy(as_const(solution_), x_);
        return report;
    }

private:
    using vector = tensor<T, 4, M>;

    static double real(T x) { return static_cast<double>(x); }

    T const* inverse_diagonal() const { return system_.inverse_diagonal().data_handle(); }

    T preconditioned_square() const
    {
        return reduce(space_.exec, r_.size(), weighted_square_at<T>{inverse_diagonal(), r_.data()});
    }

    /// p = r, preconditioned, + s p.
    void turn(T s)
    {
        dispatch(space_.exec, preconditioned_direction_op<T>{p_.size(), inverse_diagonal(), r_.data(), s, p_.data()});
    }

    /// r = b - A x and a new direction; returns ‖r‖.
    double restart()
    {
        system_.apply(space_.exec, as_const(solution_), as_view(r_));
        space_.combine(b_, T(-1), r_, T(0), r_, r_);
        space_.copy(as_const(r_), as_view(p_));  // turn() reads p, which may hold what broke down
        turn(T(0));
        rho_ = preconditioned_square();
        return std::sqrt(real(space_.dot(r_, r_)));
    }

    /// One step; false where the direction has no curvature left in this precision.
    bool advance()
    {
        system_.apply(space_.exec, as_const(p_), as_view(q_));
        T const alpha = rho_ / space_.dot(p_, q_);
        if (!std::isfinite(real(alpha))) return false;
        space_.combine(solution_, alpha, p_, T(0), p_, solution_);
        space_.combine(r_, -alpha, q_, T(0), q_, r_);
        T const rho = preconditioned_square();
        turn(rho / rho_);
        rho_ = rho;
        return true;
    }

    solver_space<P, T, M> space_;
    System system_;
    vector b_;
    view<T, 4, M> x_;
    vector solution_, r_, p_, q_;
    T rho_{}, unit_{1};
};

/// Solves `system` x = b from the guess in x. Throws convergence_error in the name of `function`.
template <execution_policy P, class System, class T, class M>
propagation::solver_report solve_symmetric(char const* function, P const& exec, System const& system,
                                           view<T const, 4, M> b, view<T, 4, M> x, double tolerance,
                                           index_t max_iterations)
{
    auto const report = conjugate_gradient<P, System, T, M>(exec, system, b, x).run(tolerance, max_iterations);
    require_converged(function, report, tolerance);
    return report;
}

}  // namespace hyspn::detail
