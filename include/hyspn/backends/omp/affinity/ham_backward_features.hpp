// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <Eigen/Core>

#include <hyspn/backends/omp/affinity/ham_backward_weights.hpp>

/// \file
/// Backward pass, second half, in gather form: what reaches a tile's own pixels from all pixels that see them, and the
/// tile's share of z̄ and c̄. A tile's input reaches two neighbourhoods far: to the pixels that see its own, and to
/// everything those look at.

namespace hyspn::detail {

template <class T>
class ham_feature_vjp_worker {
    using V = simd::pack<T>;
    using matrix = typename ham_rows<T>::matrix;
    using planar = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

public:
    ham_feature_vjp_worker(ham_backward_op<T, memory::host> const& op, ham_rows<T> const& rows, index_t width,
                           ham_cotangents<T> const& from)
        : op_(op),
          forward_(forward_of(op)),
          rows_(rows),
          from_(from),
          work_(op.options.around, op.x.extent(1), op.z.extent(0), width, 2 * reach(op.options.around)),
          distances_(forward_, work_),
          weights_(forward_, work_),
          s_(std::sqrt(op.c)),
          inner_bar_(work_.depth, work_.pitch, op.z.extent(0)),
          norm_bar_(work_.depth, 1, work_.pitch),
          chord_(work_.depth, op.options.around.half(), work_.pitch),
          radial_(work_.depth, op.options.around.half(), work_.pitch),
          distance_bar_(work_.depth, op.options.around.count(), work_.pitch),
          sinhc_(work_.depth, 1, work_.pitch),
          rest_(work_.depth, 1, work_.pitch),
          projection_bar_(width * work_.products),
          dx_(op.x.extent(1), work_.pitch),
          stretch_(work_.pitch),
          along_(static_cast<std::size_t>(op.options.around.count())),
          beside_(static_cast<std::size_t>(op.options.around.count()))
    {
    }
    ham_feature_vjp_worker(ham_feature_vjp_worker const&) = delete;
    ham_feature_vjp_worker& operator=(ham_feature_vjp_worker const&) = delete;

    /// Writes dx for the tile's own pixels; z̄'s first part into `dz` [K·O, C], the pairs' share of c̄ into `sums`.
    void run(ham_tile const& tile, matrix& dz, ham_tile_sums<T>& sums)
    {
        dz = matrix::Zero(rows_.z.rows(), rows_.z.cols());
        index_t const height = op_.x.extent(2), step = reach(op_.options.around);
        ham_tile wide = tile;  // the pixels that see the tile's own
        wide.col0 = std::max<index_t>(0, tile.col0 - step);
        wide.col1 = std::min(op_.x.extent(3), tile.col1 + step);
        for (index_t row = std::max<index_t>(0, tile.row0 - 2 * step); row < tile.row1 + 2 * step; ++row) {
            if (row < height) enter(tile, row);
            index_t const seeing = row - step, own = row - 2 * step;
            if (seeing >= std::max<index_t>(0, tile.row0 - step) && seeing < std::min(height, tile.row1 + step))
                weigh(wide, seeing);
            if (own >= tile.row0) output(tile, own, dz, sums);
        }
    }

private:
    /// Without outputs only the distances have cotangents (affinity::geodesic).
    bool has_layer() const { return op_.z.extent(0) > 0; }
    index_t first(ham_tile const& tile) const { return work_.margin + tile.col0 - tile.left; }

    void enter(ham_tile const& tile, index_t row)
    {
        distances_.enter(tile, row);
        load_distances(op_, work_, tile, row);
        index_t const shift = work_.margin - tile.left, outputs = op_.z.extent(0);
        for (index_t o = 0; o < outputs; ++o)
            for (index_t x = tile.left; x < tile.right; ++x)
                inner_bar_.line(row)[(x + shift) * outputs + o] = from_.inner(tile.n, o, row, x);
        for (index_t x = tile.left; x < tile.right; ++x) norm_bar_.line(row)[x + shift] = from_.norm(tile.n, row, x);
        if (!op_.options.needs_distances()) return;
        for (index_t h = 0; h < op_.options.around.half(); ++h)
            for (index_t x = tile.left; x < tile.right; ++x) {
                chord_.line(row, h)[x + shift] = op_.saved.chord(tile.n, h, row, x);
                radial_.line(row, h)[x + shift] = op_.saved.radial(tile.n, h, row, x);
            }
        for (index_t k = 0; k < op_.options.around.count(); ++k)
            for (index_t x = tile.left; x < tile.right; ++x)
                distance_bar_.line(row, k)[x + shift] = from_.distance(tile.n, k, row, x);
        if (!work_.tame_row(row)) return;
        for (index_t u = work_.margin; u < work_.margin + tile.width(); u += V::size) {
            radial_functions<T> const f(V(T(2) * s_) * V::load(work_.radius.line(row) + u));
            f.sinhc.store(sinhc_.line(row) + u);
            f.rest.store(rest_.line(row) + u);
        }
    }

    /// Weights and ranks of the pixels that see the tile's own; nobody sees from outside the image.
    void weigh(ham_tile const& wide, index_t row)
    {
        if (!has_layer()) return;
        weights_.run(wide, row);
        index_t const begin = first(wide), end = begin + wide.col1 - wide.col0, step = reach(op_.options.around);
        for (index_t k = 0; k < op_.options.around.count(); ++k) {
            T* const g = work_.weight.line(row, k);
            std::fill(g + begin - step, g + begin, T(0));
            std::fill(g + end, g + end + step, T(0));
        }
    }

    void output(ham_tile const& tile, index_t row, matrix& dz, ham_tile_sums<T>& sums)
    {
        if (has_layer()) {
            gather(tile, row);
            multiply(tile, row, dz);
        } else {
            std::fill(dx_.begin(), dx_.end(), T(0));
            std::fill(stretch_.begin(), stretch_.end(), T(0));
        }
        bool const pairs = op_.options.needs_distances(), plain = tame_around(row);
        if (pairs && plain)
            pair_stencil(tile, row, sums);
        else
            stretch_only(tile, row);
        index_t const from = first(tile) - tile.col0;
        for (index_t c = 0; c < op_.x.extent(1); ++c)
            for (index_t x = tile.col0; x < tile.col1; ++x) op_.dx(tile.n, c, row, x) = dx_(c, from + x);
        if (pairs && !plain) careful_pairs(tile, row, sums);
    }

    bool tame_around(index_t row)
    {
        index_t const step = reach(op_.options.around);
        for (index_t r = std::max<index_t>(0, row - step); r <= std::min(op_.x.extent(2) - 1, row + step); ++r)
            if (!work_.tame_row(r)) return false;
        return true;
    }

    /// p̄_{o,m}(j) = κ Σ over pixels i that see j at place m of g_ij ī_o(i), and κ² Σ τ_t(i) g_ij².
    void gather(ham_tile const& tile, index_t row)
    {
        auto const& around = op_.options.around;
        index_t const outputs = op_.z.extent(0), begin = first(tile), width = tile.col1 - tile.col0;
        std::fill_n(projection_bar_.begin(), width * work_.products, T(0));
        T* const stretch = stretch_.data();
        std::fill_n(stretch + begin, width, T(0));
        for (index_t k = 0; k < around.count(); ++k) {
            index_t const other = row + around.row_offset(k), dx = around.column_offset(k);
            if (other < 0 || other >= op_.x.extent(2)) continue;
            index_t const seen = around.opposite(k);
            T const* const weight = work_.weight.line(other, seen) + dx;
            auto const* const rank = work_.rank.line(other, seen) + dx;
            T const* const norm = norm_bar_.line(other) + dx;
            T const* const inner = inner_bar_.line(other) + dx * outputs;
            for (index_t u = begin; u < begin + width; ++u) {
                T const g = op_.kappa * weight[u];
                if (g == T(0)) continue;
                T* const to = projection_bar_.data() + (u - begin) * work_.products + rank[u] * outputs;
                for (index_t o = 0; o < outputs; ++o) to[o] += g * inner[u * outputs + o];
                stretch[u] += norm[u] * g * g;
            }
        }
    }

    /// v̄ = Σ p̄ z and z̄ += Σ p̄ v: two matrix products.
    void multiply(ham_tile const& tile, index_t row, matrix& dz)
    {
        index_t const begin = first(tile), width = tile.col1 - tile.col0;
        Eigen::OuterStride<> const pitch(work_.pitch);
        Eigen::Map<matrix const> const bar(projection_bar_.data(), work_.products, width);
        Eigen::Map<planar const, Eigen::Unaligned, Eigen::OuterStride<>> const v(work_.features.line(row) + begin,
                                                                                 op_.x.extent(1), width, pitch);
        Eigen::Map<planar, Eigen::Unaligned, Eigen::OuterStride<>> dx(&dx_(0, begin), op_.x.extent(1), width, pitch);
        dx.noalias() = rows_.z.transpose() * bar;
        dz.noalias() += bar * v.transpose();
    }

    void stretch_only(ham_tile const& tile, index_t row)
    {
        index_t const begin = first(tile), end = begin + tile.col1 - tile.col0;
        for (index_t c = 0; c < op_.x.extent(1); ++c)
            for (index_t u = begin; u < end; ++u) dx_(c, u) += stretch_(u) * work_.features.line(row, c)[u];
    }

    /// Adds the stretch and what comes through the distances: per pixel a factor of v and, for each neighbour, factors
    /// of v − v_k and of v_k, the same for all channels.
    void pair_stencil(ham_tile const& tile, index_t row, ham_tile_sums<T>& sums)
    {
        auto const& around = op_.options.around;
        index_t const channels = op_.x.extent(1), begin = first(tile), end = begin + tile.col1 - tile.col0;
        for (index_t u = begin; u < end; u += V::size) {
            V self = V::load(&stretch_(u));
            std::size_t used = 0;
            for (index_t k = 0; k < around.count(); ++k) {
                index_t const other = row + around.row_offset(k);
                if (k == around.centre() || other < 0 || other >= op_.x.extent(2)) continue;
                there_[used] = work_.features.line(other) + around.column_offset(k);
                self = self + pair(tile, row, k, u, end, along_[used], beside_[used], sums);
                ++used;
            }
            for (index_t c = 0; c < channels; ++c) {
                V const v = V::load(work_.features.line(row, c) + u);
                V sum = fma(self, v, V::load(&dx_(c, u)));
                for (std::size_t j = 0; j < used; ++j) {
                    V const w = V::load(there_[j] + c * work_.pitch + u);
                    sum = fma(along_[j], v - w, sum) - beside_[j] * w;
                }
                sum.store(&dx_(c, u));
            }
        }
    }

    /// Factors of v (returned), of v − v_k and of v_k in v̄ for neighbour k; the forward neighbours' share of c̄.
    V pair(ham_tile const&, index_t row, index_t k, index_t u, index_t end, V& along, V& beside, ham_tile_sums<T>& sums)
    {
        auto const& around = op_.options.around;
        bool const forward = k > around.centre();
        index_t const other = row + around.row_offset(k), dx = around.column_offset(k);
        index_t const h = forward ? k - around.centre() - 1 : around.centre() - 1 - k;
        index_t const from = forward ? row : other, at = forward ? u : u + dx;
        V const zero(T(0)), one(T(1)), two(T(2)), half(T(0.5)), s(s_);
        V const d = V::load(work_.distance.line(from, h) + at);
        // What is saved of absent neighbours may be anything; a cotangent of 0 would not undo it.
        auto const present = d < V(static_cast<T>(HUGE_VAL));
        V const k2 = select<T>(present, V::load(chord_.line(from, h) + at), zero);
        V const saved_radial = select<T>(present, V::load(radial_.line(from, h) + at), zero);
        V const radial = forward ? saved_radial : -saved_radial;
        V const cotangent =
            V::load(distance_bar_.line(row, k) + u) + V::load(distance_bar_.line(other, around.opposite(k)) + u + dx);
        V const g = select<T>(present, cotangent, zero);
        V const r1 = V::load(work_.radius.line(row) + u), r2 = V::load(work_.radius.line(other) + u + dx);
        V const sinh1 = V::load(work_.sinh_radius.line(row) + u),
                sinh2 = V::load(work_.sinh_radius.line(other) + u + dx);
        plain_pair<T> const p(s, radial, k2, sinh1, sinh2);
        V const scale = two * g * p.inverse;
        V const gap = two * p.half_gap * sqrt(fma(p.half_gap, p.half_gap, one));  // sinh(a₁ − a₂)
        V const on_unit = scale * fma(k2 * half * sinh2, V::load(rest_.line(row) + u), gap);
        V const on_chord = scale * V::load(sinhc_.line(row) + u) * sinh2;
        auto const second_is_shorter = r1 >= r2;
        V const longer = max(r1, r2), shorter = min(r1, r2);
        V const q = select<T>(shorter > zero, radial / shorter, zero);
        along = select<T>((k2 > zero) & (longer > zero), on_chord / longer, zero);
        beside = select<T>(second_is_shorter, along * q, zero);
        if (forward)
            sums.c += sum_of_lanes(curvature(g, p, d, k2, r1, r2, sinh1, sinh2, radial), std::min(V::size, end - u));
        return select<T>(r1 > zero, on_unit / r1, zero) - select<T>(second_is_shorter, zero, along * q);
    }

    /// g·∂d/∂c, see tangent_distance_c.
    V curvature(V g, plain_pair<T> const& p, V d, V chord, V r1, V r2, V sinh1, V sinh2, V radial) const
    {
        V const zero(T(0)), two(T(2)), s(s_), limit(T(2.5));
        V const sum = two * s * (r1 + r2), gap = abs(two * s * radial), complement = V(T(1)) - chord * V(T(0.25));
        V const D = select<T>(d < V(static_cast<T>(HUGE_VAL)), s * d, zero);
        auto const counts = (p.sigma > zero) & (chord > zero) & (min(r1, r2) > zero) & !(g == zero);
        auto const near = sum <= limit;
        V close = zero, distant = zero;
        if (V::any(near)) close = bracket_of_near(p, sinh1, sinh2, sum);
        if (!V::all(near)) distant = bracket_of_far(p, sinh1, sinh2, D, gap, sum, chord, complement);
        V const bracket = select<T>(near, close, distant);
        V const value = chord * V(T(0.25)) * complement * sinh1 * sinh2 * p.inverse * bracket / (s * s * s);
        return select<T>(counts, g * value, zero);
    }

    /// The same by the reference's scalar operation, which takes any radius.
    void careful_pairs(ham_tile const& tile, index_t row, ham_tile_sums<T>& sums)
    {
        dims<4> const e = op_.x.extents();
        T c_bar = 0;
        view<T, 3> const c(&c_bar, dims<3>{e[0], e[2], e[3]}, {0, 0, 0});
        pair_distance_vjp_op<T, memory::host> const pixel{op_.options.around,
                                                          op_.x,
                                                          op_.saved.radius,
                                                          op_.saved.chord,
                                                          op_.saved.radial,
                                                          s_,
                                                          as_view(from_.distance),
                                                          op_.dx,
                                                          c};
        for (index_t x = tile.col0; x < tile.col1; ++x) pixel(tile.n, row, x);
        sums.c += c_bar;
    }

    ham_backward_op<T, memory::host> op_;
    ham_forward_op<T, memory::host> forward_;
    ham_rows<T> const& rows_;
    ham_cotangents<T> const& from_;
    ham_workspace<T> work_;
    ham_distance_stage<T> distances_;
    ham_weight_stage<T> weights_;
    T s_;
    row_ring<T> inner_bar_;  ///< one line: a pixel's outputs side by side
    row_ring<T> norm_bar_, chord_, radial_, distance_bar_;
    row_ring<T> sinhc_, rest_;  ///< sinh a/a and cosh a − sinh a/a
    tensor<T, 1> projection_bar_;
    tensor<T, 2> dx_;
    tensor<T, 1> stretch_;
    std::vector<V> along_, beside_;
    std::vector<T const*> there_ = std::vector<T const*>(along_.size());
};

}  // namespace hyspn::detail
