// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Networks with learned offsets: exec::omp against exec::seq, the same bits for any number of threads, strided arrays.

#include "propagation/offsets_parity.hpp"

#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::compare_policies;
using testing::same_bits;
using testing::spread_array;

TEST_CASE("offsets: every network runs alike on every policy")
{
    std::uint64_t seed = 1;
    testing::for_each_sampled([&](sampled const& net) {
        compare_policies<double>(net, {2, 2, 5, 37}, ++seed);
        compare_policies<float>(net, {1, 1, 7, 11}, ++seed);
    });
}

TEST_CASE("offsets: images of every kind run alike on every policy")
{
    std::uint64_t seed = 100;
    for (sampled const& net :
         {sampled(presets::nlspn{.steps = 7}), sampled(presets::dyspn_softmax{.steps = 2}),
          sampled(presets::lrru{.updates = 2}), sampled(presets::nlspn{.steps = 0, .preserve_input = false})})
        for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 19}, dims<4>{2, 1, 23, 1}, dims<4>{1, 1, 2, 3},
                                 dims<4>{1, 3, 31, 67}, dims<4>{1, 1, 17, 601}, dims<4>{0, 1, 4, 4},
                                 dims<4>{1, 0, 4, 4}, dims<4>{1, 1, 0, 4}, dims<4>{1, 1, 4, 0}})
            compare_policies<double>(net, e, ++seed);
}

TEST_CASE("offsets: many maps, large windows and samples from everywhere run alike")
{
    compare_policies<double>(presets::nlspn{.steps = 3}, {1, 37, 5, 6}, 7);
    compare_policies<double>(presets::nlspn{.kernel = 7, .steps = 2}, {1, 3, 9, 71}, 8);
    compare_policies<double>(presets::nlspn{.kernel = 9, .steps = 2}, {1, 2, 9, 11}, 8);
    compare_policies<double>(presets::nlspn{.steps = 8}, {2, 1, 41, 53}, 9, 60.0);
    compare_policies<float>(presets::lrru{}, {1, 1, 41, 53}, 10, 20.0);
}

TEST_CASE("offsets: strided arrays give the values of dense ones")
{
    for (index_t gap : {1, 2})
        for (sampled const& net : {sampled(presets::nlspn{.steps = 3}), sampled(presets::dyspn_softmax{.steps = 2}),
                                   sampled(presets::lrru{.updates = 2})}) {
            dims<4> const e{2, 2, 9, 21};
            auto const at = testing::random_arrays(net, e, 11);
            auto const dout = testing::random_arrays(net, e, 12).initial;
            testing::sampled_run<double> const dense(exec::seq{}, net, at, dout);

            using array = spread_array<double>;
            auto const spread = [&](tensor<double, 4> const& values) { return array(values, gap); };
            auto initial = spread(at.initial), gates = spread(at.gates), offsets = spread(at.offsets),
                 confidence = spread(at.confidence), measured = spread(at.measured), mask = spread(at.mask),
                 lambda = spread(dout);
            array out(e, gap), dinitial(e, gap), dgates(at.gates.extents(), gap), doffsets(at.offsets.extents(), gap),
                dmeasured(at.measured.extents(), gap), dmask(at.mask.extents(), gap);
            sampled_inputs<double> in{.initial = view<double, 4>(initial),
                                      .gates = view<double, 4>(gates),
                                      .offsets = view<double, 4>(offsets),
                                      .gamma = at.gamma,
                                      .measured = view<double, 4>(measured),
                                      .mask = view<double, 4>(mask)};
            if (at.confidence.size() > 0) in.confidence = view<double, 4>(confidence);
            sampled_gradients<double> const d{
                .initial = dinitial, .gates = dgates, .offsets = doffsets, .measured = dmeasured, .mask = dmask};
            auto const run = [&](auto const& exec) {
                INFO(testing::describe(net) << " gap " << gap);
                sampled_saved<double> kept;
                net.forward(exec, in, view<double, 4>(out), kept);
                net.backward(exec, in, kept, view<double, 4>(lambda), d);
                auto const error = [](array& a, tensor<double, 4> const& b) {
                    return testing::relative_error(cast<double>(view<double, 4>(a)), b);
                };
                CHECK(error(out, dense.out) <= 1e-13);
                CHECK(error(dinitial, dense.d.initial) <= 1e-13);
                CHECK(error(dgates, dense.d.gates) <= 1e-12);
                CHECK(error(doffsets, dense.d.offsets) <= 1e-12);
                CHECK(error(dmeasured, dense.d.measured) <= 1e-13);
                CHECK(error(dmask, dense.d.mask) <= 1e-12);
            };
            run(exec::seq{});
            run(exec::omp{.threads = 3});
        }
}

TEST_CASE("offsets: gathering transposes as scattering does, on the same operation")
{
    using namespace hyspn::detail;
    struct {
        dims<4> e;
        double spread;
    } const cases[] = {{{2, 2, 11, 13}, 0}, {{2, 2, 11, 13}, 1.5}, {{2, 2, 11, 13}, 30}, {{2, 1, 1, 1}, 2.5},
                       {{1, 1, 1, 67}, 40}, {{3, 1, 53, 1}, 25},   {{2, 2, 31, 43}, 9},  {{1, 1, 271, 5}, 150},
                       {{1, 1, 0, 5}, 1},   {{0, 1, 3, 3}, 1},     {{1, 1, 3, 0}, 1}};
    for (auto const& [e, spread] : cases) {
        INFO(to_string(e) << " " << spread);
        sampled const net = presets::nlspn{};
        auto at = testing::random_arrays(net, e, 3, spread);
        // The longest way on one side is the shortest on the other.
        if (spread == 1.5)
            for (double& o : at.offsets) o = 2.5;
        tensor<double, 4> gathered(e), scattered(e), banded(e);
        auto const op = [&](tensor<double, 4>& to) {
            return sampled_transposed_op<double, memory::host>{
                points_of(net, as_const(at.offsets), 0), as_const(at.gates), true, as_const(at.initial), as_view(to)};
        };
        transpose_samples<exec::seq, double, memory::host>(exec::seq{}, op(gathered));
        transpose_samples(exec::seq{}, op(scattered));
        transpose_samples(exec::omp{.threads = 2}, op(banded));
        CHECK(testing::relative_error(gathered, scattered) <= 1e-14);
        CHECK(testing::relative_error(banded, scattered) <= 1e-14);
    }
}

TEST_CASE("offsets: an infinite adjoint reaches the cells it belongs to and no others, gathered or scattered")
{
    using namespace hyspn::detail;
    sampled const net = presets::nlspn{};
    dims<4> const e{2, GENERATE(index_t{1}, index_t{19}), 9, 10};
    auto at = testing::random_arrays(net, e, 5);
    at.initial(0, 0, 4, 5) = testing::infinity;
    tensor<double, 4> gathered(e), scattered(e), banded(e);
    auto const op = [&](tensor<double, 4>& to) {
        return sampled_transposed_op<double, memory::host>{points_of(net, as_const(at.offsets), 0), as_const(at.gates),
                                                           true, as_const(at.initial), as_view(to)};
    };
    transpose_samples<exec::seq, double, memory::host>(exec::seq{}, op(gathered));
    transpose_samples(exec::seq{}, op(scattered));
    transpose_samples(exec::omp{.threads = 2}, op(banded));
    index_t finite = 0;
    for (index_t i = 0; i < gathered.size(); ++i) {
        bool const touched = !std::isfinite(scattered.data()[i]);
        finite += touched ? 0 : 1;
        CHECK(!std::isfinite(gathered.data()[i]) == touched);
        CHECK(!std::isfinite(banded.data()[i]) == touched);
        if (!touched) CHECK(std::abs(gathered.data()[i] - scattered.data()[i]) <= 1e-13);
        if (!touched) CHECK(std::abs(banded.data()[i] - scattered.data()[i]) <= 1e-13);
    }
    CHECK(finite >= gathered.size() - 1 - 4 * net.count());
    CHECK(finite < gathered.size());
}

TEST_CASE("offsets: samples outside the image, and further images, cost the scatter no memory")
{
    using namespace hyspn::detail;
    sampled const net = presets::nlspn{};
    dims<4> const e{3, 2, 67, 31};
    auto at = testing::random_arrays(net, e, 6);
    auto const points = [&] { return points_of(net, as_const(at.offsets), 0); };
    exec::omp const exec{.threads = 2};
    index_t const near = sample_scatter<double>(exec, points()).size();
    std::size_t i = 0;
    double const nowhere[] = {std::numeric_limits<double>::quiet_NaN(), testing::infinity, -1e9, 1e9, -200, 200};
    for (index_t n = 0; n < 3; ++n)
        for (index_t y = 0; y < 67; y += 3) at.offsets(n, 6, y, y % 31) = nowhere[i++ % 6];
    index_t const some_far = sample_scatter<double>(exec, points()).size();
    CHECK(some_far <= near);
    CHECK(some_far <= 16 * (67 / 16 + 1 + 10) * (31 + 4));

    tensor<double, 4> scattered(e), banded(e), again(e);
    auto const op = [&](tensor<double, 4>& to) {
        return sampled_transposed_op<double, memory::host>{points(), as_const(at.gates), true, as_const(at.initial),
                                                           as_view(to)};
    };
    transpose_samples(exec::seq{}, op(scattered));
    transpose_samples(exec::omp{.threads = 1}, op(banded));
    CHECK(testing::relative_error(banded, scattered) <= 1e-14);
    for (int threads : {2, 3}) {
        transpose_samples(exec::omp{.threads = threads}, op(again));
        CHECK(same_bits(again, banded));
    }
    for (double& o : at.offsets) o = testing::infinity;
    sample_scatter<double> nothing(exec, points());
    CHECK(nothing.size() <= 16);
    nothing.run(op(again));
    transpose_samples(exec::seq{}, op(scattered));
    CHECK(testing::relative_error(again, scattered) <= 1e-14);
}

TEST_CASE("offsets: of samples for gathering, the near ones bound the reach and the far ones are listed by rows")
{
    using namespace hyspn::detail;
    sampled const net = presets::nlspn{};
    dims<4> const e{2, 1, 300, 6};
    tensor<double, 4> offsets(e[0], 16, e[2], e[3]);
    offsets(1, 0, 20, 3) = 6.5;                     // from (19, 2) to rows 25 and 26, 6 away
    offsets(0, 2 * 7, 290, 5) = -200.5;             // from the column after the last: nowhere
    offsets(0, 2 * 3, 100, 2) = -9.75;              // to rows 90 and 91, 10 away: first in its list
    offsets(0, 2 * 3, 101, 2) = -10.75;             // and second
    offsets(1, 2 * 3, 150, 4) = testing::infinity;  // nowhere
    offsets(1, 2 * 4 + 1, 299, 0) = -std::nan("");  // nowhere
    located_lists<memory::host> located;
    located.locate(exec::seq{}, points_of(net, as_const(offsets), 0));
    auto const lists = located.lists();
    // The whole offsets lie two from their pixels: one to the neighbour, one to the pixel after it.
    CHECK(lists.reach(0) == 2);
    CHECK(lists.reach(1) == 6);
    CHECK(lists.starts(1, 301) == 0);
    REQUIRE(lists.starts(0, 301) == 2);
    CHECK(lists.starts(0, 91) == 0);
    CHECK(lists.starts(0, 92) == 2);
    CHECK(lists.order(0, 0) == (100 * 6 + 2) * 8 + 3);
    CHECK(lists.order(0, 1) == (101 * 6 + 2) * 8 + 3);
}
