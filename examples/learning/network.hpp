// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/training/step.hpp>

#include "config.hpp"

namespace learning {

using exec_policy = hyspn::exec::omp;
using inputs = hyspn::pipeline_inputs<float>;

/// Returns the loss of out and writes its gradient.
using loss_function =
    std::function<double(exec_policy const&, hyspn::view<float const, 4> out, hyspn::view<float, 4> dout)>;

/// What a network thinks of an image, for pictures.
struct inside {
    hyspn::tensor<float, 4> features;  ///< what the affinity reads [N, features, H, W]
    hyspn::tensor<float, 4> gates;     ///< what it makes of them [N, K, H, W]
    float curvature = 0;               ///< that it learned; 0 where it has none
    float temperature = 0;             ///< the same
};

/// A pipeline whose parts are chosen at run time.
class network {
public:
    virtual ~network() = default;

    virtual network_config const& config() const = 0;
    virtual index_t parameter_count() const = 0;

    /// One step of training; the number of steps taken so far.
    virtual hyspn::training::step_report step(exec_policy const& exec, hyspn::training::options const& options,
                                              double rate, inputs const& in, loss_function const& loss) = 0;
    virtual index_t steps() const = 0;

    /// The propagated maps [N, L, H, W], by the averaged parameters.
    virtual hyspn::tensor<float, 4> forward(exec_policy const& exec, inputs const& in) const = 0;

    /// What is between the guidance and the propagation.
    virtual inside look_inside(exec_policy const& exec, inputs const& in) const = 0;

    /// The averaged parameters with the configuration. Throws io_error.
    virtual void save_weights(std::filesystem::path const& file) const = 0;
    virtual void load_weights(std::filesystem::path const& file) = 0;

    /// All of a run, and the text that says which run it is. Throws io_error, for another run's file too.
    virtual void save_run(std::filesystem::path const& file, std::string const& run, std::uint64_t seed) const = 0;
    virtual void load_run(std::filesystem::path const& file, std::string const& run) = 0;
};

/// A network with the first parameters of this seed. Throws usage_error.
std::unique_ptr<network> make_network(network_config const& config, std::uint64_t seed);

/// The network of a file of weights. Throws usage_error, io_error.
std::unique_ptr<network> load_network(std::filesystem::path const& file);

}  // namespace learning
