// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/math.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Bilinear and nearest interpolation of maps, and their transposes in gather form.

namespace hyspn::detail {

/// Along one axis: output j lies at s = max(0, (j + ½)·in/out − ½) of the input, between pixels ⌊s⌋ and ⌊s⌋ + 1 (the
/// last one where there is no next). In whole numbers, so that the fraction has one rounding.
struct resize_axis {
    index_t in, out;

    /// 2·out·s.
    HYSPN_HD index_t scaled_position(index_t j) const
    {
        index_t const p = (2 * j + 1) * in - out;
        return p > 0 ? p : 0;
    }
    HYSPN_HD index_t low(index_t j) const { return scaled_position(j) / (2 * out); }
    HYSPN_HD index_t high(index_t j) const { return low(j) + 1 < in ? low(j) + 1 : in - 1; }
    /// Weight of `high`.
    template <class T>
    HYSPN_HD T fraction(index_t j) const
    {
        return T(static_cast<double>(scaled_position(j) % (2 * out))) / T(static_cast<double>(2 * out));
    }
    /// Outputs that may see pixel a begin here and end where low exceeds a.
    HYSPN_HD index_t first_to_see(index_t a) const
    {
        index_t const j = ((2 * a - 1) * out - in) / (2 * in) - 1;
        return j > 0 ? j : 0;
    }
    /// Weight of pixel a in output j.
    template <class T>
    HYSPN_HD T weight(index_t j, index_t a) const
    {
        T const f = fraction<T>(j);
        return (low(j) == a ? T(1) - f : T(0)) + (high(j) == a ? f : T(0));
    }
};

/// a + f·(b − a).
template <class T>
HYSPN_HD T interpolated(T f, T a, T b)
{
    return multiply_add(f, b - a, a);
}

template <class T, class M>
struct resize_bilinear_op {
    resize_axis rows, columns;
    view<T const, 4, M> x;
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        T const f = rows.fraction<T>(i);
        index_t const above = rows.low(i), below = rows.high(i), left = columns.low(j), right = columns.high(j);
        y(n, c, i, j) =
            interpolated(columns.fraction<T>(j), interpolated(f, x(n, c, above, left), x(n, c, below, left)),
                         interpolated(f, x(n, c, above, right), x(n, c, below, right)));
    }
};

template <class T, class M>
struct resize_bilinear_vjp_op {
    resize_axis rows, columns;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t a, index_t b) const
    {
        T sum(0);
        for (index_t i = rows.first_to_see(a); i < rows.out && rows.low(i) <= a; ++i) {
            T row(0);
            for (index_t j = columns.first_to_see(b); j < columns.out && columns.low(j) <= b; ++j)
                row += columns.weight<T>(j, b) * dy(n, c, i, j);
            sum += rows.weight<T>(i, a) * row;
        }
        dx(n, c, a, b) = sum;
    }
};

/// y(…, i, j) = x(…, i/factor, j/factor).
template <class T, class M>
struct repeat_pixels_op {
    index_t factor;
    view<T const, 4, M> x;
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        y(n, c, i, j) = x(n, c, i / factor, j / factor);
    }
};

template <class T, class M>
struct repeat_pixels_vjp_op {
    index_t factor;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        T sum(0);
        for (index_t k = 0; k < factor; ++k)
            for (index_t l = 0; l < factor; ++l) sum += dy(n, c, i * factor + k, j * factor + l);
        dx(n, c, i, j) = sum;
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/resize_ops.hpp>
#endif
