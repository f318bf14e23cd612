// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Losses with their gradients: maps of depth, and 21 classes of labels.

#include <cstdint>
#include <string>

#include <hyspn/nn/loss/cross_entropy.hpp>
#include <hyspn/nn/loss/nll.hpp>
#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/nn/loss/silog.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t classes = 21;

template <class Loss>
void add_map_loss(std::string const& name, Loss const& loss, image const& size)
{
    add(name + "/omp/f32/" + size.name, [=](benchmark::State& state) {
        auto prediction = noise<float>(dims<4>{1, 1, size.height, size.width}, 1), target = prediction;
        for (float& x : prediction) x += 2;
        for (float& x : target) x = 2 - x;
        tensor<float, 4> gradient(target.extents());
        for (auto _ : state) {
            auto const value = nn::loss::value_and_gradient(exec::omp{}, loss, prediction, target, gradient);
            benchmark::DoNotOptimize(value);
        }
        count(state, 12.0 * static_cast<double>(gradient.size()));
    });
}

template <class Loss>
void add_label_loss(std::string const& name, Loss const& loss, image const& size)
{
    add(name + "/omp/f32/L" + std::to_string(classes) + "_" + size.name, [=](benchmark::State& state) {
        auto scores = noise<float>(dims<4>{1, classes, size.height, size.width}, 1);
        for (float& x : scores) x += 1;
        tensor<std::int32_t, 3> labels(1, size.height, size.width);
        random_stream random(2);
        for (std::int32_t& l : labels) l = static_cast<std::int32_t>(random.below(classes));
        tensor<float, 4> gradient(scores.extents());
        for (auto _ : state) {
            auto const value = nn::loss::value_and_gradient(exec::omp{}, loss, scores, labels, gradient);
            benchmark::DoNotOptimize(value);
        }
        count(state, 8.0 * static_cast<double>(gradient.size()));
    });
}

}  // namespace

void register_losses()
{
    for (image const& size : {nyu, kitti}) {
        add_map_loss("loss_l1_l2", nn::loss::l1_l2{}, size);
        add_map_loss("loss_silog", nn::loss::silog{}, size);
        add_label_loss("loss_cross_entropy", nn::loss::cross_entropy{}, size);
        add_label_loss("loss_nll", nn::loss::nll{}, size);
    }
}

}  // namespace hyspn::bench
