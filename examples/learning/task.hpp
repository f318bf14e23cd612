// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/data/sample.hpp>

#include "network.hpp"

namespace learning {

/// What a network is shown of N images, and what it should have said.
struct example {
    hyspn::tensor<float, 4> image{}, maps{};     ///< [N, C, H, W], [N, K, H, W]
    hyspn::tensor<float, 4> measured{}, mask{};  ///< [N, 1, H, W], or no elements
    hyspn::tensor<float, 4> target{};            ///< of depth: [N, 1, H, W] in units of `scale`, 0 = unknown
    hyspn::tensor<std::int32_t, 3> labels{};     ///< of labels: [N, H, W], -1 = unlabelled
    float scale = 1;                             ///< of one image: metres per unit
    std::string name{};                          ///< of one image

    inputs arrays() const;
    index_t height() const { return image.extent(2); }
    index_t width() const { return image.extent(3); }
};

/// Named numbers in the order of a table's columns.
using scores = std::vector<std::pair<std::string, double>>;

/// What networks are trained for.
class task {
public:
    virtual ~task() = default;

    /// Number k of the made examples of a seed, `height` by `width`.
    virtual example make_example(std::uint64_t seed, index_t k, index_t height, index_t width) const = 0;

    /// Of a real frame. Throws usage_error when it lacks what the task needs.
    virtual example from_sample(exec_policy const& exec, hyspn::data::sample const& s, std::string name) const = 0;

    /// The loss of a batch and its gradient.
    virtual double loss(exec_policy const& exec, example const& batch, hyspn::view<float const, 4> out,
                        hyspn::view<float, 4> dout) const = 0;

    /// How good the map `out` [1, L, H, W] is.
    virtual scores score(exec_policy const& exec, example const& e, hyspn::tensor<float, 4> const& out) const = 0;

    /// What the network would say if it changed nothing: the map propagation starts from before training.
    virtual hyspn::tensor<float, 4> initial(example const& e) const = 0;
};

/// The map [H, W] of scores [1, L, H, W] with the greatest score's class of each pixel; the first of equals.
hyspn::tensor<std::int32_t, 2> best_class(hyspn::tensor<float, 4> const& class_scores);

std::unique_ptr<task> make_depth_task();
std::unique_ptr<task> make_label_task();

/// By the name of network_config::task. Throws usage_error.
std::unique_ptr<task> make_task(std::string const& name);

/// Called with the share that is done, 0 to 1; says whether to go on.
using progress_function = std::function<bool(double)>;

/// Examples 0 … count - 1 of a seed, made on `threads` threads; the same for any number of them. Fewer when
/// `progress` says so.
std::vector<example> make_examples(task const& t, std::uint64_t seed, index_t count, index_t height, index_t width,
                                   int threads, progress_function const& progress);

struct batch_options {
    index_t images = 4;
    index_t height = 96, width = 128;  ///< of the crops
    double jitter = 0.15;  ///< contrast is multiplied by 1 ± this at most, brightness moved by half of it at most
};

/// Random crops of random examples, mirrored half of the time. Maps that an image lacks where another has more are
/// those of a class that nothing speaks for. A function of the examples and the stream alone.
example cut_batch(std::vector<example> const& examples, batch_options const& options, hyspn::random_stream random);

}  // namespace learning
