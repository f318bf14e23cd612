// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/neighbour_weights.hpp>
#include <hyspn/exec/pixel_sums.hpp>

/// \file
/// The linear map at the heart of every affinity with weights z: from pixel i's neighbours, in order and weighted, to
///   i_o = κ Σ_m g_σ(m) ⟨z_{o,m}, v_σ(m)⟩,
/// and its three transposes. Dot products are formed where they are used, eight outputs at a time: nothing of size
/// K·C·H·W, nor, but on exec::cuda (backends/cuda/affinity/aggregation.cuh), O·K·H·W is ever written.

namespace hyspn::detail {

inline constexpr index_t outputs_at_once = 8;

template <class T, class M>
struct aggregation_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    T kappa;
    view<T, 4, M> inner;  ///< [N, O, H, W] out

    dims<3> shape() const { return {x.extent(0), x.extent(2), x.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        for (index_t first = 0; first < z.extent(0); first += outputs_at_once) some(n, i, j, first);
    }

private:
    HYSPN_HD void some(index_t n, index_t i, index_t j, index_t first) const
    {
        auto const& around = neighbours.around;
        index_t const left = z.extent(0) - first, some = left < outputs_at_once ? left : outputs_at_once;
        T sum[outputs_at_once] = {};
        for (index_t m = 0; m < around.count(); ++m) {
            index_t const k = neighbours.at_place(n, m, i, j);
            if (!around.present(k, i, j, x.extent(2), x.extent(3))) continue;
            auto const v = pixel(x, n, i + around.row_offset(k), j + around.column_offset(k));
            T projection[outputs_at_once] = {};
            for (index_t c = 0; c < v.extent(0); ++c)
                for (index_t o = 0; o < some; ++o) projection[o] += z(first + o, m, c) * v(c);
            T const g = neighbours.weight_of(n, k, i, j);
            for (index_t o = 0; o < some; ++o) sum[o] += g * projection[o];
        }
        for (index_t o = 0; o < some; ++o) inner(n, first + o, i, j) = kappa * sum[o];
    }
};

/// ḡ_j = κ Σ_o ī_o ⟨z_{o,rank_j}, v_j⟩ + κ²τ_t g_j r_j², τ_t the cotangent of ‖t‖²/2; 0 where absent.
template <class T, class M>
struct aggregation_weight_vjp_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    view<T const, 3, M> radius;
    T kappa;
    view<T const, 4, M> inner_bar;
    view<T const, 3, M> norm_bar;
    view<T, 4, M> weight_bar;  ///< [N, K, H, W] out

    dims<4> shape() const { return weight_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t i, index_t j) const
    {
        auto const& around = neighbours.around;
        weight_bar(n, k, i, j) = T(0);
        if (!around.present(k, i, j, x.extent(2), x.extent(3))) return;
        index_t const m = neighbours.rank_of(n, k, i, j);
        index_t const a = i + around.row_offset(k), b = j + around.column_offset(k);
        auto const v = pixel(x, n, a, b);
        T sum(0);
        for (index_t o = 0; o < z.extent(0); ++o) {
            T projection(0);
            for (index_t c = 0; c < v.extent(0); ++c) projection += z(o, m, c) * v(c);
            sum += inner_bar(n, o, i, j) * projection;
        }
        T const length = kappa * radius(n, a, b);
        weight_bar(n, k, i, j) = kappa * sum + norm_bar(n, i, j) * length * (neighbours.weight_of(n, k, i, j) * length);
    }
};

/// v̄_j = Σ over the pixels i that see j of κ g_ij Σ_o ī_o(i) z_{o,rank_i(j)} + κ²τ_t(i) g_ij²·v_j. Writes dx.
template <class T, class M>
struct aggregation_feature_vjp_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    T kappa;
    view<T const, 4, M> inner_bar;
    bool has_norm;
    view<T const, 3, M> norm_bar;  ///< read when has_norm
    view<T, 4, M> dx;

    dims<3> shape() const { return {x.extent(0), x.extent(2), x.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const& around = neighbours.around;
        auto const v = pixel(x, n, i, j);
        auto const dv = pixel(dx, n, i, j);
        for (index_t c = 0; c < dv.extent(0); ++c) dv(c) = T(0);
        T stretch(0);
        for (index_t k = 0; k < around.count(); ++k) {
            if (!around.present(k, i, j, x.extent(2), x.extent(3))) continue;
            index_t const a = i + around.row_offset(k), b = j + around.column_offset(k), seen = around.opposite(k);
            index_t const m = neighbours.rank_of(n, seen, a, b);
            T const g = kappa * neighbours.weight_of(n, seen, a, b);
            if (has_norm) stretch += norm_bar(n, a, b) * g * g;
            for (index_t c = 0; c < dv.extent(0); ++c) {
                T sum(0);
                for (index_t o = 0; o < z.extent(0); ++o) sum += inner_bar(n, o, a, b) * z(o, m, c);
                dv(c) += g * sum;
            }
        }
        if (has_norm)
            for (index_t c = 0; c < dv.extent(0); ++c) dv(c) += stretch * v(c);
    }
};

/// z̄_{o,m} = κ Σ_i ī_o(i) g_{iσ(m)} v_σ(m), chunk by chunk.
template <class T, class M>
struct aggregation_row_vjp_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 4, M> x;
    T kappa;
    view<T const, 4, M> inner_bar;
    pixel_chunks chunks;
    view<T, 4, M> partial;  ///< [chunks, O, K, C] out

    dims<3> shape() const { return {chunks.count, partial.extent(2), partial.extent(3)}; }
    HYSPN_HD void operator()(index_t chunk, index_t m, index_t c) const
    {
        for (index_t first = 0; first < partial.extent(1); first += outputs_at_once) some(chunk, m, c, first);
    }

private:
    HYSPN_HD void some(index_t chunk, index_t m, index_t c, index_t first) const
    {
        index_t const left = partial.extent(1) - first, some = left < outputs_at_once ? left : outputs_at_once;
        T total[outputs_at_once] = {};
        for (index_t p = chunks.first(chunk); p < chunks.end(chunk); p += pixels_in_a_row) {
            T sum[outputs_at_once] = {};
            index_t const end = p + pixels_in_a_row < chunks.end(chunk) ? p + pixels_in_a_row : chunks.end(chunk);
            for (index_t q = p; q < end; ++q) add(sum, some, q, m, c, first);
            for (index_t o = 0; o < some; ++o) total[o] += sum[o];
        }
        for (index_t o = 0; o < some; ++o) partial(chunk, first + o, m, c) = kappa * total[o];
    }

    HYSPN_HD void add(T* sum, index_t some, index_t q, index_t m, index_t c, index_t first) const
    {
        auto const& around = neighbours.around;
        index_t const n = chunks.batch(q), i = chunks.row(q), j = chunks.column(q);
        index_t const k = neighbours.at_place(n, m, i, j);
        if (!around.present(k, i, j, x.extent(2), x.extent(3))) return;
        T const g = neighbours.weight_of(n, k, i, j) * x(n, c, i + around.row_offset(k), j + around.column_offset(k));
        for (index_t o = 0; o < some; ++o) sum[o] += inner_bar(n, first + o, i, j) * g;
    }
};

/// dz += κ Σ ī g v over all pixels, and radial_o·z_o unless `radial` is null.
template <class T, class M>
struct aggregation_row_sums_op {
    neighbour_arrays<T, M> neighbours;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    T kappa;
    view<T const, 4, M> inner_bar;
    view<T const, 1, M> radial;
    view<T, 3, M> dz;
};

/// It, chunk by chunk.
template <execution_policy P, class T, class M>
void add_row_chunks(P const& exec, aggregation_row_sums_op<T, M> const& op)
{
    pixel_chunks const chunks(op.x.extents());
    tensor<T, 4, M> partial(chunks.count, op.z.extent(0), op.z.extent(1), op.z.extent(2));
    dispatch(exec, aggregation_row_vjp_op<T, M>{op.neighbours, op.x, op.kappa, op.inner_bar, chunks, as_view(partial)});
    dispatch(exec,
             add_row_sums_op<T, M>{as_const(partial), op.radial.data_handle() != nullptr, op.radial, op.z, op.dz});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, aggregation_row_sums_op<T, M> const& op)
{
    add_row_chunks(exec, op);
}

}  // namespace hyspn::detail

#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/affinity/aggregation.cuh>
#endif
