// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The Euclidean affinity, and the projection of the learned metric, as convolutions on exec::omp against the plain
// loops.
#include <hyspn/affinity/learned_metric.hpp>

#include "affinity/packed.hpp"

using namespace hyspn;

namespace {

/// Output, then the gradients of features and parameters.
template <class T, class Affinity, class Exec>
std::vector<tensor<T, 4>> step(Affinity const& a, dims<4> const& shape, Exec const& exec)
{
    auto const x = testing::random_tensor<T>(shape, 0.5, 3);
    auto const p = testing::random_params<T>(a, shape[1], 5);
    auto y = a.forward(exec, p, x);
    typename Affinity::template saved<T> saved;
    a.forward(exec, p, x, y, saved);
    auto const dy = testing::random_tensor<T>(y.extents(), 1, 11);
    tensor<T, 4> dx(shape);
    for (T& v : dx) v = std::numeric_limits<T>::quiet_NaN();
    auto dp = a.zero_gradients(p);
    a.backward(exec, p, x, saved, dy, dx, dp);
    std::vector<tensor<T, 4>> all{y, dx};
    for_each_leaf(dp, [&](char const*, auto leaf) {
        tensor<T, 4> flat(1, 1, 1, leaf.size());
        T* next = flat.begin();
        for_each_element(leaf, [&](T v) { *next++ = v; });
        all.push_back(flat);
    });
    return all;
}

template <class T, class Affinity>
void check_parity(Affinity const& a, dims<4> const& shape, double bar)
{
    CAPTURE(a.kernel, a.dilation, to_string(shape));
    auto const want = step<T>(a, shape, exec::seq{}), one = step<T>(a, shape, exec::omp{.threads = 1});
    for (std::size_t i = 0; i < want.size(); ++i) {
        CAPTURE(i);
        CHECK(testing::normwise_error(one[i], cast<double>(want[i])) <= bar);
    }
    for (int threads : {2, 3}) {
        auto const more = step<T>(a, shape, exec::omp{.threads = threads});
        for (std::size_t i = 0; i < want.size(); ++i) CHECK(std::equal(more[i].begin(), more[i].end(), one[i].begin()));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("Euclidean affinity on omp agrees with seq, with the same bits on any number of threads", "", float,
                   double)
{
    using T = TestType;
    for (index_t kernel : {1, 3, 5})
        for (index_t dilation : {1, 2})
            for (dims<4> const& shape : {dims<4>{1, 1, 1, 1}, dims<4>{2, 3, 1, 7}, dims<4>{1, 5, 7, 1},
                                         dims<4>{2, 40, 11, 13}, dims<4>{1, 3, 37, 211}})
                for (index_t outputs : {1, 8, 17})
                    check_parity<T>(affinity::euclidean{.kernel = kernel, .dilation = dilation, .outputs = outputs},
                                    shape, 64);
}

TEMPLATE_TEST_CASE("learned metric on omp agrees with seq where its projection is a matrix product", "", float, double)
{
    using T = TestType;
    for (dims<4> const& shape : {dims<4>{1, 20, 9, 5}, dims<4>{2, 3, 13, 67}})
        check_parity<T>(affinity::learned_metric{.rank = 5}, shape, 256);
}
