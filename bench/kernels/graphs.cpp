// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Propagations that are solves or walks over graphs.
#include <hyspn/propagation/presets/depth_integration.hpp>
#include <hyspn/propagation/presets/tree_filter.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

/// Differences of a smooth map of depths with noise, confidences between 0 and 1, one pixel in 140 measured (500 of a
/// frame of NYUv2).
struct integration_problem {
    tensor<float, 4> differences, edge_confidence, measured, mask;

    explicit integration_problem(image const& size)
        : differences(noise<float>(dims<4>{1, 2, size.height, size.width}, 0.02, 2)),
          edge_confidence(noise<float>(differences.extents(), 0.5, 3)),
          measured(dims<4>{1, 1, size.height, size.width}),
          mask(noise<float>(measured.extents(), 1, 4))
    {
        for (float& c : edge_confidence) c += 0.5f;
        for (float& m : mask) m = m > 1 - 2.f / 140 ? 1.f : 0.f;
        for (index_t y = 0; y < size.height; ++y)
            for (index_t x = 0; x < size.width; ++x) {
                measured(0, 0, y, x) = depth(y, x);
                if (x > 0) differences(0, 0, y, x) += depth(y, x) - depth(y, x - 1);
                if (y > 0) differences(0, 1, y, x) += depth(y, x) - depth(y - 1, x);
            }
    }

    static float depth(index_t y, index_t x)
    {
        return 3 + std::sin(0.031f * static_cast<float>(y)) + std::cos(0.017f * static_cast<float>(x));
    }

    propagation::depth_integration_inputs<float> inputs() const
    {
        return {
            .differences = differences, .edge_confidence = edge_confidence, .measured = measured, .confidence = mask};
    }
};

/// An iteration reads weights, pull, preconditioner and three vectors, and writes three.
double integration_bytes(image const& size, index_t iterations)
{
    return 4.0 * 10 * static_cast<double>(size.height * size.width * iterations);
}

template <class Exec>
void integration(Exec const& exec, char const* backend, image const& size)
{
    add(std::string("depth_integration_forward/") + backend + "/f32/" + size.name, [=](benchmark::State& state) {
        integration_problem const problem(size);
        propagation::presets::depth_integration const layer;
        tensor<float, 4> out(problem.mask.extents());
        propagation::solver_report report;
        for (auto _ : state) {
            report = layer.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, integration_bytes(size, report.iterations));
        state.counters["iterations"] = static_cast<double>(report.iterations);
    });
    add(std::string("depth_integration_forward_backward/") + backend + "/f32/" + size.name,
        [=](benchmark::State& state) {
            integration_problem const problem(size);
            propagation::presets::depth_integration const layer;
            tensor<float, 4> out(problem.mask.extents()), dg(problem.differences), dc(dg), ds(out), dm(out);
            propagation::depth_integration_saved<float> kept;
            auto const d_out = noise<float>(out.extents(), 1, 6);
            index_t iterations = 0;
            for (auto _ : state) {
                iterations = layer.forward(exec, problem.inputs(), out, kept).iterations;
                iterations += layer
                                  .backward(exec, problem.inputs(), kept, d_out,
                                            {.differences = as_view(dg),
                                             .edge_confidence = as_view(dc),
                                             .measured = as_view(ds),
                                             .confidence = as_view(dm)})
                                  .iterations;
                benchmark::ClobberMemory();
            }
            count(state, integration_bytes(size, iterations));
            state.counters["iterations"] = static_cast<double>(iterations);
        });
}

constexpr index_t tree_maps = 16, embedding_channels = 16;

void spanning_tree(image const& size)
{
    add(std::string("minimum_spanning_tree/host/f32/C3_") + size.name, [=](benchmark::State& state) {
        auto const guide = noise<float>(dims<4>{1, 3, size.height, size.width}, 1, 2);
        for (auto _ : state) benchmark::DoNotOptimize(propagation::minimum_spanning_tree(guide).order.data());
        count(state, 4.0 * 5 * static_cast<double>(size.height * size.width));
    });
}

template <class Exec>
void tree_filter(Exec const& exec, char const* backend, image const& size, bool backwards)
{
    add(std::string(backwards ? "tree_filter_forward_backward/" : "tree_filter_forward/") + backend + "/f32/L16_C16_" +
            size.name,
        [=](benchmark::State& state) {
            dims<4> const e{1, tree_maps, size.height, size.width};
            auto const x = noise<float>(e, 1, 2),
                       f = noise<float>(dims<4>{1, embedding_channels, size.height, size.width}, 0.3, 3);
            auto const tree =
                propagation::minimum_spanning_tree(noise<float>(dims<4>{1, 3, size.height, size.width}, 1, 4));
            propagation::tree_filter_inputs<float> const in{.x = x, .embedding = f, .tree = &tree};
            propagation::tree_filter_saved<float> kept;
            propagation::presets::tree_filter const filter;
            tensor<float, 4> out(e), dx(e), df(f.extents());
            for (auto _ : state) {
                filter.forward(exec, in, out, kept);
                if (backwards) filter.backward(exec, in, kept, x, {.x = as_view(dx), .embedding = as_view(df)});
                benchmark::ClobberMemory();
            }
            double const pixels = static_cast<double>(size.height * size.width);
            count(state, 4.0 * pixels * (2 * tree_maps + embedding_channels) * (backwards ? 2 : 1));
        });
}

}  // namespace

void register_graphs()
{
    for (image const& size : {nyu, kitti}) integration(exec::omp{}, "omp", size);
    integration(exec::seq{}, "seq", nyu);
    for (image const& size : {nyu, kitti}) {
        spanning_tree(size);
        for (bool backwards : {false, true}) tree_filter(exec::omp{}, "omp", size, backwards);
    }
    for (bool backwards : {false, true}) tree_filter(exec::seq{}, "seq", nyu, backwards);
}

}  // namespace hyspn::bench
