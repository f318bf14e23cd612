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
    using weights_of_column = typename base::template weighing<V>;

    template <class V>
    void column(piece const& p, index_t i)
    {
        V const keep = read<V>(p.keep + i);
        auto const weights = base::template weigh<V>(p.gates, i);
        V const rest = base::rest_of_own ? read<V>(p.rest + i) : rest_of<V>(weights);
        V const a = anchor_of<V>(weights, rest);
        V danchor{}, dbeta{}, missing{};
        for (index_t l = 0; l < in.initial.extent(1); ++l) injection<V>(p, i, l, keep * a, danchor, dbeta, missing);
        if (p.beta) {
            V const gradient = dbeta - a * danchor - step_of<V>(p, i, weights, rest);
            write<V>(&op_.d.confidence(p.n, 0, p.y, p.x) + i, choose(missing == V{}, gradient, V{}));
        }
        gates<V>(p, i, keep, weights, danchor);
    }

    template <class V>
    V rest_of(weights_of_column<V> const& weights) const
    {
        V sum{};
        for (index_t k = 0; k < K; ++k) sum = sum + weights[k];
        return V(T(1)) - sum;
    }

    template <class V>
    V anchor_of(weights_of_column<V> const& weights, V rest) const
    {
        if (axes.centre == centre_term::anchor) return rest;
        if (axes.centre == centre_term::in_set_anchor) return weights[neighbours.centre_channel()];
        return V{};
    }

    /// Gradients of h0 and s of map l; what the map adds to those of a and β. `missing` becomes 1 where β is 0 and the
    /// map has no number.
    template <class V>
    void injection(piece const& p, index_t i, index_t l, V share, V& danchor, V& dbeta, V& missing) const
    {
        V const b = read<V>(&op_.dbias(p.n, l, p.y, p.x) + i);
        danchor = danchor + b * read<V>(&in.initial(p.n, l, p.y, p.x) + i);
        T* const dinitial = &op_.d.initial(p.n, l, p.y, p.x) + i;
        write<V>(dinitial, read<V>(dinitial) + share * b);
        if (!p.beta) return;
        index_t const channel = base::measured_channel(l);
        V const beta = read<V>(p.beta + i), s = read<V>(&measured(p.n, channel, p.y, p.x) + i);
        V const no_number = choose(s - s == V{}, V{}, V(T(1))), lost = choose(beta == V{}, no_number, V{});
        missing = choose(lost == V{}, missing, lost);
        dbeta = dbeta + b * choose(lost == V{}, s, V{});
        T* const dmeasured = &op_.d.measured(p.n, channel, p.y, p.x) + i;
        write<V>(dmeasured, measured.extent(1) == 1 ? read<V>(dmeasured) + beta * b : beta * b);
    }

    /// Σ_j tap_j D_j.
    template <class V>
    V step_of(piece const& p, index_t i, weights_of_column<V> const& weights, V rest) const
    {
        V sum{};
        for (index_t k = 0; k < K; ++k)
            if (!base::anchors(k)) sum = sum + weights[k] * read<V>(dtaps(p, k) + i);
        if (axes.centre == centre_term::current) sum = sum + rest * read<V>(dtaps(p, K) + i);
        return sum;
    }

    /// The adjoints of the gates as they arrived.
    template <class V>
    void gates(piece const& p, index_t i, V keep, weights_of_column<V> const& weights, V danchor)
    {
        V drest{};
        if (axes.centre == centre_term::anchor) drest = keep * danchor;
        if (axes.centre == centre_term::current) drest = keep * read<V>(dtaps(p, K) + i);
        if (base::rest_of_own) {
            write<V>(&drest_(p.n, 0, p.y, p.x) + i, drest);
            drest = V{};
        }
        V c{};
        auto const dweight = [&](index_t k) {
            return keep * (base::anchors(k) ? danchor : read<V>(dtaps(p, k) + i)) - drest;
        };
        for (index_t k = 0; k < K; ++k) c = c + dweight(k) * weights[k];
        V const sum = base::divides ? base::template abs_sum<V>(p.gates, i) : V{};
        for (index_t k = 0; k < K; ++k) {
            V d = dweight(k);
            if (base::softmax) d = weights[k] * (d - c);
            if (base::divides) d = through_division<V>(read<V>(p.gates[k] + i), d, sum, c);
            write<V>((base::travels ? dtaps(p, k) : &op_.d.gates(p.n, k, p.y, p.x)) + i, d);
        }
    }

    /// dg of w = g / S: dw as it is where the clamp holds S at 1, 0 where S is 0.
    template <class V>
    V through_division(V g, V dw, V sum, V c) const
    {
        V const signed_c = choose(g > V{}, c, choose(g < V{}, -c, V{}));
        V const divided = (dw - signed_c) / base::divisor_of(sum);
        if (axes.normaliser == gate_normaliser::abs_sum_clamped) return choose(sum < V(T(1)), dw, divided);
        return choose(sum == V{}, V{}, divided);
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
        using std::abs;
        V c{}, sum = V(static_cast<T>(axes.epsilon));
        for (index_t k = 0; k < K; ++k) {
            V const g = read<V>(&in.gates(n, k, y, x));
            sum = sum + abs(g);
            c = c + (read<V>(&op_.d.gates(n, k, y, x)) - drest) * (g / divisor);
        }
        for (index_t k = 0; k < K; ++k) {
            T* const d = &op_.d.gates(n, k, y, x);
            write<V>(d, through_division<V>(read<V>(&in.gates(n, k, y, x)), read<V>(d) - drest, sum, c));
        }
    }

    stencil_prepare_adjoint_op<T, memory::host> const& op_;
    tensor<T, 4> drest_{};  ///< adjoint of what a pixel's own gates leave, where that counts
};

}  // namespace hyspn::detail
