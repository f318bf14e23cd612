// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <hyspn/backends/omp/manifold/lane_tile.hpp>
#include <hyspn/core/compensated.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/manifold/curvature.hpp>

/// \file
/// Hot operations as what they are: sums over the elements of a point, numbers that follow from them, and an output
/// that combines the inputs element by element. So they stream through memory, a register of elements (rows.hpp) or of
/// points (planar.hpp) at a time; copying points together first, as lanes.hpp does for everything else, costs more than
/// such an operation itself.

namespace hyspn::detail {

/// The sums of an operation, and what follows from them. A specialisation for a formula has
///     streaming_kernel(c)         from the curvature<V>
///     void add(V x…)              one element of every input
///     bool finish()               all are in; false where the formula's own text must serve instead
///     void add_again(V x…), void finish_again()     optional: a second pass
///     V result(V x…)              one element of the output, or V result(): the number
///     auto sums(), sums_again()   references to the sums of either pass
///     auto coefficients()         references to what add_again and result need
/// V = simd::pack<T>; its lanes are points, or while elements of one point are added, elements.
template <class Formula, class V>
class streaming_kernel;

template <class Formula, class T>
concept streams = std::floating_point<T> && requires(curvature<simd::pack<T>> const& c)
{
    streaming_kernel<Formula, simd::pack<T>>(c);
};

template <class Kernel>
concept has_second_pass = requires(Kernel k)
{
    k.finish_again();
};

template <class Kernel>
concept yields_number = requires(Kernel k)
{
    k.result();
};

/// Σ x².
template <class V>
class square_sum {
public:
    void add(V x) { sum_ = fma(x, x, sum_); }
    V value() const { return sum_; }
    /// Whether no lane's squares have left the range of the type; 0 counts as a loss.
    bool in_range() const
    {
        using traits = math_traits<V>;
        return V::all((sum_ >= V(traits::smallest_square)) & (sum_ <= V(traits::largest_square)));
    }

    /// Lane r: what the lanes of part r add up to.
    static square_sum across(square_sum const* parts)
    {
        lane_square<typename V::value_type> all;
        for (index_t r = 0; r < V::size; ++r) all.row[r] = parts[r].sum_;
        square_sum total;
        total.sum_ = all.row_sums();
        return total;
    }

private:
    V sum_{V(0)};
};

/// Σ x² to about twice the working precision, for ‖x‖² and 1 − c‖x‖² near the boundary: floats in double precision,
/// doubles with their rounding errors kept.
template <class V>
class precise_square_sum;

template <>
class precise_square_sum<simd::pack<float>> {
    using V = simd::pack<float>;
    using wide = simd::pack<double>;

public:
    void add(V x)
    {
        simd::widened const w(x);
        low_ = fma(w.low, w.low, low_);
        high_ = fma(w.high, w.high, high_);
    }
    V value() const { return simd::widened(low_, high_).narrow(); }
    V complement(V c) const
    {
        wide const one(1.0);
        simd::widened const w(c);
        return simd::widened(fma(-w.low, low_, one), fma(-w.high, high_, one)).narrow();
    }

    static precise_square_sum across(precise_square_sum const* parts)
    {
        lane_square<double> first, second;
        for (index_t r = 0; r < wide::size; ++r) {
            first.row[r] = parts[r].low_ + parts[r].high_;
            second.row[r] = parts[wide::size + r].low_ + parts[wide::size + r].high_;
        }
        precise_square_sum total;
        total.low_ = first.row_sums();
        total.high_ = second.row_sums();
        return total;
    }

private:
    wide low_{0.0}, high_{0.0};
};

template <>
class precise_square_sum<simd::pack<double>> {
    using V = simd::pack<double>;

public:
    void add(V x)
    {
        auto const square = two_product(x, x);
        auto const s = two_sum(high_, square.high);
        high_ = s.high;
        low_ += s.low + square.low;
    }
    V value() const { return high_ + low_; }
    V complement(V c) const
    {
        auto const product = two_product(c, high_);
        auto const rest = two_sum(V(1.0), -product.high);
        return rest.high + (rest.low - product.low - c * low_);
    }

    static precise_square_sum across(precise_square_sum const* parts)
    {
        lane_square<double> high, low;
        for (index_t r = 0; r < V::size; ++r) {
            high.row[r] = parts[r].high_;
            low.row[r] = parts[r].low_;
        }
        high.transpose();
        precise_square_sum total;
        total.low_ = low.row_sums();
        for (V const& part : high.row) {
            auto const s = two_sum(total.high_, part);
            total.high_ = s.high;
            total.low_ += s.low;
        }
        return total;
    }

private:
    V high_{0.0}, low_{0.0};
};

}  // namespace hyspn::detail
