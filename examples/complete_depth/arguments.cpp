// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "propagation_method.hpp"

namespace complete_depth {
namespace {

void require_one_of(char const* option, std::string const& value, std::initializer_list<std::string_view> choices)
{
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
    std::string list;
    for (auto const choice : choices) list += (list.empty() ? "" : ", ") + std::string(choice);
    throw usage_error(std::string(option) + " must be one of " + list + ", got " + value);
}

void require_consistent(arguments const& a)
{
    require_one_of("--initial", a.initial, {"experts", "planes"});
    require_one_of("--affinity", a.affinity, {"geodesic", "hyperbolic", "naive", "euclidean"});
    require_one_of("--backend", a.backend, {"seq", "omp", "cuda"});
    auto const method = find_propagation(a.propagation, a.steps, a.alpha);  // throws for unknown names
    if (!method.network.empty() && a.affinity != "geodesic")
        throw usage_error("--propagation " + a.propagation + " takes --affinity geodesic alone");
    if (!method.network.empty() && a.backend == "cuda")
        throw usage_error("--propagation " + a.propagation + " runs on --backend seq or omp");
    if (!(a.blend >= 0 && a.blend <= 1)) throw usage_error("--blend must be in [0, 1]");
    if (!(a.alpha > 0 && a.alpha <= 1)) throw usage_error("--alpha must be above 0 and at most 1");
    if (a.rgb.empty() && !(a.sparse.empty() && a.truth.empty())) throw usage_error("--sparse and --truth need --rgb");
    if (!a.rgb.empty() && a.sparse.empty() && a.truth.empty())
        throw usage_error("--rgb needs --sparse, or --truth to draw samples from");
}

}  // namespace

int stages_of(arguments const& a)
{
    if (!a.guide.empty()) return a.adapt > 0 ? 3 : 2;
    return a.blend > 0 ? 6 : 5;
}

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    CLI::App app{
        "Completes a sparse depth map with the help of an image: without any training, or by a trained network.\n"
        "Without files it makes a synthetic scene. Depth files are 16-bit grey PNG: metres * 256, 0 = not measured."};
    app.add_option("--rgb", a.rgb, "image, PNG");
    app.add_option("--sparse", a.sparse, "sparse depth, PNG; without it samples are drawn from --truth");
    app.add_option("--truth", a.truth, "true depth, PNG: metrics are over its pixels that were not given");
    app.add_option("--out", a.out, "folder for depth.png and pictures; nothing is written without it");
    auto* const guide = app.add_option("--guide", a.guide, "weights of train: that network completes the map");
    app.add_option("--share", a.share, "of that network's map; the rest is the map without training")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0))
        ->needs(guide);
    app.add_option("--adapt", a.adapt, "training steps of that network on the samples of this image first")
        ->capture_default_str()
        ->check(CLI::Range(0, 10000))
        ->needs(guide);
    auto* const initial =
        app.add_option("--initial", a.initial, "map before propagation: experts or planes")->capture_default_str();
    auto* const blend = app.add_option("--blend", a.blend, "share of the Dirichlet solution in that map; 0 = none")
                            ->capture_default_str();
    auto* const affinity =
        app.add_option("--affinity", a.affinity, "geodesic, hyperbolic, naive or euclidean")->capture_default_str();
    auto* const propagation =
        app.add_option("--propagation", a.propagation, "preset: " + propagation_names())->capture_default_str();
    auto* const steps =
        app.add_option("--steps", a.steps, "propagation steps")->capture_default_str()->check(CLI::Range(0, 1000));
    auto* const alpha =
        app.add_option("--alpha", a.alpha, "of the diffusions: how likely a walk restarts")->capture_default_str();
    auto* const weights =
        app.add_option("--weights", a.weights,
                       "learned values of the affinity, safetensors; without them the learned affinities are fitted to "
                       "the samples of this image");
    auto* const save = app.add_option("--save-weights", a.save_weights,
                                      "write the values of the affinity to this file, for --weights");
    app.add_option("--position-weight", a.position_weight, "of the pixel's place among the features; 0 = left out")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 100.0));
    auto* const backend = app.add_option("--backend", a.backend, "seq, omp or cuda")->capture_default_str();
    app.add_option("--threads", a.threads, "threads of omp; 0 = all")
        ->capture_default_str()
        ->check(CLI::Range(0, 1024));
    app.add_option("--json", a.json, "write the metrics to this file");
    app.add_option("--samples", a.samples, "samples to draw")->capture_default_str()->check(CLI::Range(1, 1 << 22));
    app.add_option("--seed", a.seed, "of everything random")->capture_default_str();
    app.add_option("--width", a.width, "of the synthetic scene")->capture_default_str()->check(CLI::Range(32, 4096));
    app.add_option("--height", a.height, "of the synthetic scene")->capture_default_str()->check(CLI::Range(32, 4096));
    app.add_flag("--quiet", a.quiet, "print nothing but errors");
    for (auto* const other : {initial, blend, affinity, propagation, steps, alpha, weights, save, backend})
        guide->excludes(other);
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return std::nullopt;
    } catch (CLI::ParseError const& e) {
        throw usage_error(e.what());
    }
    require_consistent(a);
    if (alpha->count() > 0 && !find_propagation(a.propagation, a.steps, a.alpha).restart)
        throw usage_error("--alpha is for " + std::string(restart_names) + ", not for " + a.propagation);
    return a;
}

}  // namespace complete_depth
