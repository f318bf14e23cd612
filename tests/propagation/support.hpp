// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/propagation/stencil.hpp>

namespace hyspn::testing {

/// Bounds on the relative error (max norm) against the golden files.
template <class T>
inline constexpr double golden_tolerance = std::is_same_v<T, double> ? 1e-11 : 1e-4;

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// f(exec) for the reference and for three threads.
template <class F>
void on_policies(F const& f)
{
    f(exec::seq{});
    f(exec::omp{.threads = 3});
}

/// Whether two tensors have one shape and one content, NaN included.
template <class X>
bool same_bits(X const& a, X const& b)
{
    auto const bytes = static_cast<std::size_t>(a.size()) * sizeof(typename X::value_type);
    return a.extents() == b.extents() && (bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0);
}

/// max |a - b| / max |b|, or max |a - b| where b is 0; infinity when a holds a NaN or the extents differ.
template <class A, class B>
double relative_error(A const& a, B const& b)
{
    if (!(a.extents() == b.extents())) return infinity;
    double difference = 0, largest = 0;
    auto q = b.begin();
    for (auto p = a.begin(); p != a.end(); ++p, ++q) {
        double const e = std::abs(static_cast<double>(*p) - static_cast<double>(*q));
        if (!(e >= 0)) return infinity;
        difference = std::max(difference, e);
        largest = std::max(largest, std::abs(static_cast<double>(*q)));
    }
    return largest > 0 ? difference / largest : difference;
}

/// One tensor per gradient, of the shape of its input.
template <class T>
struct gradient_tensors {
    tensor<T, 4> initial, gates, measured, confidence;

    explicit gradient_tensors(propagation::inputs<T> const& in)
        : initial(in.initial.extents()),
          gates(in.gates.extents()),
          measured(in.measured.extents()),
          confidence(in.confidence.extents())
    {
    }

    propagation::gradients<T> views()
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
};

/// Inputs of a stencil drawn at random: gates normal, maps uniform, β a third 0, a third 1, a third between. Where β is
/// 0 the measurement is NaN if asked for.
struct random_problem {
    tensor<double, 4> initial, gates, measured, confidence;

    random_problem(propagation::stencil const& net, dims<4> const& e, std::uint64_t seed, bool one_map = false,
                   bool unmeasured_is_nan = false)
        : initial(e), gates(hyspn::detail::with_channels(as_view(initial), net.gates()))
    {
        random_stream stream(seed);
        auto const uniform = [&] { return static_cast<double>(static_cast<float>(stream.uniform())); };
        for (auto& x : initial) x = uniform();
        for (auto& x : gates) x = (uniform() + uniform() + uniform() - 1.5) * 2;
        // Unnormalised gates would grow without bound.
        if (net.normaliser == propagation::gate_normaliser::none)
            for (auto& x : gates) x /= static_cast<double>(net.gates());
        if (net.injection == propagation::injection_time::none) return;
        confidence = tensor<double, 4>(hyspn::detail::with_channels(as_view(initial), 1));
        for (auto& x : confidence) x = std::clamp(3 * uniform() - 1, 0.0, 1.0);
        if (net.injected == propagation::injected_value::initial) return;
        measured = tensor<double, 4>(hyspn::detail::with_channels(as_view(initial), one_map ? 1 : e[1]));
        for (auto& x : measured) x = uniform();
        if (unmeasured_is_nan) forget_unmeasured();
    }

    void forget_unmeasured()
    {
        for (index_t n = 0; n < measured.extent(0); ++n)
            for (index_t l = 0; l < measured.extent(1); ++l)
                for (index_t y = 0; y < measured.extent(2); ++y)
                    for (index_t x = 0; x < measured.extent(3); ++x)
                        if (confidence(n, 0, y, x) == 0)
                            measured(n, l, y, x) = std::numeric_limits<double>::quiet_NaN();
    }
};

/// A random problem in the scalar type of a run.
template <class T>
struct problem {
    tensor<T, 4> initial, gates, measured, confidence;

    explicit problem(random_problem const& p)
        : initial(cast<T>(p.initial)),
          gates(cast<T>(p.gates)),
          measured(cast<T>(p.measured)),
          confidence(cast<T>(p.confidence))
    {
    }

    propagation::inputs<T> views() const
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
};

/// Output, kept arrays and gradients of one training step.
template <class T>
struct training_run {
    tensor<T, 4> out;
    propagation::saved<T> kept{};
    gradient_tensors<T> d;

    template <execution_policy P, class Dout>
    training_run(P const& exec, propagation::stencil const& net, propagation::inputs<T> const& in, Dout const& dout)
        : out(in.initial.extents()), d(in)
    {
        net.forward(exec, in, out, kept);
        net.backward(exec, in, kept, dout, d.views());
    }
};

/// Every combination of the axes, 3 x 3 and 5 x 5, dilated and not, over two and three steps; f(net).
template <class F>
void for_each_combination(F const& f)
{
    using namespace propagation;
    index_t i = 0;
    for (auto normaliser : {gate_normaliser::abs_sum, gate_normaliser::abs_sum_at_source,
                            gate_normaliser::abs_sum_clamped, gate_normaliser::softmax,
                            gate_normaliser::softmax_present, gate_normaliser::minus_mean, gate_normaliser::none})
        for (auto owner : {gate_owner::destination, gate_owner::source})
            for (auto centre : {centre_term::anchor, centre_term::current, centre_term::in_set,
                                centre_term::in_set_anchor, centre_term::none})
                for (auto injection : {injection_time::none, injection_time::before, injection_time::after})
                    for (auto injected : {injected_value::measured, injected_value::initial}) {
                        ++i;  // the remaining axes go round with the others
                        f(stencil{.kernel = i % 3 == 0 ? 5 : 3,
                                  .dilation = 1 + i % 2,
                                  .steps = 2 + i % 5 % 2,
                                  .order = i % 4 < 2 ? channel_order::natural : channel_order::flipped,
                                  .owner = owner,
                                  .normaliser = normaliser,
                                  .epsilon = i % 7 < 3 ? 0.0 : 1e-3,
                                  .centre = centre,
                                  .injection = injection,
                                  .injected = injected});
                    }
}

/// What went wrong is said in the axes.
inline std::string describe(propagation::stencil const& s)
{
    auto const number = [](auto e) { return std::to_string(static_cast<index_t>(e)); };
    return "kernel " + number(s.kernel) + " dilation " + number(s.dilation) + " steps " + number(s.steps) + " order " +
           number(s.order) + " owner " + number(s.owner) + " normaliser " + number(s.normaliser) + " centre " +
           number(s.centre) + " injection " + number(s.injection) + " injected " + number(s.injected);
}

}  // namespace hyspn::testing
