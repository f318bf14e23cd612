// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <vector>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/guidance/samples.hpp>

/// \file
/// For every pixel the K samples that are nearest along paths on the image, where a path pays for its length and for
/// every change of the features: samples behind an edge are far away.
///
/// Costs are whole numbers of 1/256 pixel. Sums of whole numbers do not depend on their order, so that the lists are
/// the one fixed point of "a pixel knows the K best of what its neighbours know": whichever way it is reached, by one
/// thread or by many, the bits are the same.

namespace hyspn::guidance {

/// What a step of a path costs.
struct path_options {
    /// Cost, in pixels, of one unit of feature distance d(v_i, v_j).
    double contrast = 300;
    /// Length of a step to the left or right; a step up or down has length 1. Above 1 where samples lie closer along
    /// rows than across them (sampling_anisotropy).
    double horizontal_step = 1;
};

/// The K nearest samples of every pixel, by ascending distance; ties by ascending index.
template <class T>
struct nearest_samples {
    /// Index into the sample_list, [H, W, K]; −1 past the end when there are fewer than K samples.
    tensor<std::int32_t, 3> index;
    /// Path length in pixels, [H, W, K].
    tensor<T, 3> distance;
};

}  // namespace hyspn::guidance

namespace hyspn::detail {

inline constexpr double path_cost_unit = 256;  ///< whole numbers per pixel of path length

/// A step costs less than this (65536 pixels), so that every path of an image with H + W <= 65536 fits into 40 bits.
inline constexpr std::uint32_t path_cost_limit = std::uint32_t{1} << 24;

/// The four steps whose costs are stored with a pixel; the other four are stored with the neighbour.
struct path_step {
    index_t dy, dx;
};
HYSPN_HD constexpr path_step path_step_of(index_t direction)
{
    return direction == 0 ? path_step{0, 1} : path_step{1, direction - 2};  // E, SW, S, SE
}

inline constexpr unsigned all_path_moves = 0xff;

/// Cost of the step from each pixel in each of the four stored directions, which lie side by side: the search jumps
/// from pixel to pixel, and waits for memory more than for anything else.
template <class T, class M>
struct path_cost_op {
    view<T const, 3, M> features;
    view<std::uint32_t, 3, M> cost;
    T contrast;
    T horizontal_step;

    dims<2> shape() const { return {cost.extent(0), cost.extent(1)}; }

    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        for (index_t direction = 0; direction < 4; ++direction) {
            path_step const step = path_step_of(direction);
            index_t const y = i + step.dy, x = j + step.dx;
            bool const inside = y < cost.extent(0) && x >= 0 && x < cost.extent(1);
            cost(i, j, direction) = inside ? cost_of(step, i, j) : 0;  // what leaves the image is never read
        }
    }

private:
    HYSPN_HD std::uint32_t cost_of(path_step const& step, index_t i, index_t j) const
    {
        using std::sqrt;
        T squared = 0;
        for (index_t c = 0; c < features.extent(0); ++c) {
            T const difference = features(c, i, j) - features(c, i + step.dy, j + step.dx);
            squared += difference * difference;
        }
        T const across = static_cast<T>(step.dx) * horizontal_step;
        T const length = sqrt(static_cast<T>(step.dy) + across * across);
        T const total = (length + contrast * 2 * sqrt(squared)) * static_cast<T>(path_cost_unit);
        return total < static_cast<T>(path_cost_limit) ? static_cast<std::uint32_t>(total + T(0.5))
                                                       : path_cost_limit;  // refused afterwards
    }
};

/// A sample as a pixel knows it: cost in the upper 40 bits, index of the sample in the lower 24, so that comparing
/// keys orders by cost, then by index.
struct path_key {
    static constexpr int index_bits = 24;
    static constexpr std::uint64_t none = ~std::uint64_t{0};

    static std::uint64_t make(std::uint64_t cost, std::uint64_t sample) { return (cost << index_bits) | sample; }
    static std::uint64_t cost(std::uint64_t key) { return key >> index_bits; }
    static std::uint64_t sample(std::uint64_t key) { return key & ((std::uint64_t{1} << index_bits) - 1); }
    static std::uint64_t farther(std::uint64_t key, std::uint32_t step)
    {
        return key + (std::uint64_t{step} << index_bits);
    }
};

/// The ascending list of one pixel, filled up with path_key::none.
struct path_list {
    std::uint64_t* keys;
    index_t count;

    bool contains(std::uint64_t key) const
    {
        index_t k = 0;
        while (k < count && keys[k] < key) ++k;
        return k < count && keys[k] == key;
    }

    /// Takes the key unless the list is full of nearer samples or already knows this one at most as far away.
    bool insert(std::uint64_t key) const
    {
        if (key >= keys[count - 1]) return false;
        index_t to = 0;  // where the key belongs
        for (; keys[to] < key; ++to)
            if (path_key::sample(keys[to]) == path_key::sample(key)) return false;
        if (keys[to] == key) return false;
        index_t from = to;  // the slot that becomes free: of the same sample, else the last
        while (from < count - 1 && path_key::sample(keys[from]) != path_key::sample(key)) ++from;
        for (index_t k = from; k > to; --k) keys[k] = keys[k - 1];
        keys[to] = key;
        return true;
    }
};

/// The search itself. Not a loop over pixels, so each policy has its own dispatch.
struct nearest_samples_op {
    view<std::uint32_t const, 3, memory::host> cost;  // [H, W, 4]
    view<std::int32_t const, 1, memory::host> y, x;   // samples
    view<std::uint64_t, 3, memory::host> keys;        // [H, W, K], dense, filled with path_key::none
    std::uint32_t longest;                            // of all steps
    bool direct;                                      // no step is dearer than the two around a corner beside it

    index_t height() const { return keys.extent(0); }
    index_t width() const { return keys.extent(1); }
    path_list list(index_t i, index_t j) const { return {&keys(i, j, 0), keys.extent(2)}; }

    /// Calls f(i', j', cost, move) for the up to eight neighbours of (i, j) that a bit of `moves` asks for: move 2d is
    /// the step in direction d, 2d + 1 the one against it.
    template <class F>
    void for_each_neighbour(index_t i, index_t j, unsigned moves, F const& f) const
    {
        for (index_t direction = 0; direction < 4; ++direction) {
            path_step const s = path_step_of(direction);
            auto const move = static_cast<unsigned>(2 * direction);
            if ((moves >> move & 1) != 0 && i + s.dy < height() && j + s.dx >= 0 && j + s.dx < width())
                f(i + s.dy, j + s.dx, cost(i, j, direction), move);
            if ((moves >> move & 2) != 0 && i - s.dy >= 0 && j - s.dx >= 0 && j - s.dx < width())
                f(i - s.dy, j - s.dx, cost(i - s.dy, j - s.dx, direction), move + 1);
        }
    }
};

/// Dijkstra's algorithm from all samples at once, every pixel settled K times.
inline void dispatch(exec::seq const&, nearest_samples_op const& op)
{
    struct entry {
        std::uint64_t key;
        index_t i, j;
        bool operator>(entry const& other) const { return key > other.key; }
    };
    std::priority_queue<entry, std::vector<entry>, std::greater<>> queue;
    auto const offer = [&](std::uint64_t key, index_t i, index_t j) {
        if (op.list(i, j).insert(key)) queue.push({key, i, j});
    };
    for (index_t s = 0; s < op.y.extent(0); ++s)
        offer(path_key::make(0, static_cast<std::uint64_t>(s)), op.y(s), op.x(s));
    while (!queue.empty()) {
        entry const e = queue.top();
        queue.pop();
        if (!op.list(e.i, e.j).contains(e.key)) continue;  // a nearer path was found since
        op.for_each_neighbour(e.i, e.j, all_path_moves, [&](index_t i, index_t j, std::uint32_t step, unsigned) {
            offer(path_key::farther(e.key, step), i, j);
        });
    }
}

/// Keys to indices and distances.
template <class T>
struct unpack_path_keys_op {
    view<std::uint64_t const, 3, memory::host> keys;
    view<std::int32_t, 3, memory::host> index;
    view<T, 3, memory::host> distance;

    dims<3> shape() const { return keys.extents(); }
    void operator()(index_t i, index_t j, index_t k) const
    {
        std::uint64_t const key = keys(i, j, k);
        bool const absent = key == path_key::none;
        index(i, j, k) = absent ? -1 : static_cast<std::int32_t>(path_key::sample(key));
        distance(i, j, k) = absent ? T(0) : static_cast<T>(path_key::cost(key)) / static_cast<T>(path_cost_unit);
    }
};

}  // namespace hyspn::detail

namespace hyspn::detail {

inline void require_path_options(char const* name, index_t count, guidance::path_options const& o)
{
    require_value(count >= 1, name, "count", "at least 1", static_cast<double>(count));
    require_value(o.contrast >= 0 && std::isfinite(o.contrast), name, "contrast", "finite and at least 0", o.contrast);
    require_value(o.horizontal_step > 0 && std::isfinite(o.horizontal_step), name, "horizontal_step",
                  "finite and above 0", o.horizontal_step);
}

template <class T>
void require_samples(char const* name, guidance::sample_list<T> const& samples, index_t height, index_t width)
{
    require_value(samples.size() > 0 && samples.size() < (index_t{1} << path_key::index_bits) - 1, name, "samples",
                  "at least one and fewer than 2^24 - 1", static_cast<double>(samples.size()));
    require_inside(name, samples, height, width);
}

/// Costs of all steps [H, W, 4]; path_cost_limit where one is NaN or too large.
template <execution_policy P, class T>
tensor<std::uint32_t, 3> path_costs(P const& exec, view<T const, 3, memory::host> const& features,
                                    guidance::path_options const& o)
{
    tensor<std::uint32_t, 3> cost(features.extent(1), features.extent(2), 4);
    dispatch(exec, path_cost_op<T, memory::host>{features, as_view(cost), static_cast<T>(o.contrast),
                                                 static_cast<T>(o.horizontal_step)});
    return cost;
}

/// Whether a step from one pixel to another costs no more than the two steps by way of a pixel beside both. Lengths and
/// feature distances obey the triangle inequality; only rounding, of features of C channels in T and of costs to whole
/// numbers, could break it. Pixels side by side in two directions are at distances 1, h and √(1 + h²).
template <class T>
bool steps_are_direct(std::uint32_t longest, index_t channels, double horizontal_step)
{
    double const h = horizontal_step, diagonal = std::sqrt(1 + h * h);
    double const detour = std::min({1 + h - diagonal, 1 + diagonal - h, h + diagonal - 1}) * path_cost_unit;
    double const rounding = static_cast<double>(channels + 8) * static_cast<double>(std::numeric_limits<T>::epsilon());
    return detour >= 2 + 4 * rounding * static_cast<double>(longest);
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// For every pixel the K = `count` nearest samples along paths on the 8-connected pixel graph. A step from pixel i to
/// a neighbour j costs its length plus contrast · 2‖v_i − v_j‖, the geodesic distance of expmap0(v_i) and expmap0(v_j)
/// at small curvature, rounded to 1/256 pixel. features [C, H, W].
/// O(K H W) list insertions; scratch: 8 K + 16 bytes per pixel. The same bits for every policy and number of threads.
/// Throws value_error for options out of range, no samples, samples outside the image, or steps that cost 65536 pixels
/// or more (so also for features that are not finite), shape_error for images with H + W above 65536.
template <execution_policy P, view_of_rank<3> X, class T = value_type_of<X>>
    requires same_space<P, X> && std::same_as<typename P::memory_space, memory::host> nearest_samples<T>
    find_nearest_samples(P const& exec, X&& features, sample_list<T> const& samples, index_t count,
                         path_options const& options = {})
    {
        char const* const name = "find_nearest_samples";
        auto const v = as_const(features);
        index_t const height = v.extent(1), width = v.extent(2);
        if (height + width > 65536)
            detail::raise<shape_error>(name, "features", "[C, H, W] with H + W at most 65536", to_string(v.extents()));
        detail::require_path_options(name, count, options);
        detail::require_samples(name, samples, height, width);

        auto const cost = detail::path_costs(exec, v, options);
        std::uint32_t const longest = *std::max_element(cost.begin(), cost.end());
        if (longest == detail::path_cost_limit)
            detail::raise<value_error>(name, "the cost of every step", "a number below 65536 pixels",
                                       "more, or NaN: check features, contrast and horizontal_step");
        tensor<std::uint64_t, 3> keys(height, width, count);
        std::fill(keys.begin(), keys.end(), detail::path_key::none);
        dispatch(exec, detail::nearest_samples_op{
                           as_const(cost), as_const(samples.y), as_const(samples.x), as_view(keys), longest,
                           detail::steps_are_direct<T>(longest, v.extent(0), options.horizontal_step)});
        nearest_samples<T> result{tensor<std::int32_t, 3>(keys.extents()), tensor<T, 3>(keys.extents())};
        dispatch(exec, detail::unpack_path_keys_op<T>{as_const(keys), as_view(result.index), as_view(result.distance)});
        return result;
    }

}  // namespace hyspn::guidance

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/guidance/nearest_samples.hpp>
#endif
