// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// exec::omp against exec::seq on the same inputs, the same bits for any number of threads, and strided arrays.

#include <hyspn/propagation/stencil.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

using testing::same_bits;

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-13 : 3e-5;

template <class T>
void check_close(testing::training_run<T> const& a, testing::training_run<T> const& b)
{
    double const tolerance = parity_tolerance<T>;
    CHECK(testing::relative_error(a.out, b.out) <= tolerance);
    CHECK(testing::relative_error(a.kept.iterates, b.kept.iterates) <= tolerance);
    CHECK(testing::relative_error(a.d.initial, b.d.initial) <= tolerance);
    CHECK(testing::relative_error(a.d.gates, b.d.gates) <= tolerance);
    CHECK(testing::relative_error(a.d.measured, b.d.measured) <= tolerance);
    CHECK(testing::relative_error(a.d.confidence, b.d.confidence) <= tolerance);
}

template <class T>
bool same_bits(testing::training_run<T> const& a, testing::training_run<T> const& b)
{
    return same_bits(a.out, b.out) && same_bits(a.kept.iterates, b.kept.iterates) &&
           same_bits(a.kept.taps, b.kept.taps) && same_bits(a.d.initial, b.d.initial) &&
           same_bits(a.d.gates, b.d.gates) && same_bits(a.d.measured, b.d.measured) &&
           same_bits(a.d.confidence, b.d.confidence);
}

template <class T>
void compare_policies(stencil const& net, dims<4> const& e, std::uint64_t seed)
{
    INFO(testing::describe(net) << " on " << to_string(e));
    testing::random_problem const drawn(net, e, seed, seed % 3 == 0, true);
    testing::problem<T> const p(drawn);
    auto const dout = cast<T>(testing::random_problem(net, e, seed + 1).initial);
    testing::training_run<T> const reference(exec::seq{}, net, p.views(), dout);
    testing::training_run<T> const one(exec::omp{.threads = 1}, net, p.views(), dout);
    check_close(one, reference);
    for (int threads : {3, 8}) {
        testing::training_run<T> const many(exec::omp{.threads = threads}, net, p.views(), dout);
        CHECK(same_bits(many, one));
        CHECK(same_bits(net.forward(exec::omp{.threads = threads}, p.views()), one.out));
    }
}

/// Every second column of every second row, in an array of its own.
template <class T>
struct spread {
    tensor<T, 4> storage;

    explicit spread(dims<4> e) : storage(dims<4>{e[0], e[1], 2 * e[2], 2 * e[3]}) {}
    explicit spread(tensor<T, 4> const& values) : spread(values.extents()) { copy(as_view(values), *this); }

    operator view<T, 4>()
    {
        auto const e = storage.extents();
        dims<4> strides = row_major_strides(e);
        strides[2] *= 2;
        strides[3] *= 2;
        return {storage.data(), {e[0], e[1], e[2] / 2, e[3] / 2}, strides};
    }

private:
    static void copy(view<T const, 4> from, view<T, 4> to) { hyspn::copy(from, to); }
};

}  // namespace

TEST_CASE("propagation: every combination runs alike on every policy")
{
    std::uint64_t seed = 1;
    testing::for_each_combination([&](stencil const& net) { compare_policies<double>(net, {2, 2, 5, 37}, ++seed); });
}

TEST_CASE("propagation: images of every kind run alike on every policy")
{
    stencil const released{
        .order = channel_order::flipped, .owner = gate_owner::source, .injection = injection_time::after};
    stencil at_source = released, current = released;
    at_source.normaliser = gate_normaliser::abs_sum_at_source;
    current.centre = centre_term::current;
    current.kernel = 5;
    for (auto const& axes : {released, at_source, current})
        for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 19}, dims<4>{2, 1, 23, 1}, dims<4>{1, 1, 2, 3},
                                 dims<4>{1, 3, 31, 67}, dims<4>{0, 1, 4, 4}, dims<4>{1, 0, 4, 4}, dims<4>{1, 1, 0, 4},
                                 dims<4>{1, 1, 4, 0}})
            for (index_t steps : {0, 1, 2, 9}) {
                stencil net = axes;
                net.steps = steps;
                compare_policies<float>(net, e, static_cast<std::uint64_t>(e[3] + steps));
            }
}

TEST_CASE("propagation: images that need several strips and bands run alike")
{
    stencil net{.steps = 24, .owner = gate_owner::source, .injection = injection_time::after};
    compare_policies<float>(net, {1, 1, 61, 1501}, 3);
    compare_policies<double>(net, {1, 2, 40, 613}, 4);
    net.kernel = 7;
    net.steps = 6;
    compare_policies<float>(net, {2, 1, 33, 409}, 5);
}

TEST_CASE("propagation: more maps than one row sum holds run alike")
{
    stencil const net{.steps = 9, .owner = gate_owner::source, .injection = injection_time::after};
    for (index_t maps : {64, 65, 150}) compare_policies<double>(net, {2, maps, 6, 35}, 30);
}

TEST_CASE("propagation: strided arrays give the values of dense ones")
{
    for (auto owner : {gate_owner::destination, gate_owner::source}) {
        stencil const net{.steps = 3, .owner = owner, .injection = injection_time::after};
        dims<4> const e{2, 2, 9, 21};
        testing::problem<double> const p(testing::random_problem(net, e, 11));
        auto const dout = cast<double>(testing::random_problem(net, e, 12).initial);
        testing::training_run<double> const dense(exec::seq{}, net, p.views(), dout);

        spread<double> initial(p.initial), gates(p.gates), measured(p.measured), confidence(p.confidence), lambda(dout);
        spread<double> out(e), dinitial(e), dgates(p.gates.extents()), dmeasured(e),
            dconfidence(p.confidence.extents());
        inputs<double> const in{.initial = view<double, 4>(initial),
                                .gates = view<double, 4>(gates),
                                .measured = view<double, 4>(measured),
                                .confidence = view<double, 4>(confidence)};
        gradients<double> const d{
            .initial = dinitial, .gates = dgates, .measured = dmeasured, .confidence = dconfidence};
        auto const run = [&](auto const& exec) {
            saved<double> kept;
            net.forward(exec, in, view<double, 4>(out), kept);
            net.backward(exec, in, kept, view<double, 4>(lambda), d);
            auto const error = [](spread<double>& a, tensor<double, 4> const& b) {
                return testing::relative_error(cast<double>(view<double, 4>(a)), b);
            };
            CHECK(error(out, dense.out) <= 1e-14);
            CHECK(error(dinitial, dense.d.initial) <= 1e-14);
            CHECK(error(dgates, dense.d.gates) <= 1e-13);
            CHECK(error(dmeasured, dense.d.measured) <= 1e-14);
            CHECK(error(dconfidence, dense.d.confidence) <= 1e-13);
        };
        run(exec::seq{});
        run(exec::omp{.threads = 3});
    }
}

TEST_CASE("propagation: the one-pass wavefront against step by step, on the same operation")
{
    stencil const net{
        .steps = 7, .order = channel_order::flipped, .owner = gate_owner::source, .injection = injection_time::after};
    testing::problem<float> const p(testing::random_problem(net, {1, 2, 45, 131}, 21));
    exec::omp const exec{.threads = 2};
    tensor<float, 4> out(p.initial.extents()), stepped(p.initial.extents());
    tensor<float, 4> taps(1, 8, 45, 131);
    tensor<float, 5> iterates(6, 1, 2, 45, 131);
    hyspn::detail::stencil_forward_op<float, memory::host> op{net, p.views(), stepped, taps, iterates};
    hyspn::detail::forward_stencil(exec, op);

    hyspn::detail::wavefront_job<float> const job{net.taps(), net.steps, p.views().initial, out, {}, {}};
    hyspn::detail::row_folder<float> const fold(exec, net, p.views());
    for (index_t band : {1, 2, 4, 7})
        for (index_t bytes : {100'000, 200'000, 4'000'000}) {
            REQUIRE(hyspn::detail::run_wavefront(exec, job, fold, {.band = band, .bytes = bytes}));
            INFO("band " << band << " bytes " << bytes);
            CHECK(testing::relative_error(out, stepped) <= 1e-6);
        }
    std::fill(out.begin(), out.end(), 0.F);
    REQUIRE(hyspn::detail::run_wavefront(exec, job, fold, {.band = 2, .bytes = 10'000, .most_bytes = 200'000}));
    CHECK(testing::relative_error(out, stepped) <= 1e-6);
    CHECK_FALSE(hyspn::detail::run_wavefront(exec, job, fold, {.band = 1, .bytes = 10'000, .most_bytes = 10'000}));
}
