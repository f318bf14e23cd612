// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// CSPN as users call it, with gates for one map or of its own for each of eight; of a batch of small crops, as training
// has them; and a plain loop twin: what the same steps cost without the engine.
#include <hyspn/propagation/per_map.hpp>
#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t steps = 24;
constexpr image crop{"96x128", 96, 128};

/// How many maps there are, and of how many each has gates of its own.
struct amounts {
    index_t images = 1, maps = 1, gated = 1;

    double pixels(image const& size) const { return static_cast<double>(images * size.height * size.width); }
};

/// Random gates and maps, one pixel in twenty measured.
struct cspn_problem {
    tensor<float, 4> initial, gates, measured, mask;

    explicit cspn_problem(image const& size, amounts const& n = {})
        : initial(noise<float>(dims<4>{n.images, n.maps, size.height, size.width}, 1, 2)),
          gates(noise<float>(dims<4>{n.images, 8 * n.gated, size.height, size.width}, 1, 3)),
          measured(noise<float>(initial.extents(), 1, 4)),
          mask(noise<float>(dims<4>{n.images, 1, size.height, size.width}, 1, 5))
    {
        for (float& m : mask) m = m > 0.9f ? 1.f : 0.f;
    }

    propagation::inputs<float> inputs() const
    {
        return {.initial = as_view(initial),
                .gates = as_view(gates),
                .measured = as_view(measured),
                .confidence = as_view(mask)};
    }
};

/// Reads 8 gates once, and map, initial map, measurement; writes the map; the mask.
double necessary_bytes(image const& size, amounts const& n = {})
{
    return 4.0 * static_cast<double>(8 * n.gated + 4 * n.maps) * n.pixels(size);
}

double flops(image const& size, amounts const& n = {})
{
    return 2.0 * 9 * static_cast<double>(steps * n.maps) * n.pixels(size);
}

/// CSPN of one map.
struct one_map {
    static constexpr char const* name = "cspn";
    static constexpr char const* shape = "/f32/k3_t24_";
    static constexpr amounts count{};
    using saved = propagation::saved<float>;
    propagation::stencil net = propagation::presets::cspn{.steps = steps};
};

/// Of eight, each with gates of its own.
struct own_gates {
    static constexpr char const* name = "cspn_per_map";
    static constexpr char const* shape = "/f32/L8_k3_t24_";
    static constexpr amounts count{.maps = 8, .gated = 8};
    using saved = propagation::per_map_saved<float>;
    propagation::per_map net{propagation::presets::cspn{.steps = steps}};
};

/// Depth, or the scores of 25 classes, of four crops.
template <index_t Maps>
struct crops {
    static constexpr char const* name = "cspn";
    static constexpr char const* shape = Maps == 1 ? "/f32/N4_k3_t24_" : "/f32/N4_L25_k3_t24_";
    static constexpr amounts count{.images = 4, .maps = Maps};
    using saved = propagation::saved<float>;
    propagation::stencil net = propagation::presets::cspn{.steps = steps};
};

template <class Network, class Exec>
void forward(Exec const& exec, char const* backend, image const& size)
{
    add(Network::name + std::string("_forward/") + backend + Network::shape + size.name, [=](benchmark::State& state) {
        cspn_problem const problem(size, Network::count);
        auto const net = Network{}.net;
        tensor<float, 4> out(problem.initial.extents());
        for (auto _ : state) {
            net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, necessary_bytes(size, Network::count), flops(size, Network::count));
    });
}

template <class Network, class Exec>
void forward_backward(Exec const& exec, char const* backend, image const& size)
{
    add(Network::name + std::string("_forward_backward/") + backend + Network::shape + size.name,
        [=](benchmark::State& state) {
            cspn_problem const problem(size, Network::count);
            auto const net = Network{}.net;
            tensor<float, 4> out(problem.initial.extents()), d_initial(out), d_gates(problem.gates.extents());
            typename Network::saved saved;
            auto const d_out = noise<float>(out.extents(), 1, 6);
            for (auto _ : state) {
                net.forward(exec, problem.inputs(), out, saved);
                net.backward(exec, problem.inputs(), saved, d_out,
                             {.initial = as_view(d_initial), .gates = as_view(d_gates)});
                benchmark::ClobberMemory();
            }
            count(state, 2 * necessary_bytes(size, Network::count), 3 * flops(size, Network::count));
        });
}

template <class Network, class Exec>
void both(Exec const& exec, char const* backend, image const& size)
{
    forward<Network>(exec, backend, size);
    forward_backward<Network>(exec, backend, size);
}

/// One destination-owned sweep over normalised weights, rows in parallel, the compiler's vectors.
struct plain_sweep {
    float const *w, *from, *anchored;
    float* to;
    index_t height, width;

    void operator()(index_t y) const
    {
        if (y == 0 || y == height - 1) return;
        index_t const n = height * width, row = y * width;
        float const *const up = from + row - width, *const mid = from + row, *const down = from + row + width;
#pragma omp simd
        for (index_t x = 1; x < width - 1; ++x) {
            float const* const p = w + row + x;
            to[row + x] = anchored[row + x] + p[0] * up[x - 1] + p[n] * up[x] + p[2 * n] * up[x + 1] +
                          p[3 * n] * mid[x - 1] + p[4 * n] * mid[x + 1] + p[5 * n] * down[x - 1] + p[6 * n] * down[x] +
                          p[7 * n] * down[x + 1];
        }
    }
};

void plain_loops(image const& size)
{
    add(std::string("cspn_raw_loops/omp/f32/k3_t24_") + size.name, [=](benchmark::State& state) {
        cspn_problem const problem(size);
        tensor<float, 4> a(problem.initial), b(problem.initial);
        for (auto _ : state) {
            for (index_t t = 0; t < steps; ++t) {
                plain_sweep const sweep{problem.gates.data(),
                                        t % 2 ? b.data() : a.data(),
                                        problem.initial.data(),
                                        t % 2 ? a.data() : b.data(),
                                        size.height,
                                        size.width};
                exec::detail::for_each_index_omp(exec::omp{}, size.height, sweep);
            }
            benchmark::ClobberMemory();
        }
        count(state, necessary_bytes(size), flops(size));
    });
}

}  // namespace

void register_propagation()
{
    for (image const& size : {nyu, kitti}) {
        both<one_map>(exec::omp{}, "omp", size);
        both<one_map>(exec::seq{}, "seq", size);
        both<own_gates>(exec::omp{}, "omp", size);
        plain_loops(size);
    }
    both<own_gates>(exec::seq{}, "seq", nyu);
    both<crops<1>>(exec::omp{}, "omp", crop);
    both<crops<25>>(exec::omp{}, "omp", crop);
}

}  // namespace hyspn::bench
