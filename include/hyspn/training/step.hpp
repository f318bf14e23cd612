// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/clip_gradient_norm.hpp>
#include <hyspn/optim/ema.hpp>
#include <hyspn/pipeline/pipeline.hpp>

/// \file
/// One step of training a pipeline.

namespace hyspn::training {

struct options {
    optim::adamw optimiser{.rate = 2e-3, .weight_decay = 1e-4};  ///< its rate is that of the schedule's peak
    double clip = 1;                     ///< longest gradient, Euclidean norm over all parameters; 0: not limited
    optim::ema average{.decay = 0.995};  ///< the running mean of the parameters
};

/// All that a run carries from one step to the next.
template <class Net, class T = float, class M = memory::host>
struct run {
    typename Net::template params<T, M> parameters{};
    typename Net::template params<T, M> averaged{};  ///< their running mean: what to use and to keep
    optim::state<T, M> moments{};
    index_t steps = 0;  ///< taken

    /// The beginning: the network's own parameters for this seed.
    static run start(Net const& net, std::uint64_t seed)
    {
        auto const first = net.template make_params<T>(seed);
        return {first, first, {}, 0};
    }
};

/// Arrays a step needs, kept from one to the next.
template <class Net, class T = float, class M = memory::host>
struct workspace {
    typename Net::template saved<T, M> saved{};
    typename Net::template params<T, M> gradient{};
    tensor<T, 4, M> out{}, dout{};
};

struct step_report {
    double loss = 0;
    double gradient_norm = 0;  ///< before it was limited
    bool taken = true;         ///< false when loss or gradient were not finite: the parameters are as before
};

/// One step at learning rate `rate`: forward, loss, backward, limit, AdamW, running mean. loss(exec, out, dout) returns
/// the loss of out [N, L, H, W] and writes its gradient. The same bits for any number of threads, if the loss has them.
/// Throws what the network and the loss throw; the run is then as before.
template <execution_policy P, class Net, class T, class M, class Loss>
step_report take_step(P const& exec, Net const& net, options const& o, double rate, run<Net, T, M>& r,
                      workspace<Net, T, M>& w, pipeline_inputs<T, M> const& in, Loss&& loss)
{
    dims<4> const extents{in.image.extent(0), net.maps(), in.image.extent(2), in.image.extent(3)};
    detail::fit(w.out, extents);
    detail::fit(w.dout, extents);
    net.forward(exec, r.parameters, in, w.out, w.saved);
    step_report report;
    report.loss = loss(exec, as_const(w.out), as_view(w.dout));
    w.gradient = Net::zero_gradients(r.parameters);
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
