// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/lorentz_accuracy_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Klein model: values and derivatives agree with the textbook in 113 bits", "", klein_ops)
{
    check_accuracy<TestType, float>();
    check_accuracy<TestType, double>();
}

TEMPLATE_TEST_CASE("Klein model: long steps inwards, past the origin and far on, in 113 bits", "", float, double)
{
    using T = TestType;
    using Op = operation<hyspn::detail::klein_expmap>;
    accuracy_log log;
    for (double c : {0.25, 1.0, 3.7})
        for (double from : {0.5, 1.5, 3.0})
            for (double step : {0.5, 1.5, 3.0, 5.0, 7.0})
                for (double aside : {0.0, 1e-3, 0.02, 0.3}) {
                    INFO("c = " << c << ", from " << from << ", step " << step << ", aside " << aside);
                    double const s = std::sqrt(c), x = std::tanh(from), complement = 1 - x * x;
                    std::vector<T> const flat{static_cast<T>(x / s), static_cast<T>(aside * complement / s),
                                              static_cast<T>(-step * complement / s),
                                              static_cast<T>(0.5 * aside * step * std::sqrt(complement) / s),
                                              static_cast<T>(c)};
                    check_accuracy_at<Op, T>(flat, 2, accuracy_bars{}, log);
                }
    log.print(sizeof(T) == 4 ? "klein::expmap inwards, float:" : "klein::expmap inwards, double:");
}

}  // namespace hyspn::testing
