// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <hyspn/propagation/presets/dyspn_softmax.hpp>
#include <hyspn/propagation/presets/lrru.hpp>
#include <hyspn/propagation/presets/nlspn.hpp>
#include <hyspn/propagation/sampled.hpp>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// Every array of a network with learned offsets: an input, a direction or a gradient.
template <class T, class M = memory::host>
struct sampled_arrays {
    tensor<T, 4, M> initial{}, gates{}, offsets{};
    tensor<T, 1, M> gamma{};
    tensor<T, 4, M> confidence{}, measured{}, mask{};

    propagation::sampled_inputs<T, M> inputs() const
    {
        return {.initial = initial,
                .gates = gates,
                .offsets = offsets,
                .gamma = gamma,
                .confidence = confidence,
                .measured = measured,
                .mask = mask};
    }
    propagation::sampled_gradients<T, M> gradients()
    {
        return {.initial = initial,
                .gates = gates,
                .offsets = offsets,
                .gamma = gamma,
                .confidence = confidence,
                .measured = measured,
                .mask = mask};
    }

    /// f(this array, that array) for each.
    template <class U, class F>
    void with(sampled_arrays<U> const& other, F const& f)
    {
        f(initial, other.initial), f(gates, other.gates), f(offsets, other.offsets), f(gamma, other.gamma);
        f(confidence, other.confidence), f(measured, other.measured), f(mask, other.mask);
    }
    template <class U, class F>
    void with(sampled_arrays<U> const& other, F const& f) const
    {
        f(initial, other.initial), f(gates, other.gates), f(offsets, other.offsets), f(gamma, other.gamma);
        f(confidence, other.confidence), f(measured, other.measured), f(mask, other.mask);
    }
};

template <class U, class T>
sampled_arrays<U> cast_arrays(sampled_arrays<T> const& a)
{
    return {cast<U>(a.initial),    cast<U>(a.gates),    cast<U>(a.offsets), cast<U>(a.gamma),
            cast<U>(a.confidence), cast<U>(a.measured), cast<U>(a.mask)};
}

/// Zeros in the shapes of a network's arrays.
template <class T>
sampled_arrays<T> zero_arrays(propagation::sampled const& net, dims<4> const& e, bool one_map = false)
{
    auto const with = [&](index_t channels) { return tensor<T, 4>(e[0], channels, e[2], e[3]); };
    sampled_arrays<T> a{.initial = tensor<T, 4>(e),
                        .gates = with(hyspn::detail::gate_sets(net) * net.count()),
                        .offsets = with(2 * hyspn::detail::offset_sets(net) * net.count())};
    if (net.learned_divisor) a.gamma = tensor<T, 1>(1);
    if (net.confidence != propagation::confidence_role::none) a.confidence = with(1);
    if (net.injection == propagation::injection_time::none) return a;
    a.measured = with(one_map ? 1 : e[1]);
    a.mask = with(1);
    return a;
}

/// Arrays drawn at random: a third of the offsets 0, a sixth other whole numbers, the rest within `spread` pixels; β a
/// third 0, a third 1, a third between, and where it is 0 the measurement is NaN if asked for.
inline sampled_arrays<double> random_arrays(propagation::sampled const& net, dims<4> const& e, std::uint64_t seed,
                                            double spread = 2.5, bool one_map = false, bool unmeasured_is_nan = false)
{
    random_stream stream(seed);
    auto const uniform = [&] { return static_cast<double>(static_cast<float>(stream.uniform())); };
    auto a = zero_arrays<double>(net, e, one_map);
    for (auto& x : a.initial) x = uniform();
    for (auto& x : a.gates) x = (uniform() + uniform() + uniform() - 1.5) * 2;
    if (net.normaliser == propagation::gate_normaliser::none)
        for (auto& x : a.gates) x /= static_cast<double>(net.count());
    for (auto& x : a.offsets) {
        double const kind = uniform(), value = spread * (2 * uniform() - 1);
        x = kind < 1.0 / 3 ? 0 : kind < 0.5 ? std::round(value) : value;
    }
    for (auto& x : a.gamma) x = 0.7 + uniform();
    for (auto& x : a.confidence) x = uniform();
    for (auto& x : a.measured) x = uniform();
    for (auto& x : a.mask) x = std::clamp(3 * uniform() - 1, 0.0, 1.0);
    if (!unmeasured_is_nan) return a;
    for (index_t n = 0; n < a.measured.extent(0); ++n)
        for (index_t l = 0; l < a.measured.extent(1); ++l)
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x)
                    if (a.mask(n, 0, y, x) == 0) a.measured(n, l, y, x) = std::numeric_limits<double>::quiet_NaN();
    return a;
}

/// Output, kept arrays and gradients of one training step.
template <class T>
struct sampled_run {
    tensor<T, 4> out;
    propagation::sampled_saved<T> kept{};
    sampled_arrays<T> d;

    template <execution_policy P>
    sampled_run(P const& exec, propagation::sampled const& net, sampled_arrays<T> const& at, tensor<T, 4> const& dout)
        : out(at.initial.extents()),
          d(zero_arrays<T>(net, at.initial.extents(), at.measured.extent(1) != at.initial.extent(1)))
    {
        net.forward(exec, at.inputs(), out, kept);
        net.backward(exec, at.inputs(), kept, dout, d.gradients());
    }
};

/// The published networks and combinations that none of them has, over few steps; f(net).
template <class F>
void for_each_sampled(F const& f)
{
    using namespace propagation;
    using presets::nlspn_affinity;
    std::vector<sampled> nets;
    for (auto affinity : {nlspn_affinity::AS, nlspn_affinity::ASS, nlspn_affinity::TC, nlspn_affinity::TGASS})
        for (auto role :
             {confidence_role::none, confidence_role::intended, confidence_role::released, confidence_role::legacy})
            nets.push_back(presets::nlspn{.steps = 3,
                                          .affinity = affinity,
                                          .confidence = role,
                                          .preserve_input = affinity != nlspn_affinity::ASS});
    nets.push_back(presets::nlspn{.kernel = 5, .steps = 2});
    nets.push_back(presets::completionformer{.steps = 3});
    nets.push_back(presets::dyspn_softmax{.points = 5, .steps = 3});
    nets.push_back(presets::dyspn_softmax{.points = 9, .steps = 2});
    nets.push_back(presets::lrru{.updates = 3});
    nets.push_back(presets::lrru{.updates = 2, .weights = presets::lrru_kernel::average});
    sampled blended = presets::nlspn{.steps = 8};
    blended.injection = injection_time::after;
    nets.push_back(blended);
    blended.gates_per_step = true;
    nets.push_back(blended);
    blended.offsets_per_step = true;
    nets.push_back(blended);
    nets.push_back({.steps = 2,
                    .offsets_per_step = true,
                    .normaliser = gate_normaliser::softmax,
                    .centre = centre_term::none,
                    .confidence = confidence_role::injection,
                    .injection = injection_time::before});
    for (auto const& net : nets) f(net);
}

inline std::string describe(propagation::sampled const& s)
{
    auto const number = [](auto e) { return std::to_string(static_cast<index_t>(e)); };
    return "neighbours " + number(s.neighbours) + " kernel " + number(s.kernel) + " steps " + number(s.steps) +
           " function " + number(s.function) + " normaliser " + number(s.normaliser) + " centre " + number(s.centre) +
           " confidence " + number(s.confidence) + " injection " + number(s.injection) + " per step " +
           number(s.gates_per_step) + number(s.offsets_per_step);
}

}  // namespace hyspn::testing
