// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// exec::omp against exec::seq, the same bits for any number of threads, strided arrays, messages.

#include <hyspn/propagation/presets/dyspn_rings.hpp>

#include "propagation/rings_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using presets::dyspn_rings;

namespace {

using testing::same_bits;

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-13 : 3e-5;

template <class T>
bool same_bits(testing::ring_run<T> const& a, testing::ring_run<T> const& b)
{
    return same_bits(a.out, b.out) && same_bits(a.kept.sums, b.kept.sums) && same_bits(a.kept.rings, b.kept.rings) &&
           same_bits(a.kept.iterates, b.kept.iterates) && same_bits(a.d.initial, b.d.initial) &&
           same_bits(a.d.gates, b.d.gates) && same_bits(a.d.attention, b.d.attention) &&
           same_bits(a.d.measured, b.d.measured) && same_bits(a.d.confidence, b.d.confidence);
}

/// max |a - b| in units of the terms that b is a sum of, which are of size 1: on a single pixel all cancels.
template <class T>
double absolute_error(tensor<T, 4> const& a, tensor<T, 4> const& b)
{
    double largest = 0;
    for (index_t i = 0; i < a.size(); ++i) {
        double const e = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
        if (!(e >= 0)) return testing::infinity;
        largest = std::max(largest, e);
    }
    return largest;
}

template <class T>
void compare_policies(dims<4> const& e, index_t steps, std::uint64_t seed)
{
    INFO(steps << " steps on " << to_string(e));
    testing::ring_arrays<T> const at(testing::random_rings(e, steps, seed, seed % 2 == 0, seed % 3 != 0));
    auto const dout = cast<T>(testing::random_rings(e, steps, seed + 1).initial);
    dyspn_rings const net{.steps = steps};
    testing::ring_run<T> const wanted(exec::seq{}, net, at, dout), one(exec::omp{.threads = 1}, net, at, dout);
    double const tolerance = parity_tolerance<T>;
    CHECK(testing::relative_error(one.out, wanted.out) <= tolerance);
    CHECK(testing::relative_error(one.kept.sums, wanted.kept.sums) <= tolerance);
    CHECK(testing::relative_error(one.kept.rings, wanted.kept.rings) <= tolerance);
    CHECK(testing::relative_error(one.kept.iterates, wanted.kept.iterates) <= tolerance);
    CHECK(testing::relative_error(one.d.initial, wanted.d.initial) <= tolerance);
    CHECK(testing::relative_error(one.d.gates, wanted.d.gates) <= tolerance);
    double const attention = testing::relative_error(one.d.attention, wanted.d.attention);
    CHECK((attention <= tolerance ||
           (e[2] * e[3] == 1 && absolute_error(one.d.attention, wanted.d.attention) <= tolerance)));
    CHECK(testing::relative_error(one.d.measured, wanted.d.measured) <= tolerance);
    CHECK(testing::relative_error(one.d.confidence, wanted.d.confidence) <= tolerance);
    for (int threads : {2, 3, 16}) {
        testing::ring_run<T> const many(exec::omp{.threads = threads}, net, at, dout);
        CHECK(same_bits(many, one));
        CHECK(same_bits(net.forward(exec::omp{.threads = threads}, at.views()), one.out));
    }
}

/// An array of its own with padded rows, or with every second column of them.
template <class T>
struct spread {
    tensor<T, 4> storage;

    spread(tensor<T, 4> const& values, index_t column_step)
        : storage(dims<4>{values.extent(0), values.extent(1), values.extent(2), column_step * values.extent(3) + 5}),
          extents_(values.extents()),
          step_(column_step)
    {
        copy(as_view(values), view<T, 4>(*this));
    }
    operator view<T, 4>()
    {
        dims<4> strides = row_major_strides(storage.extents());
        strides[3] = step_;
        return {storage.data(), extents_, strides};
    }

private:
    dims<4> extents_;
    index_t step_;
};

}  // namespace

TEST_CASE("dyspn_rings: images of every kind run alike on every policy")
{
    std::uint64_t seed = 1;
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 19}, dims<4>{2, 1, 23, 1}, dims<4>{1, 1, 2, 3},
                             dims<4>{1, 3, 13, 67}, dims<4>{2, 1, 7, 600}, dims<4>{1, 1, 97, 18}, dims<4>{0, 1, 4, 4},
                             dims<4>{1, 0, 4, 4}, dims<4>{1, 1, 0, 4}, dims<4>{1, 1, 4, 0}})
        for (index_t steps : {0, 1, 3}) {
            compare_policies<double>(e, steps, ++seed);
            compare_policies<float>(e, steps, ++seed);
        }
}

TEST_CASE("dyspn_rings: steps in groups, and more maps than one row sum holds, run alike")
{
    compare_policies<double>({1, 300, 2, 9}, 2, 50);
    compare_policies<double>({1, 40, 5, 37}, 8, 51);
    compare_policies<double>({2, 64, 4, 5}, 4, 52);
    compare_policies<float>({1, 5, 9, 21}, 7, 53);
}

TEST_CASE("dyspn_rings: strided arrays give the values of dense ones")
{
    dims<4> const e{2, 2, 9, 21};
    dyspn_rings const net{.steps = 3};
    auto const at = testing::random_rings(e, 3, 11);
    auto const dout = testing::random_rings(e, 3, 12).initial;
    testing::ring_run<double> const dense(exec::seq{}, net, at, dout);
    auto const zeros = testing::zeros_like(at);
    for (index_t step : {1, 2}) {
        spread<double> initial(at.initial, step), gates(at.gates, step), attention(at.attention, step),
            measured(at.measured, step), confidence(at.confidence, step), lambda(dout, step), out(dout, step);
        spread<double> dinitial(zeros.initial, step), dgates(zeros.gates, step), dattention(zeros.attention, step),
            dmeasured(zeros.measured, step), dconfidence(zeros.confidence, step);
        ring_inputs<double> const in{.initial = view<double, 4>(initial),
                                     .gates = view<double, 4>(gates),
                                     .attention = view<double, 4>(attention),
                                     .measured = view<double, 4>(measured),
                                     .confidence = view<double, 4>(confidence)};
        ring_gradients<double> const d{.initial = dinitial,
                                       .gates = dgates,
                                       .attention = dattention,
                                       .measured = dmeasured,
                                       .confidence = dconfidence};
        auto const run = [&](auto const& exec) {
            ring_saved<double> kept;
            net.forward(exec, in, view<double, 4>(out), kept);
            net.backward(exec, in, kept, view<double, 4>(lambda), d);
            auto const error = [](spread<double>& a, tensor<double, 4> const& b) {
                return testing::relative_error(cast<double>(view<double, 4>(a)), b);
            };
            CHECK(error(out, dense.out) <= 1e-13);
            CHECK(error(dinitial, dense.d.initial) <= 1e-13);
            CHECK(error(dgates, dense.d.gates) <= 1e-13);
            CHECK(error(dattention, dense.d.attention) <= 1e-13);
            CHECK(error(dmeasured, dense.d.measured) <= 1e-13);
            CHECK(error(dconfidence, dense.d.confidence) <= 1e-13);
        };
        run(exec::seq{});
        run(exec::omp{.threads = 3});
    }
}

TEST_CASE("dyspn_rings: a gradient that is not wanted changes nothing about the others")
{
    auto const at = testing::random_rings({1, 2, 6, 7}, 3, 31);
    dyspn_rings const net{.steps = 3};
    testing::ring_run<double> const all(exec::seq{}, net, at, at.initial);
    tensor<double, 4> only(at.attention.extents()), gates(at.gates.extents());
    net.backward(exec::seq{}, at.views(), all.kept, at.initial, ring_gradients<double>{.attention = only});
    net.backward(exec::seq{}, at.views(), all.kept, at.initial, ring_gradients<double>{.gates = gates});
    CHECK(testing::relative_error(only, all.d.attention) == 0);
    CHECK(testing::relative_error(gates, all.d.gates) == 0);
}

TEST_CASE("dyspn_rings: messages name what does not fit")
{
    testing::ring_arrays<float> a(testing::random_rings({1, 2, 4, 5}, 3, 1));
    dyspn_rings const net{.steps = 3};
    tensor<float, 4> out(1, 2, 4, 5), small(1, 2, 4, 4);
    auto const run = [&](dyspn_rings const& o, ring_inputs<float> const& in) { o.forward(exec::seq{}, in, out); };
    CHECK_THROWS_WITH(run({.steps = -1}, a.views()), "dyspn_rings::forward: steps must be at least 0, got -1");
    CHECK_THROWS_WITH(run({.steps = 3, .epsilon = 0}, a.views()),
                      "dyspn_rings::forward: epsilon must be finite and positive, got 0");
    auto in = a.views();
    in.gates = a.attention;
    CHECK_THROWS_WITH(run(net, in),
                      "dyspn_rings::forward: gates must be [N, 48, H, W] = [1, 48, 4, 5], got [1, 12, 4, 5]");
    CHECK_THROWS_WITH(run({.steps = 4}, a.views()),
                      "dyspn_rings::forward: attention must be [N, 4 T, H, W] = [1, 16, 4, 5], got [1, 12, 4, 5]");
    in = a.views();
    in.confidence = {};
    CHECK_THROWS_WITH(run(net, in),
                      "dyspn_rings::forward: confidence must be [N, 1, H, W] = [1, 1, 4, 5], got [0, 0, 0, 0]");
    in = a.views();
    in.measured = small;
    CHECK_THROWS_WITH(run(net, in),
                      "dyspn_rings::forward: measured must be [N, L or 1, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK_THROWS_WITH(net.forward(exec::seq{}, a.views(), small),
                      "dyspn_rings::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    ring_saved<float> kept;
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.views(), kept, out, ring_gradients<float>{}),
                      "dyspn_rings::backward: kept.sums must be [N, 6, H, W] = [1, 6, 4, 5], got [0, 0, 0, 0]");
    net.forward(exec::seq{}, a.views(), out, kept);
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.views(), kept, small, ring_gradients<float>{}),
                      "dyspn_rings::backward: dout must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.views(), kept, out, ring_gradients<float>{.gates = small}),
                      "dyspn_rings::backward: the gradient of gates must be the shape of its input = [1, 48, 4, 5], "
                      "got [1, 2, 4, 4]");
}
