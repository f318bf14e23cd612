// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

#include <Eigen/Core>

#include <hyspn/affinity/detail/ham_reference.hpp>
#include <hyspn/backends/omp/affinity/ham_tile.hpp>
#include <hyspn/backends/omp/affinity/layer_packs.hpp>
#include <hyspn/core/simd_math.hpp>

/// \file
/// Last stages of a tile: project every pixel of a row once (one GEMM), gather each pixel's neighbours by rank, and the
/// Poincaré fully connected layer.

namespace hyspn::detail {

/// What the layer needs of the parameters, once per call.
template <class T>
struct ham_rows {
    using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

    matrix z;             ///< [K·O, C], row m·O + o
    layer_rows<T> layer;  ///< of the Poincaré layer

    explicit ham_rows(ham_forward_op<T, memory::host> const& op) : z(op.z.extent(1) * op.z.extent(0), op.z.extent(2))
    {
        index_t const O = op.z.extent(0), K = op.z.extent(1), C = op.z.extent(2);
        layer.s = std::sqrt(op.c);
        layer.c = op.c;
        for (index_t o = 0; o < O; ++o) {
            for (index_t m = 0; m < K; ++m)
                for (index_t c = 0; c < C; ++c) z(m * O + o, c) = op.z(o, m, c);
            layer.add(norm(typename row_norm_op<T, memory::host>::row{op.z, o}), op.r(o));
        }
    }
};

template <class T>
class ham_layer_stage {
    using V = simd::pack<T>;
    /// Outputs are the lanes of the gather: one load and one fused operation a neighbour.
    using eight = typename simd::detail::vector_of<T, 8 * sizeof(T)>::type;

public:
    ham_layer_stage(ham_forward_op<T, memory::host> const& op, ham_rows<T> const& rows, ham_workspace<T>& work)
        : op_(op),
          rows_(rows),
          work_(work),
          s_(std::sqrt(op.c)),
          outputs_(op.z.extent(0)),
          packs_(rows.layer, 0, outputs_)
    {
    }

    /// ⟨z_{o,m}, v⟩ for every pixel of the tile's columns in row `row`; zeros in the halo outside the image.
    void project(ham_tile const& tile, index_t row)
    {
        using matrix = typename ham_rows<T>::matrix;
        using planar = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        index_t const width = tile.width();
        T* const line = work_.projection.line(row);
        T* const first = line + work_.halo * work_.products;
        std::fill(line, first, T(0));
        std::fill_n(first + width * work_.products, work_.halo * work_.products, T(0));
        Eigen::Map<planar const, Eigen::Unaligned, Eigen::OuterStride<>> const features(
            work_.features.line(row) + work_.margin, op_.x.extent(1), width, Eigen::OuterStride<>(work_.pitch));
        Eigen::Map<matrix>(first, work_.products, width).noalias() = rows_.z * features;
    }

    /// i_o = κ Σ_j g_j p_{o,rank_j}(j) for the tile's own pixels of row `row`.
    void gather(ham_tile const& tile, index_t row)
    {
        collect_neighbours(row);
        index_t const first = work_.margin + tile.col0 - tile.left, end = first + tile.col1 - tile.col0;
        for (index_t u = first; u < end; ++u) {
            index_t o = 0;
            for (; o + 8 <= outputs_; o += 8) gather_eight(u, o);
            for (; o < outputs_; ++o) gather_one(u, o);
        }
    }

    /// Logits of the tile's own pixels of the row at work.
    void epilogue(ham_tile const& tile)
    {
        index_t const first = work_.margin + tile.col0 - tile.left, end = first + tile.col1 - tile.col0;
        for (index_t u = first; u < end; u += V::size)
            if (!fast_logits(u, std::min(V::size, end - u))) careful_logits(u, std::min(u + V::size, end));
    }

private:
    struct neighbour {
        T const* weight;                  ///< by element
        typename V::integer const* rank;  ///< by element
        T const* projection;              ///< of element 0
    };

    void collect_neighbours(index_t row)
    {
        auto const& around = op_.options.around;
        neighbours_.clear();
        for (index_t k = 0; k < around.count(); ++k) {
            index_t const other = row + around.row_offset(k);
            if (other < 0 || other >= op_.x.extent(2)) continue;
            index_t const shift = around.column_offset(k) - work_.margin + work_.halo;
            neighbours_.push_back({work_.weight.line(row, k), work_.rank.line(row, k),
                                   work_.projection.line(other) + shift * work_.products});
        }
    }

    void gather_eight(index_t u, index_t o)
    {
        eight sum{};
        for (neighbour const& j : neighbours_) {
            eight p;
            std::memcpy(&p, j.projection + u * work_.products + j.rank[u] * outputs_ + o, sizeof p);
            sum += j.weight[u] * p;
        }
        for (index_t lane = 0; lane < 8; ++lane) work_.inner(o + lane, u) = op_.kappa * sum[lane];
    }

    void gather_one(index_t u, index_t o)
    {
        T sum = 0;
        for (neighbour const& j : neighbours_)
            sum += j.weight[u] * j.projection[u * work_.products + j.rank[u] * outputs_ + o];
        work_.inner(o, u) = op_.kappa * sum;
    }

    /// One register of pixels by the plain formulas; false where exponents are beyond them. Only the first `valid`
    /// lanes decide: the others hold what earlier tiles left.
    bool fast_logits(index_t u, index_t valid)
    {
        if (!packs_.distances(V::load(&work_.norm(u)), &work_.inner(0, u), work_.inner.extent(1), valid)) return false;
        packs_.logits([&](index_t o, V logit) { logit.store(&work_.logits(o, u)); });
        return true;
    }

    void careful_logits(index_t from, index_t to)
    {
        for (index_t u = from; u < to; ++u) {
            view<T, 1> const out(&work_.logits(0, u), dims<1>{outputs_}, dims<1>{work_.pitch});
            for (index_t o = 0; o < outputs_; ++o) {
                T const zeta = rows_.layer.zeta[static_cast<std::size_t>(o)];
                out(o) = T(2) * zeta * plane_terms<T>(s_, work_.norm(u), work_.inner(o, u), zeta, op_.r(o)).y;
            }
            logits_from_scaled_distances(s_, out);
        }
    }

    ham_forward_op<T, memory::host> const& op_;
    ham_rows<T> const& rows_;
    ham_workspace<T>& work_;
    T s_;
    index_t outputs_;
    std::vector<neighbour> neighbours_;
    layer_packs<T> packs_;
};

}  // namespace hyspn::detail
