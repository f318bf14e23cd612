// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/core/tensor.hpp>
#include <hyspn/propagation/arrays.hpp>

namespace hyspn::testing {

/// Bounds on the relative error (max norm) against the golden files.
template <class T>
inline constexpr double golden_tolerance = 0;
template <>
inline constexpr double golden_tolerance<double> = 1e-11;
template <>
inline constexpr double golden_tolerance<float> = 1e-4;

/// max |a - b| / max |b|, or max |a - b| where b is 0; infinity when a holds a NaN or the extents differ.
template <class A, class B>
double relative_error(A const& a, B const& b)
{
    if (!(a.extents() == b.extents())) return INFINITY;
    double difference = 0, largest = 0;
    auto q = b.begin();
    for (auto p = a.begin(); p != a.end(); ++p, ++q) {
        double const e = std::abs(static_cast<double>(*p) - static_cast<double>(*q));
        if (!(e >= 0)) return INFINITY;
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

}  // namespace hyspn::testing
