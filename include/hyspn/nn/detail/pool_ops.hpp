// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/nn/detail/correlation.hpp>

/// \file
/// Largest values and means under a window, and their transposes in gather form: an input pixel asks each output that
/// sees it.

namespace hyspn::detail {

/// Number of taps along an axis that lie inside an image of `length` pixels.
HYSPN_HD inline index_t taps_inside(window const& over, std::size_t axis, index_t i, index_t length)
{
    index_t const step = axis == 0 ? over.kernel[1] : 1;
    index_t count = 0;
    for (index_t k = 0; k < over.kernel[axis]; ++k) {
        index_t const a = over.source(axis, i, k * step);
        count += a >= 0 && a < length;
    }
    return count;
}

/// y = the largest pixel present under the window, the first of equal ones, NaN if there is one; tap = which. Where
/// none is present y = 0 and tap = −1.
template <class T, class M>
struct max_pool_op {
    window over;
    view<T const, 4, M> x;
    view<T, 4, M> y;
    view<std::int32_t, 4, M> tap;  ///< may be null

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        std::int32_t which = -1;
        T best(0);
        for (index_t m = 0; m < over.taps(); ++m) {
            index_t const a = over.source(0, i, m), b = over.source(1, j, m);
            if (a < 0 || a >= x.extent(2) || b < 0 || b >= x.extent(3)) continue;
            T const v = x(n, c, a, b);
            if (which >= 0 && !(v > best || v != v)) continue;
            best = v;
            which = static_cast<std::int32_t>(m);
        }
        y(n, c, i, j) = best;
        if (tap.data_handle()) tap(n, c, i, j) = which;
    }
};

/// dx = Σ dy over the windows whose largest pixel this is.
template <class T, class M>
struct max_pool_vjp_op {
    window over;
    view<std::int32_t const, 4, M> tap;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        using input = correlation_input_vjp_op<T, M>;
        T sum(0);
        for (index_t m = 0; m < over.taps(); ++m) {
            index_t a, b;
            if (!input::output_of_tap(over, 0, i, m, dy.extent(2), a)) continue;
            if (!input::output_of_tap(over, 1, j, m, dy.extent(3), b)) continue;
            if (tap(n, c, a, b) == m) sum += dy(n, c, a, b);
        }
        dx(n, c, i, j) = sum;
    }
};

/// What the sum under window (i, j) is multiplied with; 0 where no pixel is present.
template <class T>
struct mean_pool_weight {
    window over;
    bool count_padding;
    index_t height, width;  ///< of the input

    HYSPN_HD T at(index_t i, index_t j) const
    {
        index_t const present =
            count_padding ? over.taps() : taps_inside(over, 0, i, height) * taps_inside(over, 1, j, width);
        return present > 0 ? T(1) / T(static_cast<double>(present)) : T(0);
    }
};

/// y = mean of the pixels under the window.
template <class T, class M>
struct mean_pool_op {
    mean_pool_weight<T> weight;
    view<T const, 4, M> x;
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        window const& over = weight.over;
        T sum(0);
        for (index_t m = 0; m < over.taps(); ++m) {
            index_t const a = over.source(0, i, m), b = over.source(1, j, m);
            if (a >= 0 && a < x.extent(2) && b >= 0 && b < x.extent(3)) sum += x(n, c, a, b);
        }
        y(n, c, i, j) = weight.at(i, j) * sum;
    }
};

/// dx = Σ weight·dy over the windows that see a pixel.
template <class T, class M>
struct mean_pool_vjp_op {
    mean_pool_weight<T> weight;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        using input = correlation_input_vjp_op<T, M>;
        T sum(0);
        for (index_t m = 0; m < weight.over.taps(); ++m) {
            index_t a, b;
            if (!input::output_of_tap(weight.over, 0, i, m, dy.extent(2), a)) continue;
            if (!input::output_of_tap(weight.over, 1, j, m, dy.extent(3), b)) continue;
            sum += weight.at(a, b) * dy(n, c, a, b);
        }
        dx(n, c, i, j) = sum;
    }
};

/// Throws value_error unless the options are in range, padding at most half the kernel. Without dilation every window
/// over an image then holds a pixel; with it, or over an image without rows or columns, one may hold none.
inline void require_pool(char const* function, window const& over)
{
    require_valid(function, over);
    for (std::size_t axis = 0; axis < 2; ++axis)
        require_value(2 * over.padding[axis] <= over.kernel[axis], function, "padding", "at most half the kernel",
                      static_cast<double>(over.padding[axis]));
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/pool_ops.hpp>
#endif
