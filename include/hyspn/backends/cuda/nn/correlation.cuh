// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/backends/cuda/weight_products.cuh>
#include <hyspn/nn/detail/correlation.hpp>

/// \file
/// Correlations on CUDA as products of matrices: the pixels under the windows are written side by side, some points of
/// the result at a time, and cuBLAS multiplies them. Few channels or outputs a group (a depthwise convolution) run the
/// plain operations, which then read no more than needed.

namespace hyspn::detail {

/// Numbers of unfolded windows at a time: small enough for the second-level cache of a large device.
inline constexpr index_t unfolded_room = index_t{8} << 20;
/// Some lines of some images.
struct image_part {
    index_t image, images, line, lines;
};

/// Calls f(part) until every line of every image was in one: whole images while several fit, else lines of one.
template <class F>
void for_each_image_part(dims<4> const& points, index_t numbers_a_point, F const& f)
{
    index_t const line = numbers_a_point * points[3];
    index_t const images = std::max<index_t>(unfolded_room / std::max<index_t>(line * points[2], 1), 1);
    index_t const lines = images > 1 ? points[2] : std::max<index_t>(unfolded_room / std::max<index_t>(line, 1), 1);
    for (index_t n = 0; n < points[0]; n += images)
        for (index_t i = 0; i < points[2]; i += lines)
            f(image_part{n, std::min(images, points[0] - n), i, std::min(lines, points[2] - i)});
}

/// What a row of unfolded windows reads: a plane, and where its tap looks.
template <class T>
struct unfolded_row {
    view<T const, 2, memory::device> plane;
    index_t row_offset, column_offset;

    HYSPN_HD unfolded_row(view<T const, 4, memory::device> const& x, index_t n, index_t c, window const& over,
                          index_t m)
        : plane(x.data_handle() + n * x.stride(0) + c * x.stride(1), {x.extent(2), x.extent(3)},
                {x.stride(2), x.stride(3)}),
          row_offset(over.offset(0, m)),
          column_offset(over.offset(1, m))
    {
    }
};

/// What a correlation reads at its outputs: row r of the matrix of weights multiplies channel c under tap m of x at
/// every output, 0 where absent.
template <class T>
struct unfold_op {
    window over;
    view<T const, 4, memory::device> x;  ///< the group's channels
    bool taps_last;                      ///< r = c·taps + m; otherwise m·channels + c
    image_part part;
    view<T, 4, memory::device> to;  ///< [images, rows, lines, W'] out

    HYSPN_HD unfolded_row<T> at(index_t n, index_t r) const
    {
        index_t const inner = taps_last ? over.taps() : x.extent(1);
        index_t const m = taps_last ? r % inner : r / inner, c = taps_last ? r / inner : r % inner;
        return {x, part.image + n, c, over, m};
    }
    HYSPN_HD T value(unfolded_row<T> const& from, index_t i, index_t j) const
    {
        index_t const a = (part.line + i) * over.stride[0] + from.row_offset,
                      b = j * over.stride[1] + from.column_offset;
        return a >= 0 && a < from.plane.extent(0) && b >= 0 && b < from.plane.extent(1) ? from.plane(a, b) : T(0);
    }
};

/// What the transpose reads at its inputs: output o of those that see an input's pixel through tap m, 0 where none
/// does; r = m·outputs + o.
template <class T>
struct unfold_outputs_op {
    window over;
    view<T const, 4, memory::device> y;  ///< the group's outputs
    image_part part;
    view<T, 4, memory::device> to;

    HYSPN_HD unfolded_row<T> at(index_t n, index_t r) const
    {
        index_t const m = r / y.extent(1), o = r % y.extent(1);
        return {y, part.image + n, o, over, m};
    }
    HYSPN_HD T value(unfolded_row<T> const& from, index_t i, index_t j) const
    {
        index_t a = part.line + i - from.row_offset, b = j - from.column_offset;
        if (a < 0 || b < 0 || !divide(a, over.stride[0]) || !divide(b, over.stride[1])) return T(0);
        return a < from.plane.extent(0) && b < from.plane.extent(1) ? from.plane(a, b) : T(0);
    }

private:
    /// False where nothing is divided without remainder.
    HYSPN_HD static bool divide(index_t& a, index_t stride)
    {
        if (stride == 1) return true;
        if (small_remainder(a, stride) != 0) return false;
        a = small_quotient(a, stride);
        return true;
    }
};

namespace [[gnu::visibility("hidden")]] kernels {

/// A block has one row of one image, so that what is the same for the row is found once.
template <class Op>
__global__ void unfold_rows(Op op)
{
    auto const& to = op.to;
    index_t const width = to.extent(3), pixels = to.extent(2) * width;
    for (index_t n = blockIdx.z; n < to.extent(0); n += gridDim.z)
        for (index_t r = blockIdx.y; r < to.extent(1); r += gridDim.y) {
            auto const from = op.at(n, r);
            auto* const numbers = &to(n, r, 0, 0);
            for (index_t p = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < pixels;
                 p += static_cast<index_t>(gridDim.x) * blockDim.x) {
                index_t const i = small_quotient(p, width);
                numbers[p] = op.value(from, i, p - i * width);
            }
        }
}

// clang-format off
}  // namespace kernels
// clang-format on

template <class Op>
void unfold(exec::cuda const& exec, Op const& op)
{
    constexpr unsigned threads = 256, pixels_a_thread = 4, most = 65535;
    dims<4> const e = op.to.extents();
    if (op.to.size() == 0) return;
    auto const at_most = [](index_t n) { return static_cast<unsigned>(n < most ? n : most); };
    dim3 const blocks(at_most((e[2] * e[3] + threads * pixels_a_thread - 1) / (threads * pixels_a_thread)),
                      at_most(e[1]), at_most(e[0]));
    kernels::unfold_rows<Op><<<blocks, threads, 0, exec.stream>>>(op);
    check_cuda(cudaGetLastError(), "unfold kernel launch");
}

/// Each image's planes as rows of a matrix: [N, C, H·W] of the lines of a part.
template <class T>
view<T, 3, memory::device> plane_rows(view<T, 4, memory::device> const& x, image_part const& part)
{
    return {x.data_handle() + part.image * x.stride(0) + part.line * x.stride(2),
            {part.images, x.extent(1), part.lines * x.extent(3)},
            {x.stride(0), x.stride(1), 1}};
}

/// Channels g·size … of each image.
template <class T>
view<T, 4, memory::device> group_of(view<T, 4, memory::device> const& x, index_t g, index_t size)
{
    return {x.data_handle() + g * size * x.stride(1), {x.extent(0), size, x.extent(2), x.extent(3)}, x.strides()};
}

/// Weights [O, K, C] of a group as a matrix [O, K·C] in the order they lie in memory.
template <class T>
struct weight_matrix {
    view<T, 2, memory::device> rows;
    bool taps_last;

    weight_matrix(view<T, 3, memory::device> const& z, index_t g, index_t outputs)
        : rows(z.data_handle() + g * outputs * z.stride(0), dims<2>{outputs, z.extent(1) * z.extent(2)},
               dims<2>{z.stride(0), 1}),
          taps_last(dense_taps_last(z))
    {
    }
    static bool exists(view<T, 3, memory::device> const& z)
    {
        index_t const numbers = z.extent(1) * z.extent(2);
        bool const apart = z.extent(0) <= 1 || (z.stride(0) >= numbers && z.stride(0) <= INT_MAX);
        bool const taps_first =
            (z.extent(2) <= 1 || z.stride(2) == 1) && (z.extent(1) <= 1 || z.stride(1) == z.extent(2));
        return apart && (taps_first || dense_taps_last(z));
    }

private:
    static bool dense_taps_last(view<T, 3, memory::device> const& z)
    {
        return (z.extent(1) <= 1 || z.stride(1) == 1) && (z.extent(2) <= 1 || z.stride(2) == z.extent(1));
    }
};

/// What an operation unfolds for a part of it, as a matrix for each image; `pixels`, its own input, where windows are
/// its pixels. `room` grows to what a part needs.
template <class T, class Op>
view<T const, 3, memory::device> unfolded(exec::cuda const& exec, Op op, view<T const, 4, memory::device> const& pixels,
                                          index_t width, tensor<T, 1, memory::device>& room)
{
    if (op.over.is_point() && planes_are_rows(pixels)) return plane_rows(pixels, op.part);
    dims<4> const e{op.part.images, op.over.taps() * pixels.extent(1), op.part.lines, width};
    index_t const numbers = e[0] * e[1] * e[2] * e[3];
    if (room.size() < numbers) room = tensor<T, 1, memory::device>(numbers);
    op.to = view<T, 4, memory::device>(room.data(), e);
    unfold(exec, op);
    return plane_rows(as_const(op.to), {0, e[0], 0, e[2]});
}

template <class T>
struct bias_planes_op {
    view<T const, 1, memory::device> bias;
    view<T, 4, memory::device> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t o, index_t i, index_t j) const { to(n, o, i, j) = bias(o); }
};

template <class T>
void dispatch(exec::cuda const& exec, correlation_op<T, memory::device> const& op)
{
    index_t const groups = op.plan.groups, outputs = op.z.extent(0) / groups, channels = op.z.extent(2);
    if (!products_pay(op.z, groups, op.inner.extents()) || !weight_matrix<T const>::exists(op.z) ||
        !planes_are_rows(op.inner))
        return parallel_for(exec, op.shape(), op);
    bool const biased = op.bias.data_handle() != nullptr;
    if (biased) dispatch(exec, bias_planes_op<T>{op.bias, op.inner});
    tensor<T, 1, memory::device> room;
    for (index_t g = 0; g < groups; ++g) {
        weight_matrix<T const> const weights(op.z, g, outputs);
        auto const x = group_of(op.x, g, channels);
        auto const y = group_of(op.inner, g, outputs);
        for_each_image_part(y.extents(), channels * op.plan.over.taps(), [&](image_part const& part) {
            auto const windows =
                unfolded<T>(exec, unfold_op<T>{op.plan.over, x, weights.taps_last, part, {}}, x, y.extent(3), room);
            matrix_products<T>(exec, op.plan.kappa, shared_by(weights.rows, part.images), windows, biased ? T(1) : T(0),
                               plane_rows(y, part));
        });
    }
}

template <class T>
void dispatch(exec::cuda const& exec, correlation_input_vjp_op<T, memory::device> const& op)
{
    index_t const groups = op.plan.groups, outputs = op.z.extent(0) / groups, channels = op.z.extent(2);
    index_t const taps = op.plan.over.taps();
    if (!products_pay(op.z, groups, op.dx.extents()) || !planes_are_rows(op.dx))
        return parallel_for(exec, op.shape(), op);
    tensor<T, 1, memory::device> room;
    tensor<T, 3, memory::device> transposed(channels, taps, outputs);
    view<T const, 2, memory::device> const weights(transposed.data(), {channels, taps * outputs});
    for (index_t g = 0; g < groups; ++g) {
        dispatch(exec, transposed_weights_op<T>{op.z, g * outputs, as_view(transposed)});
        auto const dy = group_of(op.inner_bar, g, outputs);
        auto const dx = group_of(op.dx, g, channels);
        for_each_image_part(dx.extents(), outputs * taps, [&](image_part const& part) {
            auto const windows =
                unfolded<T>(exec, unfold_outputs_op<T>{op.plan.over, dy, part, {}}, dy, dx.extent(3), room);
            matrix_products<T>(exec, op.plan.kappa, shared_by(weights, part.images), windows, T(0),
                               plane_rows(dx, part));
        });
    }
}

template <class T>
void dispatch(exec::cuda const& exec, correlation_weight_vjp_op<T, memory::device> const& op)
{
    index_t const groups = op.plan.groups, outputs = op.dz.extent(0) / groups, channels = op.dz.extent(2);
    if (!products_pay(as_const(op.dz), groups, op.inner_bar.extents()) || !weight_matrix<T>::exists(op.dz) ||
        !planes_are_rows(op.inner_bar))
        return add_weight_chunks(exec, op);
    tensor<T, 1, memory::device> room;
    for (index_t g = 0; g < groups; ++g) {
        weight_matrix<T> const dweights(op.dz, g, outputs);
        auto const x = group_of(op.x, g, channels);
        auto const dy = group_of(op.inner_bar, g, outputs);
        for_each_image_part(dy.extents(), channels * op.plan.over.taps(), [&](image_part const& part) {
            auto const windows =
                unfolded<T>(exec, unfold_op<T>{op.plan.over, x, dweights.taps_last, part, {}}, x, dy.extent(3), room);
            auto const left = plane_rows(dy, part);
            for (index_t n = 0; n < part.images; ++n)  // one after another: a sum in a fixed order
                matrix_product<T>(exec, op.plan.kappa, left[n], transposed_view(windows[n]), T(1), dweights.rows);
        });
    }
    if (op.extra.exists) {
        view<T const, 4, memory::device> const none(nullptr, dims<4>{0, op.dz.extent(0), op.dz.extent(1), channels});
        dispatch(exec, add_row_sums_op<T, memory::device>{none, true, op.extra.radial, op.extra.z, op.dz});
    }
}

}  // namespace hyspn::detail
