// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/io/checkpoint.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/pipeline/depth_completion.hpp>
#include <hyspn/pipeline/label_refinement.hpp>
#include <hyspn/pipeline/pipeline.hpp>

#include "network.hpp"

/// \file
/// One class for each combination of types. Every propagation has a file of its own that makes them.

namespace learning {

/// A pipeline as a network.
template <class Net>
class network_of final : public network {
public:
    network_of(network_config config, Net const& net, std::uint64_t seed)
        : config_(std::move(config)), net_(net), run_(hyspn::training::run<Net>::start(net, seed))
    {
    }

    network_config const& config() const override { return config_; }

    index_t parameter_count() const override
    {
        index_t count = 0;
        for_each_leaf(run_.parameters, [&](std::string const&, auto leaf) { count += leaf.size(); });
        return count;
    }

    hyspn::training::step_report step(exec_policy const& exec, hyspn::training::options const& options, double rate,
                                      inputs const& in, loss_function const& loss) override
    {
        return hyspn::training::take_step(exec, net_for(in), options, rate, run_, work_, in, loss);
    }
    index_t steps() const override { return run_.steps; }

    hyspn::tensor<float, 4> forward(exec_policy const& exec, inputs const& in) const override
    {
        auto const net = net_for(in);
        hyspn::tensor<float, 4> out(in.image.extent(0), net.maps(), in.image.extent(2), in.image.extent(3));
        net.forward(exec, run_.averaged, in, out);
        return out;
    }

    inside look_inside(exec_policy const& exec, inputs const& in) const override
    {
        auto const net = net_for(in);
        auto const& p = run_.averaged;
        auto const heads = net.guide().forward(exec, p.guidance, in.image);
        auto const range = hyspn::nn::channel_range(as_const(heads), 0, net_.features);
        inside seen{hyspn::tensor<float, 4>(range.extents()), {}};
        copy(range, as_view(seen.features));
        seen.gates = net.affine().forward(exec, p.affinity, seen.features);
        if constexpr (requires { p.affinity.c; }) seen.curvature = p.affinity.c;
        if constexpr (requires { p.affinity.tau; }) seen.temperature = p.affinity.tau;
        return seen;
    }

    void save_weights(std::filesystem::path const& file) const override
    {
        hyspn::io::save_parameters(file, run_.averaged, to_text(config_));
    }
    void load_weights(std::filesystem::path const& file) override
    {
        hyspn::io::load_parameters(file, run_.averaged, to_text(config_));
        run_.parameters = run_.averaged;
    }

    void save_run(std::filesystem::path const& file, std::string const& text, std::uint64_t seed) const override
    {
        using hyspn::io::part;
        hyspn::io::save_checkpoint(file, {run_.steps, seed, text}, part("parameters", run_.parameters),
                                   part("averaged", run_.averaged), part("moments", run_.moments));
    }
    void load_run(std::filesystem::path const& file, std::string const& text) override
    {
        using hyspn::io::part;
        run_.steps = hyspn::io::load_checkpoint(file, text, part("parameters", run_.parameters),
                                                part("averaged", run_.averaged), part("moments", run_.moments))
                         .step;
    }

private:
    /// The number of classes is that of the maps: no parameter depends on it.
    Net net_for(inputs const& in) const
    {
        auto net = net_;
        if constexpr (requires { net.start.maps; }) net.start.maps = in.maps.extent(1);
        return net;
    }

    network_config config_;
    Net net_;
    hyspn::training::run<Net> run_;
    hyspn::training::workspace<Net> work_{};
};

template <class Affinity, class Propagation, class Start>
std::unique_ptr<network> make_pipeline(network_config const& c, std::uint64_t seed, Affinity const& affinity,
                                       Propagation const& propagation, Start const& start, index_t channels,
                                       bool confidence)
{
    using hyspn::nn::guidance_unet, hyspn::nn::norm_kind;
    hyspn::pipeline const net{.guidance = guidance_unet{.inputs = channels,
                                                        .width = c.width,
                                                        .levels = c.levels,
                                                        .norm = {.kind = norm_kind::group, .groups = 4}},
                              .affinity = affinity,
                              .propagation = propagation,
                              .start = start,
                              .features = c.features,
                              .confidence = confidence};
    return std::make_unique<network_of<std::remove_const_t<decltype(net)>>>(c, net, seed);
}

template <class Affinity, class Propagation>
std::unique_ptr<network> make_for_task(network_config const& c, std::uint64_t seed, Affinity const& affinity,
                                       Propagation const& propagation)
{
    if (c.task == "labels")
        return make_pipeline(c, seed, affinity, propagation, hyspn::start::given{}, hyspn::label_image_channels, false);
    return make_pipeline(c, seed, affinity, propagation,
                         hyspn::start::mixture{.candidates = hyspn::guidance::plane_expert_count},
                         hyspn::depth_image_channels, true);
}

template <class Propagation>
std::unique_ptr<network> make_with(network_config const& c, std::uint64_t seed, Propagation const& propagation)
{
    using namespace hyspn::affinity;
    if (c.affinity == "euclidean") return make_for_task(c, seed, euclidean{.kernel = c.kernel}, propagation);
    if (c.affinity == "naive") return make_for_task(c, seed, naive{.kernel = c.kernel}, propagation);
    hyperbolic ham{.kernel = c.kernel};
    if (c.affinity == "ham_unordered") ham.beta_priority = false;
    if (c.affinity == "ham_unweighted") ham.weight = weighting::uniform;
    return make_for_task(c, seed, ham, propagation);
}

}  // namespace learning
