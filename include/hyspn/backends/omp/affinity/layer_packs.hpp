// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <hyspn/backends/omp/affinity/ham_vector_math.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// The Poincaré layer of poincare_layer.hpp by plain formulas, a register of points at a time, where exponents are
/// within them; elsewhere the caller takes the scalar functions.

namespace hyspn::detail {

/// What the layer needs of its parameters, once per call.
template <class T>
struct layer_rows {
    T s = T(1), c = T(1);
    std::vector<T> zeta, b, cosh_b, sinh_b;  ///< ‖z_o‖, and b_o = 2s r_o
    T largest_bias = 0;                      ///< max |b_o|

    void add(T norm_of_row, T bias)
    {
        zeta.push_back(norm_of_row);
        b.push_back(T(2) * s * bias);
        cosh_b.push_back(std::cosh(b.back()));
        sinh_b.push_back(std::sinh(b.back()));
        largest_bias = std::max(largest_bias, std::fabs(b.back()));
    }
};

/// A register of points at work. Inputs are lines, `pitch` numbers from one output's to the next.
template <class T>
class layer_packs {
    using V = simd::pack<T>;

public:
    /// Outputs [first, first + count) of the rows.
    layer_packs(layer_rows<T> const& rows, index_t first, index_t count)
        : rows_(rows), first_(static_cast<std::size_t>(first)), planes_(static_cast<std::size_t>(count))
    {
    }

    /// u_o = s·q_o from ‖t‖ and i_o; false where exponents are beyond the plain formulas. Only the first `valid` lanes
    /// decide.
    bool distances(V norm, T const* inner, index_t pitch, index_t valid)
    {
        a_ = V(T(2) * rows_.s) * norm;
        if (!(simd::largest(a_, valid) + rows_.largest_bias <= largest_radius)) return false;
        simd::hyperbolic_pair<T> const h(a_);
        sinh_a_ = h.sinh;
        cosh_a_ = h.cosh;
        sinhc_ = select<T>(a_ > V(T(0)), h.sinh / a_, V(T(1)));
        greatest_ = V(T(0));
        for (std::size_t o = 0; o < planes_.size(); ++o) {
            std::size_t const i = first_ + o;
            plane& p = planes_[o];
            T const zeta = rows_.zeta[i];
            V const io = V::load(inner + static_cast<index_t>(o) * pitch);
            p.y0 = zeta > T(0) ? io * V(T(2) * rows_.s / zeta) : V(T(0));
            p.argument = p.y0 * sinhc_ * V(rows_.cosh_b[i]) - h.cosh * V(rows_.sinh_b[i]);
            p.y = asinh(p.argument);
            p.u = V(T(2) * zeta) * p.y;
            greatest_ = max(greatest_, abs(p.u));
        }
        return simd::largest(greatest_, valid) <= largest_exponent;
    }

    V distance(index_t o) const { return planes_[static_cast<std::size_t>(o)].u; }

    /// Logits through the common norm; calls store(o, logit).
    template <class Store>
    void logits(Store const& store)
    {
        V square(T(0));
        V const damping = damping_of_sines();
        for (plane& p : planes_) {
            p.n = sinh(p.u) * damping;
            square = fma(p.n, p.n, square);
        }
        V const omega = sqrt(square);
        auto const curved = greatest_ > V(linear);
        V const scale = select<T>(curved, asinh(omega / damping) / omega, V(T(1))) * V(T(0.5) / rows_.s);
        for (std::size_t o = 0; o < planes_.size(); ++o)
            store(static_cast<index_t>(o), scale * select<T>(curved, planes_[o].n, planes_[o].u));
    }

    /// From the cotangents of the logits, load(o), to those of u, through the common norm; returns the part of 2c·c̄
    /// that does not pass through u.
    template <class Load>
    V through_norm(Load const& load)
    {
        V const zero(T(0)), one(T(1)), half(T(0.5)), out(T(0.5) / rows_.s), damping = damping_of_sines();
        V square = zero;
        for (plane& p : planes_) {
            simd::hyperbolic_pair<T> const h(p.u);
            p.n = h.sinh * damping;
            p.cosine_u = h.cosh * damping;
            square = fma(p.n, p.n, square);
        }
        auto const plain = greatest_ <= V(linear);
        V const omega = sqrt(square), theta = asinh(omega / damping), root = sqrt(fma(damping, damping, square));
        V const stretch = select<T>(plain, one, theta / omega);
        V along = zero, excluded = zero;
        for (std::size_t o = 0; o < planes_.size(); ++o) {
            plane& p = planes_[o];
            p.n = select<T>(plain, zero, p.n / omega);
            along = fma(load(static_cast<index_t>(o)), p.n, along);
        }
        // π_o = g_o − ⟨g,n⟩n_o; for an output that dominates from Σ n_o π_o = 0, where the difference would cancel.
        for (std::size_t o = 0; o < planes_.size(); ++o) {
            plane& p = planes_[o];
            p.du = load(static_cast<index_t>(o)) - along * p.n;
            excluded = excluded + select<T>(p.n * p.n > half, zero, p.n * p.du);
        }
        V bent = zero, spread = zero;
        for (plane& p : planes_) {
            V const across = select<T>(p.n * p.n > half, -excluded / p.n, p.du);
            V const excess = tcoth_minus_1(p.u);
            bent = bent + p.n * excess * across;
            spread = spread + p.n * p.n * excess;
            p.du = p.cosine_u * (stretch * across + along * p.n / root) * out;
        }
        return select<T>(plain, zero, (theta * bent + omega / root * along * (spread - tcoth_minus_1(theta))) * out);
    }

    /// Cotangents of u as they are: for logits u/s.
    template <class Load>
    V as_distances(Load const& load)
    {
        for (std::size_t o = 0; o < planes_.size(); ++o) planes_[o].du = load(static_cast<index_t>(o)) / V(rows_.s);
        return V(T(0));
    }

    /// From the cotangents of u: calls store(o, ī_o, r̄_o, factor of z_o in z̄_o); adds τ_t to `stretch` and 2c·c̄ to
    /// `curvature`.
    template <class Store>
    void planes_vjp(V& stretch, V& curvature, Store const& store)
    {
        T const s = rows_.s, c = rows_.c;
        V const zero(T(0)), one(T(1));
        V const langevin = langevinc(a_), tcoth_a = a_ * a_ * langevin;
        for (std::size_t o = 0; o < planes_.size(); ++o) {
            std::size_t const i = first_ + o;
            plane const& p = planes_[o];
            T const zeta = rows_.zeta[i], b = rows_.b[i];
            V const cosine = sqrt(fma(p.argument, p.argument, one)), tangent = p.argument / cosine;
            V const ch(rows_.cosh_b[i]), sh(rows_.sinh_b[i]), inverse = one / cosine, du = p.du * V(zeta);
            V const x = p.y0 * sinhc_ * ch * inverse, bias = cosh_a_ * sh * inverse;
            stretch = stretch + V(T(8) * c) * du * sinhc_ * (p.y0 * langevin * ch - sh) * inverse;
            V const tcoth_y = tcoth_minus_1(p.y);
            V const at_c = x * (tcoth_a + V(b * std::tanh(b))) -
                           bias * (V(hyspn::tcoth_minus_1(b)) + a_ * (sinh_a_ / cosh_a_)) - tangent * tcoth_y;
            curvature = curvature + V(T(2)) * du * at_c;
            store(static_cast<index_t>(o), V(T(4) * s) * p.du * sinhc_ * ch * inverse,
                  V(T(4) * s) * du * (p.y0 * sinhc_ * sh - cosh_a_ * ch) * inverse,
                  zeta > T(0) ? V(T(2) / zeta) * p.du * (tangent * tcoth_y - bias) : zero);
        }
    }

private:
    /// Of 2s‖t‖ + |b|: the square of its exponential is a float.
    static constexpr T largest_radius = 43;
    /// Of u: e^72 times a cotangent of up to a million is a float.
    static constexpr T largest_exponent = 72;
    /// Squares of hyperbolic sines of more than this may not be.
    static constexpr T largest_squared = 30;
    /// Below this |u| the logits are u/(2s) to rounding, while squares begin to underflow.
    static constexpr T linear = std::is_same_v<T, float> ? T(1e-5) : T(1e-9);

    struct plane {
        V y0, argument, y, u;  ///< argument: sinh y
        V du;                  ///< cotangent of u
        V n, cosine_u;         ///< the output's direction; cosh u, damped
    };

    /// A power of two by which sinh u and cosh u are multiplied wherever only their ratios count.
    V damping_of_sines() const { return select<T>(greatest_ > V(largest_squared), V(T(0x1p-64)), V(T(1))); }

    layer_rows<T> const& rows_;
    std::size_t first_;
    std::vector<plane> planes_;
    V a_, sinh_a_, cosh_a_, sinhc_, greatest_;
};

}  // namespace hyspn::detail
