// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/row_gates.hpp>
#include <hyspn/backends/omp/propagation/sampled_scatter.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/sampled/gates.hpp>

/// \file
/// Gates to the weights of sampled neighbours by pieces of rows: function, confidence and normaliser in one pass
/// through the first-level cache, and the adjoint likewise. Included by propagation/sampled/gates.hpp.

namespace hyspn::detail {

/// Per neighbour and column of a chunk: f(scale g) / divisor, its derivative by g, and κ.
template <class T>
struct gate_chunk {
    using rows = T[static_cast<std::size_t>(most_samples)][sample_chunk];
    rows value, slope, kappa;
};

template <class T>
class gate_rows {
public:
    gate_rows(exec::omp const& exec, sampled_weights_op<T, memory::host> const& op)
        : op_(op),
          K_(op.K()),
          map_(op.map()),
          reciprocal_(T(1) / map_.whole_divisor()),
          confident_(samples_confidence(op.axes)),
          planes_(confident_ ? op.in.confidence.extent(0) : 0, op.in.offsets.extent(2), op.in.offsets.extent(3))
    {
        if (!confident_) return;
        auto const& c = op.in.confidence;
        for_row_chunks(exec, c.extent(0), c.extent(2), c.extent(3),
                       [&](index_t n, index_t y, index_t x, index_t columns) {
                           std::copy_n(&c(n, 0, y, x), columns, planes_.at(n, y, x));
                       });
    }

    static bool serves(sampled_weights_op<T, memory::host> const& op)
    {
        return serves_samples(points_of(op.axes, op.in.offsets, 0)) &&
               all_rows_contiguous(op.in.gates, op.in.confidence, op.weights);
    }

    /// A chunk of one set, with or without slopes.
    template <bool Slopes>
    void fill(index_t set, index_t n, index_t y, index_t x, index_t columns, gate_chunk<T>& c) const
    {
        auto const gates = op_.of_set(op_.in.gates, set);
        for (index_t k = 0; k < K_; ++k) {
            T const* const g = &gates(n, k, y, x);
            for_columns<T>(columns, [&]<class V>(index_t i) {
                V slope;
                write<V>(c.value[k] + i, value_of<V>(read<V>(g + i), slope));
                if (Slopes) write<V>(c.slope[k] + i, slope);
            });
            if (!confident_) std::fill_n(c.kappa[k], columns, T(1));
        }
        if (confident_) fill_kappa(set, n, y, x, columns, c);
    }

    /// Weights of one column, or as many as a vector holds.
    template <class V>
    void weigh(gate_chunk<T> const& c, index_t i, channel_rows<T> const& to) const
    {
        normaliser_of<V> const norm(*this, c, i);
        for (index_t k = 0; k < K_; ++k) write<V>(to[k] + i, norm.weight(norm.gate(k)));
    }

    /// dw in `d` becomes dκ, where there is a confidence; dg is written; returns the part of Σ da a.
    template <class V>
    V adjoint(gate_chunk<T> const& c, index_t i, weight_rows<T> const& weights, channel_rows<T> const& d,
              channel_rows<T> const& dgates) const
    {
        normaliser_of<V> const norm(*this, c, i);
        V sum{}, total{};
        for (index_t k = 0; k < K_; ++k)
            sum = sum + read<V>(d[k] + i) * (norm.subtracts ? V(T(1)) : read<V>(weights[k] + i));
        for (index_t k = 0; k < K_; ++k) {
            V const a = norm.gate(k), da = norm.adjoint(a, read<V>(weights[k] + i), read<V>(d[k] + i), sum);
            total = total + da * a;
            write<V>(dgates[k] + i, da * read<V>(c.kappa[k] + i) * read<V>(c.slope[k] + i));
            if (confident_) write<V>(d[k] + i, da * read<V>(c.value[k] + i));
        }
        return total;
    }

private:
    template <class V>
    V value_of(V g, V& slope) const
    {
        V const one(T(1)), share(reciprocal_), scale(map_.scale * reciprocal_), z = V(map_.scale) * g;
        if (map_.function == gate_function::tanh) {
            V const t = simd::tanh(z);
            slope = scale * (one - t * t);
            return t * share;
        }
        if (map_.function == gate_function::sigmoid) {
            V const e = simd::exp(choose(z > V{}, -z, z)), larger = one / (one + e);
            V const s = choose(z > V{}, larger, e * larger);
            slope = scale * s * (one - s);
            return s * share;
        }
        slope = scale;
        return scale * g;
    }

    void fill_kappa(index_t set, index_t n, index_t y, index_t x, index_t columns, gate_chunk<T>& c) const
    {
        sample_locator<T> const locator(op_.kappa(set).points);
        located_samples<T> cells;
        for (index_t k = 0; k < K_; ++k) {
            locator(n, k, y, x, columns, cells);
            for (index_t i = 0; i < columns; ++i) {
                quad<T> shares;
                corner_sums<T> sum;
                bilinear_quad(cells.fy[i], cells.fx[i], shares);
                sum.add(planes_.plane(n) + cells.at[i], planes_.stride(), shares);
                c.kappa[k][i] = sum.total();
            }
        }
    }

    /// What normalising needs to know of all gates of a column; the arithmetic is that of propagation/normalise.hpp.
    template <class V>
    struct normaliser_of {
        gate_chunk<T> const& chunk;
        index_t i, K;
        bool exponential, subtracts, divides;
        V divisor, largest{}, mean{};
        decltype(V{} < V{}) held;  ///< the clamp holds: the divisor is constant

        normaliser_of(gate_rows const& rows, gate_chunk<T> const& c, index_t column) : chunk(c), i(column), K(rows.K_)
        {
            auto const kind = rows.op_.axes.normaliser;
            V const one(T(1));
            exponential = kind == gate_normaliser::softmax;
            subtracts = kind == gate_normaliser::minus_mean;
            divides = !exponential && !subtracts && kind != gate_normaliser::none;
            divisor = one;
            held = one < V{};
            if (exponential) find_exponentials();
            if (subtracts) mean = sum([](V a) { return a; }) / V(static_cast<T>(K));
            if (divides) find_divisor(rows.op_.axes);
        }

        V gate(index_t k) const { return read<V>(chunk.value[k] + i) * read<V>(chunk.kappa[k] + i); }

        template <class F>
        V sum(F const& f) const
        {
            V total{};
            for (index_t k = 0; k < K; ++k) total = total + f(gate(k));
            return total;
        }

        void find_exponentials()
        {
            largest = gate(0);
            for (index_t k = 1; k < K; ++k) {
                V const a = gate(k);
                largest = choose(largest < a, a, largest);
            }
            divisor = sum([&](V a) { return simd::exp(a - largest); });
        }

        void find_divisor(propagation::sampled const& axes)
        {
            V const one(T(1));
            divisor = V(static_cast<T>(axes.epsilon)) + sum([](V a) {
                          using std::abs;
                          return abs(a);
                      });
            if (axes.normaliser == gate_normaliser::abs_sum_clamped) held = divisor < one;
            divisor = choose(held, one, choose(divisor == V{}, one, divisor));
        }

        V weight(V a) const
        {
            if (exponential) return simd::exp(a - largest) / divisor;
            return subtracts ? a - mean : a / divisor;
        }

        /// `total` is Σ dw w, of minus_mean Σ dw.
        V adjoint(V a, V w, V dw, V total) const
        {
            if (exponential) return w * (dw - total);
            if (subtracts) return dw - total / V(static_cast<T>(K));
            if (!divides) return dw;
            V const signed_total = choose(a > V{}, total, choose(a < V{}, -total, V{}));
            V const divided = (dw - signed_total) / divisor;
            return choose(held, dw, divided);
        }
    };

    sampled_weights_op<T, memory::host> op_;
    index_t K_;
    gate_map<T, memory::host> map_;
    T reciprocal_;
    bool confident_;
    padded_planes<T> planes_;
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, sampled_weights_op<T, memory::host> const& op)
{
    if (!gate_rows<T>::serves(op)) return weigh_samples(exec, op);
    auto const& gates = op.in.gates;
    gate_rows<T> const rows(exec, op);
    for_row_chunks(exec, gates.extent(0), gates.extent(2), gates.extent(3),
                   [&](index_t n, index_t y, index_t x, index_t columns) {
                       gate_chunk<T> chunk;
                       for (index_t s = 0; s < gate_sets(op.axes); ++s) {
                           rows.template fill<false>(s, n, y, x, columns, chunk);
                           channel_rows<T> const to(op.of_set(op.weights, s), n, y, x);
                           for_columns<T>(columns, [&]<class V>(index_t i) { rows.template weigh<V>(chunk, i, to); });
                       }
                   });
}

/// Rows of dγ, each summed in its own order.
template <class T>
struct gamma_sum {
    T total = 0;
    void operator+=(simd::pack<T> v)
    {
        for (index_t i = 0; i < simd::pack<T>::size; ++i) total += v.v[i];
    }
    void operator+=(T v) { total += v; }
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, sampled_weights_adjoint_op<T, memory::host> const& op)
{
    auto const& of = op.of;
    if (!gate_rows<T>::serves(of) || !all_rows_contiguous(op.weights, op.dweights, op.dgates))
        return weights_of_samples_back(exec, op);
    index_t const N = of.in.gates.extent(0), H = of.in.gates.extent(2), W = of.in.gates.extent(3);
    gate_rows<T> const rows(exec, of);
    tensor<T, 1> parts(N * H);
    for_row_chunks(exec, N, H, W, [&](index_t n, index_t y, index_t x, index_t columns) {
        gate_chunk<T> chunk;
        gamma_sum<T> sum;
        for (index_t s = 0; s < gate_sets(of.axes); ++s) {
            rows.template fill<true>(s, n, y, x, columns, chunk);
            weight_rows<T> const weights(of.of_set(op.weights, s), n, y, x);
            channel_rows<T> const d(of.of_set(op.dweights, s), n, y, x), dgates(of.of_set(op.dgates, s), n, y, x);
            for_columns<T>(columns,
                           [&]<class V>(index_t i) { sum += rows.template adjoint<V>(chunk, i, weights, d, dgates); });
        }
        parts(n * H + y) += sum.total;
    });
    if (op.dgamma.data_handle()) op.dgamma(0) = -sum_of(exec, parts) / (of.in.gamma(0) + T(1e-8));
    if (samples_confidence(of.axes) && op.dconfidence.data_handle()) sampled_confidence_adjoint(exec, op);
}

}  // namespace hyspn::detail
