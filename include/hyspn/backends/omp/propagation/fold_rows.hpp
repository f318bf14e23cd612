// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/row_gates.hpp>

/// \file
/// Gates to taps and bias by pieces of a row: arrive, normalise, rest and fold in one pass through the first-level
/// cache.

namespace hyspn::detail {

/// Where one piece of a row goes: tap j of column begin + i at taps[j * taps_stride + i], bias likewise.
template <class T>
struct folded_piece {
    T* taps;
    index_t taps_stride;
    T* bias;
    index_t bias_stride;
};

template <class T>
class row_folder : row_gates<T> {
public:
    using row_gates<T>::row_gates;
    using row_gates<T>::serves;

    /// Writes columns begin <= x < end of row y. Taps of neighbours outside the image are written as 0.
    void operator()(index_t n, index_t y, index_t begin, index_t end, folded_piece<T> to) const
    {
        for (index_t x = begin; x < end; x += fold_chunk) {
            index_t const count = std::min(fold_chunk, end - x);
            chunk(n, y, x, count, to);
            to.taps += count;
            to.bias += count;
        }
    }

private:
    using base = row_gates<T>;
    using base::axes, base::in, base::K, base::neighbours, base::measured, base::height, base::width;

    void chunk(index_t n, index_t y, index_t x, index_t count, folded_piece<T> const& to) const
    {
        T rest[fold_chunk], keep[fold_chunk];
        std::array<T const*, static_cast<std::size_t>(most_row_terms)> gates;
        for (index_t k = 0; k < K; ++k)
            gates[static_cast<std::size_t>(k)] = base::arrive(n, k, y, x, count, to.taps + k * to.taps_stride);
        base::kept(n, y, x, count, keep);
        for_columns<T>(count, [&]<class V>(index_t i) { scale<V>(gates.data(), i, keep, to, rest); });
        if (base::rest_of_own) base::fill_rest_of_own(n, y, x, count, rest);
        fill_bias(n, y, x, count, rest, keep, to);
        finish_taps(y, x, count, rest, keep, to);
    }

    /// taps_k = (1 - β) w_k and rest = 1 - Σ_k w_k.
    template <class V>
    void scale(T const* const* gates, index_t i, T const* keep, folded_piece<T> const& to, T* rest) const
    {
        V const kept = read<V>(keep + i);
        auto const weights = base::template weigh<V>(gates, i);
        V sum{};
        for (index_t k = 0; k < K; ++k) {
            V const w = weights[k];
            sum = sum + w;
            write<V>(to.taps + k * to.taps_stride + i, kept * w);
        }
        write<V>(rest + i, V(T(1)) - sum);
    }

    /// bias = (1 - β) a h0 + β s.
    void fill_bias(index_t n, index_t y, index_t x, index_t count, T* rest, T const* keep,
                   folded_piece<T> const& to) const
    {
        T const* anchor = nullptr;
        if (axes.centre == centre_term::in_set_anchor) anchor = to.taps + neighbours.centre_channel() * to.taps_stride;
        if (axes.centre == centre_term::anchor) {
#pragma omp simd
            for (index_t i = 0; i < count; ++i) rest[i] *= keep[i];
            anchor = rest;
        }
        for (index_t l = 0; l < in.initial.extent(1); ++l) {
            T* const b = to.bias + l * to.bias_stride;
            T const* const h0 = &in.initial(n, l, y, x);
            if (anchor) {
#pragma omp simd
                for (index_t i = 0; i < count; ++i) b[i] = anchor[i] * h0[i];
            } else {
                std::fill(b, b + count, T(0));
            }
            if (!in.confidence.data_handle()) continue;
            T const* const beta = &in.confidence(n, 0, y, x);
            T const* const s = &measured(n, base::measured_channel(l), y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) {
                T const found = s[i];
                T const used = beta[i] == T(0) ? T(0) : found;
                b[i] += beta[i] * used;
            }
        }
    }

    /// 0 where the neighbour is absent or anchored; (1 - β) z for the pixel itself.
    void finish_taps(index_t y, index_t x, index_t count, T const* rest, T const* keep, folded_piece<T> const& to) const
    {
        for (index_t k = 0; k < K; ++k) {
            T* const t = to.taps + k * to.taps_stride;
            set_absent(neighbours[k], base::anchors(k), y, x, count, height(), width(), T(0), t);
        }
        if (axes.centre != centre_term::current) return;
        T* const z = to.taps + K * to.taps_stride;
#pragma omp simd
        for (index_t i = 0; i < count; ++i) z[i] = keep[i] * rest[i];
    }
};

/// Copies rows of taps and bias that exist already.
template <class T>
class row_copier {
public:
    row_copier(stencil_neighbours const& neighbours, view<T const, 4> taps, view<T const, 4> bias)
        : neighbours_(neighbours), taps_(taps), bias_(bias)
    {
    }

    void operator()(index_t n, index_t y, index_t begin, index_t end, folded_piece<T> to) const
    {
        index_t const count = end - begin, height = taps_.extent(2), width = taps_.extent(3);
        for (index_t j = 0; j < taps_.extent(1); ++j) {
            T* const t = to.taps + j * to.taps_stride;
            std::copy_n(&taps_(n, j, y, begin), count, t);
            set_absent(neighbours_[j], false, y, begin, count, height, width, T(0), t);
        }
        for (index_t l = 0; l < bias_.extent(1); ++l)
            std::copy_n(&bias_(n, l, y, begin), count, to.bias + l * to.bias_stride);
    }

private:
    stencil_neighbours neighbours_;
    view<T const, 4> taps_, bias_;
};

}  // namespace hyspn::detail
