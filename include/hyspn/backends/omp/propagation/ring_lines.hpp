// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <hyspn/backends/omp/propagation/row_gates.hpp>
#include <hyspn/propagation/ring_steps.hpp>

/// \file
/// Sums over rings by pieces of a row, in two steps. Channels of one ring and one column offset dx are added up where
/// their pixels lie, Σ_dy g(y + dy, u) x(y + dy, u): neither factor is shifted, and seven registers of x serve all 48
/// channels. Then the 15 such lines are added at u = x + dx.

namespace hyspn::detail {

/// What is summed: g x, g or |g|.
enum class ring_term { product, gate, magnitude };

template <class T>
class ring_lines {
    using V = simd::pack<T>;
    static constexpr index_t lanes = V::size;
    static constexpr index_t reach = ring_neighbours::reach;
    static constexpr index_t rows = 2 * reach + 1;
    static constexpr std::size_t channels = 48, lines = 15;
    /// So far ahead gates are asked for: they come from 48 places, more than processors foresee.
    static constexpr index_t prefetched = 64;
    /// Whole registers beyond both ends of a piece that neighbours are read from.
    static constexpr index_t margin = (reach + lanes - 1) / lanes * lanes;

public:
    /// Line of ring r and column offset dx: those of ring 0 come first, -1, 0, 1, and so on.
    static constexpr index_t line(index_t r, index_t dx) { return r * (r + 2) + r + 1 + dx; }

    /// Reads row y of map l from here on.
    void point(view<T const, 4> const& gates, view<T const, 4> const& from, index_t n, index_t l, index_t y)
    {
        width_ = from.extent(3);
        for (index_t v = 0; v < rows; ++v) {
            index_t const at = y + v - reach;
            from_[v] = at >= 0 && at < from.extent(2) ? &from(n, l, at, 0) : nullptr;
        }
        complete_ = std::all_of(from_, from_ + rows, [](T const* row) { return row != nullptr; });
        point_gates(gates, n, y, std::make_index_sequence<channels>{});
    }

    /// Makes the lines of columns x ... x + count - 1 and their neighbours, piece by piece from x = 0 on: what the
    /// piece before made of them already is taken over. Pieces but the last are of fold_chunk columns.
    template <ring_term Term = ring_term::product>
    void fill(index_t x, index_t count)
    {
        if (x > 0)
            for (auto& line : line_) std::copy_n(line + fold_chunk, 2 * margin, line);
        for (index_t i = x > 0 ? margin : -margin; i < count + margin; i += lanes) {
            index_t const u = x + i, used = u < 0 ? 0 : std::clamp<index_t>(width_ - u, 0, lanes);
            if (used == lanes && complete_)
                add<Term, true, true>(u, used, i, std::make_index_sequence<channels>{});
            else if (used == lanes)
                add<Term, true, false>(u, used, i, std::make_index_sequence<channels>{});
            else
                add<Term, false, false>(u, used, i, std::make_index_sequence<channels>{});
        }
    }

    /// Σ over ring R at column i of the piece.
    template <class W, index_t R>
    W sum(index_t i) const
    {
        W total = read<W>(line_[line(R, -R - 1)] + margin + i - R - 1);
        for (index_t dx = -R; dx <= R + 1; ++dx) total = total + read<W>(line_[line(R, dx)] + margin + i + dx);
        return total;
    }

private:
    static constexpr pixel_offset offset(std::size_t k) { return ring_neighbours{}[static_cast<index_t>(k)]; }
    static constexpr std::size_t line_of(std::size_t k)
    {
        return static_cast<std::size_t>(line(ring_neighbours::ring(static_cast<index_t>(k)), offset(k).dx));
    }
    static constexpr std::size_t row_of(std::size_t k) { return static_cast<std::size_t>(offset(k).dy + reach); }

    template <std::size_t... K>
    void point_gates(view<T const, 4> const& gates, index_t n, index_t y, std::index_sequence<K...>)
    {
        ((gates_[K] = from_[row_of(K)] ? &gates(n, static_cast<index_t>(K), y + offset(K).dy, 0) : nullptr), ...);
    }

    /// The lines at `used` columns from u on, position i of the piece. Rows outside the image have no part.
    template <ring_term Term, bool Whole, bool Complete, std::size_t... K>
    void add(index_t u, index_t used, index_t i, std::index_sequence<K...>)
    {
        auto const load = [&](T const* row) {
            if constexpr (Whole)
                return V::load(row + u);
            else
                return used > 0 ? V::load(row + u, used) : V(T(0));
        };
        V x[rows], sums[lines]{};
        if constexpr (Term == ring_term::product)
            for (index_t v = 0; v < rows; ++v) x[v] = Complete || from_[v] ? load(from_[v]) : V(T(0));
        auto const term = [&]<std::size_t k>(std::integral_constant<std::size_t, k>) {
            if (!Complete && !gates_[k]) return;
            if constexpr (Whole) __builtin_prefetch(gates_[k] + u + prefetched);
            V& sum = sums[line_of(k)];
            if constexpr (Term == ring_term::product)
                sum = simd::fma(load(gates_[k]), x[row_of(k)], sum);
            else
                sum += Term == ring_term::gate ? load(gates_[k]) : simd::abs(load(gates_[k]));
        };
        (term(std::integral_constant<std::size_t, K>{}), ...);
        for (std::size_t j = 0; j < lines; ++j) sums[j].store(line_[j] + margin + i);
    }

    index_t width_ = 0;
    bool complete_ = false;  ///< no row is outside the image
    T const* from_[rows];
    T const* gates_[channels];
    T line_[lines][static_cast<std::size_t>(fold_chunk + 3 * lanes + 2 * margin)];
};

}  // namespace hyspn::detail
