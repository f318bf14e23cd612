// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/propagation/sampled.hpp>
#include <hyspn/propagation/stability.hpp>

/// \file
/// The stability report of networks with learned offsets.

namespace hyspn::detail {

/// The matrix of a step, C(p, q) = Σ_k w_k(p) b_k(p, q) + [current, p = q] (1 - Σ_k w_k(p)) with b the bilinear
/// weights, as a step whose 4 K + 1 samples lie on the grid and on different pixels: first the corners above left of
/// all samples, then those to the right of them, below and diagonally below, then the pixel itself. What several
/// samples have in common belongs to the first, so that signs cancel as they do in a step. Pixels that take no part are
/// read by none but themselves.
template <class T, class M>
struct sampled_matrix_op {
    sampled_step_op<T, M> step;  ///< with nothing to read or write
    view<T const, 4, M> active;  ///< no data: all pixels
    view<T, 4, M> offsets;       ///< [N, 2 (4 K + 1), H, W], from the pixel
    view<T, 4, M> weights;       ///< [N, 4 K + 1, H, W]

    dims<4> shape() const
    {
        dims<4> const e = weights.extents();
        return {e[0], step.points.count() + 1, e[2], e[3]};
    }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        index_t const K = step.points.count();
        if (k == K) return put(n, 4 * K, y, x, {0, 0}, itself(n, y, x));
        auto const cell = step.points(n, k, y, x);
        for (index_t corner = 0; corner < 4; ++corner) {
            index_t const v = cell.y + corner / 2, u = cell.x + corner % 2;
            bool const counts =
                reads(cell, v, u) && !(v == y && u == x) && takes_part(n, v, u) && !earlier(n, k, y, x, v, u);
            put(n, corner * K + k, y, x, counts ? pixel_offset{v - y, u - x} : pixel_offset{0, 0},
                counts ? sum(n, k, y, x, v, u) : T(0));
        }
    }

private:
    HYSPN_HD void put(index_t n, index_t entry, index_t y, index_t x, pixel_offset at, T weight) const
    {
        offsets(n, 2 * entry, y, x) = T(at.dy);
        offsets(n, 2 * entry + 1, y, x) = T(at.dx);
        weights(n, entry, y, x) = weight;
    }

    HYSPN_HD static T bilinear(sample_cell<T> const& c, index_t v, index_t u)
    {
        return c.around(v, u) ? c.row_weight(v) * c.column_weight(u) : T(0);
    }
    HYSPN_HD bool reads(sample_cell<T> const& c, index_t v, index_t u) const
    {
        return inside(v, u, weights.extent(2), weights.extent(3)) && bilinear(c, v, u) > T(0);
    }
    HYSPN_HD bool takes_part(index_t n, index_t y, index_t x) const
    {
        return !active.data_handle() || active(n, 0, y, x) != T(0);
    }
    /// Whether a sample before the k-th reads the pixel (v, u) as well.
    HYSPN_HD bool earlier(index_t n, index_t k, index_t y, index_t x, index_t v, index_t u) const
    {
        for (index_t j = 0; j < k; ++j)
            if (reads(step.points(n, j, y, x), v, u)) return true;
        return false;
    }
    /// Σ w_k b_k from the first sample that reads the pixel.
    HYSPN_HD T sum(index_t n, index_t first, index_t y, index_t x, index_t v, index_t u) const
    {
        T total = T(0);
        for (index_t k = first; k < step.points.count(); ++k)
            total += step.weights(n, k, y, x) * bilinear(step.points(n, k, y, x), v, u);
        return total;
    }
    /// A weight that is no number makes this none, whatever it multiplies, as it does the result of a step.
    HYSPN_HD T itself(index_t n, index_t y, index_t x) const
    {
        if (!takes_part(n, y, x)) return T(1);
        T rest = step.current ? T(1) : T(0);
        if (step.current)
            for (index_t k = 0; k < step.points.count(); ++k) rest -= step.weights(n, k, y, x);
        return sum(n, 0, y, x, y, x) + rest;
    }
};

/// to(p) = Σ_q C(p, q) from(q), the weights being those of sampled_matrix_op or their magnitudes.
template <class T, class M>
struct sampled_matrix_row_op {
    view<T const, 4, M> offsets, weights, from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = T(0);
        for (index_t i = 0; i < weights.extent(1); ++i) {
            auto const v = y + static_cast<index_t>(offsets(n, 2 * i, y, x));
            auto const u = x + static_cast<index_t>(offsets(n, 2 * i + 1, y, x));
            sum += weights(n, i, y, x) * from(n, l, v, u);
        }
        to(n, l, y, x) = sum;
    }
};

/// The quantities of a stability_report from the steps of a network with learned offsets.
template <execution_policy P, class T, class M>
class sampled_measures {
public:
    /// The steps of `of`, whose maps are not looked at.
    sampled_measures(P const& exec, sampled_iterate_op<T, M> const& of)
        : exec_(exec),
          of_(of),
          offsets_(channels(2 * entries())),
          weights_(channels(entries())),
          magnitudes_(channels(entries())),
          ones_(channels(1)),
          bound_(channels(1)),
          result_(channels(1))
    {
        for (auto* map : {&ones_, &bound_}) dispatch(exec_, fill_op<T, 4, M>{T(1), as_view(*map)});
    }

    propagation::stability_report report()
    {
        bool const own_sets = of_.axes.gates_per_step || of_.axes.offsets_per_step;
        index_t const steps = of_.axes.steps, matrices = own_sets ? steps : 1;
        propagation::stability_report r;
        for (index_t t = 0; t < std::max(steps, matrices); ++t) {
            if (t < matrices) measure(t, r);
            if (t < steps) grow();
        }
        r.growth = farthest_from(bound_, T(0));
        r.preserves_constants = is_rounding<T>(r, 4 * of_.axes.count() + 2);
        return r;
    }

private:
    index_t entries() const { return 4 * of_.axes.count() + 1; }
    tensor<T, 4, M> channels(index_t count) const { return tensor<T, 4, M>(with_channels(of_.in.initial, count)); }

    /// The matrix of step t; leaves its magnitudes.
    void measure(index_t t, propagation::stability_report& r)
    {
        dispatch(exec_,
                 sampled_matrix_op<T, M>{of_.step(t, {}, {}), of_.in.active, as_view(offsets_), as_view(weights_)});
        raise_to(r.constant_error, farthest(weights_, T(1)));
        take_magnitudes(true);
        raise_to(r.negative_mass, farthest(magnitudes_, T(0)));
        take_magnitudes(false);
        raise_to(r.max_row_sum, farthest(magnitudes_, T(0)));
        raise_to(r.max_column_sum, max_column_sum());
    }

    void take_magnitudes(bool negative)
    {
        dispatch(exec_, magnitude_op<T, M>{negative, as_const(weights_), as_view(magnitudes_)});
    }

    /// max |Σ_q C(p, q) - c| of the matrix with these weights.
    double farthest(tensor<T, 4, M> const& weights, T c)
    {
        apply(weights, ones_);
        return farthest_from(result_, c);
    }

    /// Corner by corner: the transpose is that of K samples.
    double max_column_sum()
    {
        index_t const K = of_.axes.count();
        tensor<T, 4, M> part(result_.extents());
        dispatch(exec_, copy_op<T, 4, M>{channels_of(as_const(magnitudes_), 4 * K, 1), as_view(result_)});
        for (index_t corner = 0; corner < 4; ++corner) {
            transpose_samples(
                exec_,
                sampled_transposed_op<T, M>{
                    points(corner * K), channels_of(as_const(magnitudes_), corner * K, K), false, {}, as_view(part)});
            dispatch(exec_, add_scaled_op<T, 4, M>{T(1), as_const(part), as_view(result_)});
        }
        return farthest_from(result_, T(0));
    }

    /// What |x_{t+1}| is at most where |x_t| is at most the bound.
    void grow()
    {
        apply(magnitudes_, bound_);
        std::swap(result_, bound_);
    }

    void apply(tensor<T, 4, M> const& weights, tensor<T, 4, M> const& from)
    {
        dispatch(exec_,
                 sampled_matrix_row_op<T, M>{as_const(offsets_), as_const(weights), as_const(from), as_view(result_)});
    }

    /// K entries, on the grid.
    sample_points<T, M> points(index_t first) const
    {
        return {places_of(of_.axes), 0, false, channels_of(as_const(offsets_), 2 * first, 2 * of_.axes.count())};
    }

    double farthest_from(tensor<T, 4, M> const& map, T c) const
    {
        return static_cast<double>(reduce(exec_, map.size(), distance_from<T>{map.data(), c}).value);
    }
    static void raise_to(double& quantity, double found) { quantity = std::max(quantity, found); }

    P exec_;
    sampled_iterate_op<T, M> of_;
    tensor<T, 4, M> offsets_, weights_, magnitudes_, ones_, bound_, result_;
};

}  // namespace hyspn::detail

namespace hyspn::propagation {

/// The report for net.steps steps of a network with learned offsets: that of stencils, for the matrix whose rows are
/// the bilinear weights of all samples of a pixel, those of one pixel summed, and the centre's share. Where steps have
/// gates or offsets of their own, the sums are the greatest of any step and the growth is that of all in turn. `in` is
/// what forward takes; its maps count for nothing but their shape. Constants stay only where every sample lies in the
/// image, so `preserves_constants` is false as soon as one reaches over the border.
///
/// Costs O(K² + T K) operations per pixel, some three forward passes of exec::seq (K² for each set of gates or
/// offsets), and 16 K maps of scratch. NaN and infinite gates make quantities infinite. Throws shape_error and
/// value_error as sampled::forward does.
template <execution_policy P, class T>
stability_report stability(P const& exec, sampled const& net, sampled_inputs<T, typename P::memory_space> const& in)
{
    using M = typename P::memory_space;
    hyspn::detail::require_options("stability", net);
    hyspn::detail::require_inputs("stability", net, in);
    tensor<T, 4, M> weights(in.gates.extents());
    hyspn::detail::active_samples<T, M> const of(exec, in);
    of.weigh(exec, net, as_view(weights));
    return hyspn::detail::sampled_measures<P, T, M>(exec, {net, of.kept, {}, as_const(weights), {}, {}}).report();
}

}  // namespace hyspn::propagation
