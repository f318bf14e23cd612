// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>

#include <hyspn/backends/omp/lane_square.hpp>
#include <hyspn/backends/omp/propagation/sampled_rows.hpp>

/// \file
/// What a place of a plane holds, and sums over samples of it: a number of one map (V = T), or one each of as many maps
/// as a register has lanes (V = simd::pack<T>). Of one map the four pixels around a sample are one short vector,
/// multiplied and summed as such; its lanes are added once per pixel, not per sample. Of several maps each pixel is a
/// vector already, and where a sample lies is found once for all of them.

namespace hyspn::detail {

template <class T>
struct quad_of {
    typedef T type __attribute__((vector_size(4 * sizeof(T))));
    typedef T half __attribute__((vector_size(2 * sizeof(T))));
};
/// The pixels (y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1), or what belongs to them. Functions take it by reference:
/// without AVX, vectors of four doubles passed by value would depend on compiler flags.
template <class T>
using quad = typename quad_of<T>::type;

/// The bilinear weights of the four pixels.
template <class T>
void bilinear_quad(T fy, T fx, quad<T>& q)
{
    constexpr quad<T> right{-1, 1, -1, 1}, down{-1, -1, 1, 1}, left{1, 0, 1, 0}, up{1, 1, 0, 0};
    q = (fx * right + left) * (fy * down + up);
}

/// Sums over samples of the four pixels around each, kept apart: those of one map.
template <class V>
class corner_sums {
public:
    /// Adds factor times the pixels from p on, `stride` places to a row.
    template <class F>
    void add(V const* p, index_t stride, F const& factor)
    {
        quad<V> pixels;
        load(p, stride, pixels);
        sums_ += pixels * factor;
    }
    V total() const { return (sums_[0] + sums_[1]) + (sums_[2] + sums_[3]); }
    V operator[](index_t corner) const { return sums_[corner]; }

private:
    static void load(V const* p, index_t stride, quad<V>& q)
    {
        typename quad_of<V>::half upper, lower;
        std::memcpy(&upper, p, sizeof upper);
        std::memcpy(&lower, p + stride, sizeof lower);
        q = __builtin_shufflevector(upper, lower, 0, 1, 2, 3);
    }

    quad<V> sums_{};
};

/// Those of several maps.
template <class T>
class corner_sums<simd::pack<T>> {
    using V = simd::pack<T>;

public:
    void add(V const* p, index_t stride, quad<T> const& factor)
    {
        add(p, stride, V(factor[0]), V(factor[1]), V(factor[2]), V(factor[3]));
    }
    void add(V const* p, index_t stride, V factor) { add(p, stride, factor, factor, factor, factor); }
    V total() const { return (sums_[0] + sums_[1]) + (sums_[2] + sums_[3]); }
    V operator[](index_t corner) const { return sums_[corner]; }

private:
    void add(V const* p, index_t stride, V a, V b, V e, V f)
    {
        sums_[0] += p[0] * a;
        sums_[1] += p[1] * b;
        sums_[2] += p[stride] * e;
        sums_[3] += p[stride + 1] * f;
    }

    V sums_[4]{};
};

/// to[i] = the sum over the maps of f(i), for 0 <= i < columns.
template <class V, class F>
void sum_maps(index_t columns, simd::scalar_of<V>* to, F const& f)
{
    if constexpr (simd::lanes<V> == 1) {
        for (index_t i = 0; i < columns; ++i) to[i] = f(i);
    } else {
        for (index_t i = 0; i < columns; i += V::size) {
            index_t const here = std::min(V::size, columns - i);
            lane_square<simd::scalar_of<V>> square{};
            for (index_t j = 0; j < here; ++j) square.row[j] = f(i + j);
            square.row_sums().store(to + i, here);
        }
    }
}

/// Maps in groups, one to each lane of V.
template <class V>
struct map_groups {
    using T = simd::scalar_of<V>;
    static constexpr index_t lanes = simd::lanes<V>;
    /// Columns handled at a time.
    static constexpr index_t chunk = lanes == 1 ? sample_chunk : 64;
    /// Room for what join makes.
    using buffer = V[static_cast<std::size_t>(lanes == 1 ? 1 : chunk)];

    static index_t count(index_t maps) { return (maps + lanes - 1) / lanes; }

    /// A piece of the rows of a group's maps in [N, L, H, W], or of one map that all share in [N, 1, H, W], as Vs:
    /// where they lie, if that is possible, else in `buffer`. Lanes without a map are 0.
    static V const* join(view<T const, 4> const& maps, bool shared, index_t n, index_t group, index_t y, index_t x,
                         index_t columns, V* buffer)
    {
        if constexpr (lanes == 1) {
            return &maps(n, shared ? 0 : group, y, x);
        } else {
            if (shared)
                for (index_t i = 0; i < columns; ++i) buffer[i] = V(maps(n, 0, y, x + i));
            else
                interleave(maps, n, group, y, x, columns, buffer);
            return buffer;
        }
    }

    /// Vs to a piece of the rows of a group's maps.
    static void split(V const* from, index_t n, index_t group, index_t y, index_t x, index_t columns,
                      view<T, 4> const& to)
    {
        if constexpr (lanes == 1)
            std::copy_n(from, columns, &to(n, group, y, x));
        else
            separate(from, n, group, y, x, columns, to);
    }

private:
    static void interleave(view<T const, 4> const& maps, index_t n, index_t group, index_t y, index_t x,
                           index_t columns, V* to)
    {
        index_t const first = group * lanes, count = std::min(lanes, maps.extent(1) - first);
        for (index_t i = 0; i < columns; i += lanes) {
            index_t const here = std::min(lanes, columns - i);
            lane_square<T> square{};
            for (index_t l = 0; l < count; ++l) square.row[l] = V::load(&maps(n, first + l, y, x + i), here);
            square.transpose();
            std::copy_n(square.row, here, to + i);
        }
    }

    static void separate(V const* from, index_t n, index_t group, index_t y, index_t x, index_t columns,
                         view<T, 4> const& to)
    {
        index_t const first = group * lanes, count = std::min(lanes, to.extent(1) - first);
        for (index_t i = 0; i < columns; i += lanes) {
            index_t const here = std::min(lanes, columns - i);
            lane_square<T> square{};
            std::copy_n(from + i, here, square.row);
            square.transpose();
            for (index_t l = 0; l < count; ++l) square.row[l].store(&to(n, first + l, y, x + i), here);
        }
    }
};

/// Whether so many maps are worth a vector. One that holds them costs what four maps one by one do, with registers of
/// 64 bytes what five or six do.
template <class T>
constexpr bool fill_lanes(index_t maps)
{
    return simd::pack<T>::size >= 4 && maps >= std::max<index_t>(4, simd::pack<T>::size / 2);
}

/// Calls f.operator()<V>() with what serves so many maps.
template <class T, class F>
void with_lanes(index_t maps, F const& f)
{
    if (fill_lanes<T>(maps))
        f.template operator()<simd::pack<T>>();
    else
        f.template operator()<T>();
}

/// Calls f(part) for the maps that fill whole vectors and for the last ones, if those are too few for a vector.
template <class T, class Op, class F>
void split_maps(Op const& op, index_t maps, F const& f)
{
    index_t const rest = maps % simd::pack<T>::size;
    if (!fill_lanes<T>(maps) || rest == 0 || fill_lanes<T>(rest)) return f(op);
    f(op.of_maps(0, maps - rest));
    f(op.of_maps(maps - rest, rest));
}

/// to[i] += a[i] b[i].
template <class V, class T>
void add_products(T const* a, V const* b, index_t columns, V* to)
{
#pragma omp simd
    for (index_t i = 0; i < columns; ++i) to[i] += V(a[i]) * b[i];
}

/// to[i] = Σ_k w_k[i] X_k[i] of the maps in `plane`.
template <class V, class T>
void sum_samples(located_chunk<T, map_groups<V>::chunk> const& cells, weight_rows<T> const& weights, V const* plane,
                 index_t stride, index_t columns, V* to)
{
    for (index_t i = 0; i < columns; ++i) {
        corner_sums<V> sum;
        quad<T> shares;
        for (index_t k = 0; k < weights.count; ++k) {
            auto const& c = cells.of[k];
            bilinear_quad(c.fy[i], c.fx[i], shares);
            shares *= weights[k][i];
            sum.add(plane + c.at[i], stride, shares);
        }
        to[i] = sum.total();
    }
}

}  // namespace hyspn::detail
