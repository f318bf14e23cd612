// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Propagations that are solves or walks over graphs.
#include <hyspn/propagation/presets/depth_integration.hpp>
#include <hyspn/propagation/presets/difnet.hpp>
#include <hyspn/propagation/presets/irn_walk.hpp>
#include <hyspn/propagation/presets/random_walk.hpp>
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

constexpr index_t classes = 21;

/// Five levels of 64 features at an eighth of an image.
template <class Exec>
void difnet(Exec const& exec, char const* backend, image const& size, bool backwards)
{
    add(std::string(backwards ? "difnet_forward_backward/" : "difnet_forward/") + backend + "/f32/K5_C64_L21_eighth_" +
            size.name,
        [=](benchmark::State& state) {
            constexpr index_t levels = 5, features = 64;
            dims<4> const e{1, classes, size.height / 8, size.width / 8};
            auto const seed = noise<float>(e, 1, 2);
            propagation::difnet_inputs<float> in{.seed = seed};
            propagation::difnet_gradients<float> d;
            std::vector<tensor<float, 4>> f, df;
            for (index_t k = 0; k < levels; ++k) {
                f.push_back(noise<float>(dims<4>{1, features, e[2], e[3]}, 1, static_cast<std::uint64_t>(3 + k)));
                df.push_back(f.back());
            }
            for (std::size_t k = 0; k < f.size(); ++k) {
                in.levels.push_back({.features = as_view(f[k])});
                d.levels.push_back({.features = as_view(df[k])});
            }
            tensor<float, 4> out(e), dseed(e);
            d.seed = dseed;
            propagation::difnet_saved<float> kept;
            propagation::presets::difnet const net;
            for (auto _ : state) {
                if (backwards) {
                    net.forward(exec, in, out, kept);
                    net.backward(exec, in, kept, seed, d);
                } else {
                    net.forward(exec, in, out);
                }
                benchmark::ClobberMemory();
            }
            double const pixels = static_cast<double>(e[2] * e[3]), pairs = pixels * pixels * levels;
            count(state, 4.0 * levels * pixels * (features + 2 * classes) * (backwards ? 2 : 1),
                  2 * pairs * (backwards ? 3 * features + 4 * classes : features + classes));
        });
}

/// AffinityNet's and IRN's walks over maps of 41 x 41, as of an image of VOC.
template <class Exec>
void walks(Exec const& exec, char const* backend)
{
    dims<4> const e{1, classes, 41, 41};
    add(std::string("psa_walk_forward/") + backend + "/f32/C448_L21_41x41", [=](benchmark::State& state) {
        auto const x = noise<float>(e, 1, 2), f = noise<float>(dims<4>{1, 448, e[2], e[3]}, 1, 3);
        tensor<float, 4> out(e);
        for (auto _ : state) {
            propagation::presets::psa_walk{}.forward(
                exec, propagation::random_walk_inputs<float>{.x = x, .features = f}, out);
            benchmark::ClobberMemory();
        }
        count(state, 4.0 * static_cast<double>(f.size() + 2 * x.size()));
    });
    add(std::string("irn_walk_forward/") + backend + "/f32/L21_41x41", [=](benchmark::State& state) {
        auto const x = noise<float>(e, 1, 2);
        auto edge = noise<float>(dims<4>{1, 1, e[2], e[3]}, 0.5, 3);
        for (float& s : edge) s += 0.5f;
        tensor<float, 4> out(e);
        for (auto _ : state) {
            propagation::presets::irn_walk{}.forward(exec, propagation::irn_walk_inputs<float>{.x = x, .edge = edge},
                                                     out);
            benchmark::ClobberMemory();
        }
        count(state, 4.0 * static_cast<double>(edge.size() + 2 * x.size()));
    });
}

/// One step of the random walk network within 5 pixels, from the paper's 131 features.
template <class Exec>
void random_walk(Exec const& exec, char const* backend, image const& size, bool backwards)
{
    add(std::string(backwards ? "random_walk_forward_backward/" : "random_walk_forward/") + backend +
            "/f32/r5_C131_L21_" + size.name,
        [=](benchmark::State& state) {
            dims<4> const e{1, classes, size.height, size.width};
            auto const x = noise<float>(e, 1, 2), f = noise<float>(dims<4>{1, 131, e[2], e[3]}, 1, 3);
            auto const theta = noise<float>(dims<1>{131}, 0.02, 4);
            tensor<float, 4> out(e), dx(e), df(f);
            tensor<float, 1> dtheta(theta);
            propagation::random_walk_saved<float> kept;
            propagation::random_walk_inputs<float> const in{.x = x, .features = f, .theta = theta};
            propagation::presets::random_walk const net;
            for (auto _ : state) {
                if (backwards) {
                    net.forward(exec, in, out, kept);
                    net.backward(exec, in, kept, x,
                                 {.x = as_view(dx), .features = as_view(df), .theta = as_view(dtheta)});
                } else {
                    net.forward(exec, in, out);
                }
                benchmark::ClobberMemory();
            }
            count(state, 4.0 * static_cast<double>((f.size() + 2 * x.size()) * (backwards ? 2 : 1)));
        });
}

}  // namespace

void register_graphs()
{
    auto const networks = [](auto const& exec, char const* backend) {
        for (image const& size : {nyu, kitti}) {
            integration(exec, backend, size);
            for (bool backwards : {false, true}) tree_filter(exec, backend, size, backwards);
        }
        for (bool backwards : {false, true}) difnet(exec, backend, nyu, backwards);
        random_walk(exec, backend, nyu, false);
        walks(exec, backend);
    };
    for (image const& size : {nyu, kitti}) spanning_tree(size);
    networks(exec::omp{}, "omp");
    networks(exec::seq{}, "seq");
    // On exec::seq these take 10 s and more.
    for (bool backwards : {false, true}) difnet(exec::omp{}, "omp", kitti, backwards);
    random_walk(exec::omp{}, "omp", nyu, true);
}

}  // namespace hyspn::bench
