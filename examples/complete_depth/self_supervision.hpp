// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/optim/adam.hpp>

#include "../common/hidden_samples.hpp"
#include "../common/progress.hpp"
#include "gates.hpp"
#include "initial_map.hpp"

/// Values for an affinity that has to learn, from nothing but the samples of the image at hand: some are hidden, and
/// the affinity is trained to make the propagation of the others arrive at them.

namespace complete_depth {

using examples::hide_samples, examples::split_samples;

struct fit_options {
    int iterations = 40;
    double learning_rate = 0.01;
    index_t most_windows = 300;  ///< hidden samples that are looked at
};

/// One window around each hidden sample. What a propagation of T steps says of a pixel depends on nothing farther than
/// T + 1 neighbourhoods, so the windows give the same values and gradients as the whole image.
struct fit_windows {
    hyspn::tensor<float, 4> features, initial, measured;  ///< [n, C or 1, h, w]
    std::vector<std::pair<index_t, index_t>> centre;      ///< of the hidden sample in its window
    std::vector<float> wanted;                            ///< its value
};

inline fit_windows cut_windows(hyspn::view<float const, 3> features, hyspn::tensor<float, 2> const& initial,
                               hyspn::tensor<float, 2> const& sparse, split_samples const& split, index_t radius,
                               index_t most)
{
    index_t const height = std::min(initial.extent(0), 2 * radius + 1);
    index_t const width = std::min(initial.extent(1), 2 * radius + 1);
    index_t const n = std::min<index_t>(most, static_cast<index_t>(split.hidden.size()));
    auto const stack = [&](index_t channels) { return hyspn::tensor<float, 4>(n, channels, height, width); };
    fit_windows w{stack(features.extent(0)), stack(1), stack(1), {}, {}};
    for (index_t s = 0; s < n; ++s) {
        auto const [y, x] = split.hidden[static_cast<std::size_t>(s)];
        index_t const top = std::clamp<index_t>(y - radius, 0, initial.extent(0) - height);
        index_t const left = std::clamp<index_t>(x - radius, 0, initial.extent(1) - width);
        for (index_t i = 0; i < height; ++i)
            for (index_t j = 0; j < width; ++j) {
                for (index_t c = 0; c < features.extent(0); ++c)
                    w.features(s, c, i, j) = features(c, top + i, left + j);
                w.initial(s, 0, i, j) = initial(top + i, left + j);
                w.measured(s, 0, i, j) = split.kept(top + i, left + j);
            }
        w.centre.emplace_back(y - top, x - left);
        w.wanted.push_back(sparse(y, x));
    }
    return w;
}

/// Where the fit starts: gates of nearly equal size, all positive, as in plain smoothing.
template <class Module>
params_of<Module> first_params(Module const& module, index_t channels, std::uint64_t seed)
{
    auto params = module.template make_params<float>(channels);
    hyspn::random_stream random(seed);
    for_each_leaf(params, [&](std::string_view name, auto leaf) {
        hyspn::for_each_element(leaf, [&](float& x) {
            if (name == "z") x = static_cast<float>(0.02 * random.normal());
            if (name == "r") x = -1;
            if (name == "bias") x = 1;
            if (name == "tau") x = geodesic_temperature;
        });
    });
    return params;
}

/// Every second hidden sample trains; the others judge.
inline bool trains(std::size_t window)
{
    return window % 2 == 0;
}

/// Loss of every hidden sample: √(e² + δ²) − δ, e the relative error and δ = 0.02, squares near 0, magnitudes beyond.
/// Writes the gradient of the sum over those that train.
inline std::vector<double> fit_losses(fit_windows const& w, hyspn::tensor<float, 4> const& out,
                                      hyspn::tensor<float, 4>& dout)
{
    constexpr double smooth = 0.02;
    std::fill(dout.begin(), dout.end(), 0.0F);
    std::vector<double> losses;
    for (std::size_t s = 0; s < w.wanted.size(); ++s) {
        auto const [i, j] = w.centre[s];
        auto const window = static_cast<index_t>(s);
        double const wanted = static_cast<double>(w.wanted[s]);
        double const error = (static_cast<double>(out(window, 0, i, j)) - wanted) / wanted;
        double const length = std::sqrt(error * error + smooth * smooth);
        losses.push_back(length - smooth);
        if (trains(s)) dout(window, 0, i, j) = static_cast<float>(error / length / wanted);
    }
    return losses;
}

/// How much less the judges lose than at first, less three times the standard error of that mean: above 0 the gain is
/// hardly chance. (Three, because neighbouring samples err together.)
inline double sure_gain(std::vector<double> const& first, std::vector<double> const& now)
{
    double n = 0, sum = 0, squares = 0;
    for (std::size_t s = 0; s < first.size(); ++s) {
        if (trains(s)) continue;
        double const gain = first[s] - now[s];
        ++n;
        sum += gain;
        squares += gain * gain;
    }
    if (n < 2) return 0;
    double const mean = sum / n;
    return mean - 3 * std::sqrt(std::max(0.0, squares / n - mean * mean) / (n - 1));
}

template <class Module>
struct fit_result {
    params_of<Module> params;
    bool learned;  ///< false: the starting values
};

/// Fitted values of the module: of all iterations those whose gain on the hidden samples that did not train is surest;
/// the starting values when no gain is sure, or when there are too few samples to hide any. A few hundred samples are
/// little to learn from, so that is often. For a limit, the steps on the way to it are fitted. Deterministic: the seed,
/// not the number of threads, decides.
template <class P, class Module>
fit_result<Module> fit_to_samples(P const& exec, Module const& module, propagation_method const& method,
                                  hyspn::tensor<float, 2> const& sparse, hyspn::tensor<float, 3> const& features,
                                  initial_map<P> const& start, std::uint64_t seed, progress& bar,
                                  fit_options const& options = {})
{
    using namespace hyspn::propagation;
    auto const& net = method.net;
    auto params = first_params(module, features.extent(0), seed);
    split_samples const split = hide_samples(sparse, start.scan_lines(), seed);
    if (!split.is_usable()) return {params, false};

    auto const initial = start.complete(split.kept, [](char const*) {});
    index_t const radius = (net.steps + 1) * (net.kernel / 2) * net.dilation;
    fit_windows const w = cut_windows(as_const(features), initial, sparse, split, radius, options.most_windows);

    hyspn::tensor<float, 4> gates(w.initial.extent(0), net.gates(), w.initial.extent(2), w.initial.extent(3));
    hyspn::tensor<float, 4> dgates(gates.extents()), dfeatures(w.features.extents());
    hyspn::tensor<float, 4> out(w.initial.extents()), dout(out.extents());
    hyspn::tensor<float, 4> confidence(out.extents());
    auto const in = inputs_of(method, as_const(w.initial), as_const(gates), as_const(w.measured), confidence);
    typename Module::template saved<float> kept_by_affinity;
    hyspn::propagation::saved<float> kept_by_propagation;
    hyspn::optim::adam const optimiser{.rate = options.learning_rate};
    hyspn::optim::adam::state<float> run;
    auto best = params;
    double best_gain = 0;
    std::vector<double> first_losses;
    for (int k = 0; k < options.iterations; ++k) {
        module.forward(exec, params, w.features, gates, kept_by_affinity);
        net.forward(exec, in, out, kept_by_propagation);
        auto const losses = fit_losses(w, out, dout);
        if (k == 0) first_losses = losses;
        if (double const gain = sure_gain(first_losses, losses); gain > best_gain) {
            best_gain = gain;
            best = params;
        }
        net.backward(exec, in, kept_by_propagation, dout, {.gates = as_view(dgates)});
        auto gradient = Module::zero_gradients(params);
        module.backward(exec, params, w.features, kept_by_affinity, dgates, dfeatures, gradient);
        optimiser.step(exec, params, gradient, run);
        bar.show(static_cast<double>(k + 1) / options.iterations);
    }
    return {best, best_gain > 0};
}

}  // namespace complete_depth
