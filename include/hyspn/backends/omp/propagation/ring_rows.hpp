// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include <hyspn/backends/omp/propagation/ring_lines.hpp>
#include <hyspn/backends/omp/propagation/row_gates.hpp>
#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/ring_steps.hpp>

/// \file
/// Ring propagation by rows; what it does per pixel is in propagation/ring_steps.hpp.

namespace hyspn::detail {

inline constexpr index_t ring_channels = 48;

/// The offsets of all channels; telling one takes divisions.
struct ring_offsets {
    std::array<pixel_offset, static_cast<std::size_t>(ring_channels)> of;

    ring_offsets()
    {
        for (index_t k = 0; k < ring_channels; ++k) of[static_cast<std::size_t>(k)] = ring_neighbours{}[k];
    }
    pixel_offset operator[](index_t k) const { return of[static_cast<std::size_t>(k)]; }
};

/// Calls f(x, count) for the pieces of a row.
template <class F>
void for_pieces(index_t width, F const& f)
{
    for (index_t x = 0; x < width; x += fold_chunk) f(x, std::min(fold_chunk, width - x));
}

/// Row y of the sums of gates, or of their magnitudes, over the rings, into channels first to first + 2.
template <ring_term Term, class T>
void sum_row(ring_sums_op<T, memory::host> const& op, index_t n, index_t y, index_t first)
{
    ring_lines<T> lines;
    lines.point(op.gates, op.gates, n, 0, y);
    for_pieces(op.sums.extent(3), [&](index_t x, index_t count) {
        lines.template fill<Term>(x, count);
        for_columns<T>(count, [&]<class V>(index_t i) {
            write<V>(&op.sums(n, first, y, x) + i, lines.template sum<V, 0>(i));
            write<V>(&op.sums(n, first + 1, y, x) + i, lines.template sum<V, 1>(i));
            write<V>(&op.sums(n, first + 2, y, x) + i, lines.template sum<V, 2>(i));
        });
    });
}

template <class T>
void sum_row(ring_sums_op<T, memory::host> const& op, index_t n, index_t y)
{
    sum_row<ring_term::gate>(op, n, y, 0);
    sum_row<ring_term::magnitude>(op, n, y, 3);
}

/// ring_mixture of neighbouring pixels.
template <class V>
struct ring_mixtures {
    V pi[4];
    V divisor, anchor;
};

/// Where the rows of a piece begin in the arrays that every step reads.
template <class T>
struct ring_piece {
    T const* attention[4];
    T const* sums[6];
    T const* beta;  ///< or null
    T epsilon;

    ring_piece(ring_terms<T, memory::host> const& terms, index_t t, index_t n, index_t y, index_t x)
        : beta(terms.in.confidence.data_handle() ? &terms.in.confidence(n, 0, y, x) : nullptr), epsilon(terms.epsilon)
    {
        for (index_t r = 0; r < 4; ++r) attention[r] = &terms.in.attention(n, 4 * t + r, y, x);
        for (index_t r = 0; r < 6; ++r) sums[r] = &terms.sums(n, r, y, x);
    }

    template <class V>
    ring_mixtures<V> mixture(index_t i) const
    {
        using std::exp;
        V const one(T(1));
        ring_mixtures<V> m;
        for (index_t r = 0; r < 4; ++r) m.pi[r] = one / (one + exp(-read<V>(attention[r] + i)));
        m.divisor = m.pi[3] + V(epsilon);
        V given = m.pi[3];
        for (index_t r = 0; r < 3; ++r) {
            m.divisor = m.divisor + m.pi[r] * read<V>(sums[3 + r] + i);
            given = given + m.pi[r] * read<V>(sums[r] + i);
        }
        m.anchor = m.divisor - given;
        return m;
    }

    template <class V>
    static V value(ring_mixtures<V> const& m, V const* rings, V x_t, V h0)
    {
        V sum = m.anchor * h0 + m.pi[3] * x_t;
        for (index_t r = 0; r < 3; ++r) sum = sum + m.pi[r] * rings[r];
        return sum / m.divisor;
    }
};

/// The rows of one map in a step.
template <class T>
struct ring_step_rows {
    T* rings[3];  ///< to be kept, or null
    T const* from;
    T const* initial;
    T const* measured;  ///< or null
    T* to;
};

template <class V, class T>
void ring_step_columns(ring_piece<T> const& piece, ring_lines<T> const& lines, ring_step_rows<T> const& rows, index_t i)
{
    auto const m = piece.template mixture<V>(i);
    V const rings[3] = {lines.template sum<V, 0>(i), lines.template sum<V, 1>(i), lines.template sum<V, 2>(i)};
    if (rows.rings[0])
        for (index_t r = 0; r < 3; ++r) write<V>(rows.rings[r] + i, rings[r]);
    V made = ring_piece<T>::value(m, rings, read<V>(rows.from + i), read<V>(rows.initial + i));
    if (rows.measured) {
        V const beta = read<V>(piece.beta + i), s = read<V>(rows.measured + i);
        made = (V(T(1)) - beta) * made + beta * choose(beta == V(T(0)), V(T(0)), s);
    }
    write<V>(rows.to + i, made);
}

/// Row y of a step.
template <class T>
void step_row(ring_step_op<T, memory::host> const& op, index_t n, index_t y)
{
    ring_lines<T> lines;
    for (index_t l = 0; l < op.to.extent(1); ++l) {
        lines.point(op.terms.in.gates, op.from, n, l, y);
        for_pieces(op.to.extent(3), [&](index_t x, index_t count) {
            lines.fill(x, count);
            ring_piece<T> const piece(op.terms, op.t, n, y, x);
            ring_step_rows<T> rows{{},
                                   &op.from(n, l, y, x),
                                   &op.terms.in.initial(n, l, y, x),
                                   piece.beta ? &op.terms.in.measured(n, op.terms.measured_channel(l), y, x) : nullptr,
                                   &op.to(n, l, y, x)};
            for (index_t r = 0; r < 3; ++r)
                rows.rings[r] = op.rings.data_handle() ? &op.rings(n, 3 * l + r, y, x) : nullptr;
            for_columns<T>(count, [&]<class V>(index_t i) { ring_step_columns<V>(piece, lines, rows, i); });
        });
    }
}

/// What the maps of a pixel add up to.
template <class V>
struct ring_map_sums {
    V dpi[4]{};
    V held[6]{};  ///< Σ μ π_r h0, then Σ μ π_r e
    V dbeta{};
    V missing{};  ///< 1 where β is 0 and a map has no number
};

/// The adjoint of the receiving pixel by pieces of a row.
template <class T>
class ring_receiver_rows {
public:
    ring_receiver_rows(ring_receiver_adjoint_op<T, memory::host> const& op, index_t n, index_t y, index_t x)
        : op_(op), piece_(op.terms, op.t, n, y, x), n_(n), y_(y), x_(x)
    {
    }

    template <class V>
    void columns(index_t i) const
    {
        auto const m = piece_.template mixture<V>(i);
        ring_map_sums<V> sums;
        for (index_t l = 0; l < op_.lambda.extent(1); ++l) map(m, l, i, sums);
        for (index_t r = 0; r < 6; ++r) add(op_.held, r, i, sums.held[r]);
        for (index_t r = 0; r < 4; ++r)
            write<V>(&op_.d.attention(n_, 4 * op_.t + r, y_, x_) + i, sums.dpi[r] * m.pi[r] * (V(T(1)) - m.pi[r]));
        if (piece_.beta) add(op_.d.confidence, 0, i, choose(sums.missing == V(T(0)), sums.dbeta, V(T(0))));
    }

private:
    template <class A>
    auto* at(A const& array, index_t channel, index_t i) const
    {
        return &array(n_, channel, y_, x_) + i;
    }
    template <class V>
    void add(view<T, 4> const& array, index_t channel, index_t i, V a) const
    {
        T* const p = at(array, channel, i);
        write<V>(p, read<V>(p) + a);
    }

    template <class V>
    void map(ring_mixtures<V> const& m, index_t l, index_t i, ring_map_sums<V>& sums) const
    {
        V const own[3] = {read<V>(at(op_.rings, 3 * l, i)), read<V>(at(op_.rings, 3 * l + 1, i)),
                          read<V>(at(op_.rings, 3 * l + 2, i))};
        V const h0 = read<V>(at(op_.terms.in.initial, l, i)), x_t = read<V>(at(op_.from, l, i)),
                received = read<V>(at(op_.lambda, l, i));
        V const made = ring_piece<T>::value(m, own, x_t, h0), e = made - h0;
        V mu = received / m.divisor;
        if (piece_.beta) mu = (V(T(1)) - read<V>(piece_.beta + i)) * mu;
        for (index_t r = 0; r < 3; ++r) {
            V const share = mu * m.pi[r];
            V const s = read<V>(piece_.sums[r] + i), q = read<V>(piece_.sums[3 + r] + i);
            sums.dpi[r] = sums.dpi[r] + mu * (own[r] - s * h0 - q * e);
            write<V>(at(op_.shares, 4 * l + r, i), share);
            sums.held[r] = sums.held[r] + share * h0;
            sums.held[3 + r] = sums.held[3 + r] + share * e;
        }
        sums.dpi[3] = sums.dpi[3] + mu * (x_t - made);
        write<V>(at(op_.shares, 4 * l + 3, i), mu * m.pi[3]);
        add(op_.d.initial, l, i, mu * m.anchor);
        if (piece_.beta) injection(l, i, received, made, sums);
    }

    template <class V>
    void injection(index_t l, index_t i, V received, V made, ring_map_sums<V>& sums) const
    {
        V const zero(T(0)), one(T(1));
        index_t const channel = op_.terms.measured_channel(l);
        V const beta = read<V>(piece_.beta + i), s = read<V>(at(op_.terms.in.measured, channel, i));
        V const lost = choose(beta == zero, choose(s - s == zero, zero, one), zero);
        sums.missing = choose(lost == zero, sums.missing, lost);
        sums.dbeta = sums.dbeta + received * (choose(lost == zero, s, zero) - made);
        add(op_.d.measured, channel, i, beta * received);
    }

    ring_receiver_adjoint_op<T, memory::host> const& op_;
    ring_piece<T> piece_;
    index_t n_, y_, x_;
};

template <class T>
void receiver_row(ring_receiver_adjoint_op<T, memory::host> const& op, index_t n, index_t y)
{
    for_pieces(op.lambda.extent(3), [&](index_t x, index_t count) {
        ring_receiver_rows<T> const rows(op, n, y, x);
        for_columns<T>(count, [&]<class V>(index_t i) { rows.template columns<V>(i); });
    });
}

template <class T>
void source_row(ring_offsets const& offsets, ring_source_adjoint_op<T, memory::host> const& op, index_t n, index_t y)
{
    for (index_t l = 0; l < op.to.extent(1); ++l) {
        std::array<row_term<T>, static_cast<std::size_t>(ring_channels)> terms;
        std::size_t used = 0;
        for (index_t k = 0; k < ring_channels; ++k) {
            auto const [dy, dx] = offsets[k];
            if (y - dy < 0 || y - dy >= op.to.extent(2)) continue;
            terms[used++] = {&op.gates(n, k, y, 0), &op.shares(n, 4 * l + ring_neighbours::ring(k), y - dy, 0) - dx};
        }
        sum_products<T>(terms.data(), static_cast<index_t>(used), &op.shares(n, 4 * l + 3, y, 0), &op.to(n, l, y, 0), 0,
                        op.to.extent(3));
    }
}

/// What is there of a row of gradients of gates before the sums over steps and maps; h and e are the rows of `held`.
template <class T>
void start_gates_row(ring_gates_adjoint_op<T, memory::host> const& op, T const* g, T const* h, T const* e, T* to,
                     index_t width)
{
    if (!op.adds) std::fill_n(to, width, T(0));
    if (op.first > 0) return;
#pragma omp simd
    for (index_t i = 0; i < width; ++i) to[i] -= h[i] + (g[i] > T(0) ? e[i] : g[i] < T(0) ? -e[i] : T(0));
}

/// Row y of the gradients of the gates.
template <class T>
void gates_row(ring_offsets const& offsets, ring_gates_adjoint_op<T, memory::host> const& op, index_t n, index_t y)
{
    index_t const height = op.dgates.extent(2), width = op.dgates.extent(3);
    for (index_t k = 0; k < ring_channels; ++k) {
        pixel_offset const d = offsets[k];
        index_t const v = y - d.dy, r = ring_neighbours::ring(k);
        T* const to = &op.dgates(n, k, y, 0);
        if (v < 0 || v >= height) {
            std::fill_n(to, width, T(0));
            continue;
        }
        start_gates_row(op, &op.gates(n, k, y, 0), &op.held(n, r, v, 0) - d.dx, &op.held(n, 3 + r, v, 0) - d.dx, to,
                        width);
        auto const term = [&](index_t i, index_t l) {
            return row_term<T>{&op.shares(i, n, 4 * l + r, v, 0) - d.dx, &op.x(op.first + i)(n, l, y, 0)};
        };
        add_steps(op.shares.extent(0), op.initial.extent(1), term, to, index_t{0}, width);
    }
}

}  // namespace hyspn::detail
