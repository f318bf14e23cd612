// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <hyspn/backends/omp/affinity/ham_distances.hpp>
#include <hyspn/backends/omp/affinity/ham_layer.hpp>
#include <hyspn/backends/omp/affinity/ham_vector_math.hpp>
#include <hyspn/backends/omp/affinity/ham_weights.hpp>

/// \file
/// Backward pass, first half: from the cotangent of the logits through the layer to those of i_o, ‖t‖, weights and
/// distances.

namespace hyspn::detail {

/// Sums over one tile; tiles are added up in their order.
template <class T>
struct ham_tile_sums {
    std::vector<T> bias, radial;  ///< r̄_o, and the factor of z_o in z̄_o
    T c = 0, tau = 0;
};

/// What the first half leaves for the second, at every pixel.
template <class T>
struct ham_cotangents {
    tensor<T, 4> inner;     ///< ī [N, O, H, W]
    tensor<T, 3> norm;      ///< τ_t [N, H, W]: the cotangent of ‖t‖²/2
    tensor<T, 4> distance;  ///< d̄ [N, K, H, W], 0 where absent and for the centre
};

template <class T>
T sum_of_lanes(simd::pack<T> x, index_t lanes)
{
    T sum = 0;
    for (index_t l = 0; l < lanes; ++l) sum += x.v[l];
    return sum;
}

/// The layer's vector-Jacobian product for a row of a tile.
template <class T>
class ham_layer_vjp_stage {
    using V = simd::pack<T>;

public:
    ham_layer_vjp_stage(ham_backward_op<T, memory::host> const& op, ham_rows<T> const& rows, ham_workspace<T>& work)
        : op_(op),
          rows_(rows),
          work_(work),
          s_(std::sqrt(op.c)),
          outputs_(op.z.extent(0)),
          inner_bar(outputs_, work.pitch),
          norm_bar(work.pitch),
          cotangent_(outputs_, work.pitch),
          plane_(static_cast<std::size_t>(outputs_)),
          scalar_(2 * outputs_, 1)
    {
    }

    /// Fills inner_bar and norm_bar for the tile's own pixels of row `row`, adds to `sums`.
    void run(ham_tile const& tile, index_t row, ham_tile_sums<T>& sums)
    {
        index_t const first = work_.margin + tile.col0 - tile.left, width = tile.col1 - tile.col0;
        auto const get = [&](auto const& from, T* line) {
            for (index_t x = 0; x < width; ++x) line[first + x] = from(x);
        };
        get([&](index_t x) { return op_.saved.norm(tile.n, row, tile.col0 + x); }, work_.norm.data());
        for (index_t o = 0; o < outputs_; ++o) {
            get([&](index_t x) { return op_.saved.inner(tile.n, o, row, tile.col0 + x); }, &work_.inner(o, 0));
            get([&](index_t x) { return op_.dy(tile.n, o, row, tile.col0 + x); }, &cotangent_(o, 0));
        }
        for (index_t u = first; u < first + width; u += V::size) {
            index_t const valid = std::min(V::size, first + width - u);
            if (!fast(u, valid, sums)) careful(tile, row, u, valid, sums);
        }
    }

private:
    struct plane {
        V u, du, y0, y, tangent, cosine;  ///< tangent: tanh y; cosine: cosh y
        V n, cosine_u;                    ///< the output's direction; cosh u
    };

    plane& at(index_t o) { return plane_[static_cast<std::size_t>(o)]; }

    /// One register of pixels by the plain formulas; false where exponents are beyond them.
    bool fast(index_t u, index_t valid, ham_tile_sums<T>& sums)
    {
        constexpr T largest_exponent = 30;
        V const a = V(T(2) * s_) * V::load(&work_.norm(u)), zero(T(0)), one(T(1));
        if (!(simd::largest(a, valid) + rows_.largest_bias <= largest_exponent)) return false;
        simd::hyperbolic_pair<T> const h(a);
        V const sinhc = select<T>(a > zero, h.sinh / a, one);
        V greatest = zero;
        for (index_t o = 0; o < outputs_; ++o) {
            auto const i = static_cast<std::size_t>(o);
            plane& p = at(o);
            T const zeta = rows_.zeta[i];
            p.y0 = zeta > T(0) ? V::load(&work_.inner(o, u)) * V(T(2) * s_ / zeta) : zero;
            V const argument = p.y0 * sinhc * V(rows_.cosh_b[i]) - h.cosh * V(rows_.sinh_b[i]);
            p.y = asinh(argument);
            p.cosine = sqrt(fma(argument, argument, one));
            p.tangent = argument / p.cosine;
            p.u = V(T(2) * zeta) * p.y;
            greatest = max(greatest, abs(p.u));
        }
        if (!(simd::largest(greatest, valid) <= largest_exponent)) return false;
        V curvature = through_norm(u, greatest);
        V const langevin = langevinc(a), tcoth_a = a * a * langevin;
        V stretch = zero;
        for (index_t o = 0; o < outputs_; ++o) {
            auto const i = static_cast<std::size_t>(o);
            plane const& p = at(o);
            T const zeta = rows_.zeta[i], b = T(2) * s_ * op_.r(o);
            V const ch(rows_.cosh_b[i]), sh(rows_.sinh_b[i]), inverse = one / p.cosine, du = p.du * V(zeta);
            V const x = p.y0 * sinhc * ch * inverse, bias = h.cosh * sh * inverse;
            (V(T(4) * s_) * p.du * sinhc * ch * inverse).store(&inner_bar(o, u));
            stretch = stretch + V(T(8) * op_.c) * du * sinhc * (p.y0 * langevin * ch - sh) * inverse;
            V const at_bias = V(T(4) * s_) * du * (p.y0 * sinhc * sh - h.cosh * ch) * inverse;
            V const tcoth_y = tcoth_minus_1(p.y);
            V const at_z = zeta > T(0) ? V(T(2) / zeta) * p.du * (p.tangent * tcoth_y - bias) : zero;
            V const at_c = x * (tcoth_a + V(b * std::tanh(b))) -
                           bias * (V(hyspn::tcoth_minus_1(b)) + a * (h.sinh / h.cosh)) - p.tangent * tcoth_y;
            curvature = curvature + V(T(2)) * du * at_c;
            sums.bias[i] += sum_of_lanes(at_bias, valid);
            sums.radial[i] += sum_of_lanes(at_z, valid);
        }
        stretch.store(&norm_bar(u));
        sums.c += sum_of_lanes(curvature, valid) / (T(2) * op_.c);
        return true;
    }

    /// From the cotangents of the logits to those of u, through the common norm; returns the part of 2c·c̄ that does not
    /// pass through u.
    V through_norm(index_t u, V greatest)
    {
        V const zero(T(0)), one(T(1)), half(T(0.5)), out(T(0.5) / s_);
        V square = zero;
        for (plane& p : plane_) {
            simd::hyperbolic_pair<T> const h(p.u);
            p.n = h.sinh;
            p.cosine_u = h.cosh;
            square = fma(p.n, p.n, square);
        }
        // Below this |u| the logits are u/(2s) to rounding, while squares begin to underflow.
        constexpr T linear = std::is_same_v<T, float> ? T(1e-5) : T(1e-9);
        auto const plain = greatest <= V(linear);
        V const omega = sqrt(square), theta = asinh(omega), root = sqrt(one + square);
        V const stretch = select<T>(plain, one, theta / omega);
        V along = zero, excluded = zero;
        for (index_t o = 0; o < outputs_; ++o) {
            plane& p = at(o);
            p.n = select<T>(plain, zero, p.n / omega);
            along = fma(V::load(&cotangent_(o, u)), p.n, along);
        }
        // π_o = g_o − ⟨g,n⟩n_o; for an output that dominates from Σ n_o π_o = 0, where the difference would cancel.
        for (index_t o = 0; o < outputs_; ++o) {
            plane& p = at(o);
            p.du = V::load(&cotangent_(o, u)) - along * p.n;
            excluded = excluded + select<T>(p.n * p.n > half, zero, p.n * p.du);
        }
        V bent = zero, spread = zero;
        for (plane& p : plane_) {
            V const across = select<T>(p.n * p.n > half, -excluded / p.n, p.du);
            V const excess = tcoth_minus_1(p.u);
            bent = bent + p.n * excess * across;
            spread = spread + p.n * p.n * excess;
            p.du = p.cosine_u * (stretch * across + along * p.n / root) * out;
        }
        return select<T>(plain, zero, (theta * bent + omega / root * along * (spread - tcoth_minus_1(theta))) * out);
    }

    /// The same pixels by the reference's scalar operation, which takes any exponent.
    void careful(ham_tile const& tile, index_t row, index_t u, index_t valid, ham_tile_sums<T>& sums)
    {
        view<T const, 1> const zeta(rows_.zeta.data(), dims<1>{outputs_});
        dims<4> const e = op_.dy.extents();
        dims<3> const e3{e[0], e[2], e[3]};
        view<T, 4> const bias(&scalar_(0, 0), e, {0, 1, 0, 0}), radial(&scalar_(outputs_, 0), e, {0, 1, 0, 0});
        for (index_t l = 0; l < valid; ++l) {
            T c_bar = 0;
            view<T, 4> const inner(&inner_bar(0, u + l), e, {0, work_.pitch, 0, 0});
            view<T, 3> const norm(&norm_bar(u + l), e3, {0, 0, 0}), c(&c_bar, e3, {0, 0, 0});
            layer_vjp_op<T, memory::host> const pixel{
                zeta, op_.r, s_, op_.c, op_.saved.inner, op_.saved.norm, op_.dy, inner, bias, radial, norm, c};
            pixel(tile.n, row, tile.left + u + l - work_.margin);
            for (index_t o = 0; o < outputs_; ++o) {
                sums.bias[static_cast<std::size_t>(o)] += scalar_(o, 0);
                sums.radial[static_cast<std::size_t>(o)] += scalar_(outputs_ + o, 0);
            }
            sums.c += c_bar;
        }
    }

    ham_backward_op<T, memory::host> const& op_;
    ham_rows<T> const& rows_;
    ham_workspace<T>& work_;
    T s_;
    index_t outputs_;

public:
    tensor<T, 2> inner_bar;  ///< O lines
    tensor<T, 1> norm_bar;

private:
    tensor<T, 2> cotangent_;
    std::vector<plane> plane_;
    tensor<T, 2> scalar_;
};

}  // namespace hyspn::detail
