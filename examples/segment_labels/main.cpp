// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Refines coarse labels of an image with a trained network.
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>

#include <hyspn/core/error.hpp>
#include <hyspn/data/coarse_labels.hpp>
#include <hyspn/io/image.hpp>
#include <hyspn/metrics/segmentation.hpp>
#include <hyspn/pipeline/label_refinement.hpp>

#include "../common/run_main.hpp"
#include "../learning/task.hpp"

namespace {

using namespace learning;
using label_map = hyspn::tensor<std::int32_t, 2>;

struct arguments {
    std::filesystem::path weights, rgb, coarse, truth, out;
    double blur = 4;
    int threads = 0;
};

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    CLI::App app{
        "Moves the boundaries of coarse labels to those of an image, with a network of train --task labels. Labels "
        "are\n"
        "8-bit grey PNG, one number a class, any set of classes; 0 = unlabelled in --truth."};
    app.add_option("--weights", a.weights, "safetensors of train")->required();
    app.add_option("--rgb", a.rgb, "image, PNG")->required();
    app.add_option("--labels", a.coarse, "coarse labels, PNG")->required();
    app.add_option("--truth", a.truth, "true labels, PNG: for scores");
    app.add_option("--blur", a.blur, "pixels over which the coarse boundaries are uncertain")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 10.0));
    app.add_option("--out", a.out, "refined labels, PNG");
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

/// The classes of a map, by number.
std::vector<std::int32_t> classes_of(label_map const& labels)
{
    std::vector<std::int32_t> all(labels.begin(), labels.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

/// Places of the labels in `classes`, -1 for others.
label_map numbered(label_map labels, std::vector<std::int32_t> const& classes)
{
    std::map<std::int32_t, std::int32_t> place;
    for (std::size_t k = 0; k < classes.size(); ++k) place[classes[k]] = static_cast<std::int32_t>(k);
    for (auto& l : labels) {
        auto const found = place.find(l);
        l = found == place.end() ? -1 : found->second;
    }
    return labels;
}

/// The classes of the map, then those that the truth has besides; 0 of the truth is none.
std::vector<std::int32_t> with_those_of(std::vector<std::int32_t> classes, label_map const& truth)
{
    for (auto const l : classes_of(truth))
        if (l != 0 && std::find(classes.begin(), classes.end(), l) == classes.end()) classes.push_back(l);
    return classes;
}

void print_scores(exec_policy const& exec, char const* name, label_map const& labels, label_map const& truth,
                  index_t classes)
{
    auto const s = hyspn::metrics::segmentation(hyspn::metrics::confusion(exec, labels, truth, classes, -1));
    std::cout << name << ": mIoU " << s.mean_iou << ", accuracy " << s.pixel_accuracy << "\n";
}

label_map read_labels(std::filesystem::path const& file)
{
    return hyspn::cast<std::int32_t>(hyspn::io::read_label_png(file));
}

int run(int count, char const* const* values)
{
    auto const a = parse(count, values);
    if (!a) return 0;
    exec_policy const exec{.threads = a->threads};
    auto const net = load_network(a->weights);
    if (net->config().task != "labels") throw usage_error(a->weights.string() + " is a network of depth");
    auto const rgb = hyspn::io::read_rgb_png(a->rgb);
    auto const coarse = read_labels(a->coarse);
    auto const classes = classes_of(coarse);
    if (classes.size() < 2) throw usage_error(a->coarse.string() + " has fewer than two classes");
    auto const labels = numbered(coarse, classes);
    auto const many = static_cast<index_t>(classes.size());
    auto const probabilities =
        hyspn::data::coarse_labels(labels, many, {.factor = 1, .shift = 0, .confusion = 0, .blur = a->blur});
    auto const arrays = hyspn::make_label_arrays(exec, rgb, probabilities);
    auto const refined = best_class(net->forward(exec, arrays.inputs()));
    if (!a->truth.empty()) {
        auto truth = read_labels(a->truth);
        auto const all = with_those_of(classes, truth);
        auto known = numbered(truth, all);
        std::transform(truth.begin(), truth.end(), known.begin(), known.begin(),
                       [](std::int32_t label, std::int32_t number) { return label == 0 ? -1 : number; });
        print_scores(exec, "coarse ", labels, known, static_cast<index_t>(all.size()));
        print_scores(exec, "refined", refined, known, static_cast<index_t>(all.size()));
    }
    if (a->out.empty()) return 0;
    hyspn::tensor<std::uint8_t, 2> written(refined.extents());
    std::transform(refined.begin(), refined.end(), written.begin(),
                   [&](std::int32_t l) { return static_cast<std::uint8_t>(classes[static_cast<std::size_t>(l)]); });
    hyspn::io::write_label_png(a->out, written);
    return 0;
}

}  // namespace

int main(int count, char** values)
{
    return examples::run_main("segment_labels", run, count, values);
}
