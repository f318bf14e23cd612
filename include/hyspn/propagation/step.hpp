// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/axes.hpp>
#include <hyspn/propagation/segments.hpp>

/// \file
/// The affine step x_{t+1} = C x_t + b with taps [N, J, H, W] shared by the L channels of the maps [N, L, H, W], its
/// repetition, and the adjoints of both.

namespace hyspn::detail {

/// to(p) = bias(p) + Σ_j tap_j(p) from(p + d_j), neighbours outside the image left out.
template <class T, class M>
struct stencil_step_op {
    stencil_neighbours neighbours;
    view<T const, 4, M> taps, bias, from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = bias(n, l, y, x);
        for (index_t j = 0; j < taps.extent(1); ++j) {
            auto const [dy, dx] = neighbours[j];
            if (inside(y + dy, x + dx, to.extent(2), to.extent(3)))
                sum += taps(n, j, y, x) * from(n, l, y + dy, x + dx);
        }
        to(n, l, y, x) = sum;
    }
};

/// to = bias + Cᵀ from: to(q) = bias(q) + Σ_j tap_j(q - d_j) from(q - d_j). A gather, so each pixel is written once.
/// A bias without data counts as 0.
template <class T, class M>
struct stencil_transposed_op {
    stencil_neighbours neighbours;
    view<T const, 4, M> taps, bias, from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = bias.data_handle() ? bias(n, l, y, x) : T(0);
        for (index_t j = 0; j < taps.extent(1); ++j) {
            auto const [dy, dx] = neighbours[j];
            index_t const v = y - dy, u = x - dx;
            if (inside(v, u, to.extent(2), to.extent(3))) sum += taps(n, j, v, u) * from(n, l, v, u);
        }
        to(n, l, y, x) = sum;
    }
};

/// dtaps_j(p) += Σ_g Σ_l λ_gl(p) x_gl(p + d_j), for G steps of which step g took x_g to the map whose adjoint is λ_g.
template <class T, class M>
struct stencil_taps_gradient_op {
    stencil_neighbours neighbours;
    view<T const, 5, M> lambda, from;  ///< [G, N, L, H, W]
    view<T, 4, M> dtaps;

    dims<4> shape() const { return dtaps.extents(); }

    HYSPN_HD void operator()(index_t n, index_t j, index_t y, index_t x) const
    {
        auto const [dy, dx] = neighbours[j];
        if (!inside(y + dy, x + dx, dtaps.extent(2), dtaps.extent(3))) return;
        T sum = dtaps(n, j, y, x);
        for (index_t g = 0; g < from.extent(0); ++g)
            for (index_t l = 0; l < from.extent(2); ++l)  // the same bits however many steps come at a time
                sum = multiply_add(lambda(g, n, l, y, x), from(g, n, l, y + dy, x + dx), sum);
        dtaps(n, j, y, x) = sum;
    }
};

/// to += Σ_g from_g.
template <class T, class M>
struct stencil_sum_op {
    view<T const, 5, M> from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = to(n, l, y, x);
        for (index_t g = 0; g < from.extent(0); ++g) sum += from(g, n, l, y, x);
        to(n, l, y, x) = sum;
    }
};

/// `steps` steps from x_0 = initial to out = x_steps. When iterates [steps - 1, N, L, H, W] has data, it receives
/// x_1 ... x_{steps - 1}.
template <class T, class M>
struct stencil_iterate_op {
    stencil_neighbours neighbours;
    index_t steps;
    view<T const, 4, M> taps, bias, initial;
    view<T, 4, M> out;
    view<T, 5, M> iterates;

    stencil_step_op<T, M> step(view<T const, 4, M> from, view<T, 4, M> to) const
    {
        return {neighbours, taps, bias, from, to};
    }
};

/// Step by step, one launch each.
template <execution_policy P, class T, class M>
void iterate_stencil(P const& exec, stencil_iterate_op<T, M> const& op)
{
    if (op.steps == 0) return dispatch(exec, copy_op<T, 4, M>{op.initial, op.out});
    bool const keep = op.iterates.data_handle() != nullptr;
    tensor<T, 4, M> scratch(keep || op.steps == 1 ? dims<4>{} : op.out.extents());
    view<T const, 4, M> from = op.initial;
    for (index_t t = 1; t <= op.steps; ++t) {
        bool const into_out = (op.steps - t) % 2 == 0;
        view<T, 4, M> const to = t == op.steps ? op.out
                                 : keep        ? op.iterates[t - 1]
                                 : into_out    ? op.out
                                               : as_view(scratch);
        dispatch(exec, op.step(from, to));
        from = to;
    }
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, stencil_iterate_op<T, M> const& op)
{
    iterate_stencil(exec, op);
}

/// Gradients that reach iterates before the last directly: element i belongs to x_t with t = at[i].
template <class T, class M>
struct stencil_cotangents {
    view<T const, 5, M> d{};  ///< [S, N, L, H, W]
    index_t const* at{};      ///< S steps, on the host

    /// That of x_t; no data where there is none.
    view<T const, 4, M> of(index_t t) const
    {
        for (index_t i = 0; i < d.extent(0); ++i)
            if (at[i] == t) return d[i];
        return {};
    }
};

/// Adjoint of the iteration. Writes dinitial = dL/dx_0 (its x_0 part), adds to dtaps and dbias, from dout = dL/dx_steps
/// and, where the loss reads iterates on the way, their own gradients. Only x_0 = initial and the kept iterates are
/// read.
template <class T, class M>
struct stencil_iterate_adjoint_op {
    stencil_neighbours neighbours;
    index_t steps;
    view<T const, 4, M> taps, initial;
    view<T const, 5, M> iterates;
    view<T const, 4, M> dout;
    view<T, 4, M> dinitial, dtaps, dbias;
    stencil_cotangents<T, M> on_the_way{};
};

/// Elements first, first - 1, ... of the first index.
template <class T, class M>
view<T, 5, M> descending(view<T, 5, M> const& v, index_t first, index_t count)
{
    dims<5> extents = v.extents(), strides = v.strides();
    extents[0] = count;
    strides[0] = -strides[0];
    return {v[first].data_handle(), extents, strides};
}

/// λ_{t-1} = Cᵀ λ_t + what reaches x_{t-1} directly, a few adjoints at a time: dtaps, the largest array, is then
/// touched once for all of them.
template <execution_policy P, class T, class M>
void dispatch(P const& exec, stencil_iterate_adjoint_op<T, M> const& op)
{
    constexpr index_t group = 4;
    if (op.steps == 0) return dispatch(exec, copy_op<T, 4, M>{op.dout, op.dinitial});
    dims<4> const e = op.dout.extents();
    tensor<T, 5, M> storage(dims<5>{group, e[0], e[1], e[2], e[3]});
    auto const lambdas = as_view(storage);
    dispatch(exec, copy_op<T, 4, M>{op.dout, lambdas[0]});
    for (index_t t = op.steps, first = 0; t > 0;) {
        // lambdas[first + i] is λ_{t-i}, and belongs to the step from x_{t-i-1}; x_0 is not among the iterates.
        index_t const count = t == 1 ? 1 : std::min(group - first, t - 1);
        for (index_t i = first + 1; i < first + count; ++i)
            dispatch(exec, stencil_transposed_op<T, M>{op.neighbours, op.taps, op.on_the_way.of(t - i), lambdas[i - 1],
                                                       lambdas[i]});
        view<T const, 5, M> const used = ascending(lambdas, first, count);
        view<T const, 5, M> const from = t == 1 ? with_batch(op.initial) : descending(op.iterates, t - 2, count);
        dispatch(exec, stencil_taps_gradient_op<T, M>{op.neighbours, used, from, op.dtaps});
        dispatch(exec, stencil_sum_op<T, M>{used, op.dbias});
        index_t const last = first + count - 1;
        first = last == 0 ? 1 : 0;
        t -= count;
        dispatch(exec, stencil_transposed_op<T, M>{op.neighbours, op.taps, op.on_the_way.of(t), lambdas[last],
                                                   t == 0 ? op.dinitial : lambdas[first]});
    }
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/step.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/propagation/step.cuh>
#endif
