// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <hyspn/data/folder.hpp>
#include <hyspn/data/loader.hpp>
#include <hyspn/data/scene.hpp>
#include <hyspn/data/sensor.hpp>
#include <hyspn/exec/seq.hpp>

#include "../common/progress.hpp"
#include "../common/usage_error.hpp"
#include "../drawing/canvas.hpp"
#include "../drawing/scales.hpp"

namespace render_scenes {
namespace {

using drawing::canvas;
using drawing::colour;
using hyspn::index_t;
namespace data = hyspn::data;

struct arguments {
    std::filesystem::path out, sheet;
    data::scene_options scene;
    index_t count = 12, columns = 3, samples = 500;
    std::string sensor = "random";
    int threads = 0;
    bool quiet = false;
};

/// A scene and what a sensor measures of it.
struct rendered {
    data::scene_images images;
    hyspn::tensor<float, 2> sparse;
};

std::map<std::string, data::scene_layout> const layouts{
    {"any", data::scene_layout::any},       {"room", data::scene_layout::room},
    {"desk", data::scene_layout::desk},     {"clutter", data::scene_layout::clutter},
    {"street", data::scene_layout::street}, {"garden", data::scene_layout::garden},
};

/// False when help was asked for.
bool parse(int count, char const* const* values, arguments& a)
{
    CLI::App app{
        "Makes random scenes with exact depth and labels: a folder NNNNNN for each, with rgb.png, depth.png, "
        "sparse.png\n"
        "(16-bit, metres * 256, 0 = none), labels.png (class) and parts.png (part of the class)."};
    app.add_option("--out", a.out, "folder for the scenes; without it none is written");
    app.add_option("--sheet", a.sheet, "picture of all scenes: image, depth, measurements, parts");
    app.add_option("--count", a.count, "number of scenes")->capture_default_str()->check(CLI::Range(1, 1000000));
    app.add_option("--seed", a.scene.seed, "of the first scene; the next ones have the next")->capture_default_str();
    app.add_option("--layout", a.scene.layout, "any, room, desk, clutter, street or garden")
        ->transform(CLI::Transformer(layouts))
        ->default_str("any");
    app.add_option("--width", a.scene.width)->capture_default_str()->check(CLI::Range(1, 4096));
    app.add_option("--height", a.scene.height)->capture_default_str()->check(CLI::Range(1, 4096));
    app.add_option("--max-depth", a.scene.max_depth, "metres")->capture_default_str();
    app.add_option("--noise", a.scene.noise, "factor of the image noise")->capture_default_str();
    app.add_option("--sensor", a.sensor, "random, lidar or structured_light")
        ->capture_default_str()
        ->check(CLI::IsMember({"random", "lidar", "structured_light"}));
    app.add_option("--samples", a.samples, "measurements of the random sensor")
        ->capture_default_str()
        ->check(CLI::Range(0, 1 << 24));
    app.add_option("--columns", a.columns, "scenes in a row of the sheet")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    app.add_option("--threads", a.threads, "scenes drawn at once; 0 = all cores")
        ->capture_default_str()
        ->check(CLI::Range(0, 1024));
    app.add_flag("--quiet", a.quiet, "print nothing but errors");
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return false;
    } catch (CLI::ParseError const& e) {
        throw examples::usage_error(e.what());
    }
    if (a.out.empty() && a.sheet.empty()) throw examples::usage_error("--out or --sheet must be given");
    return true;
}

hyspn::tensor<float, 2> measure(arguments const& a, data::scene_images const& s, std::uint64_t seed)
{
    if (a.sensor == "lidar") return data::lidar(s.depth, {.focal = s.focal, .seed = seed});
    if (a.sensor == "structured_light") return data::structured_light(s.depth, s.rgb, {.focal = s.focal, .seed = seed});
    return hyspn::guidance::draw_samples(s.depth, a.samples, seed);
}

rendered make(arguments const& a, index_t k)
{
    auto options = a.scene;
    options.seed += static_cast<std::uint64_t>(k);
    rendered r{data::render_scene(hyspn::exec::seq{}, options), {}};
    r.sparse = measure(a, r.images, options.seed);
    return r;
}

void save(arguments const& a, rendered r, index_t k)
{
    char name[32];
    std::snprintf(name, sizeof name, "%06lld", static_cast<long long>(k));
    auto& s = r.images;
    auto const folder = a.out / name;
    auto const parts = std::move(s.parts);
    data::save_plain(folder, {std::move(s.rgb), std::move(s.depth), std::move(r.sparse), std::move(s.labels)});
    hyspn::io::write_label_png(folder / "parts.png", parts);
}

/// Near is bright; logarithmic from 0.4 m to 80 m.
colour depth_colour(float z)
{
    if (!(z > 0)) return {0, 0, 0};
    return drawing::depth_scale{0.4F, 80}(z);
}

constexpr index_t pictures = 4;

void paint(canvas& sheet, rendered const& r, index_t top, index_t left)
{
    auto const& s = r.images;
    index_t const height = s.depth.extent(0), width = s.depth.extent(1);
    sheet.cells(top, left, height, width, 1, [&](index_t i, index_t j) {
        return colour{s.rgb(0, i, j), s.rgb(1, i, j), s.rgb(2, i, j)};
    });
    sheet.cells(top, left + width, height, width, 1, [&](index_t i, index_t j) { return depth_colour(s.depth(i, j)); });
    sheet.cells(top, left + 2 * width, height, width, 1,
                [&](index_t i, index_t j) { return depth_colour(r.sparse(i, j)); });
    sheet.cells(top, left + 3 * width, height, width, 1,
                [&](index_t i, index_t j) { return drawing::class_colour(s.parts(i, j)); });
}

void run(arguments const& a)
{
    index_t const columns = std::min(a.columns, a.count), rows = (a.count + columns - 1) / columns;
    bool const draws = !a.sheet.empty();
    canvas sheet(draws ? rows * a.scene.height : 1, draws ? columns * pictures * a.scene.width : 1, {1, 1, 1});
    int const cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    data::prefetching_loader<rendered> loader({.threads = a.threads > 0 ? a.threads : cores, .capacity = 16},
                                              [&](hyspn::random_stream, index_t k) { return make(a, k); });
    examples::progress bar(1, a.quiet);
    bar.begin("scenes");
    for (index_t k = 0; k < a.count; ++k) {
        auto r = loader.next();
        if (draws) paint(sheet, r, k / columns * a.scene.height, k % columns * pictures * a.scene.width);
        if (!a.out.empty()) save(a, std::move(r), k);
        bar.show(static_cast<double>(k + 1) / static_cast<double>(a.count));
    }
    bar.clear();
    if (draws) hyspn::io::write_rgb_png(a.sheet, sheet.take());
    if (!a.quiet)
        std::printf("%lld scenes of %lld x %lld in %.2f s\n", static_cast<long long>(a.count),
                    static_cast<long long>(a.scene.width), static_cast<long long>(a.scene.height),
                    bar.times()[0].second);
}

}  // namespace
}  // namespace render_scenes

int main(int count, char** values)
try {
    render_scenes::arguments a;
    if (render_scenes::parse(count, values, a)) render_scenes::run(a);
    return 0;
} catch (examples::usage_error const& e) {
    std::cerr << "render_scenes: " << e.what() << "\n";
    return 2;
} catch (hyspn::error const& e) {
    std::cerr << "render_scenes: " << e.what() << "\n";
    return 2;
} catch (std::exception const& e) {
    std::cerr << "render_scenes: " << e.what() << "\n";
    return 1;
}
