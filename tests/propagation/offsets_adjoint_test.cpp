// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Networks with learned offsets: ⟨dout, J v⟩ = ⟨Jᵀ dout, v⟩ with J v from dual numbers, whose derivatives at whole
// offsets are those from the right too.

#include <hyspn/testing/dual.hpp>

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;

namespace {

/// values + ε directions.
testing::sampled_arrays<number> along(testing::sampled_arrays<double> const& values,
                                      testing::sampled_arrays<double> const& directions)
{
    auto moving = testing::cast_arrays<number>(values);
    moving.with(directions, [](auto& m, auto const& v) {
        for (index_t i = 0; i < v.size(); ++i) m.data()[i].derivative = v.data()[i];
    });
    return moving;
}

template <class A, class B>
double inner(A const& a, B const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

template <class A, class B>
double inner_derivative(A const& a, B const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i].derivative;
    return sum;
}

/// A direction; confidence read between the pixels gives, by definition, no gradient to the offsets.
testing::sampled_arrays<double> direction(sampled const& net, dims<4> const& e, std::uint64_t seed, bool one_map)
{
    auto v = testing::random_arrays(net, e, seed, 1.0, one_map);
    if (hyspn::detail::samples_confidence(net))
        for (double& x : v.offsets) x = 0;
    return v;
}

/// Both sides of the identity, in every direction at once, for a loss of all iterates.
void check_identity(sampled const& net, dims<4> const& e, std::uint64_t seed)
{
    bool const one_map = seed % 2 == 0;
    auto const at = testing::random_arrays(net, e, seed, 2.5, one_map), v = direction(net, e, seed + 1000, one_map);
    auto const dout = testing::random_arrays(net, e, seed + 2000).initial;
    tensor<double, 4> out(e);
    sampled_saved<double> kept;
    net.forward(exec::seq{}, at.inputs(), out, kept);
    tensor<double, 5> diterates(kept.iterates.extents());
    random_stream stream(seed);
    for (double& x : diterates) x = stream.normal();

    auto const moving = along(at, v);
    tensor<number, 4> moved(e);
    sampled_saved<number> kept_moving;
    net.forward(exec::seq{}, moving.inputs(), moved, kept_moving);
    double const forward = inner_derivative(dout, moved) + inner_derivative(diterates, kept_moving.iterates);

    auto d = testing::zero_arrays<double>(net, e, one_map);
    net.backward(exec::seq{}, at.inputs(), kept, dout, diterates, d.gradients());
    double backward = 0, scale = std::abs(forward);
    d.with(v, [&](auto const& gradient, auto const& step) {
        double const term = inner(gradient, step);
        backward += term;
        scale += std::abs(term);
    });
    INFO(testing::describe(net) << " on " << to_string(e));
    CHECK(std::abs(forward - backward) <= 1e-12 * scale);
    CHECK(scale > 0);
}

}  // namespace

TEST_CASE("offsets: backward is the adjoint of forward for every network")
{
    std::uint64_t seed = 0;
    testing::for_each_sampled([&](sampled const& net) { check_identity(net, {2, 2, 5, 7}, ++seed); });
}

TEST_CASE("offsets: backward is the adjoint of forward on images of one row, one column and one pixel")
{
    std::uint64_t seed = 300;
    testing::for_each_sampled([&](sampled const& net) {
        for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 11}, dims<4>{1, 1, 13, 1}})
            check_identity(net, e, ++seed);
    });
}

TEST_CASE("offsets: gradients agree with central differences away from whole offsets")
{
    sampled net = presets::nlspn{.steps = 3, .confidence = confidence_role::none};
    dims<4> const e{1, 1, 4, 5};
    auto at = testing::random_arrays(net, e, 71);
    for (double& o : at.offsets) o = std::floor(o) + 0.25 + 0.5 * (o - std::floor(o));
    auto const dout = testing::random_arrays(net, e, 72).initial;
    testing::sampled_run<double> const run(exec::seq{}, net, at, dout);
    auto const loss = [&] { return inner(dout, net.forward(exec::seq{}, at.inputs())); };
    at.with(run.d, [&](auto& x, auto const& gradient) {
        for (index_t i = 0; i < x.size(); ++i) {
            double const h = 1e-6, kept = x.data()[i];
            x.data()[i] = kept + h;
            double const above = loss();
            x.data()[i] = kept - h;
            double const below = loss();
            x.data()[i] = kept;
            CHECK(std::abs((above - below) / (2 * h) - gradient.data()[i]) <= 1e-7);
        }
    });
}

TEST_CASE("offsets: a gradient that is not wanted changes nothing about the others")
{
    for (sampled const& net : {sampled(presets::nlspn{.steps = 3}), sampled(presets::dyspn_softmax{.steps = 2})}) {
        dims<4> const e{1, 2, 6, 7};
        auto const at = testing::random_arrays(net, e, 31);
        auto const dout = testing::random_arrays(net, e, 32).initial;
        testing::sampled_run<double> const all(exec::seq{}, net, at, dout);
        auto const only = [&](auto sampled_gradients<double>::*member, auto const& wanted) {
            for (int policy = 0; policy < 2; ++policy) {
                auto got = wanted;
                for (auto& x : got) x = 0;
                sampled_gradients<double> d;
                d.*member = as_view(got);
                if (policy == 0) net.backward(exec::seq{}, at.inputs(), all.kept, dout, d);
                if (policy == 1) net.backward(exec::omp{}, at.inputs(), all.kept, dout, d);
                CHECK(testing::relative_error(got, wanted) <= 1e-13);
            }
        };
        only(&sampled_gradients<double>::initial, all.d.initial);
        only(&sampled_gradients<double>::gates, all.d.gates);
        only(&sampled_gradients<double>::offsets, all.d.offsets);
        only(&sampled_gradients<double>::gamma, all.d.gamma);
        only(&sampled_gradients<double>::confidence, all.d.confidence);
        only(&sampled_gradients<double>::measured, all.d.measured);
        only(&sampled_gradients<double>::mask, all.d.mask);
    }
}
