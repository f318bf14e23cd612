// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>
#include <hyspn/nn/detail/window.hpp>

/// \file
/// The linear part of every layer with weights: with t the scaled vectors under the window side by side,
///   i_o = ⟨t, z_o⟩ = κ Σ_m ⟨z_{o,m}, v_m⟩  and  ‖t‖ = κ √(Σ_m ‖v_m‖²),
/// and the transposes; a plain convolution is i_o + bias_o with κ = 1. Channels and outputs fall into `groups` equal
/// parts; outputs of a part see its channels only. These plain loops are the reference; exec::omp and exec::cuda have
/// kernels of their own (backends/<policy>/nn).

namespace hyspn::detail {

/// What is constant in a correlation.
template <class T>
struct correlation_plan {
    window over;
    index_t groups;
    T kappa;
};

/// ‖·‖ of each group's channels of each pixel.
template <class T, class M>
struct group_norm_op {
    view<T const, 4, M> x;
    view<T, 4, M> radius;  ///< [N, G, H, W] out

    dims<4> shape() const { return radius.extents(); }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const size = x.extent(1) / radius.extent(1);
        radius(n, g, i, j) = norm(channels_of(x, n, g * size, size, i, j));
    }
};

/// The radii under one window; 0 where absent.
template <class T, class M>
struct window_radii {
    window const& over;
    view<T const, 4, M> const& radius;
    index_t n, g, i, j;

    HYSPN_HD index_t extent(std::size_t) const { return over.taps(); }
    HYSPN_HD T operator()(index_t m) const
    {
        index_t const a = over.source(0, i, m), b = over.source(1, j, m);
        bool const present = a >= 0 && a < radius.extent(2) && b >= 0 && b < radius.extent(3);
        return present ? radius(n, g, a, b) : T(0);
    }
};

template <class T, class M>
struct window_norm_op {
    window over;
    T kappa;
    view<T const, 4, M> radius;
    view<T, 4, M> norm_t;  ///< [N, G, H', W'] out

    dims<4> shape() const { return norm_t.extents(); }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        norm_t(n, g, i, j) = kappa * norm(window_radii<T, M>{over, radius, n, g, i, j});
    }
};

/// Outputs formed at a time, for each channel read.
inline constexpr index_t outputs_per_pass = 8;

template <class T, class M>
struct correlation_op {
    correlation_plan<T> plan;
    view<T const, 4, M> x;
    view<T const, 3, M> z;       ///< [O, K, C/G]
    view<T, 4, M> inner;         ///< [N, O, H', W'] out
    view<T const, 1, M> bias{};  ///< [O], added to the sums; or null

    dims<4> shape() const { return {inner.extent(0), plan.groups, inner.extent(2), inner.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const size = z.extent(0) / plan.groups;
        for (index_t o = 0; o < size; o += outputs_per_pass)
            pass(n, g, i, j, g * size + o, size - o < outputs_per_pass ? size - o : outputs_per_pass);
    }

private:
    HYSPN_HD void pass(index_t n, index_t g, index_t i, index_t j, index_t first, index_t count) const
    {
        T sum[outputs_per_pass] = {};
        for (index_t m = 0; m < z.extent(1); ++m) {
            index_t const a = plan.over.source(0, i, m), b = plan.over.source(1, j, m);
            if (a < 0 || a >= x.extent(2) || b < 0 || b >= x.extent(3)) continue;
            auto const v = channels_of(x, n, g * z.extent(2), z.extent(2), a, b);
            T tap[outputs_per_pass] = {};
            for (index_t c = 0; c < v.extent(0); ++c)
                for (index_t o = 0; o < count; ++o) tap[o] += z(first + o, m, c) * v(c);
            for (index_t o = 0; o < count; ++o) sum[o] += tap[o];
        }
        bool const biased = bias.data_handle() != nullptr;
        for (index_t o = 0; o < count; ++o)
            inner(n, first + o, i, j) = biased ? plan.kappa * sum[o] + bias(first + o) : plan.kappa * sum[o];
    }
};

/// dx = κ Σ over the outputs that see a pixel of Σ_o ī_o z_{o,m}. Written.
template <class T, class M>
struct correlation_input_vjp_op {
    correlation_plan<T> plan;
    view<T const, 3, M> z;
    view<T const, 4, M> inner_bar;
    view<T, 4, M> dx;

    dims<4> shape() const { return {dx.extent(0), plan.groups, dx.extent(2), dx.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const outputs = z.extent(0) / plan.groups;
        auto const dv = channels_of(dx, n, g * z.extent(2), z.extent(2), i, j);
        for (index_t c = 0; c < dv.extent(0); ++c) dv(c) = T(0);
        for (index_t m = 0; m < z.extent(1); ++m) {
            index_t a, b;
            if (!output_of_tap(plan.over, 0, i, m, inner_bar.extent(2), a)) continue;
            if (!output_of_tap(plan.over, 1, j, m, inner_bar.extent(3), b)) continue;
            auto const g_inner = channels_of(inner_bar, n, g * outputs, outputs, a, b);
            for (index_t c = 0; c < dv.extent(0); ++c) {
                T sum(0);
                for (index_t o = 0; o < outputs; ++o) sum += g_inner(o) * z(g * outputs + o, m, c);
                dv(c) += plan.kappa * sum;
            }
        }
    }

    /// The output position that sees pixel `at` through tap m; false when there is none.
    HYSPN_HD static bool output_of_tap(window const& over, std::size_t axis, index_t at, index_t m, index_t outputs,
                                       index_t& position)
    {
        index_t const distance = at - over.offset(axis, m);
        position = distance / over.stride[axis];
        return distance >= 0 && distance % over.stride[axis] == 0 && position < outputs;
    }
};

/// dx += κ²·v·Σ of τ_t over the windows that see a pixel, τ_t the cotangent of ‖t‖²/2.
template <class T, class M>
struct window_norm_vjp_op {
    correlation_plan<T> plan;
    view<T const, 4, M> x;
    view<T const, 4, M> norm_bar;  ///< [N, G, H', W']
    view<T, 4, M> dx;

    dims<4> shape() const { return {dx.extent(0), plan.groups, dx.extent(2), dx.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t g, index_t i, index_t j) const
    {
        using input = correlation_input_vjp_op<T, M>;
        T stretch(0);
        for (index_t m = 0; m < plan.over.taps(); ++m) {
            index_t a, b;
            if (input::output_of_tap(plan.over, 0, i, m, norm_bar.extent(2), a) &&
                input::output_of_tap(plan.over, 1, j, m, norm_bar.extent(3), b))
                stretch += norm_bar(n, g, a, b);
        }
        stretch *= plan.kappa * plan.kappa;
        index_t const size = x.extent(1) / plan.groups;
        auto const v = channels_of(x, n, g * size, size, i, j);
        auto const dv = channels_of(dx, n, g * size, size, i, j);
        for (index_t c = 0; c < size; ++c) dv(c) += stretch * v(c);
    }
};

/// z̄_{o,m} = κ Σ ī_o v_m over the outputs, chunk by chunk.
template <class T, class M>
struct correlation_row_vjp_op {
    correlation_plan<T> plan;
    view<T const, 4, M> x;
    view<T const, 4, M> inner_bar;
    pixel_chunks chunks;    ///< of the outputs
    view<T, 4, M> partial;  ///< [chunks, O, K, C/G] out

    dims<4> shape() const { return {chunks.count, plan.groups, partial.extent(2), partial.extent(3)}; }
    HYSPN_HD void operator()(index_t chunk, index_t g, index_t m, index_t c) const
    {
        index_t const size = partial.extent(1) / plan.groups;
        for (index_t o = 0; o < size; o += outputs_per_pass)
            pass(chunk, g, m, c, g * size + o, size - o < outputs_per_pass ? size - o : outputs_per_pass);
    }

private:
    HYSPN_HD void pass(index_t chunk, index_t g, index_t m, index_t c, index_t first, index_t count) const
    {
        T total[outputs_per_pass] = {};
        for (index_t p = chunks.first(chunk); p < chunks.end(chunk); p += pixels_in_a_row) {
            T sum[outputs_per_pass] = {};
            index_t const end = p + pixels_in_a_row < chunks.end(chunk) ? p + pixels_in_a_row : chunks.end(chunk);
            for (index_t q = p; q < end; ++q) {
                index_t const n = chunks.batch(q), i = chunks.row(q), j = chunks.column(q);
                index_t const a = plan.over.source(0, i, m), b = plan.over.source(1, j, m);
                if (a < 0 || a >= x.extent(2) || b < 0 || b >= x.extent(3)) continue;
                T const v = x(n, g * partial.extent(3) + c, a, b);
                for (index_t o = 0; o < count; ++o) sum[o] += inner_bar(n, first + o, i, j) * v;
            }
            for (index_t o = 0; o < count; ++o) total[o] += sum[o];
        }
        for (index_t o = 0; o < count; ++o) partial(chunk, first + o, m, c) = plan.kappa * total[o];
    }
};

/// Chunks of outputs for weight gradients of `weights` numbers: as many as usual, fewer when the sums would be large.
inline pixel_chunks chunks_for(dims<4> const& outputs, index_t weights)
{
    constexpr index_t room = index_t{1} << 24;
    index_t const most = weights > 0 ? room / weights : 64;
    return pixel_chunks(outputs, most < 4 ? 4 : most > 64 ? 64 : most);
}

/// What z̄ has beside the correlation's part: radial_o·z_o, where there is one.
template <class T, class M>
struct radial_part {
    bool exists = false;
    view<T const, 1, M> radial{};
    view<T const, 3, M> z{};
};

/// dz += z̄ of a correlation of x, and the radial part.
template <class T, class M>
struct correlation_weight_vjp_op {
    correlation_plan<T> plan;
    view<T const, 4, M> x;
    view<T const, 4, M> inner_bar;
    radial_part<T, M> extra;
    view<T, 3, M> dz;
};

/// It, chunk by chunk.
template <execution_policy P, class T, class M>
void add_weight_chunks(P const& exec, correlation_weight_vjp_op<T, M> const& op)
{
    view<T, 3, M> const& dz = op.dz;
    pixel_chunks const chunks = chunks_for(op.inner_bar.extents(), dz.size());
    tensor<T, 4, M> partial(chunks.count, dz.extent(0), dz.extent(1), dz.extent(2));
    dispatch(exec, correlation_row_vjp_op<T, M>{op.plan, op.x, op.inner_bar, chunks, as_view(partial)});
    dispatch(exec, add_row_sums_op<T, M>{as_const(partial), op.extra.exists, op.extra.radial, op.extra.z, dz});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, correlation_weight_vjp_op<T, M> const& op)
{
    add_weight_chunks(exec, op);
}

/// ‖t‖ of every window and group.
template <execution_policy P, class T, class M>
void window_norms(P const& exec, correlation_plan<T> const& plan, view<T const, 4, M> const& x,
                  view<T, 4, M> const& norm_t)
{
    if (plan.over.is_point() && plan.kappa == T(1)) {
        dispatch(exec, group_norm_op<T, M>{x, norm_t});
        return;
    }
    tensor<T, 4, M> radius(x.extent(0), plan.groups, x.extent(2), x.extent(3));
    dispatch(exec, group_norm_op<T, M>{x, as_view(radius)});
    dispatch(exec, window_norm_op<T, M>{plan.over, plan.kappa, as_const(radius), norm_t});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/correlation.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/nn/correlation.cuh>
#endif
