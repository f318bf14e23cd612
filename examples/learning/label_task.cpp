// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <hyspn/data/coarse_labels.hpp>
#include <hyspn/data/scene.hpp>
#include <hyspn/metrics/boundary.hpp>
#include <hyspn/metrics/segmentation.hpp>
#include <hyspn/nn/loss/cross_entropy.hpp>
#include <hyspn/nn/loss/of_labels.hpp>
#include <hyspn/pipeline/label_refinement.hpp>

#include "task.hpp"

namespace learning {
namespace {

namespace data = hyspn::data;

/// Class 0 is none in a frame's labels, and no map speaks of it; in maps and metrics class l is number l - 1.
constexpr std::int32_t unlabelled = -1;

/// Labels 0 … L - 1 of the classes there are, in the order of their numbers; −1 where there is none.
struct compact_labels {
    hyspn::tensor<std::int32_t, 2> labels;
    index_t classes;
};

compact_labels compacted(hyspn::tensor<std::int32_t, 2> const& labels)
{
    std::map<std::int32_t, std::int32_t> numbers;
    for (auto const l : labels)
        if (l > 0) numbers[l] = 0;
    std::int32_t next = 0;
    for (auto& [label, number] : numbers) number = next++;
    compact_labels made{labels, next};
    for (auto& l : made.labels) l = l > 0 ? numbers[l] : unlabelled;
    return made;
}

/// Labels without gaps, for a coarse network that names a class everywhere: an unlabelled pixel counts as the labelled
/// one before it.
hyspn::tensor<std::int32_t, 2> without_gaps(hyspn::tensor<std::int32_t, 2> labels)
{
    std::int32_t last = 0;
    for (auto& l : labels) last = l = l == unlabelled ? last : l;
    return labels;
}

template <class P>
example make_from(P const& exec, hyspn::tensor<float, 3> const& rgb, hyspn::tensor<std::int32_t, 2> const& labels,
                  index_t classes, data::coarse_label_options const& options, std::string name)
{
    auto const coarse = data::coarse_labels(without_gaps(labels), classes, options);
    auto arrays = hyspn::make_label_arrays(exec, rgb, coarse);
    example e{.image = std::move(arrays.image), .maps = std::move(arrays.maps), .name = std::move(name)};
    e.labels = hyspn::tensor<std::int32_t, 3>(index_t{1}, labels.extent(0), labels.extent(1));
    std::copy(labels.begin(), labels.end(), e.labels.begin());
    return e;
}

class label_task final : public task {
public:
    example make_example(std::uint64_t seed, index_t, index_t height, index_t width) const override
    {
        hyspn::random_stream random(seed);
        hyspn::exec::seq const exec;
        auto const scene = data::render_scene(exec, {.height = height, .width = width, .seed = random.bits()});
        auto const known = compacted(scene.labels);  // maps of classes that do not occur would only cost time
        data::coarse_label_options const options{.factor = 4 + random.below(9),
                                                 .shift = 1 + 4 * random.uniform(),
                                                 .confusion = 0.1 * random.uniform(),
                                                 .seed = random.bits()};
        return make_from(exec, scene.rgb, known.labels, known.classes, options, "scene");
    }

    example from_sample(exec_policy const& exec, data::sample const& s, std::string name) const override
    {
        if (s.rgb.size() == 0) throw usage_error(name + " has no image");
        if (s.labels.size() == 0) throw usage_error(name + " has no labels");
        auto const known = compacted(s.labels);
        if (known.classes < 2) throw usage_error(name + " has fewer than two classes");
        return make_from(exec, s.rgb, known.labels, known.classes, {.seed = 1}, std::move(name));
    }

    double loss(exec_policy const& exec, example const& batch, hyspn::view<float const, 4> out,
                hyspn::view<float, 4> dout) const override
    {
        return hyspn::nn::loss::value_and_gradient(exec, hyspn::nn::loss::cross_entropy{.ignore_index = unlabelled},
                                                   out, batch.labels, dout);
    }

    scores score(exec_policy const& exec, example const& e, hyspn::tensor<float, 4> const& out) const override
    {
        auto const truth = as_const(e.labels)[0];
        auto const best = best_class(out);
        auto const all =
            hyspn::metrics::segmentation(hyspn::metrics::confusion(exec, best, truth, out.extent(1), unlabelled));
        auto const boundary = hyspn::metrics::boundary(
            exec, best, truth, {.classes = out.extent(1), .tolerance = 2, .ignore_index = unlabelled});
        return {{"mIoU", all.mean_iou}, {"accuracy", all.pixel_accuracy}, {"boundary F", boundary.f}};
    }

    hyspn::tensor<float, 4> initial(example const& e) const override { return e.maps; }
};

}  // namespace

hyspn::tensor<std::int32_t, 2> best_class(hyspn::tensor<float, 4> const& class_scores)
{
    hyspn::tensor<std::int32_t, 2> best(class_scores.extent(2), class_scores.extent(3));
    for (index_t i = 0; i < best.extent(0); ++i)
        for (index_t j = 0; j < best.extent(1); ++j) {
            index_t most = 0;
            for (index_t l = 1; l < class_scores.extent(1); ++l)
                if (class_scores(0, l, i, j) > class_scores(0, most, i, j)) most = l;
            best(i, j) = static_cast<std::int32_t>(most);
        }
    return best;
}

std::unique_ptr<task> make_label_task()
{
    return std::make_unique<label_task>();
}

}  // namespace learning
