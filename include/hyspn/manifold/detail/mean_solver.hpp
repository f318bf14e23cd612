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

    static index_t size(index_t k, index_t d) { return midpoint_scratch<T, M>::size(k, d) + 2 * k + 4 * d; }
    HYSPN_HD mean_scratch(scratch_cursor<T, M>& memory, index_t k, index_t d)
        : middle(memory, k, d),
          squares(memory.take(k)),
          bend(memory.take(k)),
          solution(memory.take(d)),
          residual(memory.take(d)),
          direction(memory.take(d)),
          image(memory.take(d))
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
    T mass, alpha, reach;  ///< Σ w, α, Σ w θ

    HYSPN_HD mean_frame(T c_, weighted_set<T, M> const& set_, mean_scratch<T, M> const& scratch_)
        : c(c_), a(scratch_.middle.m.complement(c)), set(set_), scratch(scratch_), mass(0), alpha(0), reach(0)
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

/// Moves m from where it is to the Fréchet mean. Newton's method; an iteration that did not halve the residual is
/// followed by steps v/α, which never raise the cost: d² is concave in cosh sd, so the cost lies below that of the
/// gyromidpoint with the weights wθ/sinh θ (the fixed point of Lou et al. 2020), and the step stops short of it.
template <class T, class M>
HYSPN_HD mean_outcome<T> find_mean(T c, weighted_set<T, M> const& set, mean_scratch<T, M> const& scratch, T tolerance,
                                   index_t most_iterations)
{
    using std::sqrt;
    auto const& v = scratch.middle.f;
    mean_outcome<T> outcome{0, T(0), true};
    if (set.empty()) return outcome;
    T const root_c = sqrt(c);
    T before(2);
    index_t careful = 0, caution = 1;
    for (;;) {
        mean_frame<T, M> const frame(c, set, scratch);
        T const size = root_c * norm(v);
        outcome.residual = frame.reach > T(0) ? size / frame.reach : T(0);
        outcome.converged = outcome.residual <= tolerance;
        if (size == T(0) || outcome.iterations >= most_iterations) return outcome;
        ++outcome.iterations;
        if (!(outcome.residual < before / T(2)) && careful == 0) {
            careful = caution;
            caution *= 2;
        }
        before = outcome.residual;
        if (careful > 0) {
            --careful;
            for (index_t i = 0; i < v.extent(0); ++i) scratch.solution(i) = v(i) / frame.alpha;
        } else {
            frame.solve(v, T(0.01));
        }
        // The exponential map at m: ⊕ tanh(θ/2)/s in the direction of the step.
        T const half = root_c * norm(scratch.solution) / T(2);
        scratch.middle.m.advance(c, frame.a, scaled<T, view<T, 1, M>>{tanhc(half) / T(2), scratch.solution},
                                 sech2(half));
        if (outcome.converged) return outcome;  // the residual is that before this last step
    }
}

}  // namespace hyspn::detail
