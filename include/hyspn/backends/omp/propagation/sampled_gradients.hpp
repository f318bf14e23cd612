// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/backends/omp/propagation/sampled_lanes.hpp>
#include <hyspn/propagation/fold.hpp>

/// \file
/// Gradients of the weights and offsets of sampled neighbours by pieces of rows. Used by sampled_steps.hpp.

namespace hyspn::detail {

/// Gradients of weights and offsets over a few steps at a time, so that these, the largest arrays, are touched once for
/// all of them: with sums over the steps of λ times the four pixels around a sample, the rest is as for one step.
template <class V>
struct sample_gradients {
    using T = simd::scalar_of<V>;
    using groups = map_groups<V>;
    using located = located_samples<T, groups::chunk>;

    sample_points<T, memory::host> points;
    view<T const, 4> weights;
    bool current;
    view<T, 4> dweights, doffsets;      ///< doffsets may be without data
    bool first_weights, first_offsets;  ///< what is found is written, not added
    /// Where dbeta has data, λ is the adjoint of what was blended after the step, not of the sums of samples: those
    /// get (1 - β) λ, and -Σ_l λ_l y_l, y being the sums, is added to dbeta.
    stencil_terms<T, memory::host> injection{};
    view<T, 4> dbeta{};

    /// The part of `count` steps: lambdas[g] [N, L, H, W], and the planes that step read.
    void add(exec::omp const& exec, std::vector<padded_planes<V>> const& from, index_t count,
             view<T const, 5> const& lambdas) const
    {
        index_t const terms = count * groups::count(lambdas.extent(2));
        for_row_chunks<groups::chunk>(exec, lambdas.extent(1), points.height(), points.width(),
                                      [&](index_t n, index_t y, index_t x, index_t columns) {
                                          for (index_t first = 0; first < terms; first += most_terms) {
                                              index_t const end = std::min(terms, first + most_terms);
                                              add(term_list(from, lambdas, n, y, x, columns, first, end), n, y, x,
                                                  columns, first > 0);
                                          }
                                      });
    }

private:
    static constexpr index_t most_terms = groups::lanes == 1 ? 32 : 16;

    /// Pairs of λ and the maps it belongs to.
    struct term_list {
        std::array<V const*, static_cast<std::size_t>(most_terms)> lambda, plane, pixel;
        std::size_t count = 0;
        index_t stride;

        term_list(std::vector<padded_planes<V>> const& from, view<T const, 5> const& lambdas, index_t n, index_t y,
                  index_t x, index_t columns, index_t first, index_t end)
            : stride(from.front().stride())
        {
            index_t const groups_of_image = groups::count(lambdas.extent(2));
            for (index_t i = first; i < end; ++i, ++count) {
                index_t const g = i / groups_of_image, group = i % groups_of_image;
                auto const& planes = from[static_cast<std::size_t>(g)];
                lambda[count] = groups::join(lambdas[g], false, n, group, y, x, columns, buffers_[count]);
                plane[count] = planes.plane(n * groups_of_image + group);
                pixel[count] = planes.at(n * groups_of_image + group, y, x);
            }
        }

        /// Σ λ x.
        void sum_own(index_t columns, T* to) const
        {
            sum_maps<V>(columns, to, [&](index_t i) {
                V sum(T(0));
                for (std::size_t j = 0; j < count; ++j) sum += lambda[j][i] * pixel[j][i];
                return sum;
            });
        }

        /// Σ λ times each of the four pixels: to[corner * groups::chunk + i].
        void sum(located const& cells, index_t columns, T* to) const
        {
            V sums[4][groups::chunk];
            for (index_t i = 0; i < columns; ++i) {
                corner_sums<V> total;
                for (std::size_t j = 0; j < count; ++j) total.add(plane[j] + cells.at[i], stride, lambda[j][i]);
                for (index_t c = 0; c < 4; ++c) sums[c][i] = total[c];
            }
            for (index_t c = 0; c < 4; ++c)
                sum_maps<V>(columns, to + c * groups::chunk, [&](index_t i) { return sums[c][i]; });
        }

    private:
        typename groups::buffer buffers_[static_cast<std::size_t>(most_terms)];
    };

    /// The part of some terms at a chunk, where others may have been written before.
    void add(term_list const& of, index_t n, index_t y, index_t x, index_t columns, bool later) const
    {
        sample_locator<T> const locator(points);
        located cells;
        T own[groups::chunk] = {}, sums[4 * groups::chunk], values[groups::chunk], blended[groups::chunk] = {};
        if (current) of.sum_own(columns, own);
        std::copy_n(own, columns, blended);
        for (index_t k = 0; k < points.count(); ++k) {
            T const* const w = &weights(n, k, y, x);
            locator(n, k, y, x, columns, cells);
            of.sum(cells, columns, sums);
            subtract_own(cells, sums, own, columns, values);
            if (dbeta.data_handle()) {
                add_products(w, values, columns, blended);
                T const* const beta = &injection.confidence(n, 0, y, x);
                keep(beta, columns, values);
                for (index_t lane = 0; lane < 4; ++lane) keep(beta, columns, sums + lane * groups::chunk);
            }
            put(values, columns, !first_weights || later, &dweights(n, k, y, x));
            if (!doffsets.data_handle()) continue;
            for (index_t axis = 0; axis < 2; ++axis) {
                offset_slope(cells, sums, w, axis, points.stays(k), columns, values);
                put(values, columns, !first_offsets || later, &doffsets(n, 2 * k + axis, y, x));
            }
        }
        if (!dbeta.data_handle()) return;
        for (index_t i = 0; i < columns; ++i)
            dbeta(n, 0, y, x + i) += injection.gradient_of_beta(n, y, x + i, -blended[i]);
    }

    /// Σ λ (X - x).
    static void subtract_own(located const& c, T const* sums, T const* own, index_t columns, T* to)
    {
        T const *const a = sums, *const b = sums + groups::chunk;
        T const *const e = sums + 2 * groups::chunk, *const f = sums + 3 * groups::chunk;
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) {
            T const above = a[i] + c.fx[i] * (b[i] - a[i]), under = e[i] + c.fx[i] * (f[i] - e[i]);
            to[i] = above + c.fy[i] * (under - above) - own[i];
        }
    }

    static void put(T const* from, index_t columns, bool add, T* to)
    {
        if (!add) std::copy_n(from, columns, to);
        if (!add) return;
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) to[i] += from[i];
    }

    static void keep(T const* beta, index_t columns, T* values)
    {
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) values[i] *= T(1) - beta[i];
    }

    /// w Σ λ ∂X by row (axis 0) or column (axis 1); 0 where the offset is ignored.
    static void offset_slope(located const& c, T const* sums, T const* w, index_t axis, bool ignored, index_t columns,
                             T* to)
    {
        if (ignored) std::fill_n(to, columns, T(0));
        if (ignored) return;
        // The differences along the axis at both ends of the other, of which `across` is the fraction.
        T const *const a = sums, *const b = sums + (2 - axis) * groups::chunk;
        T const *const e = sums + (1 + axis) * groups::chunk, *const f = sums + 3 * groups::chunk;
        T const* const across = axis == 0 ? c.fx : c.fy;
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) {
            T const near = b[i] - a[i], far = f[i] - e[i];
            to[i] = w[i] * (near + across[i] * (far - near));
        }
    }
};

}  // namespace hyspn::detail
