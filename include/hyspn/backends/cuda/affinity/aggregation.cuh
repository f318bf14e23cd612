// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/aggregation.hpp>
#include <hyspn/backends/cuda/weight_products.cuh>

/// \file
/// The linear map of the affinities on CUDA. With the projections p(q, m, o) = ⟨z_{o,m}, v_q⟩ of every pixel q, by
/// cuBLAS, i_o(q) is a sum of nine of them from q's neighbours; with b(q, m, o), what the neighbours of q that have it
/// at place m pass back, v̄ and z̄ are products again. Both are O·K numbers a pixel, which the plain operations do
/// without: where that is too much, they run.

namespace hyspn::detail {

/// [N, H·W, K, O]: the numbers of a place side by side, so that a neighbour's are one short read.
template <class T>
using place_numbers = tensor<T, 4, memory::device>;

inline constexpr index_t most_place_numbers = index_t{1} << 29;

/// Whether they pay for weights z at the pixels of x.
template <class T>
bool place_numbers_pay(view<T const, 4, memory::device> const& x, view<T const, 3, memory::device> const& z)
{
    return products_pay(z, 1, x.extents()) && planes_are_rows(x) &&
           x.extent(0) * x.extent(2) * x.extent(3) * z.extent(0) * z.extent(1) <= most_place_numbers;
}

template <class T>
place_numbers<T> make_place_numbers(view<T const, 4, memory::device> const& x,
                                    view<T const, 3, memory::device> const& z)
{
    return place_numbers<T>(x.extent(0), x.extent(2) * x.extent(3), z.extent(1), z.extent(0));
}

/// As matrices [N, H·W, K·O], and x as [N, H·W, C].
template <class V>
view<V, 3, memory::device> pixel_matrices(view<V, 4, memory::device> const& p)
{
    return {p.data_handle(), {p.extent(0), p.extent(1), p.extent(2) * p.extent(3)}, {p.stride(0), p.stride(1), 1}};
}
template <class V>
view<V, 3, memory::device> feature_matrices(view<V, 4, memory::device> const& x)
{
    return {x.data_handle(), {x.extent(0), x.extent(2) * x.extent(3), x.extent(1)}, {x.stride(0), 1, x.stride(1)}};
}
template <class V>
view<V, 3, memory::device> transposed_matrices(view<V, 3, memory::device> const& x)
{
    return {x.data_handle(), {x.extent(0), x.extent(2), x.extent(1)}, {x.stride(0), x.stride(2), x.stride(1)}};
}

/// z as [C, K·O].
template <class T>
tensor<T, 3, memory::device> weights_by_channel(exec::cuda const& exec, view<T const, 3, memory::device> const& z)
{
    tensor<T, 3, memory::device> to(z.extent(2), z.extent(1), z.extent(0));
    dispatch(exec, transposed_weights_op<T>{z, 0, as_view(to)});
    return to;
}
template <class T>
view<T const, 2, memory::device> as_matrix(tensor<T, 3, memory::device> const& weights)
{
    return {weights.data(), {weights.extent(0), weights.extent(1) * weights.extent(2)}};
}

/// ⟨z_{o,m}, v_q⟩.
template <class T>
place_numbers<T> projections(exec::cuda const& exec, view<T const, 4, memory::device> const& x,
                             view<T const, 3, memory::device> const& z)
{
    auto p = make_place_numbers(x, z);
    auto const weights = weights_by_channel(exec, z);
    matrix_products<T>(exec, T(1), feature_matrices(x), shared_by(as_matrix(weights), x.extent(0)), T(0),
                       pixel_matrices(as_view(p)));
    return p;
}

/// i_o = κ Σ_m g_σ(m) p(σ(m), m, o).
template <class T>
struct gather_projections_op {
    neighbour_arrays<T, memory::device> neighbours;
    view<T const, 4, memory::device> projection;
    T kappa;
    view<T, 4, memory::device> inner;

    dims<3> shape() const { return {inner.extent(0), inner.extent(2), inner.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        for (index_t first = 0; first < inner.extent(1); first += outputs_at_once) some(n, i, j, first);
    }

private:
    HYSPN_HD void some(index_t n, index_t i, index_t j, index_t first) const
    {
        auto const& around = neighbours.around;
        index_t const left = inner.extent(1) - first, count = left < outputs_at_once ? left : outputs_at_once;
        T sum[outputs_at_once] = {};
        for (index_t m = 0; m < around.count(); ++m) {
            index_t const k = neighbours.at_place(n, m, i, j);
            if (!around.present(k, i, j, inner.extent(2), inner.extent(3))) continue;
            index_t const q = (i + around.row_offset(k)) * inner.extent(3) + j + around.column_offset(k);
            T const g = neighbours.weight_of(n, k, i, j);
            for (index_t o = 0; o < count; ++o) sum[o] += g * projection(n, q, m, first + o);
        }
        for (index_t o = 0; o < count; ++o) inner(n, first + o, i, j) = kappa * sum[o];
    }
};

/// As aggregation_weight_vjp_op, from the projections.
template <class T>
struct gathered_weight_vjp_op {
    aggregation_weight_vjp_op<T, memory::device> of;
    view<T const, 4, memory::device> projection;

    dims<4> shape() const { return of.shape(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t i, index_t j) const
    {
        auto const& around = of.neighbours.around;
        of.weight_bar(n, k, i, j) = T(0);
        if (!around.present(k, i, j, of.x.extent(2), of.x.extent(3))) return;
        index_t const m = of.neighbours.rank_of(n, k, i, j);
        index_t const a = i + around.row_offset(k), b = j + around.column_offset(k);
        T sum(0);
        for (index_t o = 0; o < of.z.extent(0); ++o)
            sum += of.inner_bar(n, o, i, j) * projection(n, a * of.x.extent(3) + b, m, o);
        T const length = of.kappa * of.radius(n, a, b);
        of.weight_bar(n, k, i, j) =
            of.kappa * sum + of.norm_bar(n, i, j) * length * (of.neighbours.weight_of(n, k, i, j) * length);
    }
};

/// b(q, m, o) = Σ g_pq ī_o(p) over the pixels p that have q at place m.
template <class T>
struct passed_back_op {
    neighbour_arrays<T, memory::device> neighbours;
    view<T const, 4, memory::device> inner_bar;
    view<T, 4, memory::device> to;

    dims<4> shape() const { return {inner_bar.extent(0), inner_bar.extent(2), inner_bar.extent(3), to.extent(2)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j, index_t m) const
    {
        for (index_t first = 0; first < to.extent(3); first += outputs_at_once) some(n, i, j, m, first);
    }

private:
    HYSPN_HD void some(index_t n, index_t i, index_t j, index_t m, index_t first) const
    {
        auto const& around = neighbours.around;
        index_t const left = to.extent(3) - first, count = left < outputs_at_once ? left : outputs_at_once;
        T sum[outputs_at_once] = {};
        for (index_t k = 0; k < around.count(); ++k) {
            if (!around.present(k, i, j, inner_bar.extent(2), inner_bar.extent(3))) continue;
            index_t const a = i + around.row_offset(k), b = j + around.column_offset(k), seen = around.opposite(k);
            if (neighbours.rank_of(n, seen, a, b) != m) continue;
            T const g = neighbours.weight_of(n, seen, a, b);
            for (index_t o = 0; o < count; ++o) sum[o] += g * inner_bar(n, first + o, a, b);
        }
        for (index_t o = 0; o < count; ++o) to(n, i * inner_bar.extent(3) + j, m, first + o) = sum[o];
    }
};

template <class T>
place_numbers<T> passed_back(exec::cuda const& exec, neighbour_arrays<T, memory::device> const& neighbours,
                             view<T const, 4, memory::device> const& x, view<T const, 3, memory::device> const& z,
                             view<T const, 4, memory::device> const& inner_bar)
{
    auto b = make_place_numbers(x, z);
    dispatch(exec, passed_back_op<T>{neighbours, inner_bar, as_view(b)});
    return b;
}

/// dx += v·Σ κ²τ_t g² over the pixels that see one.
template <class T>
struct add_stretch_op {
    aggregation_feature_vjp_op<T, memory::device> of;

    dims<3> shape() const { return of.shape(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const& around = of.neighbours.around;
        T stretch(0);
        for (index_t k = 0; k < around.count(); ++k) {
            if (!around.present(k, i, j, of.x.extent(2), of.x.extent(3))) continue;
            index_t const a = i + around.row_offset(k), b = j + around.column_offset(k);
            T const g = of.kappa * of.neighbours.weight_of(n, around.opposite(k), a, b);
            stretch += of.norm_bar(n, a, b) * g * g;
        }
        auto const v = pixel(of.x, n, i, j);
        auto const dv = pixel(of.dx, n, i, j);
        for (index_t c = 0; c < dv.extent(0); ++c) dv(c) += stretch * v(c);
    }
};

/// dz(o, m, c) += sums((m, o), c) + radial_o·z(o, m, c), the second where there is one.
template <class T>
struct add_sums_by_place_op {
    view<T const, 3, memory::device> sums;  ///< [K, O, C]
    view<T const, 1, memory::device> radial;
    view<T const, 3, memory::device> z;
    view<T, 3, memory::device> dz;

    dims<3> shape() const { return dz.extents(); }
    HYSPN_HD void operator()(index_t o, index_t m, index_t c) const
    {
        T const sum = sums(m, o, c);
        dz(o, m, c) += radial.data_handle() ? sum + radial(o) * z(o, m, c) : sum;
    }
};

template <class T>
void dispatch(exec::cuda const& exec, aggregation_op<T, memory::device> const& op)
{
    if (!place_numbers_pay(op.x, op.z)) return parallel_for(exec, op.shape(), op);
    auto const p = projections(exec, op.x, op.z);
    dispatch(exec, gather_projections_op<T>{op.neighbours, as_const(p), op.kappa, op.inner});
}

template <class T>
void dispatch(exec::cuda const& exec, aggregation_weight_vjp_op<T, memory::device> const& op)
{
    if (!place_numbers_pay(op.x, op.z)) return parallel_for(exec, op.shape(), op);
    auto const p = projections(exec, op.x, op.z);
    dispatch(exec, gathered_weight_vjp_op<T>{op, as_const(p)});
}

template <class T>
void dispatch(exec::cuda const& exec, aggregation_feature_vjp_op<T, memory::device> const& op)
{
    if (!place_numbers_pay(op.x, op.z) || !planes_are_rows(op.dx)) return parallel_for(exec, op.shape(), op);
    auto const b = passed_back(exec, op.neighbours, op.x, op.z, op.inner_bar);
    auto const weights = weights_by_channel(exec, op.z);
    matrix_products<T>(exec, op.kappa, shared_by(as_matrix(weights), op.x.extent(0)),
                       transposed_matrices(pixel_matrices(as_const(b))), T(0),
                       transposed_matrices(feature_matrices(op.dx)));
    if (op.has_norm) dispatch(exec, add_stretch_op<T>{op});
}

template <class T>
void dispatch(exec::cuda const& exec, aggregation_row_sums_op<T, memory::device> const& op)
{
    if (!place_numbers_pay(op.x, op.z)) return add_row_chunks(exec, op);
    auto const b = passed_back(exec, op.neighbours, op.x, op.z, op.inner_bar);
    tensor<T, 3, memory::device> sums(op.z.extent(1), op.z.extent(0), op.z.extent(2));
    view<T, 2, memory::device> const rows(sums.data(), {op.z.extent(1) * op.z.extent(0), op.z.extent(2)});
    auto const left = transposed_matrices(pixel_matrices(as_const(b)));
    auto const right = feature_matrices(op.x);
    for (index_t n = 0; n < op.x.extent(0); ++n)  // one after another: a sum in a fixed order
        matrix_product<T>(exec, op.kappa, left[n], right[n], T(1), rows);
    dispatch(exec, add_sums_by_place_op<T>{as_const(sums), op.radial, op.z, op.dz});
}

}  // namespace hyspn::detail
