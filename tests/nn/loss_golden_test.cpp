// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <hyspn/exec/omp.hpp>
#include <hyspn/nn/loss/cross_entropy.hpp>
#include <hyspn/nn/loss/nll.hpp>
#include <hyspn/nn/loss/pair_affinity.hpp>
#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/nn/loss/silog.hpp>

namespace hyspn::testing {
namespace {

namespace loss = nn::loss;

/// The file, made by losses.py beside it, and how far off its results may be.
struct goldens {
    io::safetensors file = golden("losses");

    template <class T>
    auto array(std::string const& name) const
    {
        return file.get<T, 4>(name);
    }

    /// Calls evaluate(x, gradient) and compares.
    template <class T, class Evaluate>
    void check(std::string const& name, Evaluate const& evaluate) const
    {
        INFO(name);
        double const tolerance = std::is_same_v<T, double> ? 1e-13 : 1e-6;
        auto const x = array<T>(name + ".x");
        auto const want = array<double>(name + ".gradient");
        tensor<T, 4> g(x.extents());
        double const value = evaluate(x, g);
        CHECK(value == Approx(file.get_scalar<double>(name + ".loss")).epsilon(1e-12));
        double most = 0, size = 0;
        for (index_t i = 0; i < g.size(); ++i) {
            most = std::max(most, std::fabs(static_cast<double>(g.data()[i]) - want.data()[i]));
            size = std::max(size, std::fabs(want.data()[i]));
        }
        CHECK(most <= tolerance * size);
    }

    template <class T, class L>
    void check_map(std::string const& name, L const& law) const
    {
        check<T>(name, [&](auto const& x, auto& g) {
            return loss::value_and_gradient(exec::omp{}, law, x, array<T>(name + ".target"), array<T>(name + ".mask"),
                                            g);
        });
    }

    template <class T, class L>
    void check_labels(std::string const& name, L const& law, bool weighted) const
    {
        auto const labels = file.get<std::int32_t, 3>(name + ".labels");
        auto const weights = file.get<double, 1>(name + ".weights");
        check<T>(name, [&](auto const& x, auto& g) {
            if (weighted) return loss::value_and_gradient(exec::omp{}, law, x, labels, weights, g);
            return loss::value_and_gradient(exec::omp{}, law, x, labels, g);
        });
    }
};

}  // namespace

TEMPLATE_TEST_CASE("Losses and their gradients meet PyTorch's", "[golden]", float, double)
{
    goldens const g;
    g.check_map<TestType>("l1", loss::l1{});
    g.check_map<TestType>("l2", loss::l2{});
    g.check_map<TestType>("l1_l2", loss::l1_l2{.weight1 = 0.5, .weight2 = 2});
    g.check_map<TestType>("huber", loss::huber{.delta = 0.75});
    g.check_map<TestType>("inverse_depth_l1", loss::inverse_depth_l1{});
    g.check_map<TestType>("silog", loss::silog{});
    loss::cross_entropy const plain{.ignore_index = 255}, smooth{.ignore_index = 255, .label_smoothing = 0.125};
    g.check_labels<TestType>("cross_entropy", plain, false);
    g.check_labels<TestType>("cross_entropy_weights", plain, true);
    g.check_labels<TestType>("cross_entropy_smooth", smooth, false);
    g.check_labels<TestType>("cross_entropy_both", smooth, true);
    g.check_labels<TestType>("nll", loss::nll{.ignore_index = 255, .epsilon = 0.0625}, false);
    g.check_labels<TestType>("nll_weights", loss::nll{.ignore_index = 255, .epsilon = 0.0625}, true);
    g.check<TestType>("affinity_net", [&](auto const& x, auto& gradient) {
        return loss::value_and_gradient(exec::omp{}, loss::pair_affinity{.balance = loss::pair_balance::affinity_net},
                                        x, g.file.get<std::int32_t, 3>("affinity_net.labels"), gradient);
    });
}

}  // namespace hyspn::testing
