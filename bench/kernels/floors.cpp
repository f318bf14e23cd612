// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What this machine allows: memory streams and Eigen's GEMM, on the threads exec::omp takes.
#include <numeric>

#include <hyspn/core/eigen.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

/// y = x over n floats, each thread on contiguous blocks.
struct copy_block {
    float const* x;
    float* y;
    index_t n, block;
    void operator()(index_t b) const
    {
        index_t const end = std::min(n, (b + 1) * block);
        for (index_t i = b * block; i < end; ++i) y[i] = x[i];
    }
};

/// y = sum of ten planes: the traffic of a step with nine weights, one map in and one out.
struct sum_planes {
    view<float const, 2> x;
    view<float, 1> y;
    index_t block;
    void operator()(index_t b) const
    {
        index_t const end = std::min(y.extent(0), (b + 1) * block), n = x.stride(0);
        float const* const p = x.data_handle();
        float* const q = y.data_handle();
#pragma omp simd
        for (index_t i = b * block; i < end; ++i)
            q[i] = p[i] + p[i + n] + p[i + 2 * n] + p[i + 3 * n] + p[i + 4 * n] + p[i + 5 * n] + p[i + 6 * n] +
                   p[i + 7 * n] + p[i + 8 * n] + p[i + 9 * n];
    }
};

void streaming_copy(std::string const& shape, index_t n)
{
    add("floor_copy/omp/f32/" + shape, [n](benchmark::State& state) {
        auto const x = noise<float>(dims<1>{n}, 1);
        tensor<float, 1> y(n);
        constexpr index_t block = 1 << 14;
        copy_block const op{x.data(), y.data(), n, block};
        for (auto _ : state) {
            exec::detail::for_each_index_omp(exec::omp{}, (n + block - 1) / block, op);
            benchmark::ClobberMemory();
        }
        count(state, 8.0 * static_cast<double>(n));
    });
}

/// z = x + y over n floats, and Σ of products of runs of 64: what an operation of two inputs must move.
struct sum_block {
    float const *x, *y;
    float* z;
    index_t n, block;
    void operator()(index_t b) const
    {
        index_t const end = std::min(n, (b + 1) * block);
        for (index_t i = b * block; i < end; ++i) z[i] = x[i] + y[i];
    }
};
struct read_block {
    float const *x, *y;
    float* z;
    index_t n, block;
    void operator()(index_t b) const
    {
        index_t const end = std::min(n, (b + 1) * block);
        float lane[128] = {};  // sums enough to keep the multipliers busy
        for (index_t i = b * block; i + 128 <= end; i += 128)
            for (index_t l = 0; l < 128; ++l) lane[l] += x[i + l] * y[i + l];
        z[b] = std::accumulate(lane, lane + 128, 0.f);
    }
};

template <class Op>
void streaming_two(std::string const& name, index_t n, double arrays)
{
    add(name, [n, arrays](benchmark::State& state) {
        auto const x = noise<float>(dims<1>{n}, 1), y = noise<float>(dims<1>{n}, 1, 2);
        tensor<float, 1> z(n);
        constexpr index_t block = 1 << 14;
        Op const op{x.data(), y.data(), z.data(), n, block};
        for (auto _ : state) {
            exec::detail::for_each_index_omp(exec::omp{}, (n + block - 1) / block, op);
            benchmark::ClobberMemory();
        }
        count(state, arrays * 4.0 * static_cast<double>(n));
    });
}

/// Reads 9 weight planes and one value plane and writes one, `steps` times: what any unblocked stencil must do.
void streaming_stencil(image const& size, index_t steps)
{
    add(std::string("floor_stencil_traffic/omp/f32/") + size.name, [size, steps](benchmark::State& state) {
        index_t const n = size.height * size.width;
        auto const x = noise<float>(dims<2>{10, n}, 1);
        tensor<float, 1> y(n);
        constexpr index_t block = 1 << 12;
        sum_planes const op{x, y, block};
        for (auto _ : state) {
            for (index_t t = 0; t < steps; ++t)
                exec::detail::for_each_index_omp(exec::omp{}, (n + block - 1) / block, op);
            benchmark::ClobberMemory();
        }
        count(state, 44.0 * static_cast<double>(n * steps));
    });
}

/// Row-major [rows, inner] times [inner, pixels], by tiles of one image row so that the product stays in cache: the
/// GEMM of the affinity module and nothing else.
void gemm(image const& size, index_t rows, index_t inner)
{
    std::string const name = "floor_gemm/omp/f32/" + std::to_string(rows) + "x" + std::to_string(inner) + "x";
    add(name + size.name, [=](benchmark::State& state) {
        index_t const n = size.height * size.width;
        auto const z = noise<float>(dims<2>{rows, inner}, 0.05);
        auto const v = noise<float>(dims<2>{inner, n}, 0.1);
        auto const left = as_eigen(as_view(z));
        auto const tile_product = [&](index_t y) {
            thread_local Eigen::MatrixXf product;  // column-major [rows, width]: a pixel's products lie together
            index_t const first = y * size.width;
            view<float const, 2> const tile(v.data() + first, dims<2>{inner, size.width}, dims<2>{n, 1});
            product.resize(rows, size.width);
            product.noalias() = left * as_eigen(tile);
            benchmark::DoNotOptimize(product.data());
        };
        for (auto _ : state) {
            exec::detail::for_each_index_omp(exec::omp{}, size.height, tile_product);
            benchmark::ClobberMemory();
        }
        count(state, 4.0 * static_cast<double>(inner * n), 2.0 * static_cast<double>(rows * inner * n));
    });
}

}  // namespace

void register_floors()
{
    streaming_copy("64x512x512", 64 * 512 * 512);
    streaming_two<sum_block>("floor_sum/omp/f32/64x512x512", 64 * 512 * 512, 3);
    streaming_two<read_block>("floor_read/omp/f32/64x512x512", 64 * 512 * 512, 2);
    streaming_stencil(nyu, 24);
    streaming_stencil(kitti, 24);
    gemm(nyu, 72, 64);
    gemm(kitti, 72, 64);
}

}  // namespace hyspn::bench
