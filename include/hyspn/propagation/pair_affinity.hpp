// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// Affinities of pairs of pixels within a radius, from differences of features or from edges between them, as gates
/// [N, K, H, W] over a square window with centre in natural order. They are symmetric: channel K - 1 - k of the
/// neighbour is channel k of the pixel. Each is followed by its adjoint.

namespace hyspn::detail {

/// Which pairs have an affinity.
struct pair_window {
    index_t furthest;    ///< the greatest dy² + dx²
    index_t margin = 0;  ///< the upper of two pixels (of one row, the left) lies so far from left, right and bottom

    /// The square window around the disc.
    stencil_neighbours neighbours() const
    {
        index_t half = 0;
        while ((half + 1) * (half + 1) <= furthest) ++half;
        return {2 * half + 1, 1, false, true};
    }

    HYSPN_HD bool within(pixel_offset d) const { return d.dy * d.dy + d.dx * d.dx <= furthest; }

    /// Whether pixel (y, x) of an image and the one at offset d from it are a pair; every pixel is one with itself.
    HYSPN_HD bool pairs(pixel_offset d, index_t y, index_t x, index_t height, index_t width) const
    {
        if (!within(d) || !inside(y + d.dy, x + d.dx, height, width)) return false;
        if (margin == 0 || (d.dy == 0 && d.dx == 0)) return true;
        bool const upper = is_upper(d);
        index_t const v = upper ? y : y + d.dy, u = upper ? x : x + d.dx;
        return v + margin < height && u >= margin && u + margin < width;
    }

    /// The pixel from which d leads is the upper of the two.
    HYSPN_HD static constexpr bool is_upper(pixel_offset d) { return d.dy > 0 || (d.dy == 0 && d.dx > 0); }
};

/// gates = scale Σ_c θ_c |f_c(p) - f_c(q)|, -∞ where p and q are no pair: logits of a softmax. θ [C] without data is 1.
template <class T, class M>
struct pair_logits_op {
    static constexpr T infinity = std::numeric_limits<T>::infinity();  // device code may not call numeric_limits

    pair_window window;
    stencil_neighbours neighbours;
    T scale;
    view<T const, 4, M> features;
    view<T const, 1, M> theta;
    view<T, 4, M> gates;

    dims<4> shape() const { return gates.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        using std::abs;
        auto const d = neighbours[k];
        T sum = -infinity;
        if (window.pairs(d, y, x, gates.extent(2), gates.extent(3))) {
            sum = T(0);
            for (index_t c = 0; c < features.extent(1); ++c)
                sum += weight(c) * abs(features(n, c, y, x) - features(n, c, y + d.dy, x + d.dx));
            sum *= scale;
        }
        gates(n, k, y, x) = sum;
    }

    HYSPN_HD T weight(index_t c) const { return theta.data_handle() ? theta(c) : T(1); }
};

/// With G the gradient of the gates, to_c(p) = scale θ_c Σ_k (G_k(p) + G_{K-1-k}(q)) sign(f_c(p) - f_c(q)) over the
/// pairs, sign(0) = 0; and the share of p in dL/dθ_c, scale Σ_k G_k(p) |f_c(p) - f_c(q)|. An array without data is not
/// wanted.
template <class T, class M>
struct pair_logits_adjoint_op {
    pair_logits_op<T, M> forward;
    view<T const, 4, M> dgates;
    view<T, 4, M> to, theta_terms;

    dims<4> shape() const { return forward.features.extents(); }

    HYSPN_HD void operator()(index_t n, index_t c, index_t y, index_t x) const
    {
        using std::abs;
        auto const& f = forward.features;
        T slopes(0), lengths(0);
        for (index_t k = 0; k < dgates.extent(1); ++k) {
            auto const d = forward.neighbours[k];
            if (!forward.window.pairs(d, y, x, f.extent(2), f.extent(3))) continue;
            T const difference = f(n, c, y, x) - f(n, c, y + d.dy, x + d.dx), own = dgates(n, k, y, x);
            T const both = own + dgates(n, dgates.extent(1) - 1 - k, y + d.dy, x + d.dx);
            slopes += difference > T(0) ? both : difference < T(0) ? -both : T(0);
            lengths += own * abs(difference);
        }
        if (to.data_handle()) to(n, c, y, x) = forward.scale * forward.weight(c) * slopes;
        if (theta_terms.data_handle()) theta_terms(n, c, y, x) = forward.scale * lengths;
    }
};

/// The pixels on the way from a pixel to another at offset d: those in the box of the two nearer than 1 to the line.
struct straight_path {
    pixel_offset d;

    HYSPN_HD index_t rows() const { return d.dy + 1; }                       ///< d.dy is not negative
    HYSPN_HD index_t first_column() const { return d.dx < 0 ? d.dx : 0; }    ///< from the pixel
    HYSPN_HD index_t end_column() const { return d.dx < 0 ? 1 : d.dx + 1; }  ///< exclusive
    HYSPN_HD bool has(index_t dy, index_t dx) const
    {
        index_t const across = d.dy * dx - d.dx * dy;
        return across * across < d.dy * d.dy + d.dx * d.dx;
    }

    /// Where the greatest value of map [N, 1, H, W] lies on the path from (y, x): the first by rows of equal ones.
    template <class T, class M>
    HYSPN_HD pixel_offset greatest(view<T const, 4, M> const& map, index_t n, index_t y, index_t x) const
    {
        pixel_offset top{0, 0};
        bool found = false;
        for (index_t i = 0; i < rows(); ++i)
            for (index_t j = first_column(); j < end_column(); ++j)
                if (has(i, j) && (!found || map(n, 0, y + i, x + j) > map(n, 0, y + top.dy, x + top.dx))) {
                    top = {i, j};
                    found = true;
                }
        return top;
    }
};

/// gates = (1 - the greatest edge on the way)^β, 0 where there is no pair; 1 of a pixel with itself.
template <class T, class M>
struct path_affinity_op {
    pair_window window;
    stencil_neighbours neighbours;
    T beta;
    view<T const, 4, M> edge;
    view<T, 4, M> gates;

    dims<4> shape() const { return gates.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        using std::pow;
        auto const d = neighbours[k];
        if (d.dy == 0 && d.dx == 0)
            gates(n, k, y, x) = T(1);
        else if (!window.pairs(d, y, x, gates.extent(2), gates.extent(3)))
            gates(n, k, y, x) = T(0);
        else
            gates(n, k, y, x) = pow(T(1) - greatest(d, n, y, x), beta);
    }

private:
    HYSPN_HD T greatest(pixel_offset d, index_t n, index_t y, index_t x) const
    {
        if (!pair_window::is_upper(d)) {
            y += d.dy, x += d.dx;
            d = {-d.dy, -d.dx};
        }
        auto const top = straight_path{d}.greatest(edge, n, y, x);
        return edge(n, 0, y + top.dy, x + top.dx);
    }
};

/// dL/dedge: every pair passes its gradient to the greatest edge on its way, so a pixel looks at the pairs whose way it
/// is on. Added to `to`.
template <class T, class M>
struct path_affinity_adjoint_op {
    path_affinity_op<T, M> forward;
    view<T const, 4, M> dgates;
    view<T, 4, M> to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T sum(0);
        for (index_t k = 0; k < dgates.extent(1); ++k) {
            auto const d = forward.neighbours[k];
            if (!pair_window::is_upper(d) || !forward.window.within(d)) continue;
            straight_path const path{d};
            for (index_t i = 0; i < path.rows(); ++i)
                for (index_t j = path.first_column(); j < path.end_column(); ++j)
                    if (path.has(i, j)) sum += from_pair(path, k, n, y - i, x - j, i, j);
        }
        to(n, 0, y, x) += sum;
    }

private:
    /// What the pair with its upper pixel at (y, x) passes to the pixel at offset (i, j) from it.
    HYSPN_HD T from_pair(straight_path path, index_t k, index_t n, index_t y, index_t x, index_t i, index_t j) const
    {
        using std::pow;
        if (!inside(y, x, to.extent(2), to.extent(3))) return T(0);
        if (!forward.window.pairs(path.d, y, x, to.extent(2), to.extent(3))) return T(0);
        auto const top = path.greatest(forward.edge, n, y, x);
        if (top.dy != i || top.dx != j) return T(0);
        T const both = dgates(n, k, y, x) + dgates(n, dgates.extent(1) - 1 - k, y + path.d.dy, x + path.d.dx);
        return -forward.beta * pow(T(1) - forward.edge(n, 0, y + i, x + j), forward.beta - T(1)) * both;
    }
};

/// to = x (1 - edge), for all maps of x.
template <class T, class M>
struct fade_op {
    view<T const, 4, M> x, edge;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t u) const
    {
        to(n, l, y, u) = x(n, l, y, u) * (T(1) - edge(n, 0, y, u));
    }
};

/// dL/dedge of it, -Σ_l x_l d_l.
template <class T, class M>
struct fade_adjoint_op {
    view<T const, 4, M> x, dout;
    view<T, 4, M> to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t y, index_t u) const
    {
        T sum(0);
        for (index_t l = 0; l < x.extent(1); ++l) sum -= x(n, l, y, u) * dout(n, l, y, u);
        to(n, 0, y, u) = sum;
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/pair_affinity.hpp>
#endif
