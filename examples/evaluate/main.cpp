// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// A network's scores on a folder of frames, beside those of the map it starts from, and pictures.
#include <chrono>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>

#include <hyspn/core/error.hpp>
#include <hyspn/io/image.hpp>

#include "../common/run_main.hpp"
#include "../learning/adaptation.hpp"
#include "../learning/table.hpp"
#include "../learning/training_run.hpp"
#include "pictures.hpp"

namespace {

using namespace learning;

struct arguments {
    std::filesystem::path weights, frames, out;
    drawn_samples drawn;
    index_t adapt = 0;
    double share = 1;
    int threads = 0;
};

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    CLI::App app{
        "Scores a trained network on a folder of frames, each a folder of rgb.png with depth.png and sparse.png (or\n"
        "samples500.png), or labels.png, which are made coarse. Prints a table for the map propagation starts from\n"
        "and one for the network."};
    app.add_option("--weights", a.weights, "safetensors of train")->required();
    app.add_option("--frames", a.frames, "folder of frames")->required();
    app.add_option("--adapt", a.adapt, "training steps on each frame's own measurements first")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--share", a.share, "of the network's map; the rest is the map before")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    auto* const samples =
        app.add_option("--samples", a.drawn.count, "measurements to draw from each frame's depth instead of its own")
            ->check(CLI::PositiveNumber);
    app.add_option("--seed", a.drawn.seed, "of that drawing")->capture_default_str()->needs(samples);
    app.add_option("--out", a.out, "folder for pictures of each frame: maps and errors, and the network's affinity");
    app.add_option("--threads", a.threads, "0: all")->capture_default_str();
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return std::nullopt;
    } catch (CLI::ParseError const& e) {
        throw usage_error(e.what());
    }
    return a;
}

/// Scores of the frames, and the seconds of the network, and of its adaptation, in all.
struct result {
    std::vector<scores> initial{}, final{};
    double seconds = 0;
};

/// out = share·out + (1 − share)·before.
void mix(hyspn::tensor<float, 4>& out, hyspn::tensor<float, 4> const& before, double share)
{
    auto const s = static_cast<float>(share);
    for (index_t k = 0; k < out.size(); ++k) out.data()[k] = s * out.data()[k] + (1 - s) * before.data()[k];
}

void write_pictures(exec_policy const& exec, std::filesystem::path const& folder, network const& net, example const& e,
                    hyspn::tensor<float, 4> const& before, hyspn::tensor<float, 4> const& out)
{
    hyspn::io::write_rgb_png(folder / (e.name + ".png"), evaluate::draw_result(e, before, out));
    hyspn::io::write_rgb_png(folder / (e.name + "_affinity.png"),
                             evaluate::draw_inside(e, net.look_inside(exec, e.arrays())));
}

result score_frames(exec_policy const& exec, arguments const& a, task const& t, std::vector<example> const& frames)
{
    result r;
    auto net = load_network(a.weights);
    for (auto const& e : frames) {
        if (a.adapt > 0) net = load_network(a.weights);
        auto const start = std::chrono::steady_clock::now();
        if (a.adapt > 0) adapt(exec, *net, t, load_frame(a.frames / e.name, a.drawn), {.iterations = a.adapt}, {});
        auto out = net->forward(exec, e.arrays());
        r.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        auto const before = t.initial(e);
        mix(out, before, a.share);
        if (!a.out.empty()) write_pictures(exec, a.out, *net, e, before, out);
        r.initial.push_back(t.score(exec, e, before));
        r.final.push_back(t.score(exec, e, out));
    }
    return r;
}

void print(char const* title, std::vector<example> const& frames, std::vector<scores> const& rows)
{
    print_header(std::cout, title, rows.at(0));
    for (std::size_t k = 0; k < rows.size(); ++k) print_row(std::cout, frames[k].name, rows[k]);
    print_row(std::cout, "mean", mean_of(rows));
    std::cout << "\n";
}

int run(int count, char const* const* values)
{
    auto const a = parse(count, values);
    if (!a) return 0;
    exec_policy const exec{.threads = a->threads};
    auto const config = load_network(a->weights)->config();
    if (a->adapt > 0 && config.task != "depth") throw usage_error("--adapt is for networks of depth");
    auto const t = make_task(config.task);
    auto const frames = load_frames(exec, *t, a->frames, a->drawn);
    if (!a->out.empty()) std::filesystem::create_directories(a->out);
    auto const r = score_frames(exec, *a, *t, frames);
    std::cout << to_text(config) << "\n\n";
    print("before", frames, r.initial);
    print("network", frames, r.final);
    std::cout << r.seconds / static_cast<double>(frames.size()) << " s a frame, after the plane experts\n";
    return 0;
}

}  // namespace

int main(int count, char** values)
{
    return examples::run_main("evaluate", run, count, values);
}
