// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/sampled/cells.hpp>

/// \file
/// What gathering needs to know of where samples lie: how far the near ones are from their pixels, and the far ones, a
/// list for each row. The lists come from a counting sort by bands of source rows, in the order of the samples, so
/// they do not depend on how threads run.

namespace hyspn::detail {

/// The farthest a sample is near, in rows or columns from its pixel to the pixels around it.
inline constexpr index_t near_samples = 8;

/// Samples as gathering finds them. Image n has near ones up to reach(n) from their pixels; of the far ones, those
/// between rows r - 1 and r are order(n, i), starts(n, r) <= i < starts(n, r + 1): the place in [H, W, K].
template <class M>
struct sample_lists {
    view<index_t const, 1, M> reach;
    view<index_t const, 2, M> starts;  ///< [N, H + 2]
    view<index_t const, 2, M> order;   ///< [N, H W K]
};

/// A sample's whole distance from the pixel at (y, x).
template <class T>
HYSPN_HD index_t sample_distance(sample_cell<T> const& c, index_t y, index_t x)
{
    index_t const dy = c.y < y ? y - c.y : c.y + 1 - y, dx = c.x < x ? x - c.x : c.x + 1 - x;
    return dy < dx ? dx : dy;
}

/// For image n and band s of its rows: the farthest near sample, and how many far ones there are by row.
template <class T, class M>
struct count_samples_op {
    sample_points<T, M> points;
    view<index_t, 2, M> reach;  ///< [N, S]
    view<index_t, 3, M> count;  ///< [N, H + 1, S]

    dims<2> shape() const { return reach.extents(); }

    HYSPN_HD void operator()(index_t n, index_t s) const
    {
        index_t most = 0;
        for (index_t r = 0; r < count.extent(1); ++r) count(n, r, s) = 0;
        each_sample(n, s, [&](sample_cell<T> const& c, index_t distance, index_t) {
            if (distance > near_samples)
                ++count(n, c.y + 1, s);
            else if (distance > most)
                most = distance;
        });
        reach(n, s) = most;
    }

    /// Calls f(cell, distance, place) for the samples of a band that lie in the image.
    template <class F>
    HYSPN_HD void each_sample(index_t n, index_t s, F const& f) const
    {
        index_t const S = reach.extent(1), H = points.height(), W = points.width(), K = points.count();
        for (index_t y = s * H / S; y < (s + 1) * H / S; ++y)
            for (index_t x = 0; x < W; ++x)
                for (index_t k = 0; k < K; ++k) {
                    auto const c = points(n, k, y, x);
                    if (c.present) f(c, sample_distance(c, y, x), (y * W + x) * K + k);
                }
    }
};

/// count becomes the number of far samples of the same row in earlier bands, starts(n, r + 1) that in all.
template <class M>
struct sum_bands_op {
    view<index_t, 3, M> count;
    view<index_t, 2, M> starts;

    dims<2> shape() const { return {count.extent(0), count.extent(1)}; }
    HYSPN_HD void operator()(index_t n, index_t r) const
    {
        index_t sum = 0;
        for (index_t s = 0; s < count.extent(2); ++s) {
            index_t const here = count(n, r, s);
            count(n, r, s) = sum;
            sum += here;
        }
        starts(n, r + 1) = sum;
    }
};

/// starts: from how many to where; the reach of an image from those of its bands.
template <class M>
struct sum_rows_op {
    view<index_t const, 2, M> reach_of_band;
    view<index_t, 2, M> starts;
    view<index_t, 1, M> reach;

    dims<1> shape() const { return reach.extents(); }
    HYSPN_HD void operator()(index_t n) const
    {
        index_t most = 0;
        starts(n, 0) = 0;
        for (index_t r = 1; r < starts.extent(1); ++r) starts(n, r) += starts(n, r - 1);
        for (index_t s = 0; s < reach_of_band.extent(1); ++s)
            most = reach_of_band(n, s) > most ? reach_of_band(n, s) : most;
        reach(n) = most;
    }
};

/// The lists; leaves in count what sum_bands_op left, plus what each band listed.
template <class T, class M>
struct list_samples_op {
    count_samples_op<T, M> counted;
    view<index_t const, 2, M> starts;
    view<index_t, 2, M> order;

    dims<2> shape() const { return counted.shape(); }
    HYSPN_HD void operator()(index_t n, index_t s) const
    {
        counted.each_sample(n, s, [&](sample_cell<T> const& c, index_t distance, index_t place) {
            if (distance <= near_samples) return;
            order(n, starts(n, c.y + 1) + counted.count(n, c.y + 1, s)++) = place;
        });
    }
};

/// Finds and holds them: H W K + H (min(H, 256) + 2) numbers an image.
template <class M>
class located_lists {
public:
    template <execution_policy P, class T>
    void locate(P const& exec, sample_points<T, M> const& points)
    {
        index_t const N = points.offsets.extent(0), H = points.height(), S = H < 256 ? H : 256;
        fit(order_, {N, H * points.width() * points.count()});
        fit(starts_, {N, H + 2});
        fit(count_, {N, H + 1, S});
        fit(reach_of_band_, {N, S});
        fit(reach_, {N});
        count_samples_op<T, M> const count{points, as_view(reach_of_band_), as_view(count_)};
        dispatch(exec, count);
        dispatch(exec, sum_bands_op<M>{as_view(count_), as_view(starts_)});
        dispatch(exec, sum_rows_op<M>{as_const(reach_of_band_), as_view(starts_), as_view(reach_)});
        dispatch(exec, list_samples_op<T, M>{count, as_const(starts_), as_view(order_)});
    }

    sample_lists<M> lists() const { return {as_const(reach_), as_const(starts_), as_const(order_)}; }

private:
    tensor<index_t, 1, M> reach_{};
    tensor<index_t, 2, M> reach_of_band_{}, starts_{}, order_{};
    tensor<index_t, 3, M> count_{};
};

}  // namespace hyspn::detail
