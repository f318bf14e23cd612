// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/clip_gradient_norm.hpp>
#include <hyspn/optim/ema.hpp>
#include <hyspn/optim/gradients.hpp>
#include <hyspn/pipeline/pipeline.hpp>

/// \file
/// One step of training a pipeline.

namespace hyspn::training {

struct options {
    optim::adamw optimiser{.rate = 2e-3, .weight_decay = 1e-4};  ///< its rate is that of the schedule's peak
    double clip = 1;                     ///< longest gradient, Euclidean norm over all parameters; 0: not limited
    optim::ema average{.decay = 0.995};  ///< the running mean of the parameters
};

/// All that a run carries from one step to the next, in host memory.
template <class Net, class T = float>
struct run {
    typename Net::template params<T> parameters{};
    typename Net::template params<T> averaged{};  ///< their running mean: what to use and to keep
    optim::state<T> moments{};
    index_t steps = 0;  ///< taken, or refused because something was not finite

    /// The beginning: the network's own parameters for this seed.
    static run start(Net const& net, std::uint64_t seed)
    {
        auto const first = net.template make_params<T>(seed);
        return {first, first, {}, 0};
    }
};

/// Arrays a step needs, kept from one to the next.
template <class Net, class T = float>
struct workspace {
    typename Net::template saved<T> saved{};
    typename Net::template params<T> gradient{};
    bool has_gradient = false;  ///< the gradient's arrays are made
    tensor<T, 4> out{}, dout{};
};

/// Throws value_error.
inline void require_valid(char const* function, options const& o, double rate)
{
    using hyspn::detail::require_value;
    require_value(rate >= 0 && std::isfinite(rate), function, "rate", "finite and at least 0", rate);
    require_value(o.clip >= 0, function, "clip", "at least 0", o.clip);
    double const decay = o.average.decay;
    require_value(decay >= 0 && decay < 1, function, "average.decay", "at least 0 and below 1", decay);
    double const weights = o.optimiser.weight_decay;
    require_value(weights >= 0 && std::isfinite(weights), function, "weight_decay", "finite and at least 0", weights);
}

struct step_report {
    double loss = 0;
    double gradient_norm = 0;  ///< before it was limited
    bool taken = true;         ///< false when loss or gradient were not finite: the parameters are as before
};

/// One step at learning rate `rate`: forward, loss, backward, limit, AdamW, running mean. loss(exec, out, dout) returns
/// the loss of out [N, L, H, W] and writes its gradient. The same bits for any number of threads, if the loss has them.
/// Host policies. Throws value_error for options out of range and what the network and the loss throw; the run is then
/// as before.
template <execution_policy P, class Net, class T, class Loss>
step_report take_step(P const& exec, Net const& net, options const& o, double rate, run<Net, T>& r,
                      workspace<Net, T>& w, pipeline_inputs<T> const& in, Loss&& loss)
{
    require_valid("training::take_step", o, rate);
    dims<4> const extents{in.image.extent(0), net.maps(), in.image.extent(2), in.image.extent(3)};
    detail::fit(w.out, extents);
    detail::fit(w.dout, extents);
    net.forward(exec, r.parameters, in, w.out, w.saved);
    step_report report;
    report.loss = loss(exec, as_const(w.out), as_view(w.dout));
    if (!w.has_gradient) w.gradient = r.parameters;
    w.has_gradient = true;
    optim::zero(exec, w.gradient);
    net.backward(exec, r.parameters, in, w.saved, as_const(w.dout), w.gradient);
    report.gradient_norm = optim::clip_gradient_norm(exec, w.gradient, o.clip > 0 ? o.clip : HUGE_VAL);
    ++r.steps;
    report.taken = std::isfinite(report.loss) && std::isfinite(report.gradient_norm);
    if (!report.taken) return report;
    auto optimiser = o.optimiser;
    optimiser.rate = rate;
    optimiser.step(exec, r.parameters, w.gradient, r.moments);
    net.update(exec, w.saved, r.parameters);
    o.average.update(exec, r.parameters, r.averaged, r.steps - 1);
    return report;
}

}  // namespace hyspn::training
