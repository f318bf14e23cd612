// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Sums over the pixels of [N, C, H, W] in a fixed order: the same bits from every host policy and any number of
/// threads. exec::cuda has an order of its own.

namespace hyspn::detail {

/// Pixels in a fixed number of stretches, whatever runs them: at most `most`, so that partial sums stay small.
struct pixel_chunks {
    index_t height, width, pixels, count, length;

    explicit pixel_chunks(dims<4> const& x, index_t most = 64)
        : height(x[2]), width(x[3]), pixels(x[0] * x[2] * x[3]), count((pixels + 255) / 256)
    {
        if (count > most) count = most;
        length = count > 0 ? (pixels + count - 1) / count : 0;
    }
    HYSPN_HD index_t first(index_t chunk) const { return chunk * length; }
    HYSPN_HD index_t end(index_t chunk) const
    {
        index_t const e = (chunk + 1) * length;
        return e < pixels ? e : pixels;
    }
    HYSPN_HD index_t batch(index_t p) const { return p / (height * width); }
    HYSPN_HD index_t row(index_t p) const { return p / width % height; }
    HYSPN_HD index_t column(index_t p) const { return p % width; }
};

/// Pixels summed one after another before their sum is added to the chunk's.
inline constexpr index_t pixels_in_a_row = 64;

/// Sum over all pixels of each plane of [N, O, H, W], chunk by chunk.
template <class T, class M>
struct plane_sum_op {
    view<T const, 4, M> planes;
    pixel_chunks chunks;
    view<T, 2, M> partial;  ///< [chunks, O] out

    dims<2> shape() const { return partial.extents(); }
    HYSPN_HD void operator()(index_t chunk, index_t o) const
    {
        T total(0);
        for (index_t p = chunks.first(chunk); p < chunks.end(chunk); p += pixels_in_a_row) {
            T sum(0);
            for (index_t q = p; q < chunks.end(chunk) && q < p + pixels_in_a_row; ++q)
                sum += planes(chunks.batch(q), o, chunks.row(q), chunks.column(q));
            total += sum;
        }
        partial(chunk, o) = total;
    }
};

/// Σ over chunks, into sums(o) or added to it.
template <class T, class M>
struct add_chunks_op {
    view<T const, 2, M> partial;
    bool accumulate;
    view<T, 1, M> sums;

    dims<1> shape() const { return sums.extents(); }
    HYSPN_HD void operator()(index_t o) const
    {
        T total(0);
        for (index_t chunk = 0; chunk < partial.extent(0); ++chunk) total += partial(chunk, o);
        sums(o) = accumulate ? sums(o) + total : total;
    }
};

/// dz += Σ over chunks + radial_o·z_o, the second where there is one.
template <class T, class M>
struct add_row_sums_op {
    view<T const, 4, M> partial;
    bool has_radial;
    view<T const, 1, M> radial;
    view<T const, 3, M> z;
    view<T, 3, M> dz;

    dims<3> shape() const { return dz.extents(); }
    HYSPN_HD void operator()(index_t o, index_t m, index_t c) const
    {
        T total(0);
        for (index_t chunk = 0; chunk < partial.extent(0); ++chunk) total += partial(chunk, o, m, c);
        dz(o, m, c) += has_radial ? total + radial(o) * z(o, m, c) : total;
    }
};

/// Sum over all pixels of each plane, into sums(o) or added to it.
template <execution_policy P, class T, class M>
void sum_planes(P const& exec, view<T const, 4, M> const& planes, bool accumulate, view<T, 1, M> const& sums)
{
    pixel_chunks const chunks(planes.extents());
    tensor<T, 2, M> partial(chunks.count, planes.extent(1));
    dispatch(exec, plane_sum_op<T, M>{planes, chunks, as_view(partial)});
    dispatch(exec, add_chunks_op<T, M>{as_const(partial), accumulate, sums});
}

/// Element of a dense array by its flat position, for reduce.
template <class T, std::size_t Rank, class M>
struct dense_element {
    view<T const, Rank, M> x;
    HYSPN_HD T operator()(index_t i) const { return x.data_handle()[i]; }
};

template <execution_policy P, class T, std::size_t Rank, class M>
T sum_of(P const& exec, tensor<T, Rank, M> const& x)
{
    return reduce(exec, x.size(), dense_element<T, Rank, M>{as_const(x)});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/pixel_sums.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/pixel_sums.cuh>
#endif
