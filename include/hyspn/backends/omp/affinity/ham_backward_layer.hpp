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
          packs_(rows.layer, 0, outputs_),
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
    /// One register of pixels by the plain formulas; false where exponents are beyond them.
    bool fast(index_t u, index_t valid, ham_tile_sums<T>& sums)
    {
        if (!packs_.distances(V::load(&work_.norm(u)), &work_.inner(0, u), work_.inner.extent(1), valid)) return false;
        V stretch(T(0)), curvature = packs_.through_norm([&](index_t o) { return V::load(&cotangent_(o, u)); });
        packs_.planes_vjp(stretch, curvature, [&](index_t o, V at_inner, V at_bias, V at_z) {
            at_inner.store(&inner_bar(o, u));
            sums.bias[static_cast<std::size_t>(o)] += sum_of_lanes(at_bias, valid);
            sums.radial[static_cast<std::size_t>(o)] += sum_of_lanes(at_z, valid);
        });
        stretch.store(&norm_bar(u));
        sums.c += sum_of_lanes(curvature, valid) / (T(2) * op_.c);
        return true;
    }

    /// The same pixels by the reference's scalar operation, which takes any exponent.
    void careful(ham_tile const& tile, index_t row, index_t u, index_t valid, ham_tile_sums<T>& sums)
    {
        view<T const, 1> const zeta(rows_.layer.zeta.data(), dims<1>{outputs_});
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
    layer_packs<T> packs_;
    tensor<T, 2> scalar_;
};

}  // namespace hyspn::detail
