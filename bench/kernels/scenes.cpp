// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Random scenes for training: a loader wants them faster than a network takes them. Pixels a second stand in
// items_per_second.
#include <utility>

#include <hyspn/data/scene.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

template <class Exec>
void add_scenes(Exec const& exec, char const* backend, char const* name, data::scene_layout layout)
{
    constexpr index_t scenes = 5, height = 144, width = 192;
    add(std::string("render_scene/") + backend + "/f32/" + name + "_5x144x192", [=](benchmark::State& state) {
        for (auto _ : state)
            for (std::uint64_t seed = 0; seed < scenes; ++seed) {
                auto const s =
                    data::render_scene(exec, {.height = height, .width = width, .seed = seed, .layout = layout});
                benchmark::DoNotOptimize(s.rgb.data());
            }
        constexpr double bytes_per_pixel = 4 * (3 + 1 + 1 + 1);
        count(state, bytes_per_pixel * static_cast<double>(scenes * height * width));
        state.SetItemsProcessed(state.iterations() * scenes * height * width);
    });
}

}  // namespace

void register_scenes()
{
    using data::scene_layout;
    for (auto const& [name, layout] : {std::pair{"room", scene_layout::room}, {"street", scene_layout::street}}) {
        add_scenes(exec::omp{}, "omp", name, layout);
        add_scenes(exec::seq{}, "seq", name, layout);
    }
}

}  // namespace hyspn::bench
