// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/log_terms.hpp>
#include <hyspn/manifold/poincare/weighted_midpoint.hpp>

/// \file
/// Where the weighted sum of the logarithms of a set vanishes: gradient, Hessian and Newton's method with a descent
/// step that cannot fail.

namespace hyspn::detail {

/// Scratch of one set.
template <class T, class M>
struct mean_scratch {
    midpoint_scratch<T, M> middle;
    view<T, 1, M> squares, bend;  ///< [K]: Q_k and h_k of mean_frame
    view<T, 1, M> solution, residual, direction, image;
    fine_point<T, M> anchor;  ///< where the last step started

    static index_t size(index_t k, index_t d) { return midpoint_scratch<T, M>::size(k, d) + 2 * k + 6 * d; }
    HYSPN_HD mean_scratch(scratch_cursor<T, M>& memory, index_t k, index_t d)
        : middle(memory, k, d),
          squares(memory.take(k)),
          bend(memory.take(k)),
          solution(memory.take(d)),
          residual(memory.take(d)),
          direction(memory.take(d)),
          image(memory.take(d)),
          anchor{memory.take(d), memory.take(d)}
    {
    }
};

/// Gradient and Hessian of ½ Σ w d² at m, in an orthonormal frame: the gradient is −v, v = Σ w v_k left in scratch.f,
/// the Hessian αI − Σ h_k chord_k chord_kᵀ, α = Σ w θ coth θ.
template <class T, class M>
struct mean_frame {
    T c, a;
    weighted_set<T, M> const& set;
    mean_scratch<T, M> const& scratch;
    T mass, alpha, reach, cost;  ///< Σ w, α, Σ w θ, Σ w θ²

    HYSPN_HD mean_frame(T c_, weighted_set<T, M> const& set_, mean_scratch<T, M> const& scratch_)
        : c(c_), a(scratch_.middle.m.complement(c)), set(set_), scratch(scratch_), mass(0), alpha(0), reach(0), cost(0)
    {
        auto const& v = scratch.middle.f;
        v.clear();
        compensated_sum<T> along(T(0));
        for (index_t k = 0; k < set.size(); ++k) {
            auto const delta = set.from(scratch.middle.m, k);
            T const w = set.mass(k);
            log_terms<T> const y(c, a, set.complements(k), delta);
            T const push = w * y.push();
            scratch.squares(k) = y.q;
            scratch.bend(k) = w * y.bend();
            mass += w;
            alpha += w * (T(1) + y.spread);
            reach += w * y.theta;
            cost += w * y.theta * y.theta;
            along.add(push * y.q);
            for (index_t i = 0; i < v.extent(0); ++i) v.add(i, push * (a * delta(i)));
        }
        for (index_t i = 0; i < v.extent(0); ++i) v.add(i, -along.value() * scratch.middle.m(i));
    }

    HYSPN_HD T chord(index_t k, index_t i) const
    {
        return a * set.from(scratch.middle.m, k)(i) - scratch.squares(k) * scratch.middle.m(i);
    }

    /// out = Hessian·x.
    HYSPN_HD void apply(view<T, 1, M> x, view<T, 1, M> out) const
    {
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = alpha * x(i);
        for (index_t k = 0; k < set.size(); ++k) {
            T product(0);
            for (index_t i = 0; i < x.extent(0); ++i) product += chord(k, i) * x(i);
            product *= scratch.bend(k);
            for (index_t i = 0; i < x.extent(0); ++i) out(i) -= product * chord(k, i);
        }
    }

    /// scratch.solution = Hessian⁻¹ g by conjugate gradients, to `tolerance`·‖g‖. The eigenvalues lie between Σw and α.
    template <class G>
    HYSPN_HD void solve(G const& g, T tolerance) const
    {
        using std::sqrt;
        auto const &x = scratch.solution, &r = scratch.residual, &p = scratch.direction, &hp = scratch.image;
        index_t const n = x.extent(0);
        for (index_t i = 0; i < n; ++i) {
            x(i) = T(0);
            r(i) = p(i) = g(i);
        }
        T square = dot(r, r);
        T const enough = tolerance * tolerance * square;
        index_t const most = 4 * n + 16;
        for (index_t step = 0; step < most && square > enough; ++step) {
            apply(p, hp);
            T const size = square / dot(p, hp);
            for (index_t i = 0; i < n; ++i) {
                x(i) += size * p(i);
                r(i) -= size * hp(i);
            }
            T const next = dot(r, r);
            for (index_t i = 0; i < n; ++i) p(i) = r(i) + next / square * p(i);
            square = next;
        }
    }
};

/// How a search ended.
template <class T>
struct mean_outcome {
    index_t iterations;
    T residual;  ///< ‖Σ w v‖/Σ w d
    bool converged;
};

/// Where a step starts, how far along scratch.solution it goes.
template <class T, class M>
struct mean_step {
    mean_scratch<T, M> const& scratch;
    T c, root_c, a, cost, residual, part;

    /// Starts from where m is.
    HYSPN_HD void start(mean_frame<T, M> const& frame, T residual_here)
    {
        a = frame.a;
        cost = frame.cost;
        residual = residual_here;
        part = T(1);
        copy(scratch.middle.m, scratch.anchor);
        frame.solve(scratch.middle.f, T(0.01));
    }
    /// Neither is the cost lower nor the gradient smaller than at the start.
    HYSPN_HD bool failed(mean_frame<T, M> const& frame, T residual_here) const
    {
        return !(frame.cost < cost || residual_here < residual);
    }
    HYSPN_HD void shorten()
    {
        part /= T(4);
        copy(scratch.anchor, scratch.middle.m);
    }
    /// m ← expmap(part·solution): ⊕ tanh(θ/2)/s in its direction.
    HYSPN_HD void take() const
    {
        T const half = part * root_c * norm(scratch.solution) / T(2);
        scratch.middle.m.advance(c, a, scaled<T, view<T, 1, M>>{part * tanhc(half) / T(2), scratch.solution},
                                 sech2(half));
    }

private:
    HYSPN_HD static void copy(fine_point<T, M> const& from, fine_point<T, M> const& to)
    {
        for (index_t i = 0; i < from.extent(0); ++i) {
            to.high(i) = from.high(i);
            to.low(i) = from.low(i);
        }
    }
};

/// Moves m from where it is to the Fréchet mean: Newton's method with conjugate gradients, a step cut to a quarter
/// until it helps. The cost is convex along geodesics and the direction one of descent, so this cannot fail but by
/// rounding.
template <class T, class M>
HYSPN_HD mean_outcome<T> find_mean(T c, weighted_set<T, M> const& set, mean_scratch<T, M> const& scratch, T tolerance,
                                   index_t most_iterations)
{
    using std::sqrt;
    mean_outcome<T> outcome{0, T(0), true};
    if (set.empty()) return outcome;
    mean_step<T, M> step{scratch, c, sqrt(c), T(0), T(0), T(0), T(1)};
    for (;;) {
        mean_frame<T, M> const frame(c, set, scratch);
        T const size = step.root_c * norm(scratch.middle.f);
        outcome.residual = frame.reach > T(0) ? size / frame.reach : T(0);
        outcome.converged = outcome.residual <= tolerance;
        if (size == T(0) || outcome.iterations >= most_iterations) return outcome;
        bool const shorter = outcome.iterations > 0 && !outcome.converged && step.failed(frame, outcome.residual);
        ++outcome.iterations;
        if (shorter)
            step.shorten();
        else
            step.start(frame, outcome.residual);
        step.take();
        if (outcome.converged) return outcome;  // the residual is that before this last step
    }
}

}  // namespace hyspn::detail
