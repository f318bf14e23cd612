// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// ⟨dout, J v⟩ = ⟨Jᵀ dout, v⟩ with J v from dual numbers, for every combination of the axes.

#include <hyspn/propagation/stencil.hpp>
#include <hyspn/testing/dual.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;

namespace {

/// values + ε directions.
tensor<number, 4> along(tensor<double, 4> const& values, tensor<double, 4> const& directions)
{
    tensor<number, 4> made(values.extents());
    for (index_t i = 0; i < values.size(); ++i) made.data()[i] = {values.data()[i], directions.data()[i]};
    return made;
}

double inner(tensor<double, 4> const& a, tensor<double, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

double inner_derivative(tensor<double, 4> const& a, tensor<number, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i].derivative;
    return sum;
}

/// Both sides of the identity, in every direction at once.
void check_identity(stencil const& net, dims<4> const& e, std::uint64_t seed)
{
    testing::random_problem const at(net, e, seed, seed % 2 == 0), v(net, e, seed + 1000, seed % 2 == 0);
    tensor<double, 4> const dout = testing::random_problem(net, e, seed + 2000).initial;

    auto const initial = along(at.initial, v.initial), gates = along(at.gates, v.gates),
               measured = along(at.measured, v.measured), confidence = along(at.confidence, v.confidence);
    inputs<number> const moving{.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    double const forward = inner_derivative(dout, net.forward(exec::seq{}, moving));

    testing::problem<double> const p(at);
    testing::training_run<double> const run(exec::seq{}, net, p.views(), dout);
    double const terms[] = {inner(run.d.initial, v.initial), inner(run.d.gates, v.gates),
                            inner(run.d.measured, v.measured), inner(run.d.confidence, v.confidence)};
    double backward = 0, scale = std::abs(forward);
    for (double t : terms) backward += t, scale += std::abs(t);

    INFO(testing::describe(net) << " on " << to_string(e));
    CHECK(std::abs(forward - backward) <= 1e-12 * scale);
    CHECK(scale > 0);
}

}  // namespace

TEST_CASE("propagation: backward is the adjoint of forward for every combination of the axes")
{
    std::uint64_t seed = 0;
    testing::for_each_combination([&](stencil const& net) { check_identity(net, {2, 2, 5, 7}, ++seed); });
}

TEST_CASE("propagation: backward is the adjoint of forward on images of one row, one column and one pixel")
{
    std::uint64_t seed = 5000;
    for (auto centre : {centre_term::anchor, centre_term::current, centre_term::in_set})
        for (auto injection : {injection_time::before, injection_time::after})
            for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 11}, dims<4>{1, 1, 13, 1}})
                check_identity({.steps = 4, .owner = gate_owner::source, .centre = centre, .injection = injection}, e,
                               ++seed);
}

TEST_CASE("propagation: gradients agree with central differences")
{
    stencil const net{.steps = 3,
                      .owner = gate_owner::source,
                      .normaliser = gate_normaliser::abs_sum_at_source,
                      .injection = injection_time::after};
    dims<4> const e{1, 1, 4, 5};
    testing::random_problem at(net, e, 77);
    tensor<double, 4> const dout = testing::random_problem(net, e, 78).initial;
    testing::problem<double> const p(at);
    testing::training_run<double> const run(exec::seq{}, net, p.views(), dout);

    auto const loss = [&] { return inner(dout, net.forward(exec::seq{}, testing::problem<double>(at).views())); };
    auto const check = [&](tensor<double, 4>& x, tensor<double, 4> const& gradient) {
        for (index_t i = 0; i < x.size(); ++i) {
            double const h = 1e-6, kept = x.data()[i];
            x.data()[i] = kept + h;
            double const above = loss();
            x.data()[i] = kept - h;
            double const below = loss();
            x.data()[i] = kept;
            CHECK(std::abs((above - below) / (2 * h) - gradient.data()[i]) <= 1e-8);
        }
    };
    check(at.initial, run.d.initial);
    check(at.gates, run.d.gates);
    check(at.measured, run.d.measured);
    check(at.confidence, run.d.confidence);
}

TEST_CASE("propagation: a gradient that is not wanted changes nothing about the others")
{
    stencil const net{.steps = 3, .injection = injection_time::after, .injected = injected_value::initial};
    testing::problem<double> const p(testing::random_problem(net, {1, 2, 6, 7}, 31));
    auto const dout = testing::random_problem(net, {1, 2, 6, 7}, 32).initial;
    testing::training_run<double> const all(exec::seq{}, net, p.views(), dout);
    tensor<double, 4> only(p.gates.extents());
    net.backward(exec::seq{}, p.views(), all.kept, dout, gradients<double>{.gates = only});
    CHECK(testing::relative_error(only, all.d.gates) == 0);
}
