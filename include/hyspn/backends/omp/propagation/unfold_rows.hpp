// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/row_gates.hpp>
#include <hyspn/propagation/prepare.hpp>

/// \file
/// The adjoint of folding by pieces of a row, in two sweeps: first what belongs to the destination, up to the gates as
/// they arrived; then, for gates that travel, back to their source. The formulas are those of propagation/fold.hpp and
/// normalise.hpp.

namespace hyspn::detail {

template <class T>
class row_unfolder : row_gates<T> {
public:
    using row_gates<T>::serves;

    row_unfolder(exec::omp const& exec, stencil_prepare_adjoint_op<T, memory::host> const& op)
        : row_gates<T>(exec, op.axes, op.in), op_(op)
    {
        if (base::rest_of_own) drest_ = tensor<T, 4>(with_channels(op.in.initial, 1));
    }

    /// Row y of the gradients of initial, measured and confidence; of the gates where they stay at the destination,
    /// else their adjoints on arrival, in place of dtaps.
    void at_destination(index_t n, index_t y)
    {
        tensor<T, 2> scratch(K, fold_chunk);
        for (index_t x = 0; x < width(); x += fold_chunk)
            destination(n, y, x, std::min(fold_chunk, width() - x), scratch);
    }

    /// Row y of the gradient of gates that travel, once every row is done at its destination.
    void at_source(index_t n, index_t y) const
    {
        for (index_t x = 0; x < width(); x += fold_chunk) source(n, y, x, std::min(fold_chunk, width() - x));
    }

    bool gates_travel() const { return base::travels; }

private:
    using base = row_gates<T>;
    using base::axes, base::in, base::K, base::neighbours, base::measured, base::height, base::width;

    /// What one piece of a row is computed from.
    struct piece {
        index_t n, y, x;
        T const* const* gates;
        T const *rest, *keep, *beta;  ///< beta is null without injection
    };

    void destination(index_t n, index_t y, index_t x, index_t count, tensor<T, 2>& scratch)
    {
        T rest[fold_chunk], keep[fold_chunk];
        std::array<T const*, static_cast<std::size_t>(most_row_terms)> gates;
        for (index_t k = 0; k < K; ++k)
            gates[static_cast<std::size_t>(k)] = base::arrive(n, k, y, x, count, &scratch(k, 0));
        base::kept(n, y, x, count, keep);
        if (base::rest_of_own) base::fill_rest_of_own(n, y, x, count, rest);
        if (in.confidence.data_handle() && measured.extent(1) == 1)
            std::fill_n(&op_.d.measured(n, 0, y, x), count, T(0));
        piece const p{
            n, y, x, gates.data(), rest, keep, in.confidence.data_handle() ? &in.confidence(n, 0, y, x) : nullptr};
        for_columns<T>(count, [&]<class V>(index_t i) { column<V>(p, i); });
    }

    template <class V>
    void column(piece const& p, index_t i)
    {
        V const keep = read<V>(p.keep + i);
        V const divisor = base::divides ? base::template divisor<V>(p.gates, i) : V{} + T(1);
        V const rest = base::rest_of_own ? read<V>(p.rest + i) : rest_at<V>(p, i, divisor);
        V const a = anchor_at<V>(p, i, divisor, rest);
        V danchor{}, dbeta{};
        for (index_t l = 0; l < in.initial.extent(1); ++l) injection<V>(p, i, l, keep * a, danchor, dbeta);
        if (p.beta) {
            dbeta -= a * danchor + step_by_beta<V>(p, i, divisor, rest);
            write<V>(&op_.d.confidence(p.n, 0, p.y, p.x) + i, dbeta);
        }
        gates<V>(p, i, keep, divisor, danchor);
    }

    template <class V>
    V rest_at(piece const& p, index_t i, V divisor) const
    {
        V sum{};
        for (index_t k = 0; k < K; ++k) sum += read<V>(p.gates[k] + i) / divisor;
        return T(1) - sum;
    }

    template <class V>
    V anchor_at(piece const& p, index_t i, V divisor, V rest) const
    {
        if (axes.centre == centre_term::anchor) return rest;
        if (axes.centre == centre_term::in_set_anchor)
            return read<V>(p.gates[neighbours.centre_channel()] + i) / divisor;
        return V{};
    }

    /// Gradients of h0 and s of map l; what the map adds to those of a and β.
    template <class V>
    void injection(piece const& p, index_t i, index_t l, V share, V& danchor, V& dbeta) const
    {
        V const b = read<V>(&op_.dbias(p.n, l, p.y, p.x) + i);
        danchor += b * read<V>(&in.initial(p.n, l, p.y, p.x) + i);
        T* const dinitial = &op_.d.initial(p.n, l, p.y, p.x) + i;
        write<V>(dinitial, read<V>(dinitial) + share * b);
        if (!p.beta) return;
        index_t const channel = base::measured_channel(l);
        V const beta = read<V>(p.beta + i), s = read<V>(&measured(p.n, channel, p.y, p.x) + i);
        V const seen = beta == V{} ? (s - s == V{} ? s : V{}) : s;
        dbeta += b * seen;
        T* const dmeasured = &op_.d.measured(p.n, channel, p.y, p.x) + i;
        write<V>(dmeasured, measured.extent(1) == 1 ? read<V>(dmeasured) + beta * b : beta * b);
    }

    /// Σ_j tap_j D_j.
    template <class V>
    V step_by_beta(piece const& p, index_t i, V divisor, V rest) const
    {
        V sum{};
        for (index_t k = 0; k < K; ++k)
            if (!base::anchors(k)) sum += read<V>(p.gates[k] + i) / divisor * read<V>(dtaps(p, k) + i);
        if (axes.centre == centre_term::current) sum += rest * read<V>(dtaps(p, K) + i);
        return sum;
    }

    /// The adjoints of the gates as they arrived.
    template <class V>
    void gates(piece const& p, index_t i, V keep, V divisor, V danchor)
    {
        V drest{};
        if (axes.centre == centre_term::anchor) drest = keep * danchor;
        if (axes.centre == centre_term::current) drest = keep * read<V>(dtaps(p, K) + i);
        if (base::rest_of_own) {
            write<V>(&drest_(p.n, 0, p.y, p.x) + i, drest);
            drest = V{};
        }
        V c{};
        for (index_t k = 0; base::divides && k < K; ++k) {
            V const dw = keep * (base::anchors(k) ? danchor : read<V>(dtaps(p, k) + i)) - drest;
            c += dw * (read<V>(p.gates[k] + i) / divisor);
        }
        V const constant = divisor_is_constant<V>(p, i);
        for (index_t k = 0; k < K; ++k) {
            V const dw = keep * (base::anchors(k) ? danchor : read<V>(dtaps(p, k) + i)) - drest;
            T* const to = base::travels ? dtaps(p, k) : &op_.d.gates(p.n, k, p.y, p.x);
            write<V>(to + i,
                     base::divides ? through_division<V>(read<V>(p.gates[k] + i), dw, divisor, c, constant) : dw);
        }
    }

    /// 1 where S is held at 1 by the clamp, -1 where S is 0, else 0.
    template <class V>
    V divisor_is_constant(piece const& p, index_t i) const
    {
        if (!base::divides) return V{};
        V sum = V{} + static_cast<T>(axes.epsilon);
        for (index_t k = 0; k < K; ++k) {
            V const g = read<V>(p.gates[k] + i);
            sum += g < V{} ? -g : g;
        }
        V const one = V{} + T(1);
        if (axes.normaliser == gate_normaliser::abs_sum_clamped) return sum < one ? one : V{};
        return sum == V{} ? -one : V{};
    }

    template <class V>
    static V through_division(V g, V dw, V divisor, V c, V constant)
    {
        V const signed_c = g > V{} ? c : (g < V{} ? -c : V{});
        V const divided = (dw - signed_c) / divisor;
        return constant == V{} ? divided : (constant > V{} ? dw : V{});
    }

    T* dtaps(piece const& p, index_t j) const { return &op_.dtaps(p.n, j, p.y, p.x); }

    void source(index_t n, index_t y, index_t x, index_t count) const
    {
        for (index_t k = 0; k < K; ++k) {
            auto const [dy, dx] = neighbours[k];
            T* const to = &op_.d.gates(n, k, y, x);
            if (y - dy < 0 || y - dy >= height())
                std::fill_n(to, count, T(0));
            else
                load_shifted(&op_.dtaps(n, k, y - dy, 0), width(), x, count, -dx, to);
        }
        if (base::divided_at_source) for_columns<T>(count, [&]<class V>(index_t i) { own_division<V>(n, y, x + i); });
    }

    /// Adjoint of the division at the source, in place.
    template <class V>
    void own_division(index_t n, index_t y, index_t x) const
    {
        V const drest = base::rest_of_own ? read<V>(&drest_(n, 0, y, x)) : V{};
        V const divisor = read<V>(base::divisors(n, y, x));
        V c{}, sum = V{} + static_cast<T>(axes.epsilon);
        for (index_t k = 0; k < K; ++k) {
            V const g = read<V>(&in.gates(n, k, y, x));
            sum += g < V{} ? -g : g;
            c += (read<V>(&op_.d.gates(n, k, y, x)) - drest) * (g / divisor);
        }
        V const constant = sum == V{} ? V{} - T(1) : V{};
        for (index_t k = 0; k < K; ++k) {
            T* const d = &op_.d.gates(n, k, y, x);
            write<V>(d, through_division<V>(read<V>(&in.gates(n, k, y, x)), read<V>(d) - drest, divisor, c, constant));
        }
    }

    stencil_prepare_adjoint_op<T, memory::host> const& op_;
    tensor<T, 4> drest_{};  ///< adjoint of what a pixel's own gates leave, where that counts
};

}  // namespace hyspn::detail
